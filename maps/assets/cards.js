"use strict";
// What is told of the thing that was chosen.

function card(kind, title, subtitle, ...children) {
  const close = element("button", {
    type: "button",
    class: "close",
    text: "×",
    "aria-label": say("close"),
    on: { click: () => select(null) },
  });
  const head = element(
    "header",
    {},
    element("p", { class: "kind", text: kind }),
    close,
    element("h2", { text: title }),
    subtitle ? element("p", { class: "subtitle", text: subtitle }) : null,
  );
  return element("article", { class: "card" }, head, ...children);
}

function facts(rows) {
  const list = element("dl", { class: "facts" });
  for (const [key, value] of rows.filter((row) => row !== null)) {
    const told = element("dd");
    told.append(value);
    list.append(element("div", {}, element("dt", { text: say(key) }), told));
  }
  return list;
}

function section(key, ...children) {
  return element("section", {}, element("h3", { text: say(key) }), ...children);
}

/** Return a button that chooses something. */
function link(kind, index, text, note = "", colour = null) {
  const swatch = colour ? element("i", { class: "swatch" }) : null;
  if (swatch) swatch.style.backgroundColor = colour;
  const name = element("span", { class: "name", text });
  const more = note ? element("span", { class: "note", text: note }) : null;
  const attributes = { type: "button", class: "row", on: { click: () => select(kind, index, true) } };
  return element("button", attributes, swatch, name, more);
}

function routeLink(index, note) {
  const route = Patrol.data.plan.routes[index];
  return link("route", index, route.id, note, stationColour(route.station));
}

/** Return the line above routes that are flown in turn. */
function inTurn(key, every_s) {
  return element("p", { class: "turn", text: say(key, { interval: minutes(every_s) }) });
}

/** Return the first take-off of a route that is flown, as a clock time. */
function firstTakeoff(route) {
  return route.sorties.length ? clock(route.sorties[0].takeoff) : say("none");
}

const routesOf = (station) =>
  (Patrol.data.plan ? Patrol.data.plan.routes : [])
    .map((route, index) => [route, index])
    .filter(([route]) => route.station === station);

function stationCard(index) {
  const station = Patrol.data.stations[index];
  const team = Patrol.data.teams.find((t) => t.station === station.id);
  const made = card(say("station"), station.name, station.id);
  made.append(
    facts([
      station.district ? ["district", station.district] : null,
      ["drones_and_pads", say("drones_pads_value", { drones: station.drones, pads: station.pads })],
      ["model", station.model],
      team ? ["team", team.name] : null,
    ]),
  );
  if (!Patrol.data.plan) return made;
  const own = routesOf(index);
  made.append(section("fleet_now", fleetList(index)));
  const next = element("div", { class: "rows" });
  made.append(section("next_takeoffs", next));
  const tell = () => {
    const coming = nextTakeoffs(own.map(([, i]) => i), Patrol.state.t, 6);
    next.replaceChildren(
      ...coming.map((s) =>
        routeLink(s.route, `${clock(s.takeoff)} · ${Patrol.data.plan.drones[s.drone].id}`),
      ),
    );
    if (!coming.length) next.append(element("p", { class: "none", text: say("none") }));
  };
  tell();
  live(tell);
  made.append(section("routes", ...routeBlocks(own.map(([, i]) => i))));
  return made;
}

/** Return rows of routes; those flown in turn stand together under a line that says so. */
function routeBlocks(indices) {
  const { routes } = Patrol.data.plan;
  const row = (i) => {
    const { headway_s, duration_s } = routes[i];
    const times = { headway: minutes(headway_s), duration: stopwatch(duration_s) };
    return routeLink(i, say("route_note", times));
  };
  const told = new Set();
  const blocks = [];
  for (const i of indices) {
    const { turn } = routes[i];
    if (!turn) blocks.push(element("div", { class: "rows" }, row(i)));
    else if (!told.has(turn)) {
      told.add(turn);
      const line = inTurn("in_turn", turn.every_s);
      blocks.push(element("div", { class: "rows together" }, line, ...turn.routes.map(row)));
    }
  }
  return blocks;
}

/** Return the drones of a station with what each does now. */
function fleetList(stationIndex) {
  const station = Patrol.data.stations[stationIndex];
  const known = Patrol.data.plan.drones.filter((d) => d.station === stationIndex);
  const names = new Set(known.map((d) => d.id));
  for (let n = 1; n <= station.drones; n += 1) names.add(`${station.id}-${n}`);
  const list = element("ul", { class: "fleet" });
  const states = [];
  for (const name of [...names].sort((a, b) => a.localeCompare(b, "en", { numeric: true }))) {
    const state = element("span", { class: "note" });
    const item = element("li", {}, element("span", { class: "name", text: name }), state);
    list.append(item);
    states.push([item, state, known.find((d) => d.id === name)]);
  }
  const tell = () => {
    const t = Patrol.state.t;
    for (const [item, state, drone] of states) {
      const sortie = drone ? sortieAt(drone, t) : null;
      item.className = !sortie ? "ready" : t < sortie.landing ? "flying" : "charging";
      if (!drone) state.textContent = say("kept_ready");
      else if (!sortie) state.textContent = say("ready");
      else if (t < sortie.landing) {
        const route = Patrol.data.plan.routes[sortie.route].id;
        state.textContent = say("flying", { route, until: clock(sortie.landing) });
      } else state.textContent = say("charging", { until: clock(sortie.ready) });
    }
  };
  tell();
  live(tell);
  return list;
}

