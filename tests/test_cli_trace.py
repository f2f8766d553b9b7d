"""A plan's trace is written beside it, drawn with it, and not taken for another's."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_runs import Run
from hostile import TEXTS
from made_trace import made_told, made_trace

import planner
import seeds
from planner.budget import Budget, Progress
from planner.cli.output_folder import LOCK
from planner.cli.run_record import RunRecord
from planner.formats.trace_json import trace_to_bytes
from planner.planning import pipeline

BY_HAND = str(seeds.path("by-hand"))


@pytest.fixture(scope="module")
def good_plan() -> planner.Plan:
    """Return a plan of the scenario ``by-hand`` that breaks no rule."""
    budget = Budget(iterations=1, workers=1)
    return planner.plan_routes(planner.read_scenario(BY_HAND), budget=budget)


@pytest.fixture
def run(run: Run, monkeypatch: pytest.MonkeyPatch, good_plan: planner.Plan) -> Run:
    """Run ``patrol`` with a search that tells much and takes no time."""

    def plan_routes(
        *_: Any, on_progress: Callable[[Progress], None], **__: Any
    ) -> planner.Plan:
        for progress in made_told(bound=80):
            on_progress(progress)
        return good_plan

    monkeypatch.setattr(pipeline, "plan_routes", plan_routes)
    return run


def course(page: Path) -> bool:
    """Whether a report draws a search."""
    return 'class="course"' in page.read_text(encoding="utf-8")


def test_a_trace_is_written_and_drawn_where_it_is_asked_for(
    run: Run, tmp_path: Path
) -> None:
    """The trace is for its owner alone, and the plan does not know of it."""
    code, said, _ = run("plan", BY_HAND, "-o", tmp_path / "a", "--trace", "--json")
    assert code == 0
    trace = tmp_path / "a" / "trace.json"
    assert json.loads(said)["files"]["trace"] == str(trace)
    assert stat.S_IMODE(trace.stat().st_mode) == 0o600
    assert len(json.loads(trace.read_text())["moments"]) == len(made_told())
    assert course(tmp_path / "a" / "report.html")
    assert run("plan", BY_HAND, "-o", tmp_path / "b")[0] == 0
    assert not course(tmp_path / "b" / "report.html")
    assert not (tmp_path / "b" / "trace.json").exists()
    plans = {(tmp_path / n / "plan.geojson").read_bytes() for n in "ab"}
    assert len(plans) == 1


def test_a_later_plan_leaves_no_old_trace(run: Run, tmp_path: Path) -> None:
    """A trace that does not belong to the new plan goes with the old one."""
    assert run("plan", BY_HAND, "-o", tmp_path, "--trace", "--quiet")[0] == 0
    assert run("plan", BY_HAND, "-o", tmp_path, "--quiet")[0] == 0
    names = {file.name for file in tmp_path.iterdir()} - {LOCK}
    assert "plan.geojson" in names
    assert "trace.json" not in names


def test_the_report_finds_the_trace_or_takes_the_one_given(
    run: Run, tmp_path: Path
) -> None:
    """Beside the plan by itself, elsewhere by its name; both give the same page."""
    assert run("plan", BY_HAND, "-o", tmp_path, "--trace", "--quiet")[0] == 0
    plan, page = tmp_path / "plan.geojson", tmp_path / "r.html"
    assert run("report", BY_HAND, plan, "-o", page)[0] == 0
    assert page.read_bytes() == (tmp_path / "report.html").read_bytes()
    elsewhere = (tmp_path / "trace.json").rename(tmp_path / "t.json")
    assert run("report", BY_HAND, plan, "-o", page)[0] == 0
    assert not course(page)
    assert run("report", BY_HAND, plan, "-o", page, "--trace", elsewhere)[0] == 0
    assert page.read_bytes() == (tmp_path / "report.html").read_bytes()


def test_the_trace_of_another_plan_is_not_drawn(run: Run, tmp_path: Path) -> None:
    """It is said, and the report goes without."""
    assert run("plan", BY_HAND, "-o", tmp_path, "--trace", "--quiet")[0] == 0
    trace = tmp_path / "trace.json"
    document = json.loads(trace.read_text())
    trace.write_text(json.dumps({**document, "plan_digest": "0" * 64}))
    page = tmp_path / "r.html"
    code, _, said = run("report", BY_HAND, tmp_path / "plan.geojson", "-o", page)
    assert code == 0
    assert "tells of another plan; it is not drawn" in said
    assert not course(page)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is no JSON"),
        ('{"kind": "something"}', "no trace of a search"),
        ('{"kind": "patrol search trace"}', "moments is missing"),
        (None, "cannot be read"),
    ],
)
def test_a_bad_trace_ends_the_report_with_a_finding(
    run: Run, good_plan: planner.Plan, tmp_path: Path, content: str | None, words: str
) -> None:
    """One line with the file and the fault, no traceback, and no page."""
    planner.write_plan(good_plan, tmp_path / "plan.geojson")
    trace = tmp_path / "bad.json"
    if content is not None:
        trace.write_text(content)
    code, _, said = run("report", BY_HAND, tmp_path / "plan.geojson", "--trace", trace)
    assert code == 3
    assert "bad.json" in said
    assert words in said
    assert "Traceback" not in said
    assert not (tmp_path / "report.html").exists()


def test_harmful_texts_in_a_trace_are_shown_as_text(
    run: Run, good_plan: planner.Plan, tmp_path: Path
) -> None:
    """Whoever edits a trace file cannot put an element into the page."""
    planner.write_plan(good_plan, tmp_path / "plan.geojson")
    trace = made_trace(good_plan, ["".join(TEXTS)])
    (tmp_path / "trace.json").write_bytes(trace_to_bytes(trace))
    assert run("report", BY_HAND, tmp_path / "plan.geojson")[0] == 0
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;window.harmed=1&lt;/script&gt;" in html
    assert "<script" not in html
    assert "onerror=window" not in html.replace("&lt;img src=x onerror=window", "")


def test_a_run_tells_its_stages_and_its_memory(run: Run, tmp_path: Path) -> None:
    """Each stage that was told has its seconds, and the pages theirs."""
    assert run("plan", BY_HAND, "-o", tmp_path, "--quiet")[0] == 0
    told = json.loads((tmp_path / "run.json").read_text())
    stages = ["read", "load", "targets", "network", "routing", "timetable"]
    assert list(told["elapsed_s"]) == [*stages, "check", "pages"]
    assert set(told["peak_memory_mb"]) == {"planner", "largest_worker"}
    assert told["peak_memory_mb"]["planner"] > 10


def test_a_stage_that_comes_back_goes_on_counting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All times together are the time of the run."""
    now_s = iter([0.0, 2.0, 5.0, 6.0, 10.0])
    monkeypatch.setattr("planner.cli.run_record.monotonic", lambda: next(now_s))
    run = RunRecord("read")
    for stage in ("routing", "routing", "bound", "routing"):
        run.begin(stage)
    run.write(tmp_path / "run.json", workers=2, stopped=False)
    told = json.loads((tmp_path / "run.json").read_text())
    assert told["elapsed_s"] == {"read": 2.0, "routing": 7.0, "bound": 1.0}
