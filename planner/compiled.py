"""
Compile the inner loops of searches.

Such functions are handed all arrays that they write to, and allocate none: so there
is no need to count who holds an array. Numba would count at every access to a tuple of
arrays, by atomic instructions, which took three quarters of a search's time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

_Function = TypeVar("_Function", bound=Callable[..., Any])


_OPTIONS: Any = {"cache": True, "_nrt": False}


def kernel(function: _Function) -> _Function:
    """Return a function compiled; what that made is kept beside its source."""
    return cast("_Function", njit(**_OPTIONS)(function))
