"use strict";
// Who flies when, and when each zone was seen last. Times in seconds from the
// start of the horizon.

/** Unpack the sorties and derive what the cards and the player ask for. */
function unpackFlights(data) {
  Patrol.visitors = data.zones.map(() => new Map()); // zone: route to first offset [s]
  Patrol.targetsOf = data.zones.map(() => new Set());
  Patrol.routesAt = new Map(); // target: route to offset of the visit [s]
  Patrol.visits = new Map(); // target: times of completed visits
  if (!data.plan) return;
  const { routes, drones, unserved } = data.plan;
  for (const entry of unserved) data.zones[entry.zone].unserved = entry;
  routes.forEach((route, index) => {
    route.sorties = [];
    route.drones = new Set();
    for (const [zones, , exit, target] of route.stops) {
      for (const zone of zones) {
        if (!Patrol.visitors[zone].has(index)) Patrol.visitors[zone].set(index, exit);
        Patrol.targetsOf[zone].add(target);
      }
      if (!Patrol.routesAt.has(target)) Patrol.routesAt.set(target, new Map());
      Patrol.routesAt.get(target).set(index, exit);
    }
  });
  for (const turn of data.plan.turns) {
    for (const index of turn.routes) routes[index].turn = turn;
  }
  drones.forEach((drone, index) => {
    drone.sorties = unpack(drone.sorties, 4).map(([route, takeoff, landing, ready]) => ({
      drone: index,
      route,
      takeoff,
      landing,
      ready,
    }));
    drone.sorties.sort((a, b) => a.takeoff - b.takeoff);
    for (const sortie of drone.sorties) {
      routes[sortie.route].sorties.push(sortie);
      routes[sortie.route].drones.add(index);
      for (const [, , exit, target] of routes[sortie.route].stops) {
        if (!Patrol.visits.has(target)) Patrol.visits.set(target, []);
        Patrol.visits.get(target).push(sortie.takeoff + exit);
      }
    }
  });
  for (const route of routes) route.sorties.sort((a, b) => a.takeoff - b.takeoff);
  for (const times of Patrol.visits.values()) times.sort((a, b) => a - b);
}

/** Return the position of the last entry at or before `t`, or -1. */
function lastBefore(count, valueAt, t) {
  let low = -1;
  let high = count;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (valueAt(middle) <= t) low = middle;
    else high = middle;
  }
  return low;
}

/** Return the sortie that a drone flies or recovers from at `t`, or null. */
function sortieAt(drone, t) {
  const at = lastBefore(drone.sorties.length, (i) => drone.sorties[i].takeoff, t);
  if (at < 0 || t >= drone.sorties[at].ready) return null;
  return drone.sorties[at];
}

/** Return the drones in the air at `t`, with where they are. */
function airborne(t) {
  const found = [];
  const { drones, routes } = Patrol.data.plan;
  drones.forEach((drone, index) => {
    const sortie = sortieAt(drone, t);
    if (sortie === null || t >= sortie.landing) return;
    const route = routes[sortie.route];
    found.push({ index, drone, sortie, route, place: placeOn(route, t - sortie.takeoff) });
  });
  return found;
}

/** Return the time since a zone was last wholly seen as a share of its interval; null asleep. */
function idleShare(index, t) {
  const zone = Patrol.data.zones[index];
  const open = zone.windows.find(([start, end]) => start <= t && t <= end);
  if (!open) return null;
  let longest = 0;
  for (const target of Patrol.targetsOf[index]) {
    const times = Patrol.visits.get(target) || [];
    const at = lastBefore(times.length, (i) => times[i], t);
    longest = Math.max(longest, t - Math.max(open[0], at < 0 ? open[0] : times[at]));
  }
  return longest / zone.revisit_s;
}

/** Return the longest gap between visits of any target of a zone in its windows [s]. */
function worstGap(index) {
  const zone = Patrol.data.zones[index];
  let worst = 0;
  for (const target of Patrol.targetsOf[index]) {
    const times = Patrol.visits.get(target) || [];
    for (const [start, end] of zone.windows) {
      let last = start;
      for (const time of times) {
        if (time < start || time > end) continue;
        worst = Math.max(worst, time - last);
        last = time;
      }
      worst = Math.max(worst, end - last);
    }
  }
  return worst;
}

/** Return up to `count` take-offs after `t` of some routes, the soonest first. */
function nextTakeoffs(routeIndices, t, count) {
  const next = [];
  for (const index of routeIndices) {
    const { sorties } = Patrol.data.plan.routes[index];
    const at = lastBefore(sorties.length, (i) => sorties[i].takeoff, t);
    next.push(...sorties.slice(at + 1, at + 1 + count));
  }
  return next.sort((a, b) => a.takeoff - b.takeoff).slice(0, count);
}

/**
 * Return how often a target is visited by all routes of one headway together: the
 * longest time between two visits in a row while all are flown, in whole seconds.
 */
function visitedEvery(target, headway_s) {
  const times = [];
  for (const [index, offset] of Patrol.routesAt.get(target)) {
    const route = Patrol.data.plan.routes[index];
    if (route.headway_s === headway_s) times.push((route.phase_s + offset) % headway_s);
  }
  times.sort((a, b) => a - b);
  times.push(times[0] + headway_s);
  return Math.round(Math.max(...times.slice(1).map((time, i) => time - times[i])));
}

/**
 * Return who comes by at a zone: lists of routes that visit some target together, in
 * the order of their clocks, each with how often the target is visited [s].
 */
function callersOf(zone) {
  const { routes } = Patrol.data.plan;
  const found = new Map();
  for (const target of Patrol.targetsOf[zone]) {
    const callers = [...Patrol.routesAt.get(target).keys()];
    for (const headway_s of new Set(callers.map((index) => routes[index].headway_s))) {
      const together = callers.filter((index) => routes[index].headway_s === headway_s);
      together.sort((a, b) => routes[a].phase_s - routes[b].phase_s);
      const every_s = visitedEvery(target, headway_s);
      const known = found.get(together.join());
      if (known) known.every_s = Math.max(known.every_s, every_s);
      else found.set(together.join(), { routes: together, every_s });
    }
  }
  return [...found.values()];
}
