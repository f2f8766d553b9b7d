"""Write missions as the layer of fixed routes that a scenario names."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from planner.formats.missions.mission import Mission, Position
from planner.scenario import Station


def missions_to_layer(
    missions: Sequence[tuple[str, Mission]], homes: Sequence[Station | None]
) -> bytes:
    """
    Return missions and the files they are from as a layer of fixed routes in GeoJSON.

    Each goes from where it takes off to where it comes back. How often it is flown, no
    mission says: that is left open, for people to fill in.

    Parameters
    ----------
    homes
        The station of each, None where it is of none.
    """
    taken: Counter[str] = Counter()
    features = []
    for (file, mission), home in zip(missions, homes, strict=True):
        name = Path(file).stem if mission.name == file else mission.name
        taken[name] += 1
        feature = _feature(mission)
        feature["properties"] = {
            "id": name if taken[name] == 1 else f"{name} ({taken[name]})",
            "depot": home and home.id,
            "drone_model": home and home.model,
            "headway_min": None,
            **feature["properties"],
            "file": file,
        }
        features.append(json.dumps(feature, ensure_ascii=False, allow_nan=False))
    lines = ",\n".join(features)
    return f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'.encode()


def _feature(mission: Mission) -> dict[str, Any]:
    """Return the way of a mission with its stays."""
    places: list[Position] = [(w.lon, w.lat, w.height_m) for w in mission.waypoints]
    holds_s = [
        round(sum(a.value for a in w.actions if a.kind == "hold"), 3)
        for w in mission.waypoints
    ]
    if mission.home is not None and mission.takes_off:
        places.insert(0, (*mission.home, places[0][2]))
        holds_s.insert(0, 0.0)
    if mission.home is not None and mission.end == "return":
        places.append((*mission.home, places[-1][2]))
        holds_s.append(0.0)
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": places}
        if len(places) > 1
        else {"type": "Point", "coordinates": places[0]},
        "properties": {"holds_s": holds_s},
    }
