"""Say, compiled, whether straight lines cross."""

from __future__ import annotations

from typing import Any

from planner.compiled import kernel


@kernel
def crosses(edges: Any, k: int, x0: float, y0: float, x1: float, y1: float) -> bool:
    """
    Whether a line meets an edge; where they only touch, they meet.

    Parameters
    ----------
    edges
        Ends of edges (x, y, x, y) [m], shape (m, 4).
    k
        Which of them.
    """
    ax, ay, bx, by = edges[k, 0], edges[k, 1], edges[k, 2], edges[k, 3]
    if max(ax, bx) < min(x0, x1) or min(ax, bx) > max(x0, x1):
        return False
    if max(ay, by) < min(y0, y1) or min(ay, by) > max(y0, y1):
        return False
    from_a = (x1 - x0) * (ay - y0) - (y1 - y0) * (ax - x0)
    from_b = (x1 - x0) * (by - y0) - (y1 - y0) * (bx - x0)
    if (from_a > 0 and from_b > 0) or (from_a < 0 and from_b < 0):
        return False
    from_0 = (bx - ax) * (y0 - ay) - (by - ay) * (x0 - ax)
    from_1 = (bx - ax) * (y1 - ay) - (by - ay) * (x1 - ax)
    return not ((from_0 > 0 and from_1 > 0) or (from_0 < 0 and from_1 < 0))
