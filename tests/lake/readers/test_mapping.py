"""A mapping tells which column is what; its faults are named with file and line."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantu.base import LantuError
from lantu.lake import get_dataset
from lantu.lake.readers import load_mapping
from lantu.lake.readers.mapping import conversion
from lantu.lake.readers.times import parse_time, time_pattern

WIDE = """\
form: wide
station: 站点
time: {columns: [时间], marks: end}
items:
  pm25: {named: PM2.5, unit: ug/m3}
"""


def faults(tmp_path: Path, text: str, dataset: str = "air_hourly") -> str:
    path = tmp_path / "columns.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LantuError) as error:
        load_mapping(path, get_dataset(dataset))
    return str(error.value).replace(str(path), "columns.yaml")


def test_mapping_as_file_and_as_dict_are_one(tmp_path: Path) -> None:
    path = tmp_path / "columns.yaml"
    path.write_text(WIDE, encoding="utf-8")
    as_dict: dict[str, Any] = {
        "form": "wide",
        "station": "站点",
        "time": {"columns": ["时间"], "marks": "end"},
        "items": {"pm25": {"named": "PM2.5", "unit": "ug/m3"}},
    }
    assert load_mapping(path, get_dataset("air_hourly")) == load_mapping(as_dict, get_dataset("air_hourly"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("form: wide", "form: broad"), "columns.yaml:1 [form]: the value does not fit"),
        (("station: 站点", "stattion: 站点"), "columns.yaml:2 [stattion]: unknown key 'stattion'"),
        (("marks: end", "marks: middle"), "columns.yaml:3 [time.marks]: the value does not fit"),
        ((", marks: end", ""), "columns.yaml:3 [time.marks]: the key 'marks' is missing"),
        (("marks: end", "marks: end, format: '%d/%m/%y'"), "columns.yaml:3 [time.format]: the time format"),
        (("pm25:", "pm26:"), "columns.yaml:5 [items.pm26]: the dataset air_hourly has no column 'pm26'"),
        (("ug/m3", "kg"), "columns.yaml:5 [items.pm25.unit]: 'kg' cannot be converted to 'μg/m³'"),
        (("ug/m3", "ppb"), "columns.yaml:5 [items.pm25.unit]: unknown unit 'ppb'"),
        ((", unit: ug/m3", ""), "columns.yaml:5 [items.pm25.unit]: no unit is given"),
        (("items:", "items:\n  PM2.5: {named: x, unit: ug/m3}"), "columns.yaml:6 [items.pm25]: the same column is"),
        (("station: 站点\n", ""), "give either `station` (a column) or `station_name`"),
        (("form: wide", "form: long"), "a long table needs `item` and `value`"),
        (("form: wide", "form: wide\nitem: 项目"), "`item`, `value` and `unit` belong to a long table"),
        (("form: wide", "form: [wide"), "columns.yaml:2: not valid YAML"),
        (("form: wide", "form: wide\nform: long"), "columns.yaml:2 [form]: the key 'form' appears twice"),
    ],
)
def test_fault_of_a_mapping_has_its_line(change: tuple[str, str], message: str, tmp_path: Path) -> None:
    assert change[0] in WIDE
    assert message in faults(tmp_path, WIDE.replace(*change, 1))


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    message = faults(tmp_path, WIDE + "  so2: {named: SO2, unit: 家}\n  hg: {named: Hg, unit: ug/m3}\n")
    assert "columns.yaml:6 [items.so2.unit]" in message
    assert "columns.yaml:7 [items.hg]" in message


def test_absent_mapping(tmp_path: Path) -> None:
    with pytest.raises(LantuError, match="does not exist"):
        load_mapping(tmp_path / "absent.yaml", get_dataset("air_hourly"))


@pytest.mark.parametrize(
    ("value", "unit", "wanted", "result"),
    [
        (1.1, "mg/m3", "μg/m³", 1100.0),
        (0.0035, "mg/m3", "μg/m³", 3.5),
        (1100.0, "ug/m3", "mg/m³", 1.1),
        (293.15, "K", "℃", 20.0),
        (101.3, "kPa", "hPa", 1013.0),
        (36.0, "km/h", "m/s", 10.0),
    ],
)
def test_units_convert_by_the_decimal_digits(value: float, unit: str, wanted: str, result: float) -> None:
    assert conversion(unit, wanted).apply(np.array([value, np.nan]))[0] == result


@given(st.decimals(0, 10**6, places=3, allow_nan=False))
def test_conversion_is_the_decimal_one(value: Decimal) -> None:
    (converted,) = conversion("ug/m3", "mg/m³").apply(np.array([float(value)]))
    assert converted == float(value / 1000)


@pytest.mark.parametrize("wanted", ["μg/m³", "家", "hPa"])
def test_units_that_do_not_fit_are_refused(wanted: str) -> None:
    with pytest.raises(LantuError, match="cannot be converted"):
        conversion("℃", wanted)


@pytest.mark.parametrize(
    ("format", "text", "hour"),
    [
        (None, "2021-08-01 13:00", "2021-08-01T13"),
        (None, "2021/8/1 3:00:00", "2021-08-01T03"),
        (None, "2021-08-01T23", "2021-08-01T23"),
        (None, "2021-08-01", None),
        (None, "01/08/2021 13:00", None),
        (None, "2021-08-01 13:30", None),
        (None, "2021-08-01 25:00", None),
        (None, "2021-08-01 13:00+08:00", None),
        ("%Y%m%d%H", "2021080113", "2021-08-01T13"),
        ("%Y%m%d%H", "202181013", None),
        ("%Y %m %d %H", "2021 8 1 3", "2021-08-01T03"),
        ("%d.%m.%Y %H:%M:%S", "01.08.2021 13:00:00", "2021-08-01T13"),
        ("%Y年%m月%d日%H时", "2021年8月1日3时", "2021-08-01T03"),
        ("%Y年%m月%d日%H时", "2021年2月30日3时", None),
        ("%Y-%m-%d %H", "2021-08-01 24", None),
    ],
)
def test_times_are_read_strictly(format: str | None, text: str, hour: str | None) -> None:
    moment = parse_time(text, time_pattern(format))
    assert (moment.isoformat()[:13] if moment else None) == hour


def test_hour_24_only_where_the_mapping_allows_it() -> None:
    pattern = time_pattern("%Y-%m-%d %H")
    moment = parse_time("2021-12-31 24", pattern, hour_24=True)
    assert moment is not None and moment.isoformat() == "2022-01-01T00:00:00"
    assert parse_time("2021-12-31 25", pattern, hour_24=True) is None
    assert parse_time("9999-12-31 24", pattern, hour_24=True) is None


@pytest.mark.parametrize("format", ["%Y-%m-%d", "%y%m%d %H", "%Y%Y%m%d%H", "%s", "%"])
def test_format_that_cannot_be_used(format: str) -> None:
    with pytest.raises(LantuError, match="cannot be used"):
        time_pattern(format)
