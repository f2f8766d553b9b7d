"""The command line: what it prints, what it writes, and its exit codes."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command_runs import Run

import planner
import seeds
from planner import budget
from planner.cli import wanted_language
from planner.cli.output_folder import LOCK
from planner.cli.terminal import inert
from planner.errors import InfeasibleError, StoppedError
from planner.planning import pipeline

ROOT = Path(__file__).resolve().parents[1]
BY_HAND = str(seeds.path("by-hand"))


@pytest.fixture(scope="module")
def good_plan() -> planner.Plan:
    """Return a plan of the scenario ``by-hand`` that breaks no rule."""
    return planner.plan_routes(
        planner.read_scenario(seeds.path("by-hand")),
        budget=budget.Budget(seconds=None, iterations=1, workers=1),
    )


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Let the planner return a given plan, or raise a given exception, at once."""

    def let(outcome: planner.Plan | BaseException) -> None:
        def plan_routes(*_: Any, **__: Any) -> planner.Plan:
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        monkeypatch.setattr(pipeline, "plan_routes", plan_routes)

    return let


def broken(plan: planner.Plan) -> planner.Plan:
    """Return a plan whose first drone is in two places."""
    first = plan.roster[0]
    return replace(plan, roster=(first, *plan.roster))


def without_a_zone(plan: planner.Plan) -> planner.Plan:
    """Return a plan that names a zone as unserved."""
    missing = planner.Unserved(zone="W9", code="not_found", reason="no room for it")
    return replace(plan, unserved=(missing,))


def mode(path: Path) -> int:
    """Return the permission bits of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def test_plan_writes_everything_for_the_owner_alone(run: Run, tmp_path: Path) -> None:
    """A plan is written with its timetable, map, report and run, mode 0600."""
    out = tmp_path / "new" / "out"
    code, said, _ = run("plan", BY_HAND, "-o", out, "--iterations", 1)
    assert code == 0
    names = {file.name for file in out.iterdir()} - {LOCK}
    assert names == {
        "plan.geojson",
        "timetable.csv",
        "map.html",
        "report.html",
        "run.json",
    }
    assert {mode(file) for file in out.iterdir()} == {0o600}
    assert mode(out) == 0o700
    assert str(out / "map.html") in said.replace("\n", "")
    assert "3 / 3" in said
    assert json.loads((out / "run.json").read_text())["workers"] >= 1


def test_what_was_planned_can_be_checked_reported_and_drawn(
    run: Run, tmp_path: Path
) -> None:
    """The other verbs take what `plan` wrote."""
    assert run("plan", BY_HAND, "-o", tmp_path, "--iterations", 1, "--quiet")[0] == 0
    plan = tmp_path / "plan.geojson"
    code, said, _ = run("check", BY_HAND, plan, "--json")
    verdict = json.loads(said)
    assert (code, verdict["ok"], verdict["violations"]) == (0, True, [])
    assert len(verdict["rules"]) == 10
    code, said, _ = run("report", BY_HAND, plan, "--json")
    assert (code, json.loads(said)["drones_peak"]) == (0, 1)
    assert run("report", BY_HAND, plan, "-o", tmp_path / "r.html")[0] == 0
    assert run("map", BY_HAND, plan, "-o", tmp_path / "m.html")[0] == 0
    assert (tmp_path / "r.html").stat().st_size > 1000
    assert (tmp_path / "m.html").stat().st_size > 1000


def test_a_plan_for_another_horizon_is_checked_over_that_horizon(
    run: Run, tmp_path: Path
) -> None:
    """The checker takes the horizon that was planned, and says so."""
    words = ("--iterations", 1, "--horizon", "09:00-11:00")
    assert run("plan", BY_HAND, "-o", tmp_path, *words)[0] == 0
    code, _, said = run("check", BY_HAND, tmp_path / "plan.geojson")
    assert code == 0
    assert "2 h from" in said


def test_json_puts_one_object_on_standard_output(
    run: Run, plans: Any, good_plan: planner.Plan, tmp_path: Path
) -> None:
    """With --json all text goes to standard error."""
    plans(good_plan)
    code, out, err = run("plan", BY_HAND, "-o", tmp_path, "--json")
    assert code == 0
    assert json.loads(out)["check"]["ok"]
    assert "zones served" in err


def test_a_plan_that_breaks_a_rule_is_never_written_as_a_plan(
    run: Run, plans: Any, good_plan: planner.Plan, tmp_path: Path
) -> None:
    """A plan that fails its check goes to rejected.geojson, and the code is 5."""
    plans(broken(good_plan))
    code, _, err = run("plan", BY_HAND, "-o", tmp_path)
    assert code == 5
    assert "rejected.geojson" in err.replace("\n", "")
    assert (tmp_path / "rejected.geojson").exists()
    assert not (tmp_path / "plan.geojson").exists()


def test_a_good_plan_removes_an_old_rejected_one(
    run: Run, plans: Any, good_plan: planner.Plan, tmp_path: Path
) -> None:
    """What lies in the folder belongs to the last run."""
    (tmp_path / "rejected.geojson").write_text("{}")
    plans(good_plan)
    assert run("plan", BY_HAND, "-o", tmp_path)[0] == 0
    assert not (tmp_path / "rejected.geojson").exists()


def test_check_ends_with_5_where_a_rule_is_broken(
    run: Run, good_plan: planner.Plan, tmp_path: Path
) -> None:
    """A script can tell a broken plan by the exit code."""
    planner.write_plan(broken(good_plan), tmp_path / "plan.geojson")
    code, said, _ = run("check", BY_HAND, tmp_path / "plan.geojson")
    assert code == 5
    assert "NO" in said


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (InfeasibleError("no plan exists"), 4),
        (OSError(28, "No space left on device"), 6),
        (KeyboardInterrupt(), 130),
        (StoppedError(), 130),
        (ZeroDivisionError("oops"), 70),
    ],
)
def test_what_the_planner_raises_becomes_an_exit_code(
    run: Run,
    plans: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    outcome: BaseException,
    code: int,
) -> None:
    """No exception reaches the terminal as a traceback."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    plans(outcome)
    got, out, err = run("plan", BY_HAND, "-o", tmp_path / "out", "--json")
    assert got == code
    assert json.loads(out)["exit_code"] == code
    assert "Traceback" not in err
    assert not (tmp_path / "out" / "plan.geojson").exists()


