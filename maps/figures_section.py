"""Show the key figures of a plan as cards, and what was minimised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from maps.facts import Clock, landing_reserves_s, peak_period
from maps.markup import Markup, both, in_both, join, tag
from maps.told import number
from maps.words import minimised, minutes, percent, stopwatch, whole
from planner.messages import LANGUAGES, say
from planner.plan import Plan
from planner.scenario import Scenario

if TYPE_CHECKING:
    from planner.checks.verdict import Verdict


def figures_section(
    scenario: Scenario, plan: Plan, verdict: Verdict | None, clock: Clock
) -> Markup:
    """Return the part of the report on what the plan achieves."""
    return join(_cards(scenario, plan, verdict, clock), _minimised(plan))


def _cards(
    scenario: Scenario, plan: Plan, verdict: Verdict | None, clock: Clock
) -> Markup:
    """Return the key figures as cards."""
    m = plan.metrics
    period = peak_period(plan, clock)
    when = None
    if period:
        when = in_both(
            {
                code: say(
                    "map.kpi_peak",
                    code,
                    period="–".join(clock.time(t, code) for t in period),
                )
                for code in LANGUAGES
            }
        )
    reserves = landing_reserves_s(scenario, plan)
    broken = None if verdict is None else len(verdict.violations)
    exposure = number(m, "privacy_exposure_s")
    whole_exposure = None if exposure is None else 60.0 * round(exposure / 60)
    cards: list[tuple[Markup, object, object, bool]] = [
        (
            both("map.kpi_zones"),
            _of(m, "zones_served", "zones"),
            both("report.priority", of=_of(m, "priority_served", "priority")),
            False,
        ),
        (
            both("map.kpi_idleness"),
            percent(number(m, "worst_idleness_ratio")),
            both("report.mean", value=percent(number(m, "mean_idleness_ratio"))),
            (number(m, "worst_idleness_ratio") or 0) > 1,
        ),
        (both("report.peak"), whole(number(m, "drones_peak")), when or "", False),
        (
            both("report.used"),
            _of(m, "drones_used", "drones"),
            both("report.ready", n=whole(number(m, "drones_ready"))),
            False,
        ),
        (
            both("map.kpi_reserve"),
            stopwatch(number(m, "min_landing_reserve_s")),
            min(reserves, key=lambda r: (reserves[r], r), default=""),
            (number(m, "min_landing_reserve_s") or 0) < 0,
        ),
        (
            both("map.kpi_violations"),
            "–" if broken is None else broken,
            both("map.kpi_unchecked" if broken is None else "map.kpi_checked"),
            bool(broken),
        ),
        (
            both("map.kpi_unserved"),
            len(plan.unserved),
            both("map.kpi_unserved_note"),
            bool(plan.unserved),
        ),
        (
            both("report.routes"),
            whole(number(m, "routes")),
            both("report.sorties", n=whole(number(m, "sorties"))),
            False,
        ),
        (
            both("report.flight_hours"),
            whole(number(m, "flight_hours")),
            both("report.layers", n=whole(number(m, "layers_used"))),
            False,
        ),
        (
            both("report.exposure"),
            in_both({k: minutes(whole_exposure, k) for k in LANGUAGES}),
            both("report.exposure_note"),
            False,
        ),
    ]
    return tag(
        "dl",
        *(
            tag(
                "div",
                tag("dt", name),
                tag("dd", value),
                tag("p", note),
                class_="figure alarm" if alarm else "figure",
            )
            for name, value, note, alarm in cards
        ),
        class_="figures",
    )


def _minimised(plan: Plan) -> Markup | str:
    """Return the objective in words; nothing where the plan names none we know."""
    texts = {
        code: say("report.minimised", code, what=what)
        for code in LANGUAGES
        if (what := minimised(plan, code))
    }
    return tag("p", in_both(texts)) if texts else ""


def _of(metrics: Mapping[str, Any], part: str, total: str) -> str:
    return f"{whole(number(metrics, part))} / {whole(number(metrics, total))}"
