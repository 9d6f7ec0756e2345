"""The whole pack judged: on real rows, on nothing, and with figures entered later."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from lantu.assessment import Status, assess, explain, read_targets, write_target
from lantu.assessment.model import AssessmentRow
from lantu.assessment.page import report_page
from lantu.assessment.workbook import write_workbook
from lantu.base import LantuError
from lantu.lake import Lake, Workspace
from lantu.ledgers import Actor, LedgerBook
from lantu.plan.packs import Pack

END = dt.date(2021, 12, 31)


def test_without_data_everything_is_unknown_and_says_why(pack: Pack, tmp_path: Path) -> None:
    result = assess(pack, Lake(tmp_path), END)
    assert {row.commitment for row in result.rows} == set(pack.commitments)
    assert all(row.status is Status.UNKNOWN and row.reason.en and row.reason.zh for row in result.rows)
    assert len(result.of("air-1-1/pm25")) == 18
    assert {str(row.reason) for row in result.of("air-1-1/pm25")} == {"no data"}


@pytest.mark.shared_data
def test_two_real_years(pack: Pack, real_lake: Lake) -> None:
    result = assess(pack, real_lake, END)
    city = next(row for row in result.of("air-1-1/pm25") if row.area == "110000")
    # 2021 lacks 74 days of PM files: no verdict by the standard, but the data point to less than 2020
    assert city.status is Status.UNKNOWN
    assert city.indication is Status.MET
    assert (city.value, city.limit, city.comparator) == (34, 39, "<")
    assert city.versions["air_hourly"] == 0
    assert not result.simulated
    declared = assess(pack, real_lake, END, accept_coverage=0.7)
    city = next(row for row in declared.of("air-1-1/pm25") if row.area == "110000")
    assert city.status is Status.MET
    row = city.as_json()
    assert {
        "commitment",
        "area",
        "area_name",
        "status",
        "value",
        "limit",
        "unit",
        "reason",
        "coverage",
        "versions",
    } <= set(row)


@pytest.mark.shared_data
def test_in_the_middle_of_the_year_only_what_was_known_counts(pack: Pack, real_lake: Lake) -> None:
    half = assess(pack, real_lake, dt.date(2021, 6, 30))
    city = next(row for row in half.of("air-1-1/pm25") if row.area == "110000")
    assert city.status in (Status.ON_COURSE, Status.AT_RISK)
    assert city.n is not None
    assert city.n <= 181
    before = assess(pack, real_lake, dt.date(2020, 12, 31))
    assert str(before.of("air-1-1/pm25")[0].reason) == "not yet begun"


@pytest.mark.shared_data
def test_a_verdict_is_explained_down_to_its_rows(pack: Pack, real_lake: Lake, tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    (chain,) = explain(pack, real_lake, "air-1-1/pm25", "通州", END, rows_to=out)
    text = "\n".join(chain.lines())
    for needed in ("GB/T 8170", "air_hourly version 0", "通州东关", "beijing-hourly-2021.tar.xz", "2020"):
        assert needed in text
    with out.open(encoding="utf-8-sig") as handle:
        rows = list(csv.DictReader(handle))
    assert {row["site"] for row in rows} == {"tongzhou-dongguan", "tongzhou-yongshun"}
    assert {row["period"] for row in rows} == {"2020", "2021"}
    assert all(row["source"] for row in rows)
    assert chain.as_json()["chain"]


def test_only_areas_that_are_judged_can_be_explained(pack: Pack, tmp_path: Path) -> None:
    with pytest.raises(LantuError, match="not judged in"):
        list(explain(pack, Lake(tmp_path), "air-1-1/pm25", "东华门街道", END))
    with pytest.raises(LantuError, match="has no commitment"):
        list(explain(pack, Lake(tmp_path), "air-1-1/pm2", "city", END))


def test_a_figure_that_is_entered_later(pack: Pack, tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "w", create=True)
    external = next(c for c in pack.commitments.values() if getattr(c, "target", None) is not None)
    assert external.target is not None
    unit = external.target.unit
    target = write_target(workspace, pack, external.id, "city", "12.5", unit, "京环发〔2021〕1号")
    assert read_targets(workspace, pack).get(external.id, target.area) == target
    assert target.value == Decimal("12.5")
    for commitment, value, wrong in (
        ("air-1-1/pm25", "3", unit),
        (external.id, "many", unit),
        (external.id, "inf", unit),
        (external.id, "3", "μg/m³"),
    ):
        with pytest.raises(LantuError):
            write_target(workspace, pack, commitment, "city", value, wrong, "x")
    assert len(read_targets(workspace, pack).entries) == 1


def test_page_and_workbook_hold_every_commitment(pack: Pack, tmp_path: Path) -> None:
    result = assess(pack, Lake(tmp_path), END)
    page = report_page(pack, result, "zh")
    assert "http://" not in page
    assert "https://" not in page
    for commitment in pack.commitments.values():
        assert commitment.title.zh in page or commitment.title.zh.replace("“", "&#34;") in page
    write_workbook(pack, result, tmp_path / "r.xlsx")
    book = CalamineWorkbook.from_path(str(tmp_path / "r.xlsx"))
    verdicts = book.get_sheet_by_index(1).to_python()
    assert len(verdicts) == len(result.rows) + 1
    measures = book.get_sheet_by_index(2).to_python()
    assert len(measures) == 154


def test_with_an_exclusion_the_verdict_shows_the_figure_both_ways(pack: Pack, real_lake: Lake, tmp_path: Path) -> None:
    book = LedgerBook(pack.ledgers, pack.areas, pack.units, tmp_path)
    claims, concurs = Actor("李四", "昌平区政府"), Actor("张三", "市生态环境局")
    values = {
        "number": "A1", "reason": "sand_dust", "dataset": "air_hourly", "from_day": "2021-05-06",
        "to_day": "2021-05-08", "claimed_by": claims.unit, "words": "沙尘过境",
    }  # fmt: skip
    book.enter("exclusions", values, "110000", claims, dt.date(2021, 5, 9))
    file = tmp_path / "cloud.txt"
    file.write_text("卫星云图", encoding="utf-8")
    concurrence = {"evidence_file": file}
    book.advance("exclusions", "A1", "concur", concurs, dt.date(2021, 5, 20), evidence=concurrence)

    def row(day: dt.date) -> AssessmentRow:
        (chain,) = explain(pack, real_lake, "air-1-1/pm25", "通州", day, book=book)
        if chain.row.both_ways is not None:
            assert any("A1: 2021-05-06 – 2021-05-08" in line for line in chain.lines())
        return chain.row

    assert row(dt.date(2021, 5, 19)).both_ways is None
    found = row(dt.date(2021, 12, 31))
    assert found.both_ways is not None
    assert found.both_ways.exclusions == ("A1",)
    assert found.value == found.both_ways.measured
    assert found.both_ways.left_out is not None
    assert found.as_json()["value_left_out"] == float(found.both_ways.left_out)
    assert "ledger:exclusions" in found.versions
