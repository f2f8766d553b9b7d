"""Tell how the search for a plan went: a chart, what each step brought, a table."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from maps.markup import Markup, both, in_both, join, table, tag
from maps.trace_chart import bests_chart, engines, finder_mark, finders, trace_chart
from maps.words import UNKNOWN, percent, stopwatch, whole
from planner.budget import EngineBest, Progress
from planner.messages import LANGUAGES, catalogue, say
from planner.trace import Trace


def trace_section(trace: Trace) -> Markup:
    """Return the part of the report on the search; a trace may tell nothing."""
    moments = [p for p in trace.told if p.stage == "routing" and p.step]
    if not moments:
        return tag("p", both("report.trace_empty"), class_="none")
    return join(
        _summary(moments),
        tag("div", trace_chart(trace), class_="wide"),
        _legend(trace),
        _gains(trace, moments),
        tag(
            "details",
            tag("summary", both("report.trace_moments")),
            _course(moments),
        ),
        _bests(trace) if trace.bests else "",
    )


def _summary(moments: list[Progress]) -> Markup:
    """Return in words how long it took, and how far from the bound it ended."""
    last = moments[-1]
    better = [p for p in moments if p.engine] or moments[:1]
    told = both(
        "report.trace_summary",
        rounds=last.round,
        time=stopwatch(last.elapsed_s),
        last=stopwatch(better[-1].elapsed_s),
    )
    if last.bound is None:
        return tag("p", told)
    bound = both("report.trace_bound", bound=whole(last.bound), gap=percent(last.gap))
    return tag("p", told, " ", bound)


def _legend(trace: Trace) -> Markup:
    found = [
        tag("li", finder_mark(n), " ", _step(step), " · ", engine)
        for n, (step, engine) in enumerate(finders(trace))
    ]
    lines = {"course": "report.trace_best"}
    if any(p.bound is not None for p in trace.told):
        lines["bound"] = "report.trace_bound_head"
    others = [
        tag("li", tag("i", class_=name), both(key)) for name, key in lines.items()
    ]
    return tag("ul", *found, *others, class_="legend")


def _step(step: str | None) -> Markup:
    """Return the name of a step of the search; one that is new names itself."""
    if step is None:
        return join(UNKNOWN)
    key = f"report.step.{step}"
    known = key in catalogue()
    return in_both({k: say(key, k) if known else step for k in LANGUAGES})


def _gains(trace: Trace, moments: list[Progress]) -> Markup:
    """Return what each engine brought in each step."""
    rows: list[list[object]] = []
    for step, engine in finders(trace):
        found = [
            (before, after)
            for before, after in pairwise(moments)
            if (after.step, after.engine) == (step, engine)
        ]
        won = sum((a.unserved or 0) - (b.unserved or 0) for a, b in found)
        saved = sum((a.drones or 0) - (b.drones or 0) for a, b in found)
        load = sum((a.load or 0) - (b.load or 0) for a, b in found)
        gains = (_gain(won), _gain(saved), _gain(load))
        rows.append([_step(step), engine, len(found), *gains])
    if not rows:
        return Markup("")
    heads: list[object] = [
        both(f"report.trace_{key}")
        for key in ("step", "engine", "bests", "won", "saved", "load_saved")
    ]
    return table(heads, rows, class_="numbers gains")


def _bests(trace: Trace) -> Markup:
    """Return what engines found on their way: a chart, and a table of its course."""
    legend = [
        tag("li", finder_mark(n), " ", engine)
        for n, engine in enumerate(engines(trace))
    ]
    searches: dict[tuple[str, str, str], list[EngineBest]] = {}
    for best in trace.bests:
        searches.setdefault((best.engine, best.step, best.part), []).append(best)
    rows: list[list[object]] = [
        [engine, _step(step), part, len(found)]
        + [_best(found[k]) for k in (0, len(found) // 2, -1)]
        for (engine, step, part), found in searches.items()
    ]
    heads: list[object] = [
        both(f"report.trace_{key}")
        for key in ("engine", "step", "part", "bests", "early", "half", "late")
    ]
    return join(
        tag("p", both("report.trace_bests_text")),
        tag("div", bests_chart(trace), class_="wide"),
        tag("ul", *legend, class_="legend"),
        tag(
            "details",
            tag("summary", both("report.trace_bests_table")),
            table(heads, rows, class_="bests"),
        ),
    )


def _best(best: EngineBest) -> str:
    figures = f"{best.drones:.1f} · {best.left_out:.1f}"
    return f"{stopwatch(best.elapsed_s)} · {figures}"


def _gain(value: float) -> str:
    """Return what was gained with one decimal at most; it may be less than nothing."""
    return f"{round(value, 1) + 0.0:g}".replace("-", "−")


def _course(moments: list[Progress]) -> Markup:
    """Return the moments at which something changed, one a row."""
    heads: list[object] = [
        both(key)
        for key in (
            "report.trace_time",
            "report.trace_round",
            "report.trace_step",
            "report.trace_engine",
            "report.trace_part",
            "report.zones_head",
            "report.trace_unserved",
            "report.drones_head",
            "report.trace_load",
            "report.trace_bound_head",
        )
    ]
    rows: list[list[object]] = [
        [
            stopwatch(p.elapsed_s),
            p.round,
            _step(p.step),
            p.engine or UNKNOWN,
            p.part or UNKNOWN,
            f"{whole(p.zones_served)} / {whole(p.zones)}",
            whole(p.unserved),
            whole(p.drones),
            UNKNOWN if p.load is None else f"{p.load:.1f}",
            whole(p.bound),
        ]
        for p in _changes(moments)
    ]
    return table(heads, rows, class_="moments")


def _changes(moments: list[Progress]) -> Iterator[Progress]:
    """Yield the first moment, the last, and each that differs from the one before."""
    yield moments[0]
    for before, after in pairwise(moments):
        same = all(
            getattr(before, name) == getattr(after, name)
            for name in ("unserved", "drones", "bound")
        )
        if not same or after is moments[-1]:
            yield after
