"""
Draw a scenario, and a plan where there is one, as a map in a single file.

folium makes the map, its panes and its layers from fixed words; what an input
says never passes through it, because input text is never rendered as a
template. It enters afterwards as escaped JSON, and our scripts put it into the
page as text alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from maps.page import MapPage, asset, document, island
from maps.payload import payload
from planner.messages import Language, say
from planner.plan import Plan
from planner.scenario import Scenario

if TYPE_CHECKING:
    from planner.checks.verdict import Verdict

LAYERS = (
    "base",
    "districts",
    "zones",
    "response",
    "buildings",
    "airspace",
    "routes",
    "stations",
    "drones",
)
"""Drawn in this order, the last on top."""

ASIDE = ("response",)
"""Not shown until they are asked for."""

STYLES = ("page.css", "marks.css", "card.css", "map.css")

SCRIPTS = (
    "words.js",
    "world.js",
    "canvas.js",
    "layers.js",
    "flights.js",
    "cards.js",
    "panel.js",
    "player.js",
    "main.js",
)
"""Run in this order."""


def draw_plan(
    scenario: Scenario,
    plan: Plan | None = None,
    *,
    verdict: Verdict | None = None,
    language: Language = "en",
) -> MapPage:
    """
    Draw the scenario with its plan, or alone.

    Parameters
    ----------
    verdict
        What the checker said of the plan; without one the page says that it
        was not checked.
    language
        The one shown first; the page holds both.

    Returns
    -------
    MapPage
        One HTML file with all it needs inside.
    """
    div, script = _folium_parts()
    styles = [_leaflet_css(), *map(asset, STYLES)]
    scripts = [_leaflet_js(), script, *map(asset, SCRIPTS)]
    data = island(payload(scenario, plan, verdict, language))
    body = [
        asset("map.html").replace("<!-- map -->", div),
        f'<script type="application/json" id="patrol-data">{data}</script>',
    ]
    title = say("map.title", language)
    return MapPage(document(title, language, body, styles=styles, scripts=scripts))


def _folium_parts() -> tuple[str, str]:
    """Return folium's element of the map and its script, made from fixed words."""
    import folium

    fmap = folium.Map(location=[0, 0], zoom_start=3, tiles=None)
    fmap.default_js, fmap.default_css = [], []
    fmap._id = "patrol"  # random names would make each page a different file
    for height, name in enumerate(LAYERS):
        pane = folium.map.CustomPane(
            name, z_index=400 + 20 * height, pointer_events=name == "stations"
        )
        group = folium.FeatureGroup(name=name, show=name not in ASIDE)
        pane._id = group._id = name
        pane.add_to(fmap)
        group.add_to(fmap)
    page: Any = fmap.get_root()
    page.render()
    return page.html.render().strip(), page.script.render()


def _leaflet_css() -> str:
    """Return Leaflet's styles without the pictures they name; we use none."""
    return re.sub(r"url\([^)]*\)", "none", asset("leaflet.css"))


def _leaflet_js() -> str:
    """Return Leaflet's script without its source map, which is not shipped."""
    return re.sub(r"//# sourceMappingURL=\S+", "", asset("leaflet.js"))
