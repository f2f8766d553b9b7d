"use strict";
// Search, legend with the layer switches, and the strip of key figures.

/** Ask to be called whenever the shown time moves, until the card changes. */
function live(tell) {
  Patrol.live.push(tell);
}

function showCard() {
  Patrol.live = [];
  const { selected, found } = Patrol.state;
  const make = { station: stationCard, route: routeCard, zone: zoneCard, airspace: airspaceCard };
  const made = selected ? make[selected.kind](selected.index) : overviewCard();
  const also = alsoHere(found);
  const place = document.getElementById("card");
  place.replaceChildren(made, ...(also ? [also] : []));
  place.scrollTop = 0;
}

/** Return up to twelve things whose id or name holds the text. */
function search(text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  const lists = [
    ["station", Patrol.data.stations],
    ["route", Patrol.data.plan ? Patrol.data.plan.routes : []],
    ["zone", Patrol.data.zones],
  ];
  const found = [];
  for (const [kind, list] of lists) {
    list.forEach((item, index) => {
      const name = item.name || "";
      const at = Math.min(
        ...[item.id, name].map((s) => {
          const place = s.toLowerCase().indexOf(wanted);
          return place < 0 ? Infinity : place;
        }),
      );
      if (at < Infinity) found.push({ kind, index, item, at });
    });
  }
  return found.sort((a, b) => a.at - b.at).slice(0, 12);
}

function wireSearch() {
  const box = document.getElementById("search");
  const list = document.getElementById("found");
  const tell = () => {
    const found = search(box.value);
    list.replaceChildren(
      ...found.map(({ kind, index, item }) =>
        link(kind, index, item.id, item.name || say("route")),
      ),
    );
    if (box.value.trim() && !found.length) {
      list.append(element("p", { class: "none", text: say("nothing_found") }));
    }
    list.hidden = !box.value.trim();
  };
  box.addEventListener("input", tell);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && list.querySelector("button")) list.querySelector("button").click();
    if (event.key === "Escape") {
      box.value = "";
      tell();
    }
    if (event.key === "ArrowDown" && list.querySelector("button")) {
      list.querySelector("button").focus();
      event.preventDefault();
    }
  });
  list.addEventListener("click", () => {
    box.value = "";
    tell();
  });
  Patrol.redrawWords.push(tell);
}

