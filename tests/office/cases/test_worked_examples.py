"""Every rule of the shipped pack raises just what its worked example says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.office.cases.worked import book_of, clues_of, fill

from lantu.base import SeveralErrors
from lantu.lake import Lake
from lantu.office.cases import find_cases, read_case_rules
from lantu.plan.packs import load_pack, pack_folder

NAMES = sorted(path.stem for path in (pack_folder("beijing/2021") / "case_rules").glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_the_worked_example(name: str, tmp_path: Path) -> None:
    pack = load_pack("beijing/2021")
    rule = read_case_rules(pack)[name]
    lake, book = Lake(tmp_path / "lake"), book_of(pack, tmp_path)
    fill(lake, book, rule.example)
    found = find_cases(pack, lake, book, rule.example.day, [name], list(clues_of(rule.example)))
    raised = [
        {
            "area": each.area,
            "subject": each.subject,
            "occurred_on": each.occurred_on,
            "due_on": each.due.day,
            "unit": each.unit,
        }
        for each in found.candidates
    ]
    assert raised == [each.model_dump() for each in rule.example.raises]
    assert not any(each.simulated for each in found.candidates)
    if rule.kind != "clue":
        assert all(each.rows for each in found.candidates), "a case shows the rows that it rests on"


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("street_dust_high", "least_rows: 20", "least_rows: 20\ncolour: red", "unknown key 'colour'"),
        ("street_dust_high", "column: tsp", "column: dust", "no column 'dust'"),
        ("street_dust_high", "tsp.day.grade2", "co.day.grade2", None),
        ("street_dust_high", "tsp.day.grade2", "tsp.day.grade9", "no parameter"),
        ("street_dust_high", "dataset: street_dust_hourly", "dataset: dust", "dust"),
        ("district_pm25_day", "indicator: pm25_mean", "indicator: pm25_avg", "no indicator 'pm25_avg'"),
        ("district_pm25_day", "unit: district", "unit: 火星局", "no unit '火星局'"),
        ("section_below_target", 'unit: "%"', 'unit: "公里"', "does not fit"),
        ("outfall_overdue", "due: due_on", "due: number", "no date field 'number'"),
        ("outfall_overdue", "reached: [rectified]", "reached: [done]", "no state 'done'"),
        ("outfall_overdue", "case_class: entry_overdue", "case_class: overdue", "no code of the cases 'overdue'"),
        ("outfall_overdue", "rule: outfall_overdue", "rule: outfalls", "must be named outfalls"),
        ("street_station_silent", "silent_hours: 24\n", "", "silent_hours"),
        ("outfall_overdue", "kind: overdue", "kind: late", "'kind' must be one of"),
    ],
)
def test_a_faulty_rule_is_refused_with_file_and_line(
    file: str, old: str, new: str, message: str | None, tmp_path: Path
) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(pack_folder("beijing/2021"), folder)
    path = folder / "case_rules" / f"{file}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    pack = load_pack(str(folder))
    if message is None:  # mg/m³ is converted to the column's μg/m³
        assert file in read_case_rules(pack)
        return
    with pytest.raises(SeveralErrors, match=message) as caught:
        read_case_rules(pack)
    assert caught.value.errors[0].where is not None
    assert caught.value.errors[0].where.line is not None
