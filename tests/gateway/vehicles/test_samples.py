"""Every sample frame is read as its file says."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from lantu.gateway.arrivals import Kept
from lantu.gateway.vehicles import Vehicles, describe

NOW = dt.datetime(2021, 6, 15, 10, 15, 10)
Samples = dict[str, dict[str, Any]]
GOOD = [f"V{number:02}" for number in range(1, 21) if number not in (14, 15, 17)]

NAMES = {
    "speed_kmh": "speed", "baro_kPa": "barometric_pressure", "torque_pct": "torque", "friction_pct": "friction_torque",
    "rpm": "engine_speed", "fuel_Lh": "fuel_rate", "nox_up_ppm": "nox_upstream", "nox_down_ppm": "nox_downstream",
    "reagent_pct": "reagent_level", "air_kgh": "intake_air", "scr_in_C": "scr_inlet_temperature",
    "scr_out_C": "scr_outlet_temperature", "dpf_dp_kPa": "filter_pressure_difference",
    "coolant_C": "coolant_temperature", "tank_pct": "tank_level", "pos": "position_state", "lon": "longitude",
    "lat": "latitude", "odo_km": "mileage", "o2_up_lambda": "oxygen_upstream", "o2_down_V": "oxygen_downstream",
    "twc_C": "catalyst_temperature", "motor_rpm": "motor_speed", "load_pct": "motor_load", "volt_V": "voltage",
    "amp_A": "current", "soc_pct": "state_of_charge", "torque_mode": "torque_mode", "pedal_pct": "pedal",
    "fuel_total_L": "fuel_total", "oil_C": "oil_temperature", "fuel_injected": "fuel_injected",
    "fuel_total_g": "fuel_mass_total", "dpf_C": "filter_temperature", "proto": "protocol", "mil": "malfunction_lamp",
    "support": "monitors_supported", "ready": "monitors_not_ready", "vin": "vin", "cal": "calibration",
    "cvn": "verification_number", "dtc": "fault_codes",
}  # fmt: skip
"""The samples' names of quantities, and those of Lantu."""

HEADS = {
    "cmd": "command", "vin": "vin", "ver": "version", "enc": "encryption", "layout": "layout", "serial": "serial",
    "signed": "signed", "iccid": "iccid", "data": "data", "chip": "chip", "key": "key", "vin2": "own_vin",
    "status": "status", "info": "info", "resp": "response", "lon": "longitude", "lat": "latitude",
}  # fmt: skip


def moment(printed: str | None) -> dt.datetime | None:
    return None if printed is None else dt.datetime.fromisoformat(printed)


def frames(name: str, samples: Samples) -> list[bytes]:
    return Vehicles().session().split(samples[name]["frame"])


@pytest.mark.shared_data
@pytest.mark.parametrize("name", GOOD)
def test_a_good_frame_comes_out_of_the_stream_whole(name: str, samples: Samples) -> None:
    assert frames(name, samples) == [samples[name]["frame"]]


@pytest.mark.shared_data
@pytest.mark.parametrize("name", GOOD)
def test_a_good_frame_says_what_the_sample_says(name: str, samples: Samples) -> None:
    expected = samples[name]["decoded"]
    found = describe(samples[name]["frame"])
    assert found["protocol"].startswith(expected["proto"])
    for key, value in expected.items():
        if key == "time":
            assert found["time"] == moment(value)
        elif key in HEADS and not (name == "V19" and key == "data"):
            assert found[HEADS[key]] == value, key
    assert len(found.get("items", ())) >= len(expected.get("items", ()))
    for item, (kind, time, values) in zip(found.get("items", ()), expected.get("items", ()), strict=False):
        assert (item["type"], item["time"]) == (kind, moment(time))
        assert item["values"].keys() == {NAMES[key] for key in values}
        for key, value in values.items():
            mine = item["values"][NAMES[key]]
            assert mine == (pytest.approx(value, abs=5e-7) if isinstance(value, float) else value), key


