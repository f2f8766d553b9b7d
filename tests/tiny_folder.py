"""Write a small scenario folder that is sound, for tests to break."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from planner.errors import Finding
from planner.formats.example import EXAMPLE
from planner.formats.scenario_folder import inspect_scenario
from planner.messages import LANGUAGES, say

TOML = """\
timezone = "Asia/Shanghai"
horizon = ["06:00", "22:00"]
[layers]
stations = "stations.geojson"
zones = "zones.geojson"
airspace = "airspace.geojson"
[[drones]]
model = "M4TD"
"""


def example() -> dict[str, Any]:
    """Return the layers of the example, free to be changed."""
    return copy.deepcopy(EXAMPLE)


def write(folder: Path, layers: dict[str, Any] | None = None, toml: str = TOML) -> Path:
    """Write a scenario folder of GeoJSON layers and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (layers or example()).items():
        file = folder / f"{name}.geojson"
        file.write_text(json.dumps(content), encoding="utf-8")
    (folder / "scenario.toml").write_text(toml, encoding="utf-8")
    return folder


def inspected(folder: Path, horizon: str | None = None) -> tuple[Finding, ...]:
    """Return the findings about a folder; each can be said in every language."""
    scenario, findings = inspect_scenario(folder, horizon=horizon)
    assert (scenario is None) == any(finding.is_error for finding in findings)
    for finding in findings:
        for part in ("finding", "remedy"):
            for language in LANGUAGES:
                assert say(f"{part}.{finding.code}", language, **finding.values)
    return findings


def found(findings: tuple[Finding, ...], code: str) -> Finding:
    """Return the one finding of a code."""
    hits = [finding for finding in findings if finding.code == code]
    assert len(hits) == 1, [(f.code, f.file, f.feature) for f in findings]
    return hits[0]
