"""A trace tells how the search went, and a file of one is read or refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_trace import made_trace
from plans import tiny_plan
from worlds import two_stations

from planner.budget import Budget, Progress
from planner.errors import InputError
from planner.formats.json_document import json_document
from planner.formats.plan_geojson import plan_to_bytes
from planner.formats.trace_json import (
    MOST_BYTES,
    read_trace,
    trace_of,
    trace_to_bytes,
)
from planner.messages import LANGUAGES, say
from planner.plan import Plan
from planner.planning.pipeline import plan_routes

ROUNDS = Budget(iterations=6, workers=1)
TRACE = made_trace(tiny_plan(), bound=80)
TEXT = trace_to_bytes(TRACE).decode()


@cache
def told() -> tuple[Plan, tuple[Progress, ...]]:
    """Return the plan of two stations, and what its search told."""
    heard: list[Progress] = []
    plan = plan_routes(two_stations(), budget=ROUNDS, on_progress=heard.append)
    return plan, tuple(heard)


def moments() -> list[Progress]:
    """Return what was told of routes."""
    return [p for p in told()[1] if p.step]


def test_listening_changes_nothing() -> None:
    """The plan is the same, byte by byte, whether or not anybody listens."""
    budget = Budget(iterations=2, workers=1)
    unheard = plan_routes(two_stations(), budget=budget)
    heard: list[Progress] = []
    again = plan_routes(two_stations(), budget=budget, on_progress=heard.append)
    assert plan_to_bytes(again) == plan_to_bytes(unheard)
    assert heard


def test_every_round_ends_with_a_moment() -> None:
    """First routes and each round are told once, with what the round did."""
    ends = [(p.round, p.step) for p in moments() if p.engine is None]
    again = "recombination"
    steps = ["first", "whole", "generation", again, "pieces", again, "whole"]
    assert ends == list(enumerate(steps))


def test_rounds_do_what_the_budget_says() -> None:
    """A search without some of its steps goes on with the others; wrong ones fail."""
    heard: list[Progress] = []
    budget = replace(ROUNDS, iterations=3, steps=("pieces", "recombination"))
    plan_routes(two_stations(), budget=budget, on_progress=heard.append)
    ends = [p.step for p in heard if p.step and p.engine is None]
    assert ends == ["first", "pieces", "recombination", "pieces"]
    for wrong in ((), ("guess",)):
        with pytest.raises(ValueError, match="steps"):
            Budget(steps=wrong)


def test_every_new_best_is_told_with_who_found_it() -> None:
    """Each change comes with an engine and a part, and is one for the better."""
    for before, after in pairwise(moments()):
        old, new = score(before), score(after)
        if after.engine is None:
            assert new == old
            assert after.part is None
        else:
            assert new < old
            assert after.part in {s.id for s in two_stations().stations}
    assert any(p.engine for p in moments())


def score(moment: Progress) -> tuple[float, float, float]:
    """Return what the search makes small, most important first."""
    assert None not in (moment.unserved, moment.drones, moment.load)
    return (moment.unserved or 0.0, moment.drones or 0, round(moment.load or 0.0, 9))


def test_the_last_moment_is_what_the_plan_has() -> None:
    """Where the timetable gives nothing up, the search ends at the plan's figures."""
    metrics, last = told()[0].metrics, moments()[-1]
    assert last.zones_served == metrics["zones_served"]
    assert last.unserved == metrics["priority"] - metrics["priority_served"]
    assert last.drones == metrics["drones_peak"]


def test_rounds_or_seconds_left_are_told() -> None:
    """Under rounds their number is told; under seconds, what is left of them."""
    assert {(p.rounds, p.left_s) for p in moments()} == {(6, None)}
    heard: list[Progress] = []
    budget = Budget(seconds=0, workers=1)
    plan_routes(two_stations(), budget=budget, on_progress=heard.append)
    assert {(p.rounds, p.left_s) for p in heard if p.step} == {(None, 0.0)}


def test_the_gap_is_measured_from_the_bound() -> None:
    """Without a bound, or with fewer drones than it, there is no gap."""
    at = {"stage": "routing", "elapsed_s": 0.0}
    assert Progress(**at, drones=90, bound=72).gap == 0.25
    assert Progress(**at, drones=90).gap is None
    assert Progress(**at, bound=72).gap is None
    assert Progress(**at, drones=60, bound=72).gap is None


def read_text(folder: Path, text: str) -> Any:
    """Return the trace in a text, by way of a file."""
    path = folder / "trace.json"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    return read_trace(path)


