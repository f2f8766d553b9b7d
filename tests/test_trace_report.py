"""The report draws the course of a search, and says it in words and in a table."""

from __future__ import annotations

import re
from functools import cache

import pytest
from hostile import TEXTS
from made_plan import made_plan
from made_trace import made_told, made_trace
from test_report import read

import maps
import seeds
from maps.trace_section import trace_section
from planner.budget import Progress
from planner.formats.scenario_folder import read_scenario
from planner.plan import Plan
from planner.scenario import Scenario
from planner.trace import Trace

BOUND = 80


@cache
def scenario() -> Scenario:
    """Return a small scenario."""
    return read_scenario(seeds.path("two-stations"))


@cache
def plan() -> Plan:
    """Return a made-up plan of it."""
    return made_plan(scenario())


def page(trace: Trace | None) -> str:
    """Return the report with a trace."""
    return maps.report(scenario(), plan(), trace=trace).html


def test_without_a_trace_the_report_says_nothing_of_the_search() -> None:
    """There is no empty section."""
    assert "How the search went" not in page(None)
    assert page(made_trace(plan())) != page(None)


def test_the_search_is_told_in_words_chart_and_table() -> None:
    """Each change stands in the table, under the chart, in both languages."""
    trace = made_trace(plan(), bound=BOUND)
    html = page(trace)
    text = read(html).text
    assert "12 rounds, 1:06 in all; the last better routes came at 1:00" in text
    assert "共 12 轮，历时 1:06；最后一次改进在 1:00" in text
    assert "Bound 80 drones, gap 13.8 %." in text
    (rows,) = re.findall(r'<table class="moments">(.*?)</table>', html, re.DOTALL)
    bests = [p for p in trace.told if p.engine]
    assert rows.count("<tr>") == len(bests) + 3  # headings, first and last moment
    for language, words in (("en", "pieces again"), ("zh", "局部重排")):
        assert f'<span lang="{language}">{words}</span>' in rows


def test_what_each_engine_brought_is_summed_up() -> None:
    """Bests, priority, drones and load by step and engine."""
    html = str(trace_section(made_trace(plan())))
    (rows,) = re.findall(r'<table class="numbers gains">(.*?)</table>', html)
    cells = re.findall(r"<td>([^<]*)</td>", rows)
    brought = ["3", "6", "3", "3"]
    assert cells == ["engine-whole", *brought, "engine-pieces", *brought]


def test_a_loss_is_told_as_one() -> None:
    """A zone more may cost drones: what was saved is then less than nothing."""
    told = [
        Progress(stage="routing", elapsed_s=0, step="first", unserved=9.0, drones=7),
        Progress(
            stage="routing",
            elapsed_s=1,
            round=1,
            step="pieces",
            engine="x",
            unserved=4.5,
            drones=9,
        ),
    ]
    html = str(trace_section(Trace(plan_digest="", told=tuple(told))))
    assert "<td>1</td><td>4.5</td><td>−2</td><td>0</td>" in html


def path_of(html: str, name: str) -> list[tuple[str, float]]:
    """Return the commands of the path of a class, each with where it leads."""
    (path,) = re.findall(rf'<path d="([^"]*)" class="{name}"', html)
    return [(c, float(v)) for c, v in re.findall(r"([HV])([\d.]+)", path)]


def test_the_line_goes_down_as_the_drones_do() -> None:
    """Every step is to the right and none is upwards in drones; the bound is flat."""
    html = str(trace_section(made_trace(plan(), bound=BOUND)))
    upper, lower = re.findall(r'<path d="[^"]*" class="course"', html)
    for course in (upper, lower):
        steps = path_of(course, "course")
        across = [v for c, v in steps if c == "H"]
        down = [v for c, v in steps if c == "V"]
        assert across == sorted(across)
        assert down == sorted(down)
    assert len({v for c, v in path_of(html, "bound") if c == "V"}) == 1


def test_marks_differ_in_shape_and_colour() -> None:
    """Who found better routes is not told by colour alone."""
    html = str(trace_section(made_trace(plan())))
    html = html[: html.index("What engines found on their way")]
    marks = re.findall(r'<path d="M10 8([^"]*)" fill="([^"]*)">', html)
    assert len({shape for shape, _ in marks}) == len(marks) == 2
    assert len({colour for _, colour in marks}) == 2
    for (shape, colour), finder in zip(
        marks,
        re.findall(r'<path d="([^"]*)" class="found" fill="([^"]*)"', html),
        strict=True,
    ):
        assert finder[0].count(shape) == 2 * 3  # on both lines
        assert finder[1] == colour


def test_what_engines_found_on_their_way_is_drawn_and_told() -> None:
    """A mark for each best in both parts of a chart, and a row a search in a table."""
    trace = made_trace(plan(), bound=BOUND)
    html = str(trace_section(trace))
    html = html[html.index("What engines found on their way") :]
    marks = re.findall(r'<path d="([^"]*)" class="found"', html)
    assert [path.count("M") for path in marks] == [len(trace.bests)] * 2
    (rows,) = re.findall(r'<table class="bests">(.*?)</table>', html, re.DOTALL)
    assert rows.count("<tr>") == 1 + 2 * 4  # headings; engines by steps
    cells = re.findall(r"<td>([^<]*)</td>", rows)
    assert cells[:2] == ["YC01", "12"]
    assert cells[2:5] == [
        "0:07 · 90.0 · 30.5",
        "0:29 · 86.0 · 10.5",
        "0:50 · 84.0 · 0.5",
    ]
    silent = Trace(plan_digest="", told=trace.told)
    assert "on their way" not in str(trace_section(silent))


def test_no_bound_no_line() -> None:
    """Where none is known, neither chart nor words speak of a bound."""
    html = str(trace_section(made_trace(plan())))
    assert 'class="bound"' not in html
    assert "Bound 80" not in html


@pytest.mark.parametrize(
    "told",
    [
        (),
        made_told()[:2],
        made_told()[:3],
        (Progress(stage="routing", elapsed_s=0.0, step="first", engine="x"),),
        (
            Progress(stage="routing", elapsed_s=0.0, step="first", drones=0),
            Progress(stage="routing", elapsed_s=1e12, step="x", drones=10**12),
        ),
    ],
)
def test_a_trace_may_be_short_or_strange(told: tuple[Progress, ...]) -> None:
    """A search that ended at once is told as far as it went."""
    html = page(Trace(plan_digest="x", told=told))
    assert "How the search went" in html
    assert not re.search(r"\bnan\b|\binf\b", html)
    assert len(html) < 200_000


def test_harmful_texts_stay_text_in_the_course() -> None:
    """Steps, engines and parts of a trace are shown as they were written."""
    plain, hostile = (
        read(page(made_trace(plan(), names, bound=BOUND)))
        for names in ((), (" ".join(TEXTS),))
    )
    assert set(hostile.tags) <= set(plain.tags)
    assert hostile.attributes <= plain.attributes
    assert all(text in hostile.text for text in TEXTS)


def test_the_same_trace_gives_the_same_report() -> None:
    """No clock is read when a trace is drawn."""
    assert page(made_trace(plan())) == page(made_trace(plan()))
