"""Say what keeps drones apart, for the terminal and the report."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maps.markup import Markup, both, in_both, join, table, tag
from planner.basics.figures import is_number
from planner.messages import LANGUAGES, Language, say
from planner.plan import Plan

MOST_ROWS = 10


@dataclass(frozen=True, slots=True)
class Partings:
    """What a plan says of what parts its drones; see `planner.flown.partings`."""

    told: Mapping[str, Any]

    def layers(self, language: Language) -> str:
        """Return how many layers are used and needed."""
        needed, suffice = self.told["layers_needed"], self.told["layers_suffice"]
        return say(
            "partings.exact" if needed == suffice else "partings.bound",
            language,
            used=self.told["layers_used"],
            needed=needed,
            suffice=suffice,
        )

    def delay(self, language: Language) -> str:
        """Return for delays up to what no two drones meet."""
        tolerance = self.told["tolerance_s"]
        if tolerance is None:
            return say("partings.any_delay", language)
        return say("partings.delay", language, seconds=_whole(tolerance))


def partings_of(plan: Plan) -> Partings | None:
    """Return what a plan says; None if it says nothing, or nothing that we know."""
    told = plan.analysis.get("separation")
    if not isinstance(told, Mapping):
        return None
    counts = ("layers_used", "layers_needed", "layers_suffice", "layers_any_delay")
    pairs, columns = told.get("pairs"), told.get("columns")
    tolerance = told.get("tolerance_s")
    known = (
        all(isinstance(told.get(name), int) for name in counts)
        and isinstance(told.get("layers_clique"), list)
        and isinstance(columns, Mapping)
        and all(s is None or is_number(s) for s in columns.values())
        and isinstance(pairs, list)
        and all(
            isinstance(pair, Mapping)
            and isinstance(pair.get("routes"), list)
            and len(pair["routes"]) == 2
            and is_number(pair.get("tolerance_s"))
            for pair in pairs
        )
        and (tolerance is None or is_number(tolerance))
    )
    return Partings(told) if known else None


def partings_section(plan: Plan) -> Markup:
    """Return the sentences and tables of the report."""
    partings = partings_of(plan)
    if partings is None:
        return tag("p", both("partings.unknown"), class_="none")
    told, pairs = partings.told, partings.told["pairs"]
    layers = {
        code: say("partings.layers", code, layers=partings.layers(code))
        for code in LANGUAGES
    }
    proof = (
        both("partings.clique", routes=", ".join(map(str, told["layers_clique"])))
        if told.get("layers_proof") == "clique"
        else both("partings.search")
    )
    in_time = (
        both("partings.time", n=len(pairs), seconds=_whole(told["tolerance_s"]))
        if pairs and told["tolerance_s"] is not None
        else both("partings.no_time")
    )
    made = [
        tag("p", in_both(layers), " ", proof),
        tag("p", both("partings.ever", n=told["layers_any_delay"])),
        tag("p", both("partings.height"), " ", in_time),
    ]
    if pairs:
        made.append(_pairs_table(pairs))
    columns = {k: s for k, s in told["columns"].items() if s is not None}
    if columns:
        least_first = sorted(columns.items(), key=lambda item: (item[1], item[0]))
        heads: list[object] = [both("partings.station"), both("partings.tolerance")]
        rows: list[list[object]]
        rows = [[k, _seconds(s)] for k, s in least_first[:MOST_ROWS]]
        made += [tag("p", both("partings.pad")), table(heads, rows, class_="numbers")]
        if len(columns) > MOST_ROWS:
            left = len(columns) - MOST_ROWS
            made.append(tag("p", both("partings.more_stations", n=left)))
    return join(*made)


def _pairs_table(pairs: list[Mapping[str, Any]]) -> Markup:
    """Return the pairs that time alone parts, the tightest first."""
    rows: list[list[object]] = []
    for pair in pairs[:MOST_ROWS]:
        one, other = map(str, pair["routes"])
        name: object = f"{one}, {other}"
        if one == other:
            name = both("partings.itself", route=one)
        rows.append([name, _seconds(pair["tolerance_s"])])
    heads: list[object] = [both("partings.routes"), both("partings.tolerance")]
    made = table(heads, rows, class_="numbers")
    left = len(pairs) - MOST_ROWS
    return join(made, tag("p", both("partings.more", n=left))) if left > 0 else made


def _seconds(value: float) -> Markup:
    return both("partings.seconds", n=_whole(value))


def _whole(seconds: float) -> str:
    """Return whole seconds, rounded down: what is said must hold."""
    return f"{math.floor(seconds):,d}"
