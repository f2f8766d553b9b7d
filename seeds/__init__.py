"""Find the scenarios that ship with the planner."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def names() -> tuple[str, ...]:
    """Return the names of the scenarios that ship, sorted."""
    return tuple(sorted(file.parent.name for file in _HERE.glob("*/scenario.toml")))


def path(name: str) -> Path:
    """
    Return the folder of a scenario that ships.

    Raises
    ------
    KeyError
        If there is no such scenario; the message lists those there are.
    """
    if name not in names():
        raise KeyError(f"{name!r} does not ship; there is {', '.join(names())}.")
    return _HERE / name
