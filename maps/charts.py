"""Draw the report's charts as SVG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from maps.facts import Busy, Clock
from maps.markup import Markup, tag
from planner.basics.clock import DAY_S, clock_text
from planner.basics.palette import PALETTE
from planner.messages import LANGUAGES, say
from planner.plan import Sortie

WIDTH = 1000.0
LEFT = 46.0
"""Room for the labels of the vertical axis."""


def busy_chart(
    busy: Busy, clock: Clock, total: int, peak: tuple[float, float] | None
) -> Markup:
    """Return a chart of the drones in the air and at work over the horizon."""
    height, base = 230.0, 200.0
    top = max(total, int(busy.occupied.max(initial=0)), 1)
    across = _scale(clock.length_s)

    def level(count: float) -> float:
        return base - count / top * (base - 16)

    def area(counts: Sequence[int], name: str) -> Markup:
        points = [
            f"{across(t):.1f},{level(n):.1f}"
            for t, n in zip(busy.t_s.tolist(), counts, strict=True)
        ]
        ends = [f"{across(0):.1f},{base}", f"{across(clock.length_s):.1f},{base}"]
        return tag("polygon", points=" ".join([ends[0], *points, ends[1]]), class_=name)

    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 10**9) if top / s <= 6)
    grid = []
    for count in range(0, top + 1, step):
        y = f"{level(count):.1f}"
        grid.append(line(LEFT, y, WIDTH, y, "grid"))
        grid.append(
            tag("text", count, x=LEFT - 6, y=f"{level(count) + 4:.1f}", class_="end")
        )
    band = []
    if peak is not None:
        x, to = across(peak[0]), across(peak[1])
        size = {"width": f"{to - x:.1f}", "height": base - 16}
        band.append(tag("rect", x=f"{x:.1f}", y=16, class_="peak", **size))
    limit = f"{level(total):.1f}"
    return tag(
        "svg",
        *chart_title("report.chart_busy"),
        *band,
        *grid,
        area(busy.occupied.tolist(), "occupied"),
        area(busy.airborne.tolist(), "airborne"),
        line(LEFT, limit, WIDTH, limit, "limit"),
        *_hours(clock, base, base),
        viewBox=f"0 0 {WIDTH:.0f} {height:.0f}",
        role="img",
        class_="chart",
    )


def day_chart(
    drones: Sequence[str], roster: Sequence[Sortie], routes: Sequence[str], clock: Clock
) -> Markup:
    """
    Return a station's day, a row a drone: flights with the number of their route.

    The number stands in the flight, so that no fact is told by colour alone; the
    thin bar after a flight is its turnaround.
    """
    pitch, top = 18.0, 6.0
    base = top + pitch * len(drones)
    across = _scale(clock.length_s)
    row = {drone: i for i, drone in enumerate(drones)}
    number = {route: i for i, route in enumerate(routes)}
    labels = [
        tag("text", d, x=LEFT - 6, y=f"{top + pitch * i + 13:.1f}", class_="end")
        for i, d in enumerate(drones)
    ]
    lines = [
        line(LEFT, f"{top + pitch * i:.1f}", WIDTH, f"{top + pitch * i:.1f}", "grid")
        for i in range(len(drones) + 1)
    ]
    flights: dict[int, list[str]] = {}
    pauses, names = [], []
    for s in roster:
        if s.drone not in row or s.route not in number:
            continue
        y = top + pitch * row[s.drone] + pitch / 2
        x, to, ready = across(s.takeoff_s), across(s.landing_s), across(s.ready_s)
        n = number[s.route]
        flights.setdefault(n, []).append(f"M{x:.1f} {y}H{to:.1f}")
        pauses.append(f"M{to:.1f} {y}H{min(ready, WIDTH):.1f}")
        names.append(
            tag("text", n + 1, x=f"{(x + to) / 2:.1f}", y=f"{y + 3.5:.1f}", class_="no")
        )
    return tag(
        "svg",
        *chart_title("report.chart_day"),
        *lines,
        *_hours(clock, base, top),
        tag("path", d="".join(pauses), class_="pause"),
        *(
            tag("path", d="".join(d), class_="flight", stroke=route_colour(n))
            for n, d in sorted(flights.items())
        ),
        *names,
        *labels,
        viewBox=f"0 0 {WIDTH:.0f} {base + 22:.0f}",
        role="img",
        class_="chart",
    )


def route_colour(number: int) -> str:
    """Return the colour of a station's route of a number."""
    return PALETTE[number % len(PALETTE)]


def _scale(length_s: float) -> Callable[[float], float]:
    """Return what turns seconds into a place along the horizontal axis."""
    per_s = (WIDTH - LEFT) / length_s if length_s > 0 else 0.0
    return lambda t_s: LEFT + t_s * per_s


def _hours(clock: Clock, base: float, top: float) -> list[Markup]:
    """Return ticks with clock times below, at most thirteen."""
    hours = clock.length_s / 3600
    step = next(h for h in (1, 2, 3, 6, 12, 24, 10**9) if hours / h <= 13) * 3600
    across = _scale(clock.length_s)
    first = -clock.start_clock_s % step
    marks: list[Markup] = []
    t = first
    while t <= clock.length_s + 1:
        x = f"{across(t):.1f}"
        marks.append(line(x, f"{top:.1f}", x, f"{base + 4:.1f}", "grid"))
        text = clock_text(clock.start_clock_s + t)
        if step >= DAY_S:
            text = f"{datetime.fromisoformat(clock.start) + timedelta(seconds=t):%m-%d}"
        name = "end" if across(t) > WIDTH - 12 else "middle"
        marks.append(tag("text", text, x=x, y=f"{base + 17:.1f}", class_=name))
        t += step
    return marks


def line(x1: object, y1: object, x2: object, y2: object, name: str) -> Markup:
    """Return a line of a class."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=name)


def chart_title(key: str) -> list[Markup]:
    """Return what a screen reader says of a chart."""
    return [tag("title", " / ".join(say(key, language) for language in LANGUAGES))]
