"use strict";
// What each layer looks like. The legend draws its samples with the same styles.

const INK = "#16222e";
const ALERT = "#b3261e";
const GREYED = "#b4bcc4";
const RAMP = ["#33475f", "#5f7a99", "#8fa6c0", "#b9c8d9", "#d9e1ea"];
const IDLE_RAMP = ["#fdf3d0", "#e5d384", "#b5ab72", "#7c7b78", "#44546c"];
const RESPONSE_S = [60, 120, 180, 300, 600, 900];
const RESPONSE_RAMP = ["#1d4f4a", "#3f8279", "#79b3a4", "#b9dccb", "#e9e3b4", "#e3b66b"];
const LATE = "#b3261e";
const ASLEEP = "#e6e8ea";
const FONT = '"Noto Sans SC","Microsoft YaHei","PingFang SC",system-ui,sans-serif';

const AIRSPACE = {
  prohibited: { colour: "#9b1c31", fill: "cross", dash: [] },
  authorisation: { colour: "#a05a00", fill: "hatch", dash: [7, 4] },
  scheduled: { colour: "#5b4bb0", fill: "hatch", dash: [2, 3] },
  privacy: { colour: "#8a2d83", fill: "dots", dash: [1, 4] },
};

/** Classes of revisit intervals, the shortest first; five at most. */
function intervalClasses(zones) {
  const values = [...new Set(zones.map((zone) => zone.revisit_s))].sort((a, b) => a - b);
  const count = Math.min(values.length, RAMP.length);
  const classes = [];
  for (let i = 0; i < count; i += 1) {
    const from = values[Math.floor((i * values.length) / count)];
    const to = values[Math.floor(((i + 1) * values.length) / count) - 1];
    classes.push({ from, to, colour: RAMP[i] });
  }
  return classes;
}

function intervalColour(zone) {
  const classes = Patrol.classes;
  return (classes.find((c) => zone.revisit_s <= c.to) || classes[classes.length - 1]).colour;
}

/** Return the colour of a zone by time since its last visit, as a share of its interval. */
function idleColour(share) {
  if (share === null) return ASLEEP;
  if (share > 1.0001) return LATE;
  return IDLE_RAMP[Math.min(IDLE_RAMP.length - 1, Math.floor(share * IDLE_RAMP.length))];
}

function zoneColour(zone, index) {
  if (Patrol.state.colourBy === "idle" && !zone.unserved) {
    return idleColour(idleShare(index, Patrol.state.t));
  }
  return intervalColour(zone);
}

function isSelected(kind, index) {
  const selected = Patrol.state.selected;
  return selected !== null && selected.kind === kind && selected.index === index;
}

/** Return the station whose routes stand out, or null for all. */
function stationInFocus() {
  const selected = Patrol.state.selected;
  if (selected === null) return null;
  if (selected.kind === "station") return selected.index;
  if (selected.kind === "route") return Patrol.data.plan.routes[selected.index].station;
  return null;
}

/** Return whether a route stands out: chosen itself, of the station, or over the zone. */
function standsOut(route, index) {
  const selected = Patrol.state.selected;
  if (selected === null || selected.kind === "airspace") return true;
  if (selected.kind === "route") return selected.index === index;
  if (selected.kind === "station") return selected.index === route.station;
  return Patrol.visitors[selected.index].has(index);
}

function paintBase(context, view) {
  const data = Patrol.data;
  const land = data.boundary.length ? data.boundary : data.districts.map((d) => d.shape);
  for (const shape of land) {
    trace(context, view, shape.rings, true);
    context.fillStyle = "#fbfaf6";
    context.fill("evenodd");
  }
  context.lineJoin = context.lineCap = "round";
  for (const water of data.water) {
    trace(context, view, water.shape.rings, water.area);
    context.strokeStyle = "#a9cbe2";
    context.lineWidth = view.zoom < 11 ? 1.6 : 3;
    context.stroke();
    if (water.area) {
      context.fillStyle = "#cfe2ef";
      context.fill("evenodd");
    }
  }
}

