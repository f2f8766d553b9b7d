"""In a browser the pages draw, move, switch and stay inert, without a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from browser import Browser, Tab, browser
from hostile import TEXTS, hostile_plan, hostile_scenario
from made_plan import in_turn, made_plan
from made_trace import made_trace
from shapely.geometry import box

import maps
import seeds
from planner.formats.scenario_folder import read_scenario
from planner.plan import Plan
from planner.response.figures import response
from planner.scenario import Building, Scenario

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests."""
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Draw the pages once: of the city, alone, and of harmful texts."""
    folder = tmp_path_factory.mktemp("pages")
    city = read_scenario(seeds.path("yancheng"))
    hostile = _teams_at_home(hostile_scenario(city))
    plan, bad = made_plan(city), hostile_plan(made_plan(hostile))
    maps.draw_plan(city, plan).save(folder / "map.html")
    maps.draw_plan(city, in_turn(plan, _shared(plan))).save(folder / "turn.html")
    told = replace(plan, analysis={"response": response(city, plan)})
    maps.draw_plan(city, told).save(folder / "response.html")
    maps.draw_plan(city).save(folder / "alone.html")
    maps.draw_plan(built_up(city)).save(folder / "built.html")
    maps.draw_plan(hostile, bad).save(folder / "hostile.html")
    trace = made_trace(plan, bound=80)
    maps.report(city, plan, trace=trace).save(folder / "report.html")
    worse = made_trace(bad, ["".join(TEXTS)], bound=80)
    maps.report(hostile, bad, trace=worse).save(folder / "hostile_report.html")
    return folder


def built_up(city: Scenario) -> Scenario:
    """Return the city with thousands of buildings: high, low, and low far away."""
    chance = np.random.default_rng(1)
    watched = [z.geometry.centroid for z in city.zones if z.kind == "watch"]
    heights_m = (90.0, 20.0)
    near = [
        Building(
            id=f"{{{{ 7 * 191 }}}} {k}",
            geometry=box(x, y, x + chance.uniform(15, 60), y + 20),
            height_m=heights_m[k % 2],
        )
        for k in range(3000)
        for at in [watched[k % len(watched)]]
        for x, y in [chance.normal((at.x, at.y), 100.0)]
    ]
    away = Building(id="AWAY", geometry=box(9e5, 9e5, 9e5 + 20, 9e5 + 20), height_m=9)
    return replace(city, buildings=(*near, away))


def _teams_at_home(scenario: Scenario) -> Scenario:
    """Give each team a station that exists, whatever it is called now."""
    homes = zip(scenario.response_teams, scenario.stations, strict=False)
    teams = tuple(replace(t, station_id=s.id) for t, s in homes)
    return replace(scenario, response_teams=teams)


def _shared(plan: Plan) -> str:
    """Return the id of a route with several zones."""
    return next(r.id for r in plan.routes if len({s.zones for s in r.stops}) > 2)


@pytest.fixture
def tab(chromium: Browser, pages: Path) -> Tab:
    """Open the map of the city."""
    return chromium.open(pages / "map.html")


def pixels(tab: Tab, layer: str) -> str:
    """Return what a layer shows, as text to compare."""
    tab.run("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))")
    shown: str = tab.run(f"Patrol.layers.{layer}._canvas.toDataURL()")
    return shown


def quiet(tab: Tab, page: Path) -> None:
    """Assert that a tab asked for its own file alone and complained of nothing."""
    assert tab.complaints == []
    assert tab.requests == [page.resolve().as_uri()]


@pytest.mark.parametrize(
    "name", ["map", "alone", "hostile", "report", "hostile_report"]
)
def test_a_page_asks_for_nothing_and_complains_of_nothing(
    chromium: Browser, pages: Path, name: str
) -> None:
    """No request but for the file itself, no error on the console."""
    tab = chromium.open(pages / f"{name}.html")
    if not name.endswith("report"):
        tab.run("play(true)" if name != "alone" else "select('station', 0, true)")
        tab.run("setLanguage('zh')")
    quiet(tab, pages / f"{name}.html")


def test_every_layer_is_drawn(tab: Tab) -> None:
    """Land, districts, zones, airspace, routes, stations and drones are all there."""
    for layer in ("base", "districts", "zones", "airspace", "routes", "drones"):
        assert len(pixels(tab, layer)) > 3_000, layer
    assert tab.run("document.querySelectorAll('.station-icon').length") == 37


def test_the_counts_of_the_city_are_shown(tab: Tab) -> None:
    """A reader sees 37 stations, 120 drones and 11 districts at once."""
    counts = tab.run("document.getElementById('counts').textContent")
    for count in ("37 stations", "120 drones", "11 districts", "283 zones"):
        assert count in counts


def test_drones_move_when_played(tab: Tab) -> None:
    """Play moves the clock and the drones with it, and pause stops both."""
    before, start = pixels(tab, "drones"), tab.run("Patrol.state.t")
    tab.run("document.getElementById('play').click()")
    tab.wait(f"Patrol.state.t > {start} + 20")
    assert pixels(tab, "drones") != before
    tab.run("document.getElementById('play').click()")
    stopped = tab.run("Patrol.state.t")
    tab.run("new Promise((done) => setTimeout(done, 100))")
    assert tab.run("Patrol.state.t") == stopped


def test_drones_fly_on_their_paths(tab: Tab) -> None:
    """At take-off a drone is at its station, and on the ground again on landing."""
    away = tab.run(
        """(() => {
          let worst = 0;
          for (const route of Patrol.data.plan.routes) {
            const home = Patrol.data.stations[route.station].world;
            for (const t of [0, route.duration_s]) {
              const at = placeOn(route, t);
              const off = Math.hypot(at.x - home[0], at.y - home[1]) * 1e5;
              worst = Math.max(worst, at.height_m, off);
            }
          }
          return worst;
        })()"""
    )
    assert away < 2.0  # 1e-5 of the world's width of 256 is about 1.3 m


def test_the_keyboard_plays_and_moves_the_time(tab: Tab) -> None:
    """Space plays and pauses; the arrows move the slider."""
    tab.run("document.activeElement.blur()")
    tab.press(" ", "Space", " ")
    assert tab.run("Patrol.playing") is True
    tab.press(" ", "Space", " ")
    assert tab.run("Patrol.playing") is False
    start = tab.run(
        "document.getElementById('time').focus(); Math.round(Patrol.state.t)"
    )
    tab.send(
        "Input.dispatchKeyEvent",
        type="keyDown",
        key="ArrowRight",
        code="ArrowRight",
        windowsVirtualKeyCode=39,
    )
    tab.wait(f"Math.round(Patrol.state.t) === {start + 1}")


def test_less_motion_is_honoured(chromium: Browser, pages: Path) -> None:
    """Who asked for less motion sees the drones step once a second."""
    tab = chromium.open(pages / "map.html", calm=True)
    start = tab.run("play(true), Patrol.state.t")
    tab.run("new Promise((done) => setTimeout(done, 300))")
    assert tab.run("Patrol.state.t") == start
    tab.wait(f"Patrol.state.t > {start}")


def test_the_language_switches(tab: Tab) -> None:
    """One click turns every word of the page to Chinese, and back."""
    assert "Zones served" in tab.run("document.body.innerText")
    tab.run("document.querySelector('[data-language=zh]').click()")
    text = tab.run("document.body.innerText")
    assert "已覆盖巡区" in text
    assert "Zones served" not in text
    assert tab.run("document.documentElement.lang") == "zh-CN"
    tab.run("document.querySelector('[data-language=en]').click()")
    assert "Zones served" in tab.run("document.body.innerText")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_key_figure_is_cut_off(
    chromium: Browser, pages: Path, language: str
) -> None:
    """On a common screen every figure and its note can be read whole."""
    tab = chromium.open(pages / "map.html", width=1400)
    tab.run(f"setLanguage('{language}')")
    cut = tab.run(
        """[...document.querySelectorAll("#figures dt, #figures dd, #figures p")]
          .filter((node) => node.scrollWidth > node.clientWidth)
          .map((node) => node.textContent)"""
    )
    assert cut == []


def test_a_chosen_station_stands_out(tab: Tab) -> None:
    """Its routes keep their colour, all others turn grey, its drones are listed."""
    before = pixels(tab, "routes")
    tab.run("document.querySelectorAll('.station-icon')[0].click()")
    assert pixels(tab, "routes") != before
    assert tab.run("document.querySelectorAll('.station-icon.greyed').length") == 36
    card = tab.run("document.getElementById('card').innerText")
    station = tab.run("Patrol.data.stations[0]")
    assert station["name"] in card
    for n in range(1, station["drones"] + 1):
        assert f"{station['id']}-{n}" in card


def test_routes_in_turn_are_told_with_the_interval_that_results(
    chromium: Browser, pages: Path
) -> None:
    """Zone, route and station tell how often somebody comes by, all together."""
    tab = chromium.open(pages / "turn.html")
    tab.run(
        """{
          const [turn] = Patrol.data.plan.turns;
          globalThis.route = turn.routes[0];
          const { station, stops } = Patrol.data.plan.routes[route];
          globalThis.every = "In turn, together every " + minutes(turn.every_s);
          globalThis.home = station;
          globalThis.zone = stops[0][0][0];
          globalThis.last = stops[stops.length - 1][0][0];
        }"""
    )
    card = "document.getElementById('card').innerText"
    for kind, index in (("zone", "zone"), ("station", "home")):
        assert tab.run(f"select('{kind}', {index}), {card}.includes(every)"), kind
    told = tab.run(f"select('route', route), {card}")
    assert "In turn with these, together every" in told
    # The last stop is not shared: its zone is visited at the route's own headway.
    headway = tab.run("minutes(Patrol.data.plan.routes[route].headway_s)")
    assert f"every {headway}" in told
    assert f"every {headway}" in tab.run(f"select('zone', last), {card}")


def test_the_first_view_holds_the_city_and_little_else(tab: Tab) -> None:
    """Every station and zone is in view, and they fill the map in one direction."""
    shares = """(() => {
      const box = boxOf([
        ...Patrol.data.stations.map((s) => new Float64Array(s.world)),
        ...Patrol.data.zones.flatMap((z) => z.shape.rings),
      ]);
      const { box: seen } = viewOf(Patrol.map);
      const inside = box.every((v, i) => (i < 2 ? v >= seen[i] : v <= seen[i]));
      const share = (i) => (box[i + 2] - box[i]) / (seen[i + 2] - seen[i]);
      return [inside, Math.max(share(0), share(1))];
    })()"""
    inside, share = tab.run(shares)
    assert inside
    assert share > 0.88
    tab.run("select('station', 0, true)")
    tab.run("document.querySelector('.home').click()")
    assert tab.run(shares) == [inside, share]


def test_a_click_on_the_map_tells_what_lies_there(tab: Tab) -> None:
    """A zone is found under the pointer, with its interval and its routes."""
    place = tab.run(
        """(() => {
          const zone = Patrol.data.zones.find((z) => z.kind === "watch" && !z.unserved);
          Patrol.map.setView([zone.at[1], zone.at[0]], 14, { animate: false });
          const box = Patrol.map.getContainer().getBoundingClientRect();
          const at = Patrol.map.latLngToContainerPoint([zone.at[1], zone.at[0]]);
          toggle(["routes", "stations"], false);
          return { x: box.x + at.x + 9, y: box.y + at.y + 9, id: zone.id };
        })()"""
    )
    tab.click(place["x"], place["y"])
    tab.wait("Patrol.state.selected !== null")
    card = tab.run("document.getElementById('card').innerText")
    for words in (place["id"], "Revisit interval", "Visited by"):
        assert words in card


def test_an_unserved_zone_says_why(tab: Tab) -> None:
    """The reason stands on the zone's card and in the overview."""
    assert "Out of reach: 85 min needed" in tab.run(
        "document.getElementById('card').innerText"
    )
    tab.run("select('zone', Patrol.data.plan.unserved[0].zone)")
    assert "Out of reach" in tab.run("document.querySelector('.alert').innerText")


