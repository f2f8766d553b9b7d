"""
Cut a large routing problem into pieces along its chains, and put it together again.

Chains that lie in one direction go to one piece; the direction turns from round to
round, so that borders move (in the manner of the barycentre decompositions of
Santini et al., 2023).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.routing.model import FOREVER, Chain, Routing, Whole, chain_cost

_GOLDEN = math.pi * (3 - math.sqrt(5))
"""Angle by which the direction turns: it never comes back to an old one."""


@dataclass(frozen=True, slots=True)
class Cut:
    """
    A piece of a problem.

    Parameters
    ----------
    stops
        Of the whole, in the order of the piece's.
    chains
        Of the piece, to start from.
    """

    routing: Routing
    stops: Whole
    chains: tuple[Chain, ...]

    def in_whole(self, chains: Iterable[Chain]) -> list[Chain]:
        """Return chains of the piece as chains of the whole."""
        return [
            Chain(c.kind, tuple(int(s) for s in self.stops[list(c.stops)]))
            for c in chains
        ]


def cut(routing: Routing, chains: Sequence[Chain], pieces: int, turn: int) -> list[Cut]:
    """
    Return pieces with about as many stops each, cut along a direction.

    Stops that nobody visits go where they lie. Vehicles that nobody uses go to the
    pieces in turn; what a depot may still spend is shared by what is spent.
    """
    direction = np.array([math.cos(turn * _GOLDEN), math.sin(turn * _GOLDEN)])
    along = routing.points[routing.depots :] @ direction
    centres = [float(along[list(c.stops)].mean()) for c in chains]
    order = np.argsort(centres, kind="stable")
    sizes = np.cumsum([len(chains[k].stops) for k in order])
    piece_of = np.minimum((sizes - 1) * pieces // max(1, sizes[-1]), pieces - 1)
    members: list[list[Chain]] = [[] for _ in range(pieces)]
    for k, piece in zip(order, piece_of, strict=True):
        members[piece].append(chains[k])
    owner = _owner(routing, members, along)
    spare = [kind.count for kind in routing.vehicles]
    for chain in chains:
        spare[chain.kind] -= 1
    cuts = []
    for piece, mine in enumerate(members):
        stops = np.flatnonzero(owner == piece)
        counts = [
            left // pieces + (piece < left % pieces) + sum(c.kind == k for c in mine)
            for k, left in enumerate(spare)
        ]
        cuts.append(
            _piece(routing, stops, mine, counts, _budget(routing, chains, mine))
        )
    return cuts


def _owner(
    routing: Routing, members: Sequence[Sequence[Chain]], along: np.ndarray
) -> Whole:
    """Return the piece of every stop; a group stays together."""
    owner = np.full(routing.stops, -1, dtype=np.int64)
    ends = []
    for piece, mine in enumerate(members):
        stops = [s for chain in mine for s in chain.stops]
        owner[stops] = piece
        ends.append(float(along[stops].mean()) if stops else math.inf)
    for group in np.unique(routing.group[routing.group >= 0]):
        mine_ = np.flatnonzero(routing.group == group)
        owner[mine_] = owner[mine_].max()
    lost = np.flatnonzero(owner < 0)
    nearest = np.abs(along[lost][:, None] - np.array(ends)[None]).argmin(axis=1)
    owner[lost] = nearest
    return owner


def _budget(
    routing: Routing, chains: Sequence[Chain], mine: Sequence[Chain]
) -> list[int]:
    """Return what a piece may spend at each depot."""
    budget = []
    for depot, most in enumerate(routing.most_cost.tolist()):
        if most >= FOREVER:
            budget.append(FOREVER)
            continue
        spent, here = (
            sum(
                chain_cost(routing, c)
                for c in some
                if routing.vehicles[c.kind].depot == depot
            )
            for some in (chains, mine)
        )
        share = here / spent if spent else 0.0
        budget.append(here + int((most - spent) * share))
    return budget


def _piece(
    routing: Routing,
    stops: Whole,
    chains: Sequence[Chain],
    counts: Sequence[int],
    budget: Sequence[int],
) -> Cut:
    places = np.concatenate([np.arange(routing.depots), routing.depots + stops])
    cuts: dict[int, Whole] = {}
    for matrix in (*routing.distance, *routing.time):
        if id(matrix) not in cuts:
            cuts[id(matrix)] = matrix[np.ix_(places, places)]
    number = {int(stop): k for k, stop in enumerate(stops)}
    part = replace(
        routing,
        vehicles=tuple(
            replace(kind, count=count)
            for kind, count in zip(routing.vehicles, counts, strict=True)
        ),
        distance=tuple(cuts[id(m)] for m in routing.distance),
        time=tuple(cuts[id(m)] for m in routing.time),
        service=routing.service[stops],
        demand=routing.demand[stops],
        prize=routing.prize[stops],
        early=routing.early[stops],
        late=routing.late[stops],
        group=routing.group[stops],
        points=routing.points[places],
        most_cost=np.array(budget, dtype=np.int64),
    )
    inside = tuple(Chain(c.kind, tuple(number[s] for s in c.stops)) for c in chains)
    return Cut(part, stops, inside)
