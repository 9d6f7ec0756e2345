"""Tables as text between tabs: structure, paragraphs, and what the printing displaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from lantu.base import LantuError
from lantu.plan.model import PlanDocument

ALL = "ALL_DISTRICTS_AND_BDA"
BDA = "各区政府 (含北京经济技术开发区管委会)"
HEADER = "序号\t重点任务\t工作措施\t完成时限\t牵头部门\t主责单位\t协办单位"
USUAL = ("年底前", "市生态环境局", BDA, "——")


def kinds(document: PlanDocument) -> list[str]:
    return [doubt.kind for doubt in document.doubts]


def roles(document: PlanDocument) -> list[tuple[list[str], list[str], list[str]]]:
    return [(m.lead, m.responsible, m.assisting) for m in document.measures()]


# --- structure ------------------------------------------------------------------------------------------------------


def test_a_plain_plan(read_rows) -> None:
    document = read_rows(
        "<b>一、空气质量目标</b>\t\t\t\t\t\t",
        ("1", "目标任务", "细颗粒物(PM <sub>2.5</sub> )浓度下降，6月底前完成评估。", *USUAL),
        ("2", "减排", "完成减排。", "长期实施", "市水务局", "市水务局", "市财政局"),
    )
    (plan,) = document.plans
    assert (plan.id, plan.title, document.year) == ("air", "大气污染防治2021年行动计划", 2021)
    assert [(s.no, s.title, s.line) for s in plan.sections] == [("一", "空气质量目标", 3)]
    one, two = document.measures()
    assert one.text == "细颗粒物(PM2.5)浓度下降，6月底前完成评估。"
    assert (one.id, one.line, one.lead, one.responsible, one.assisting) == ("air-1-1", 4, ["市生态环境局"], [ALL], [])
    assert one.deadline.as_json() == {"type": "year_end", "date": "2021-12-31"}
    assert [(time.raw, str(time.deadline.date)) for time in one.inner_times] == [("6月底前", "2021-06-30")]
    assert one.raw_cells["responsible"] == BDA
    assert (two.read_how, two.lead_resp_merged) == ("merged_lead_resp", True)
    assert document.doubts == []


def test_missing_tasks_are_said_and_not_invented(read_rows) -> None:
    document = read_rows(("1", "甲", "做甲。", *USUAL), "", "", HEADER, ("4", "丁", "做丁。", *USUAL))
    assert [task.no for plan in document.plans for task in plan.tasks] == [1, 4]
    missing = [d for d in document.doubts if d.kind == "missing_task"]
    assert [(d.task, d.line) for d in missing] == [(2, 6), (3, 6)]


def test_a_section_that_is_not_there(read_rows) -> None:
    document = read_rows("一、甲", ("1", "子", "做子。", *USUAL), "三、丙", ("2", "丑", "做丑。", *USUAL))
    assert "missing_section" in kinds(document)


def test_the_same_task_on_the_next_page_and_again_within_a_page(read_rows) -> None:
    document = read_rows(
        ("1", "甲", "做一。", *USUAL),
        "",
        HEADER,
        ("1", "甲", "做二。", *USUAL),
        ("1", "甲", "做三。", *USUAL),
        ("", "", "做四。", *USUAL),
    )
    (task,) = document.plans[0].tasks
    assert [m.text for m in task.measures] == ["做一。", "做二。", "做三。", "做四。"]
    assert [(d.kind, d.line) for d in document.doubts] == [("page", 6), ("repeated_task", 7)]


def test_a_header_that_reads_otherwise_and_headings_that_are_marked_otherwise(read_rows) -> None:
    row = ("做。", *USUAL)
    document = read_rows(
        HEADER.replace("主责单位", "主要负责单位"),
        "<b>一、甲</b>\t\t\t\t\t\t",
        ("1", "子", *row),
        HEADER,
        "<b>二、乙</b>\t\t\t\t\t\t",
        ("2", "丑", *row),
        "三、丙\t\t\t\t\t\t",
        ("3", "寅", *row),
        "## 水污染防治2021年行动计划",
        HEADER,
        ("1", "子", *row),
        "## 土壤污染防治2021年行动计划",
        HEADER,
        ("1", "子", *row),
        header=False,
    )
    assert [(d.kind, d.line) for d in document.doubts] == [("heading", 1), ("header", 2), ("heading", 8)]
    assert [(plan.id, len(plan.tasks)) for plan in document.plans] == [("air", 3), ("water", 1), ("soil", 1)]


def test_a_title_that_came_a_row_too_early(read_rows) -> None:
    document = read_rows(
        ("1", "防止地下水污染", "开展地下水监测。", *USUAL),
        ("2", "加强流域协作", "评估地下水污染防治规划。", *USUAL),
        ("", "", "推进潮白河流域综合治理。", *USUAL),
        ("3", "整治排污口", "完成排污口整治。", *USUAL),
        title="# 水污染防治2021年行动计划",
    )
    assert [(d.kind, d.line, d.measure) for d in document.doubts] == [("title_displaced", 4, "water-2-1")]


def test_columns_in_another_order_and_a_document_without_a_year(read, tmp_path: Path) -> None:
    file = tmp_path / "plan.txt"
    file.write_text(
        "土壤治理清单\n序号\t任务\t主要内容\t牵头单位\t配合单位\t完成时间\n1\t耕地\t治理。\t市农业农村局\t市财政局\t6月底前\n",
        encoding="utf-8",
    )
    document = read(file)
    (measure,) = document.measures()
    assert (measure.id, measure.lead, measure.assisting) == ("soil-1-1", ["市农业农村局"], ["市财政局"])
    assert (document.year, measure.deadline.type, measure.deadline.date) == (None, "month_end", None)
    assert any("names no year" in str(d.what) for d in document.doubts)
    assert str(read(file, 2030).measures()[0].deadline.date) == "2030-06-30"


def test_numbers_that_begin_anew_in_every_section_give_different_measures(read_rows) -> None:
    document = read_rows("一、甲", ("1", "子", "做。", *USUAL), "二、乙", ("1", "子", "做。", *USUAL))
    assert [m.id for m in document.measures()] == ["air-1.1-1", "air-2.1-1"]
    assert document.doubts == []


@pytest.mark.parametrize("lost", [0, 1])
def test_a_row_that_lost_a_tab_is_put_back_by_its_content(read_rows, lost: int) -> None:
    row = ["", "", "推进海绵城市建设，完成任务目标。", "年底前", "市水务局", BDA, "——"]
    whole = read_rows(("1", "甲", "做甲事。", *USUAL), tuple(row))
    del row[lost]
    document = read_rows(("1", "甲", "做甲事。", *USUAL), tuple(row))
    assert roles(document) == roles(whole)
    assert kinds(document) == ["shifted_columns"]


def test_a_number_that_stuck_to_its_title(read_rows) -> None:
    document = read_rows(("1", "甲", "做甲事。", *USUAL), ("2乙", "做乙事，完成目标任务。", *USUAL))
    assert [(task.no, task.title) for task in document.plans[0].tasks] == [(1, "甲"), (2, "乙")]


# --- paragraphs and deadlines ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell", ["做一。 做二。", "做一。  做二。", "<p>做一。</p> <p>做二。</p>", "做一。二”制度做二。"]
)
def test_seams_between_paragraphs(read_rows, cell: str) -> None:
    document = read_rows(("1", "甲", cell, *USUAL))
    assert [m.segment for m in document.measures()] == [0, 1]
    assert all(m.read_how == "split_from_shared_cell" for m in document.measures())


def test_groups_are_dealt_out_to_as_many_paragraphs(read_rows) -> None:
    document = read_rows(
        (
            "1",
            "甲",
            "<p>做一。</p><p>做二。</p>",
            "年底前 长期实施",
            "<p>市交通委 市财政局</p><p>市水务局</p>",
            BDA,
            "<p>——</p><p>市财政局</p>",
        )
    )
    assert roles(document) == [(["市交通委", "市财政局"], [ALL], []), (["市水务局"], [ALL], ["市财政局"])]
    assert [m.deadline.type for m in document.measures()] == ["year_end", "long_term"]


def test_rows_of_units_beside_one_text(read_rows) -> None:
    document = read_rows(
        ("1", "甲", "<p>做一。</p><p>做二。</p>", "年底前", "市交通委", BDA, "——"),
        ("", "", "", "", "相关区政府", "", "市财政局"),
    )
    assert roles(document) == [
        (["市交通委"], [ALL], []),
        (["DISTRICTS_CONCERNED"], ["DISTRICTS_CONCERNED"], ["市财政局"]),
    ]
    assert [m.deadline_raw for m in document.measures()] == ["年底前", "年底前"]


def test_groups_that_do_not_fit_the_paragraphs_are_a_guess_and_say_so(read_rows) -> None:
    document = read_rows(
        ("1", "甲", "<p>交通做一。</p><p>水务做二。</p><p>再做三。</p>", "年底前", "市交通委  市水务局", BDA, "——")
    )
    assert [m.lead for m in document.measures()] == [["市交通委"], ["市水务局"], ["市水务局"]]
    assert all(m.read_how == "guess" and m.confidence <= 0.5 for m in document.measures())
    assert kinds(document) == ["alignment"]


def test_fused_rows_show_by_a_unit_printed_twice(read_rows) -> None:
    document = read_rows(
        (
            "1",
            "甲",
            "<p>加强环保监管。</p><p>公安、生态环境部门检查车辆。</p>",
            "年底前",
            "市公安局 市生态环境局 市生态环境局",
            BDA,
            "——",
        )
    )
    assert [m.lead for m in document.measures()] == [["市生态环境局"], ["市公安局", "市生态环境局"]]
    assert kinds(document) == ["fused_rows"]


def test_an_empty_deadline_reaches_down_with_a_doubt_and_an_unreadable_one_stays_unknown(read_rows) -> None:
    document = read_rows(
        ("1", "甲", "做一事。", *USUAL),
        ("", "", "做二事。", "", *USUAL[1:]),
        ("2", "乙", "做三事。", "尽快吧", *USUAL[1:]),
    )
    assert [m.deadline.type for m in document.measures()] == ["year_end", "year_end", "unknown"]
    assert kinds(document) == ["deadline", "deadline"]


# --- roles ----------------------------------------------------------------------------------------------------------

DASHES = [("1", "甲", "做一。", *USUAL), ("2", "乙", "做二。", *USUAL), ("3", "丙", "做三。", *USUAL)]


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        # a merged cell over lead and responsible, the assisting units one column to the left
        ((BDA, "市交通委 市水务局", ""), ([ALL], [ALL], ["市交通委", "市水务局"])),
        (("市财政局 " + BDA, "市交通委", ""), (["市财政局", ALL], ["市财政局", ALL], ["市交通委"])),
        # the same among municipal bodies: a cell is really empty although the document prints dashes
        (("市水务局", "市园林绿化局", ""), (["市水务局"], ["市水务局"], ["市园林绿化局"])),
        # the dash itself slid
        (
            ("市水务局 相关区政府", "——", ""),
            (["市水务局", "DISTRICTS_CONCERNED"], ["市水务局", "DISTRICTS_CONCERNED"], []),
        ),
        # responsible and assisting repeat each other
        (("大兴区政府", "市水务局", "市水务局"), (["大兴区政府"], ["大兴区政府"], ["市水务局"])),
    ],
)
def test_columns_that_slid_to_the_left(read_rows, printed, expected) -> None:
    document = read_rows(*DASHES, ("4", "丁", "做四。", "年底前", *printed))
    assert roles(document)[-1] == expected
    last = document.measures()[-1]
    assert (last.read_how, last.lead_resp_merged) == ("shift_repaired", True)
    assert [(d.kind, d.line) for d in document.doubts] == [("shifted_columns", 6)]


@pytest.mark.parametrize(
    "printed", [("市水务局", "市园林绿化局", "市财政局"), ("市水务局", BDA, ""), ("市水务局", "市财政局", "——")]
)
def test_rows_that_need_no_repair_stay_as_printed(read_rows, printed) -> None:
    document = read_rows(*DASHES, ("4", "丁", "做四。", "年底前", *printed))
    assert document.measures()[-1].read_how == "printed"
    assert document.doubts == []


def test_empty_cells_go_on_with_the_row_above(read_rows) -> None:
    document = read_rows(("1", "甲", "做一。", *USUAL), ("", "", "做二。", "长期实施", "", "", "市财政局"))
    assert roles(document)[1] == (["市生态环境局"], [ALL], ["市财政局"])
    assert document.measures()[1].read_how == "inherited_vertical"


def test_two_merged_cells_read_side_by_side(read_rows) -> None:
    document = read_rows(
        ("1", "甲", "做一。", "年底前", BDA, "昌平区政府 大兴区政府", "市财政局"),
        ("", "", "做二。", "年底前", "", "", "市水务局"),
    )
    districts = ["昌平区政府", "大兴区政府"]
    assert roles(document) == [([ALL], [ALL], ["市财政局"]), (districts, districts, ["市水务局"])]
    assert kinds(document) == ["misplaced_units"]


def test_units_printed_in_the_row_below(read_rows) -> None:
    document = read_rows(
        ("1", "烟花与祭祀", "管控烟花爆竹。 倡导文明祭祀。", "长期实施", "市公安局", BDA, "——"),
        (
            "2",
            "通报",
            "通报空气质量。",
            "长期实施",
            "市民政局 首都精神文明办 市生态环境局",
            f"{BDA} {BDA}",
            "市城市管理委",
        ),
    )
    assert roles(document) == [
        (["市公安局"], [ALL], []),
        (["市民政局", "首都精神文明办"], [ALL], ["市城市管理委"]),
        (["市生态环境局"], [ALL], []),
    ]
    assert [(d.kind, d.line) for d in document.doubts] == [("misplaced_units", 3)]


def test_a_misread_name_is_mended_with_a_doubt_and_an_unknown_one_is_kept(read_rows) -> None:
    document = read_rows(("1", "甲", "做一。", "年底前", "市生态环境委", BDA, "市天气观察局"))
    (measure,) = document.measures()
    assert (measure.lead, measure.assisting) == (["市生态环境局"], ["市天气观察局"])
    assert [(d.printed, d.read_as) for d in document.doubts] == [
        ("市生态环境委", "市生态环境局"),
        ("市天气观察局", None),
    ]


# --- a second look --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("组织10家企业治理。其中:东城区3家、西城区2家、朝阳区4家。", "numbers"),
        ("东城区淘汰30辆、西城区淘汰20辆、朝阳区淘汰40辆，合计100辆。", "numbers"),
        ("加强空气质量质量保障。", "text"),
        ("落实“一厂一策制度。", "text"),
    ],
)
def test_figures_and_slips_of_the_text(read_rows, text: str, kind: str) -> None:
    document = read_rows(("1", "甲", text, *USUAL))
    assert kinds(document) == [kind]


def test_figures_that_add_up_and_words_that_meet_are_no_doubts(read_rows) -> None:
    document = read_rows(
        ("1", "甲", "组织10家企业治理。其中:东城区3家、西城区2家、朝阳区5家。", *USUAL),
        ("2", "乙", "加强施工工地管理，施工和工地分别检查，施工工地落实责任。", *USUAL),
    )
    assert document.doubts == []


# --- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b" \n\n ", "the file is empty"),
        (b"<!DOCTYPE html><html><table></table></html>", "this is a web page"),
        (b"\x00\x01\x02\x03binary", "this is a binary file"),
        (b"\xff\xd8\xff\xe0 JFIF \xff\xff", "encoding"),
        ("只有文字，没有表格。".encode(), "there is no table in the file"),
        ("姓名\t电话\n甲\t1\n".encode(), "no table of tasks"),
        (b"PK\x03\x04 not a package", "no readable Word file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Word file"),
        (b"%PDF-1.7 cut off", "the PDF"),
    ],
)
def test_what_is_no_plan_gets_one_clear_message(read, tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "plan.txt"
    file.write_bytes(content)
    with pytest.raises(LantuError, match=message) as caught:
        read(file)
    assert caught.value.where is not None
    assert str(caught.value.where.file).endswith("plan.txt")
    assert caught.value.mend is not None


def test_a_file_that_is_not_there(read, tmp_path: Path) -> None:
    with pytest.raises(LantuError, match="cannot be opened"):
        read(tmp_path / "none.txt")


def test_text_in_another_encoding(read, tmp_path: Path) -> None:
    file = tmp_path / "plan.txt"
    row = "\t".join(("1", "甲", "做一。", *USUAL))
    file.write_bytes(f"大气2021年计划\r\n{HEADER}\r\n{row}\r\n".encode("gb18030"))
    assert [m.text for m in read(file).measures()] == ["做一。"]
