"""Draw the course of a search as SVG: what was left out, and the drones, over time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from maps.charts import LEFT, WIDTH, chart_title, line
from maps.markup import Markup, in_both, tag
from maps.words import stopwatch, whole
from planner.basics.palette import PALETTE
from planner.messages import LANGUAGES, say
from planner.trace import Trace

Finder = tuple[str, str]
"""The step of the search and the engine that found better routes."""

Course = Sequence[tuple[float, float]]
"""A value that holds from a time on [s], time after time."""

_RIGHT = WIDTH - 20
_DRONES, _UNSERVED = (26.0, 190.0), (232.0, 300.0)
"""Where the two parts of the chart begin and end, from above."""

_SECONDS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400)
_MARK_SHAPES = (
    "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
    "m-3.5-3.5h7v7h-7z",
    "m0-5l5 5l-5 5l-5-5z",
    "m0-5l5 8.5h-10z",
    "m0 5l5-8.5h-10z",
    "m-1.5-5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5v-3h3.5z",
)
"""A shape for each colour, so that no fact is told by colour alone."""


@dataclass(frozen=True, slots=True)
class _Axis:
    """A vertical axis: its ends in units and on the page, and where it has ticks."""

    low: float
    high: float
    step: float
    top: float
    base: float

    def level(self, value: float) -> float:
        """Return how far down a value lies."""
        share = (value - self.low) / (self.high - self.low)
        return self.base - share * (self.base - self.top)


def finders(trace: Trace) -> list[Finder]:
    """Return who found better routes, in the order in which they first did."""
    found = [(p.step, p.engine) for p in trace.told if p.step and p.engine]
    return list(dict.fromkeys((step, engine) for step, engine in found))


def trace_chart(trace: Trace) -> Markup:
    """
    Return a chart of drones and unserved priority while the search went on.

    A mark is a new best, its shape who found it; the broken line is the bound.
    """
    told = [p for p in trace.told if p.stage == "routing"]
    times = [p.elapsed_s for p in told]
    begin_s, end_s = min(times, default=0.0), max(times, default=0.0)
    across = _across(begin_s, end_s)
    drones = [(p.elapsed_s, float(p.drones)) for p in told if p.drones is not None]
    bound = [(p.elapsed_s, float(p.bound)) for p in told if p.bound is not None]
    unserved = [(p.elapsed_s, p.unserved) for p in told if p.unserved is not None]
    upper = _axis([value for _, value in [*drones, *bound]], *_DRONES)
    lower = _axis([0.0, *(value for _, value in unserved)], *_UNSERVED)
    return tag(
        "svg",
        *chart_title("report.chart_trace"),
        *_grid(upper, "report.trace_drones"),
        *_grid(lower, "report.trace_unserved"),
        *_times(begin_s, end_s, across),
        _steps(bound, upper, across, "bound"),
        _steps(drones, upper, across, "course"),
        _steps(unserved, lower, across, "course"),
        *_marks(trace, upper, lower, across),
        viewBox=f"0 0 {WIDTH:.0f} {_UNSERVED[1] + 24:.0f}",
        role="img",
        class_="chart",
    )


def engines(trace: Trace) -> list[str]:
    """Return the engines that told of new bests, in the order in which they did."""
    return list(dict.fromkeys(best.engine for best in trace.bests))


def bests_chart(trace: Trace) -> Markup:
    """Return a chart with a mark for each new best of an engine on its way."""
    times = [p.elapsed_s for p in trace.told if p.stage == "routing"]
    times += [best.elapsed_s for best in trace.bests]
    begin_s, end_s = min(times, default=0.0), max(times, default=0.0)
    across = _across(begin_s, end_s)
    upper = _axis([best.drones for best in trace.bests], *_DRONES)
    lower = _axis([0.0, *(best.left_out for best in trace.bests)], *_UNSERVED)
    marks = []
    for number, engine in enumerate(engines(trace)):
        path = "".join(
            f"M{across(best.elapsed_s):.1f} {axis.level(value):.1f}{_shape(number)}"
            for best in trace.bests
            if best.engine == engine
            for axis, value in ((upper, best.drones), (lower, best.left_out))
        )
        marks.append(tag("path", d=path, class_="found", fill=_colour(number)))
    return tag(
        "svg",
        *chart_title("report.chart_bests"),
        *_grid(upper, "report.trace_drones_reckoned"),
        *_grid(lower, "report.trace_left_out"),
        *_times(begin_s, end_s, across),
        *marks,
        viewBox=f"0 0 {WIDTH:.0f} {_UNSERVED[1] + 24:.0f}",
        role="img",
        class_="chart",
    )


def finder_mark(number: int) -> Markup:
    """Return the mark of a finder or an engine by itself, for the legend."""
    path = tag("path", d=f"M10 8{_shape(number)}", fill=_colour(number))
    return tag("svg", path, viewBox="0 0 20 16", class_="mark", aria_hidden="true")


def _shape(number: int) -> str:
    return _MARK_SHAPES[number % len(_MARK_SHAPES)]


def _colour(number: int) -> str:
    return PALETTE[number % len(PALETTE)]


def _across(begin_s: float, end_s: float) -> Callable[[float], float]:
    """Return what turns seconds into a place along the horizontal axis."""
    per_s = (_RIGHT - LEFT) / (end_s - begin_s) if end_s > begin_s else 0.0
    return lambda t_s: LEFT + (t_s - begin_s) * per_s


def _axis(values: Sequence[float], top: float, base: float) -> _Axis:
    """Return an axis with whole ticks that holds every value."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    step = _tick(high - low)
    low = math.floor(low / step) * step
    return _Axis(low, max(math.ceil(high / step) * step, low + step), step, top, base)


