"""Hold a route that has a path and stops, but no clock and no layer yet."""

from __future__ import annotations

from dataclasses import dataclass

from planner.basics.geometry import FloatArray
from planner.basics.spells import WholeSpan
from planner.plan import Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRoute:
    """
    A path in metres with times from take-off, the same at any layer.

    The climb and the descent take as long as they would to and from the
    ceiling, whatever layer the route gets later: so clocks can be set first and
    layers after.

    Parameters
    ----------
    headway_s
        Time between take-offs; at most the smallest revisit interval on it.
    idleness_ratio
        Share of each interval within which its stops come again, at the ends of
        windows too.
    xy
        Vertices of the level flight in metres, shape (n, 2); the first is the
        station, the last where it lands. A vertex that is repeated is a wait.
    t_s
        Seconds from take-off at each vertex, shape (n,): ``t_s[0]`` is the end
        of the climb, ``t_s[-1]`` the start of the descent.
    duration_s
        Take-off to landing.
    stops
        In the order flown, seconds from take-off.
    layers_m
        Layers that airspace, privacy zones and cameras leave open to it.
    variants
        Flown instead of the draft itself, where there are any: of n turns, those of
        turn i take off at ``phase + i * headway`` and every ``n * headway`` from then
        on; of one turn, each at its own hours. What several of them visit comes at
        the same time of each.
    turn
        Of a variant.
    hours
        Of a variant: the take-offs that fly it, closed spans of whole seconds. Empty
        for all.
    is_fixed
        Whether it is flown as somebody drew it, also where no stop is due.
    phase_s
        Its first take-off in the horizon; None where that may be chosen.
    ends_at
        Another station at which it lands; empty where it lands at its depot. It has
        no variants then.
    """

    id: str
    depot: str
    drone_model: str
    headway_s: float
    xy: FloatArray
    t_s: FloatArray
    duration_s: float
    stops: tuple[Stop, ...]
    layers_m: tuple[float, ...]
    variants: tuple[DraftRoute, ...] = ()
    idleness_ratio: float = 1.0
    turn: int = 0
    hours: tuple[WholeSpan, ...] = ()
    is_fixed: bool = False
    phase_s: int | None = None
    ends_at: str = ""

    @property
    def lands_at(self) -> str:
        """The station at which it lands."""
        return self.ends_at or self.depot

    @property
    def flown(self) -> tuple[DraftRoute, ...]:
        """What is flown: the variants, or the draft itself."""
        return self.variants or (self,)

    @property
    def turns(self) -> int:
        """How many sorties it takes until they repeat."""
        return 1 + max(variant.turn for variant in self.flown)
