"""What offices read of an export is the timetable, and no text of it is a command."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import icalendar
import openpyxl
import pytest
from handovers import HARMFUL, handovers
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape
from plans import tiny_plan

from planner.errors import InputError
from planner.formats.exchange import ics, xlsx
from planner.formats.exchange.tables import tables
from planner.formats.handover import Handover, hand_over
from planner.formats.timetable_csv import is_formula
from planner.messages import LANGUAGES, say

TINY = hand_over(tiny_plan())


def workbook(handover: Handover) -> openpyxl.Workbook:
    """Return the workbook as openpyxl reads it."""
    return openpyxl.load_workbook(io.BytesIO(xlsx.export(handover)["timetable.xlsx"]))


def test_the_workbook_has_a_row_for_each_sortie_with_real_times() -> None:
    """Times are times of the plan's own clock, numbers are numbers."""
    sheet = workbook(TINY)["Sorties 架次"]
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert len(rows) == len(TINY.sorties)
    for row, sortie in zip(rows, TINY.sorties, strict=True):
        route = TINY.plan.route(sortie.route)
        assert row[:3] == (sortie.drone, route.depot, route.id)
        takeoff = TINY.moment(round(sortie.takeoff_s)).replace(tzinfo=None)
        assert isinstance(row[3], datetime)
        assert abs(row[3] - takeoff) < timedelta(milliseconds=1)
        assert row[6] == route.layer_m


def test_each_sheet_can_be_filtered_and_has_heads_in_both_languages() -> None:
    """Station is a column to filter by; heads stay in view."""
    sheets = workbook(TINY).worksheets
    assert [sheet.title for sheet in sheets] == [
        "Sorties 架次",
        "Routes 巡航航线",
        "Stops 巡查点",
        "Stations 警务站",
        "Zones unserved 未覆盖巡区",
    ]
    station = " ".join(say("exchange.column.station", to) for to in LANGUAGES)
    for sheet in sheets:
        assert sheet.auto_filter.ref == sheet.dimensions
        assert sheet.freeze_panes == "B2"
        heads = [cell.value for cell in sheet[1]]
        assert station in heads or sheet is sheets[-1]
        assert len(set(heads)) == len(heads)


@settings(max_examples=25)
@given(handover=handovers())
def test_no_text_becomes_a_formula(handover: Handover) -> None:
    """Whatever a name begins with, its cell is a text, now and after an edit."""
    book = workbook(handover)
    for table in tables(handover):
        sheet = book[table.title]
        for cells, row in zip(sheet.iter_rows(min_row=2), table.rows, strict=True):
            for cell, value in zip(cells, row, strict=True):
                assert cell.data_type in ("s", "n", "d", "inlineStr")
                if isinstance(value, str):
                    assert cell.data_type == "s" or not value
                    # Excel would take an edited cell for a formula without this.
                    assert cell.quotePrefix or not is_formula(value)


@pytest.mark.parametrize("text", HARMFUL)
def test_a_text_is_read_as_it_was_written(text: str) -> None:
    """A workbook changes no name that can be seen."""
    station = {**TINY.plan.stations[0], "name": text}
    plan = replace(TINY.plan, stations=(station, *TINY.plan.stations[1:]))
    value = workbook(hand_over(plan))["Stations 警务站"]["B2"].value

    def seen(read: str) -> str:
        return "".join(c for c in read if unicodedata.category(c)[0] not in "CZ")

    if "\x00" not in text:
        assert seen(unescape(str(value))) == seen(text)


def test_a_text_that_no_cell_can_hold_ends_in_dots() -> None:
    """A cell has 32,767 characters; what is cut is seen to be cut."""
    first, *others = TINY.plan.unserved
    plan = replace(
        TINY.plan, unserved=(replace(first, code="?", reason="x" * 40_000), *others)
    )
    value = workbook(hand_over(plan))["Zones unserved 未覆盖巡区"]["C2"].value
    assert value == "x" * 32_766 + "…"


def test_more_rows_than_a_sheet_can_hold_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """None is left out in silence."""
    monkeypatch.setattr(xlsx, "MOST_ROWS", len(TINY.sorties))
    with pytest.raises(InputError) as error:
        xlsx.export(TINY)
    (finding,) = error.value.findings
    assert finding.code == "E-EXPORT-ROWS"
    assert finding.values["rows"] == len(TINY.sorties)


