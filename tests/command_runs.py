"""Say what running ``patrol`` in a test gives."""

from __future__ import annotations

from collections.abc import Callable

Run = Callable[..., tuple[int, str, str]]
"""From the words of a command to exit code, standard output and standard error."""