def test_search_finds_by_name_and_id(tab: Tab) -> None:
    """Typing a part of a name lists it, Enter shows it."""
    tab.run("document.getElementById('search').focus()")
    tab.send("Input.insertText", text="YC17")
    assert "YC17" in tab.run("document.getElementById('found').innerText")
    tab.send("Input.dispatchKeyEvent", type="keyDown", key="Enter", text="\r")
    tab.wait(
        "Patrol.state.selected !== null && Patrol.state.selected.kind === 'station'"
    )
    assert tab.run("Patrol.data.stations[Patrol.state.selected.index].id") == "YC17"


def test_a_layer_can_be_switched_off(tab: Tab) -> None:
    """The legend's switches take a layer away and bring it back."""
    there = "Patrol.map.hasLayer(Patrol.groups.zones)"
    switch = "document.querySelector('[data-layers=zones]').click()"
    assert tab.run(f"{switch}, {there}") is False
    assert tab.run(f"{switch}, {there}") is True


def test_response_is_drawn_when_it_is_asked_for(chromium: Browser, pages: Path) -> None:
    """Not at first; then each cell has its colour, and the legend says which."""
    tab = chromium.open(pages / "response.html")
    there = "Patrol.map.hasLayer(Patrol.groups.response)"
    assert tab.run(there) is False
    assert tab.run("document.querySelector('[data-layers=response]').checked") is False
    tab.run("document.querySelector('[data-layers=response]').click()")
    assert tab.run(there) is True
    assert len(pixels(tab, "response")) > 3_000
    cells = "Patrol.data.plan.response.cells"
    colours = tab.run(f"new Set({cells}.map((c) => responseColour(c.p90_s))).size")
    assert colours >= 3
    assert tab.run("responseColour(-1) === LATE && responseColour(901) === LATE")
    assert "overhead within 120 s" in tab.run("document.body.textContent")
    quiet(tab, pages / "response.html")


