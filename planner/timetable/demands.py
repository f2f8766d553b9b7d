"""Say how the sorties of a route take drones, pads and the like of their station."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.basics.spells import WholeSpan

IntArray = NDArray[np.int16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """
    How the sorties of a route take drones, pads and the like, at each moment of a day.

    Parameters
    ----------
    spans
        Half-open, from take-off; the day's lead is added.
    cells
        Pieces of the headway in which the number taken is constant: begin, length,
        and the number by time of the day at which the headway begins.
    """

    spans: tuple[WholeSpan, ...]
    cells: tuple[tuple[int, int, IntArray], ...]


@dataclass(frozen=True, slots=True)
class Demand:
    """
    What the sorties of a route take of their station.

    Parameters
    ----------
    wait_s
        That each of its drones waits for a charger, on its pad.
    drones
        How they take drones.
    scarce
        How they take what else may run out, in the order of the counts.
    """

    wait_s: int
    drones: Use
    scarce: tuple[Use, ...]


def demand_at(demands: Sequence[Demand], wait_s: int) -> Demand:
    """
    Return what a route takes whose drones wait so long, from least and most waiting.

    Without cells: they are for first fit, which waits as long as others say.
    """
    least, most = demands[0], demands[-1]
    if wait_s == least.wait_s:
        return least

    def use(now: Use, later: Use) -> Use:
        shifts = shifted(now, later)
        return Use(
            spans=tuple(
                (low + wait_s * begins, high + wait_s * ends)
                for (low, high), (begins, ends) in zip(now.spans, shifts, strict=True)
            ),
            cells=(),
        )

    uses = zip(least.scarce, most.scarce, strict=True)
    return Demand(
        wait_s, use(least.drones, most.drones), tuple(use(a, b) for a, b in uses)
    )


def shifted(now: Use, later: Use) -> list[tuple[bool, bool]]:
    """Return whether each span begins, and whether it ends later, for waiting."""
    pairs = zip(now.spans, later.spans, strict=True)
    return [(a != c, b != d) for (a, b), (c, d) in pairs]
