"""Tell how soon somebody is overhead an incident: tables for the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from maps.compact import DEGREES, pack
from maps.markup import Markup, both, join, table, tag
from maps.told import mapping, number
from maps.words import UNKNOWN, percent, percent_up, stopwatch, whole
from planner.plan import Plan
from planner.scenario import Scenario

_TIMES = ("mean_s", "p50_s", "p90_s", "p95_s", "worst_s")
_SHARES = ("within_60_s", "within_120_s", "within_180_s")


def response_section(scenario: Scenario, plan: Plan) -> Markup:
    """Return the part of the report on response; a plan may tell nothing of it."""
    told = mapping(plan.analysis, "response")
    if not told:
        return tag("p", both("report.response_none"), class_="none")
    return join(
        tag(
            "p",
            both(
                "report.response_text",
                places=whole(number(told, "places")),
                spacing=whole(number(told, "spacing_m")),
                closed=percent(number(told, "closed_share")),
                launch=f"{scenario.rules.launch_s:g}",
                stay=f"{scenario.rules.overhead_s:g}",
            ),
        ),
        tag("p", both("report.response_hills", layer=f"{number(told, 'layer_m'):g}"))
        if scenario.terrain
        else "",
        _figures(scenario, told),
        _covering(plan),
        _teams(scenario, told),
    )


def _figures(scenario: Scenario, told: Mapping[str, Any]) -> Markup:
    names = {d.id: d.name for d in scenario.districts}
    lines: list[tuple[object, Mapping[str, Any]]] = [
        (both("report.response_all"), mapping(told, "all")),
        (both("report.response_ready"), mapping(told, "ready")),
    ]
    periods, districts = mapping(told, "periods"), mapping(told, "districts")
    lines += [(name, mapping(periods, name)) for name in periods]
    lines += [(names.get(d, d), mapping(districts, d)) for d in districts]
    rows: list[list[object]] = [
        [
            name,
            *(stopwatch(number(figures, key)) for key in _TIMES),
            *(percent(number(figures, key)) for key in _SHARES),
            percent(number(figures, "nobody_share")),
        ]
        for name, figures in lines
        if figures
    ]
    heads: list[object] = [
        both(f"report.response_{key}")
        for key in ("whom", *_TIMES, *_SHARES, "nobody_share")
    ]
    return table(heads, rows, class_="numbers")


def _covering(plan: Plan) -> Markup | str:
    told = mapping(plan.analysis, "covering")
    if not told:
        return ""
    shares = {
        "ready": percent(number(told, "ready_share")),
        **{k: percent_up(number(told, f"{k}_share")) for k in ("bound", "all")},
    }
    seconds = whole(number(told, "within_s"))
    return tag("p", both("report.response_covering", within=seconds, **shares))


def _teams(scenario: Scenario, told: Mapping[str, Any]) -> Markup | str:
    names = {t.id: t.name for t in scenario.response_teams}
    teams = mapping(told, "teams")
    rows: list[list[object]] = []
    for name in teams:
        team = mapping(teams, name)
        short_min = number(team, "short_min")
        rows.append(
            [
                join(name, tag("small", names.get(name, ""))),
                whole(number(team, "wanted")),
                whole(number(team, "fewest")),
                UNKNOWN if short_min is None else whole(round(short_min, 1)),
            ]
        )
    heads: list[object] = [
        both(f"report.response_team{key}")
        for key in ("", "_wanted", "_fewest", "_short")
    ]
    return table(heads, rows, class_="numbers") if rows else ""


def response_cells(plan: Plan) -> dict[str, Any] | None:
    """
    Return the cells of the map's layer, packed; None where the plan has none.

    Rows are lon, lat and within how many seconds nine of ten calls are answered, -1
    if by nobody.
    """
    told = mapping(plan.analysis, "response")
    cells = mapping(told, "cells")
    spacing_m = number(told, "spacing_m")
    try:
        rows = np.array(
            [
                (lon * DEGREES, lat * DEGREES, -1 if p90_s is None else p90_s)
                for lon, lat, p90_s in zip(
                    cells["lon"], cells["lat"], cells["p90_s"], strict=True
                )
            ],
            dtype=float,
        ).reshape(-1, 3)
    except (KeyError, TypeError, ValueError):
        return None
    if (
        not spacing_m
        or not np.isfinite(rows).all()
        or np.abs(rows).max(initial=0) > 2e9
    ):
        return None
    return {"spacing_m": spacing_m, "cells": pack(np.rint(rows).astype(np.int64))}
