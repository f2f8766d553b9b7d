"""Hold the limits of a search, and what it tells while it runs."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

STEPS = frozenset({"whole", "pieces", "generation", "recombination"})
"""What a round of the search may do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """
    How long a search may take.

    Parameters
    ----------
    seconds
        Wall time of planning, compiling apart; ignored where ``iterations`` is given.
        A fifth at least goes to the search, also where the rest takes longer.
    iterations
        Rounds of fixed length instead: no clock is read, so that the same
        scenario and seed give the same plan, byte by byte.
    seed
        Of every random choice.
    workers
        Processes; None for one a core. It never changes the plan of a round.
    cluster
        Address of a Dask scheduler that searches in place of those processes, or
        ``local:N`` for N workers on this machine. Nor does it.
    engine
        Name of an engine, see `planner.engines`.
    steps
        What rounds do in turn: ``whole`` (route every part), ``pieces`` (route some
        stations again), ``generation`` (look for routes that would pay beside those
        seen), ``recombination`` (pick among all routes seen). None for the order
        that is best; fewer show what each brings.

    Raises
    ------
    ValueError
        If a limit is negative or infinite, or there is no such step.
    """

    seconds: float | None = 60.0
    iterations: int | None = None
    seed: int = 1
    workers: int | None = None
    cluster: str | None = None
    engine: str = "portfolio"
    steps: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.iterations is not None and self.iterations < 0:
            raise ValueError("iterations must not be negative.")
        if self.seconds is not None and not 0 <= self.seconds < math.inf:
            raise ValueError("seconds must be finite and not negative.")
        if self.seconds is None and self.iterations is None:
            raise ValueError("give seconds or iterations.")
        if not 0 <= self.seed < 2**31:
            raise ValueError("seed must lie in [0, 2**31).")
        if self.workers is not None and self.workers < 1:
            raise ValueError("workers must be at least 1.")
        if self.steps is not None and not (self.steps and STEPS.issuperset(self.steps)):
            raise ValueError(f"steps must be of {', '.join(sorted(STEPS))}.")

    @property
    def processes(self) -> int:
        """How many processes may search at once."""
        return self.workers or len(os.sched_getaffinity(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineBest:
    """
    What an engine found on its way, better than all before in the same search.

    Parameters
    ----------
    elapsed_s
        Since planning began [s].
    round, step, engine, part
        See `Progress`. An engine that asks others is named by them.
    left_out
        What the targets left out would cost by the engine's own reckoning [drones].
    drones
        Whole drones for the targets searched; the load where an engine does not count
        them whole.
    load
        Drones occupied on average.
    """

    elapsed_s: float
    round: int
    step: str
    engine: str
    part: str
    left_out: float
    drones: float
    load: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """
    What a search tells while it runs; None for what is not known yet.

    Parameters
    ----------
    stage
        Of planning: ``targets``, ``network``, ``routing``, ``timetable``; ``bound``
        where one is computed.
    elapsed_s
        Since planning began [s].
    round, rounds
        The round of the search, and how many the budget asks for.
    left_s
        What the budget leaves the search [s].
    step
        What the search did in this round: ``first``, ``whole``, ``pieces``,
        ``recombination``.
    engine, part
        What found better routes just now, and for which part of the city, named
        by its first station; None at the end of a round.
    zones_served, zones
        Of the whole city, as all that follows.
    unserved
        Priority of the zones that are left out.
    drones
        Drones of all stations in the busiest period.
    load
        Drones occupied on average.
    bound
        Best known bound from below on the drones.
    bests
        At the end of a round: what engines found on their way. None where no clock
        is read.
    """

    stage: str
    elapsed_s: float
    round: int = 0
    rounds: int | None = None
    left_s: float | None = None
    step: str | None = None
    engine: str | None = None
    part: str | None = None
    zones_served: int | None = None
    zones: int | None = None
    unserved: float | None = None
    drones: int | None = None
    load: float | None = None
    bound: int | None = None
    bests: tuple[EngineBest, ...] = ()

    @property
    def gap(self) -> float | None:
        """How many more drones than the bound, as a share of the bound."""
        if self.drones is None or not self.bound or self.drones < self.bound:
            return None
        return (self.drones - self.bound) / self.bound