def _tick(span: float) -> float:
    """Return 1, 2 or 5 times a power of ten, of which at most five span a range."""
    power = 10.0 ** max(0, math.floor(math.log10(span / 5)) if span > 5 else 0)
    return next(n * power for n in (1, 2, 5, 10) if span / (n * power) <= 5)


def _grid(axis: _Axis, key: str) -> list[Markup]:
    """Return the lines, figures and heading of an axis."""
    marks = []
    for n in range(round((axis.high - axis.low) / axis.step) + 1):
        value = axis.low + n * axis.step
        y = axis.level(value)
        marks.append(line(LEFT, f"{y:.1f}", _RIGHT, f"{y:.1f}", "grid"))
        marks.append(
            tag("text", whole(value), x=LEFT - 6, y=f"{y + 4:.1f}", class_="end")
        )
    texts = {language: say(key, language) for language in LANGUAGES}
    return [*marks, in_both(texts, "text", x=LEFT, y=f"{axis.top - 10:.1f}")]


def _times(
    begin_s: float, end_s: float, across: Callable[[float], float]
) -> list[Markup]:
    """Return ticks with the time since planning began below, at most thirteen."""
    span_s = end_s - begin_s
    step = next((s for s in _SECONDS if span_s / s <= 12), span_s / 12)
    marks = []
    for n in range(math.ceil(begin_s / step), math.floor(end_s / step) + 1):
        x, base = f"{across(n * step):.1f}", _UNSERVED[1]
        marks.append(line(x, base, x, base + 4, "grid"))
        text = stopwatch(n * step)
        marks.append(tag("text", text, x=x, y=f"{base + 17:.1f}", class_="middle"))
    return marks


def _steps(
    course: Course, axis: _Axis, across: Callable[[float], float], name: str
) -> Markup:
    """Return a line that keeps each value until the next one."""
    if not course:
        return Markup("")
    (begin_s, first), *rest = course
    pieces = [f"M{across(begin_s):.1f} {axis.level(first):.1f}"]
    pieces += [f"H{across(t):.1f}V{axis.level(value):.1f}" for t, value in rest]
    pieces.append(f"H{_RIGHT:.1f}")
    return tag("path", d="".join(pieces), class_=name)


def _marks(
    trace: Trace, upper: _Axis, lower: _Axis, across: Callable[[float], float]
) -> list[Markup]:
    """Return a mark for each new best, one path a finder."""
    marks = []
    for number, finder in enumerate(finders(trace)):
        places = [
            f"M{across(p.elapsed_s):.1f} {axis.level(value):.1f}{_shape(number)}"
            for p in trace.told
            if (p.step, p.engine) == finder
            for axis, value in ((upper, p.drones), (lower, p.unserved))
            if value is not None
        ]
        path = "".join(places)
        marks.append(tag("path", d=path, class_="found", fill=_colour(number)))
    return marks
