"""Write HTML and SVG in which text stays text."""

from __future__ import annotations

from typing import Any

from maps.page import escape
from planner.messages import LANGUAGES, say


class Markup(str):
    """Text that is HTML already; every other text is escaped on its way in."""

    __slots__ = ()


def join(*children: object) -> Markup:
    """Return children one after the other, text among them escaped."""
    return Markup("".join(c if isinstance(c, Markup) else escape(c) for c in children))


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """
    Return an element.

    A trailing underscore in an attribute's name is dropped, others become
    hyphens; an attribute that is None is left out.

    Examples
    --------
    >>> tag("td", "<b>", class_="n")
    '<td class="n">&lt;b&gt;</td>'
    """
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{said}>{join(*children)}</{name}>")


def both(key: str, **values: Any) -> Markup:
    """Return a text of the catalogue in both languages; the page shows one."""
    return in_both({language: say(key, language, **values) for language in LANGUAGES})


def in_both(texts: dict[Any, str], name: str = "span", **attributes: Any) -> Markup:
    """Return elements that hold the same in each language; the page shows one."""
    return join(
        *(tag(name, text, lang=code, **attributes) for code, text in texts.items())
    )


def table(heads: list[object], rows: list[list[object]], **attributes: Any) -> Markup:
    """Return a table; the first cell of each row is its heading."""
    head = tag("tr", *(tag("th", cell, scope="col") for cell in heads))
    body = [
        tag("tr", tag("th", row[0], scope="row"), *(tag("td", c) for c in row[1:]))
        for row in rows
    ]
    return tag(
        "div",
        tag("table", tag("thead", head), tag("tbody", *body), **attributes),
        class_="wide",
    )
