"""Throw dice in compiled code: random numbers that repeat, from one word of state."""

from __future__ import annotations

from typing import Any

import numpy as np

from planner.compiled import kernel

_A, _B, _C, _DROP = np.uint64(13), np.uint64(7), np.uint64(17), np.uint64(11)


@kernel
def chance(dice: Any) -> float:
    """Return a random number in [0, 1), by xorshift (Marsaglia, 2003)."""
    x = dice[0]
    x ^= x << _A
    x ^= x >> _B
    x ^= x << _C
    dice[0] = x
    return float(x >> _DROP) * 2.0**-53


@kernel
def below(dice: Any, n: int) -> int:
    """Return a random whole number in [0, n)."""
    return int(chance(dice) * n)
