"""Tables in Word files: merges are written in the file."""

from __future__ import annotations

from pathlib import Path

import docx


def test_merged_cells_and_headings(read, header, tmp_path: Path) -> None:
    file = tmp_path / "plan.docx"
    document = docx.Document()
    document.add_heading("大气污染防治2022年行动计划", 1)
    table = document.add_table(rows=5, cols=7)
    rows = [
        header,
        ["一、主要目标", "", "", "", "", "", ""],
        ["1", "空气质量", "持续改善。", "年底前", "市生态环境局", "", "市交通委\n等部门"],
        ["", "", "加强监测。", "长期实施", "市生态环境局", "相关区政府", "—"],
        ["2", "减排", "完成任务。", "6月底前", "市财政局", "各区政府", "—"],
    ]
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            table.cell(r, c).text = text
    table.cell(1, 0).merge(table.cell(1, 6))
    table.cell(2, 4).merge(table.cell(2, 5))
    for column in (0, 1):
        table.cell(2, column).merge(table.cell(3, column))
    document.save(str(file))
    plan = read(file)
    assert [(t.no, t.title, len(t.measures)) for t in plan.plans[0].tasks] == [(1, "空气质量", 2), (2, "减排", 1)]
    assert [(s.no, s.title) for s in plan.plans[0].sections] == [("一", "主要目标")]
    one, two, three = plan.measures()
    assert (one.lead, one.responsible, one.lead_resp_merged) == (["市生态环境局"], ["市生态环境局"], True)
    assert one.assisting == ["市交通委", "OPEN_LIST"]
    assert (two.responsible, three.deadline.as_json()) == (
        ["DISTRICTS_CONCERNED"],
        {"type": "month_end", "date": "2022-06-30"},
    )
    assert plan.doubts == []
