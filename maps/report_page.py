"""
Report what a plan achieves, for the screen and for A4 paper, in a single file.

The page has no script at all: both languages stand in it, and two radio buttons
choose by style alone which one shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from maps.bounds import bounds_table
from maps.charts import busy_chart
from maps.facts import (
    Clock,
    busy_drones,
    clock_of,
    district_rows,
    peak_period,
)
from maps.figures_section import figures_section
from maps.markup import Markup, both, join, table, tag
from maps.page import ReportPage, asset, document
from maps.partings import partings_section
from maps.response_section import response_section
from maps.robust_section import asked_of, robust_section
from maps.rules_section import rules_section
from maps.station_sheet import station_sheet
from maps.terms import terms_table
from maps.trace_section import trace_section
from maps.unserved_section import left_out_section, unserved_section
from planner.basics.clock import clock_text
from planner.checks.pads import most_pads
from planner.flown.tracks import over_horizon_of
from planner.messages import LANGUAGES, Language, say
from planner.plan import Plan
from planner.scenario import Scenario
from planner.trace import Trace

if TYPE_CHECKING:
    from planner.checks.verdict import Verdict


def report(
    scenario: Scenario,
    plan: Plan,
    verdict: Verdict | None = None,
    *,
    language: Language = "en",
    trace: Trace | None = None,
) -> ReportPage:
    """
    Report on a plan.

    Parameters
    ----------
    verdict
        What the checker said of the plan; without one the page says that it
        was not checked.
    language
        The one shown first; the page holds both.
    trace
        How the search for the plan went, to be told too.

    Returns
    -------
    ReportPage
        One HTML file with all it needs inside.
    """
    styles = [asset("page.css"), asset("report.css")]
    body = [*_switch(language), _body(scenario, plan, verdict, trace)]
    title = say("report.title", language)
    return ReportPage(document(title, language, body, styles=styles))


def _switch(language: Language) -> list[str]:
    """Return the radio buttons that the style sheet looks at."""
    return [
        f'<input type="radio" name="language" id="in-{code}" class="hidden"'
        f"{' checked' if code == language else ''}>"
        for code in LANGUAGES
    ]


def _body(
    scenario: Scenario, plan: Plan, verdict: Verdict | None, trace: Trace | None
) -> Markup:
    clock = clock_of(scenario, plan)
    asked = asked_of(plan)
    pads_taken = most_pads(over_horizon_of(scenario, plan), plan)
    return tag(
        "div",
        _head(scenario, clock),
        tag("p", both("map.sensitivity"), class_="sensitivity"),
        tag(
            "main",
            _section("report.figures", figures_section(scenario, plan, verdict, clock)),
            _section("report.busy", _busy(scenario, plan, clock)),
            _section("report.bounds", bounds_table(plan)),
            _section("report.rules", rules_section(verdict)),
            _section("report.robust", robust_section(asked)) if asked else "",
            _section("report.unserved", unserved_section(scenario, plan)),
            _section("report.left_out", left_out_section(plan))
            if plan.left_out
            else "",
            _section("report.districts", _districts(scenario, plan)),
            _section("report.response", response_section(scenario, plan)),
            _section("report.partings", partings_section(plan)),
            _section("report.terms", terms_table(scenario)),
            _section("report.trace", trace_section(trace)) if trace else "",
            _contents(scenario),
            *(
                station_sheet(scenario, plan, s, clock, pads_taken[s.id])
                for s in scenario.stations
            ),
        ),
        _foot(scenario, plan),
        class_="page",
    )


def _section(key: str, *children: object) -> Markup:
    return tag("section", tag("h2", both(key)), *children)


def _head(scenario: Scenario, clock: Clock) -> Markup:
    labels = {"zh": "中文", "en": "EN"}
    choices = [
        tag("label", text, for_=f"in-{code}", class_=f"choose-{code}")
        for code, text in labels.items()
    ]
    start = clock_text(clock.start_clock_s)
    end = clock_text(clock.start_clock_s + clock.length_s).replace("00:00", "24:00")
    if clock.has_days:
        first = datetime.fromisoformat(clock.start)
        last = first + timedelta(seconds=clock.length_s - 1)
        end = f"{last:%Y-%m-%d} {end}"
    when = both(
        "map.when",
        date=clock.start[:10],
        period=f"{start}–{end}",
        zone=scenario.timezone,
    )
    counts = {
        "map.count_stations": len(scenario.stations),
        "map.count_drones": sum(s.drones for s in scenario.stations),
        "map.count_districts": len(scenario.districts),
        "map.count_zones": len(scenario.zones),
        "map.count_teams": len(scenario.response_teams),
    }
    return tag(
        "header",
        tag(
            "div",
            tag("p", both("report.title"), class_="kind"),
            tag("h1", scenario.name),
            tag("p", when),
        ),
        tag(
            "ul",
            *(tag("li", tag("b", n), " ", both(key)) for key, n in counts.items() if n),
        ),
        tag("div", *choices, class_="languages"),
    )


def _busy(scenario: Scenario, plan: Plan, clock: Clock) -> Markup:
    total = sum(s.drones for s in scenario.stations)
    busy = busy_drones(plan.roster, clock.length_s)
    legend = [
        tag("li", tag("i", class_=name), both(key))
        for name, key in (
            ("airborne", "report.airborne"),
            ("occupied", "report.occupied"),
            ("limit", "report.limit"),
            ("peak", "report.busiest"),
        )
    ]
    chart = busy_chart(busy, clock, total, peak_period(plan, clock))
    return join(tag("div", chart, class_="wide"), tag("ul", *legend, class_="legend"))


def _districts(scenario: Scenario, plan: Plan) -> Markup:
    heads: list[object] = [
        both("report.district"),
        both("report.stations_head"),
        both("report.drones_head"),
        both("report.zones_head"),
        both("report.priority_head"),
        both("report.routes"),
        both("report.sorties_head"),
    ]
    rows: list[list[object]] = [
        [
            r.name or both("map.elsewhere"),
            r.stations,
            r.drones,
            f"{r.served} / {r.zones}",
            f"{r.priority_served:g} / {r.priority:g}",
            r.routes,
            r.sorties,
        ]
        for r in district_rows(scenario, plan)
    ]
    return table(heads, rows, class_="numbers")


def _contents(scenario: Scenario) -> Markup:
    """Return links to the stations' sheets."""
    links = [
        tag("li", tag("a", s.id, " ", s.name, href=f"#station-{n}"))
        for n, s in enumerate(scenario.stations)
    ]
    heading = tag("h2", both("report.stations"))
    return tag("nav", heading, tag("ul", *links, class_="contents"))


def _foot(scenario: Scenario, plan: Plan) -> Markup:
    """Return where the plan comes from."""
    rows = [
        tag("div", tag("dt", name), tag("dd", value))
        for name, value in _flat("", plan.provenance)
    ]
    credit = tag("p", scenario.attribution) if scenario.attribution else ""
    return tag("footer", tag("h2", both("report.provenance")), tag("dl", *rows), credit)


def _flat(prefix: str, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return nested values as lines of a dotted name and a text."""
    lines: list[tuple[str, str]] = []
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            lines += _flat(f"{name}.", value)
        else:
            lines.append((name, str(value)))
    return lines
