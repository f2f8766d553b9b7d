"""
Turn problems, pieces and routes into bytes and back.

Arrays as npz, all else as JSON; nothing is pickled, so that reading bytes runs no
code. The same value always gives the same bytes: their hash can stand for it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np
from shapely.geometry import Point

from planner.basics.power import Battery
from planner.engines.piece import Piece
from planner.given.drone import DroneModel
from planner.given.horizon import Horizon
from planner.given.objectives import Objective
from planner.problem import Column, Problem, Tables
from planner.scenario import Rules, Station
from planner.targets import Target, Way

_TIMES = ("travel", "out", "back", "task")
_FACTS = "facts"


def problem_to_bytes(problem: Problem) -> bytes:
    """Return all that an engine sees of a problem; no legs, no scenario."""
    nodes = zip(problem.node_target, problem.node_way, strict=True)
    ways = [problem.targets[t].ways[w] for t, w in nodes]
    names = sorted(problem.tables)
    facts = {
        "stations": [
            _plain(s) | {"point": [s.point.x, s.point.y]} for s in problem.stations
        ],
        "targets": [_plain(t) | {"ways": None} for t in problem.targets],
        "tables": {name: problem.tables[name].overhead for name in names},
        "models": [asdict(model) for model in problem.models],
        "rules": asdict(problem.rules),
        "horizon": asdict(problem.horizon),
        "busiest": problem.busiest,
        "priorities": dict(problem.priorities),
        "objective": asdict(problem.objective),
        "idleness_ratio": problem.idleness_ratio,
    }
    arrays: dict[str, Any] = {
        _FACTS: np.frombuffer(to_json(facts), dtype=np.uint8),
        "node_target": problem.node_target,
        "node_way": problem.node_way,
        "way_xy": np.vstack([way.xy for way in ways]),
        "way_wait_s": np.concatenate([way.wait_s for way in ways]),
        "way_size": np.array([len(way.xy) for way in ways]),
    }
    for k, name in enumerate(names):
        for part in _TIMES:
            # Half the bytes; no time is above `planner.problem.FAR`.
            ticks = getattr(problem.tables[name], part).astype(np.int32)
            arrays[f"{part}{k}"] = ticks
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def problem_from_bytes(data: bytes) -> Problem:
    """Return the problem that `problem_to_bytes` was given."""
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    facts = from_json(arrays[_FACTS].tobytes())
    ends = np.cumsum(arrays["way_size"])[:-1]
    paths = np.split(arrays["way_xy"], ends)
    waits = np.split(arrays["way_wait_s"], ends)
    ways: dict[int, list[Way]] = {}
    for t, xy, wait_s in zip(arrays["node_target"], paths, waits, strict=True):
        ways.setdefault(int(t), []).append(Way(xy=xy, wait_s=wait_s))
    return Problem(
        stations=tuple(
            Station(**(each | {"point": Point(each["point"])}))
            for each in facts["stations"]
        ),
        targets=tuple(
            Target(**(each | {"ways": tuple(ways[t])}))
            for t, each in enumerate(facts["targets"])
        ),
        node_target=arrays["node_target"],
        node_way=arrays["node_way"],
        tables={
            name: Tables(
                **{part: arrays[f"{part}{k}"].astype(np.int64) for part in _TIMES},
                overhead=overhead,
            )
            for k, (name, overhead) in enumerate(facts["tables"].items())
        },
        models=tuple(_model(each) for each in facts["models"]),
        rules=Rules(**facts["rules"]),
        horizon=Horizon(**facts["horizon"]),
        busiest=facts["busiest"],
        priorities=facts["priorities"],
        objective=Objective(**facts["objective"]),
        idleness_ratio=facts["idleness_ratio"],
    )


def piece_facts(piece: Piece) -> dict[str, Any]:
    """Return a piece as JSON takes it."""
    return _plain(piece) | {"start": column_facts(piece.start)}


def piece_of(facts: Mapping[str, Any]) -> Piece:
    """Return the piece that `piece_facts` was given."""
    return Piece(**{**facts, "start": tuple(columns_of(facts["start"]))})


def column_facts(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """Return routes as JSON takes them."""
    return [_plain(column) for column in columns]


def columns_of(facts: Sequence[Mapping[str, Any]]) -> list[Column]:
    """Return the routes that `column_facts` was given."""
    return [Column(**each) for each in facts]


def to_json(value: Any) -> bytes:
    """Return JSON bytes, the same for the same value."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def from_json(data: bytes) -> Any:
    """Return what JSON bytes hold; lists as tuples, as our nouns have them."""
    return _frozen(json.loads(data))


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_frozen(each) for each in value)
    if isinstance(value, dict):
        return {name: _frozen(each) for name, each in value.items()}
    return value


def _plain(noun: Any) -> dict[str, Any]:
    """Return the fields of a dataclass by name, as they are."""
    return {field.name: getattr(noun, field.name) for field in fields(noun)}


def _model(figures: dict[str, Any]) -> DroneModel:
    """Return a drone type, whose battery is a table of its own."""
    battery = figures["battery"]
    return DroneModel(
        **(figures | {"battery": None if battery is None else Battery(**battery)})
    )
