from __future__ import annotations

import csv
import datetime as dt
import io
import tarfile
from collections import Counter, defaultdict
from pathlib import Path
from statistics import mean

import pytest

from lantu.base import LantuError, SeveralErrors
from lantu.places import SiteRegister

OLD, NEW = dt.date(2020, 6, 1), dt.date(2021, 6, 1)


def test_a_site_keeps_its_identity_when_it_is_renamed(beijing_sites):
    old, new = beijing_sites.site_of("东四", OLD), beijing_sites.site_of("东城东四", NEW)
    assert old.site == new.site == "dongcheng-dongsi"
    assert [row.name for row in beijing_sites.history("dongcheng-dongsi")] == ["东四", "东城东四"]
    assert new.same_place == "coordinates"


def test_a_name_is_known_only_in_its_time(beijing_sites):
    assert beijing_sites.site_of("东四", NEW) is None
    assert beijing_sites.site_of("东城东四", OLD) is None
    assert beijing_sites.site_of("无此站", NEW) is None


def test_two_sites_count_for_each_district_and_one_for_the_development_area(beijing_sites, beijing_areas):
    count = Counter(row.area for row in beijing_sites.rows() if row.for_district and row.valid_at(NEW))
    assert count.pop("BDA") == 1
    assert count == {area.code: 2 for area in beijing_areas.select("districts") if area.code != "BDA"}


def test_every_district_had_a_site_in_the_old_network(beijing_sites, beijing_areas):
    had = {row.area for row in beijing_sites.rows() if row.for_district and row.valid_at(OLD)}
    assert had == {area.code for area in beijing_areas.select("districts")}


def test_the_control_site_and_roadside_sites_do_not_count(beijing_sites):
    for row in beijing_sites.rows():
        assert row.for_city == (row.national and not row.control)
        if row.purpose != "urban":
            assert not row.for_city
            assert not row.for_district
    assert {row.name for row in beijing_sites.rows() if row.control} == {"定陵", "定陵(对照点)"}


def test_a_guessed_identity_is_marked(beijing_sites):
    doubtful = {row.name: row.old_name for row in beijing_sites.rows() if row.same_place == "doubtful"}
    assert doubtful["丰台小屯"] == "丰台花园"
    for row in beijing_sites.rows():
        assert (row.same_place is None) == (row.old_name is None)
        if row.old_name:
            assert row.old_name in {other.name for other in beijing_sites.history(row.site)}


def test_areas_of_sites_are_in_the_tree(beijing_sites, beijing_areas):
    unknown = [row.name for row in beijing_sites.rows() if row.area is None]
    assert unknown == ["京东南区域点"]
    assert all(row.area in beijing_areas for row in beijing_sites.rows() if row.area)


def test_faults_are_named_with_line_and_field(tmp_path, beijing_pack):
    lines = (beijing_pack / "sites.csv").read_text(encoding="utf-8").splitlines()
    file = tmp_path / "sites.csv"
    file.write_text(
        "\n".join(
            [
                lines[0],
                "a,甲,A,,,1,urban,yes,no,yes,yes,,,,,,",
                "b,甲,B,2021-01-01,,1,urban,yes,no,yes,yes,,,,,,",
                "c,丙,C,,,1,control,yes,yes,yes,no,,,,,,",
                "d,丁,D,,,1,moon,yes,no,yes,no,,,,,,",
                "e,戊,E,,,1,urban,perhaps,no,yes,no,,,,,,",
                "f,己,F,,,1,urban,yes,no,yes,no,,,,116,,",
            ]
        ),
        encoding="utf-8",
    )
    with pytest.raises(SeveralErrors) as caught:
        SiteRegister.from_csv(file)
    assert [(error.where.line, error.where.field) for error in caught.value.errors] == [
        (3, "valid_from"),
        (4, "for_city"),
        (5, "purpose"),
        (6, "national"),
        (7, "lon"),
    ]
    assert all(isinstance(error, LantuError) for error in caught.value.errors)


@pytest.mark.shared_data
def test_published_names_and_facts_are_those_of_the_source(beijing_sites, shared_data):
    with (shared_data / "air" / "stations.csv").open(encoding="utf-8") as stream:
        source = list(csv.DictReader(stream))
    assert len(source) == len(beijing_sites.rows())
    for row in source:
        site = beijing_sites.site_of(row["station"], OLD if row["epoch"].startswith("..") else NEW)
        assert site.national == (row["national"] == "True")
        assert (site.national_code or "") == row["cnemc_code"]
        assert (site.lon, site.lat) == tuple(float(row[key]) if row[key] else None for key in ("lon", "lat"))


@pytest.mark.shared_data
def test_the_register_reproduces_the_districts_of_august_2021(beijing_sites, beijing_areas, shared_data):
    """Mean absolute error at most 0.35 ug/m3 over 17 districts: day means of sites with 20 hours or more, their mean
    by district and day, and the mean of the days (HJ 663: hour label is the end of the hour)."""
    hours: dict[tuple[str, dt.date, dt.date], list[float]] = defaultdict(list)
    for date, cells in august_rows(shared_data / "air" / "beijing-hourly-2021.tar.xz"):
        for name, cell in cells.items():
            site = beijing_sites.site_of(name, date)
            hour = dt.datetime.combine(date, dt.time(int(cells["hour"]))) - dt.timedelta(hours=1)
            if site is not None and site.for_district and site.area and cell and hour.month == 8:
                hours[site.area, hour.date(), site.site].append(float(cell))  # type: ignore[index]
    days: dict[tuple[str, dt.date], list[float]] = defaultdict(list)
    for (area, day, _), values in hours.items():  # type: ignore[misc]
        if len(values) >= 20:
            days[area, day].append(mean(values))
    months: dict[str, list[float]] = defaultdict(list)
    for (area, _), values in days.items():
        months[area].append(mean(values))
    with (shared_data / "air" / "official-district-pm25.csv").open(encoding="utf-8") as stream:
        official = {
            beijing_areas.find(row["district"]).code: float(row["pm25"])
            for row in csv.DictReader(stream)
            if row["month_from"] == row["month_to"] == "8"
        }
    assert len(official) == 17
    assert mean(abs(mean(months[area]) - value) for area, value in official.items()) <= 0.35


def august_rows(archive: Path):
    with tarfile.open(archive) as members:
        for member in members:
            if "beijing_all_202108" in member.name or "beijing_all_20210901" in member.name:
                stream = io.TextIOWrapper(members.extractfile(member), encoding="utf-8-sig")
                for row in csv.DictReader(stream):
                    if row["type"] == "PM2.5":
                        yield dt.datetime.strptime(row["date"], "%Y%m%d").date(), row
