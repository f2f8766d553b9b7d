"""Hold how far days differ from what is planned."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """
    How far flights differ from the plan; see ``docs/timetable.md``.

    The defaults are estimates: replace them by what your own log books say.

    Parameters
    ----------
    launch_delay_s
        Mean of the delay of a take-off that nothing else holds up; exponential.
    sortie_speed_share, leg_speed_share
        Standard deviations of the share by which a leg takes longer than planned:
        of what all legs of a sortie have in common (a wind other than forecast), and
        of each leg on its own (gusts). Normal, cut at three of them.
    turnaround_share
        The same of the time between landing and ready (charging, handling).
    """

    launch_delay_s: float = 10.0
    sortie_speed_share: float = 0.02
    leg_speed_share: float = 0.05
    turnaround_share: float = 0.02
