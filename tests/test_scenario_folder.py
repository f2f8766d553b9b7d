"""Every fault in scenario.toml is told at once, with the path of its key."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_folder import TOML, example, found, inspected, write

from planner.errors import InputError
from planner.formats.drones import catalogue
from planner.formats.scenario_folder import read_scenario
from planner.given.wind import Wind
from planner.scenario import Rules, Scenario


def with_line(line: str) -> str:
    """Return the TOML with a top-level line before its tables."""
    return f"{line}\n{TOML}"


def without(start: str) -> str:
    """Return the TOML without the lines that start so."""
    return "".join(
        line for line in TOML.splitlines(keepends=True) if not line.startswith(start)
    )


TOMLS: list[tuple[str, str, str]] = [
    ("name = ", "E-TOML-SYNTAX", ""),
    ("a = 1\na = 2", "E-TOML-SYNTAX", ""),
    ("a = " + "[" * 5000, "E-PARSE-DEPTH", ""),
    ("a = " + "9" * 5000, "E-TOML-SYNTAX", ""),
    (with_line("horizn = '24h'"), "E-TOML-KEY", "horizn"),
    (with_line("name = 3"), "E-TOML-TYPE", "name"),
    (with_line("datum = 'GCJ02'"), "E-TOML-CHOICE", "datum"),
    (with_line("crs = '/etc/passwd'"), "E-TOML-CHOICE", "crs"),
    (with_line("date = '2026-13-01'"), "E-DATE", "horizon"),
    (without("timezone"), "E-TOML-MISSING", "timezone"),
    (without("stations"), "E-TOML-MISSING", "layers.stations"),
    (without("[[drones]]").replace('model = "M4TD"\n', ""), "E-TOML-MISSING", "drones"),
    (TOML.replace("Asia/Shanghai", "Asia/Yancheng"), "E-TIMEZONE", "horizon"),
    (TOML.replace("Asia/Shanghai", "../../etc/passwd"), "E-TIMEZONE", "horizon"),
    (TOML.replace("Asia/Shanghai", "Asia"), "E-TIMEZONE", "horizon"),
    (TOML.replace('["06:00", "22:00"]', '["06:00", "06:00"]'), "E-HORIZON", "horizon"),
    (TOML.replace('["06:00", "22:00"]', '["06:00"]'), "E-HORIZON", "horizon"),
    (TOML.replace('["06:00", "22:00"]', '"0h"'), "E-HORIZON", "horizon"),
    (TOML.replace('["06:00", "22:00"]', "6"), "E-TOML-TYPE", "horizon"),
    (TOML + "airsped_mps = 9", "E-TOML-KEY", "drones[0].airsped_mps"),
    (TOML + "airspeed_mps = -9", "E-TOML-RANGE", "drones[0].airspeed_mps"),
    (TOML + "airspeed_mps = nan", "E-TOML-RANGE", "drones[0].airspeed_mps"),
    (TOML + "airspeed_mps = '12'", "E-TOML-TYPE", "drones[0].airspeed_mps"),
    (TOML + "airspeed_mps = true", "E-TOML-TYPE", "drones[0].airspeed_mps"),
    (TOML + "overlap = 1.0", "E-TOML-RANGE", "drones[0].overlap"),
    (TOML.replace("M4TD", "X-99"), "E-DRONE-FIGURES", "drones[0]"),
    (TOML + '[[drones]]\nmodel = "M4TD"', "E-DRONE-DUP", "drones[1]"),
    (TOML + "[wind]\nspeed_mps = -1", "E-TOML-RANGE", "wind.speed_mps"),
    (TOML + "[wind]\nspeed_kmh = 10", "E-TOML-KEY", "wind.speed_kmh"),
    (TOML + "[rules]\nreserve_drones = 1.5", "E-TOML-TYPE", "rules.reserve_drones"),
    (TOML + "[rules]\nauthorised = 'A1'", "E-TOML-TYPE", "rules.authorised"),
    (TOML + "[columns.zone]\nid = 'x'", "E-TOML-KEY", "columns.zone"),
    (TOML.replace("zones.geojson", "zones.xlsx"), "E-FILE-MISSING", ""),
]


@pytest.mark.parametrize(("text", "code", "key"), TOMLS)
def test_a_fault_in_the_toml_is_named(
    tmp_path: Path, text: str, code: str, key: str
) -> None:
    """Each fault has its code and the path of its key."""
    assert found(inspected(write(tmp_path, toml=text)), code).feature == key


def test_a_key_that_is_not_known_gets_a_guess(tmp_path: Path) -> None:
    """Whoever mistypes is told what was meant."""
    folder = write(tmp_path, toml=TOML + "airsped_mps = 9")
    assert found(inspected(folder), "E-TOML-KEY").values["guess"] == "airspeed_mps"


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """Faults of the TOML and of two layers come together, errors first."""
    layers = example()
    layers["stations"]["features"][0]["properties"]["drones"] = -1
    layers["zones"]["features"][0]["properties"]["active"] = "noon"
    layers["zones"]["features"][1]["geometry"] = None
    folder = write(tmp_path, layers, TOML.replace("Asia/Shanghai", "Nowhere"))
    codes = [finding.code for finding in inspected(folder)]
    assert sorted(codes) == [
        "E-GEOM-NULL",
        "E-TIMEZONE",
        "E-VALUE-RANGE",
        "E-VALUE-SPANS",
    ]
    with pytest.raises(InputError) as raised:
        read_scenario(folder)
    assert len(raised.value.findings) == 4


def test_no_folder_and_no_toml_are_findings(tmp_path: Path) -> None:
    """A wrong path is bad input, not a crash."""
    found(inspected(tmp_path / "nothing"), "E-FOLDER")
    found(inspected(tmp_path), "E-FILE-MISSING")
    (tmp_path / "scenario.toml").write_bytes(b"\xff\xff\x81")
    found(inspected(tmp_path), "E-ENCODING")


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    """The shortest TOML is enough, and a drone type may only be named."""
    scenario = read_scenario(write(tmp_path))
    assert (scenario.wind, scenario.rules) == (Wind(), Rules())
    assert scenario.name == tmp_path.name
    (model,) = scenario.drone_models
    assert (model.airspeed_mps, model.usable_endurance_s) == (12.0, 1800.0)
    assert {station.model for station in scenario.stations} == {"M4TD"}


def test_a_figure_of_the_catalogue_can_be_overridden(tmp_path: Path) -> None:
    """What the TOML says goes before the catalogue."""
    scenario = read_scenario(write(tmp_path, toml=TOML + "swath_m = 90"))
    assert scenario.drone_models[0].swath_m == 90.0
    assert scenario.drone_models[0].dwell_s == 20.0


def test_the_catalogue_says_where_its_figures_are_from(tmp_path: Path) -> None:
    """Every type that ships can be planned with as it is."""
    for model in catalogue():
        folder = write(tmp_path / model, toml=TOML.replace("M4TD", model))
        assert inspected(folder) == ()


def test_a_horizon_may_cross_midnight_and_be_given_anew(tmp_path: Path) -> None:
    """Start and length come from the clock, the offset from zone and date."""
    folder = write(tmp_path)

    def horizon(text: str) -> tuple[str, float]:
        hours = read_scenario(folder, horizon=text).horizon
        return hours.start, hours.length_s

    assert horizon("20:00-02:00") == ("2026-01-01T20:00:00+08:00", 6 * 3600)
    assert horizon("24h") == ("2026-01-01T00:00:00+08:00", 24 * 3600)
    assert found(inspected(folder, "later"), "E-HORIZON").feature == "horizon"


def test_clocks_that_change_are_told(tmp_path: Path) -> None:
    """A start that the clocks skip is an error, a change in the horizon a warning."""
    berlin = with_line("date = 2026-03-29").replace("Asia/Shanghai", "Europe/Berlin")
    gap = write(tmp_path / "gap", toml=berlin.replace("06:00", "02:30"))
    found(inspected(gap), "E-TIME-GAP")
    change = write(tmp_path / "change", toml=berlin.replace("06:00", "01:00"))
    found(inspected(change), "W-TIME-CHANGE")
    after = write(tmp_path / "after", toml=berlin)
    assert read_scenario(after).horizon.start == "2026-03-29T06:00:00+02:00"


def digest(folder: Path, toml: str = TOML, layers: object = None) -> str:
    """Return the digest of the example with another TOML or other layers."""
    return read_scenario(write(folder, layers, toml)).digest  # type: ignore[arg-type]


def test_the_digest_names_the_content_and_nothing_else(tmp_path: Path) -> None:
    """Title, hours and files do not count; every figure and place does."""
    plain = digest(tmp_path / "plain")
    assert digest(tmp_path / "title", with_line("name = 'Other'")) == plain
    assert digest(tmp_path / "hours", TOML.replace("22:00", "21:00")) == plain
    assert digest(tmp_path / "default", TOML + "dwell_s = 20") == plain
    assert digest(tmp_path / "figure", TOML + "dwell_s = 21") != plain
    assert digest(tmp_path / "rule", TOML + "[rules]\nfloor_m = 61") != plain
    layers = example()
    layers["stations"]["features"][0]["geometry"]["coordinates"][0] += 1e-8
    assert digest(tmp_path / "place", layers=layers) != plain


def test_findings_about_the_content_name_the_file(tmp_path: Path) -> None:
    """Of a layer in two files, the one that holds the row is named."""
    layers = example()
    more = {"type": "FeatureCollection", "features": layers["zones"]["features"][2:]}
    del layers["zones"]["features"][2:]
    more["features"][0]["geometry"]["coordinates"] = [[121.5, 33.3], [121.5, 33.31]]
    toml = TOML.replace('"zones.geojson"', '["zones.geojson", "more.geojson"]')
    findings = inspected(write(tmp_path, {**layers, "more": more}, toml))
    finding = found(findings, "W-ZONE-FAR")
    assert (finding.file, finding.feature) == ("more.geojson", "Z3")


def test_optional_layers_are_read(tmp_path: Path) -> None:
    """Districts, teams, water and the boundary come with the scenario."""
    layers = example()
    zones, stations = layers["zones"]["features"], layers["stations"]["features"]
    layers["districts"] = {**layers["zones"], "features": zones[:2]}
    layers["boundary"] = {**layers["zones"], "features": zones[:1]}
    layers["water"] = {**layers["zones"], "features": zones[2:]}
    layers["response_teams"] = {
        "type": "FeatureCollection",
        "features": [{**stations[0], "properties": {"id": "T1", "station_id": "S1"}}],
    }
    extra = "".join(f'{name} = "{name}.geojson"\n' for name in layers)
    toml = without("stations =").replace('zones = "zones.geojson"\n', "")
    toml = toml.replace('airspace = "airspace.geojson"\n', extra)
    scenario = read_scenario(write(tmp_path, layers, toml))
    assert isinstance(scenario, Scenario)
    assert [district.id for district in scenario.districts] == ["Z1", "Z2"]
    assert (len(scenario.water), len(scenario.boundary)) == (1, 1)
    assert scenario.response_teams[0].station_id == "S1"