function routeCard(index) {
  const route = Patrol.data.plan.routes[index];
  const station = Patrol.data.stations[route.station];
  const end = Patrol.data.stations[route.ends_at];
  const drones = [...route.drones].map((d) => Patrol.data.plan.drones[d].id).sort();
  const kind = say(route.fixed ? "fixed_route" : "route");
  const made = card(kind, route.id, station ? station.name : "");
  made.append(
    facts([
      ["headway", minutes(route.headway_s)],
      ["duration", minutes(route.duration_s)],
      route.reserve_s === null ? null : ["landing_reserve", stopwatch(route.reserve_s)],
      ["layer", say("metres", { n: number(route.layer_m) })],
      ["first_takeoff", firstTakeoff(route)],
      ["sorties", number(route.sorties.length)],
      ["drones", drones.join(", ") || say("none")],
      end ? ["lands_at", `${end.name} ${end.id}`] : null,
    ]),
  );
  if (station) {
    const note = say("drones_value", { n: station.drones });
    const row = link("station", route.station, station.name, note, station.colour);
    made.append(section("station", element("div", { class: "rows" }, row)));
  }
  if (route.turn) {
    const others = route.turn.routes.filter((i) => i !== index);
    const rows = others.map((i) => {
      const first = firstTakeoff(Patrol.data.plan.routes[i]);
      return routeLink(i, say("first_note", { first }));
    });
    const line = inTurn("in_turn_with", route.turn.every_s);
    made.append(element("div", { class: "rows together" }, line, ...rows));
  }
  made.append(section("stops", stopList(route)));
  const times = route.sorties.map((sortie) => clock(sortie.takeoff)).join("  ");
  const more = element("details", {}, element("summary", { text: say("takeoffs") }));
  more.append(element("p", { class: "times", text: times }));
  made.append(more);
  return made;
}

/** Return the stops of a route; stops in a row for the same zones are told as one. */
function stopList(route) {
  const runs = [];
  route.stops.forEach(([zones, enter, , target], i) => {
    const every = route.turn ? visitedEvery(target, route.headway_s) : null;
    const last = runs[runs.length - 1];
    if (last && last.zones.join() === zones.join() && last.every === every) last.to = i + 1;
    else runs.push({ zones, enter, every, from: i + 1, to: i + 1 });
  });
  const list = element("ol", { class: "stops" });
  for (const { zones, enter, every, from, to } of runs) {
    const rows = element("div", { class: "rows" });
    for (const zone of zones) {
      rows.append(link("zone", zone, Patrol.data.zones[zone].id, Patrol.data.zones[zone].name));
    }
    if (every !== null) {
      const text = say("every", { interval: minutes(every) });
      rows.append(element("p", { class: "every", text }));
    }
    const marked = element("span", { class: "mark", text: from === to ? from : `${from}–${to}` });
    const offset = element("span", { class: "offset", text: "+" + stopwatch(enter) });
    list.append(element("li", {}, marked, offset, rows));
  }
  return list;
}

function zoneCard(index) {
  const zone = Patrol.data.zones[index];
  const size =
    zone.kind === "line"
      ? say("kilometres", { n: number(zone.length_m / 1000, 1) })
      : say("square_kilometres", { n: number(zone.area_m2 / 1e6, 2) });
  const made = card(say("zone_" + zone.kind), zone.name || zone.id, zone.id);
  made.append(
    facts([
      zone.district ? ["district", zone.district] : null,
      ["revisit", minutes(zone.revisit_s)],
      ["active", zone.windows.map(windowText).join(", ") || say("none")],
      ["priority", number(zone.priority, zone.priority % 1 ? 1 : 0)],
      ["size", size],
    ]),
  );
  if (zone.unserved) {
    const told = zone.unserved[Patrol.language];
    const box = element("div", { class: "alert" }, element("strong", { text: say("unserved_zone") }));
    box.append(element("p", { text: told.reason || zone.unserved.code }));
    if (told.remedy) box.append(element("p", { class: "remedy", text: told.remedy }));
    made.append(box);
    return made;
  }
  if (!Patrol.data.plan) return made;
  const now = element("dd");
  const gap = worstGap(index);
  const rows = facts([["worst_gap", `${stopwatch(gap)} (${percent(gap / zone.revisit_s)})`]]);
  rows.append(element("div", {}, element("dt", { text: say("since_last") }), now));
  const tell = () => {
    const share = idleShare(index, Patrol.state.t);
    now.textContent = share === null ? say("asleep") : stopwatch(share * zone.revisit_s);
  };
  tell();
  live(tell);
  made.append(rows);
  made.append(section("visited_by", ...callersOf(index).map((callers) => callerRows(index, callers))));
  return made;
}

