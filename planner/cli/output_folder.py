"""Keep an output folder to one run at a time and to its owner's eyes."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from planner.cli.terminal import Terminal
from planner.errors import OutputError
from planner.formats.files import remove_leftovers

LOCK = ".patrol.lock"
FILES = (
    "plan.geojson",
    "timetable.csv",
    "map.html",
    "report.html",
    "rejected.geojson",
    "run.json",
    "trace.json",
)
"""What a run may write."""


@contextmanager
def output_folder(terminal: Terminal, folder: Path) -> Iterator[Path]:
    """
    Make a folder and hold it; what is made inside is for its owner alone.

    The lock belongs to the process, so that one that was killed leaves none.

    Raises
    ------
    OutputError
        If another run holds it.
    OSError
        If it cannot be made or written.
    """
    umask = os.umask(0o077)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(
            folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
        )
        try:
            _hold(terminal, lock, folder)
            remove_leftovers(folder, FILES)
            yield folder
        finally:
            os.close(lock)
    finally:
        os.umask(umask)


def _hold(terminal: Terminal, lock: int, folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(lock, 32).decode("ascii", "replace").strip() or "?"
        raise OutputError(
            terminal.text("cli.locked", path=folder, pid=holder)
        ) from error
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode("ascii"))
