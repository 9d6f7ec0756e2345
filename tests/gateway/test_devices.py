"""The register of devices: closed, checked against the datasets, faults with their lines, read anew on a change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lantu.base import SeveralErrors
from lantu.gateway.devices import DeviceRegister, RegisterFile, sm4_key

GOOD = """\
unknown_devices: refuse
factor_lists:
  air:
    a34004: {column: pm25, unit: μg/m³}
    a21005: {column: co, unit: μg/m³}
devices:
  - {id: AAAA, password: "123456", dataset: air_hourly, station: 东四, factors: air, edition: "2017"}
  - {id: BBBB, sm4_key: "0000000000000000", factors: {a34013: {unit: mg/m³, limit: 10, limit_reference: permit 7}}}
  - {id: "*", protocol: vehicles, dataset: heavy_vehicle_seconds}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "devices.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_register_is_read(tmp_path: Path) -> None:
    register = DeviceRegister.read(write(tmp_path, GOOD))
    first = register.get("hj212", "AAAA")
    assert first is not None
    assert (first.kind, first.station_of("AAAA")) == ("hour", "东四")
    assert isinstance(first.factors, dict)
    assert first.factors["a34004"].column == "pm25"
    second = register.get("hj212", "BBBB")
    assert second is not None
    assert sm4_key(second) == b"0" * 16
    assert register.get("hj212", "CCCC") is None
    anyone = register.get("vehicles", "LSVNV2182E2100001")
    assert anyone is not None
    assert anyone.station_of("LSVNV2182E2100001") == "LSVNV2182E2100001"
    assert register.unknown_devices == "refuse"


def test_without_a_file_nobody_is_registered(tmp_path: Path) -> None:
    assert DeviceRegister.read(tmp_path / "devices.yaml").get("hj212", "AAAA") is None


def test_every_fault_is_named_with_its_line(tmp_path: Path) -> None:
    text = """\
devices:
  - {id: AAAA, dataset: air_hourly, factors: {a34004: {column: pm25, unit: s}}}
  - {id: AAAA, dataset: nowhere}
  - {id: BBBB, sm4_key: short}
  - {id: CCCC, factors: water}
  - {id: DDDD, dataset: air_hourly, factors: {a1: {column: nothing, unit: μg/m³}, a2: {unit: mg/m³, limit: 5}}}
"""
    with pytest.raises(SeveralErrors) as caught:
        DeviceRegister.read(write(tmp_path, text))
    found = [
        (error.where.line, str(error.where.field).rpartition(".")[2]) for error in caught.value.errors if error.where
    ]
    assert found == [
        (2, "column"),
        (3, "id"),
        (3, "dataset"),
        (4, "sm4_key"),
        (5, "factors"),
        (6, "column"),
        (6, "limit"),
    ]


def test_a_protocol_that_nobody_speaks_is_a_fault(tmp_path: Path) -> None:
    path = write(tmp_path, "devices:\n  - {id: AAAA, protocol: hj213}\n")
    with pytest.raises(SeveralErrors, match="no protocol 'hj213'"):
        DeviceRegister.read(path, ("hj212",))


def test_an_unknown_key_is_a_fault_and_a_password_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(SeveralErrors, match="unknown key 'pasword'"):
        DeviceRegister.read(write(tmp_path, "devices:\n  - {id: AAAA, pasword: x}\n"))
    register = DeviceRegister.read(write(tmp_path, GOOD))
    assert "123456" not in repr(register)


def test_a_changed_file_holds_and_a_faulty_change_does_not(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    file = RegisterFile(path)
    assert not file.fresh()
    write(tmp_path, "devices: [{id: EEEE}]\n")
    os.utime(path, ns=(1, 1))
    assert file.fresh()
    assert file.register.get("hj212", "EEEE") is not None
    write(tmp_path, "devices: [{}]\n")
    os.utime(path, ns=(2, 2))
    assert not file.fresh()
    assert file.fault is not None
    assert file.register.get("hj212", "EEEE") is not None
