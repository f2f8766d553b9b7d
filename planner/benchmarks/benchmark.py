"""Hold a public routing problem, and what the best answer known to it costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from planner.basics.geometry import FloatArray
from planner.errors import Finding, InputError
from planner.formats.files import decoded, read_bytes
from planner.formats.table import Fault
from planner.routing.model import FOREVER, Chain, Routing, Whole, judge

SCALE = 1000
"""Figures of a file become whole numbers times this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """
    A public routing problem.

    Parameters
    ----------
    best_known
        Cost of the best answer known, in units of `cost`; None if there is none.
    in_doubles
        Whether answers are compared by the length of their legs in double
        precision, as the literature does, instead of in whole numbers.
    """

    name: str
    routing: Routing
    best_known: float | None
    in_doubles: bool

    def cost(self, chains: Iterable[Chain]) -> float:
        """Return what chains cost, as the best known cost is counted."""
        chains = list(chains)
        if not self.in_doubles:
            return float(judge(self.routing, chains).cost)
        total, points = 0.0, self.routing.points
        for chain in chains:
            depot = self.routing.vehicles[chain.kind].depot
            inner = [self.routing.depots + s for s in chain.stops]
            steps = np.diff(points[[depot, *inner, depot]], axis=0)
            total += float(np.hypot(steps[:, 0], steps[:, 1]).sum())
        return total

    def loosened(self) -> Routing:
        """
        Return the problem with limits that keep every answer in double precision.

        Rounding lengthens each leg and each service by half a unit at most.
        """
        if not self.in_doubles:
            return self.routing
        slack = self.routing.stops + 1
        vehicles = tuple(
            replace(k, longest=min(FOREVER, k.longest + slack))
            for k in self.routing.vehicles
        )
        return replace(self.routing, vehicles=vehicles)

    def bound(self, whole: int) -> float:
        """Return what a bound on the loosened problem proves, in units of `cost`."""
        if not self.in_doubles:
            return float(whole)
        stops = self.routing.stops
        legs = stops + sum(min(k.count, stops) for k in self.routing.vehicles)
        return max(0.0, whole - legs / 2) / SCALE


def text_of(path: Path) -> str:
    """
    Return the text of a benchmark's file.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        return decoded(read_bytes(path))[0]
    except Fault as fault:
        raise InputError(
            [Finding(code=fault.code, file=path.name, values=fault.values)]
        ) from fault


def refused(path: Path, why: str) -> InputError:
    """Return the error of a benchmark that cannot be used."""
    return InputError(
        [Finding(code="E-BENCHMARK", file=path.name, values={"why": why})]
    )


def euclidean(points: FloatArray) -> Whole:
    """Return rounded distances between places, times `SCALE`."""
    gaps = np.hypot(
        points[:, None, 0] - points[None, :, 0], points[:, None, 1] - points[None, :, 1]
    )
    matrix: Whole = np.rint(SCALE * gaps).astype(np.int32)
    return matrix


def scaled(values: object) -> Whole:
    """Return figures as whole numbers, times `SCALE`."""
    whole: Whole = np.rint(SCALE * np.asarray(values, dtype=float)).astype(np.int64)
    return whole
