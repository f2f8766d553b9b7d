"""Share out the seconds of a budget over the stages of planning."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from planner.bounds.effort import Effort
from planner.budget import Budget

_PROOF_SHARE = 0.4
_PROOF_ROUNDS = 6
_LEAST_SHARE = 0.2
"""What search and proof get of a budget, however long the rest takes."""

_TIMETABLE_SHARE = 0.3
_CHECK_SHARE, _PAGES_S = 0.75, 2.5
"""
What timetable and check take, as shares of what preparing took: they grow with a
city as it does. The pages take little more time for a large city than for a small one.
"""


_HASTE_S, _CALM_S = 0.04, 0.1
"""Seconds of a budget for each zone at which cutting them gets no care, and all."""


_TIGHT_S = 0.07
"""Seconds of a budget for each zone below which a run may take longer than asked."""


def care_for(budget: Budget, zones: int) -> float:
    """Return with how much care a budget lets zones be cut into targets, 0 to 1."""
    if budget.iterations is not None or budget.seconds is None or not zones:
        return 1.0
    care = (budget.seconds / zones - _HASTE_S) / (_CALM_S - _HASTE_S)
    return min(1.0, max(0.0, care))


def is_tight(budget: Budget, zones: int) -> bool:
    """Whether all but the search may take longer than the seconds of a budget."""
    if budget.iterations is not None or budget.seconds is None:
        return False
    return budget.seconds < _TIGHT_S * zones


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
    """

    budget: Budget
    work_s: float | None
    ends_s: float

    def searching(self) -> Budget:
        """Return what of the budget goes to the search for routes."""
        if self.work_s is None:
            return self.budget
        return replace(self.budget, seconds=(1 - _PROOF_SHARE) * self.work_s)

    def proof(self) -> Effort:
        """Return what goes to proving how good the plan is: all that is left by now."""
        if self.work_s is None:
            return Effort(rounds=_PROOF_ROUNDS * (self.budget.iterations or 0))
        return Effort(seconds=max(0.0, self.ends_s - time.monotonic()))

    def within(self, share: float) -> float | None:
        """Return when a share of the work is over from now, None without a clock."""
        return None if self.work_s is None else time.monotonic() + share * self.work_s


def paced(
    budget: Budget, *, began_s: float, waited_s: float, then_checked: bool
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
    """
    if budget.iterations is not None:
        return Pace(budget=budget, work_s=None, ends_s=0.0)
    seconds = budget.seconds or 0.0
    now_s = time.monotonic()
    preparing_s = now_s - began_s - waited_s
    ends_s = began_s + waited_s + seconds
    if then_checked:
        ends_s -= _CHECK_SHARE * preparing_s + _PAGES_S
    timetable_s = _TIMETABLE_SHARE * preparing_s
    work_s = max(_LEAST_SHARE * seconds, ends_s - now_s - timetable_s)
    return Pace(budget=budget, work_s=work_s, ends_s=now_s + timetable_s + work_s)
