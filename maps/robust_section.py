"""Say which promises hold on days that differ from the plan, where that was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maps.markup import Markup, both, in_both, join, table, tag
from maps.words import margin, percent, rule_name
from planner.basics.figures import is_number
from planner.messages import LANGUAGES, Language, catalogue, say
from planner.plan import Plan

MOST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """What a plan says of how often it holds; see `planner.planning.robustness`."""

    told: Mapping[str, Any]

    @property
    def summary(self) -> tuple[str, dict[str, Any]]:
        """Catalogue key and figures of what was asked, and what is reached."""
        short, count = len(self.told["short"]), self.told["promises"]
        return "robust.missed" if short else "robust.reached", {
            "of": count,
            "holding": count - short,
            "reached": percent(self.told["reached"]),
            "asked": f"{100 * self.told['asked']:g} %",
        }

    def rows(self, language: Language) -> list[tuple[str, str, str, str]]:
        """Return promises that fall short: which, how often, by what, what helps."""
        found = []
        for each in self.told["short"][:MOST_ROWS]:
            help_key = f"robust.help.{each['rule']}"
            found.append(
                (
                    f"{rule_name(each['rule'], language)} · {each['where']}",
                    percent(each["held"]),
                    margin(each["beyond"], each["unit"]),
                    say(help_key, language) if help_key in catalogue() else "",
                )
            )
        return found


def asked_of(plan: Plan) -> Asked | None:
    """Return what a plan says; None if it says nothing, or nothing that we know."""
    told = plan.analysis.get("robust")
    if not isinstance(told, Mapping):
        return None
    counts, shares = ("promises", "days", "seed"), ("asked", "reached")
    short = told.get("short")
    known = (
        all(isinstance(told.get(name), int) for name in counts)
        and all(is_number(told.get(name)) for name in shares)
        and isinstance(short, list)
        and all(
            isinstance(each, Mapping)
            and all(isinstance(each.get(name), str) for name in ("rule", "where"))
            and isinstance(each.get("unit"), str)
            and is_number(each.get("held"))
            and (each.get("beyond") is None or is_number(each["beyond"]))
            for each in short
        )
    )
    return Asked(told) if known else None


def robust_section(asked: Asked) -> Markup:
    """Return the part of the report on what was asked of simulated days."""
    days = both("report.robust_days", days=asked.told["days"], seed=asked.told["seed"])
    key, figures = asked.summary
    text = tag("p", both(key, **figures), " ", days)
    if not asked.told["short"]:
        return text
    heads: list[object] = [
        both(f"robust.{name}") for name in ("where", "held", "beyond", "help")
    ]
    by_language = {code: asked.rows(code) for code in LANGUAGES}
    rows: list[list[object]] = [
        [
            in_both({code: by_language[code][n][i] for code in LANGUAGES})
            for i in range(len(heads))
        ]
        for n in range(len(by_language["en"]))
    ]
    return join(text, table(heads, rows))
