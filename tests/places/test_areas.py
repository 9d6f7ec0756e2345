from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from pathlib import Path

import pytest

from lantu.base import LantuError, SeveralErrors
from lantu.places import AreaTree

HEADER = "code,name,english,level,kind,parent,valid_from,valid_to,aliases,note\n"


def small_tree(tmp_path: Path, *rows: str) -> AreaTree:
    file = tmp_path / "areas.csv"
    file.write_text(HEADER + "".join(row + "\n" for row in rows), encoding="utf-8")
    return AreaTree.from_csv(file)


def test_beijing_has_sixteen_districts_and_the_development_area(beijing_areas):
    districts = beijing_areas.select("districts")
    assert len(districts) == 17
    assert Counter(area.kind for area in districts) == {"district": 16, "development_area": 1}
    assert {area.parent for area in districts} == {"110000"}
    assert [area.name for area in beijing_areas.select("city")] == ["北京市"]


def test_streets_are_streets_and_towns_but_no_zones(beijing_areas):
    streets = beijing_areas.select("streets")
    assert len(streets) == 343
    assert "zone" not in {area.kind for area in streets}
    zones = [area.name for area in beijing_areas if area.kind == "zone"]
    assert len(zones) == 6
    assert "大兴国际机场" in zones


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("110101", "110101"),
        ("东城", "110101"),
        ("东城区", "110101"),
        ("dongcheng district", "110101"),
        ("Dongcheng", "110101"),
        ("开发区", "BDA"),
        ("经开区", "BDA"),
        ("亦庄", "BDA"),
        ("北京经济技术开发区", "BDA"),
        ("全市", "110000"),
        ("怀柔", "110116"),  # the district, not the street 怀柔地区
        ("海淀区八里庄街道", "110108005"),
        ("Shichahai Subdistrict", "110102012"),
        ("南磨房乡", "110105021"),  # one office with 南磨房地区
    ],
)
def test_an_area_is_found_by_code_name_alias_and_english(beijing_areas, text, code):
    assert beijing_areas.find(text).code == code


def test_a_name_borne_twice_is_asked_back(beijing_areas):
    with pytest.raises(LantuError) as caught:
        beijing_areas.find("八里庄街道")
    assert "朝阳区八里庄街道" in caught.value.mend.zh
    assert "110108005" in caught.value.mend.en


def test_an_unknown_name_gets_near_ones(beijing_areas):
    with pytest.raises(LantuError, match="昌平去") as caught:
        beijing_areas.select("昌平去")
    assert "昌平区" in caught.value.mend.zh


def test_a_selection_may_be_a_list(beijing_areas):
    assert [area.code for area in beijing_areas.select("东城区, BDA、东城,密云")] == ["110101", "BDA", "110118"]
    with pytest.raises(LantuError):
        beijing_areas.select(" , ")


def test_children_and_ancestors(beijing_areas):
    assert [area.code for area in beijing_areas.ancestors("110102012")] == ["110102", "110000"]
    assert len(beijing_areas.children("110101")) == 17
    assert len(beijing_areas.children("110000")) == 17
    assert beijing_areas.children("BDA") == []


def test_validity_decides_between_old_and_new(tmp_path):
    tree = small_tree(
        tmp_path,
        "1,市,City,city,city,,,,,",
        "11,甲县,Jia County,district,district,1,,2015-12-31,甲,",
        "12,甲区,Jia District,district,district,1,2016-01-01,,甲,",
    )
    assert tree.find("甲", dt.date(2015, 1, 1)).code == "11"
    assert tree.find("甲", dt.date(2021, 1, 1)).code == "12"
    assert [area.code for area in tree.select("districts", dt.date(2021, 1, 1))] == ["12"]


def test_every_fault_of_a_file_is_named_with_its_line(tmp_path):
    with pytest.raises(SeveralErrors) as caught:
        small_tree(
            tmp_path,
            "1,市,City,city,city,,,,,",
            "2,乡,Town,village,town,1,,,,",
            "3,镇,Town,street,town,9,,,,",
            "1,市,City,city,city,,2021-13-01,,,",
            "1,市,City,city,city,,,,,",
        )
    places = [(error.where.line, error.where.field) for error in caught.value.errors]
    assert places == [(3, "level"), (5, "valid_from"), (6, "code"), (4, "parent")]


def test_a_wrong_header_and_a_missing_file_are_said(tmp_path):
    file = tmp_path / "areas.csv"
    file.write_text("code,name,colour\n", encoding="utf-8")
    with pytest.raises(LantuError, match="missing english"):
        AreaTree.from_csv(file)
    with pytest.raises(LantuError, match="does not exist"):
        AreaTree.from_csv(tmp_path / "none.csv")
    file.write_bytes("编码,名称\n".encode("gbk"))
    with pytest.raises(LantuError, match="UTF-8"):
        AreaTree.from_csv(file)
    file.write_text(HEADER + "1,市\n", encoding="utf-8")
    with pytest.raises(LantuError, match="2 cells"):
        AreaTree.from_csv(file)


@pytest.mark.shared_data
def test_all_rows_of_the_source_are_there(beijing_areas, shared_data):
    with (shared_data / "admin" / "beijing_streets.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            area = beijing_areas.get(row["code"])
            assert area.parent == row["areaCode"]
            assert area.name.removesuffix("(统计区)") == row["name"]
