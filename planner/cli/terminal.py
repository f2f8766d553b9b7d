"""Speak to the person at the terminal, and to the program behind it."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planner.errors import Finding
from planner.messages import Language, say

if TYPE_CHECKING:
    from rich.console import Console

_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
"""Unicode categories that move the cursor, reverse text or show nothing."""


def inert(text: str) -> str:
    r"""
    Return text with every character that could act on a terminal spelled out.

    Examples
    --------
    >>> inert("gate\x1b[2J")
    'gate\\u001b[2J'
    """
    return "".join(
        f"\\u{ord(c):04x}" if unicodedata.category(c) in _UNSEEN else c for c in text
    )


def language_of(environ: Mapping[str, str]) -> Language:
    """
    Return the language that the environment asks for, English if unclear.

    Examples
    --------
    >>> language_of({"LANG": "zh_CN.UTF-8"})
    'zh'
    """
    locale = environ.get("LC_ALL") or environ.get("LANG") or ""
    return "zh" if locale.lower().startswith("zh") else "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """
    How to speak: language, colour, and which stream carries what.

    Parameters
    ----------
    as_json
        One object goes to standard output and all text to standard error.
    quiet
        No text but warnings and errors.
    color
        Whether colour is allowed; it is used on a terminal only.
    debug
        Show tracebacks.
    """

    language: Language = "en"
    as_json: bool = False
    quiet: bool = False
    color: bool = True
    debug: bool = False

    def text(self, key: str, /, **values: Any) -> str:
        """Return the text of a catalogue key, safe to print."""
        return inert(say(key, self.language, **values))

    def line(self, key: str, /, **values: Any) -> None:
        """Print a line of the results."""
        if not self.quiet:
            self._results().print(self.text(key, **values), soft_wrap=True)

    def remark(self, text: str) -> None:
        """Print a line that another part has put into words."""
        if not self.quiet:
            self._results().print(inert(text), soft_wrap=True)

    def warn(self, key: str, /, **values: Any) -> None:
        """Print a line on standard error, also when quiet."""
        self._console(sys.stderr).print(self.text(key, **values), soft_wrap=True)

    def fail(self, message: str) -> None:
        """Print an error on standard error."""
        from rich.text import Text

        head = Text(f"{say('cli.error', self.language)}: ", style="bold red")
        self._console(sys.stderr).print(head + inert(message), soft_wrap=True)

    def findings(self, findings: Iterable[Finding]) -> None:
        """Print every finding with its remedy on standard error."""
        from rich.text import Text

        console = self._console(sys.stderr)
        for finding in findings:
            level = "error" if finding.is_error else "warning"
            head = Text(
                f"{say(f'cli.{level}', self.language)}[{finding.code}]",
                style="bold red" if finding.is_error else "bold yellow",
            )
            message, remedy = finding_texts(finding, self.language)
            console.print(
                head + inert(f" {place_of(finding)}: {message}"), soft_wrap=True
            )
            if remedy:
                help_ = Text(f"  {say('cli.help', self.language)}: ", style="bold")
                console.print(help_ + inert(remedy), soft_wrap=True)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Print a table; the columns are catalogue keys, the cells plain text."""
        if self.quiet:
            return
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for key in columns:
            table.add_column(self.text(key), overflow="fold")
        for row in rows:
            table.add_row(*(Text(inert(cell)) for cell in row))
        self._results().print(table)

    def json(self, value: Mapping[str, Any]) -> None:
        """Print one JSON object on standard output, if JSON was asked for."""
        if self.as_json:
            print(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))

    def _results(self) -> Console:
        return self._console(sys.stderr if self.as_json else sys.stdout)

    def _console(self, stream: Any) -> Console:
        from rich.console import Console

        return Console(
            file=stream,
            markup=False,
            highlight=False,
            emoji=False,
            no_color=not self.color or None,
            width=None if stream.isatty() else 160,
        )


def place_of(finding: Finding) -> str:
    """Return ``file#feature``, or the file alone."""
    return f"{finding.file}#{finding.feature}" if finding.feature else finding.file


def finding_texts(finding: Finding, language: Language) -> tuple[str, str]:
    """Return the message and the remedy of a finding; the remedy may be empty."""
    message = say(f"finding.{finding.code}", language, **finding.values)
    try:
        return message, say(f"remedy.{finding.code}", language, **finding.values)
    except KeyError:
        return message, ""


def finding_json(finding: Finding, language: Language) -> dict[str, Any]:
    """Return a finding as plain values."""
    message, remedy = finding_texts(finding, language)
    return {
        "code": finding.code,
        "file": finding.file,
        "feature": finding.feature,
        "message": message,
        "remedy": remedy,
    }


def wants_color(no_color: bool) -> bool:
    """Whether colour is allowed by the option and the NO_COLOR convention."""
    return not no_color and not os.environ.get("NO_COLOR")