def test_a_stop_before_there_is_a_plan_is_told_in_one_line(
    run: Run, plans: Any, tmp_path: Path
) -> None:
    """Whoever stops early is told that nothing was written, and no more."""
    plans(StoppedError())
    _, out, err = run("plan", BY_HAND, "-o", tmp_path / "out", "--quiet")
    assert out == ""
    assert err.splitlines()[2:] == ["stopped; no plan was written"]


def test_a_bug_leaves_a_report_and_one_line(
    run: Run, plans: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report has the traceback; the terminal has its path."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    plans(ZeroDivisionError("oops"))
    code, _, err = run("plan", BY_HAND, "-o", tmp_path / "out", "--quiet")
    (report,) = tmp_path.glob("patrol-bug-*.txt")
    assert code == 70
    assert str(report) in err.replace("\n", "")
    assert "ZeroDivisionError: oops" in report.read_text()
    assert mode(report) == 0o600
    assert "Traceback" in run("plan", BY_HAND, "-o", tmp_path / "o", "--debug")[2]


def test_strict_ends_with_4_where_a_zone_is_left_out(
    run: Run,
    good_plan: planner.Plan,
    plans: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without --strict a plan that leaves a zone out is done; with it, it is not."""
    plans(without_a_zone(good_plan))
    passed = planner.Verdict(rules=(), violations=())
    monkeypatch.setattr("planner.checks.examine", lambda *_: passed)
    assert run("plan", BY_HAND, "-o", tmp_path)[0] == 0
    code, said, _ = run("plan", BY_HAND, "-o", tmp_path, "--strict")
    assert code == 4
    assert "no room for it" in said


def test_a_plan_of_another_scenario_is_called_so(
    run: Run, good_plan: planner.Plan, tmp_path: Path
) -> None:
    """Whoever asks about the wrong scenario is told, whatever the verb."""
    planner.write_plan(good_plan, tmp_path / "plan.geojson")
    other = seeds.path("two-stations")
    for words in (("report", "--json"), ("map", "-o", tmp_path / "m.html")):
        said = run(words[0], other, tmp_path / "plan.geojson", *words[1:])[2]
        assert "made for another scenario" in said
    assert not run("report", BY_HAND, tmp_path / "plan.geojson", "--json")[2]


def patrol(*words: str, **streams: Any) -> subprocess.Popen[bytes]:
    """Start ``patrol`` as a process of its own."""
    command = [sys.executable, "-m", "planner", *words]
    return subprocess.Popen(command, stderr=subprocess.PIPE, cwd=ROOT, **streams)


@pytest.mark.parametrize("verb", [("validate",), ("validate", "--json"), ("check",)])
def test_a_reader_that_leaves_is_no_fault(
    good_plan: planner.Plan, tmp_path: Path, verb: tuple[str, ...]
) -> None:
    """`patrol ... | head -0` ends quietly, with 0."""
    planner.write_plan(good_plan, tmp_path / "plan.geojson")
    plan = [str(tmp_path / "plan.geojson")] if "check" in verb else []
    process = patrol(*verb, BY_HAND, *plan, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    said = process.communicate(timeout=30)[1].decode()
    assert process.returncode == 0
    assert not {"Traceback", "Exception", "error:"} & set(said.split())


def test_a_closed_output_is_no_fault() -> None:
    """`patrol ... >&-` says what it has to say to nobody."""
    command = [sys.executable, "-m", "planner", "validate", BY_HAND]
    closing = ["sh", "-c", 'exec "$@" >&-', "sh", *command]
    assert subprocess.run(closing, capture_output=True, cwd=ROOT).returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device")
@pytest.mark.parametrize("words", [("--version",), ("validate", BY_HAND, "--json")])
def test_output_that_cannot_be_written_ends_with_6(words: tuple[str, ...]) -> None:
    """A full disk is told in one line."""
    with Path("/dev/full").open("w") as full:
        process = patrol(*words, stdout=full)
        said = process.communicate(timeout=30)[1].decode()
    assert process.returncode == 6
    assert "No space left" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "words",
    [
        ("plan", BY_HAND),
        ("plan", BY_HAND, "-o", "out", "--seconds", "1", "--iterations", "1"),
        ("plan", BY_HAND, "-o", "out", "--workers", "0"),
        ("plan", BY_HAND, "-o", "out", "--seconds", "nan"),
        ("plan", BY_HAND, "-o", "out", "--seconds", "inf"),
        ("map", BY_HAND),
        ("fly", BY_HAND),
        ("check",),
        ("--lang", "fr", "validate", BY_HAND),
        (),
    ],
)
def test_a_command_that_makes_no_sense_ends_with_2(
    run: Run, words: tuple[str, ...]
) -> None:
    """Usage faults are told apart from bad input."""
    assert run(*words)[0] == 2


def test_every_finding_is_printed_with_its_remedy(run: Run, tmp_path: Path) -> None:
    """Bad input ends with 3 and names code, file, feature and remedy, all at once."""
    for file in Path(BY_HAND).iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    zones = tmp_path / "zones.geojson"
    text = zones.read_text().replace('"watch"', '"wtach"')
    zones.write_text(text)
    code, _, err = run("validate", tmp_path)
    assert code == 3
    assert err.count("error[E-") == 3
    assert "zones.geojson#W1" in err
    assert err.count("help: ") == 3
    code, out, _ = run("plan", tmp_path, "-o", tmp_path / "out", "--json")
    assert (code, len(json.loads(out)["findings"])) == (3, 3)
    code, out, _ = run("validate", tmp_path, "--json")
    assert (code, json.loads(out)["ok"]) == (3, False)
    assert not (tmp_path / "out").exists()


def test_a_new_scenario_can_be_planned_as_it_is(run: Run, tmp_path: Path) -> None:
    """`patrol new` without layers makes an example that works; twice is refused."""
    code, said, _ = run("new", tmp_path / "mine", "--lang", "zh")
    assert code == 0
    assert "scenario.toml" in said
    assert run("validate", tmp_path / "mine")[0] == 0
    assert run("new", tmp_path / "mine")[0] == 6


def test_what_a_killed_run_left_is_removed(run: Run, tmp_path: Path) -> None:
    """Files that never got their names go; a user's own hidden files stay."""
    left, own = tmp_path / ".plan.geojson.x_y1z2ab", tmp_path / ".plan.geojson.mine"
    left.touch()
    own.touch()
    assert run("plan", BY_HAND, "-o", tmp_path, "--iterations", 0)[0] == 0
    assert not left.exists()
    assert own.exists()


def test_an_output_folder_that_cannot_be_one_ends_with_6(
    run: Run, tmp_path: Path
) -> None:
    """A file in the place of the folder is told before any search."""
    (tmp_path / "out").write_text("mine")
    code, _, err = run("plan", BY_HAND, "-o", tmp_path / "out")
    assert code == 6
    assert str(tmp_path / "out") in err
    assert (tmp_path / "out").read_text() == "mine"


def test_a_missing_scenario_is_bad_input(run: Run, tmp_path: Path) -> None:
    """A folder that is not there is told as a finding."""
    code, _, err = run("validate", tmp_path / "nowhere")
    assert code == 3
    assert "error[E-" in err


def test_input_text_cannot_act_on_the_terminal(run: Run, tmp_path: Path) -> None:
    """Control and direction characters of a name are spelled out."""
    for file in Path(BY_HAND).iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    toml = tmp_path / "scenario.toml"
    toml.write_text(
        toml.read_text().replace("Willow Bend", r"Willow\u001b[2J\u202eBend[bold]")
    )
    _, said, err = run("validate", tmp_path)
    assert not {"\x1b", "\u202e"} & set(said + err)
    assert r"\u001b[2J\u202eBend[bold]" in said + err


@pytest.mark.parametrize("text", ["\x1b", "\r", "\x9b", "\u202e", "\u2066", "\u200f"])
def test_inert_spells_out_what_acts(text: str) -> None:
    """No character that moves the cursor or turns text round is printed."""
    assert inert(f"a{text}b") == f"a\\u{ord(text):04x}b"


def test_inert_keeps_what_people_write() -> None:
    """Chinese, accents, emoji and spaces are printed as they are."""
    assert inert("警务站 Café 🚁") == "警务站 Café 🚁"


@pytest.mark.parametrize(
    ("words", "locale", "language"),
    [
        ([], "zh_CN.UTF-8", "zh"),
        ([], "de_DE.UTF-8", "en"),
        (["--lang", "zh"], "C", "zh"),
        (["plan", "--lang=en"], "zh_CN", "en"),
    ],
)
def test_the_language_is_that_of_the_option_or_the_environment(
    monkeypatch: pytest.MonkeyPatch, words: list[str], locale: str, language: str
) -> None:
    """--lang wins over LC_ALL and LANG."""
    monkeypatch.setenv("LC_ALL", locale)
    assert wanted_language(words) == language


@pytest.mark.parametrize(
    "words", [("--lang", "zh", "validate"), ("validate", "--lang", "zh")]
)
def test_chinese_is_spoken_before_and_after_the_verb(
    run: Run, words: tuple[str, ...]
) -> None:
    """The common options stand on either side of the verb."""
    assert "警务站" in run(*words, BY_HAND)[1]


def test_quiet_says_nothing_but_warnings(
    run: Run, plans: Any, good_plan: planner.Plan, tmp_path: Path
) -> None:
    """A script that only wants files gets no text, unless something is amiss."""
    plans(good_plan)
    code, out, err = run("plan", BY_HAND, "-o", tmp_path, "--quiet")
    assert (code, out) == (0, "")
    assert err.startswith("warning[W-AIRSPACE-NONE]")
    assert len(err.splitlines()) == 2


def test_every_option_of_every_verb_has_a_help_text(run: Run) -> None:
    """Help explains each option, in both languages."""
    from planner.cli import VERBS, Patrol

    for language in ("en", "zh"):
        group = Patrol(language)
        for name in VERBS:
            command = group.get_command(None, name)
            assert command.help
            options = [p for p in command.params if p.param_type_name == "option"]
            assert [p.name for p in options if not p.help] == []
