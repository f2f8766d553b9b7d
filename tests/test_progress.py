"""Progress is a live line on a terminal and a few plain lines elsewhere."""

from __future__ import annotations

import io

import pytest

from planner.budget import Progress
from planner.cli.progress import QUIET_S, progress_text, show_progress


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_a_log_gets_a_line_a_stage_and_one_every_ten_seconds() -> None:
    """A log file is not flooded by a search that reports often."""
    stream = io.StringIO()
    with show_progress(stream) as on_progress:
        on_progress(Progress(stage="network", elapsed_s=0.0))
        for second in range(25):
            on_progress(Progress(stage="routing", elapsed_s=second, round=second))
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2 + int(25 // QUIET_S)
    assert lines[-1].endswith("round 20")


def test_a_terminal_shows_the_latest_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stage and times stand in one line, the state of the search in the next."""
    monkeypatch.setattr("planner.cli.progress.monotonic", lambda: 100.0)
    stream = Screen()
    with show_progress(stream, language="zh", color=False) as on_progress:
        on_progress(
            Progress(
                stage="routing",
                elapsed_s=83,
                left_s=75,
                round=4,
                rounds=9,
                zones_served=7,
                zones=9,
                drones=12,
                bound=10,
            )
        )
    shown = stream.getvalue()
    assert "搜索航线  1:23  最多还需 1:15\n" in shown
    assert "第 4/9 轮  巡区 7/9  未覆盖 2  无人机 12  下界 10  差距 20.0 %" in shown


def test_the_times_go_on_between_two_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    """A round may take long; the clock on the terminal does not stand still."""
    now_s = 100.0
    monkeypatch.setattr("planner.cli.progress.monotonic", lambda: now_s)
    stream = Screen()
    with show_progress(stream, color=False) as on_progress:
        on_progress(Progress(stage="routing", elapsed_s=5.0, left_s=55.0))
        now_s = 170.0
    assert "searching for routes  1:15  at most 0:00 left" in stream.getvalue()


def test_only_what_is_known_is_shown() -> None:
    """No bound, no gap; nothing left out, no word of it."""
    progress = Progress(
        stage="routing", elapsed_s=9, round=2, zones_served=9, zones=9, drones=0
    )
    text = progress_text(progress, "en")
    assert text == "searching for routes  0:09  round 2  zones 9/9  drones 0"


def test_nothing_is_shown_without_a_stream() -> None:
    """A quiet run still takes the calls."""
    with show_progress(None) as on_progress:
        on_progress(Progress(stage="routing", elapsed_s=0.0))
