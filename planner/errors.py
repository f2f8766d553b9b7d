"""
Say what went wrong, in one tree of exceptions and one record of a finding.

::

    PatrolError             anything this library raises on purpose
    ├── InputError          a file or folder cannot be used (exit code 3)
    ├── InfeasibleError     no plan exists, or not the one asked for (4)
    ├── BrokenPlanError     a plan breaks a rule (5)
    │   └── MissionError    an autopilot would refuse a mission of it (5)
    ├── OutputError         a result cannot be written (6)
    ├── MissingPartError    an optional part is not installed (7)
    └── StoppedError        stopped before there was a plan (130)
        └── LateError       by the clock: the seconds asked for were too few
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

EXIT_OK = 0
EXIT_USAGE = 2
EXIT_INPUT = 3
EXIT_INFEASIBLE = 4
EXIT_BROKEN = 5
EXIT_OUTPUT = 6
EXIT_MISSING = 7
EXIT_STOPPED = 20
EXIT_BUG = 70
EXIT_NO_PLAN = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    A fault in a scenario: what is wrong, where, and what to do.

    Parameters
    ----------
    code
        Stable code, ``E-...`` for an error and ``W-...`` for a warning. It is
        also the key of the message and of the remedy in the catalogue
        (``planner/messages/findings.toml``).
    file
        Name of the file inside the scenario folder.
    feature
        Id or row of the feature, or path of the key in the TOML; empty for
        the file as a whole.
    values
        What the message's placeholders stand for.
    """

    code: str
    file: str
    feature: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_error(self) -> bool:
        """Whether planning must not go on."""
        return self.code.startswith("E-")


class PatrolError(Exception):
    """Anything this library raises on purpose."""

    exit_code = EXIT_BUG


class InputError(PatrolError):
    """
    A file or folder cannot be used.

    Parameters
    ----------
    findings
        Every fault that was found, not only the first.
    """

    exit_code = EXIT_INPUT

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(_named(self.findings))


class InfeasibleError(PatrolError):
    """No plan exists, or not the one asked for."""

    exit_code = EXIT_INFEASIBLE


class BrokenPlanError(PatrolError):
    """A plan breaks a rule; it is never written as a plan."""

    exit_code = EXIT_BROKEN


class MissionError(BrokenPlanError):
    """
    An autopilot would refuse a mission made of a plan; it is not written.

    Parameters
    ----------
    findings
        Every fault that was found, not only the first.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(_named(self.findings))


class OutputError(PatrolError):
    """A result cannot be written: disk, lock or permission."""

    exit_code = EXIT_OUTPUT


class MissingPartError(PatrolError):
    """An optional part is not installed."""

    exit_code = EXIT_MISSING


class StoppedError(PatrolError):
    """Whoever asked to stop did so before there was a plan."""

    exit_code = EXIT_NO_PLAN


class LateError(StoppedError):
    """
    The time that a plan was given is over, and there is none that is checked.

    Parameters
    ----------
    needed_s
        What a run takes at least, where that is known by then [s].
    """

    def __init__(self, needed_s: float | None = None) -> None:
        self.needed_s = needed_s
        super().__init__()


def _named(findings: Sequence[Finding]) -> str:
    """Return where each fault is, for whoever prints the exception alone."""
    return "; ".join(f"{f.code} {f.file}#{f.feature}" for f in findings)
