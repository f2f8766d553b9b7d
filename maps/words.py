"""Say numbers as people read them; a dash stands for what is not known."""

from __future__ import annotations

import math

import numpy as np

from planner.messages import Language, catalogue, say
from planner.plan import Plan

UNKNOWN = "–"


def whole(value: float | None) -> str:
    """
    Return a number with at most one decimal.

    Examples
    --------
    >>> whole(120.0), whole(460.75), whole(None)
    ('120', '460.8', '–')
    """
    if value is None:
        return UNKNOWN
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def percent(ratio: float | None) -> str:
    """Return a share in per cent."""
    return UNKNOWN if ratio is None else f"{ratio * 100:.1f} %"


def percent_up(ratio: float | None) -> str:
    """
    Return a share that nothing exceeds in per cent, rounded up.

    Examples
    --------
    >>> percent_up(0.139308), percent_up(0.29)
    ('14.0 %', '29.0 %')
    """
    # What is told to six decimals has three here; more is rounding.
    return percent(None if ratio is None else np.ceil(round(ratio * 1e3, 3)) / 1e3)


def stopwatch(seconds: float | None) -> str:
    """
    Return minutes and seconds.

    Examples
    --------
    >>> stopwatch(102.4), stopwatch(-61.0)
    ('1:42', '−1:01')
    """
    if seconds is None:
        return UNKNOWN
    total = round(abs(seconds))
    return f"{'−' if seconds <= -0.5 else ''}{total // 60}:{total % 60:02d}"


def minutes(seconds: float | None, language: Language) -> str:
    """Return whole minutes with their unit, or minutes and seconds."""
    if seconds is None:
        return UNKNOWN
    whole_minutes, rest = divmod(round(seconds), 60)
    if rest == 0:
        return say("map.minutes", language, n=whole_minutes)
    return say("map.minutes_seconds", language, m=whole_minutes, s=rest)


def margin(value: float | None, unit: str) -> str:
    """
    Return a margin of a rule with its unit, as many decimals as it is small.

    Examples
    --------
    >>> margin(102.034, "s"), margin(0.0123, "m"), margin(0.000505, "share")
    ('102.0 s', '0.012 m', '0.05 %')
    >>> margin(1e-06, "relative"), margin(None, "s")
    ('0.000001', '–')
    """
    if value is None or not math.isfinite(value):
        return UNKNOWN
    if unit == "share":
        return f"{100 * value:.2f} %"
    if unit == "relative":
        return f"{value:.6f}"
    decimals = 1 if abs(value) >= 10 else 3
    return f"{value:.{decimals}f} {unit}".strip()


def rule_name(rule: str, language: Language) -> str:
    """Return the name of a rule of the checker; one that is new names itself."""
    key = f"cli.rule.{rule}"
    return say(key, language) if key in catalogue() else rule


def minimised(plan: Plan, language: Language) -> str:
    """Return what a plan minimises, most important first; "" if it does not say."""
    key = f"objective.{plan.provenance.get('objective')}"
    return say(key, language) if key in catalogue() else ""
