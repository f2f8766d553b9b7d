"""Show what no plan can beat, and how far a plan is from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maps.markup import Markup, both, in_both, join, table, tag
from maps.words import percent
from planner.messages import LANGUAGES, Language, catalogue, say
from planner.plan import Plan

BOUNDS = ("bound_periodic", "bound_steady", "bound_any_plan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """
    Drones that plans of a class need at least.

    Parameters
    ----------
    gap
        How far the plan is above it, as a share; None for a bound of nought.
    assumptions
        Names of what the plans of the class have in common.
    """

    name: str
    drones: int
    gap: float | None
    assumptions: tuple[str, ...]

    def class_text(self, language: Language) -> str:
        """Return what plans it is for."""
        return say(f"bound.{self.name}", language)

    def assumptions_text(self, language: Language) -> str:
        """Return the assumptions in words; one that is new names itself."""
        keys = [f"bound.assumption.{name}" for name in self.assumptions]
        return "; ".join(
            say(key, language) if key in catalogue() else key.rpartition(".")[2]
            for key in keys
        )


def bounds_of(plan: Plan) -> tuple[Bound, ...]:
    """Return the bounds in a plan's certificate; none where it has no such thing."""
    found = []
    for name in BOUNDS:
        entry = plan.certificate.get(name)
        if not isinstance(entry, Mapping):
            continue
        drones, assumptions = entry.get("drones"), entry.get("assumptions")
        gap = plan.certificate.get(name.replace("bound", "gap"))
        if isinstance(drones, int) and isinstance(assumptions, list):
            found.append(
                Bound(
                    name=name,
                    drones=drones,
                    gap=gap if isinstance(gap, int | float) else None,
                    assumptions=tuple(map(str, assumptions)),
                )
            )
    return tuple(found)


def kept_up(plan: Plan) -> dict[str, Any]:
    """
    Return drones at the peak, and what the plan needs to go on so for ever.

    Empty where the one is not less than the other.
    """
    peak = plan.certificate.get("drones_peak")
    steady = plan.certificate.get("steady_drones")
    if isinstance(peak, int) and isinstance(steady, int) and peak < steady:
        return {"peak": peak, "steady": steady}
    return {}


def notes_of(plan: Plan) -> dict[str, dict[str, Any]]:
    """Return what else is to be said of the bounds: messages and their figures."""
    shared = plan.certificate.get("shared_targets")
    told = {
        "bound.steady": kept_up(plan),
        "bound.shared": {"count": shared} if isinstance(shared, int) and shared else {},
    }
    return {key: figures for key, figures in told.items() if figures}


def bounds_table(plan: Plan) -> Markup:
    """Return the bounds as a table, or that there are none."""
    bounds = bounds_of(plan)
    if not bounds:
        return tag("p", both("bound.none"), class_="none")
    rows: list[list[object]] = [
        [
            in_both({k: bound.class_text(k) for k in LANGUAGES}),
            bound.drones,
            percent(bound.gap),
            in_both({k: bound.assumptions_text(k) for k in LANGUAGES}),
        ]
        for bound in bounds
    ]
    heads: list[object] = [
        both(f"bound.{key}") for key in ("needed_by", "at_least", "gap", "assumptions")
    ]
    made = table(heads, rows, class_="rules")
    told = [tag("p", both(key, **known)) for key, known in notes_of(plan).items()]
    return join(made, *told)
