"""What is compiled is compiled again when anything that it calls has changed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from planner.compiled import sources

PACKAGE = Path(__file__).resolve().parents[1] / "planner"

TELL = """
from planner.dice import chance
print(chance._cache._cache_file._source_stamp)
"""


def stamp(folder: Path) -> str:
    """Return by what the cache of a copy of the planner tells sources apart."""
    run = subprocess.run(
        [sys.executable, "-c", TELL],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout


def test_a_change_of_a_callee_counts_for_its_callers(tmp_path: Path) -> None:
    """The stamp of a compiled function is that of all files with any."""
    names = {file.stem for file in sources()}
    assert {"dice", "beats_insert", "beats_kernel", "ruin_insert"} <= names
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PACKAGE, tmp_path / "planner", ignore=ignored)
    before = stamp(tmp_path)
    assert stamp(tmp_path) == before
    changed = tmp_path / "planner" / "engines" / "beats_insert.py"
    changed.write_text(changed.read_text(encoding="utf-8") + "\n# more\n")
    assert stamp(tmp_path) != before
