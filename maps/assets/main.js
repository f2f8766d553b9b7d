"use strict";
// Bring data, layers and controls together.

Patrol.map = map_patrol;
Patrol.groups = {
  base: feature_group_base,
  districts: feature_group_districts,
  zones: feature_group_zones,
  response: feature_group_response,
  buildings: feature_group_buildings,
  airspace: feature_group_airspace,
  routes: feature_group_routes,
  stations: feature_group_stations,
  drones: feature_group_drones,
};
Patrol.calm = window.matchMedia("(prefers-reduced-motion: reduce)");
Patrol.narrow = window.matchMedia("(max-width: 760px)");
Patrol.live = [];
Patrol.state = {
  selected: null,
  found: [],
  t: 0,
  speed: 60,
  colourBy: "interval",
};

/** Choose a thing, or nothing; `show` brings it into view. */
function select(kind, index = null, show = false, found = []) {
  Patrol.state.selected = kind === null ? null : { kind, index };
  Patrol.state.found = found;
  showCard();
  for (const name of ["zones", "airspace", "routes", "drones"]) Patrol.layers[name].redraw();
  Patrol.markers.forEach((marker, i) => {
    const focus = stationInFocus();
    const node = marker.getElement();
    if (!node) return;
    node.classList.toggle("chosen", focus === i);
    node.classList.toggle("greyed", focus !== null && focus !== i);
  });
  if (kind === null || !show) return;
  bringIntoView(kind, index);
  document.getElementById("card").focus({ preventScroll: true });
}

function bringIntoView(kind, index) {
  const { data } = Patrol;
  let box;
  if (kind === "station") {
    const lines = routesOf(index).map(([route]) => route.line);
    box = boxOf([...lines, new Float64Array(data.stations[index].world)]);
  } else if (kind === "route") box = data.plan.routes[index].box;
  else box = data[{ zone: "zones", airspace: "airspace", district: "districts" }[kind]][index].shape.box;
  const options = { maxZoom: 13.5, animate: !Patrol.calm.matches, ...free(44) };
  Patrol.map.fitBounds(boundsOf(box), options);
}

/** Return the padding that keeps a view clear of the legend and the attribution. */
function free(margin) {
  const legend = document.getElementById("legend");
  const width = legend.open && !Patrol.narrow.matches ? legend.offsetWidth : 0;
  return { paddingTopLeft: [margin, margin], paddingBottomRight: [margin + width, margin + 16] };
}

function boundsOf(box) {
  const corner = (x, y) => L.CRS.EPSG3857.pointToLatLng(L.point(x, y), 0);
  return L.latLngBounds(corner(box[0], box[3]), corner(box[2], box[1]));
}

/** Return everything under a place on the screen. */
function underPixel(point) {
  const view = viewOf(Patrol.map);
  const reach = 6 / view.scale;
  const shown = (name) => Patrol.map.hasLayer(Patrol.groups[name]);
  return under((point.x + view.x) / view.scale, (point.y + view.y) / view.scale, reach, shown);
}

function makeLayers() {
  const paints = {
    base: paintBase,
    districts: paintDistricts,
    zones: paintZones,
    response: paintResponse,
    buildings: paintBuildings,
    airspace: paintAirspace,
    routes: paintRoutes,
    drones: paintDrones,
  };
  Patrol.layers = {};
  for (const [name, paint] of Object.entries(paints)) {
    Patrol.layers[name] = new CanvasLayer(name, paint);
    Patrol.groups[name].addLayer(Patrol.layers[name]);
  }
  Patrol.groups.buildings.remove(); // until somebody asks for them
  Patrol.markers = Patrol.data.stations.map((station, index) => {
    const hasTeam = Patrol.data.teams.some((team) => team.station === station.id);
    const marker = L.marker([station.at[1], station.at[0]], {
      icon: stationIcon(station, hasTeam),
      pane: "stations",
      keyboard: true,
      riseOnHover: true,
    });
    marker.on("click", () => select("station", index));
    marker.on("keypress", (event) => {
      if (event.originalEvent.key === "Enter") select("station", index);
    });
    marker.on("add", () => marker.getElement().setAttribute("aria-label", station.name));
    return marker.addTo(Patrol.groups.stations);
  });
}

