"""Imports point one way, so that a part can be read without what stands on it."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

PARTS = {
    "ground": ["basics errors messages"],
    "nouns": ["budget given plan routing", "draft scenario trace", "implied"],
    "files": [
        "validation",
        "formats",
        "benchmarks formats.exchange formats.missions",
        "exports",
    ],
    "judges": ["flown", "metrics", "bounds response", "checks", "simulation"],
    "middle": [
        "compiled",
        "airspace crossing dice",
        "targets",
        "network",
        "problem",
        "timetable",
        "elsewhere engines",
        "runners",
        "search",
    ],
    "verbs": ["bench drawn kept", "planning", "insight"],
    "maps": ["maps"],
    "command": ["cli", "__main__"],
}
"""
Every folder, and every module that lies in none, by the part that it belongs to.

The order is one in which they can be read: what stands in a row imports only from rows
before it, and nothing beside it.
"""

SEES = {
    "ground": "ground",
    "nouns": "ground nouns",
    "files": "ground nouns files",
    "judges": "ground nouns judges",
    "middle": "ground nouns middle",
    "verbs": "ground nouns files judges middle verbs",
    "maps": "ground nouns files judges maps",
    "command": "ground nouns files judges verbs maps command",
}
"""What a part may import. The judges never see how a plan was made."""

LIBRARIES = {
    "distributed": "middle",
    "ortools": "middle verbs",
    "highspy": "judges middle verbs",
    "numba": "judges middle",
    "pyvrp": "middle",
    "vroom": "verbs",
    "openpyxl": "files",
    "xlsxwriter": "files",
    "pyarrow": "files",
    "rasterio": "files",
    "folium": "maps",
    "branca": "maps",
    "click": "command",
    "rich": "command",
}
"""Libraries, and the parts that may import them."""


def modules() -> dict[str, Path]:
    """Return every module of the library by its dotted name."""
    files = [*(ROOT / "planner").rglob("*.py"), *(ROOT / "maps").rglob("*.py")]
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(
            ".__init__"
        ): file
        for file in sorted(files)
    }


def imports(name: str, file: Path) -> set[str]:
    """
    Return the dotted names that a module imports, inside functions too.

    A module named in a table, to be loaded when it is asked for, counts as well.
    """
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: write imports in full"
            module = node.module or ""
            for alias in node.names:
                full = f"{module}.{alias.name}"
                found.add(full if full in MODULES else module)
        elif isinstance(node, ast.Constant) and str(node.value).startswith("planner."):
            found |= {str(node.value)} & set(MODULES)
    return found - {name}


MODULES = modules()
IMPORTS = {name: imports(name, file) for name, file in MODULES.items()}
ROWS = [(part, row.split()) for part, rows in PARTS.items() for row in rows]
PART_OF = {folder: part for part, row in ROWS for folder in row}
ROW_OF = {folder: k for k, (_, row) in enumerate(ROWS) for folder in row}


def folder_of(name: str) -> str:
    """Return the folder that a module lies in; its own name where it lies in none."""
    file = MODULES[name]
    inside = ".".join(file.parent.relative_to(ROOT).parts)
    return file.stem if inside == "planner" else inside.removeprefix("planner.")


FOLDERS = {name: folder_of(name) for name in MODULES if name != "planner"}
CROSSING = {
    (name, other)
    for name, folder in FOLDERS.items()
    for other in IMPORTS[name] & set(FOLDERS)
    if FOLDERS[other] != folder
}
"""Imports from one folder into another."""


def test_every_folder_has_a_row() -> None:
    """What is added to the library is given its place, and what is gone leaves it."""
    assert sorted(f for _, row in ROWS for f in row) == sorted(set(FOLDERS.values()))


@pytest.mark.parametrize("folder", ROW_OF)
def test_folders_import_one_way(folder: str) -> None:
    """No folder imports from its own row or a later one: none sees one that sees it."""
    assert {
        (name, other)
        for name, other in CROSSING
        if FOLDERS[name] == folder and ROW_OF[FOLDERS[other]] >= ROW_OF[folder]
    } == set()


@pytest.mark.parametrize("part", PARTS)
def test_a_part_imports_only_what_it_may_see(part: str) -> None:
    """No part reaches up, and the checker knows nothing of the solver."""
    assert {
        (name, other)
        for name, other in CROSSING
        if PART_OF[FOLDERS[name]] == part
        and PART_OF[FOLDERS[other]] not in SEES[part].split()
    } == set()


@pytest.mark.parametrize("library", sorted(LIBRARIES))
def test_a_library_is_imported_by_its_parts_alone(library: str) -> None:
    """An engine or a map library can be replaced in one place."""
    users = {
        PART_OF[folder]
        for name, folder in FOLDERS.items()
        if library in {other.partition(".")[0] for other in IMPORTS[name]}
    }
    assert users <= set(LIBRARIES[library].split())


def test_no_module_imports_itself_by_a_detour() -> None:
    """There is an order in which the modules can be read."""
    graph = {name: found & set(MODULES) for name, found in IMPORTS.items()}
    del graph["planner"]  # loads every public name lazily
    try:
        TopologicalSorter(
            {name: found - {"planner"} for name, found in graph.items()}
        ).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
