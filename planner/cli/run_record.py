"""Note what a run took: time by stage, memory, and on which machine."""

from __future__ import annotations

import json
import os
import platform
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from planner import __version__

_RSS_BYTES = 1 if sys.platform == "darwin" else 1024
"""Bytes in the unit of ``ru_maxrss``."""


class RunRecord:
    """
    What was measured in one run; it differs from run to run.

    Parameters
    ----------
    stage
        The first one; its time starts now.

    Attributes
    ----------
    began_s
        When it did, by `time.monotonic`.
    """

    def __init__(self, stage: str) -> None:
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self.began_s = monotonic()
        self._stage, self._since_s = stage, self.began_s
        self._elapsed_s: dict[str, float] = {}

    def begin(self, stage: str) -> None:
        """End the stage that runs, if it is another one, and begin this one."""
        if stage == self._stage:
            return
        now_s = monotonic()
        before_s = self._elapsed_s.get(self._stage, 0.0)
        self._elapsed_s[self._stage] = before_s + now_s - self._since_s
        self._stage, self._since_s = stage, now_s

    def write(self, path: Path, workers: int, stopped: bool) -> None:
        """End the last stage and write the measurements beside the plan."""
        from planner.formats.files import write_atomically

        self.begin("")
        run = {
            "started": self._started,
            "elapsed_s": {name: round(s, 3) for name, s in self._elapsed_s.items()},
            "peak_memory_mb": peak_memory_mb(),
            "stopped_early": stopped,
            "workers": workers,
            "machine": {
                "cores": os.cpu_count(),
                "system": platform.platform(),
                "python": platform.python_version(),
            },
            "version": __version__,
        }
        write_atomically(path, (json.dumps(run, indent=2) + "\n").encode())


def peak_memory_mb() -> dict[str, float]:
    """Return the most memory that this process and a child of it held at once [MB]."""
    return {
        name: round(resource.getrusage(who).ru_maxrss * _RSS_BYTES / 1e6, 1)
        for name, who in (
            ("planner", resource.RUSAGE_SELF),
            ("largest_worker", resource.RUSAGE_CHILDREN),
        )
    }