function paintDistricts(context, view) {
  for (const district of Patrol.data.districts) {
    trace(context, view, district.shape.rings, true);
    context.strokeStyle = "#8d98a3";
    context.lineWidth = 1;
    context.setLineDash([6, 4]);
    context.stroke();
  }
  context.setLineDash([]);
  if (view.zoom > 11.5) return;
  context.font = `600 ${view.zoom < 9 ? 12 : 13}px ${FONT}`;
  context.textAlign = "center";
  const mark = view.zoom < 10 ? 9 : 14;
  const taken = Patrol.data.stations.map(({ world }) => ({
    x: world[0] * view.scale - view.x,
    y: world[1] * view.scale - view.y,
    half: mark,
    high: mark,
  }));
  for (const district of Patrol.data.districts) {
    const x = district.world[0] * view.scale - view.x;
    const middle = district.world[1] * view.scale - view.y;
    const half = context.measureText(district.name).width / 2;
    const free = (y) =>
      taken.every((t) => Math.abs(t.x - x) > t.half + half || Math.abs(t.y - y) > t.high + 9);
    const y = [0, 14, -14, 28, -28].map((step) => middle + step).find(free);
    if (y === undefined) continue;
    taken.push({ x, y, half, high: 9 });
    label(context, district.name, x, y + 4, "#6b7783");
  }
}

const BUILDINGS = { closing: "#a3521f", hiding: "#b9aea6" };
const DOT = 2;
const EDGED = 14;

/** Draw buildings, all of a kind in one path; one that would hardly show as a dot. */
function paintBuildings(context, view) {
  for (const kind of ["hiding", "closing"]) {
    context.beginPath();
    for (const { closes, shape } of Patrol.data.buildings) {
      if (closes !== (kind === "closing") || !visible(shape.box, view)) continue;
      const [left, top, right, bottom] = shape.box;
      if (Math.max(right - left, bottom - top) * view.scale < DOT) {
        context.rect(left * view.scale - view.x, top * view.scale - view.y, DOT, DOT);
      } else extend(context, view, shape.rings, true);
    }
    context.fillStyle = BUILDINGS[kind];
    context.fill("evenodd");
    if (view.zoom < EDGED) continue;
    context.strokeStyle = "rgba(255,255,255,0.85)";
    context.lineWidth = 0.8;
    context.stroke();
  }
}

/** Draw a zone in its colour; a line wide, a sweep in lanes, a watch filled. */
function zoneStyle(context, kind, colour, zoom, fill, stroke) {
  context.setLineDash([]);
  if (kind === "line") {
    context.lineCap = "round";
    context.strokeStyle = colour;
    context.lineWidth = zoom < 10 ? 3.5 : zoom < 13 ? 6 : 9;
    stroke();
    context.strokeStyle = "rgba(255,255,255,0.85)";
    context.lineWidth = 1.2;
    stroke();
    context.lineCap = "butt";
    return;
  }
  if (kind === "sweep") {
    context.fillStyle = "rgba(255,255,255,0.55)";
    fill();
    context.fillStyle = texture(context, "lanes", colour);
    fill();
    context.strokeStyle = colour;
    context.lineWidth = 1.6;
    stroke();
    return;
  }
  context.globalAlpha = 0.88;
  context.fillStyle = colour;
  fill();
  context.globalAlpha = 1;
  context.strokeStyle = "rgba(255,255,255,0.9)";
  context.lineWidth = zoom < 10.5 ? 0.4 : 1;
  stroke();
}

