"""A plan's file is read as it was written, and told exactly where it is wrong."""

from __future__ import annotations

import csv
import io
import json
import re
import stat
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hand_edits import edited_by_hand
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plans import tiny_plan, tiny_scenario

from planner.checks import check
from planner.errors import InputError, OutputError
from planner.formats import files
from planner.formats.files import write_atomically
from planner.formats.plan_geojson import (
    as_written,
    plan_to_bytes,
    read_plan,
    write_plan,
)
from planner.formats.timetable_csv import COLUMNS, write_timetable_csv
from planner.messages import LANGUAGES, say
from planner.plan import Plan

SCENARIO = tiny_scenario()
PLAN = tiny_plan()
TEXT = plan_to_bytes(PLAN).decode()


def read_text(folder: Path, text: str) -> Plan:
    """Return the plan in a text, by way of a file."""
    path = folder / "plan.geojson"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    return read_plan(path)


def faults(folder: Path, text: str) -> set[tuple[str, str]]:
    """Return code and place of everything that is wrong with a text."""
    with pytest.raises(InputError) as caught:
        read_text(folder, text)
    return {(finding.code, finding.feature) for finding in caught.value.findings}


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Reading and writing again gives the same bytes, and the same plan."""
    path = tmp_path / "plan.geojson"
    write_plan(PLAN, path)
    plan = read_plan(path)
    assert plan_to_bytes(plan) == path.read_bytes()
    assert plan == PLAN == as_written(PLAN)
    assert check(SCENARIO, plan) == []


def test_what_a_file_rounds_is_rounded_once() -> None:
    """A path of many decimals is as its file has it, and stays so."""
    rough = replace(
        PLAN.routes[0],
        path=tuple((lon + 1e-10 / 3, lat, z) for lon, lat, z in PLAN.routes[0].path),
        t_s=tuple(t + 1e-5 / 3 for t in PLAN.routes[0].t_s),
        headway_s=1800.1 / 3,
    )
    plan = replace(PLAN, routes=(rough,))
    written = as_written(plan)
    assert written.routes[0].path == PLAN.routes[0].path
    assert written.routes[0].headway_s == rough.headway_s
    assert as_written(written) == written
    assert plan_to_bytes(written) == plan_to_bytes(plan)


def test_the_order_of_free_content_does_not_change_the_file() -> None:
    """The same plan gives the same bytes, however its mappings were filled."""
    turned = dict(reversed(list(PLAN.metrics.items())))
    assert plan_to_bytes(replace(PLAN, metrics=turned)) == plan_to_bytes(PLAN)


def test_coordinates_and_times_have_the_decimals_that_were_promised() -> None:
    """Eight decimals of a degree, three of a second; no exponent, no -0.0."""
    geometry = re.search(r'"coordinates":(\[\[.*?\]\])', TEXT)
    times = re.search(r'"t_s":(\[.*?\])', TEXT)
    assert geometry and times
    assert not re.search(r"\.\d{9}|e|-0\.0\D", geometry[1])
    assert not re.search(r"\.\d{4}|e", times[1])


def test_any_program_that_reads_geojson_opens_it(tmp_path: Path) -> None:
    """It is a layer of lines with attributes, in WGS 84."""
    import pyogrio

    path = tmp_path / "plan.geojson"
    write_plan(PLAN, path)
    layer = pyogrio.read_info(path)
    assert layer["features"] == 4
    assert layer["geometry_type"] in ("LineString", "2.5D LineString", "LineString Z")
    assert {"id", "depot", "layer_m", "headway_s"} <= set(layer["fields"])


def schema_faults(
    value: Any, schema: dict[str, Any], root: dict[str, Any]
) -> list[str]:
    """Return where a value is not as a schema says; only what our schema uses."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    known = {"type", "required", "properties", "items", "const", "enum", "minItems"}
    known |= {"maxItems", "minLength", "exclusiveMinimum", "maximum", "description"}
    assert set(schema) <= known | {"$schema", "title", "$defs"}
    types: dict[str, Any] = {
        "object": dict,
        "array": list,
        "string": str,
        "number": (int, float),
    }
    kind = schema.get("type")
    if kind and (not isinstance(value, types[kind]) or isinstance(value, bool)):
        return [f"{value!r:.40} is no {kind}"]
    found: list[str] = []
    if value != schema.get("const", value) or value not in schema.get("enum", [value]):
        found.append(f"{value!r:.40}")
    if isinstance(value, int | float):
        low, high = schema.get("exclusiveMinimum"), schema.get("maximum")
        if (low is not None and value <= low) or (high is not None and value > high):
            found.append(f"{value} out of range")
    if isinstance(value, str | list):
        least = schema.get("minItems", schema.get("minLength", 0))
        if not least <= len(value) <= schema.get("maxItems", len(value)):
            found.append(f"length {len(value)}")
    if isinstance(value, list) and "items" in schema:
        for item in value:
            found += schema_faults(item, schema["items"], root)
    if isinstance(value, dict):
        found += [key for key in schema.get("required", []) if key not in value]
        for key, part in schema.get("properties", {}).items():
            if key in value:
                found += schema_faults(value[key], part, root)
    return found


