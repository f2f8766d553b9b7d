"""Make the trace of a search that never was: for tests of what is made of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle

from planner.budget import EngineBest, Progress
from planner.formats.trace_json import trace_of
from planner.plan import Plan
from planner.trace import Trace

STEPS = ("whole", "generation", "pieces", "recombination")


def made_told(
    names: Sequence[str] = (), bound: int | None = None
) -> tuple[Progress, ...]:
    """
    Return what a search of twelve rounds tells, with a new best in every second.

    Parameters
    ----------
    names
        Texts for steps, engines and parts instead of the usual ones.
    """
    texts: Iterator[str] = cycle(names or ("",))
    told = [Progress(stage="targets", elapsed_s=0.0)]
    told.append(Progress(stage="network", elapsed_s=4.0))
    drones, unserved, served = 97, 20.0, 270
    for round_ in range(13):
        step = "first" if round_ == 0 else STEPS[(round_ - 1) % 4]
        for engine in (step, None) if round_ % 2 else (None,):
            drones -= engine is not None
            unserved = max(5.0, unserved - 2 * (engine is not None))
            served += engine is not None
            told.append(
                Progress(
                    stage="routing",
                    elapsed_s=6.0 + 5 * round_ - (engine is not None),
                    round=round_,
                    step=next(texts) or step,
                    engine=engine and (next(texts) or f"engine-{step}"),
                    part=engine and (next(texts) or "YC01"),
                    zones_served=served,
                    zones=283,
                    unserved=unserved,
                    drones=drones,
                    load=drones - 8.25,
                    bound=bound if round_ > 2 else None,
                    bests=() if engine else made_bests(round_, step, names),
                )
            )
    return (*told, Progress(stage="timetable", elapsed_s=67.0))


def made_bests(
    round_: int, step: str, names: Sequence[str] = ()
) -> tuple[EngineBest, ...]:
    """Return what two engines found in a round, four times each."""
    return tuple(
        EngineBest(
            elapsed_s=2.0 + 5 * round_ + k / 2,
            round=round_,
            step=names[0] if names else step,
            engine=names[0] if names else ("beats", "ortools")[k % 2],
            part=names[0] if names else "YC01",
            left_out=max(0.0, 30.5 - 10 * (k // 2)),
            drones=90.0 - k,
            load=80.25 - k,
        )
        for k in range(8 if round_ else 0)
    )


def made_trace(
    plan: Plan, names: Sequence[str] = (), bound: int | None = None
) -> Trace:
    """Return it as the trace of a plan."""
    return trace_of(plan, made_told(names, bound))