function paintZones(context, view) {
  context.lineJoin = "round";
  const late = [];
  Patrol.data.zones.forEach((zone, index) => {
    if (!visible(zone.shape.box, view)) return;
    const closed = zone.kind !== "line";
    trace(context, view, zone.shape.rings, closed);
    const colour = zoneColour(zone, index);
    const fill = () => context.fill("evenodd");
    zoneStyle(context, zone.kind, colour, view.zoom, fill, () => context.stroke());
    if (zone.unserved || isSelected("zone", index)) late.push([zone, index]);
  });
  for (const [zone, index] of late) {
    trace(context, view, zone.shape.rings, zone.kind !== "line");
    if (zone.unserved) {
      context.setLineDash([5, 3]);
      context.strokeStyle = ALERT;
      context.lineWidth = 2;
      context.stroke();
      context.setLineDash([]);
      unservedMark(
        context,
        zone.world[0] * view.scale - view.x,
        zone.world[1] * view.scale - view.y,
      );
    }
    if (isSelected("zone", index)) {
      trace(context, view, zone.shape.rings, zone.kind !== "line");
      context.strokeStyle = INK;
      context.lineWidth = 3;
      context.stroke();
    }
  }
}

function unservedMark(context, x, y) {
  context.beginPath();
  context.arc(x, y, 7.5, 0, 2 * Math.PI);
  context.fillStyle = "#fff";
  context.fill();
  context.strokeStyle = ALERT;
  context.lineWidth = 2;
  context.stroke();
  context.beginPath();
  for (const slope of [1, -1]) {
    context.moveTo(x - 3, y - 3 * slope);
    context.lineTo(x + 3, y + 3 * slope);
  }
  context.stroke();
}

/** Return the colour of a place where nine of ten calls are answered in a time. */
function responseColour(p90_s) {
  const step = RESPONSE_S.findIndex((limit) => p90_s >= 0 && p90_s <= limit);
  return step < 0 ? LATE : RESPONSE_RAMP[step];
}

function paintResponse(context, view) {
  const response = Patrol.data.plan && Patrol.data.plan.response;
  context.globalAlpha = 0.8;
  for (const { box, p90_s } of response ? response.cells : []) {
    if (!visible(box, view)) continue;
    const [left, top] = [box[0] * view.scale - view.x, box[1] * view.scale - view.y];
    const side = (box[2] - box[0]) * view.scale;
    context.fillStyle = responseColour(p90_s);
    context.fillRect(left, top, side, side);
  }
  context.globalAlpha = 1;
}

/** Return how strongly airspace is drawn: fully, faintly, or its edge alone. */
function airspaceWeight(space) {
  if (space.granted || space.lower_m > Patrol.data.ceiling_m) return 0;
  const asleep =
    space.windows !== null &&
    !space.windows.some(([a, b]) => a <= Patrol.state.t && Patrol.state.t <= b);
  if (asleep) return 0;
  return space.lower_m <= Patrol.data.floor_m || space.kind === "privacy" ? 1 : 0.45;
}

function paintAirspace(context, view) {
  Patrol.data.airspace.forEach((space, index) => {
    if (!visible(space.shape.box, view)) return;
    const style = AIRSPACE[space.kind];
    const weight = airspaceWeight(space);
    trace(context, view, space.shape.rings, true);
    if (weight > 0) {
      context.globalAlpha = 0.42 * weight;
      context.fillStyle = texture(context, style.fill, style.colour);
      context.fill("evenodd");
    }
    context.globalAlpha = weight > 0 ? 0.9 : 0.45;
    context.strokeStyle = style.colour;
    context.lineCap = space.kind === "privacy" ? "round" : "butt";
    context.lineWidth = isSelected("airspace", index) ? 3 : space.kind === "privacy" ? 2 : 1.3;
    context.setLineDash(style.dash);
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
  });
}

/** Draw heads along a path, one about every `every` pixels. */
function arrows(context, view, line, colour, every, size) {
  let walked = every / 2;
  for (let i = 0; i + 3 < line.length; i += 2) {
    const x = line[i] * view.scale - view.x;
    const y = line[i + 1] * view.scale - view.y;
    const dx = line[i + 2] * view.scale - view.x - x;
    const dy = line[i + 3] * view.scale - view.y - y;
    const length = Math.hypot(dx, dy);
    while (walked < length) {
      const share = walked / length;
      head(context, x + share * dx, y + share * dy, Math.atan2(dy, dx), size);
      walked += every;
    }
    walked -= length;
  }
  context.fillStyle = colour;
  context.strokeStyle = "#fff";
  context.lineWidth = 1;
}

