"""Names of public bodies, as the plans print them and as scans spoil them."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from lantu.base import SeveralErrors
from lantu.places import AreaTree, UnitRegister

PACK = Path(__file__).resolve().parents[2] / "src" / "lantu" / "packs" / "beijing" / "2021"


@pytest.fixture(scope="module")
def register() -> UnitRegister:
    return UnitRegister.from_yaml(PACK / "units.yaml", AreaTree.from_csv(PACK / "areas.csv"))


def units(register: UnitRegister, cell: str) -> list[str]:
    return [register.resolve(name).unit for name in register.split(cell)]


@pytest.mark.parametrize(
    "printed", ["市规划自然资源委", "市规自资委", "市规划自然资源局", "市规自委", "市规划局自然资源委"]
)
def test_one_body_under_many_spellings(register: UnitRegister, printed: str) -> None:
    assert register.resolve(printed).unit == "市规划自然资源委"


def test_a_misread_name_is_mended_with_a_doubt(register: UnitRegister) -> None:
    found = register.resolve("市生态环境委")
    assert found.unit == "市生态环境局"
    assert found.confidence < 1
    assert "misread" in str(found.doubt)


def test_a_name_that_nobody_knows_comes_back_as_printed(register: UnitRegister) -> None:
    found = register.resolve("市天气观察局")
    assert (found.unit, found.how) == ("市天气观察局", "unknown")
    assert "not in the register" in str(found.doubt)


def test_two_bodies_as_near_as_each_other_are_not_guessed(register: UnitRegister) -> None:
    assert register.resolve("市城区政府").how == "unknown"  # 东城区政府 or 西城区政府


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("市生态环境局 市财政局", ["市生态环境局", "市财政局"]),
        ("市财政局市交通委", ["市财政局", "市交通委"]),
        ("市经济和信息\n化局 市财政局", ["市经济和信息化局", "市财政局"]),
        ("中国铁路北京局 集团有限公司", ["中国铁路北京局集团有限公司"]),
        ("市科委、中关村管委会、市财政局", ["市科委、中关村管委会", "市财政局"]),
        ("各区政府 (含北京经济技术开发区管委会)", ["ALL_DISTRICTS_AND_BDA"]),
        ("市生态环境局 区政府 (含北京经济委会) 开发区管委", ["市生态环境局", "ALL_DISTRICTS_AND_BDA"]),
        ("相关区政府(含北京经济技术开发区管委会)", ["DISTRICTS_CONCERNED_INCL_BDA"]),
        ("相关区政府 市水务局", ["DISTRICTS_CONCERNED", "市水务局"]),
        ("市住房城乡建设委 等行业主管部门", ["市住房城乡建设委", "OPEN_LIST"]),
        ("市财政等部门", ["市财政局", "OPEN_LIST"]),
        ("市交通委市水务局等部门", ["市交通委", "市水务局", "OPEN_LIST"]),
        ("市交通委\n市水务局\n市财政局\n等部门", ["市交通委", "市水务局", "市财政局", "OPEN_LIST"]),
        ("市新能源汽车联席会议办公室 (市科委、中关村管委会)", ["市新能源汽车联席会议办公室"]),
        ("市经济和信息化局(市新能源汽车联席会议办公室)", ["市经济和信息化局(市新能源汽车联席会议办公室)"]),
        ("—", []),
        ("", []),
    ],
)
def test_cells_are_taken_apart(register: UnitRegister, cell: str, expected: list[str]) -> None:
    assert units(register, cell) == expected


def test_an_unclosed_bracket_does_not_swallow_the_cell(register: UnitRegister) -> None:
    assert units(register, "各区政府(含北京经济技术开发区管委会 市财政局") == ["ALL_DISTRICTS_AND_BDA", "市财政局"]


def test_a_former_name_is_the_same_body_and_doubtful_after_its_time(register: UnitRegister) -> None:
    assert register.resolve("市环保局", dt.date(2017, 6, 1)).doubt is None
    late = register.resolve("市环保局", dt.date(2021, 6, 1))
    assert late.unit == "市生态环境局"
    assert late.doubt is not None


def test_all_districts_are_seventeen_bodies(register: UnitRegister) -> None:
    members = register.members("ALL_DISTRICTS_AND_BDA")
    assert members is not None
    assert len(members) == 17
    assert "北京经济技术开发区管委会" in members
    assert register.members("DISTRICTS_CONCERNED") is None


def test_titles_in_both_languages(register: UnitRegister) -> None:
    assert register.title("市水务局").en == "Beijing Water Authority"
    assert "各区政府" in register.title("ALL_DISTRICTS_AND_BDA").zh
    assert register.title("某局").zh == "某局"


def test_faults_of_the_file_have_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "units.yaml"
    file.write_text(
        "reference: none\nunits:\n"
        "  - {name: 市一局, english: one, kind: municipal_body}\n"
        "  - {name: 市二局, english: two, kind: municipal_body, aliases: [市一局]}\n"
        "groups: []\n",
        encoding="utf-8",
    )
    with pytest.raises(SeveralErrors, match=r"units.yaml:4: '市一局' is also a name of '市一局'|is also a name"):
        UnitRegister.from_yaml(file)


@pytest.mark.shared_data
def test_every_cell_that_is_printed_whole_gives_the_units_of_the_gold(
    register: UnitRegister, shared_data: Path
) -> None:
    gold = json.loads((shared_data / "plans" / "beijing-2021.gold.json").read_text(encoding="utf-8"))
    cells = 0
    for plan in gold["plans"]:
        for section in plan["sections"]:
            for task in section["tasks"]:
                for measure in task["measures"]:
                    if measure["read_how"] != "printed":
                        continue
                    for role in ("lead", "responsible", "assisting"):
                        cell = measure["raw_cells"][role]
                        assert set(units(register, cell)) == set(measure[role]), (measure["id"], role, cell)
                        cells += 1
    assert cells > 150