function wireMap() {
  const map = Patrol.map;
  map.options.zoomSnap = 0.25;
  map.options.wheelPxPerZoomLevel = 100;
  if (Patrol.calm.matches) map.options.zoomAnimation = map.options.fadeAnimation = false;
  map.attributionControl.setPrefix(false);
  L.control.scale({ imperial: false }).addTo(map);
  const home = L.control({ position: "topleft" });
  home.onAdd = () =>
    element(
      "button",
      { type: "button", class: "home", "data-say-label": "whole_area", on: { click: showAll } },
      element("span"),
    );
  home.addTo(map);
  L.DomEvent.disableClickPropagation(home.getContainer());
  const size = () => {
    map.getContainer().classList.toggle("named", map.getZoom() >= 12.25);
    map.getContainer().classList.toggle("far", map.getZoom() < 10);
  };
  map.on("zoomend", size);
  map.on("click", (event) => {
    const found = underPixel(event.containerPoint);
    if (found.length) select(found[0].kind, found[0].index, false, found);
    else select(null);
  });
  let waiting = null;
  map.on("mousemove", (event) => {
    if (waiting) return;
    waiting = requestAnimationFrame(() => {
      waiting = null;
      const over = underPixel(event.containerPoint).some((f) => f.kind !== "airspace");
      map.getContainer().classList.toggle("over", over);
    });
  });
  size();
}

/** Bring all stations and zones into view, as large as the map allows. */
function showAll() {
  const map = Patrol.map;
  const stations = new Float64Array(Patrol.data.stations.flatMap((s) => s.world));
  const all = boxOf([stations, ...Patrol.data.zones.flatMap((z) => z.shape.rings)]);
  if (all[0] === Infinity) return;
  const { zoomSnap } = map.options;
  map.options.zoomSnap = 0; // a step of the zoom would leave a border free
  map.fitBounds(boundsOf(all), { animate: false, ...free(20), paddingTopLeft: [64, 20] });
  map.options.zoomSnap = zoomSnap;
}

/** Keep the map as large as its place. */
function keepSize() {
  const map = Patrol.map;
  new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(map.getContainer());
  map.invalidateSize({ pan: false });
}

/** Say in the map's corner where it comes from. */
function sayAttribution() {
  const corner = Patrol.map.attributionControl.getContainer();
  corner.textContent = ["Leaflet 1.9.4", Patrol.data.attribution].filter(Boolean).join(" | ");
}

unpackWorld(Patrol.data);
unpackFlights(Patrol.data);
Patrol.classes = intervalClasses(Patrol.data.zones);
Patrol.language = Patrol.data.language;
if (Patrol.data.plan) {
  // The page opens when most drones are in the air, in the peak where one is known.
  const { busy, peak } = Patrol.data.plan;
  const times = busy.airborne.map((_, i) => i * busy.step_s);
  const shown = times.filter((t) => !peak || (peak[0] <= t && t <= peak[1]));
  const inAir = (t) => busy.airborne[t / busy.step_s];
  Patrol.state.t = shown.reduce((a, b) => (inAir(b) > inAir(a) ? b : a), shown[0] ?? 0);
}
document.getElementById("legend").open = !Patrol.narrow.matches;
makeLayers();
wireMap();
wireSearch();
wirePlayer();
Patrol.redrawWords.push(showFigures, showLegend, showCard, sayAttribution);
for (const node of document.querySelectorAll("[data-language]")) {
  node.addEventListener("click", () => setLanguage(node.dataset.language));
}
sayPage();
keepSize();
showAll();
