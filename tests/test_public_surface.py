"""The public names are there, are documented, and cost nothing until used."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import planner

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {
    "numpy",
    "shapely",
    "pyproj",
    "pandas",
    "geopandas",
    "folium",
    "ortools",
    "rich",
}


def loaded_by(code: str) -> set[str]:
    """Return the top-level modules that a fresh Python has after running code."""
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return {name.partition(".")[0] for name in run.stdout.split()}


@pytest.mark.parametrize("name", planner.__all__)
def test_every_public_name_exists_and_is_documented(name: str) -> None:
    """Every name of `planner.__all__` can be used and says what it is."""
    assert (getattr(planner, name).__doc__ or "").strip()


def test_the_public_names_are_few_and_sorted() -> None:
    """One page is enough for the whole surface."""
    assert len(planner.__all__) <= 25
    assert planner.__all__ == sorted(planner.__all__)
    assert set(planner.__all__) <= set(dir(planner))


def test_type_checkers_see_what_is_loaded_at_run_time() -> None:
    """The imports for type checkers and the table for run time agree."""
    tree = ast.parse((ROOT / "planner" / "__init__.py").read_text(encoding="utf-8"))
    seen = {
        alias.asname: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }
    assert seen == planner._HOME


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A misspelt name fails as it does in any module."""
    with pytest.raises(AttributeError, match="read_scenarios"):
        planner.read_scenarios  # noqa: B018


def test_importing_the_package_loads_nothing_heavy() -> None:
    """A program that imports the package waits only for what it uses."""
    assert not loaded_by("import planner") & HEAVY


def test_help_loads_nothing_heavy() -> None:
    """Help needs no library but click, so it is there at once."""
    assert not loaded_by("import planner.cli; planner.cli.main(['--help'])") & HEAVY


def test_the_version_is_that_of_the_distribution() -> None:
    """The version is told in one voice."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        assert planner.__version__ == tomllib.load(file)["project"]["version"]
