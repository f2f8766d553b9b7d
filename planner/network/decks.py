"""
Group targets by the layers at which they are flown to, where the ground is not flat.

A route keeps one layer, and ground leaves some open here and others there. So each
target is on one deck: one layer or two, open over its own ground and all along the legs
to it. There are legs between targets of one deck only; then every route has a layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.airspace.freespace import FreeSpace
from planner.basics.geometry import FloatArray
from planner.implied.winds import all_winds
from planner.network.links import IntArray, Links, Network, link
from planner.network.reach import aloft_s, task_s
from planner.scenario import Scenario
from planner.targets import Target

_DETOUR = 1.2
"""Times as long as at any height a flight may take for a deck to be the right one."""

_CLEAR_M = 0.4
"""Outlines of obstacles reach less than this beyond what is closed [m]."""

_STATION = -1
_NOWHERE = -2


@dataclass(slots=True, eq=False)
class DeckedLegs:
    """
    Legs of several decks as one network; there are none between decks.

    Parameters
    ----------
    parts
        The legs of each deck.
    deck
        Of each place, shape (n,); stations are of all, what is not reached of none.
    local
        Of each place, its index in the legs of each deck, shape (decks, n), or -1.
    """

    parts: Sequence[Network]
    deck: IntArray
    local: IntArray

    def times_s(self, starts: IntArray, ends: IntArray) -> FloatArray:
        """Return the times between some places, shape (starts, ends) [s]."""
        alike = (starts[:, None] == ends) & (self.deck[starts] == _STATION)[:, None]
        table = np.where(alike, 0.0, np.inf)
        for k, part in enumerate(self.parts):
            rows = np.flatnonzero(self.local[k, starts] >= 0)
            columns = np.flatnonzero(self.local[k, ends] >= 0)
            start, end = starts[rows], ends[columns]
            block = part.times_s(self.local[k, start], self.local[k, end])
            inner = (self.deck[start] == k)[:, None] | (self.deck[end] == k)
            here = np.ix_(rows, columns)
            table[here] = np.where(inner, block, table[here])
        return table

    def path(self, i: int, j: int) -> FloatArray:
        """Return the vertices of the leg from place i to place j, both included."""
        k = max(int(self.deck[i]), int(self.deck[j]), 0)
        return self.parts[k].path(int(self.local[k, i]), int(self.local[k, j]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Deck:
    """
    Legs at some layers.

    Parameters
    ----------
    owner
        The target of each way in the links, shape (w,).
    least_s
        Of each target, what flying it alone takes, shape (t,); infinite if it is not
        reached.
    """

    links: Links
    owner: IntArray
    least_s: FloatArray


def link_by_decks(
    scenario: Scenario,
    space: FreeSpace,
    station_ids: Sequence[int],
    targets: Sequence[Target],
) -> Links:
    """
    Return the links of stations with targets over terrain.

    Deck after deck takes the targets that are reached on it without much of a detour,
    the one first that is open to most; of equals, that which is closed over least
    ground. Decks of two layers come first: routes that meet are parted by layers. At
    last targets are taken however long the way is.
    """
    layers = list(space.by_layer)
    is_open = _open(space, targets)
    left = np.ones(len(targets), dtype=bool)
    decks: list[tuple[_Deck, NDArray[np.bool_]]] = []
    # What a flight takes if no layer had to be kept.
    anyhow = _deck(scenario, space, station_ids, targets, np.flatnonzero(left))
    for detour, size in product((_DETOUR, np.inf), (2, 1)):
        untried = [range(k, k + size) for k in range(len(layers) - size + 1)]
        while untried:
            fits = [left & is_open[:, list(deck)].all(axis=1) for deck in untried]
            best = min(
                range(len(untried)),
                key=lambda i: (-fits[i].sum(), _closed_m2(space, untried[i]), i),
            )
            if not fits[best].any():
                break
            here = space.at([layers[k] for k in untried.pop(best)])
            deck = _deck(
                scenario, here, station_ids, targets, np.flatnonzero(fits[best])
            )
            taken = np.isfinite(deck.least_s)
            taken[taken] &= deck.least_s[taken] <= detour * anyhow.least_s[taken]
            if taken.any():
                decks.append((deck, taken))
                left &= ~taken
    return _joined(scenario, station_ids, targets, decks)


def _open(space: FreeSpace, targets: Sequence[Target]) -> NDArray[np.bool_]:
    """Return which layers are open to each target, and a little round it."""
    paths = np.array([_path(target) for target in targets], dtype=object)
    return np.array(
        [
            np.array([layer_m in target.layers_m for target in targets])
            & ~shapely.dwithin(closed, paths, _CLEAR_M)
            for layer_m, closed in space.by_layer.items()
        ]
    ).T


def _path(target: Target) -> shapely.Geometry:
    xy = target.ways[0].xy
    return shapely.LineString(xy) if len(xy) > 1 else shapely.Point(xy[0])


def _closed_m2(space: FreeSpace, deck: range) -> float:
    closed = list(space.by_layer.values())
    return float(sum(closed[k].area for k in deck))


def _deck(
    scenario: Scenario,
    space: FreeSpace,
    station_ids: Sequence[int],
    targets: Sequence[Target],
    tried: IntArray,
) -> _Deck:
    """Return the legs of some targets in a free space, and what each alone takes."""
    winds = all_winds(scenario)
    ways = [way for t in tried for way in targets[t].ways]
    links = link(scenario, space, station_ids, ways)
    names = np.array([scenario.stations[i].model for i in station_ids])
    alone_s = np.full(len(ways), np.inf)
    for name, legs in links.legs.items():
        model, home = scenario.model(name), links.home[names == name]
        flown_s = (
            legs.times_s(home, links.entry)
            + legs.times_s(links.leave, home).T
            + [task_s(way, model, winds) for way in ways]
        )
        flown_s[flown_s > aloft_s(scenario, model)] = np.inf
        alone_s = np.minimum(alone_s, flown_s.min(axis=0))
    owner = np.repeat(tried, [len(targets[t].ways) for t in tried])
    least_s = np.full(len(targets), np.inf)
    np.minimum.at(least_s, owner, alone_s)
    return _Deck(links=links, owner=owner, least_s=least_s)


def _joined(
    scenario: Scenario,
    station_ids: Sequence[int],
    targets: Sequence[Target],
    decks: Sequence[tuple[_Deck, NDArray[np.bool_]]],
) -> Links:
    """Return the links of all decks as one: stations first, then deck by deck."""
    count = len(station_ids)
    owner = np.repeat(np.arange(len(targets)), [len(t.ways) for t in targets])
    # What no deck reaches is all in one place, to which nothing leads.
    entry, leave = (np.full(len(owner), count) for _ in range(2))
    size = count + 1
    used: list[IntArray] = []
    for deck, taken in decks:
        mine = taken[deck.owner]
        ends = np.stack([deck.links.entry[mine], deck.links.leave[mine]])
        used.append(np.unique(ends))
        nodes = taken[owner]
        entry[nodes], leave[nodes] = size + np.searchsorted(used[-1], ends)
        size += len(used[-1])
    local = np.full((len(decks), size), -1)
    of = np.concatenate(
        [
            np.full(count, _STATION),
            [_NOWHERE],
            np.repeat(np.arange(len(decks)), [len(u) for u in used]),
        ]
    ).astype(np.int64)
    for k, (deck, _) in enumerate(decks):
        local[k, :count] = deck.links.home
        local[k, of == k] = used[k]
    names = sorted({scenario.stations[i].model for i in station_ids})
    legs: dict[str, Network] = {
        name: DeckedLegs([deck.links.legs[name] for deck, _ in decks], of, local)
        for name in names
    }
    return Links(legs=legs, home=np.arange(count), entry=entry, leave=leave)
