"""Stacks: exceeding hours, capture and tonnes in the engine, held against the slow rules of the standards."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lantu.base import Period
from lantu.indicators import IndicatorValue, compute
from lantu.lake import Lake
from lantu.ledgers import Actor, LedgerBook
from lantu.plan.packs import load_pack
from lantu.standards.emissions import StackHour, capture_rate, judge_hours, totals

PACK = load_pack("beijing/2021")
WHO = Actor("张三", "市生态环境局")
MONTH = Period.parse("2021-03")
LIMITS = {"S1": Decimal(30), "S2": Decimal(80)}
OXYGEN = {"S1": Decimal("3.5"), "S2": Decimal(10)}


@pytest.fixture
def book(tmp_path: Path) -> LedgerBook:
    return LedgerBook(PACK.ledgers, PACK.areas, PACK.units, tmp_path)


def stack(book: LedgerBook, number: str, area: str = "110111", **more: Any) -> None:
    values = {"number": number, "enterprise": "某厂", "source": "oil_gas_boiler", "nox_limit": LIMITS[number], **more}
    book.enter("stacks", values, area, WHO, dt.date(2020, 1, 1))


def hours(seed: int = 1, count: int = 600) -> dict[str, list[dict[str, Any]]]:
    draw = random.Random(seed)
    found: dict[str, list[dict[str, Any]]] = {}
    for name, limit in LIMITS.items():
        for hour in range(1, count + 1):
            oxygen = draw.choice([round(draw.uniform(2, 12), 1)] * 9 + [21.0, None])
            value = draw.choice([round(draw.uniform(0.3, 1.3) * float(limit), 1)] * 9 + [None])
            found.setdefault(name, []).append(
                {
                    "station": name,
                    "time": dt.datetime(2021, 3, 1) + dt.timedelta(hours=hour),
                    "nox": value,
                    "oxygen": oxygen,
                    "flow": draw.choice([20_000.0, 15_000.0, None]),
                    "minutes_valid": draw.choice([60.0, 60.0, 60.0, 45.0, 44.0, None]),
                    "status": draw.choice([1.0] * 8 + [2.0, 3.0, 4.0, 5.0, None]),
                }
            )
    return found


def write(lake: Lake, rows: list[dict[str, Any]]) -> None:
    kinds = {"station": pa.string(), "time": pa.timestamp("us")}
    columns = {name: pa.array([row[name] for row in rows], kinds.get(name, pa.float64())) for name in rows[0]}
    lake.write("cems_hourly", pa.table(columns), "made by hand", simulated=False)


def value(lake: Lake, book: LedgerBook, name: str, area: str = "房山") -> IndicatorValue:
    return compute(lake, PACK.sites, PACK.areas, name, area, MONTH, book=book)[0]


def test_the_engine_agrees_with_the_rules(book: LedgerBook, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    stack(book, "S1")
    stack(book, "S2", source="cement_kiln")
    made = hours()
    write(lake, [row for rows in made.values() for row in rows])
    judged = exceeding = 0
    tonnes = Decimal(0)
    rates = []
    for name, rows in made.items():
        known = [
            StackHour(
                row["time"],
                None if row["nox"] is None else Decimal(str(row["nox"])),
                None if row["oxygen"] is None else Decimal(str(row["oxygen"])),
                None if row["minutes_valid"] is None else int(row["minutes_valid"]),
                1 if row["status"] is None else int(row["status"]),
            )
            for row in rows
        ]
        verdicts = judge_hours(known, LIMITS[name], OXYGEN[name], MONTH.end)
        judged += sum(each.valid for each in verdicts)
        exceeding += sum(each.exceeding for each in verdicts)
        running = {
            hour.end: (hour.value, None if row["flow"] is None else Decimal(str(row["flow"])))
            for hour, row in zip(known, rows, strict=True)
            if hour.state == 1
        }
        tonnes += totals(running)
        rates.append((capture_rate(known, MONTH.end), sum(hour.state == 1 for hour in known)))
    share = value(lake, book, "stack_exceeding_hours_share")
    assert 0 < exceeding < judged
    assert share.value == Decimal(exceeding * 100) / judged
    assert "emissions.marked_states" in share.unverified
    found = value(lake, book, "stack_nox_emission").value
    assert found is not None
    assert abs(found - tonnes) < Decimal("0.000001")
    captured = sum((rate or Decimal(0)) * ran for rate, ran in rates) / sum(ran for _, ran in rates)
    rate = value(lake, book, "stack_capture_rate").value
    assert rate is not None
    assert abs(rate - captured) < Decimal("0.0000001")


def test_equal_to_the_limit_is_no_exceedance(book: LedgerBook, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    stack(book, "S1", reference_oxygen="7")
    rows = [
        {"station": "S1", "time": dt.datetime(2021, 3, 1, hour), "nox": nox, "oxygen": 14.0, "flow": 1e6}
        for hour, nox in ((1, 15.0), (2, 15.1), (3, 14.9), (4, 10.0))
    ]
    write(lake, rows)
    assert value(lake, book, "stack_exceeding_hours_share").value == 25
    assert value(lake, book, "stack_nox_emission").value == Decimal("0.055")


def test_what_is_missing_is_said(book: LedgerBook, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    stack(book, "S1")
    assert "no data" in str(value(lake, book, "stack_capture_rate").reason.en)  # type: ignore[union-attr]
    write(lake, hours()["S2"])
    assert value(lake, book, "stack_capture_rate").value is None
    stack(book, "S2")
    part = value(lake, book, "stack_capture_rate")
    assert part.valid is False
    assert part.reason is not None
    assert part.reason.en == "1 of 2 stacks have data"
    assert value(lake, book, "stack_capture_rate", "通州").reason.en == "no stack with monitoring"  # type: ignore[union-attr]
