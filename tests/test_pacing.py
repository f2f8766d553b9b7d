"""Seconds are shared out so that a run ends when it should."""

from __future__ import annotations

import pytest

from planner.budget import Budget
from planner.planning.pacing import care_for, is_tight


@pytest.mark.parametrize(
    ("seconds", "zones", "care"),
    [(60.0, 283, 1.0), (28.3, 283, 1.0), (19.81, 283, 0.5), (5.0, 283, 0.0), (1, 0, 1)],
)
def test_few_seconds_for_each_zone_cut_them_with_less_care(
    seconds: float, zones: int, care: float
) -> None:
    """Care goes with the seconds there are for a zone, whatever the clock says."""
    assert care_for(Budget(seconds=seconds), zones) == pytest.approx(care)


def test_rounds_are_cut_with_all_care() -> None:
    """Where rounds are counted no seconds matter, those of a default among them."""
    assert care_for(Budget(iterations=1), 10_000) == 1.0
    assert not is_tight(Budget(iterations=1), 10_000)


def test_too_few_seconds_are_told() -> None:
    """A city is told that it may take longer, a village is not."""
    assert is_tight(Budget(seconds=5), 283)
    assert not is_tight(Budget(seconds=20), 283)
    assert not is_tight(Budget(seconds=5), 20)
