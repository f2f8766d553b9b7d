"""
Compile the inner loops of searches.

Such functions are handed all arrays that they write to, and allocate none: so there
is no need to count who holds an array. Numba would count at every access to a tuple of
arrays, by atomic instructions, which took three quarters of a search's time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

_Function = TypeVar("_Function", bound=Callable[..., Any])

_OPTIONS: Any = {"cache": True, "_nrt": False}
_MARK = b"\n@kernel\n"


def kernel(function: _Function) -> _Function:
    """
    Return a function compiled; what that made is kept beside its source.

    Numba compiles anew when that file has changed. These functions call each other
    across files, and a caller has what it calls inside: so any change counts.
    """
    compiled = njit(**_OPTIONS)(function)
    compiled._cache._cache_file._source_stamp = _stamp()
    return cast("_Function", compiled)


@cache
def sources() -> tuple[Path, ...]:
    """Return the files that have such functions, in order."""
    files = sorted(Path(__file__).parent.rglob("*.py"))
    return tuple(file for file in files if _MARK in file.read_bytes())


@cache
def _stamp() -> str:
    digest = hashlib.sha256()
    for file in sources():
        digest.update(file.read_bytes())
    return digest.hexdigest()
