"""Jobs are spread over processes, and nothing depends on how."""

from __future__ import annotations

import os
import signal

import pytest

from planner.errors import StoppedError
from planner.runners.spreading import spread_over


@pytest.mark.parametrize("processes", [1, 2, 5])
def test_results_come_in_the_order_of_jobs(processes: int) -> None:
    """Each job is done, whoever takes it, and there may be none."""
    spread = spread_over(processes)
    assert spread(lambda job: job * job, range(9)) == [k * k for k in range(9)]
    assert spread(lambda job: job, []) == []


def test_what_a_dying_process_had_is_done_here() -> None:
    """Jobs of processes that are killed are done by the one that asked."""
    here = os.getpid()

    def job(k: int) -> int:
        if os.getpid() != here and k % 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return k

    assert spread_over(2)(job, range(6)) == list(range(6))


def test_who_stops_gets_no_results() -> None:
    """Whoever asks to stop is told that nothing was done."""
    with pytest.raises(StoppedError):
        spread_over(2, lambda: True)(abs, [1, -2])
