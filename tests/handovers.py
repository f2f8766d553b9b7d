"""Draw routes to hand over, with any text for a name: for tests of exports."""

from __future__ import annotations

from html.parser import HTMLParser

from hostile import TEXTS
from hypothesis import strategies as st

from planner.formats.handover import Handover, hand_over
from planner.plan import Plan, Route, Sortie, Stop, Unserved

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", '=HYPERLINK("http://x")')
CALENDARS = ("a;b,c\\d", "x\r\nEND:VEVENT\r\nBEGIN:VALARM", "盐" * 40, "\ufeff\u2028")
GLOBES = ("$[name]", "]]><b>", "&amp;<b onclick=x>", "a\x00\x0b\x1b\ufffe")

HARMFUL = (*TEXTS, *FORMULAS, *CALENDARS, *GLOBES)

texts = st.sampled_from(HARMFUL) | st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12
)
"""Any text that a plan's file can hold: all but half a surrogate pair."""

LON, LAT = 120.0, 33.0
START = "2026-03-01T06:00:00+08:00"
TURNAROUND_S = 600.0


@st.composite
def handovers(draw: st.DrawFn) -> Handover:
    """Draw a plan of a few routes whose drones fly them in turn, and choose all."""
    names = draw(st.lists(texts, min_size=1, max_size=2, unique=True))
    ids = draw(st.lists(texts, min_size=1, max_size=3, unique=True))
    routes = [_route(draw, name, draw(st.sampled_from(names))) for name in ids]
    roster: list[Sortie] = []
    ready = dict.fromkeys(names, 0.0)
    for route in draw(st.lists(st.sampled_from(routes), max_size=6)):
        takeoff_s = round(
            ready[route.depot] + draw(st.integers(0, 9_000_000)) / 1000, 3
        )
        landing_s = round(takeoff_s + route.duration_s, 3)
        ready[route.depot] = landing_s + TURNAROUND_S
        roster.append(
            Sortie(
                drone=f"{route.depot}-1",
                route=route.id,
                takeoff_s=takeoff_s,
                landing_s=landing_s,
                ready_s=ready[route.depot],
            )
        )
    said = draw(texts)
    return hand_over(
        Plan(
            horizon={"start": START, "seconds": 86_400.0},
            stations=tuple(
                {"id": n, "name": draw(texts), "lon": LON, "lat": LAT, "drones": 1}
                for n in names
            ),
            drone_models=(
                {"model": "M", "airspeed_mps": 12, "climb_mps": 5, "descent_mps": 3},
            ),
            routes=tuple(routes),
            roster=tuple(sorted(roster, key=lambda s: (s.takeoff_s, s.drone))),
            unserved=(Unserved(zone=said, code="made_up", reason=said, remedy=said),),
        )
    )


def _route(draw: st.DrawFn, name: str, depot: str) -> Route:
    """Draw a closed path at even layers, its times rounded as a file has them."""
    away = st.integers(-1_000_000, 1_000_000).map(lambda i: i / 1e7)
    layer_m = draw(st.sampled_from([60.0, 75.0, 90.0]))
    outside = [
        (LON + draw(away), LAT + draw(away), layer_m)
        for _ in range(draw(st.integers(0, 4)))
    ]
    top = (LON, LAT, layer_m)
    path = [(LON, LAT, 0.0), top, *outside, top, (LON, LAT, 0.0)]
    times = [0.0]
    for _ in path[1:]:
        times.append(round(times[-1] + draw(st.integers(0, 300_000)) / 1000, 3))
    cuts = draw(st.lists(st.floats(0, times[-1]), max_size=3).map(sorted))
    return Route(
        id=name,
        depot=depot,
        drone_model="M",
        layer_m=layer_m,
        headway_s=3600.0,
        phase_s=0.0,
        duration_s=times[-1],
        load=0.5,
        path=tuple(path),
        t_s=tuple(times),
        stops=tuple(
            Stop(
                zones=(draw(texts),),
                target=draw(texts),
                kind="watch",
                enter_s=cut,
                exit_s=times[-1],
            )
            for cut in cuts
        ),
    )


class Balloon(HTMLParser):
    """Reads a balloon as a globe would, and keeps its elements and its cells."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[str] = set()
        self.cells: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element with its attributes."""
        self.elements.add(" ".join([tag, *(name for name, _ in attrs)]))
        if tag in ("th", "td"):
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        """Add text to the cell that is open."""
        self.cells[-1] += data


BALLOON = {"table", "tr", "th", "td"}
"""The elements of a balloon."""
