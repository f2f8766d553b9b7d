"use strict";
// Unpack shapes and paths, and find what lies under the pointer. Coordinates are
// those of the Mercator world at zoom 0: a square of 256 units.

const DIGITS = new Map(
  [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"].map((c, i) => [c, i]),
);

/** Return rows of `columns` integers from packed text; the inverse of compact.py. */
function unpack(text, columns) {
  const rows = [];
  const sums = new Array(columns).fill(0);
  let at = 0;
  while (at < text.length) {
    for (let c = 0; c < columns; c += 1) {
      let value = 0;
      let weight = 1;
      let digit;
      do {
        digit = DIGITS.get(text[at]);
        value += (digit & 31) * weight;
        weight *= 32;
        at += 1;
      } while (digit & 32);
      sums[c] += value % 2 ? -(value + 1) / 2 : value / 2;
    }
    rows.push(sums.slice());
  }
  return rows;
}

/** Return [x, y] of the world of [lon, lat] degrees. */
function toWorld(lon, lat) {
  const s = Math.sin((lat * Math.PI) / 180);
  return [((lon + 180) / 360) * 256, (0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI)) * 256];
}

/** Return a flat [x0, y0, x1, y1, ...] of rows that start with lon, lat in 1e-5 degrees. */
function worldLine(rows) {
  const flat = new Float64Array(rows.length * 2);
  rows.forEach((row, i) => flat.set(toWorld(row[0] / 1e5, row[1] / 1e5), i * 2));
  return flat;
}

/** Return the box [left, top, right, bottom] of flat lines. */
function boxOf(lines) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const line of lines) {
    for (let i = 0; i < line.length; i += 2) {
      box[0] = Math.min(box[0], line[i]);
      box[1] = Math.min(box[1], line[i + 1]);
      box[2] = Math.max(box[2], line[i]);
      box[3] = Math.max(box[3], line[i + 1]);
    }
  }
  return box;
}

/** Return a shape to draw: its rings as flat lines, and its box. */
function unpackShape(parts) {
  const rings = parts.flat().map((ring) => worldLine(unpack(ring, 2)));
  return { rings, box: boxOf(rings) };
}

/** Return whether a point lies in rings, by the even-odd rule. */
function inside(rings, x, y) {
  let odd = false;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const crosses = ring[i + 1] > y !== ring[j + 1] > y;
      if (!crosses) continue;
      const share = (y - ring[i + 1]) / (ring[j + 1] - ring[i + 1]);
      if (x < ring[i] + share * (ring[j] - ring[i])) odd = !odd;
    }
  }
  return odd;
}

/** Return the distance from a point to a flat line. */
function distanceTo(line, x, y) {
  let best = Infinity;
  for (let i = 0; i + 3 < line.length; i += 2) {
    const dx = line[i + 2] - line[i];
    const dy = line[i + 3] - line[i + 1];
    const length2 = dx * dx + dy * dy;
    let share = length2 ? ((x - line[i]) * dx + (y - line[i + 1]) * dy) / length2 : 0;
    share = Math.max(0, Math.min(1, share));
    best = Math.min(best, Math.hypot(line[i] + share * dx - x, line[i + 1] + share * dy - y));
  }
  return best;
}

function near(box, x, y, reach) {
  return x >= box[0] - reach && x <= box[2] + reach && y >= box[1] - reach && y <= box[3] + reach;
}

const EQUATOR_M = 40075016.686;

/** Return the cell, a square of so many metres, round a place in 1e-5 degrees. */
function unpackCell([lon, lat, p90_s], spacing_m) {
  const [x, y] = toWorld(lon / 1e5, lat / 1e5);
  const half = (128 * spacing_m) / EQUATOR_M / Math.cos((lat / 1e5 / 180) * Math.PI);
  return { box: [x - half, y - half, x + half, y + half], p90_s };
}

/** Unpack the shapes of all objects, once. */
function unpackWorld(data) {
  data.boundary = data.boundary.map(unpackShape);
  for (const water of data.water) water.shape = unpackShape(water.shape);
  for (const list of [data.districts, data.zones, data.airspace, data.buildings]) {
    for (const item of list) item.shape = unpackShape(item.shape);
  }
  for (const list of [data.districts, data.zones, data.stations]) {
    for (const item of list) item.world = toWorld(item.at[0], item.at[1]);
  }
  const response = data.plan && data.plan.response;
  if (response) {
    response.cells = unpack(response.cells, 3).map((row) => unpackCell(row, response.spacing_m));
  }
  for (const route of data.plan ? data.plan.routes : []) {
    const rows = unpack(route.path, 4);
    route.line = worldLine(rows);
    route.height_m = rows.map((row) => row[2]);
    route.t_s = rows.map((row) => row[3] / 10);
    route.box = boxOf([route.line]);
  }
}

/** Return the place on a route `t` seconds after take-off: x, y, height, heading. */
function placeOn(route, t) {
  const times = route.t_s;
  let low = 0;
  let high = times.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times[middle] <= t) low = middle;
    else high = middle;
  }
  const span = times[high] - times[low];
  const share = span > 0 ? Math.max(0, Math.min(1, (t - times[low]) / span)) : 0;
  const line = route.line;
  const dx = line[high * 2] - line[low * 2];
  const dy = line[high * 2 + 1] - line[low * 2 + 1];
  return {
    x: line[low * 2] + share * dx,
    y: line[low * 2 + 1] + share * dy,
    height_m: route.height_m[low] + share * (route.height_m[high] - route.height_m[low]),
    moving: dx !== 0 || dy !== 0,
    heading: Math.atan2(dy, dx),
  };
}

/** Return everything under a point of the world, the smallest kind first. */
function under(x, y, reach, shown) {
  const data = Patrol.data;
  const found = [];
  const routes = data.plan && shown("routes") ? data.plan.routes : [];
  routes.forEach((route, index) => {
    if (near(route.box, x, y, reach) && distanceTo(route.line, x, y) <= reach) {
      found.push({ kind: "route", index });
    }
  });
  const closed = (item) => inside(item.shape.rings, x, y);
  data.zones.forEach((zone, index) => {
    if (!shown("zones") || !near(zone.shape.box, x, y, reach)) return;
    const hit =
      zone.kind === "line"
        ? zone.shape.rings.some((line) => distanceTo(line, x, y) <= reach)
        : closed(zone);
    if (hit) found.push({ kind: "zone", index });
  });
  data.airspace.forEach((space, index) => {
    if (shown("airspace") && near(space.shape.box, x, y, 0) && closed(space)) {
      found.push({ kind: "airspace", index });
    }
  });
  return found;
}
