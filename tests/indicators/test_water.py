"""Water sections, wells and sources: classes over a year, by area, by river and by name."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lantu.base import LantuError, Period
from lantu.indicators import IndicatorValue, compute
from lantu.lake import Lake
from lantu.ledgers import Actor, LedgerBook
from lantu.plan.packs import load_pack

PACK = load_pack("beijing/2021")
WHO = Actor("张三", "市生态环境局")
STREET = "110112004"


@pytest.fixture
def book(tmp_path: Path) -> LedgerBook:
    return LedgerBook(PACK.ledgers, PACK.areas, PACK.units, tmp_path)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def section(book: LedgerBook, name: str, river: str = "某河", level: str = "district", target: str = "III") -> None:
    street = next(area.code for area in PACK.areas.children("110112") if area.kind != "zone")
    given = {"name": name, "code": name, "river": river, "body": "river", "level": level, "target": target}
    book.enter("water_sections", given, street, WHO, dt.date(2020, 1, 1))


def write(lake: Lake, dataset: str, rows: list[tuple[str, dt.datetime, dict[str, float]]]) -> None:
    items = sorted({item for _, _, values in rows for item in values})
    table = {
        "station": pa.array([station for station, _, _ in rows], pa.string()),
        "time": pa.array([time for _, time, _ in rows], pa.timestamp("us")),
        **{item: pa.array([values.get(item) for _, _, values in rows], pa.float64()) for item in items},
    }
    lake.write(dataset, pa.table(table), "made by hand", simulated=False)


def months(name: str, values: list[float], item: str = "ammonia_nitrogen", year: int = 2021) -> list[Any]:
    return [(name, dt.datetime(year, month, 5, 10), {item: value}) for month, value in enumerate(values, start=1)]


def figure(book: LedgerBook, lake: Lake, name: str, area: str, period: str = "2021") -> IndicatorValue:
    (value,) = compute(lake, PACK.sites, PACK.areas, name, area, Period.parse(period), book=book)
    return value


def test_the_years_mean_decides_a_sections_class(book: LedgerBook, lake: Lake) -> None:
    section(book, "甲断面")
    section(book, "乙断面", river="玉带河")
    # eleven months of 1.0 and one of 20: the mean is 2.58, worse than V; 乙 stays at 1.0, class III
    write(lake, "surface_water", [*months("甲断面", [1.0] * 11 + [20.0]), *months("乙断面", [1.0] * 12)])
    inferior = figure(book, lake, "district_sections_below_class_five", "通州")
    assert (inferior.rounded, inferior.valid, inferior.n) == (1, True, 2)
    assert figure(book, lake, "river_sections_below_class_five", "玉带河").rounded == 0
    assert figure(book, lake, "river_sections_below_class_five", "某河").rounded == 1
    assert figure(book, lake, "section_compliance_rate", "甲断面").rounded == Decimal("91.7")
    assert figure(book, lake, "section_compliance_rate", "乙断面").rounded == 100
    assert figure(book, lake, "national_good_section_share", "city").value is None
    with pytest.raises(LantuError):
        figure(book, lake, "section_compliance_rate", "丙断面")


def test_several_samples_of_a_month_count_as_one_month(book: LedgerBook, lake: Lake) -> None:
    section(book, "甲断面", level="national")
    rows = months("甲断面", [0.9] * 12)
    rows += [("甲断面", dt.datetime(2021, 1, day), {"ammonia_nitrogen": 0.9}) for day in range(10, 20)]
    rows.append(("甲断面", dt.datetime(2021, 1, 25), {"ammonia_nitrogen": 9.0}))
    write(lake, "surface_water", rows)
    # January is (11 * 0.9 + 9) / 12 = 1.575, the year (11 * 0.9 + 1.575) / 12 = 0.956: class III
    assert figure(book, lake, "national_good_section_share", "city").rounded == 100


def test_a_section_needs_eight_months_of_a_year(book: LedgerBook, lake: Lake) -> None:
    section(book, "甲断面", level="national")
    write(lake, "surface_water", months("甲断面", [0.9] * 7))
    value = figure(book, lake, "national_good_section_share", "city")
    assert (value.valid, value.unverified) == (False, ("water.surface.year_months",))
    section(book, "乙断面", level="national")
    assert "1 of 2 sections" in str(figure(book, lake, "national_good_section_share", "city").reason)


def test_groundwater_points_of_class_five(book: LedgerBook, lake: Lake) -> None:
    for number in range(1, 5):
        given = {"name": f"井{number}", "kind": "regional", "since": "2020-01-01"}
        street = next(area.code for area in PACK.areas.children("110112") if area.kind != "zone")
        book.enter("groundwater_assessment_points", given, street, WHO, dt.date(2020, 1, 1))
    write(
        lake,
        "groundwater",
        [(f"井{n}", dt.datetime(2021, 5, 1), {"nitrate": 31.0 if n == 1 else 5.0}) for n in range(1, 5)],
    )
    value = figure(book, lake, "groundwater_class_five_point_share", "city")
    assert (value.rounded, value.valid) == (25, True)


def test_one_month_of_one_source_is_not_rounded_away(book: LedgerBook, lake: Lake) -> None:
    street = next(area.code for area in PACK.areas.children("110112") if area.kind != "zone")
    rows: list[Any] = []
    for number in range(100):
        given: dict[str, Any] = {"name": f"水源{number}", "kind": "surface", "level": "town", "body": "river"}
        given |= {"people": 2000, "daily_supply": 300}
        book.enter("drinking_water_sources", given, street, WHO, dt.date(2020, 1, 1))
        rows += months(f"水源{number}", [0.5] * 12)
    write(lake, "surface_water", rows)
    assert figure(book, lake, "drinking_water_source_compliance_rate", "city").rounded == 100
    write(lake, "surface_water", [("水源7", dt.datetime(2021, 7, 5, 10), {"ammonia_nitrogen": 1.1})])
    value = figure(book, lake, "drinking_water_source_compliance_rate", "city")
    # 1199 of 1200 are 99.92 %, and 100.0 would be wrong even at 99.98
    assert value.rounded == Decimal("99.9")
    assert value.valid


def test_a_specific_item_of_table_3_makes_a_source_fail(book: LedgerBook, lake: Lake) -> None:
    """Benzene: 0.01 mg/L; a month in which it was measured above that does not comply, whatever the 21 items say."""
    street = next(area.code for area in PACK.areas.children("110112") if area.kind != "zone")
    given: dict[str, Any] = {"name": "水源甲", "kind": "surface", "level": "town", "body": "river"}
    book.enter(
        "drinking_water_sources", given | {"people": 2000, "daily_supply": 300}, street, WHO, dt.date(2020, 1, 1)
    )
    write(lake, "surface_water", months("水源甲", [0.5] * 12))
    benzene = [("水源甲", dt.datetime(2021, month, 6, 9), {"benzene": 0.01}) for month in (2, 5, 8)]
    write(lake, "surface_source", benzene)
    assert figure(book, lake, "drinking_water_source_compliance_rate", "city").rounded == 100
    write(lake, "surface_source", [("水源甲", dt.datetime(2021, 11, 6, 9), {"benzene": 0.011})])
    value = figure(book, lake, "drinking_water_source_compliance_rate", "city")
    assert (value.rounded, value.n) == (Decimal("91.7"), 12)


def test_treated_waters_are_judged_by_their_points(book: LedgerBook, lake: Lake) -> None:
    def water(name: str) -> None:
        book.enter("black_odorous_waters", {"name": name, "treated_on": "2020-05-01"}, STREET, WHO)

    def rounds(name: str, point: str, oxygen: str, *days: int) -> None:
        for day in days:
            given = {"number": f"{name}{point}{day}", "reach": name, "point": point, "taken_on": f"2021-04-{day:02}"}
            given |= {"transparency": 40, "dissolved_oxygen": oxygen, "redox_potential": 120, "ammonia_nitrogen": 2}
            book.enter("black_odorous_water_samples", given, STREET, WHO)

    def figure(name: str, period: str = "2021") -> IndicatorValue:
        (value,) = compute(lake, PACK.sites, PACK.areas, name, "通州", Period.parse(period), book=book)
        return value

    assert figure("black_odorous_waters_again").value is None
    for name in ("清", "黑", "少"):
        water(name)
        for point in "一二三":
            # three points with three rounds each are needed to pass; one point in a band is enough to fail
            rounds(
                name,
                point,
                "1.9" if (name, point) == ("黑", "二") else "6",
                *((1, 11) if name == "少" else (1, 11, 21)),
            )
    assert figure("black_odorous_waters_again").value == 1
    share = figure("black_odorous_waters_clean_share")
    assert (share.value, share.n, share.valid) == (50, 2, False)
    assert share.reason is not None
    assert share.reason.en == "1 waters have too few points or rounds"
    assert figure("black_odorous_waters_clean_share", "2021-05").value is None
