"""Hold who pilots the drones, and say how many may be in the air."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from planner.basics.clock import Span, joined
from planner.given.horizon import Horizon


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """
    Hours in which there are fewer pilots, or none.

    Parameters
    ----------
    hours
        Daily spans, seconds since midnight.
    weekly
        Spans on some days of the week alone, seconds since midnight before Monday.
    pilots
        That there are then at most.
    district
        Where; empty for everywhere.
    """

    hours: tuple[Span, ...] = ()
    weekly: tuple[Span, ...] = ()
    pilots: int = 0
    district: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crews:
    """
    The pilots of each district, and how many drones one may have in the air.

    Stations of one district share its pilots; a station that names none has its own.

    Parameters
    ----------
    pilots
        On duty in a district that ``districts`` does not name; None for enough.
    districts
        Pilots by district, sorted.
    """

    drones_per_pilot: int
    pilots: int | None = None
    districts: tuple[tuple[str, int], ...] = ()
    breaks: tuple[Break, ...] = ()

    def limits(
        self, district: str, horizon: Horizon, length_s: float
    ) -> tuple[tuple[float, float, int], ...]:
        """
        Return when at most how many drones of a district may be in the air.

        Parameters
        ----------
        length_s
            So far from the start of the horizon. One that repeats has its breaks in
            each round; after one that does not, the day goes on.

        Returns
        -------
        tuple of (float, float, int)
            Start and end [s from the start of the horizon], sorted; no two overlap.
            Left out is when there are pilots enough.
        """
        rests = [
            (_spans(rest, horizon, length_s), rest.pilots)
            for rest in self.breaks
            if rest.district in ("", district)
        ]
        usual = dict(self.districts).get(district, self.pilots)
        edges = {0.0, length_s, *(e for spans, _ in rests for s in spans for e in s)}
        found = []
        for low, high in pairwise(sorted(edges)):
            pilots = [] if usual is None else [usual]
            for spans, most in rests:
                if any(begin <= low and high <= end for begin, end in spans):
                    pilots.append(most)
            if pilots:
                found.append((low, high, self.drones_per_pilot * min(pilots)))
        return tuple(found)

    def grounded(self, districts: Iterable[str], horizon: Horizon) -> tuple[Span, ...]:
        """Return when no pilot is on duty in any of some districts, over a horizon."""
        each = [
            joined(
                (low, high)
                for low, high, most in self.limits(name, horizon, horizon.length_s)
                if most == 0
            )
            for name in sorted(set(districts))
        ]
        edges = sorted({edge for spans in each for span in spans for edge in span})
        return joined(
            (low, high)
            for low, high in pairwise(edges)
            if all(any(a <= low and high <= b for a, b in spans) for spans in each)
        )


def _spans(rest: Break, horizon: Horizon, length_s: float) -> tuple[Span, ...]:
    """Return the spans of a break from the start of a horizon on."""
    if not horizon.repeats:
        longer = replace(horizon, length_s=length_s)
        return longer.windows(rest.hours, rest.weekly)
    round_s = horizon.length_s
    rounds = range(-int(-length_s // round_s))
    return joined(
        (low + k * round_s, min(high + k * round_s, length_s))
        for k in rounds
        for low, high in horizon.windows(rest.hours, rest.weekly)
        if low + k * round_s < length_s
    )
