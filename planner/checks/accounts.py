"""Accounts: every zone and fixed route is served or left out, every number right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from planner.basics.figures import is_number
from planner.bounds.certificate import audited, beyond
from planner.checks.as_drawn import look_at_fixed
from planner.checks.case import Case
from planner.checks.verdict import Gauge
from planner.flown.partings import measured_partings
from planner.metrics import measured
from planner.response.figures import measured_response

_RELATIVE = 1e-6


def accounts(case: Case, gauge: Gauge) -> None:
    """Look at zones, stops, fixed routes and numbers."""
    for look in ACCOUNTS:
        look(case, gauge)


def look_at_metrics(case: Case, gauge: Gauge) -> None:
    """Look at zones, stops and fixed routes, and compute the metrics again."""
    _look_at_zones(case, gauge)
    look_at_fixed(case, gauge)
    for route_id, count in Counter(r.id for r in case.plan.routes).items():
        if count > 1:
            gauge.fault("accounts.route", route_id, count, 1)
    recomputed = measured(case.scenario, case.plan, case.flown, case.gaps)
    _compare("metrics", case.plan.metrics, recomputed, gauge)


def look_at_partings(case: Case, gauge: Gauge) -> None:
    """Compute again what parts drones, where the plan says."""
    told = case.plan.analysis.get("separation")
    if told is not None:
        parted = measured_partings(case.scenario, case.routes)
        _compare("analysis.separation", told, parted, gauge)


def look_at_certificate(case: Case, gauge: Gauge) -> None:
    """Prove the bounds again, and compare them with the plan's own drones."""
    if not case.plan.certificate:
        return
    found = audited(case.scenario, case.plan, case.flown)
    for stations in found.unproven:
        gauge.fault("accounts.proof", stations, 0, 1)
    for name, (bound, own) in beyond(found.numbers).items():
        gauge.fault("accounts.bound", f"certificate.{name}", bound, own)
    _compare("certificate", case.plan.certificate, found.numbers, gauge)


def look_at_response(case: Case, gauge: Gauge) -> None:
    """Compute the response figures again, where the plan has some."""
    if "response" in case.plan.analysis:
        estimate = measured_response(case.scenario, case.plan, case.flown)
        _compare("analysis.response", case.plan.analysis["response"], estimate, gauge)


ACCOUNTS = (look_at_metrics, look_at_partings, look_at_certificate, look_at_response)
"""What `accounts` is, in its order; each can be done by itself."""


def _look_at_zones(case: Case, gauge: Gauge) -> None:
    """Look whether each zone is accounted for once, and each name is a zone's."""
    known = {z.id for z in case.scenario.zones}
    named: set[str] = set()
    for route in case.plan.routes:
        for stop in route.stops:
            named.update(stop.zones)
            where = f"{route.id} {stop.target}"
            if not stop.zones:
                gauge.fault("accounts.stop", where, 0, 1)
            for zone in sorted(set(stop.zones) - known):
                gauge.fault("accounts.zone", where, zone, "-")
    left_out = Counter(u.zone for u in case.plan.unserved)
    for entry in case.plan.unserved:
        if entry.zone not in known:
            gauge.fault("accounts.zone", "unserved", entry.zone, "-")
        if not entry.code or not entry.reason:
            gauge.fault("accounts.reason", entry.zone, entry.code or "-", "-")
    for zone in sorted(known):
        times = int(zone in named) + left_out[zone]
        if times != 1:
            gauge.fault("accounts.once", zone, times, 1)


def _compare(where: str, found: Any, expected: Any, gauge: Gauge) -> None:
    """Compare a number, a text, a list or a mapping of them with what it should be."""
    if isinstance(expected, Mapping):
        own: Mapping[Any, Any] = found if isinstance(found, Mapping) else {}
        for key in sorted({*own, *expected}, key=str):
            _compare(f"{where}.{key}", own.get(key), expected.get(key), gauge)
    elif isinstance(expected, list):
        items = found if isinstance(found, list) else []
        _compare(where, dict(enumerate(items)), dict(enumerate(expected)), gauge)
    elif is_number(expected) and is_number(found):
        apart = abs(found - expected) / max(abs(expected), 1.0)
        gauge.measure(
            "accounts.number", where, found, expected, _RELATIVE - apart, "relative"
        )
    elif found != expected or type(found) is not type(expected):
        gauge.fault("accounts.number", where, _shown(found), _shown(expected))


def _shown(value: Any) -> str:
    return "-" if value is None else str(value)[:80]
