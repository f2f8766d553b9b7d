"""Write how a search went as ``trace.json``, and read it back."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from planner.budget import EngineBest, Progress
from planner.errors import Finding, InputError
from planner.formats.json_document import json_document, read_whole
from planner.formats.plan_geojson import plan_to_bytes
from planner.formats.plan_reader import Reader
from planner.plan import Plan
from planner.trace import Trace, thinned

TRACE = "trace.json"
"""Its name beside the plan."""

KIND = "patrol search trace"
MOST_BYTES = 5_000_000
_COUNTS = ("zones_served", "zones", "drones", "bound")
_FIGURES = ("unserved", "load")
_NAMES = ("step", "engine", "part")
_MOST_BESTS = 5000
_TIME_DECIMALS = 3
_FIGURE_DECIMALS = 6


def plan_digest(plan: Plan) -> str:
    """Return the SHA-256 of a plan's file, in hex, however it is laid out."""
    return hashlib.sha256(plan_to_bytes(plan)).hexdigest()


def trace_of(plan: Plan, told: Iterable[Progress]) -> Trace:
    """Return what was told on the way to a plan, as a reader of its file sees it."""
    told = list(told)
    found = sorted((b for p in told for b in p.bests), key=lambda best: best.elapsed_s)
    return Trace(
        plan_digest=plan_digest(plan),
        told=tuple(map(_as_written, told)),
        bests=tuple(map(_best_as_written, thinned(found, _MOST_BESTS))),
    )


def trace_to_bytes(trace: Trace) -> bytes:
    """
    Return the content of a trace's file.

    One line a moment, and one a best of an engine; null is what was not known then.
    """
    lines = ",\n".join(_json(_moment(progress)) for progress in trace.told)
    bests = ",\n".join(_json(asdict(best)) for best in trace.bests)
    head = f'"kind":{_json(KIND)},\n"plan_digest":{_json(trace.plan_digest)}'
    return (
        f'{{\n{head},\n"moments":[\n{lines}\n],\n"bests":[\n{bests}\n]\n}}\n'.encode()
    )


def read_trace(path: Path) -> Trace:
    """
    Return the trace in a file.

    Raises
    ------
    InputError
        With every fault of the file, if it is no trace.
    """
    path = Path(path)
    document = json_document(read_whole(path, MOST_BYTES), path.name)
    if not isinstance(document, dict) or document.get("kind") != KIND:
        raise InputError([Finding(code="E-TRACE-KIND", file=path.name)])
    reader = Reader(path.name)
    trace = Trace(
        plan_digest=reader.text_in(document, "plan_digest", ""),
        told=tuple(
            _progress(reader, moment, f"moments[{i}]")
            for i, moment in enumerate(reader.mappings_in(document, "moments", ""))
        ),
        bests=tuple(
            _best(reader, best, f"bests[{i}]")
            for i, best in enumerate(reader.mappings_in(document, "bests", ""))
        ),
    )
    for name, those in (("moments", trace.told), ("bests", trace.bests)):
        times = [each.elapsed_s for each in those]
        for i, (before, after) in enumerate(pairwise(times), 1):
            if after < before:
                reader.fault("E-TRACE-ORDER", f"{name}[{i}].elapsed_s")
    reader.raise_faults()
    return trace


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _as_written(progress: Progress) -> Progress:
    """Return a moment with its figures rounded, without what looks ahead."""
    return replace(
        progress,
        elapsed_s=round(progress.elapsed_s, _TIME_DECIMALS),
        rounds=None,
        left_s=None,
        unserved=_rounded(progress.unserved),
        load=_rounded(progress.load),
        bests=(),
    )


def _best_as_written(best: EngineBest) -> EngineBest:
    """Return what an engine found with its figures rounded."""
    return replace(
        best,
        elapsed_s=round(best.elapsed_s, _TIME_DECIMALS),
        left_out=round(best.left_out, _FIGURE_DECIMALS),
        drones=round(best.drones, _FIGURE_DECIMALS),
        load=round(best.load, _FIGURE_DECIMALS),
    )


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(float(figure), _FIGURE_DECIMALS)


def _moment(progress: Progress) -> dict[str, Any]:
    names = ("elapsed_s", "stage", "round", *_NAMES, *_COUNTS, *_FIGURES)
    return {name: getattr(progress, name) for name in names}


def _progress(reader: Reader, moment: Mapping[str, Any], where: str) -> Progress:
    readers: dict[str, Callable[[], Any]] = {
        **{n: partial(reader.text_in, moment, n, where) for n in _NAMES},
        **{n: partial(_count, reader, moment, n, where) for n in _COUNTS},
        **{n: partial(_figure, reader, moment, n, where) for n in _FIGURES},
    }
    return Progress(
        elapsed_s=_figure(reader, moment, "elapsed_s", where),
        stage=reader.text_in(moment, "stage", where),
        round=_count(reader, moment, "round", where),
        **{n: read() for n, read in readers.items() if moment.get(n) is not None},
    )


def _best(reader: Reader, best: Mapping[str, Any], where: str) -> EngineBest:
    return EngineBest(
        elapsed_s=_figure(reader, best, "elapsed_s", where),
        round=_count(reader, best, "round", where),
        step=reader.text_in(best, "step", where),
        engine=reader.text_in(best, "engine", where),
        part=reader.text_in(best, "part", where),
        left_out=_figure(reader, best, "left_out", where),
        drones=_figure(reader, best, "drones", where),
        load=_figure(reader, best, "load", where),
    )


def _figure(reader: Reader, moment: Mapping[str, Any], name: str, where: str) -> float:
    """Return a number that is not negative."""
    value = reader.number_in(moment, name, where)
    if value < 0:
        reader.fault("E-TRACE-NEGATIVE", f"{where}.{name}", found=f"{value:g}")
    return value


def _count(reader: Reader, moment: Mapping[str, Any], name: str, where: str) -> int:
    """Return a whole number that is not negative."""
    value = _figure(reader, moment, name, where)
    if math.isnan(value):
        return 0  # told already
    if value != int(value):
        reader.fault("E-TRACE-WHOLE", f"{where}.{name}", found=f"{value:g}")
    return int(value)
