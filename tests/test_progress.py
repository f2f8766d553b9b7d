"""Progress is a live line on a terminal and a few plain lines elsewhere."""

from __future__ import annotations

import io

from planner.budget import Progress
from planner.progress import QUIET_S, show_progress


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


def test_a_terminal_shows_the_latest_figures() -> None:
    """The live line tells stage, time, zones, drones and round."""
    stream = Screen()
    with show_progress(stream, language="zh", color=False) as on_progress:
        on_progress(
            Progress(
                stage="routing",
                elapsed_s=83,
                round=4,
                zones_served=7,
                zones=9,
                drones=12,
            )
        )
    assert "搜索航线  1:23  巡区 7/9  无人机 12  第 4 轮" in stream.getvalue()


def test_nothing_is_shown_without_a_stream() -> None:
    """A quiet run still takes the calls."""
    with show_progress(None) as on_progress:
        on_progress(Progress(stage="routing", elapsed_s=0.0))
