"""Share out the seconds of a budget over the stages of planning."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from planner.bounds.effort import Effort
from planner.budget import Budget
from planner.targets.clusters import Mapper

_PROOF_SHARE = 0.42
"""Of what search and proof get, for the proof; less where seconds are few."""

_PROOF_ROUNDS = 6
_LEAST_SHARE = 0.2
"""What search and proof get of a budget, however long the rest takes."""

_TIMETABLE_SHARE, _FIGURES_SHARE = 0.5, 1.1
_CHECK_SHARE, _CHECK_LEAST_SHARE = 1.0, 0.5
_PAGES_S = 0.9
"""
What timetable, figures of response, and check take, as shares of what preparing took:
they grow with a city as it does, and with how slow a machine is. A check without those
figures takes less. The pages take little more time for a large city than for a small.
"""

_HASTE_S, _CALM_S = 0.04, 0.1
"""Seconds of a budget for each zone at which cutting them gets no care, and all."""

_TIGHT_S = 0.07
"""Seconds of a budget for each zone below which a run leaves out what it can."""

_LATE_S = 0.6
"""How late a plan may be checked and drawn [s]."""


def care_for(budget: Budget, zones: int) -> float:
    """Return with how much care a budget lets zones be cut into targets, 0 to 1."""
    if budget.iterations is not None or budget.seconds is None or not zones:
        return 1.0
    care = (budget.seconds / zones - _HASTE_S) / (_CALM_S - _HASTE_S)
    return min(1.0, max(0.0, care))


def is_tight(budget: Budget, zones: int) -> bool:
    """Whether seconds are so few that a plan may be late: then the least is done."""
    if budget.iterations is not None or budget.seconds is None:
        return False
    return budget.seconds < _TIGHT_S * zones


@dataclass(slots=True)
class Stopwatch:
    """Does what a mapper does, and takes its time [s]."""

    mapper: Mapper
    seconds: float = 0.0

    def __call__(
        self, function: Callable[[Any], Any], jobs: Sequence[Any]
    ) -> list[Any]:
        """Do all jobs."""
        began_s = time.monotonic()
        done = list(self.mapper(function, jobs))
        self.seconds += time.monotonic() - began_s
        return done


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """
    When the stages of planning are to end.

    Parameters
    ----------
    work_s
        For the search and the proof together; None where rounds are counted.
    ends_s
        When the plan is to be there, by `time.monotonic`.
    began_s, due_s
        When a run began and is to end, by the same clock, where it has to.
    after_s
        What checking and drawing take of it.
    preparing_s
        What preparing the scenario took.
    proof_share
        Of the work.
    """

    budget: Budget
    work_s: float | None
    ends_s: float = 0.0
    began_s: float = 0.0
    due_s: float = math.inf
    after_s: float = 0.0
    preparing_s: float = 0.0
    proof_share: float = _PROOF_SHARE

    def searching(self) -> Budget:
        """Return what of the budget goes to the search for routes."""
        if self.work_s is None:
            return self.budget
        return replace(self.budget, seconds=(1 - self.proof_share) * self.work_s)

    def proof(self) -> Effort:
        """Return what goes to proving how good the plan is: all that is left by now."""
        if self.work_s is None:
            return Effort(rounds=_PROOF_ROUNDS * (self.budget.iterations or 0))
        return Effort(seconds=max(0.0, self.ends_s - time.monotonic()))

    def is_late(self) -> bool:
        """Whether a plan that is there by now cannot be checked and drawn in time."""
        return time.monotonic() + self.after_s > self.due_s + _LATE_S

    def needed_s(self) -> float:
        """Return how long the run takes at least, if the plan is there by now."""
        return time.monotonic() + self.after_s - self.began_s

    def within(self, share: float) -> float | None:
        """Return when a share of the work is over from now, None without a clock."""
        return None if self.work_s is None else time.monotonic() + share * self.work_s


def paced(
    budget: Budget,
    *,
    began_s: float,
    waited_s: float,
    then_checked: bool,
    in_haste: bool = False,
    care: float = 1.0,
    careful_s: float = 0.0,
) -> Pace:
    """
    Return the pace for what is left of a budget once a scenario is prepared.

    Parameters
    ----------
    began_s
        When its seconds began to count, by `time.monotonic`.
    waited_s
        For a compiler, the first time on a machine: that does not count.
    then_checked
        Whether a plan is also checked and drawn within the budget.
    in_haste
        Whether there are no figures of response, see `is_tight`.
    care
        See `care_for`.
    careful_s
        What preparing took for care alone: nothing that follows takes longer for it.
    """
    if budget.iterations is not None:
        return Pace(budget=budget, work_s=None)
    seconds = budget.seconds or 0.0
    now_s = time.monotonic()
    preparing_s = now_s - began_s - waited_s - careful_s
    due_s = began_s + waited_s + seconds
    figures_s = 0.0 if in_haste else _FIGURES_SHARE * preparing_s
    later_s = _TIMETABLE_SHARE * preparing_s + figures_s
    check = _CHECK_LEAST_SHARE if in_haste else _CHECK_SHARE
    after_s = check * preparing_s + _PAGES_S if then_checked else 0.0
    work_s = max(_LEAST_SHARE * seconds, due_s - after_s - later_s - now_s)
    return Pace(
        budget=budget,
        work_s=work_s,
        ends_s=now_s + later_s + work_s,
        began_s=began_s + waited_s,
        due_s=due_s if then_checked else math.inf,
        after_s=after_s,
        preparing_s=preparing_s,
        proof_share=_PROOF_SHARE * care,
    )


def closing(budget: Budget, preparing_s: float, *, began_s: float) -> Pace:
    """
    Return the pace for what is left to do once there is a plan.

    Parameters
    ----------
    preparing_s
        What preparing the scenario took.
    began_s
        When the seconds of the budget began to count, by `time.monotonic`.
    """
    if budget.iterations is not None:
        return Pace(budget=budget, work_s=None)
    due_s = began_s + (budget.seconds or 0.0)
    after_s = _CHECK_SHARE * preparing_s + _PAGES_S
    return Pace(
        budget=budget,
        work_s=0.0,
        ends_s=due_s - after_s,
        began_s=began_s,
        due_s=due_s,
        after_s=after_s,
        preparing_s=preparing_s,
    )


def closing_s(preparing_s: float) -> float:
    """Return what figures, check and pages take once there is a plan [s]."""
    return (_FIGURES_SHARE + _CHECK_SHARE) * preparing_s + _PAGES_S
