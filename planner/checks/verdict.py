"""Hold what a check of a plan found."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from planner.messages import Language, say

Figure = float | int | str
"""A measured number in the unit of its message, or an id."""

_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """
    A rule that a plan breaks, in one place.

    Parameters
    ----------
    rule
        Name of the rule.
    where
        Ids of routes, stops, zones or drones, and the local time where it helps.
    found, limit
        What the plan has, and what the rule asks for.
    code
        Key of the sentence about it, ``violation.CODE`` in the catalogue.
    """

    rule: str
    where: str
    found: Figure
    limit: Figure
    code: str

    def text(self, language: Language = "en") -> str:
        """Return the violation as a sentence."""
        return say(
            f"violation.{self.code}",
            language,
            where=self.where,
            found=self.found,
            limit=self.limit,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """
    How one rule fared.

    Parameters
    ----------
    worst_margin
        The least distance from the limit, negative beyond it; None where there
        was nothing to measure. Of margins in different units, the least in
        proportion to what is usual for each.
    unit, where
        Unit and place of the worst margin.
    """

    rule: str
    ok: bool
    worst_margin: float | None
    unit: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a check of a plan found: every rule measured, every violation."""

    rules: tuple[RuleResult, ...]
    violations: tuple[Violation, ...]

    @property
    def ok(self) -> bool:
        """Whether the plan keeps every rule."""
        return not self.violations


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as ``patrol check --json`` prints it."""
    return {
        "ok": verdict.ok,
        "rules": [
            {
                "rule": r.rule,
                "ok": r.ok,
                "worst_margin": r.worst_margin,
                "unit": r.unit,
                "where": r.where,
            }
            for r in verdict.rules
        ],
        "violations": [
            {"rule": v.rule, "where": v.where, "found": v.found, "limit": v.limit}
            for v in verdict.violations
        ],
    }


class Gauge:
    """
    Collects what one rule measures: the least margin, and what breaks the rule.

    Examples
    --------
    >>> gauge = Gauge("energy")
    >>> gauge.measure("energy.endurance", "R1", 1790.0, 1800.0, 10.0, "s")
    >>> gauge.measure("energy.endurance", "R2", 1830.0, 1800.0, -30.0, "s")
    >>> gauge.result().worst_margin, [v.where for v in gauge.violations]
    (-30.0, ['R2'])
    """

    def __init__(self, rule: str) -> None:
        self.rule = rule
        self.violations: list[Violation] = []
        self._worst: tuple[float, float, str, str] | None = None

    def measure(
        self,
        code: str,
        where: str,
        found: Figure,
        limit: Figure,
        margin: float,
        unit: str,
        *,
        tolerance: float = 0.0,
        scale: float = 1.0,
    ) -> None:
        """
        Note a margin, and a violation where it is below minus the tolerance.

        Parameters
        ----------
        margin
            In ``unit``, taken to a millionth; a NaN breaks the rule.
        scale
            What is usual for margins of this unit, to compare them with others.
        """
        margin = _finite(margin)
        if self._worst is None or margin / scale < self._worst[0]:
            self._worst = (margin / scale, margin, unit, where)
        if margin < -tolerance:
            self.fault(code, where, found, limit)

    def fault(self, code: str, where: str, found: Figure, limit: Figure) -> None:
        """Note a violation of what either holds or does not."""
        self.violations.append(
            Violation(
                rule=self.rule,
                where=where,
                found=_plain(found),
                limit=_plain(limit),
                code=code,
            )
        )

    def add(self, other: Gauge) -> None:
        """Note what another one measured of the same rule, later."""
        self.violations += other.violations
        if other._worst is not None and (
            self._worst is None or other._worst[0] < self._worst[0]
        ):
            self._worst = other._worst

    def result(self) -> RuleResult:
        """Return how the rule fared."""
        _, margin, unit, where = self._worst or (0.0, None, "", "")
        return RuleResult(
            rule=self.rule,
            ok=not self.violations,
            worst_margin=margin,
            unit=unit,
            where=where,
        )


def _plain(figure: Figure) -> Figure:
    """Return a figure as JSON knows it: infinity and NaN become words."""
    if isinstance(figure, str | int):
        return figure
    return _finite(figure) if math.isfinite(figure) else str(float(figure))


def _finite(number: float) -> float:
    """Return a number rounded for print, and one that JSON can hold."""
    bounded = min(max(float(number), -1e9), 1e9) if number == number else -1e9
    return round(bounded, _DECIMALS) + 0.0
