"""
Report what a plan achieves, for the screen and for A4 paper, in a single file.

The page has no script at all: both languages stand in it, and two radio buttons
choose by style alone which one shows.
"""

from __future__ import annotations

import math
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
    landing_reserves_s,
    peak_period,
)
from maps.markup import Markup, both, in_both, join, table, tag
from maps.page import ReportPage, asset, escape, security_policy
from maps.partings import partings_section
from maps.response_section import response_section
from maps.robust_section import asked_of, robust_section
from maps.station_sheet import station_sheet
from maps.terms import terms_table
from maps.trace_section import trace_section
from maps.words import (
    margin,
    minimised,
    minutes,
    percent,
    rule_name,
    stopwatch,
    whole,
)
from planner.basics.clock import clock_text
from planner.checks.pads import most_pads
from planner.flown.tracks import over_horizon_of
from planner.messages import LANGUAGES, Language, catalogue, say
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
    lines = [
        "<!DOCTYPE html>",
        f'<html lang="{language}">',
        "<head>",
        '<meta charset="utf-8">',
        security_policy([], styles),
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        '<link rel="icon" href="data:,">',
        f"<title>{escape(say('report.title', language))}</title>",
        *[f"<style>{style}</style>" for style in styles],
        "</head>",
        "<body>",
        *_switch(language),
        _body(scenario, plan, verdict, trace),
        "</body>",
        "</html>",
    ]
    return ReportPage("\n".join(lines))


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
            _section(
                "report.figures",
                _figures(scenario, plan, verdict, clock),
                _minimised(plan),
            ),
            _section("report.busy", _busy(scenario, plan, clock)),
            _section("report.bounds", bounds_table(plan)),
            _section("report.rules", _rules(verdict)),
            _section("report.robust", robust_section(asked)) if asked else "",
            _section("report.unserved", _unserved(scenario, plan)),
            *([_section("report.left_out", _left_out(plan))] if plan.left_out else []),
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


def _figures(
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
    exposure = _number(m, "privacy_exposure_s")
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
            percent(_number(m, "worst_idleness_ratio")),
            both("report.mean", value=percent(_number(m, "mean_idleness_ratio"))),
            (_number(m, "worst_idleness_ratio") or 0) > 1,
        ),
        (both("report.peak"), whole(_number(m, "drones_peak")), when or "", False),
        (
            both("report.used"),
            _of(m, "drones_used", "drones"),
            both("report.ready", n=whole(_number(m, "drones_ready"))),
            False,
        ),
        (
            both("map.kpi_reserve"),
            stopwatch(_number(m, "min_landing_reserve_s")),
            min(reserves, key=lambda r: (reserves[r], r), default=""),
            (_number(m, "min_landing_reserve_s") or 0) < 0,
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
            whole(_number(m, "routes")),
            both("report.sorties", n=whole(_number(m, "sorties"))),
            False,
        ),
        (
            both("report.flight_hours"),
            whole(_number(m, "flight_hours")),
            both("report.layers", n=whole(_number(m, "layers_used"))),
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


def _rules(verdict: Verdict | None) -> Markup:
    """Return how each rule fared, and every violation."""
    if verdict is None:
        return tag("p", both("map.kpi_unchecked"), class_="none")
    rows: list[list[object]] = [
        [
            _rule_name(r.rule),
            tag(
                "span",
                both("report.holds" if r.ok else "report.broken"),
                class_="good" if r.ok else "bad",
            ),
            margin(r.worst_margin, r.unit),
            r.where,
        ]
        for r in verdict.rules
    ]
    heads: list[object] = [
        both(f"report.{key}") for key in ("rule", "outcome", "margin", "where")
    ]
    made = table(heads, rows, class_="rules")
    if not verdict.violations:
        return made
    sentences = [
        tag("li", in_both({k: v.text(k) for k in LANGUAGES}))
        for v in verdict.violations[:200]
    ]
    return join(made, tag("ul", *sentences, class_="violations"))


def _rule_name(rule: str) -> Markup:
    """Return the name of a rule with what it asks for."""
    name = in_both({k: rule_name(rule, k) for k in LANGUAGES})
    key = f"report.rule.{rule}"
    return join(name, tag("small", both(key))) if key in catalogue() else name


def _unserved(scenario: Scenario, plan: Plan) -> Markup:
    """Return each zone that is left out with its reason and remedy."""
    if not plan.unserved:
        return tag("p", both("report.all_served"), class_="none")
    zones = {z.id: z for z in scenario.zones}
    rows: list[list[object]] = []
    for u in plan.unserved:
        told = {k: u.texts(k) for k in LANGUAGES}
        zone = zones.get(u.zone)
        rows.append(
            [
                join(u.zone, tag("small", zone.name if zone else "")),
                f"{zone.priority:g}" if zone else "–",
                in_both({k: reason for k, (reason, _) in told.items()}),
                in_both({k: remedy for k, (_, remedy) in told.items()}),
            ]
        )
    heads: list[object] = [
        both(f"report.{key}") for key in ("zone", "priority_head", "why", "remedy")
    ]
    return table(heads, rows, class_="unserved")


def _left_out(plan: Plan) -> Markup:
    """Return each fixed route that is not flown with its reason and remedy."""
    rows: list[list[object]] = []
    for entry in plan.left_out:
        told = {k: entry.texts(k) for k in LANGUAGES}
        rows.append(
            [
                entry.route,
                in_both({k: reason for k, (reason, _) in told.items()}),
                in_both({k: remedy for k, (_, remedy) in told.items()}),
            ]
        )
    heads: list[object] = [both(f"report.{key}") for key in ("route", "why", "remedy")]
    return table(heads, rows, class_="unserved")


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


def _number(metrics: Mapping[str, Any], key: str) -> float | None:
    """Return a metric, or None where the plan does not have it."""
    value = metrics.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _of(metrics: Mapping[str, Any], part: str, total: str) -> str:
    return f"{whole(_number(metrics, part))} / {whole(_number(metrics, total))}"