/** Return a small canvas with a sample of a style. */
function sample(paint) {
  const canvas = element("canvas", { class: "sample", width: "60", height: "32", "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  context.scale(2, 2);
  paint(context);
  return canvas;
}

function zoneSample(kind, colour) {
  return sample((c) => {
    const box = kind === "line" ? null : [3, 3, 24, 10];
    c.beginPath();
    if (box) c.rect(...box);
    else {
      c.moveTo(4, 11);
      c.lineTo(26, 5);
    }
    zoneStyle(c, kind, colour, 11, () => c.fill(), () => c.stroke());
  });
}

function airspaceSample(kind) {
  const style = AIRSPACE[kind];
  return sample((c) => {
    c.beginPath();
    c.rect(3, 3, 24, 10);
    c.globalAlpha = 0.55;
    c.fillStyle = texture(c, style.fill, style.colour);
    c.fill();
    c.globalAlpha = 1;
    c.strokeStyle = style.colour;
    c.setLineDash(style.dash);
    c.lineWidth = 1.5;
    c.stroke();
  });
}

function colourSample(colour) {
  return sample((c) => {
    c.fillStyle = colour;
    c.fillRect(3, 3, 24, 10);
  });
}

function routeSample() {
  return sample((c) => {
    Patrol.data.stations.slice(0, 3).forEach((station, i) => {
      c.strokeStyle = station.colour;
      c.lineWidth = 2;
      c.beginPath();
      c.moveTo(3, 4 + 4 * i);
      c.lineTo(27, 4 + 4 * i);
      c.stroke();
    });
  });
}

function fixedSample() {
  return sample((c) => {
    c.strokeStyle = Patrol.data.stations[0].colour;
    c.lineWidth = 2.4;
    c.beginPath();
    c.moveTo(3, 8);
    c.lineTo(27, 8);
    c.stroke();
    fixedMark(c, 1.2);
  });
}

function unservedSample() {
  return sample((c) => unservedMark(c, 15, 8));
}

function legendRow(mark, text) {
  return element("li", {}, mark, element("span", { text }));
}

/** Return a group of the legend, with a switch for its layers. */
function legendGroup(key, layers, rows) {
  const box = element("input", { type: "checkbox", on: { change: (e) => toggle(layers, e.target.checked) } });
  box.checked = layers.every((name) => Patrol.map.hasLayer(Patrol.groups[name]));
  box.dataset.layers = layers.join(" ");
  return element(
    "section",
    {},
    element("label", {}, box, element("span", { text: say(key) })),
    element("ul", {}, ...rows),
  );
}

function toggle(layers, on) {
  for (const name of layers) {
    if (on) Patrol.groups[name].addTo(Patrol.map);
    else Patrol.groups[name].remove();
  }
}

function colourChoice() {
  const choices = ["interval", "idle"].map((by) =>
    element("button", {
      type: "button",
      class: "choice",
      text: say("colour_" + by),
      "aria-pressed": String(Patrol.state.colourBy === by),
      on: {
        click: () => {
          Patrol.state.colourBy = by;
          showLegend();
          Patrol.layers.zones.redraw();
          Patrol.layers.routes.redraw();
        },
      },
    }),
  );
  return element("div", { class: "choices", role: "group", "aria-label": say("colour_by") }, ...choices);
}

function zoneColours() {
  if (Patrol.state.colourBy === "idle") {
    const steps = IDLE_RAMP.map((colour, i) =>
      legendRow(colourSample(colour), say("idle_step", { from: i * 20, to: i * 20 + 20 })),
    );
    return [
      ...steps,
      legendRow(colourSample(LATE), say("idle_late")),
      legendRow(colourSample(ASLEEP), say("asleep")),
    ];
  }
  return Patrol.classes.map(({ from, to, colour }) => {
    const text =
      from === to ? minutes(from) : say("interval_range", { from: minutes(from), to: minutes(to) });
    return legendRow(colourSample(colour), say("every", { interval: text }));
  });
}

function buildingRows() {
  return ["closing", "hiding"]
    .filter((kind) => Patrol.data.buildings.some((b) => b.closes === (kind === "closing")))
    .map((kind) => legendRow(colourSample(BUILDINGS[kind]), say("buildings_" + kind)));
}

function showLegend() {
  const { data } = Patrol;
  const kinds = ["watch", "sweep", "line"].filter((kind) => data.zones.some((z) => z.kind === kind));
  const middle = RAMP[1];
  const zones = [
    ...kinds.map((kind) => legendRow(zoneSample(kind, middle), say("zones_" + kind))),
    ...zoneColours(),
  ];
  if (data.plan && data.plan.unserved.length) zones.push(legendRow(unservedSample(), say("unserved")));
  const spaces = Object.keys(AIRSPACE)
    .filter((kind) => data.airspace.some((a) => a.kind === kind))
    .map((kind) => legendRow(airspaceSample(kind), say("airspace_" + kind)));
  const groups = [];
  if (data.plan) {
    const routes = [legendRow(routeSample(), say("colour_station"))];
    if (data.plan.routes.some((route) => route.fixed)) routes.push(legendRow(fixedSample(), say("fixed")));
    groups.push(legendGroup("layer_routes", ["routes"], routes));
    groups.push(legendGroup("layer_drones", ["drones"], []));
  }
  const star = element("span", { class: "team-sample" }, element("span", { class: "station-team", text: "★" }));
  const teams = data.teams.length ? [legendRow(star, say("team_mark"))] : [];
  const zoneGroup = legendGroup("layer_zones", ["zones"], zones);
  if (data.plan) zoneGroup.insertBefore(colourChoice(), zoneGroup.lastChild);
  groups.push(legendGroup("layer_stations", ["stations"], teams), zoneGroup);
  if (data.plan && data.plan.response) {
    const steps = RESPONSE_S.map((limit, i) =>
      legendRow(colourSample(RESPONSE_RAMP[i]), say("response_within", { n: limit })),
    );
    steps.push(legendRow(colourSample(LATE), say("response_later")));
    groups.push(legendGroup("layer_response", ["response"], steps));
  }
  if (spaces.length) groups.push(legendGroup("layer_airspace", ["airspace"], spaces));
  if (data.buildings.length) groups.push(legendGroup("layer_buildings", ["buildings"], buildingRows()));
  groups.push(legendGroup("layer_districts", ["districts"], []));
  groups.push(legendGroup("layer_base", ["base"], []));
  document.getElementById("legend-body").replaceChildren(...groups);
}

/** Return the key figures: name, value, note, and whether it is an alarm. */
function keyFigures() {
  const { data } = Patrol;
  const metrics = data.plan.metrics;
  const has = (key) => typeof metrics[key] === "number";
  const of = (a, b) => (has(a) && has(b) ? `${number(metrics[a])} / ${number(metrics[b])}` : "–");
  const worst = has("worst_idleness_ratio") ? percent(metrics.worst_idleness_ratio) : "–";
  const checked = data.violations !== null;
  const fleet = ["drones_peak", "drones_used", "drones"].map((k) => (has(k) ? metrics[k] : "–"));
  const period = data.plan.peak;
  const left = data.plan.unserved.length;
  return [
    ["kpi_zones", of("zones_served", "zones"), has("priority") ? say("kpi_priority", { share: percent(metrics.priority_served / metrics.priority) }) : "", false],
    ["kpi_idleness", worst, say("kpi_idleness_note"), metrics.worst_idleness_ratio > 1],
    ["kpi_drones", fleet.join(" / "), period ? say("kpi_peak", { period: windowText(period) }) : say("kpi_drones_note"), false],
    ["kpi_reserve", has("min_landing_reserve_s") ? stopwatch(metrics.min_landing_reserve_s) : "–", say("kpi_reserve_note"), metrics.min_landing_reserve_s < 0],
    ["kpi_violations", checked ? number(data.violations.length) : "–", say(checked ? "kpi_checked" : "kpi_unchecked"), checked && data.violations.length > 0],
    ["kpi_unserved", number(left), say("kpi_unserved_note"), left > 0],
  ];
}

function showFigures() {
  const { data } = Patrol;
  const counts = [
    ["count_stations", data.stations.length],
    ["count_drones", data.stations.reduce((sum, s) => sum + s.drones, 0)],
    ["count_districts", data.districts.length],
    ["count_zones", data.zones.length],
    ["count_teams", data.teams.length],
    ["count_routes", data.plan ? data.plan.routes.length : 0],
  ].filter(([, n]) => n > 0);
  document.getElementById("counts").replaceChildren(
    ...counts.map(([key, n]) => element("li", {}, element("b", { text: number(n) }), " " + say(key))),
  );
  document.getElementById("name").textContent = data.name;
  document.getElementById("when").textContent = say("when", {
    date: data.clock.start.slice(0, 10),
    period: windowText([0, data.clock.length_s]),
    zone: data.clock.timezone,
  });
  const strip = document.getElementById("figures");
  strip.hidden = !data.plan;
  if (!data.plan) return;
  strip.replaceChildren(
    ...keyFigures().map(([key, value, note, alarm]) =>
      element(
        "div",
        { class: alarm ? "figure alarm" : "figure" },
        element("dt", { text: say(key) }),
        element("dd", { text: value }),
        element("p", { text: note }),
      ),
    ),
  );
}
