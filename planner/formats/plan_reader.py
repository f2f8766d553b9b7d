"""Take typed values out of a JSON document, and note every fault with its place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from planner.basics.clock import Span
from planner.errors import Finding, InputError

MOST_FINDINGS = 100
"""A file that is wrong throughout is told so often enough."""

LARGEST = 1e12
"""No figure of a plan, in any unit, is beyond this."""

_SHOWN_CHARACTERS = 60


class Reader:
    """
    Takes values out of mappings; what is missing or wrong becomes a finding.

    A faulty value is replaced by an empty one of its type, so that reading goes
    on and all faults come out at once with `raise_faults`.

    Parameters
    ----------
    file
        Name of the file, for the findings.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []

    def fault(self, code: str, where: str, **values: Any) -> None:
        """Note a fault at a place such as ``features[3].properties.id``."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(
                Finding(code=code, file=self.file, feature=where, values=values)
            )

    def raise_faults(self) -> None:
        """
        Raise every fault that was noted, if there is any.

        Raises
        ------
        InputError
            With all findings.
        """
        if self.findings:
            raise InputError(self.findings)

    def mapping_in(
        self, holder: Mapping[str, Any], key: str, where: str
    ) -> dict[str, Any]:
        """Return the object under a key."""
        found: dict[str, Any] = self._typed(
            holder, key, where, dict, "E-PLAN-OBJECT", {}
        )
        return found

    def list_in(self, holder: Mapping[str, Any], key: str, where: str) -> list[Any]:
        """Return the list under a key."""
        found: list[Any] = self._typed(holder, key, where, list, "E-PLAN-LIST", [])
        return found

    def mappings_in(
        self, holder: Mapping[str, Any], key: str, where: str
    ) -> list[dict[str, Any]]:
        """Return the list of objects under a key."""
        found: list[dict[str, Any]] = []
        for i, item in enumerate(self.list_in(holder, key, where)):
            if not isinstance(item, dict):
                self._wrong(f"{_path(where, key)}[{i}]", "E-PLAN-OBJECT", item)
                item = {}
            found.append(item)
        return found

    def text_in(
        self, holder: Mapping[str, Any], key: str, where: str, *, empty: bool = False
    ) -> str:
        """Return the text under a key, which must not be empty unless it may."""
        text: str = self._typed(holder, key, where, str, "E-PLAN-TEXT", "")
        if not text and not empty and isinstance(holder.get(key), str):
            self._wrong(_path(where, key), "E-PLAN-TEXT", text)
        return text

    def texts_in(
        self, holder: Mapping[str, Any], key: str, where: str
    ) -> tuple[str, ...]:
        """Return the texts under a key."""
        items = self.list_in(holder, key, where)
        for i, item in enumerate(items):
            if not isinstance(item, str) or not item:
                self._wrong(f"{_path(where, key)}[{i}]", "E-PLAN-TEXT", item)
        return tuple(item for item in items if isinstance(item, str))

    def number_in(
        self,
        holder: Mapping[str, Any],
        key: str,
        where: str,
        *,
        above: float = -math.inf,
        highest: float = LARGEST,
    ) -> float:
        """Return the number under a key, more than one and at most another."""
        value: float = self._typed(
            holder, key, where, (int, float), "E-PLAN-NUMBER", math.nan
        )
        if math.isnan(value):
            return value
        return self._number(value, _path(where, key), above, highest)

    def numbers_in(
        self, holder: Mapping[str, Any], key: str, where: str
    ) -> tuple[float, ...]:
        """Return the numbers under a key."""
        place = _path(where, key)
        return tuple(
            self._number(value, f"{place}[{i}]", -math.inf, LARGEST)
            for i, value in enumerate(self.list_in(holder, key, where))
        )

    def spans_in(
        self, holder: Mapping[str, Any], key: str, where: str
    ) -> tuple[Span, ...]:
        """Return the pairs of numbers under a key; none where there is no such key."""
        if key not in holder:
            return ()
        spans: list[Span] = []
        for i, pair in enumerate(self.list_in(holder, key, where)):
            place = f"{_path(where, key)}[{i}]"
            if not isinstance(pair, list):
                self._wrong(place, "E-PLAN-LIST", pair)
            elif len(pair) != 2:
                self.fault("E-PLAN-LENGTH", place, found=len(pair), expected=2)
            else:
                start, end = (
                    self._number(value, place, -math.inf, LARGEST) for value in pair
                )
                spans.append((start, end))
        return tuple(spans)

    def instant_in(self, holder: Mapping[str, Any], key: str, where: str) -> str:
        """Return the RFC 3339 time with an offset under a key."""
        text = self.text_in(holder, key, where)
        if text:
            try:
                aware = datetime.fromisoformat(text).tzinfo is not None
            except ValueError:
                aware = False
            if not aware:
                self._wrong(_path(where, key), "E-PLAN-TIME", text)
        return text

    def _number(self, value: Any, where: str, above: float, highest: float) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._wrong(where, "E-PLAN-NUMBER", value)
            return math.nan
        if not (above < value <= highest and abs(value) <= LARGEST):
            self.fault(
                "E-PLAN-RANGE",
                where,
                found=_shown(value),
                above="-inf" if above == -math.inf else f"{above:g}",
                highest=f"{highest:g}",
            )
        return float(value)

    def _typed(
        self,
        holder: Mapping[str, Any],
        key: str,
        where: str,
        kind: type | tuple[type, ...],
        code: str,
        instead: Any,
    ) -> Any:
        """Return the value under a key, or an empty one and a finding."""
        if key not in holder:
            self.fault("E-PLAN-KEY", where, name=key)
            return instead
        value = holder[key]
        if not isinstance(value, kind) or isinstance(value, bool):
            self._wrong(_path(where, key), code, value)
            return instead
        return value

    def _wrong(self, where: str, code: str, found: Any) -> None:
        self.fault(code, where, found=_shown(found))


def _path(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _shown(value: Any) -> str:
    """Return the start of a value, to show what stands there."""
    if isinstance(value, dict | list):
        return "{...}" if isinstance(value, dict) else "[...]"
    text = repr(value) if not isinstance(value, str) else value
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."
