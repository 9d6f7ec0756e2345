"""Tables drawn in a PDF: merged cells, turned pages, tables over several pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from lantu.base import LantuError

BDA = "各区政府(含北京经济技术开发区管委会)"
ALL = "ALL_DISTRICTS_AND_BDA"


def first_page(page_type, span, header):  # type: ignore[no-untyped-def]
    """A page with a section, a task of two measures, cells merged to the right and downwards."""
    return page_type(
        above=["附件2", "大气污染防治2023年行动计划"],
        rows=[
            header,
            [span("一、主要目标", 7)],
            [
                span("1", rows=2),
                span("空气质量改善目标", rows=2),
                "细颗粒物(PM2.5)年均浓度控制在35微克/立方米以内，各区持续改善。",
                "年底前",
                span(f"市生态环境局\n{BDA}", 2),
                "市交通委\n市经济和信息化局\n等部门",
            ],
            [
                "推进VOCs治理，6月底前完成方案。",
                span("按时间节点完成", rows=2),
                "市生态环境局",
                BDA,
                span("———", rows=2),
            ],
            ["2", "总量减排", "完成减排任务。", "中国铁路北京局集团有限公司", "相关区政府"],
        ],
    )


@pytest.mark.parametrize("turned", ["", "flag", "content"])
@pytest.mark.parametrize("thin_boxes", [False, True])
def test_merged_cells_in_both_directions_on_pages_turned_any_way(
    drawn, page_type, span, header, turned: str, thin_boxes: bool
) -> None:
    document = drawn(first_page(page_type, span, header), turned=turned, thin_boxes=thin_boxes)
    (plan,) = document.plans
    assert (plan.id, plan.title, document.year) == ("air", "大气污染防治2023年行动计划", 2023)
    assert [(s.no, s.title) for s in plan.sections] == [("一", "主要目标")]
    assert [(t.no, t.title, len(t.measures)) for t in plan.tasks] == [(1, "空气质量改善目标", 2), (2, "总量减排", 1)]
    one, two, three = document.measures()
    assert one.text == "细颗粒物(PM2.5)年均浓度控制在35微克/立方米以内，各区持续改善。"
    assert one.lead == one.responsible == ["市生态环境局", ALL]
    assert one.lead_resp_merged
    assert one.assisting == ["市交通委", "市经济和信息化局", "OPEN_LIST"]
    assert (two.id, two.deadline.type, two.assisting) == ("air-1-2", "by_schedule", [])
    assert not two.lead_resp_merged
    # reaches down over both rows, and the name is broken over lines
    assert (three.deadline_raw, three.lead) == ("按时间节点完成", ["中国铁路北京局集团有限公司"])
    assert three.responsible == ["DISTRICTS_CONCERNED"]
    assert document.doubts == []


def test_a_task_goes_on_over_the_page_under_a_new_header(drawn, page_type, header) -> None:
    row = ["年底前", "市水务局", BDA, "———"]
    document = drawn(
        page_type(above=["水污染防治2023年行动计划"], rows=[header, ["7", "城镇污水", "建设管网。", *row]]),
        page_type(rows=[header, ["7", "城镇污水", "运行厂站。", *row], ["8", "农村污水", "建设设施。", *row]]),
    )
    (plan,) = document.plans
    assert [(t.no, [m.text for m in t.measures]) for t in plan.tasks] == [
        (7, ["建设管网。", "运行厂站。"]),
        (8, ["建设设施。"]),
    ]
    # the numbers begin with 7: six are missing, and are said to be
    assert [d.task for d in document.doubts if d.kind == "missing_task"] == [1, 2, 3, 4, 5, 6]


def test_a_row_broken_by_the_page_is_one_measure(drawn, page_type, header) -> None:
    document = drawn(
        page_type(
            above=["大气污染防治2024年行动计划"],
            rows=[header, ["1", "扬尘", "强化施工工地扬尘管控，做到", "年底前", "市住房城乡建设委", BDA, "市交通委"]],
        ),
        page_type(
            rows=[["", "", "全覆盖。", "", "", "", ""], ["2", "餐饮", "治理油烟。", "年底前", "市生态环境局", BDA, "—"]]
        ),
    )
    one, two = document.measures()
    assert one.text == "强化施工工地扬尘管控，做到全覆盖。"
    assert (one.lead, one.assisting) == (["市住房城乡建设委"], ["市交通委"])
    assert two.text == "治理油烟。"


def test_a_table_without_outer_border_and_without_a_line_at_the_pages_end(drawn, page_type, header) -> None:
    page = page_type(
        above=["土壤污染防治2024年行动计划"],
        rows=[header, ["1", "耕地", "落实分类管理。", "年底前", "市农业农村局", "相关区政府", "———"]],
        outer_border=False,
        bottom_line=False,
    )
    (measure,) = drawn(page).measures()
    assert (measure.text, measure.lead, measure.responsible) == (
        "落实分类管理。",
        ["市农业农村局"],
        ["DISTRICTS_CONCERNED"],
    )


def test_names_run_together_and_broken_wherever_the_line_ends(drawn, page_type, header) -> None:
    names = "市住房城乡建设委市城市管理委市规划自然资源委中国铁路北京局集团有限公司"
    page = page_type(
        above=["大气污染防治2024年行动计划"], rows=[header, ["1", "扬尘", "管住扬尘。", "年底前", names, BDA, "—"]]
    )
    document = drawn(page)
    assert document.measures()[0].lead == [
        "市住房城乡建设委",
        "市城市管理委",
        "市规划自然资源委",
        "中国铁路北京局集团有限公司",
    ]
    assert document.doubts == []


def test_several_plans_in_one_file_and_columns_in_another_order(drawn, page_type) -> None:
    header = ("序号", "任务", "具体措施", "牵头单位", "责任单位", "配合单位", "完成时间")
    document = drawn(
        page_type(
            above=["大气污染防治2025年工作方案"],
            rows=[header, ["1", "扬尘", "管住扬尘。", "市住房城乡建设委", BDA, "市交通委", "6月底前"]],
            widths=(30, 70, 200, 110, 110, 110, 60),
        ),
        page_type(
            above=["水污染防治2025年工作方案"],
            rows=[header, ["1", "排口", "整治排口。", "市水务局", "相关区政府", "—", "长期实施"]],
            widths=(30, 70, 200, 110, 110, 110, 60),
        ),
    )
    assert [plan.id for plan in document.plans] == ["air", "water"]
    one, two = document.measures()
    assert (one.id, one.lead, one.assisting) == ("air-1-1", ["市住房城乡建设委"], ["市交通委"])
    assert one.deadline.as_json() == {"type": "month_end", "date": "2025-06-30"}
    assert (two.id, two.deadline.type) == ("water-1-1", "long_term")


def test_prose_before_the_table_is_not_taken_for_the_plan(drawn, page_type, header) -> None:
    document = drawn(
        page_type(above=["关于印发行动计划的通知", "各区人民政府：", "一、总体要求", "现将行动计划印发给你们。"]),
        page_type(
            above=["附件1", "大气污染防治2022年行动计划"],
            rows=[header, ["1", "扬尘", "管住扬尘。", "年底前", "市水务局", "相关区政府", "—"]],
        ),
    )
    (plan,) = document.plans
    assert plan.title == "大气污染防治2022年行动计划"
    assert [section.no for section in plan.sections] == [""]


def test_a_pdf_that_cannot_be_read_says_why(read, pdf_writer, page_type, tmp_path: Path) -> None:
    scan = pdf_writer().write(tmp_path / "scan.pdf", [page_type()])
    with pytest.raises(LantuError, match=r"scan\.pdf: the PDF has no text layer"):
        read(scan)
    prose = pdf_writer().write(tmp_path / "prose.pdf", [page_type(above=["一、总体要求", "二、主要任务"])])
    with pytest.raises(LantuError, match="no table with a drawn grid"):
        read(prose)
    other = page_type(rows=[["姓名", "电话", "地址"], ["甲", "1", "乙"]], widths=(80, 80, 80))
    with pytest.raises(LantuError, match="no table of tasks"):
        read(pdf_writer().write(tmp_path / "other.pdf", [other]))
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(scan.read_bytes()[:200])
    with pytest.raises(LantuError, match=r"broken\.pdf: the PDF"):
        read(broken)
