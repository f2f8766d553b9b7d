"""Show how a search goes: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from planner.messages import Language, catalogue, say

if TYPE_CHECKING:
    from planner.budget import Progress

QUIET_S = 10.0
"""Least time between two plain lines of one stage [s]."""


@contextmanager
def show_progress(
    stream: TextIO | None, *, language: Language = "en", color: bool = True
) -> Iterator[Callable[[Progress], None]]:
    """
    Yield what to call with each `Progress`; what it shows goes to the stream.

    Parameters
    ----------
    stream
        A terminal gets one line that is kept up to date; anything else gets a
        line a stage, and one every ten seconds; None shows nothing.
    """
    if stream is None:
        yield lambda progress: None
        return
    if not stream.isatty():
        yield _plain(stream, language)
        return
    from rich.console import Console
    from rich.live import Live
    from rich.spinner import Spinner

    console = Console(file=stream, no_color=not color or None)
    spinner = Spinner("dots")
    with Live(spinner, console=console, refresh_per_second=8, transient=True):
        yield lambda progress: spinner.update(text=progress_text(progress, language))


def progress_text(progress: Progress, language: Language) -> str:
    """
    Return one line: stage, time, zones served, drones, round; what is known.

    Examples
    --------
    >>> from planner.budget import Progress
    >>> progress_text(Progress(stage="routing", elapsed_s=61, zones=9), "en")
    'searching for routes  1:01'
    """
    key = f"cli.stage.{progress.stage}"
    stage = say(key, language) if key in catalogue() else progress.stage
    minutes, seconds = divmod(int(progress.elapsed_s), 60)
    parts = [stage, f"{minutes}:{seconds:02d}"]
    if progress.zones_served is not None and progress.zones is not None:
        parts.append(
            say(
                "cli.progress.zones",
                language,
                served=progress.zones_served,
                zones=progress.zones,
            )
        )
    for name in ("drones", "round"):
        value: Any = getattr(progress, name)
        if value:
            parts.append(say(f"cli.progress.{name}", language, value=value))
    return "  ".join(parts)


def _plain(stream: TextIO, language: Language) -> Callable[[Progress], None]:
    stage, spoken_s = "", 0.0

    def on_progress(progress: Progress) -> None:
        nonlocal stage, spoken_s
        if progress.stage != stage or progress.elapsed_s - spoken_s >= QUIET_S:
            stage, spoken_s = progress.stage, progress.elapsed_s
            print(progress_text(progress, language), file=stream, flush=True)

    return on_progress
