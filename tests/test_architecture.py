"""Imports point one way, so that a part can be read without what stands on it."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

PARTS = {
    "ground": "clock errors geometry messages overflight palette physics power "
    "skyline spells sun terrain",
    "nouns": "aloft budget bureaux crews draft drone horizon objectives plan routing "
    "routing_bytes scatter scenario stamina trace wind winds",
    "files": "benchmarks formats validation validation_ground validation_station "
    "validation_terrain",
    "judges": "airways arrivals bounds checks colours corners covering dispatch "
    "energies flown footprints meetings metrics moves partings places response "
    "segments simulation standby visits",
    "middle": "clashing colouring column compiled crewing decks detours dice drafting "
    "elsewhere engines exchange exchange_packing flight freespace layers leeway links "
    "network obstacles overground packing phases pieces placing prices problem reach "
    "reasons rhythm roster roundabout runners search separation shrinking sightlines "
    "sights spreading stationclock tails targets tightening timetable trade",
    "verbs": "bench bench_patrols cadence compiling drawn explain finishing lookouts "
    "margins pacing pipeline quickening robustness survey today",
    "maps": "maps",
    "command": "__main__ cli progress",
}
"""Every module of the planner, by the part it belongs to."""

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
    "ortools": "middle",
    "highspy": "judges middle",
    "numba": "judges middle",
    "pyvrp": "middle",
    "vroom": "middle",
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
    """Return the dotted names that a module imports, inside functions too."""
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
    return found - {name}


MODULES = modules()
IMPORTS = {name: imports(name, file) for name, file in MODULES.items()}
PART_OF = {module: part for part, names in PARTS.items() for module in names.split()}


def part_of(name: str) -> str | None:
    """Return the part that a module belongs to; None for a library."""
    if name.partition(".")[0] == "maps":
        return "maps"
    return PART_OF.get(name.split(".")[1]) if name.startswith("planner.") else None


@pytest.mark.parametrize("name", sorted(set(MODULES) - {"planner"}))
def test_a_module_imports_only_what_its_part_may_see(name: str) -> None:
    """No module reaches up, and the checker knows nothing of the solver."""
    part = part_of(name)
    assert part, f"say in PARTS where {name} belongs"
    seen = {other: part_of(other) for other in IMPORTS[name]}
    assert {o for o, p in seen.items() if p and p not in SEES[part].split()} == set()


@pytest.mark.parametrize("library", sorted(LIBRARIES))
def test_a_library_is_imported_by_its_parts_alone(library: str) -> None:
    """An engine or a map library can be replaced in one place."""
    users = {
        part_of(name)
        for name, found in IMPORTS.items()
        if library in {other.partition(".")[0] for other in found}
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
