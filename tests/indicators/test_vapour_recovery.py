"""Petrol stations: alarms of nozzles, tanks and sensors by station, stable running, uploads."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lantu.base import Period
from lantu.indicators import IndicatorValue, compute
from lantu.indicators.points.vapour_recovery import _owner
from lantu.lake import Lake
from lantu.ledgers import Actor, LedgerBook
from lantu.plan.packs import load_pack

PACK = load_pack("beijing/2021")
WHO = Actor("张三", "市生态环境局")
MONTH = Period.parse("2022-03")
STREET = PACK.areas.children("110112")[0].code


@pytest.fixture
def book(tmp_path: Path) -> LedgerBook:
    return LedgerBook(PACK.ledgers, PACK.areas, PACK.units, tmp_path)


def rows(device: str, days: int, **values: Any) -> list[dict[str, Any]]:
    return [{"station": device, "time": dt.datetime(2022, 3, 1 + day), **values} for day in range(days)]


def write(lake: Lake, *parts: list[dict[str, Any]]) -> None:
    every = [row for part in parts for row in part]
    names = {name for row in every for name in row} - {"station", "time"}
    table = pa.table(
        {
            "station": [row["station"] for row in every],
            "time": pa.array([row["time"] for row in every], pa.timestamp("us")),
            **{name: pa.array([row.get(name) for row in every], pa.float64()) for name in sorted(names)},
        }
    )
    lake.write("vapour_recovery_daily", table, "made by hand", simulated=False)


def value(lake: Lake, book: LedgerBook, name: str, area: str = "通州") -> IndicatorValue:
    return compute(lake, PACK.sites, PACK.areas, name, area, MONTH, book=book)[0]


def test_alarms_stability_and_uploads(book: LedgerBook, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    for number in ("JY-1", "JY-2", "JY-3", "JY-4"):
        book.enter("petrol_stations", {"number": number, "name": number, "kind": "station"}, STREET, WHO, MONTH.start)
    good = {"fills": 40.0, "fills_low_high": 2.0, "al_min": 0.95, "al_max": 1.2}
    uploads = {"uploads_expected": 24.0, "uploads_received": 24.0}
    write(
        lake,
        rows("JY-1-1", 20, **good, **uploads),
        rows("JY-1-2", 7, **{**good, "fills_low_high": 11.0}),  # a week of warnings: an alarm
        rows("JY-2-1", 20, **good, uploads_expected=24.0, uploads_received=21.0),  # 87.5 % of the uploads
        rows("JY-3-1", 6, **{**good, "fills_low_high": 11.0}, **uploads),  # six warnings are none
        rows("JY-3-T1", 20, pressure_flat_hours=12.0, voc_peak=3000.0),
        rows("elsewhere-1", 20, **good),
    )
    alarms = value(lake, book, "vapour_recovery_alarm_share")
    assert alarms.value is not None
    assert (alarms.n, alarms.expected, alarms.valid) == (3, 4, False)
    assert float(alarms.value) == pytest.approx(100 / 3)
    stable = value(lake, book, "vapour_recovery_stable_share")
    assert float(stable.value or 0) == pytest.approx(100 / 3)
    assert "vapour_recovery.stable_upload_share" in stable.unverified
    sent = value(lake, book, "vapour_recovery_upload_share").value
    assert float(sent or 0) == pytest.approx(100 * (480 + 420 + 144) / (480 + 480 + 144))


def test_a_peak_of_the_sensor_is_an_alarm_at_once(book: LedgerBook, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    book.enter("petrol_stations", {"number": "A", "name": "A", "kind": "station"}, STREET, WHO, MONTH.start)
    assert value(lake, book, "vapour_recovery_alarm_share").value is None
    write(lake, rows("A", 1, voc_peak=8000.0))
    assert value(lake, book, "vapour_recovery_alarm_share").value == 100
    assert value(lake, book, "vapour_recovery_alarm_share", "朝阳").reason.en == "no petrol station"  # type: ignore[union-attr]


def test_devices_belong_to_the_longest_number() -> None:
    known = {"JY", "JY-1"}
    assert [_owner(name, known) for name in ("JY-1-2", "JY-2", "JY-1", "XX-1")] == ["JY-1", "JY", "JY-1", None]