function head(context, x, y, heading, size) {
  const [c, s] = [Math.cos(heading) * size, Math.sin(heading) * size];
  context.moveTo(x + c, y + s);
  context.lineTo(x - c * 0.8 - s * 0.75, y - s * 0.8 + c * 0.75);
  context.lineTo(x - c * 0.8 + s * 0.75, y - s * 0.8 - c * 0.75);
  context.closePath();
}

/** Draw white dashes on the line of a fixed route, which was traced just now. */
function fixedMark(context, width) {
  context.strokeStyle = "#fff";
  context.lineWidth = width;
  context.setLineDash([4, 5]);
  context.stroke();
  context.setLineDash([]);
}

function paintRoutes(context, view) {
  const routes = Patrol.data.plan ? Patrol.data.plan.routes : [];
  const focused = Patrol.state.selected !== null && Patrol.state.selected.kind !== "airspace";
  context.lineJoin = context.lineCap = "round";
  const order = routes
    .map((route, index) => ({ route, out: standsOut(route, index) }))
    .sort((a, b) => a.out - b.out);
  for (const { route, out } of order) {
    if (!visible(route.box, view)) continue;
    const colour = out ? stationColour(route.station) : GREYED;
    const faint = !out || (!focused && Patrol.state.colourBy === "idle");
    trace(context, view, [route.line], false);
    if (!faint) {
      context.strokeStyle = "rgba(255,255,255,0.75)";
      context.lineWidth = focused ? 5 : 3;
      context.stroke();
    }
    context.globalAlpha = faint ? 0.5 : 1;
    context.strokeStyle = colour;
    context.lineWidth = faint ? 1 : focused ? 2.4 : 1.5;
    context.stroke();
    if (route.fixed) fixedMark(context, faint ? 0.4 : 1);
    context.globalAlpha = 1;
    if (faint || (!focused && view.zoom < 10.5)) continue;
    context.beginPath();
    arrows(context, view, route.line, colour, focused ? 70 : 110, focused ? 6 : 4.5);
    context.stroke();
    context.fill();
  }
  const selected = Patrol.state.selected;
  if (selected !== null && selected.kind === "route") paintStops(context, view, selected.index);
}

/** Number the stops of the chosen route in the order flown. */
function paintStops(context, view, index) {
  const route = Patrol.data.plan.routes[index];
  context.font = `700 10px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  route.stops.forEach(([, enter, exit], i) => {
    const place = placeOn(route, (enter + exit) / 2);
    const x = place.x * view.scale - view.x;
    const y = place.y * view.scale - view.y;
    context.beginPath();
    context.arc(x, y, 8, 0, 2 * Math.PI);
    context.fillStyle = "#fff";
    context.fill();
    context.strokeStyle = stationColour(route.station);
    context.lineWidth = 2;
    context.stroke();
    context.fillStyle = INK;
    context.fillText(String(i + 1), x, y + 0.5);
  });
  context.textBaseline = "alphabetic";
}

function stationColour(index) {
  const station = Patrol.data.stations[index];
  return station ? station.colour : INK;
}

/** Return a station's marker: its colour, its count of drones, a star for a team. */
function stationIcon(station, hasTeam) {
  const dot = element("span", { class: "station-dot", text: String(station.drones) });
  dot.style.backgroundColor = station.colour;
  const node = element("span", { class: "station-pin" }, dot);
  if (hasTeam) node.append(element("span", { class: "station-team", text: "★" }));
  node.append(element("span", { class: "station-name", text: shortName(station) }));
  return L.divIcon({ html: node, className: "station-icon", iconSize: [26, 26] });
}

function shortName(station) {
  return station.name.length > 14 ? station.id : station.name;
}
