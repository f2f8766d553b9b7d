"""Write routing problems and chains as bytes that hold numbers and nothing else."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from planner.routing.model import STOP_ARRAYS, Chain, Routing, Vehicles


def to_bytes(routing: Routing) -> bytes:
    """Return a problem as bytes, the same bytes for the same problem."""
    numbers: dict[int, int] = {}
    arrays: dict[str, NDArray[np.generic]] = {}
    profiles = []
    for matrices in zip(routing.distance, routing.time, strict=True):
        for matrix in matrices:
            if id(matrix) not in numbers:
                numbers[id(matrix)] = len(numbers)
                arrays[f"matrix{numbers[id(matrix)]}"] = matrix
        profiles.append([numbers[id(matrix)] for matrix in matrices])
    for name in (*STOP_ARRAYS, "points", "most_cost"):
        arrays[name] = getattr(routing, name)
    head = {
        "depots": routing.depots,
        "profiles": profiles,
        "vehicles": [asdict(kind) for kind in routing.vehicles],
    }
    text = json.dumps(head, sort_keys=True).encode()
    arrays["head"] = np.frombuffer(text, dtype=np.uint8)
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def from_bytes(data: bytes) -> Routing:
    """
    Return the problem that `to_bytes` wrote.

    Raises
    ------
    ValueError
        If the bytes hold anything but arrays of numbers, or do not fit together.
    """
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        head = json.loads(file["head"].tobytes())
        matrices = [
            file[f"matrix{k}"] for k in range(1 + max(map(max, head["profiles"])))
        ]
        return Routing(
            vehicles=tuple(Vehicles(**kind) for kind in head["vehicles"]),
            depots=head["depots"],
            distance=tuple(matrices[d] for d, _ in head["profiles"]),
            time=tuple(matrices[t] for _, t in head["profiles"]),
            points=file["points"],
            most_cost=file["most_cost"],
            **{name: file[name] for name in STOP_ARRAYS},
        )


def chains_to_bytes(chains: Iterable[Chain]) -> bytes:
    """Return chains as bytes, the same bytes for the same chains."""
    return json.dumps([[c.kind, list(c.stops)] for c in chains]).encode()


def chains_from_bytes(data: bytes) -> list[Chain]:
    """Return the chains that `chains_to_bytes` wrote."""
    return [Chain(kind, tuple(stops)) for kind, stops in json.loads(data)]
