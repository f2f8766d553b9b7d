"""Provenance: the plan was made for this scenario."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np

from planner.checks.case import Case
from planner.checks.verdict import Gauge
from planner.flown.tracks import horizon_of

_DEGREES = 1e-8


def provenance(case: Case, gauge: Gauge) -> None:
    """Compare the digest, the horizon and the copies with the scenario's own."""
    _look_at_copies(case, gauge)
    digest = case.plan.provenance.get("scenario_digest")
    if digest != case.given.digest:
        gauge.fault(
            "provenance.digest",
            "provenance.scenario_digest",
            str(digest)[:64],
            case.given.digest,
        )
    asked = case.given.horizon
    try:
        planned = horizon_of(case.given, case.plan)
    except ValueError:
        gauge.fault(
            "provenance.horizon", "horizon", str(dict(case.plan.horizon))[:80], "-"
        )
        return
    late_s = (
        datetime.fromisoformat(planned.start) - datetime.fromisoformat(asked.start)
    ).total_seconds()
    if late_s > 0:
        gauge.fault("provenance.start", "horizon.start", planned.start, asked.start)
    if late_s + planned.length_s < asked.length_s:
        gauge.fault(
            "provenance.end",
            "horizon.seconds",
            late_s + planned.length_s,
            asked.length_s,
        )


def _look_at_copies(case: Case, gauge: Gauge) -> None:
    """
    Look whether what a plan copies, so that its file stands alone, is true.

    Not everything need be copied; what is, must be the scenario's.
    """
    places = case.given.projection.to_lonlat(
        np.array([[s.point.x, s.point.y] for s in case.given.stations])
    )
    stations: dict[str, dict[str, Any]] = {
        s.id: {
            "id": s.id,
            "name": s.name,
            "drones": s.drones,
            "pads": s.pads,
            "chargers": s.chargers,
            "batteries": s.batteries,
            "model": s.model,
            "lon": float(lon),
            "lat": float(lat),
        }
        for s, (lon, lat) in zip(case.given.stations, places, strict=True)
    }
    models = {m.model: asdict(m) for m in case.given.drone_models}
    _compare("stations", "id", case.plan.stations, stations, gauge)
    _compare("drone_models", "model", case.plan.drone_models, models, gauge)


def _compare(
    part: str,
    key: str,
    copies: tuple[Mapping[str, Any], ...],
    known: dict[str, dict[str, Any]],
    gauge: Gauge,
) -> None:
    """Compare each copy with the one it is of, and see that each has one."""
    named = [str(copy.get(key)) for copy in copies]
    for name in sorted({*known, *named}):
        if named.count(name) != (name in known):
            where = f"{part}.{name}"
            gauge.fault("provenance.copy", where, named.count(name), int(name in known))
    for name, copy in zip(named, copies, strict=True):
        own = known.get(name, {})
        for field in sorted(own.keys() & copy.keys()):
            if not _same(copy[field], own[field]):
                where = f"{part}.{name}.{field}"
                gauge.fault(
                    "provenance.copy", where, str(copy[field])[:80], str(own[field])
                )


def _same(one: Any, other: Any) -> bool:
    """Whether two values are equal, but for the last decimals of a coordinate."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=_DEGREES)
    return bool(one == other)
