"""Hold a pure task: the name of a function, its input, its seed."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass

from planner.runners.wire import from_json, to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """
    What is to be done, in bytes; it can be done anywhere, and done again.

    Parameters
    ----------
    function
        A name in `planner.runners.work.FUNCTIONS`.
    problem
        Hash of the problem's bytes, which travel apart: many tasks share them.
    request
        All other input, JSON.
    seed
        Of every random choice.
    """

    function: str
    problem: str
    request: str
    seed: int

    @property
    def digest(self) -> str:
        """Return the hash of all that the result depends on."""
        return digest(self.to_bytes())

    def to_bytes(self) -> bytes:
        """Return the task as bytes."""
        return to_json(asdict(self))

    @staticmethod
    def from_bytes(data: bytes) -> Task:
        """Return the task that `to_bytes` was asked of."""
        return Task(**from_json(data))


def digest(data: bytes) -> str:
    """Return the hash that stands for bytes."""
    return hashlib.sha256(data).hexdigest()
