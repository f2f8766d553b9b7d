"""
Say how few colours a graph can do with: a clique below, a colouring above.

Nodes that are all adjacent to each other (a clique) need a colour each. Where the
largest clique that is found is smaller than the colouring that is found, a search
tries to close the gap; both are limited by steps, so the answer never depends on the
clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

CLIQUE_STEPS = 20_000
COLOUR_STEPS = 20_000
"""Limits of the searches in each connected part of a graph."""

_MOST_NODES = 500
"""Cores of more nodes are not coloured by trying: the search calls itself so often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """
    How few colours a graph can do with.

    Parameters
    ----------
    least
        No colouring has fewer.
    most
        Some colouring has so many; it is the fewest where it is ``least``.
    clique
        Nodes that are all adjacent. Where there are fewer of them than ``least``,
        the rest is proven by trying all colourings.
    """

    least: int
    most: int
    clique: tuple[int, ...]


def fewest_colours(count: int, edges: Iterable[tuple[int, int]]) -> Colours:
    """
    Return how few colours nodes 0 to count - 1 need, so that no edge has one.

    Examples
    --------
    >>> fewest_colours(5, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)])
    Colours(least=3, most=3, clique=(3, 4))
    """
    masks = [0] * count
    for a, b in edges:
        masks[a] |= 1 << b
        masks[b] |= 1 << a
    found = Colours(least=0, most=0, clique=())
    for part in _parts(masks):
        if len(part) <= found.least:
            continue
        place = {node: k for k, node in enumerate(part)}
        own = [sum(1 << place[n] for n in _bits(masks[node])) for node in part]
        few = _fewest(own)
        clique = tuple(part[k] for k in few.clique)
        found = Colours(
            least=max(found.least, few.least),
            most=max(found.most, few.most),
            clique=max(found.clique, clique, key=len),
        )
    return found


def _parts(masks: list[int]) -> list[list[int]]:
    """Return the nodes of each connected part, sorted."""
    parts = []
    left = (1 << len(masks)) - 1
    while left:
        part = fresh = left & -left
        while fresh:
            near = 0
            for node in _bits(fresh):
                near |= masks[node]
            fresh = near & ~part
            part |= fresh
        left &= ~part
        parts.append(_bits(part))
    return parts


def _fewest(masks: list[int]) -> Colours:
    """Return the same for one connected part."""
    clique = _largest_clique(masks)
    least = len(clique)
    most = max(least, _greedy(masks))
    steps = COLOUR_STEPS
    while least < most:
        fits, steps = _fits(masks, least, clique, steps)
        if fits is None:
            break
        if fits:
            most = least
        else:
            least += 1
    return Colours(least=least, most=most, clique=clique)


def _bits(mask: int) -> list[int]:
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found


def _largest_clique(masks: list[int]) -> tuple[int, ...]:
    """
    Return the largest clique that a limited search finds.

    Branch and bound with greedy colours as the bound (Tomita and Seki, An Efficient
    Branch-and-Bound Algorithm for Finding a Maximum Clique, DMTCS 2003), on bits
    (San Segundo and others, 2011).
    """
    best: list[int] = []
    steps = CLIQUE_STEPS

    def ordered(candidates: int) -> list[tuple[int, int]]:
        """Return candidates with how many colours they and all before them take."""
        found, colour = [], 0
        while candidates:
            colour += 1
            free = candidates
            while free:
                low = free & -free
                node = low.bit_length() - 1
                found.append((node, colour))
                candidates ^= low
                free &= ~(low | masks[node])
        return found

    def grow(clique: list[int], candidates: int) -> None:
        nonlocal best, steps
        for node, colour in reversed(ordered(candidates)):
            if len(clique) + colour <= len(best) or steps <= 0:
                return
            steps -= 1
            grown = [*clique, node]
            if len(grown) > len(best):
                best = grown
            grow(grown, candidates & masks[node])
            candidates &= ~(1 << node)

    grow([], (1 << len(masks)) - 1)
    return tuple(sorted(best))


def _greedy(masks: list[int]) -> int:
    """Return how many colours are taken where the most constrained node is first."""
    coloured: list[int] = []
    taken = [0] * len(masks)
    left = (1 << len(masks)) - 1
    degree = [mask.bit_count() for mask in masks]
    while left:
        node = max(_bits(left), key=lambda n: (taken[n].bit_count(), degree[n], -n))
        left ^= 1 << node
        colour = next(c for c in range(len(masks)) if not taken[node] >> c & 1)
        if colour == len(coloured):
            coloured.append(0)
        coloured[colour] |= 1 << node
        for other in _bits(masks[node] & left):
            taken[other] |= 1 << colour
    return len(coloured)


def _fits(
    masks: list[int], colours: int, clique: tuple[int, ...], steps: int
) -> tuple[bool | None, int]:
    """
    Return whether a number of colours will do, None if not known, and steps left.

    Nodes with fewer neighbours than colours are left out first: whatever the others
    take, they find one. The rest is coloured by DSATUR with backtracking (Brélaz,
    New methods to color the vertices of a graph, CACM 22, 1979).
    """
    core = (1 << len(masks)) - 1
    shrinking = True
    while shrinking:
        loose = [n for n in _bits(core) if (masks[n] & core).bit_count() < colours]
        core &= ~sum(1 << n for n in loose)
        shrinking = bool(loose)
    if core.bit_count() > _MOST_NODES:
        return None, steps
    taken = [0] * len(masks)

    def search(left: int, used: int) -> bool | None:
        nonlocal steps
        if not left:
            return True
        if steps <= 0:
            return None
        steps -= 1
        node = max(_bits(left), key=lambda n: (taken[n].bit_count(), -n))
        left ^= 1 << node
        # A colour that nobody has is as good as any other such.
        for colour in range(min(used + 1, colours)):
            if taken[node] >> colour & 1:
                continue
            changed = [
                n for n in _bits(masks[node] & left) if not taken[n] >> colour & 1
            ]
            for n in changed:
                taken[n] |= 1 << colour
            fits = search(left, max(used, colour + 1))
            for n in changed:
                taken[n] &= ~(1 << colour)
            if fits is not False:
                return fits
        return False

    used = 0
    for node in clique:
        if core >> node & 1:
            core ^= 1 << node
            for n in _bits(masks[node] & core):
                taken[n] |= 1 << used
            used += 1
    return search(core, used), steps
