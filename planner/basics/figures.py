"""Tell figures from whatever else a file may hold in their place."""

from __future__ import annotations

import math
from typing import Any, TypeGuard


def is_number(value: Any) -> TypeGuard[float]:
    """
    Whether a value is a finite number.

    Examples
    --------
    >>> [is_number(value) for value in (7, 0.5, True, "7", float("nan"))]
    [True, True, False, False, False]
    """
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and -math.inf < value < math.inf
    )
