"""Plans of other cities in other layouts: other columns, fewer of them, no numbers."""

from __future__ import annotations

from pathlib import Path

from lantu.plan.model import Measure, PlanDocument

SIX_COLUMNS = """某市2024年大气污染防治工作方案任务清单

序号	工作任务	具体内容	牵头单位	配合单位	完成时间
一、优化产业结构
1	淘汰落后产能	完成30家砖瓦窑企业关停。	市经济和信息化局	市发展改革委、各区政府	2024年10月底前
2	源头替代	家具企业低VOCs涂料使用比例达到60%以上。	市生态环境局	市市场监管局	2024年12月底前
		汽修企业全部完成水性漆改造。	市交通委	市生态环境局	2024年6月底前
二、扬尘治理
3	工地扬尘	每月通报一次。	市住房城乡建设委	各区政府	长期坚持
"""

NO_NUMBERS = """# 某市水污染防治2024年任务分工表

| 重点任务 | 工作措施 | 责任单位 | 时限要求 |
|---|---|---|---|
| 黑臭水体治理 | 消除12条农村黑臭水体 | 市水务局、朝阳区政府 | 年底前 |
| 黑臭水体治理 | 每季度开展一次水质监测 | 市生态环境局 | 持续推进 |
| 排口整治 | 完成80%以上排污口整治任务 | 各区政府 | 9月底前 |
"""


def read_text(read, tmp_path: Path, text: str) -> tuple[PlanDocument, list[Measure]]:
    file = tmp_path / "plan.txt"
    file.write_text(text, encoding="utf-8")
    document = read(file)
    return document, document.measures()


def test_a_plan_without_a_responsible_column_leaves_it_empty(read, tmp_path: Path) -> None:
    document, measures = read_text(read, tmp_path, SIX_COLUMNS)
    (plan,) = document.plans
    assert [(s.no, s.title) for s in plan.sections] == [("一", "优化产业结构"), ("二", "扬尘治理")]
    assert [m.id for m in measures] == ["air-1-1", "air-2-1", "air-2-2", "air-3-1"]
    assert measures[0].lead == ["市经济和信息化局"]
    assert measures[0].responsible == []
    assert measures[0].assisting == ["市发展改革委", "ALL_DISTRICTS_AND_BDA"]
    assert [str(m.deadline.date) for m in measures] == ["2024-10-31", "2024-12-31", "2024-06-30", "None"]
    assert [(c.comparator, c.value, c.unit) for c in document.commitments] == [
        (">=", 30, "家"),
        (">=", 60, "%"),
        ("=", 100, "%"),
        ("every", 1, "月"),
    ]


def test_tasks_without_numbers_are_told_apart_by_their_titles(read, tmp_path: Path) -> None:
    document, measures = read_text(read, tmp_path, NO_NUMBERS)
    assert [m.id for m in measures] == ["water-1-1", "water-1-2", "water-2-1"]
    assert measures[0].lead == []
    assert measures[0].responsible == ["市水务局", "朝阳区政府"]
    assert [(c.comparator, c.value, c.unit) for c in document.commitments] == [
        (">=", 12, "条"),
        ("every", 1, "季度"),
        (">=", 80, "%"),
    ]
