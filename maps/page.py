"""Hold a finished page: one file that asks the network for nothing."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from planner.messages import Language


@dataclass(frozen=True, slots=True)
class Page:
    """A page as text, ready to be saved."""

    html: str

    def to_bytes(self) -> bytes:
        """Return the page as UTF-8."""
        return self.html.encode("utf-8")

    def save(self, path: str | Path) -> None:
        """
        Write the page in one step, readable by its owner alone (mode 0600).

        Raises
        ------
        OutputError
            If it cannot be written; an older file then stays as it was.
        """
        from planner.formats.files import write_atomically

        write_atomically(Path(path), self.to_bytes())


class MapPage(Page):
    """The map of a scenario or a plan."""

    __slots__ = ()


class ReportPage(Page):
    """The report of a plan, for the screen and for A4 paper."""

    __slots__ = ()


def asset(name: str) -> str:
    """Return the text of a file in ``maps/assets``."""
    return (resources.files("maps") / "assets" / name).read_text(encoding="utf-8")


def escape(value: object) -> str:
    """Return a value as text that is inert in HTML, in and out of attributes."""
    return html.escape(str(value), quote=True)


def island(data: Any) -> str:
    r"""
    Return data as JSON that no HTML parser can leave: ``<`` is ``\u003c``.

    Examples
    --------
    >>> island({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    for mark in "<>&":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def document(
    title: str,
    language: Language,
    body: Sequence[str],
    *,
    styles: Sequence[str],
    scripts: Sequence[str] = (),
) -> str:
    """Return a whole page: its head, its body, and the scripts that run on it."""
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{language}">',
            "<head>",
            '<meta charset="utf-8">',
            _security_policy(scripts, styles),
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            '<link rel="icon" href="data:,">',
            f"<title>{escape(title)}</title>",
            *[f"<style>{style}</style>" for style in styles],
            "</head>",
            "<body>",
            *body,
            *[f"<script>{text}</script>" for text in scripts],
            "</body>",
            "</html>",
        ]
    )


def _security_policy(scripts: Sequence[str], styles: Sequence[str]) -> str:
    """
    Return the page's Content-Security-Policy as a meta element.

    Nothing may be loaded, and only these very scripts and styles may run.
    """

    def hashes(texts: Sequence[str]) -> str:
        digests = (hashlib.sha256(text.encode("utf-8")).digest() for text in texts)
        marks = [f"'sha256-{base64.b64encode(d).decode('ascii')}'" for d in digests]
        return " ".join(marks) or "'none'"

    policy = (
        f"default-src 'none'; script-src {hashes(scripts)}; "
        f"style-src {hashes(styles)}; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
    return f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