/** Return rows of the routes that visit some target of a zone together. */
function callerRows(zone, { routes, every_s }) {
  const note = (route) => {
    const offset = stopwatch(Patrol.visitors[zone].get(route));
    if (routes.length === 1) return say("visit_note", { offset, headway: minutes(every_s) });
    return say("first_note", { first: firstTakeoff(Patrol.data.plan.routes[route]) });
  };
  const rows = routes.map((route) => routeLink(route, note(route)));
  if (routes.length === 1) return element("div", { class: "rows" }, ...rows);
  return element("div", { class: "rows together" }, inTurn("visited_in_turn", every_s), ...rows);
}

function airspaceCard(index) {
  const space = Patrol.data.airspace[index];
  const made = card(say("airspace_" + space.kind), space.name || space.id, space.id);
  const lower = number(space.lower_m);
  const heights =
    space.upper_m === null
      ? say("heights_open", { lower })
      : say("heights_value", { lower, upper: number(space.upper_m) });
  made.append(
    facts([
      ["heights", heights],
      ["holds", space.windows === null ? say("always") : space.windows.map(windowText).join(", ")],
      space.reason
        ? ["reason", knows("reason_" + space.reason) ? say("reason_" + space.reason) : space.reason]
        : null,
      space.granted ? ["granted", say("yes")] : null,
    ]),
    element("p", { class: "hint", text: say("airspace_means_" + space.kind) }),
  );
  return made;
}

function overviewCard() {
  const { data } = Patrol;
  const box = element("article", { class: "card overview" });
  const hint = say(data.plan ? "hint" : "hint_no_plan");
  box.append(element("p", { class: "hint", text: hint }));
  if (data.violations && data.violations.length) {
    const rows = data.violations.slice(0, 20).map((violation) => {
      const { rule, text } = violation[Patrol.language];
      const name = element("span", { class: "name", text: rule });
      return element("li", {}, name, element("span", { class: "note", text }));
    });
    box.append(section("violations", element("ul", { class: "fleet" }, ...rows)));
  }
  if (data.plan && data.plan.unserved.length) {
    const rows = data.plan.unserved.map((entry) => {
      const zone = data.zones[entry.zone];
      const row = link("zone", entry.zone, zone.id, zone.name, ALERT);
      row.append(element("span", { class: "why", text: entry[Patrol.language].reason }));
      return row;
    });
    box.append(section("unserved", element("div", { class: "rows" }, ...rows)));
  }
  if (data.plan && data.plan.left_out.length) {
    const rows = data.plan.left_out.map((entry) => {
      const name = element("span", { class: "name", text: entry.route });
      return element("li", {}, name, element("span", { class: "note", text: entry[Patrol.language] }));
    });
    box.append(section("left_out", element("ul", { class: "fleet" }, ...rows)));
  }
  const header = ["district", "stations", "drones", "zones"].map((key) =>
    element("th", { scope: "col", text: say(key) }),
  );
  const body = data.rows.map((row) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, districtName(row)),
      element("td", { text: number(row.stations) }),
      element("td", { text: number(row.drones) }),
      element("td", { text: data.plan ? `${row.served} / ${row.zones}` : number(row.zones) }),
    ),
  );
  box.append(
    section(
      "districts",
      element(
        "table",
        { class: "districts" },
        element("thead", {}, element("tr", {}, ...header)),
        element("tbody", {}, ...body),
      ),
    ),
  );
  return box;
}

/** Return the name of a district, which brings it into view where it has an outline. */
function districtName(row) {
  const index = Patrol.data.districts.findIndex((d) => d.name === row.name);
  if (index < 0) return row.name || say("elsewhere");
  const on = { click: () => bringIntoView("district", index) };
  return element("button", { type: "button", class: "plain", text: row.name, on });
}

/** Offer what else lies under the pointer. */
function alsoHere(found) {
  if (found.length < 2) return null;
  const rows = found.slice(1, 13).map(({ kind, index }) => {
    if (kind === "route") return routeLink(index, say("route"));
    const item = Patrol.data[kind === "zone" ? "zones" : "airspace"][index];
    return link(kind, index, item.id, item.name);
  });
  return element("article", { class: "card also" }, section("also_here", element("div", { class: "rows" }, ...rows)));
}
