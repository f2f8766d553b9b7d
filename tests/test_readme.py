"""The README can be followed as it is written, in both languages."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from planner.cli import VERBS, main
from planner.errors import EXIT_OK

ROOT = Path(__file__).resolve().parents[1]
READMES = ("README.md", "README.zh.md")


def text(name: str) -> str:
    """Return a README."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    """Return the code blocks of a language; the shell's have none."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text(name), re.DOTALL | re.MULTILINE)
    return [body for marked, body in found if marked == language]


def patrol_commands(name: str) -> Iterator[list[str]]:
    """Yield the words of every ``patrol VERB`` in the shell's blocks."""
    for block in blocks(name, ""):
        for line in block.splitlines():
            if re.match(rf"patrol ({'|'.join(VERBS)}) ", line):
                yield shlex.split(line)[1:]


@pytest.mark.parametrize("name", READMES)
def test_the_walk_through_runs_as_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newcomer who types what stands there gets a plan, a map and a reason."""
    monkeypatch.chdir(tmp_path)
    (layer,), (table,) = blocks(name, "json"), blocks(name, "csv")
    Path("zones.geojson").write_text(layer, encoding="utf-8")
    Path("stations.csv").write_text(table, encoding="utf-8")
    commands = list(patrol_commands(name))
    assert [words[0] for words in commands][:4] == [
        "new",
        "validate",
        "plan",
        "explain",
    ]
    for words in commands:
        if "--seconds" in words:  # a test has no clock
            at = words.index("--seconds")
            words[at : at + 2] = ["--iterations", "1"]
        assert main(words) == EXIT_OK, words
    assert Path("out-my-city/map.html").is_file()


def test_both_languages_give_the_same_commands() -> None:
    """Who reads Chinese types what who reads English types."""
    english, chinese = READMES
    for language in ("", "python"):
        assert blocks(english, language) == blocks(chinese, language)


def test_the_library_snippet_names_what_there_is() -> None:
    """Every name in the snippet can be imported."""
    (snippet,) = blocks(READMES[0], "python")
    modules = {"planner", "maps", "seeds"}
    for module, attribute in re.findall(r"\b(\w+)\.(\w+)\(", snippet):
        if module in modules:
            assert hasattr(__import__(module), attribute)


@pytest.mark.parametrize("name", READMES)
def test_every_file_that_is_named_exists(name: str) -> None:
    """No link and no path leads nowhere."""
    linked = re.findall(r"\]\(([^)#:]+)\)", text(name))
    paths = re.findall(r"`((?:planner|maps|seeds|tests|docs)/[\w/.-]*)`", text(name))
    named = {path for path in [*linked, *paths] if "NAME" not in path}
    assert {path for path in named if not (ROOT / path).exists()} == set()


@pytest.mark.parametrize("name", READMES)
def test_the_picture_shows_modules_that_there_are(name: str) -> None:
    """The architecture is that of the tree."""
    (picture,) = (block for block in blocks(name, "") if "SCENARIO " in block)
    modules = re.findall(r"\b(\w+(?:/\w+)?\.py)\b", picture)
    folders = re.findall(r"\b(\w+)/(?!\w)", picture)
    found = [
        (ROOT / "planner" / m).exists() or (ROOT / "planner/formats" / m).exists()
        for m in modules
    ]
    assert all(found), modules
    for folder in folders:
        assert (ROOT / "planner" / folder).is_dir() or (ROOT / folder).is_dir()
