"""The assessment as an Excel workbook: totals, every verdict, every measure. Both languages in columns side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lantu.assessment.model import Assessment, AssessmentRow, Status
from lantu.assessment.page import deadline_text, units_text
from lantu.base import Text

if TYPE_CHECKING:
    from lantu.plan.packs import Pack

_COLUMNS: tuple[tuple[Text, int], ...] = (
    (Text("承诺", "commitment"), 30),
    (Text("名称", "title"), 34),
    (Text("名称（英）", "title (en)"), 34),
    (Text("区域代码", "area code"), 11),
    (Text("区域", "area"), 14),
    (Text("区域（英）", "area (en)"), 16),
    (Text("结论", "status"), 12),
    (Text("结论（中）", "status (zh)"), 10),
    (Text("倾向", "points to"), 10),
    (Text("数值", "value"), 10),
    (Text("比较", "comparator"), 8),
    (Text("限值或基准", "limit"), 12),
    (Text("单位", "unit"), 12),
    (Text("有效个数", "n"), 9),
    (Text("有效率", "coverage"), 9),
    (Text("依据", "reason (zh)"), 60),
    (Text("依据（英）", "reason (en)"), 60),
    (Text("剔除后数值", "without what is excluded"), 12),
    (Text("模拟", "simulated"), 9),
)


def write_workbook(pack: Pack, assessment: Assessment, out: Path) -> None:
    """Write the workbook. Text is written as text, so that nothing in it can become a formula."""
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "default_date_format": "yyyy-mm-dd"}
    with xlsxwriter.Workbook(str(out), options) as book:
        head = book.add_format({"bold": True, "bg_color": "#F4F6F9", "bottom": 1, "text_wrap": True, "valign": "top"})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        warn = book.add_format({"bold": True, "bg_color": "#FFF4D6"})
        _totals(book, pack, assessment, head, warn)
        _verdicts(book, assessment, head, wrap)
        _measures(book, pack, head, wrap)


def _totals(book: Any, pack: Pack, assessment: Assessment, head: Any, warn: Any) -> None:
    sheet = book.add_worksheet("总览 overview")
    sheet.set_column(0, 0, 42)
    sheet.set_column(1, 6, 14)
    sheet.write_string(0, 0, f"{pack.title.zh}  {pack.title.en}", head)
    sheet.write_string(1, 0, f"截至 as of {assessment.as_of}  ·  {assessment.pack}")
    if assessment.simulated:
        sheet.write_string(2, 0, "模拟数据，不是实测结果  SIMULATED DATA, nothing here was measured", warn)
    for column, status in enumerate(Status, start=1):
        sheet.write_string(3, column, f"{status.title.zh} {status.title.en}", head)
    sheet.write_string(3, 0, "计划 plan", head)
    line = 4
    for plan in pack.plans:
        rows = [row for row in assessment.rows if row.measure.startswith(f"{plan.id}-")]
        sheet.write_string(line, 0, f"{plan.title.zh}  {plan.title.en}")
        for column, count in enumerate(assessment.counts(rows).values(), start=1):
            sheet.write_number(line, column, count)
        line += 1
    sheet.write_string(line, 0, "合计 all", head)
    for column, count in enumerate(assessment.counts().values(), start=1):
        sheet.write_number(line, column, count, head)
    for offset, (name, version) in enumerate(assessment.versions.items(), start=line + 2):
        sheet.write_string(offset, 0, f"{name}: {version}")


def _verdicts(book: Any, assessment: Assessment, head: Any, wrap: Any) -> None:
    sheet = book.add_worksheet("结论 verdicts")
    for column, (title, width) in enumerate(_COLUMNS):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, f"{title.zh}\n{title.en}", head)
    for line, row in enumerate(assessment.rows, start=1):
        for column, cell in enumerate(_cells(row)):
            if cell is None:
                continue
            if isinstance(cell, bool | str):
                sheet.write_string(line, column, str(cell), wrap)
            else:
                sheet.write_number(line, column, float(cell), wrap)
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(len(assessment.rows), 1), len(_COLUMNS) - 1)


def _cells(row: AssessmentRow) -> list[Any]:
    return [
        row.commitment,
        row.title.zh,
        row.title.en,
        row.area,
        row.area_name.zh,
        row.area_name.en,
        row.status.value,
        row.status.title.zh,
        row.indication.value if row.indication else None,
        row.value,
        row.comparator,
        row.limit,
        row.unit,
        row.n,
        None if row.coverage is None else round(row.coverage, 4),
        row.reason.zh,
        row.reason.en,
        row.both_ways.left_out if row.both_ways else None,
        "simulated 模拟" if row.simulated else None,
    ]


def _measures(book: Any, pack: Pack, head: Any, wrap: Any) -> None:
    sheet = book.add_worksheet("措施 measures")
    titles = (
        "编号 id",
        "任务 task",
        "措施摘要 summary (zh)",
        "summary (en)",
        "时限 deadline",
        "牵头 lead",
        "主责 responsible",
        "协办 assisting",
    )
    for column, (title, width) in enumerate(zip(titles, (12, 34, 60, 60, 26, 34, 34, 34), strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, title, head)
    line = 1
    for plan in pack.plans:
        for section in plan.sections:
            for task in section.tasks:
                for measure in task.measures:
                    deadline = deadline_text(measure.deadline)
                    cells = [
                        measure.id,
                        f"{task.no} {task.title.zh}",
                        measure.summary.zh,
                        measure.summary.en,
                        f"{deadline.zh} {deadline.en}",
                        *(
                            units_text(pack, units).zh
                            for units in (measure.lead, measure.responsible, measure.assisting)
                        ),
                    ]
                    for column, cell in enumerate(cells):
                        sheet.write_string(line, column, cell, wrap)
                    line += 1
    sheet.freeze_panes(1, 1)
