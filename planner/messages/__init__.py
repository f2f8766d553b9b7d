"""
Say a thing in Chinese or English.

One catalogue, split by topic into TOML files beside this one. Each entry is a
table named by its key with the texts ``en`` and ``zh``; placeholders are those
of `str.format` and the same in both languages (a test holds it).
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, Literal

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return every entry: key to language to text."""
    entries: dict[str, dict[str, str]] = {}
    for file in sorted(
        resources.files(__package__).iterdir(), key=lambda item: item.name
    ):
        if file.name.endswith(".toml"):
            entries.update(tomllib.loads(file.read_text(encoding="utf-8")))
    return entries


def say(key: str, language: Language = "en", **values: Any) -> str:
    """
    Return the text of a key with its placeholders filled.

    Raises
    ------
    KeyError
        If the catalogue has no such key, or the text asks for a value that is
        not given.
    """
    return catalogue()[key][language].format(**values)
