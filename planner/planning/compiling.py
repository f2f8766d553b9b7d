"""Have what is compiled compiled, once on a machine and beside other work."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from planner.bounds import pricing
from planner.compiled import sources
from planner.engines import BEATING, beats
from planner.targets import discs, hiding

_POLL_S = 0.1


def compile_now() -> float:
    """Have compiled what is needed at once; return how long that took [s]."""
    from planner.network import detours, sightlines

    since_s = time.monotonic()
    discs.load()
    hiding.load()
    sightlines.load()
    detours.load()
    return time.monotonic() - since_s


def begin_compiling(engine: str) -> BaseProcess | None:
    """
    Begin to compile what is needed later; None where that was done before.

    The compiler leaves its work in a cache, so that it is done once for good.
    """
    from planner.bounds.kernel import best_ends
    from planner.engines.beats_kernel import improve

    loads = [] if _in_cache(best_ends) else [pricing.load]
    if engine in BEATING and not _in_cache(improve):
        loads.append(beats.load)
    if not loads:
        return None
    child = get_context("fork").Process(target=_load, args=(loads,), daemon=True)
    child.start()
    return child


def wait_for(compiling: BaseProcess | None, stop: Callable[[], bool]) -> float:
    """Wait for a compiler, unless somebody stops; return how long that took [s]."""
    since_s = time.monotonic()
    while compiling and compiling.is_alive() and not stop():
        compiling.join(_POLL_S)
    return time.monotonic() - since_s


def _load(loads: Sequence[Callable[[], None]]) -> None:
    for load in loads:
        load()


def _in_cache(function: Any) -> bool:
    """Whether the cache has a compiled function, of its sources as they are."""
    source = Path(function.py_func.__code__.co_filename)
    family = sources() if source in sources() else (source,)
    index = f"{source.stem}.{function.py_func.__name__}-*.nbi"
    written_s = [f.stat().st_mtime for f in Path(function.stats.cache_path).glob(index)]
    newest_s = max(file.stat().st_mtime for file in family)
    return max(written_s, default=0.0) >= newest_s