def schema() -> dict[str, Any]:
    """Return the schema that ships."""
    file = resources.files("planner.formats") / "plan.schema.json"
    return json.loads(file.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def test_the_schema_describes_what_is_written() -> None:
    """What we write follows the schema; every key we write stands in it."""
    root, document = schema(), json.loads(TEXT)
    assert schema_faults(document, root, root) == []
    assert set(document) == set(root["required"])
    assert set(document) | {"left_out"} == set(root["properties"])
    of_route = root["$defs"]["route"]["properties"]["properties"]
    assert set(document["features"][0]["properties"]) == set(of_route["required"])
    for name, example in (
        ("stop", document["features"][0]["properties"]["stops"][0]),
        ("sortie", document["timetable"]["roster"][0]),
        ("unserved", document["unserved"][0]),
    ):
        assert set(example) == set(root["$defs"][name]["required"])


def edited(change: Callable[[Any], None]) -> str:
    """Return the text of the plan's file after a change to its document."""
    document = json.loads(TEXT)
    change(document)
    return json.dumps(document)


def first(document: Any) -> Any:
    """Return the properties of the first route."""
    return document["features"][0]["properties"]


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("", "E-PLAN-PARSE", ""),
        ("{", "E-PLAN-PARSE", ""),
        ("[]", "E-PLAN-KIND", ""),
        ("{}", "E-PLAN-KIND", ""),
        ("[" * 100_000, "E-PLAN-DEEP", ""),
        ('{"type":1,"type":2}', "E-PLAN-DUPKEY", ""),
        ('{"a":NaN}', "E-PLAN-FINITE", ""),
        ('{"a":1e999}', "E-PLAN-FINITE", ""),
        ('{"a":' + "9" * 5000 + "}", "E-PLAN-FINITE", ""),
        ('{"a":"\\ud800"}', "E-PLAN-ENCODING", ""),
        (edited(lambda d: d.pop("horizon")), "E-PLAN-KEY", ""),
        (edited(lambda d: d.pop("metrics")), "E-PLAN-KEY", ""),
        (edited(lambda d: d["timetable"].pop("roster")), "E-PLAN-KEY", "timetable"),
        (edited(lambda d: d.update(features={})), "E-PLAN-LIST", "features"),
        (edited(lambda d: d.update(stations=[1])), "E-PLAN-OBJECT", "stations[0]"),
        (
            edited(lambda d: d["horizon"].update(start="06:00")),
            "E-PLAN-TIME",
            "horizon.start",
        ),
        (
            edited(lambda d: d["horizon"].update(seconds=1e9)),
            "E-PLAN-RANGE",
            "horizon.seconds",
        ),
        (
            edited(lambda d: first(d).update(headway_s=0)),
            "E-PLAN-RANGE",
            "features[0].properties.headway_s",
        ),
        (
            edited(lambda d: first(d).update(phase_s="0")),
            "E-PLAN-NUMBER",
            "features[0].properties.phase_s",
        ),
        (
            edited(lambda d: first(d).update(phase_s=True)),
            "E-PLAN-NUMBER",
            "features[0].properties.phase_s",
        ),
        (
            edited(lambda d: first(d).update(id="")),
            "E-PLAN-TEXT",
            "features[0].properties.id",
        ),
        (
            edited(lambda d: first(d)["t_s"].pop()),
            "E-PLAN-LENGTH",
            "features[0].properties.t_s",
        ),
        (
            edited(lambda d: first(d)["stops"][0].update(kind="look")),
            "E-PLAN-CHOICE",
            "features[0].properties.stops[0].kind",
        ),
        (
            edited(lambda d: first(d)["stops"][0].update(zones=[None])),
            "E-PLAN-TEXT",
            "features[0].properties.stops[0].zones[0]",
        ),
        (
            edited(lambda d: d["features"][0].update(geometry=None)),
            "E-PLAN-OBJECT",
            "features[0].geometry",
        ),
        (
            edited(lambda d: d["features"][0]["geometry"].update(type="Point")),
            "E-PLAN-GEOMETRY",
            "features[0].geometry",
        ),
        (
            edited(lambda d: d["features"][0]["geometry"].update(coordinates=[])),
            "E-PLAN-SHORT",
            "features[0].geometry.coordinates",
        ),
        (
            edited(lambda d: d["features"][0]["geometry"]["coordinates"][1].pop()),
            "E-PLAN-POSITION",
            "features[0].geometry.coordinates[1]",
        ),
        (
            edited(
                lambda d: d["features"][0]["geometry"]["coordinates"][1].__setitem__(
                    0, 421_000.0
                )
            ),
            "E-PLAN-POSITION",
            "features[0].geometry.coordinates[1]",
        ),
        (
            edited(lambda d: d["features"].append(d["features"][0])),
            "E-PLAN-DUPLICATE",
            "features[4].properties.id",
        ),
        (
            edited(lambda d: d["unserved"][0].pop("reason")),
            "E-PLAN-KEY",
            "unserved[0]",
        ),
    ],
)
def test_a_fault_is_named_with_its_place(
    text: str, code: str, place: str, tmp_path: Path
) -> None:
    """Whoever edited the file is led to the line, in both languages."""
    assert (code, place) in faults(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_text(tmp_path, text)
    for finding in caught.value.findings:
        for language in LANGUAGES:
            assert say(f"finding.{finding.code}", language, **finding.values)
            assert say(f"remedy.{finding.code}", language, **finding.values)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """Nobody mends one fault only to be told of the next."""

    def spoil(document: Any) -> None:
        first(document).update(phase_s="0", depot=7)
        document["timetable"]["roster"][3].pop("drone")

    assert faults(tmp_path, edited(spoil)) == {
        ("E-PLAN-NUMBER", "features[0].properties.phase_s"),
        ("E-PLAN-TEXT", "features[0].properties.depot"),
        ("E-PLAN-KEY", "timetable.roster[3]"),
    }


@pytest.mark.parametrize("name", ["missing.geojson", "", "\0"])
def test_a_file_that_cannot_be_opened_is_a_finding(name: str, tmp_path: Path) -> None:
    """No such file, a folder, an impossible name: told, not raised raw."""
    with pytest.raises(InputError) as caught:
        read_plan(tmp_path / name)
    assert [finding.code for finding in caught.value.findings] == ["E-PLAN-FILE"]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_plan_edited_by_hand_is_read_or_refused_but_never_crashes(
    data: st.DataObject, tmp_path: Path
) -> None:
    """Any value replaced or dropped anywhere ends in findings or in violations."""
    try:
        plan = read_text(tmp_path, edited_by_hand(data, TEXT))
    except InputError as error:
        assert error.findings
    else:
        check(SCENARIO, plan)


def test_a_file_is_private_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    """Plans are for their owner alone; no temporary file stays."""
    path = tmp_path / "plan.geojson"
    write_plan(PLAN, path)
    write_plan(PLAN, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be written whole is not written at all."""
    path = tmp_path / "plan.geojson"
    path.write_bytes(b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_files_that_belong_together_are_written_all_or_none(tmp_path: Path) -> None:
    """Where the last cannot be written the first stays as it was."""
    first, last = tmp_path / "plan.geojson", tmp_path / "none" / "map.html"
    first.write_bytes(b"old")
    with pytest.raises(OutputError, match=r"map\.html"):
        files.write_together({first: b"new", last: b"new"})
    assert first.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [first]


def test_a_folder_that_is_not_there_is_an_output_error(tmp_path: Path) -> None:
    """Nothing is made up on the way to a file."""
    with pytest.raises(OutputError):
        write_atomically(tmp_path / "none" / "plan.geojson", b"")


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return the rows of a timetable as a spreadsheet sees them."""
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_timetable_has_a_row_for_each_sortie_in_local_time(tmp_path: Path) -> None:
    """What a duty officer prints: who flies what, when, by the clock on the wall."""
    path = tmp_path / "timetable.csv"
    write_timetable_csv(PLAN, path)
    rows = rows_of(path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert len(rows) == len(PLAN.roster)
    assert tuple(rows[0]) == COLUMNS
    assert rows[0] | {"drone": "A-1", "station": "A", "route": "A1"} == rows[0]
    assert rows[0]["takeoff"] == "2026-01-31 06:02:00"
    assert rows[0]["landing"] == "2026-01-31 06:09:09"
    assert rows[0]["takeoff_s"] == "120.0"
    assert rows[0]["zones"] == "W1 W2"


@pytest.mark.parametrize("start", list("=+-@\t\r\n＝＋－＠"))
def test_no_text_of_a_plan_becomes_a_formula(start: str, tmp_path: Path) -> None:
    """A spreadsheet shows an id; it does not run it."""
    name = f"{start}cmd|' /C calc'!A0"
    plan = replace(
        PLAN,
        routes=(replace(PLAN.routes[0], id=name, depot=name),),
        roster=(replace(PLAN.roster[0], route=name, drone=name),),
    )
    path = tmp_path / "timetable.csv"
    write_timetable_csv(plan, path)
    (row,) = rows_of(path)
    assert row["drone"] == row["route"] == row["station"] == f"'{name}"