def test_buildings_are_drawn_when_asked_for(chromium: Browser, pages: Path) -> None:
    """Those that close a layer or may hide ground, off at first, without their ids."""
    page = pages / "built.html"
    tab = chromium.open(page)
    counts = "[true, false].map((c) => data.filter((b) => b.closes === c).length)"
    assert tab.run(f"((data) => {counts})(Patrol.data.buildings)") == [1500, 1500]
    switch = "document.querySelector('[data-layers=buildings]')"
    assert tab.run(f"{switch}.checked") is False
    assert tab.run("Patrol.map.hasLayer(Patrol.groups.buildings)") is False
    tab.run(f"{switch}.click()")
    assert len(pixels(tab, "buildings")) > 3_000
    assert "7 * 191" not in page.read_text(encoding="utf-8")
    quiet(tab, page)


def test_without_buildings_there_is_no_switch_for_them(tab: Tab) -> None:
    """The legend names only what there is."""
    assert tab.run("document.querySelector('[data-layers=buildings]')") is None


def test_zones_can_be_coloured_by_the_time_since_their_last_visit(tab: Tab) -> None:
    """The colours change with the choice, and then with the time."""
    interval = pixels(tab, "zones")
    tab.run("document.querySelectorAll('.choice')[1].click()")
    idle = pixels(tab, "zones")
    tab.run("setTime(Patrol.state.t + 1500)")
    assert len({interval, idle, pixels(tab, "zones")}) == 3