def test_a_workbook_has_no_clock_in_it() -> None:
    """Its members and its properties have fixed times."""
    data = xlsx.export(TINY)["timetable.xlsx"]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {m.date_time for m in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = openpyxl.load_workbook(io.BytesIO(data)).properties
    start = TINY.moment(0).replace(tzinfo=None)
    assert properties.created == properties.modified == start


def calendars(handover: Handover) -> dict[str, icalendar.Calendar]:
    """Return the calendars that icalendar reads, without one complaint."""
    read = {}
    for name, data in ics.export(handover).items():
        calendar = icalendar.Calendar.from_ical(data)
        assert isinstance(calendar, icalendar.Calendar)
        assert not calendar.errors
        read[name] = calendar
    return read


@settings(max_examples=25)
@given(handover=handovers())
def test_every_sortie_is_an_event_of_its_stations_calendar(handover: Handover) -> None:
    """Take-off and landing are the roster's to the second; nothing else is in it."""
    found = calendars(handover)
    events = [e for calendar in found.values() for e in calendar.walk("VEVENT")]
    assert sum(len(calendar.walk()) - 1 for calendar in found.values()) == len(events)
    assert not any(event.errors for event in events)
    told = sorted((e.decoded("DTSTART"), e.decoded("DTEND")) for e in events)
    assert told == sorted(
        (handover.moment(round(s.takeoff_s)), handover.moment(round(s.landing_s)))
        for s in handover.sorties
    )
    for calendar in found.values():  # of stations that have one drone each
        for before, after in pairwise(calendar.walk("VEVENT")):
            assert before.decoded("DTEND") <= after.decoded("DTSTART")
    assert len({str(event["UID"]) for event in events}) == len(events)


def test_an_event_says_who_flies_what_where() -> None:
    """Its texts are those of the plan, Chinese ones whole."""
    found = calendars(TINY)
    assert list(found) == ["A.ics", "B.ics"]
    for calendar, station in zip(found.values(), TINY.stations, strict=True):
        assert calendar["X-WR-CALNAME"] == f"{station['id']} {station['name']}"
        events = calendar.walk("VEVENT")
        flown = [s for s in TINY.sorties if s.drone.startswith(station["id"])]
        for event, sortie in zip(events, flown, strict=True):
            assert event["SUMMARY"] == f"{sortie.drone}: {sortie.route}"
            assert "Zones 巡区: " in event["DESCRIPTION"]
            assert event.get("GEO").latitude == pytest.approx(station["lat"], abs=1e-6)
            assert event.get("GEO").longitude == pytest.approx(station["lon"], abs=1e-6)


def test_a_sortie_keeps_its_event() -> None:
    """Whatever else is exported, and whatever it is called, its UID stays."""
    whole = {str(e["UID"]) for c in calendars(TINY).values() for e in c.walk("VEVENT")}
    one = calendars(hand_over(TINY.plan, routes=["A1"]))
    some = {str(e["UID"]) for c in one.values() for e in c.walk("VEVENT")}
    assert some < whole
    assert len(some) == sum(s.route == "A1" for s in TINY.sorties)


def test_a_timetable_that_can_be_flown_every_day_repeats() -> None:
    """If a drone were still away at its first take-off, the day stands alone."""
    last = TINY.plan.roster[-1]
    for ready_s, repeats in ((last.ready_s, True), (last.ready_s + 86_400, False)):
        roster = (*TINY.plan.roster[:-1], replace(last, ready_s=ready_s))
        found = calendars(hand_over(replace(TINY.plan, roster=roster)))
        rules = {
            event["RRULE"].to_ical().decode() if "RRULE" in event else None
            for calendar in found.values()
            for event in calendar.walk("VEVENT")
        }
        assert rules == ({"FREQ=DAILY"} if repeats else {None})


@given(line=st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_a_long_line_is_folded_between_characters(line: str) -> None:
    """No part has more than 75 octets, and together they are the line."""
    parts = list(ics.folded(line))
    assert all(part.endswith(b"\r\n") and len(part) <= 77 for part in parts)
    assert all(part.startswith(b" ") for part in parts[1:])
    texts = [part.decode() for part in parts]  # fails where a character is torn
    assert "".join(texts).replace("\r\n ", "") == f"{line}\r\n"