def test_a_trace_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Reading gives what was kept; writing that again gives the same bytes."""
    assert read_text(tmp_path, TEXT) == TRACE
    kept = trace_of(*told())
    assert read_text(tmp_path, trace_to_bytes(kept).decode()) == kept


texts = st.text(st.characters(codec="utf-8"), min_size=1)
counts = st.none() | st.integers(0, 10**6)
figures = st.none() | st.floats(0, 1e9)


@given(
    times=st.lists(st.floats(0, 1e6), max_size=5),
    step=st.none() | texts,
    engine=st.none() | texts,
    bound=counts,
    load=figures,
)
def test_whatever_was_told_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    times: list[float],
    step: str | None,
    engine: str | None,
    bound: int | None,
    load: float | None,
) -> None:
    """Any text and any figure survives the file, unknown ones too."""
    known = {"step": step, "engine": engine, "bound": bound, "load": load}
    kept = trace_of(
        tiny_plan(),
        [Progress(stage="x", elapsed_s=t, **known) for t in sorted(times)],  # type: ignore[arg-type]
    )
    folder = tmp_path_factory.getbasetemp()
    assert read_text(folder, trace_to_bytes(kept).decode()) == kept


def test_the_schema_names_what_is_written() -> None:
    """Every key of the file stands in the schema that ships, and no other."""
    file = resources.files("planner.formats") / "trace.schema.json"
    schema, document = json.loads(file.read_text(encoding="utf-8")), json.loads(TEXT)
    assert set(document) == set(schema["properties"]) == set(schema["required"])
    assert document["kind"] == schema["properties"]["kind"]["const"]
    moment = schema["$defs"]["moment"]["properties"]
    assert {frozenset(m) for m in document["moments"]} == {frozenset(moment)}
    best = schema["$defs"]["best"]
    assert set(best["required"]) == set(best["properties"])
    assert {frozenset(b) for b in document["bests"]} == {frozenset(best["properties"])}


def edited(change: Callable[[Any], Any]) -> str:
    """Return the text of the trace after a change to its document."""
    document = json.loads(TEXT)
    change(document)
    return json.dumps(document)


FAULTS: dict[str, tuple[Callable[[Any], Any], set[tuple[str, str]]]] = {
    "another kind": (
        lambda d: d.update(kind="plan"),
        {("E-TRACE-KIND", "")},
    ),
    "no moments": (
        lambda d: d.pop("moments"),
        {("E-PLAN-KEY", "")},
    ),
    "no digest": (
        lambda d: d.pop("plan_digest"),
        {("E-PLAN-KEY", "")},
    ),
    "a moment that is a text": (
        lambda d: d["moments"].append("<b>"),
        {("E-PLAN-OBJECT", "moments[22]"), ("E-PLAN-KEY", "moments[22]")},
    ),
    "no bests": (
        lambda d: d.pop("bests"),
        {("E-PLAN-KEY", "")},
    ),
    "a best of nobody": (
        lambda d: d["bests"][2].update(engine=None),
        {("E-PLAN-TEXT", "bests[2].engine")},
    ),
    "a best that leaves out less than nothing": (
        lambda d: d["bests"][2].update(left_out=-1),
        {("E-TRACE-NEGATIVE", "bests[2].left_out")},
    ),
    "a best that comes too early": (
        lambda d: d["bests"][2].update(elapsed_s=0.5),
        {("E-TRACE-ORDER", "bests[2].elapsed_s")},
    ),
    "an engine that is a number": (
        lambda d: d["moments"][3].update(engine=7),
        {("E-PLAN-TEXT", "moments[3].engine")},
    ),
    "drones in words": (
        lambda d: d["moments"][3].update(drones="many"),
        {("E-PLAN-NUMBER", "moments[3].drones")},
    ),
    "half a drone": (
        lambda d: d["moments"][3].update(drones=0.5),
        {("E-TRACE-WHOLE", "moments[3].drones")},
    ),
    "less than nothing": (
        lambda d: d["moments"][3].update(unserved=-1),
        {("E-TRACE-NEGATIVE", "moments[3].unserved")},
    ),
    "beyond all figures": (
        lambda d: d["moments"][3].update(load=1e13),
        {("E-PLAN-RANGE", "moments[3].load")},
    ),
    "back in time": (
        lambda d: d["moments"][3].update(elapsed_s=0.5),
        {("E-TRACE-ORDER", "moments[3].elapsed_s")},
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_told_with_its_place(tmp_path: Path, name: str) -> None:
    """A file that somebody has edited is refused, and says where in both languages."""
    change, expected = FAULTS[name]
    with pytest.raises(InputError) as caught:
        read_text(tmp_path, edited(change))
    assert {(f.code, f.feature) for f in caught.value.findings} == expected
    for finding in caught.value.findings:
        for language in LANGUAGES:
            assert say(f"finding.{finding.code}", language, **finding.values)
            assert say(f"remedy.{finding.code}", language, **finding.values)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (TEXT[:-40], "E-PLAN-PARSE"),
        ("[]", "E-TRACE-KIND"),
        ("", "E-PLAN-PARSE"),
        (TEXT.replace("97", "NaN"), "E-PLAN-FINITE"),
        ("[" * 100_000, "E-PLAN-DEEP"),
        (" " * (MOST_BYTES + 1), "E-PLAN-SIZE"),
    ],
)
def test_a_file_that_is_no_trace_is_refused(
    tmp_path: Path, text: str, code: str
) -> None:
    """Whatever the file holds, there is one clear finding."""
    with pytest.raises(InputError) as caught:
        read_text(tmp_path, text)
    assert [f.code for f in caught.value.findings] == [code]


def test_a_file_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    """A wrong name is told as one."""
    with pytest.raises(InputError, match="E-PLAN-FILE"):
        read_trace(tmp_path / "none.json")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """No bytes bring the reader of documents down."""
    try:
        json_document(data, "trace.json")
    except InputError as error:
        assert len(error.findings) == 1