@pytest.mark.parametrize("name", ["map", "alone", "report"])
def test_a_page_fits_a_phone(chromium: Browser, pages: Path, name: str) -> None:
    """At 360 pixels nothing sticks out to the side."""
    tab = chromium.open(pages / f"{name}.html", width=360, height=740)
    assert tab.run("document.documentElement.scrollWidth") <= 360


def test_harmful_texts_do_nothing_on_the_map(chromium: Browser, pages: Path) -> None:
    """Every card shows names as they were written, and none of them runs."""
    tab = chromium.open(pages / "hostile.html")
    for kind, index in [("station", 0), ("route", 0), ("zone", 0), ("airspace", 0)]:
        tab.run(f"select('{kind}', {index})")
    tab.run("select('station', 0)")
    name = tab.run("document.querySelector('#card h2').textContent")
    assert name in TEXTS
    assert tab.run("document.getElementById('name').textContent") == "".join(TEXTS)
    tab.run("document.getElementById('search').value = '{{'")
    tab.run("document.getElementById('search').dispatchEvent(new Event('input'))")
    assert "{{ 7 * 191 }}" in tab.run("document.getElementById('found').innerText")
    assert tab.run("window.harmed") is None
    quiet(tab, pages / "hostile.html")


def test_harmful_texts_do_nothing_in_the_report(chromium: Browser, pages: Path) -> None:
    """The report shows them as they were written."""
    tab = chromium.open(pages / "hostile_report.html")
    assert tab.run("document.querySelector('h1').textContent") == "".join(TEXTS)
    assert tab.run("window.harmed") is None


def test_the_report_switches_its_language_by_style_alone(
    chromium: Browser, pages: Path
) -> None:
    """Without any script a click on a label shows the other language."""
    tab = chromium.open(pages / "report.html")
    assert "Key figures" in tab.run("document.body.innerText")
    tab.run("document.querySelector('label[for=in-zh]').click()")
    text = tab.run("document.body.innerText")
    assert "主要指标" in text
    assert "Key figures" not in text


def test_the_course_of_the_search_is_drawn(chromium: Browser, pages: Path) -> None:
    """Lines and marks stand inside the chart, the bound below the drones' line."""
    tab = chromium.open(pages / "report.html")
    chart = "document.querySelector('svg:has(.course)')"
    box = f"{chart}.getBoundingClientRect()"
    inside = tab.run(
        f"[...{chart}.querySelectorAll('path, [lang=en]')].every((e) => {{"
        f"const a = e.getBoundingClientRect(), b = {box};"
        "return a.left >= b.left - 1 && a.right <= b.right + 1"
        " && a.top >= b.top - 1 && a.bottom <= b.bottom + 1})"
    )
    assert inside is True
    assert tab.run(f"{chart}.querySelectorAll('.found').length") == 2
    bottom = f"{chart}.querySelector('.%s').getBoundingClientRect().bottom"
    assert tab.run(bottom % "bound") > tab.run(bottom % "course")
    assert "Drones in the busiest period" in tab.run(f"{chart}.textContent")


def test_the_report_prints_a_sheet_a_station(chromium: Browser, pages: Path) -> None:
    """On paper every station begins a page of its own."""
    tab = chromium.open(pages / "report.html")
    tab.send("Emulation.setEmulatedMedia", media="print")
    breaks = tab.run(
        "[...document.querySelectorAll('.station')]"
        ".every((s) => getComputedStyle(s).breakBefore === 'page')"
    )
    assert breaks is True
