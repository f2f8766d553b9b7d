"""Hold what a layer's file says, before anybody asks what it means."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shapely.geometry.base import BaseGeometry

from planner.errors import Finding

SHOWN_CHARACTERS = 80
MOST_OF_A_KIND = 20
"""Findings of one code in one file that are listed; more are only counted."""


class Fault(Exception):  # noqa: N818 - it may be a warning
    """
    Something wrong in one place, which whoever knows the place reports.

    Parameters
    ----------
    code
        Code of the finding it becomes.
    values
        What the message's placeholders stand for.
    """

    def __init__(self, code: str, **values: Any) -> None:
        self.code = code
        self.values = values
        super().__init__(code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """
    A row of a layer.

    Parameters
    ----------
    row
        Counted from 1, without any header.
    values
        Column name to raw value.
    geometry
        In the layer's own coordinates; or the fault that kept it from being read.
    remarks
        Warnings that came up on the way.
    """

    row: int
    values: Mapping[str, Any]
    geometry: BaseGeometry | Fault
    remarks: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """
    The rows of a file.

    Parameters
    ----------
    columns
        Names of the columns in the order of the file.
    crs
        Coordinate reference system, as a code or WKT; None where the file is silent.
    usual_crs
        What silence of file and scenario means; None if it means nothing.
    datum
        Datum that the format or the file prescribes; None for the scenario's.
    remarks
        Warnings about the file as a whole.
    """

    columns: tuple[str, ...]
    features: tuple[Feature, ...]
    crs: str | None
    usual_crs: str | None = None
    datum: str | None = None
    remarks: tuple[Fault, ...] = ()


@dataclass
class Notes:
    """Collect every finding, each fit to be shown."""

    findings: list[Finding] = field(default_factory=list)

    def add(self, code: str, file: str, feature: str = "", **values: Any) -> None:
        """Note a finding; text from the input is made fit to be shown."""
        self.findings.append(
            Finding(
                code=code,
                file=shown(file),
                feature=shown(feature),
                values={
                    key: shown(value) if isinstance(value, str) else value
                    for key, value in values.items()
                },
            )
        )

    def add_fault(self, fault: Fault, file: str, feature: str = "") -> None:
        """Note a fault at a place."""
        self.add(fault.code, file, feature, **fault.values)

    @property
    def has_errors(self) -> bool:
        """Whether a finding keeps planning from going on."""
        return any(finding.is_error for finding in self.findings)

    def listed(self) -> tuple[Finding, ...]:
        """Return the findings, errors first; of many alike some and their number."""
        counts: Counter[tuple[str, str]] = Counter()
        kept: list[Finding] = []
        for finding in self.findings:
            counts[finding.code, finding.file] += 1
            if counts[finding.code, finding.file] <= MOST_OF_A_KIND:
                kept.append(finding)
        for (code, file), count in counts.items():
            if count > MOST_OF_A_KIND:
                more = {"count": count - MOST_OF_A_KIND, "code": code}
                kind = "E-MORE" if code.startswith("E-") else "W-MORE"
                kept.append(Finding(code=kind, file=file, values=more))
        return tuple(sorted(kept, key=lambda finding: not finding.is_error))


def is_hidden(character: str) -> bool:
    """Whether a character controls rather than shows: controls, bidi, surrogates."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def shown(text: str) -> str:
    r"""
    Return text from an input fit for a terminal: one line, visible, short.

    Examples
    --------
    >>> shown("a\x1b[31mb")
    'a\\u001b[31mb'
    """
    if len(text) > SHOWN_CHARACTERS:
        text = text[: SHOWN_CHARACTERS - 1] + "…"
    return "".join(
        f"\\u{ord(character):04x}" if is_hidden(character) else character
        for character in text
    )
