"""Show how a search goes: live on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, TextIO

from planner.messages import Language, catalogue, say

if TYPE_CHECKING:
    from rich.console import Group

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
        A terminal gets two lines that are kept up to date; anything else gets a
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

    console = Console(file=stream, no_color=not color or None)
    screen = _Screen(language)
    with Live(screen, console=console, refresh_per_second=8, transient=True):
        yield screen.show


def progress_text(progress: Progress, language: Language) -> str:
    """
    Return one line of what is known: the stage and its times, then the routes.

    Examples
    --------
    >>> from planner.budget import Progress
    >>> progress_text(Progress(stage="routing", elapsed_s=61, zones=9), "en")
    'searching for routes  1:01'
    """
    return "  ".join([*_times(progress, language), *_figures(progress, language)])


def _times(progress: Progress, language: Language) -> list[str]:
    """Return the stage, how long it has been, and how long it may be."""
    key = f"cli.stage.{progress.stage}"
    stage = say(key, language) if key in catalogue() else progress.stage
    parts = [stage, _clock(progress.elapsed_s)]
    if progress.left_s is not None:
        parts.append(say("cli.progress.left", language, time=_clock(progress.left_s)))
    return parts


def _figures(progress: Progress, language: Language) -> list[str]:
    """Return how far the search is: rounds, zones, drones, bound."""
    parts = []
    if progress.round:
        parts.append(say("cli.progress.round", language, value=_of_rounds(progress)))
    if progress.zones_served is not None and progress.zones is not None:
        zones = {"served": progress.zones_served, "zones": progress.zones}
        parts.append(say("cli.progress.zones", language, **zones))
        left_out = progress.zones - progress.zones_served
        if left_out:
            parts.append(say("cli.progress.left_out", language, value=left_out))
    for name in ("drones", "bound"):
        value = getattr(progress, name)
        if value is not None:
            parts.append(say(f"cli.progress.{name}", language, value=value))
    if progress.gap is not None:
        value = f"{100 * progress.gap:.1f} %"
        parts.append(say("cli.progress.gap", language, value=value))
    return parts


def _of_rounds(progress: Progress) -> str:
    rounds = "" if progress.rounds is None else f"/{progress.rounds}"
    return f"{progress.round}{rounds}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"


class _Screen:
    """Two lines of a terminal, drawn again and again; the times go on between."""

    def __init__(self, language: Language) -> None:
        from rich.spinner import Spinner

        self._language = language
        self._spinner = Spinner("dots")
        self._told: tuple[Progress, float] | None = None

    def show(self, progress: Progress) -> None:
        """Keep what was told last, and when."""
        self._told = progress, monotonic()

    def __rich__(self) -> Group:
        """Return what is known now."""
        from rich.console import Group
        from rich.text import Text

        if self._told is None:
            return Group(self._spinner)
        told, then_s = self._told
        since_s = monotonic() - then_s
        left_s = None if told.left_s is None else max(0.0, told.left_s - since_s)
        now = replace(told, elapsed_s=told.elapsed_s + since_s, left_s=left_s)
        self._spinner.update(text="  ".join(_times(now, self._language)))
        return Group(self._spinner, Text("  ".join(_figures(now, self._language))))


def _plain(stream: TextIO, language: Language) -> Callable[[Progress], None]:
    stage, spoken_s = "", 0.0

    def on_progress(progress: Progress) -> None:
        nonlocal stage, spoken_s
        if progress.stage != stage or progress.elapsed_s - spoken_s >= QUIET_S:
            stage, spoken_s = progress.stage, progress.elapsed_s
            print(progress_text(progress, language), file=stream, flush=True)

    return on_progress