@pytest.mark.shared_data
def test_the_frame_of_an_electric_vehicle_is_read_as_one(samples: Samples) -> None:
    """V19: the sample says only whose it is and what its bytes are."""
    vehicle, position = describe(samples["V19"]["frame"])["items"]
    assert vehicle["values"]["speed"] == 52.3
    assert vehicle["values"]["mileage"] == 12345.6
    assert vehicle["values"]["voltage"] == 640.0
    assert vehicle["values"]["current"] == 35.0
    assert vehicle["values"]["state_of_charge"] == 78
    assert (position["values"]["longitude"], position["values"]["latitude"]) == (116.397128, 39.916527)


@pytest.mark.shared_data
def test_a_wrong_checksum_is_not_taken(samples: Samples) -> None:
    assert frames("V14", samples) == []
    assert describe(samples["V14"]["frame"]) == {"fault": "checksum"}
    vehicles = Vehicles()
    session = vehicles.session()
    (arrival,) = vehicles.examine([(session, samples["V14"]["frame"])], NOW)
    assert (arrival.kept, arrival.answer, arrival.oddities) == (False, None, ("checksum",))
    assert Vehicles().decode(Kept([samples["V14"]["frame"]], [0], [1])).undecoded == {0: "checksum"}


@pytest.mark.shared_data
def test_a_cut_frame_waits_and_is_given_up_in_the_end(samples: Samples) -> None:
    session = Vehicles().session()
    assert session.split(samples["V15"]["frame"]) == []
    assert session.rest == 100
    session.due(NOW)
    session.due(NOW + dt.timedelta(seconds=59))
    assert session.rest == 100
    session.due(NOW + dt.timedelta(seconds=61))
    assert (session.rest, session.skipped) == (0, 100)
    assert session.split(samples["V01"]["frame"]) == [samples["V01"]["frame"]]


@pytest.mark.shared_data
def test_frames_come_out_of_junk_and_half_a_frame_waits(samples: Samples) -> None:
    session = Vehicles().session()
    found = session.split(samples["V17"]["frame"])
    expected = samples["V17"]["decoded"]
    assert [len(frame) for frame in found] == expected["frames"]
    assert [frame[2] for frame in found] == expected["kinds"]
    assert session.rest == expected["rest"]
    rest = samples["V07"]["frame"][20:]
    assert session.split(rest) == [samples["V07"]["frame"]]


@pytest.mark.shared_data
def test_all_good_samples_at_once_become_tables(samples: Samples) -> None:
    kept = [samples[name]["frame"] for name in GOOD]
    decoded = Vehicles().decode(Kept(kept, [0] * len(kept), list(range(len(kept)))))
    seconds = decoded.tables["vehicle_seconds"].to_pylist()
    by_frame = {name: [row for row in seconds if row["frame"] == GOOD.index(name)] for name in GOOD}
    assert {name: len(rows) for name, rows in by_frame.items() if rows} == {
        "V02": 1, "V03": 10, "V04": 1, "V05": 1, "V06": 1, "V12": 1, "V13": 1, "V16": 1, "V20": 1,
    }  # fmt: skip
    assert by_frame["V06"][0]["time"] == dt.datetime(2021, 6, 14, 23, 59, 59)
    assert by_frame["V06"][0]["kind"] == "resend"
    missing = by_frame["V12"][0]
    assert [name for name, value in missing.items() if value is None] == [
        "nox_downstream", "nox_upstream", "reagent_level", "latitude", "longitude",
    ]  # fmt: skip
    assert decoded.undecoded == {
        GOOD.index("V08"): "no_data",
        GOOD.index("V11"): "no_data",
        GOOD.index("V18"): "encrypted",
    }
    assert [row["fault_codes"] for row in decoded.tables["vehicle_diagnoses"].to_pylist()][:2] == [
        "00204f00 00f1a200",
        "00204f00 00f1a200",
    ]
    assert decoded.tables["vehicle_events"].column("event").to_pylist() == ["login", "logout", "tampered", "activation"]
    electric = decoded.tables["electric_vehicle_states"].to_pylist()
    assert [(row["device"], row["voltage"], row["state_of_charge"]) for row in electric] == [
        ("LBJTEST0000000017", 540.2, 61.0),
        ("LSVAM41Z6F2000001", 640.0, 78.0),
    ]
