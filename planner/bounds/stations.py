"""
Count whole drones station by station, where a part has few stations.

A drone belongs to a station, so what is busy at a station is there in whole drones:
half a drone busy at each of two stations takes two. At any price of a drone at each
station, worths prove what the busy drones of all stations cost at least; a few such
cuts leave only those whole numbers that may do. Prices lean towards the stations
where more is busy than the whole numbers at hand allow (a subgradient of the
Lagrangian dual).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.basics.geometry import FloatArray
from planner.bounds.effort import Turn
from planner.bounds.fleets import Fleet, intervals_s
from planner.bounds.pricing import APART
from planner.bounds.work import Part
from planner.bounds.worths import Search, busy_drones, first_worths_s, proven

_DECIMALS = 3
CHEAPEST = 0.05
"""No drone costs less than this share of the dearest: worths would be ill-defined."""

_MOST_TRIES = 6
_HOPELESS = 0.35
"""
At one set of whole numbers, before they are taken to be enough: at once where they
have so much room, in drones at their price.
"""

_STEP, _SLOWER = 0.6, 2.0
_SEEN = 1e-9

ByStation = Sequence[Sequence[Fleet]]
"""The fleets of each station by itself."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """
    What busy drones cost at least, at a price for each station.

    Parameters
    ----------
    price
        Of a drone of each station, shape (stations,); all above nought.
    worth_s
        Of a visit to each duty, for which no sortie collects more than the price of
        the time that it keeps a drone busy.
    least
        What all busy drones cost at least.
    """

    price: FloatArray
    worth_s: FloatArray
    least: float


def has_few_stations(part: Part) -> bool:
    """Whether it pays to look at the stations of a part one by one."""
    return 1 < len(part.stations) <= APART


def holds(fleets: ByStation, cut: Cut) -> bool:
    """Whether no sortie collects more worth than its station's price for its time."""
    return proven(_priced(fleets, cut.price), cut.worth_s)


def _priced(fleets: ByStation, price: FloatArray) -> list[Fleet]:
    """Return fleets whose worths count in what a drone of their station costs."""
    return [
        replace(fleet, share=fleet.share / each)
        for mine, each in zip(fleets, price, strict=True)
        for fleet in mine
    ]


def fewest(cuts: Sequence[Cut]) -> np.ndarray:
    """
    Return the fewest whole drones by station that every cut allows.

    Of several with one sum, those that the cuts leave most room.

    Examples
    --------
    >>> nothing = np.zeros(0)
    >>> alike = Cut(price=np.array([1.0, 1.0]), worth_s=nothing, least=2.2)
    >>> dear = Cut(price=np.array([1.0, 0.5]), worth_s=nothing, least=1.6)
    >>> fewest([alike, dear]).tolist()
    [2, 1]
    >>> fewest([alike, dear, replace(dear, least=2.6)]).tolist()
    [3, 0]
    """
    price = np.array([cut.price for cut in cuts])
    least = np.array([cut.least for cut in cuts])
    # Of one station alone, as many satisfy every cut: more are never needed.
    most = np.ceil((least[:, None] / price).max(axis=0) - _SEEN).astype(int)
    grids = np.meshgrid(*(np.arange(each + 1) for each in most), indexing="ij")
    options = np.stack([grid.ravel() for grid in grids], axis=1)
    room = (options @ price.T - least[None, :]).min(axis=1)
    options, room = options[room >= -_SEEN], room[room >= -_SEEN]
    total = options.sum(axis=1)
    best = np.flatnonzero(total == total.min())
    found: np.ndarray = options[best[np.argmax(room[best])]]
    return found


def needed(cuts: Sequence[Cut]) -> list[Cut]:
    """Return those cuts without which fewer drones would do."""
    kept = list(cuts)
    for cut in cuts:
        rest = [other for other in kept if other is not cut]
        if rest and fewest(rest).sum() == fewest(kept).sum():
            kept = rest
    return kept


def sharpened(
    part: Part, fleets: ByStation, halted: np.ndarray, leaning: Callable[[], Turn]
) -> list[Cut]:
    """
    Return cuts that leave out whole numbers of drones which do not do.

    Parameters
    ----------
    fleets
        Of each station of the part.
    halted
        Whether to end with the cuts found by then, shape (1,).
    leaning
        Gives each price a turn to search worths in.
    """
    price = np.ones(len(part.stations))
    interval_s = intervals_s(part)
    cuts: list[Cut] = []
    wanted: np.ndarray | None = None
    tries = 0
    while tries < _MOST_TRIES and not halted[0]:
        priced = _priced(fleets, price)
        search = Search(priced, interval_s, first_worths_s(priced, interval_s), halted)
        search.improve(leaning())
        least = busy_drones(search.proof_s, interval_s)
        if least > 0.0:
            cuts.append(Cut(price=price, worth_s=search.proof_s, least=least))
        if not cuts:
            break
        if wanted is None or _forbidden(cuts[-1], wanted):
            wanted, tries = fewest(cuts), 0
            from_price = np.ones_like(price)
        else:
            tries, from_price = tries + 1, price
        if tries > 1 and float(price @ wanted) - least > _HOPELESS:
            break
        busy = _busy(search, fleets, price, least)
        lean = np.clip(busy - wanted, -1.0, 1.0) * _STEP / (1 + tries / _SLOWER)
        price = from_price * np.exp(lean)
        price = np.maximum(price / price.max(), CHEAPEST).round(_DECIMALS)
    return cuts


def _forbidden(cut: Cut, drones: np.ndarray) -> bool:
    """Whether a cut leaves out some whole numbers of drones."""
    return float(cut.price @ drones) < cut.least - _SEEN


def _busy(
    search: Search, fleets: ByStation, price: FloatArray, least: float
) -> FloatArray:
    """Return how many drones of each station are about busy at some prices."""
    station = np.repeat(np.arange(len(fleets)), [len(mine) for mine in fleets])
    share = np.bincount(station, search.crowd_by_fleet, len(fleets))
    busy: FloatArray = share / max(share.sum(), _SEEN) * least / price
    return busy
