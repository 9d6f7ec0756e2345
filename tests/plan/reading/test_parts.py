"""The small parts: numerals, seams, headers, and what holds for any table."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lantu.plan.reading import read_plan
from lantu.plan.reading.columns import role_of, section_of
from lantu.plan.reading.rows import joined
from lantu.plan.reading.seams import divisions, is_dash, paragraphs, unit_groups
from lantu.plan.reading.stitching import numeral
from lantu.plan.reading.text_table import read_text


@pytest.mark.parametrize(
    ("text", "number"), [("一", 1), ("十", 10), ("十二", 12), ("二十", 20), ("三十五", 35), ("7", 7)]
)
def test_numerals(text: str, number: int) -> None:
    assert numeral(text) == number


@pytest.mark.parametrize("text", ["", "甲", "十十", "一二", "百"])
def test_what_is_no_numeral(text: str) -> None:
    assert numeral(text) is None


@pytest.mark.parametrize(
    ("heading", "role"),
    [
        ("序号", "number"),
        ("重点\n任务", "task"),
        ("工作措施", "measure"),
        ("完成时间", "deadline"),
        ("牵头责任单位", "lead"),
        ("主要负责单位", "responsible"),
        ("配合部门", "assisting"),
        ("市生态环境局", None),
    ],
)
def test_headings_of_columns(heading: str, role: str | None) -> None:
    assert role_of(heading) == role


@pytest.mark.parametrize(
    ("text", "section"),
    [
        ("<b>一、空气质量目标</b>", ("一", "空气质量目标")),
        ("(三)水生态", ("三", "水生态")),
        ("第二章 总则", ("二", "总则")),
        ("一定要做好。", None),
        ("一、甲；二、乙", None),
    ],
)
def test_headings_of_sections(text: str, section: tuple[str, str] | None) -> None:
    assert section_of(text) == section


def test_lines_are_joined_without_blanks_but_between_words_of_letters() -> None:
    assert joined("推进\nVOCs\ncontrol 治\n理") == "推进VOCs control 治理"


def test_dashes_are_groups_of_their_own() -> None:
    assert unit_groups("甲局 乙局 ——", str.split, drawn=False) == [["甲局", "乙局"], []]
    assert unit_groups("甲局  乙局", str.split, drawn=False) == [["甲局"], ["乙局"]]
    assert unit_groups("甲局\n乙局", str.split, drawn=True) == [["甲局", "乙局"]]
    assert unit_groups("———", str.split, drawn=True) == [[]]
    assert all(is_dash(dash) for dash in ("—", "——", "－", "-", "/", "无"))


@given(st.lists(st.integers(), min_size=1, max_size=8, unique=True), st.integers(1, 4))
def test_divisions_keep_order_and_lose_nothing(units: list[int], parts: int) -> None:
    names = [str(unit) for unit in units]
    found = divisions(names, parts)
    assert bool(found) == (len(names) >= parts)
    assert all(len(groups) == parts and all(groups) for groups in found)
    assert all([name for group in groups for name in group] == names for groups in found)


@given(st.text(alphabet="做完成“”（）。，； \t<p/>b", max_size=60))
@example("<<  >>")
@example("<<b>b  >")
@example("<<b>p>做")
def test_paragraphs_lose_no_character(cell: str) -> None:
    text = re.sub(r"<[^<>]*>", " ", cell)
    assert "".join("".join(paragraphs(cell)).split()) == "".join(text.split())


UNITS = ["市水务局", "市财政局", "各区政府", "相关区政府", "——", ""]


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.booleans(), st.sampled_from(["做一。", "做二。 做三。", ""]), *[st.sampled_from(UNITS)] * 3),
        min_size=1,
        max_size=8,
    )
)
def test_any_table_is_read_without_inventing(rows, tmp_path_factory, register, seasons) -> None:
    """Whatever is printed where: no error, no unit that is not printed, no text that is not printed, each text once."""
    lines = [
        "大气2021年计划",
        "序号\t任务\t措施\t完成时限\t牵头单位\t主责单位\t协办单位",
        "1\t始\t开始。\t年底前\t市水务局\t各区政府\t——",
    ]
    number = 1
    for new, text, *units in rows:
        number += new
        lines.append("\t".join([str(number) if new else "", f"任务{number}" if new else "", text, "年底前", *units]))
    file = tmp_path_factory.mktemp("plan") / "plan.txt"
    file.write_text("\n".join(lines), encoding="utf-8")
    document = read_plan(file, register, seasons)
    canonical = {"各区政府": "ALL_DISTRICTS_AND_BDA", "相关区政府": "DISTRICTS_CONCERNED"}
    printed = {canonical.get(unit, unit) for row in rows for unit in row[2:]} | {"市水务局", "ALL_DISTRICTS_AND_BDA"}
    for measure in document.measures():
        assert set(measure.lead + measure.responsible + measure.assisting) <= printed
    texts = [sentence for _, text, *_ in rows for sentence in text.split()]
    assert sorted(m.text for m in document.measures()) == sorted(["开始。", *texts])
    assert len({m.id for m in document.measures()}) == len(document.measures())


def test_a_text_keeps_its_line_numbers(tmp_path) -> None:
    file = tmp_path / "a.txt"
    items = read_text(file, b"\n\na\tb\n\nc\td\n")
    assert [item.line for item in items if hasattr(item, "cells")] == [3, 5]
