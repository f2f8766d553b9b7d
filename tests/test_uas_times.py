"""UAS zones hold when they say, and always where that is not clear."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny_folder import found, inspected
from uas_documents import (
    ED269,
    ED318,
    area_of,
    at,
    folder_of,
)

from planner.formats.scenario_folder import read_scenario

HOUR_S = 3600.0
THURSDAY = "date = 2026-05-07\n"
DAY = ["THU"]


def hours(low: str, high: str, days: list[str] = DAY, **more: Any) -> list[Any]:
    """Return an applicability of ED-269 with one daily period."""
    daily = {"day": days, "startTime": low, "endTime": high}
    return [{"permanent": "NO", "schedule": [daily], **more}]


TIMES: list[tuple[list[Any], Any]] = [
    ([{"permanent": "YES"}], None),
    ([], None),
    (hours("00:00:00.00Z", "10:30:00.00Z"), ((8, 18.5),)),
    (hours("08:00+08:00", "18:30+08:00"), ((8, 18.5),)),
    (hours("00:00Z", "10:30Z", ["ANY"]), ((8, 18.5),)),
    (hours("00:00Z", "10:30Z", ["MON", "FRI"]), ()),
    # Late on Wednesday in UTC is Thursday morning here.
    (hours("22:00Z", "23:00Z", ["WED"]), ((6, 7),)),
    (hours("14:00Z", "24:00Z"), ((22, 32),)),
    (hours("14:00Z", "14:00Z"), ((22, 46),)),
    (
        hours("00:00Z", "10:30Z", endDateTime="2026-05-07T09:00:00Z"),
        ((8, 17),),
    ),
    (
        [
            {
                "permanent": "NO",
                "startDateTime": "2026-05-07T01:00:00Z",
                "endDateTime": "2026-05-07T02:00:00Z",
            }
        ],
        ((9, 10),),
    ),
    ([{"permanent": "NO", "endDateTime": "2026-05-06T15:59:00Z"}], ()),
    ([{"permanent": "NO", "startDateTime": "2026-05-08T16:00:00Z"}], ()),
]


@pytest.mark.parametrize(("applicability", "expected"), TIMES)
def test_times_of_ed269_are_those_of_the_plan(
    tmp_path: Path, applicability: list[Any], expected: Any
) -> None:
    """UTC becomes the plan's clock; weekdays and dates count, here on a Thursday."""
    change = at("applicability", value=applicability)
    toml = THURSDAY + 'horizon = "24h"\n'
    folder = folder_of(tmp_path, ED269, change)
    text = (folder / "scenario.toml").read_text(encoding="utf-8")
    text = toml + text.replace('horizon = ["06:00", "22:00"]\n', "")
    (folder / "scenario.toml").write_text(text, encoding="utf-8")
    (area,) = read_scenario(folder).airspace
    spans = expected and tuple((a * HOUR_S, b * HOUR_S) for a, b in expected)
    assert area.schedule == (spans if expected else expected)


@pytest.mark.parametrize(
    "applicability",
    [
        hours("8 o'clock", "10:30Z"),
        hours("08:00", "10:30"),
        hours("08:00Z", "10:30Z", ["HOLIDAY"]),
        [{"permanent": "NO", "startDateTime": "tomorrow"}],
        ["always"],
        7,
    ],
)
def test_times_that_are_not_understood_close_and_are_told(
    tmp_path: Path, applicability: Any
) -> None:
    """Nothing is silently open: without a zone, an 8 o'clock may be anyone's."""
    folder = folder_of(tmp_path, ED269, at("applicability", value=applicability))
    assert found(inspected(folder), "W-UAS-TIMES").feature == "CHN001"
    (area,) = read_scenario(folder).airspace
    assert area.schedule is None


@pytest.mark.parametrize(
    ("daily", "low", "high"),
    [
        ({"startEvent": "SR", "endEvent": "SS"}, "05:05", "18:45"),
        ({"startEvent": "BMCT", "endEvent": "EECT"}, "04:37", "19:13"),
        ({"startEvent": "SR", "endTime": "02:00Z"}, "05:05", "10:00"),
    ],
)
def test_hours_of_the_sun_of_ed318_are_computed(
    tmp_path: Path, daily: dict[str, Any], low: str, high: str
) -> None:
    """Sunrise, sunset and civil twilight, within some minutes of an almanac."""
    period = [{"schedule": [{"day": ["ANY"], **daily}]}]
    change = at("properties", "limitedApplicability", value=period)
    area = area_of(tmp_path, ED318, change, toml=THURSDAY)
    assert area.schedule is not None
    ((start_s, end_s),) = area.schedule
    for found_s, told in ((start_s, low), (end_s, high)):
        clock, minutes = told.split(":")
        assert abs(found_s - int(clock) * 3600 - int(minutes) * 60) <= 480
