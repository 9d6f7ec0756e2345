"""Values below the detection limit: half the limit is stored, and the row says which items were below."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantu.base import LantuError
from lantu.lake import Lake

MAPPING: dict[str, Any] = {
    "form": "wide",
    "station": "断面",
    "time": {"columns": ["时间"]},
    "items": {
        "lead": {"named": "铅", "unit": "μg/L"},
        "copper": {"named": "铜", "unit": "mg/L"},
        "arsenic": {"named": "砷", "unit": "mg/L"},
    },
}
START, END = dt.datetime(2021, 8, 1), dt.datetime(2021, 9, 1)


def table(folder: Path, *rows: str, name: str = "samples.csv", header: str = "断面,时间,铅,铜,砷") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def found(lake: Lake, *names: str, station: str = "沙河") -> list[tuple[Any, ...]]:
    rows = lake.rows("surface_water", [station], START, END)
    return [tuple(row[name] for name in names) for row in rows.to_pylist()]


@pytest.mark.parametrize(
    ("cell", "value", "below"),
    [
        ("0.01", 0.01, None),
        ("0.01L", 0.005, "copper"),
        ("0.01 L", 0.005, "copper"),
        ("<0.01", 0.005, "copper"),
        ("＜ 0.01", 0.005, "copper"),
        ("4e-5l", 2e-5, "copper"),
        ("--", None, None),
        ("未检出", None, None),
        ("ND", None, None),
        ("nd", None, None),
        (">0.01", None, None),
        ("L", None, None),
        ("-0.01L", None, None),
        ("-1", None, None),
    ],
)
def test_cell(cell: str, value: float | None, below: str | None, lake: Lake, tmp_path: Path) -> None:
    report = lake.import_files("surface_water", [table(tmp_path, f"沙河,2021-08-02,1,{cell},2")], MAPPING)
    assert found(lake, "copper", "below") == [(value, below)]
    reason = {">0.01": "not_a_number", "L": "not_a_number", "-0.01L": "not_a_number", "-1": "out_of_range"}
    detected = "not_detected" if cell.upper() in ("ND", "未检出") else reason.get(cell)
    assert report.quarantined == ({detected: 1} if detected else {})


def test_not_detected_without_a_limit_is_counted_with_its_place(lake: Lake, tmp_path: Path) -> None:
    report = lake.import_files("surface_water", [table(tmp_path, "沙河,2021-08-02 10:30,ND,0.1,未检出")], MAPPING)
    line = (
        "set aside 2: not detected, and no detection limit is given, e.g. samples.csv:2 [铅] ND 沙河 2021-08-02T10:30"
    )
    assert line in [str(each) for each in report.lines()]


def test_limit_is_converted_and_several_items_are_listed(lake: Lake, tmp_path: Path) -> None:
    lake.import_files("surface_water", [table(tmp_path, "沙河,2021-08-02,2L,0.01L,0.3")], MAPPING)
    assert found(lake, "lead", "copper", "arsenic", "below") == [(0.001, 0.005, 0.3, "copper|lead")]


def test_minus_one_is_missing_only_where_the_mapping_says_so(lake: Lake, tmp_path: Path) -> None:
    report = lake.import_files(
        "surface_water", [table(tmp_path, "沙河,2021-08-02,-1,0.01,-1")], {**MAPPING, "missing": [-1]}
    )
    assert report.quarantined == {}
    assert found(lake, "lead", "copper", "arsenic") == [(None, 0.01, None)]


def test_long_table(lake: Lake, tmp_path: Path) -> None:
    mapping = {
        "form": "long",
        "station": "断面",
        "time": {"columns": ["时间"]},
        "item": "项目",
        "value": "结果",
        "items": {"lead": {"named": "铅", "unit": "mg/L"}, "copper": {"named": "铜", "unit": "mg/L"}},
    }
    lines = ["沙河,2021-08-02,铅,0.01L", "沙河,2021-08-02,铜,0.3", "沙河,2021-08-03,铜,<0.2"]
    path = table(tmp_path, *lines, header="断面,时间,项目,结果")
    lake.import_files("surface_water", [path], mapping)
    assert found(lake, "lead", "copper", "below") == [(0.005, 0.3, "lead"), (None, 0.1, "copper")]


def test_dataset_without_detection_limits_takes_no_such_cell(lake: Lake, tmp_path: Path) -> None:
    path = table(tmp_path, "a,2021-08-02,0.1L", "a,2021-08-03,0.2", header="道路,日期,尘负荷")
    mapping = {
        "form": "wide",
        "station": "道路",
        "time": {"columns": ["日期"]},
        "items": {"dust_load": {"named": "尘负荷", "unit": "g/m2"}},
    }
    report = lake.import_files("road_dust", [path], mapping)
    assert report.quarantined == {"not_a_number": 1}
    assert "below" not in lake.rows("road_dust", ["a"], START, END).column_names


def test_a_value_that_is_later_measured_is_no_longer_below(lake: Lake, tmp_path: Path) -> None:
    lake.import_files("surface_water", [table(tmp_path, "沙河,2021-08-02,2L,0.01L,")], MAPPING)
    report = lake.import_files("surface_water", [table(tmp_path, "沙河,2021-08-02,3,,0.1L", name="b.csv")], MAPPING)
    assert report.rows_changed == 1
    assert found(lake, "lead", "copper", "arsenic", "below") == [(0.003, 0.005, 0.05, "copper|arsenic")]
    # The same number, once measured and once half a limit, is a correction too.
    report = lake.import_files("surface_water", [table(tmp_path, "沙河,2021-08-02,,0.005,", name="c.csv")], MAPPING)
    assert report.rows_changed == 1
    assert found(lake, "copper", "below") == [(0.005, "arsenic")]


def test_written_rows_bring_their_list(lake: Lake) -> None:
    rows = pa.table({"station": ["a", "a"], "time": [START, END - dt.timedelta(days=1)], "lead": [0.1, 0.2]})
    with_list = rows.append_column("below", pa.array(["lead", None], pa.string()))
    lake.write("surface_water", with_list, "test", simulated=True)
    assert found(lake, "lead", "below", station="a") == [(0.1, "lead"), (0.2, None)]
    wrong = rows.append_column("below", pa.array([None, "lead|leed"], pa.string()))
    with pytest.raises(LantuError) as error:
        lake.write("surface_water", wrong, "test", simulated=True)
    assert "test:2 [below]: the dataset surface_water has no column 'leed'" in str(error.value)


CELL = st.sampled_from(["", "0.2", "0.4L", "0.4", "ND", "x"])
PARTS = st.lists(
    st.dictionaries(st.sampled_from(["2021-08-02", "2021-08-30 10:00"]), st.tuples(CELL, CELL, CELL), min_size=1),
    min_size=1,
    max_size=4,
)


@settings(max_examples=25, deadline=None)
@given(parts=PARTS)
def test_below_follows_each_value_through_any_imports(parts: list[dict[str, tuple[str, str, str]]]) -> None:
    items = ("lead", "copper", "arsenic")
    mapping = {
        **MAPPING,
        "items": {
            name: {"named": each["named"], "unit": "mg/L"}
            for name, each in zip(items, MAPPING["items"].values(), strict=True)
        },
    }
    expected: dict[str, dict[str, tuple[float, bool]]] = {}
    with tempfile.TemporaryDirectory() as name:
        lake = Lake(Path(name) / "lake")
        for index, part in enumerate(parts):
            path = table(Path(name), *(f"沙河,{time},{','.join(c)}" for time, c in part.items()), name=f"{index}.csv")
            told = {
                time: {
                    item: (float(cell.strip("L")) / (2 if "L" in cell else 1), "L" in cell)
                    for item, cell in zip(items, cells, strict=True)
                    if cell[:1].isdigit()
                }
                for time, cells in part.items()
            }
            try:
                lake.import_files("surface_water", [path], mapping)
            except LantuError as error:
                assert not any(told.values()), str(error)
            # An import of the very same content is left out; otherwise a later value stands.
            if part not in parts[:index]:
                for time, values in told.items():
                    if values:
                        expected.setdefault(time, {}).update(values)
        rows = lake.rows("surface_water", ["沙河"], START, END)
        stored = {} if rows is None else {str(row["time"])[:10]: row for row in rows.to_pylist()}
    assert set(stored) == {time[:10] for time in expected}
    for time, values in expected.items():
        row = stored[time[:10]]
        assert {item: row[item] for item in items if row[item] is not None} == {k: v for k, (v, _) in values.items()}
        marked = {item for item, (_, below) in values.items() if below}
        assert set((row["below"] or "").split("|")) - {""} == marked
