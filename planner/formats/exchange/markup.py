"""Keep texts of a scenario texts, in XML and in the balloons of a globe."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, not even escaped (its section 2.2)."""


def add(
    parent: Element, tag: str, text: str | None = None, /, **attributes: str
) -> Element:
    """Add an element with a text; characters that XML cannot hold become `�`."""
    child = SubElement(parent, tag, {k: xml_text(v) for k, v in attributes.items()})
    child.text = None if text is None else xml_text(text)
    return child


def xml_text(text: str) -> str:
    r"""
    Return a text that XML can hold; a writer escapes what it must.

    Examples
    --------
    >>> xml_text("a\x00b <c>")
    'a�b <c>'
    """
    return _NO_XML.sub("�", text)


def xml_document(root: Element) -> bytes:
    """Return the file of an element and all in it."""
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    text: str = ElementTree.tostring(root, encoding="unicode")
    return f"{head}{text}\n".encode()


def balloon(facts: Iterable[tuple[str, str]]) -> str:
    """
    Return HTML that shows heads with values, which stay text whatever they hold.

    A globe renders descriptions as HTML, and Google Earth puts values in the
    place of ``$[...]``.

    Examples
    --------
    >>> balloon([("id", "<b>$[name]")])
    '<table><tr><th>id</th><td>&lt;b&gt;&#36;[name]</td></tr></table>'
    """
    rows = "".join(f"<tr><th>{_html(k)}</th><td>{_html(v)}</td></tr>" for k, v in facts)
    return f"<table>{rows}</table>"


def _html(text: str) -> str:
    return html.escape(text).replace("$", "&#36;")
