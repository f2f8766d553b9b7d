"""Read a JSON document as strictly as RFC 8259 has it, with every fault a finding."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from planner.errors import Finding, InputError
from planner.formats.table import Fault


def read_whole(path: Path, most_bytes: int) -> bytes:
    """
    Return the content of a file.

    Raises
    ------
    InputError
        If it cannot be read, or is larger than that.
    """
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except (OSError, ValueError) as error:
        detail = getattr(error, "strerror", None) or str(error)
        raise _unusable("E-PLAN-FILE", path.name, detail=detail) from error
    if len(data) > most_bytes:
        raise _unusable("E-PLAN-SIZE", path.name, limit_mb=most_bytes // 1_000_000)
    return data


def json_document(data: bytes, file: str) -> Any:
    """
    Return what JSON text says.

    Raises
    ------
    InputError
        If it is no JSON, or JSON that other programs read differently.
    """
    try:
        text = data.decode("utf-8-sig")
        document = json.loads(
            text,
            object_pairs_hook=partial(once, code="E-PLAN-DUPKEY"),
            parse_constant=_figure,
            parse_float=_figure,
            parse_int=_count,
        )
        if "\\ud" in text.lower():
            json.dumps(document, ensure_ascii=False).encode()  # half a surrogate pair
    except UnicodeError as error:
        raise _unusable("E-PLAN-ENCODING", file) from error
    except json.JSONDecodeError as error:
        raise _unusable(
            "E-PLAN-PARSE", file, detail=error.msg, line=error.lineno
        ) from error
    except RecursionError as error:
        raise _unusable("E-PLAN-DEEP", file) from error
    except Fault as fault:
        raise _unusable(fault.code, file, **fault.values) from fault
    return document


def once(pairs: Sequence[tuple[str, Any]], code: str) -> dict[str, Any]:
    """
    Return an object of its pairs.

    Raises
    ------
    Fault
        With the code, if a key comes twice.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise Fault(code, name=twice)
    return found


def _figure(text: str) -> float:
    """Return a number, or refuse one that is not finite."""
    number = float(text)
    if not math.isfinite(number):
        raise Fault("E-PLAN-FINITE", found=text[:20])
    return number


def _count(text: str) -> int:
    """Return a whole number, or refuse one with more digits than a float has."""
    if len(text) > 16:
        raise Fault("E-PLAN-FINITE", found=text[:20])
    return int(text)


def _unusable(code: str, file: str, **values: Any) -> InputError:
    return InputError([Finding(code=code, file=file, values=values)])
