"""The report tells every number and departure, and runs nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from hostile import TEXTS, hostile_plan, hostile_scenario
from made_plan import made_plan
from plans import tiny_plan, tiny_scenario
from shapely.geometry import box
from test_power import flown_by_battery

import maps
import seeds
from maps.markup import Markup, tag
from maps.response_section import response_cells
from maps.words import margin, percent, percent_up, stopwatch
from planner.budget import Budget
from planner.checks.verdict import RuleResult, Verdict, Violation
from planner.flown.partings import compute_partings
from planner.formats.scenario_folder import read_scenario
from planner.given.wind import Spell, Wind
from planner.messages import LANGUAGES, catalogue, say
from planner.plan import Plan
from planner.planning.covering import covering
from planner.planning.pipeline import plan_routes
from planner.response.figures import response
from planner.scenario import Building, Scenario

VOID = {"meta", "link", "input"}


class Reader(HTMLParser):
    """Reads a page as a browser would, and keeps its elements and its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [v or "" for n, v in attrs if n in ("href", "src")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the element that is open."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data


def read(html: str) -> Reader:
    """Read a page."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


@cache
def yancheng() -> Scenario:
    """Return the city."""
    return read_scenario(seeds.path("yancheng"))


@cache
def plan() -> Plan:
    """Return a made-up plan of the city."""
    return made_plan(yancheng())


VERDICT = Verdict(
    rules=(
        RuleResult(rule="energy", ok=True, worst_margin=102.03, unit="s", where="R1"),
        RuleResult(rule="pads", ok=False, worst_margin=-1.0, unit="", where="YC09"),
        RuleResult(rule="new", ok=True, worst_margin=None, unit="", where=""),
    ),
    violations=(
        Violation(rule="pads", where="YC09", found=5, limit=4, code="pads_taken"),
    ),
)


def test_the_report_says_what_keeps_drones_apart_in_both_languages() -> None:
    """Layers used and needed, pairs parted in time by name, waiting on the pad."""
    scenario, plan = tiny_scenario(), tiny_plan()
    told = compute_partings(scenario, plan)

    def page(**analysis: object) -> str:
        given = replace(plan, analysis=analysis)
        return maps.report(scenario, given).to_bytes().decode()

    unknown = say("partings.unknown", "en")
    assert unknown in page()
    assert unknown in page(separation={**told, "pairs": [1]})
    whole = page(separation=told)
    assert unknown not in whole
    texts = [say(f"partings.{key}", c) for key in ("height", "pad") for c in LANGUAGES]
    texts.append(say("partings.itself", "zh", route="A1"))
    texts.append(say("partings.time", "en", n=6, seconds=106))
    assert [text for text in texts if text not in whole] == []


def test_the_report_tells_every_departure() -> None:
    """Each take-off of the roster stands once in its station's timetable."""
    html = maps.report(yancheng(), plan()).html
    tables = re.findall(r'<table class="departures">(.*?)</table>', html, re.DOTALL)
    cells = re.findall(r"<td>([^<]*)</td>", "".join(tables))
    assert sum(len(cell.split()) for cell in cells) == len(plan().roster)


def test_the_report_says_what_the_ground_is_taken_to_be() -> None:
    """Flat and open where nothing is given; else how many buildings count."""
    assert (
        "no terrain and no buildings were given" in maps.report(yancheng(), plan()).html
    )
    block = Building(id="B", geometry=box(0, 0, 30, 30), height_m=20.0)
    built = replace(yancheng(), buildings=(block, replace(block, id="C")))
    html = maps.report(built, plan()).html
    assert "kept clear of: 2." in html
    assert "计入 2 栋建筑物" in html


def test_the_report_tells_how_soon_somebody_is_overhead() -> None:
    """For all drones, ready ones, each period and district, and for each team."""
    found = response(yancheng(), plan())
    covered = covering(yancheng(), plan())
    told = replace(plan(), analysis={"response": found, "covering": covered})
    html = maps.report(yancheng(), told).html
    section = html.partition("Response to incidents")[2].partition("<h2>")[0]
    rows = re.findall(r'<th scope="row">', section)
    assert len(rows) == 2 + len(found["periods"]) + len(found["districts"]) + 11
    for figures in (found["all"], found["ready"], *found["districts"].values()):
        assert percent(figures["within_120_s"]) in section
        assert stopwatch(figures["mean_s"]) in section
    assert percent_up(covered["bound_share"]) in section
    assert "警情响应" in section
    assert "tells nothing of how soon" in maps.report(yancheng(), plan()).html


@pytest.mark.parametrize(
    "found",
    [
        7,
        {
            "all": 7,
            "cells": [],
            "teams": {"<b>": 7},
            "districts": {"<b>": {"mean_s": "x"}},
        },
        {"spacing_m": 500.0, "cells": {"lon": ["a"], "lat": [1], "p90_s": [1]}},
        {"spacing_m": 500.0, "cells": {"lon": [1e300], "lat": [1], "p90_s": [1]}},
        {"spacing_m": 500.0, "cells": {"lon": [1], "lat": [], "p90_s": [1]}},
        {"spacing_m": "x", "cells": {"lon": [1], "lat": [1], "p90_s": [None]}},
    ],
)
def test_figures_that_make_no_sense_break_no_page(found: Any) -> None:
    """A plan's file may hold anything there; pages leave out what they cannot read."""
    odd = replace(plan(), analysis={"response": found, "covering": found})
    assert "<b>" not in read(maps.report(yancheng(), odd).html).tags
    assert response_cells(odd) is None


def test_the_report_has_a_sheet_for_every_station() -> None:
    """Each station can be printed by itself, and says that it is sensitive."""
    html = maps.report(yancheng(), plan()).html
    assert html.count('<section class="station"') == 37
    assert html.count("on-paper") == 37 + html.count(".on-paper")
    for station in yancheng().stations:
        assert station.name in html


def test_the_report_has_no_script_and_fetches_nothing() -> None:
    """The page is as inert as paper; its links stay within it."""
    reader = read(maps.report(yancheng(), plan()).html)
    assert "script" not in reader.tags
    assert {link[:1] for link in reader.links} <= {"#", "d"}
    assert "script-src 'none'" in maps.report(yancheng(), plan()).html


def test_harmful_texts_stay_text_in_the_report() -> None:
    """A name adds no element and no attribute, and is read as it was written."""
    plain = read(maps.report(yancheng(), plan()).html)
    scenario = hostile_scenario(yancheng())
    hostile = read(maps.report(scenario, hostile_plan(made_plan(scenario))).html)
    assert set(hostile.tags) <= set(plain.tags)
    assert hostile.attributes <= plain.attributes
    assert all(text in hostile.text for text in TEXTS)


def test_the_report_tells_how_each_rule_fared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Outcome, worst margin and place of every rule, and every violation."""
    entries = {"en": "{where}: {found} > {limit}", "zh": "{where}：{found} > {limit}"}
    monkeypatch.setitem(catalogue(), "violation.pads_taken", entries)
    text = read(maps.report(yancheng(), plan(), VERDICT).html).text
    assert "102.0 s" in text
    assert "✗ broken" in text
    assert "✗ 违反" in text
    assert "YC09: 5 > 4" in text


def test_an_unchecked_plan_says_so() -> None:
    """Nobody takes a missing check for a passed one."""
    assert "not checked here" in read(maps.report(yancheng(), plan()).html).text


def test_both_languages_stand_side_by_side() -> None:
    """Every English text has its Chinese one beside it."""
    html = maps.report(yancheng(), plan(), language="zh").html
    assert html.count('lang="en"') == html.count('lang="zh"') - 1  # the page's own
    assert 'id="in-zh" class="hidden" checked' in html


def test_the_key_figures_are_the_plans() -> None:
    """The report shows the metrics as the plan has them."""
    told = {**plan().metrics, "drones_peak": 97, "min_landing_reserve_s": 61.0}
    text = read(maps.report(yancheng(), replace(plan(), metrics=told)).html).text
    assert "97" in text
    assert "1:01" in text
    assert "279 / 283" in text


def test_the_same_plan_gives_the_same_report() -> None:
    """Nothing random, and no clock, gets into the report."""
    assert maps.report(yancheng(), plan()) == maps.report(yancheng(), plan())


def test_text_is_escaped_and_markup_is_not() -> None:
    """Only what was made as an element is one."""
    assert tag("p", "<i>", Markup("<i></i>")) == "<p>&lt;i&gt;<i></i></p>"
    assert tag("p", title='"') == '<p title="&quot;"></p>'


def test_a_margin_that_is_not_known_is_left_open() -> None:
    """A dash stands for what was not measured or has no limit."""
    assert margin(float("inf"), "m") == margin(None, "m") == "–"


def test_the_report_tells_what_a_plan_takes_for_given() -> None:
    """Winds with their hours and heights, batteries, grants and waivers stand in it."""
    scenario = read_scenario(seeds.path("yancheng"))
    battery = flown_by_battery("M4TD")
    closed = next(a for a in scenario.airspace if a.restriction == "REQ_AUTHORISATION")
    gusty = Spell(
        speed_mps=7.0, from_deg=90.0, gust_mps=9.5, hours=(0.0, 21600.0), low_m=100.0
    )
    scenario = replace(
        scenario,
        drone_models=(battery,),
        wind=Wind(speed_mps=3.0, from_deg=250.0, spells=(gusty,)),
        rules=replace(
            scenario.rules, authorised=(closed.id,), station_waivers=("YC01",)
        ),
    )
    text = read(maps.report(scenario, made_plan(scenario)).html).text
    for told in (
        "3 m/s from 250°",
        "gusts up to 9.5 m/s",
        "00:00–06:00",
        "between 100 and ∞ m",
        "149.9 Wh, lands with 20%",
        "flat and open",
    ):
        assert told in text
    terms = text[text.index("What the plan takes for given") :]
    assert closed.id in terms and "YC01" in terms


def test_a_sheet_tells_how_many_pads_are_taken_at_once() -> None:
    """As many as a count second by second comes to."""
    scenario = read_scenario(seeds.path("two-stations"))
    plan = plan_routes(scenario, budget=Budget(iterations=1, workers=1))
    depots = {route.id: route.depot for route in plan.routes}
    before_s = scenario.rules.pad_before_takeoff_s
    page = str(maps.report(scenario, plan, None).to_bytes(), "utf-8")
    taken: dict[str, int] = {}
    for station in scenario.stations:
        own = [s for s in plan.roster if depots[s.route] == station.id]
        taken[station.id] = max(
            len(
                {
                    s.drone
                    for s in own
                    if s.landing_s <= at_s < s.ready_s
                    or s.takeoff_s - before_s <= at_s < s.takeoff_s
                }
            )
            for at_s in (s + 0.5 for s in range(0, int(scenario.horizon.length_s)))
        )
        told = f"{station.pads} pads ({taken[station.id]} taken at once at most)"
        assert told in page
    assert max(taken.values()) > 0
