"""The catalogue says everything in both languages."""

from __future__ import annotations

import ast
import re
import string
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from planner.messages import LANGUAGES, catalogue

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [
    *sorted((ROOT / "planner").rglob("*.py")),
    *sorted((ROOT / "maps").glob("*.py")),
]
FILES = sorted((ROOT / "planner" / "messages").glob("*.toml"))
SPEAKERS = {"say", "text", "line", "warn"}


def placeholders(text: str) -> Counter[str]:
    """Return the names that a text wants filled."""
    return Counter(name for _, name, _, _ in string.Formatter().parse(text) if name)


def spoken_keys() -> Iterator[str]:
    """Yield every key that stands as plain text in a call that speaks."""
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and node.args):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            key = node.args[0]
            value = key.value if isinstance(key, ast.Constant) else None
            spoken = name in SPEAKERS and isinstance(value, str)
            if spoken and re.fullmatch(r"\w+\.\S+", value):
                yield value


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_every_entry_has_both_languages_with_the_same_placeholders(key: str) -> None:
    """A person reads the same facts in Chinese and in English."""
    entry = catalogue()[key]
    assert sorted(entry) == sorted(LANGUAGES)
    assert all(text.strip() for text in entry.values())
    assert set(placeholders(entry["en"])) == set(placeholders(entry["zh"]))


def test_no_key_stands_in_two_files() -> None:
    """No file of the catalogue silently overrides another."""
    keys = Counter(
        key for file in FILES for key in tomllib.loads(file.read_text(encoding="utf-8"))
    )
    assert [key for key, count in keys.items() if count > 1] == []


def test_every_key_that_the_code_speaks_is_in_the_catalogue() -> None:
    """No message fails for want of an entry."""
    assert sorted(set(spoken_keys()) - set(catalogue())) == []


def test_every_finding_has_a_message_and_a_remedy() -> None:
    """Whatever is found wrong, the user is told what and what to do."""
    codes = {
        code
        for source in SOURCES
        for code in re.findall(
            r'"([EW]-[A-Z0-9-]+)"', source.read_text(encoding="utf-8")
        )
    }
    wanted = {f"{part}.{code}" for code in codes for part in ("finding", "remedy")}
    assert sorted(wanted - set(catalogue())) == []


DISPLACED = {
    "已巡查": "已覆盖",
    "未巡查": "未覆盖",
    "巡查区": "巡区",
    "区域": "巡区",
    "整备": "周转",
    "机位": "停机坪",
    "起降坪": "停机坪",
    "班距": "班次间隔",
    "着陆": "落地",
}
"""Chinese words that are not used, and the one that is used instead."""


@pytest.mark.parametrize("word", DISPLACED)
def test_one_thing_has_one_name_in_chinese(word: str) -> None:
    """Command line, map and report call the same thing by the same word."""
    users = [key for key, entry in catalogue().items() if word in entry["zh"]]
    assert users == [], f"write {DISPLACED[word]}"
