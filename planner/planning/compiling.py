"""Have what is compiled compiled, once on a machine and before seconds count."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from typing import Any

from planner.bounds import pricing
from planner.engines import BEATING, beats
from planner.network import detours, sightlines
from planner.targets import discs, hiding

_POLL_S = 0.1

_PREPARING = (discs.load, hiding.load, sightlines.load, detours.load)
"""What has to be there before a scenario can be prepared."""


def compile_all(
    engine: str,
    stop: Callable[[], bool] = lambda: False,
    tell: Callable[[], None] = lambda: None,
) -> float:
    """
    Have compiled what planning needs, unless somebody stops; return how long it took.

    The compiler leaves its work in a cache, so that it is done once for good: where
    that was before, this takes no time [s], and nobody is told that it begins.
    """
    since_s = time.monotonic()
    lacking = _lacking(engine)
    if not lacking:
        return 0.0
    tell()
    fork = get_context("fork")
    # Two at a time: the two searches take about as long as all the rest.
    halves = (lacking[::2], lacking[1::2])
    children = [fork.Process(target=_load, args=(h,), daemon=True) for h in halves if h]
    for child in children:
        child.start()
    for child in children:
        while child.is_alive() and not stop():
            child.join(_POLL_S)
    return time.monotonic() - since_s


def load_preparing() -> None:
    """Have at hand what prepares a scenario: once, and not again in every child."""
    _load(_PREPARING)


def _lacking(engine: str) -> list[Callable[[], None]]:
    """Return what has to be compiled, the longest first."""
    from planner.bounds.kernel import best_ends
    from planner.engines.beats_kernel import improve
    from planner.targets.thinning import thin

    compiled: list[tuple[Any, Callable[[], None]]] = [
        (best_ends, pricing.load),
        (thin, discs.load),
        (hiding.look_past, hiding.load),
        (sightlines.look, sightlines.load),
        (detours.times_round, detours.load),
    ]
    if engine in BEATING:
        compiled.insert(0, (improve, beats.load))
    return [load for function, load in compiled if not _in_cache(function)]


def _load(loads: Sequence[Callable[[], None]]) -> None:
    for load in loads:
        load()


def _in_cache(function: Any) -> bool:
    """Whether the cache has a compiled function, of its sources as they are."""
    # Numba has no public way to ask; an index of other sources reads as empty.
    return bool(function._cache._cache_file._load_index())
