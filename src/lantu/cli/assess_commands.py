"""`lantu assess`, `lantu explain`, `lantu target`: the verdict, what it rests on, figures set outside the plan."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from lantu.base import LantuError, Text, current_language, unit_title
from lantu.cli.show import (
    DEFAULT_PACK,
    JsonOption,
    PackOption,
    console,
    open_book,
    open_lake,
    open_pack,
    open_workspace,
    say,
    writable,
    write_json,
    write_text,
)

if TYPE_CHECKING:
    from lantu.assessment import Assessment, AssessmentRow
    from lantu.plan.packs import Pack

targets = typer.Typer(
    no_args_is_help=True, help=say("计划之外下达的指标值", "figures that are set outside the plan and entered later")
)

AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DATE", help=say("截至日期，默认今天", "the day to judge on; today if not given")),
]
ShareOption = Annotated[
    float | None,
    typer.Option(
        "--accept-coverage",
        metavar="SHARE",
        help=say(
            "数据不足标准要求时，有效率达到此值（0-1）仍作结论，并注明",
            "judge incomplete periods from this share of days on (0-1); said in every verdict",
        ),
    ),
]


def add_to(app: typer.Typer) -> None:
    app.command("assess", help=say("按数据和标准评定每条承诺", "judge every commitment by data and standards"))(assess)
    app.command("explain", help=say("一条承诺的结论从何而来", "where the verdict on a commitment comes from"))(explain)


def as_day(text: str | None) -> dt.date:
    if text is None:
        return dt.date.today()
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise LantuError(
            Text(f"“{text}”不是日期", f"'{text}' is not a date"), mend=Text("写成 2021-12-31", "write 2021-12-31")
        ) from error


def assess(
    pack: PackOption = DEFAULT_PACK,
    as_of: AsOfOption = None,
    json: JsonOption = None,
    xlsx: Annotated[Path | None, typer.Option(metavar="OUT", help=say("写 Excel", "write an Excel workbook"))] = None,
    html: Annotated[Path | None, typer.Option(metavar="OUT", help=say("写单文件网页", "write a one-file page"))] = None,
    accept_coverage: ShareOption = None,
) -> None:
    import gc

    gc.disable()  # the program ends soon: to look for garbage among so many entries would only take time
    rules = open_pack(pack)
    result = judge(rules, as_day(as_of), accept_coverage)
    write_outputs(rules, result, json, xlsx, html)
    if str(json) != "-":
        show_scoreboard(rules, result)


def judge(rules: Pack, as_of: dt.date, accept_coverage: float | None = None) -> Assessment:
    from lantu.assessment import assess as compute
    from lantu.assessment import read_targets

    workspace = open_workspace()
    return compute(
        rules,
        open_lake(),
        as_of,
        targets=read_targets(workspace, rules),
        accept_coverage=accept_coverage,
        book=open_book(rules),
        processes=min(2, os.cpu_count() or 1),
    )


def write_outputs(rules: Pack, result: Assessment, json: Path | None, xlsx: Path | None, html: Path | None) -> None:
    if json is not None:
        write_json(result.as_json(), json)
    if html is not None:
        from lantu.assessment.page import report_page

        write_text(html, report_page(rules, result, current_language()))
        console.print(say(f"网页报告：{html}", f"HTML report: {html}"), highlight=False)
    if xlsx is not None:
        from lantu.assessment.workbook import write_workbook

        with writable(xlsx):
            write_workbook(rules, result, xlsx)
        console.print(say(f"Excel：{xlsx}", f"workbook: {xlsx}"), highlight=False)


STYLES = {"met": "green", "on_course": "blue", "at_risk": "yellow", "missed": "red", "unknown": "dim"}


def status_cell(row: AssessmentRow) -> str:
    from lantu.assessment import SYMBOLS

    text = f"{SYMBOLS[row.status]} {row.status.title}"
    if row.indication:
        text += say("，倾向", ", points to ") + str(row.indication.title)
    return f"[{STYLES[row.status.value]}]{text}[/]"


def show_scoreboard(rules: Pack, result: Assessment) -> None:
    """Print the totals, then each commitment with data, area by area, then what is unknown and why."""
    from lantu.assessment import SYMBOLS, Status

    if result.simulated:
        console.print(
            say(
                "模拟数据：以下数字出自模拟城市，不是实测结果",
                "SIMULATED DATA: the figures below come from a simulated city",
            ),
            style="black on yellow",
        )
    table = Table(
        title=say(f"{rules.title.zh}  截至 {result.as_of}", f"{rules.title.en}  as of {result.as_of}"),
        title_justify="left",
    )
    table.add_column(say("计划", "plan"))
    for status in Status:
        table.add_column(f"{SYMBOLS[status]} {status.title}", justify="right", style=STYLES[status.value])
    for plan in rules.plans:
        rows = [row for row in result.rows if row.measure.startswith(f"{plan.id}-")]
        table.add_row(str(plan.title), *(str(n) for n in result.counts(rows).values()))
    table.add_section()
    table.add_row(say("合计", "all"), *(str(n) for n in result.counts().values()))
    console.print(table)
    judged = dict.fromkeys(
        row.commitment for row in result.rows if row.value is not None or row.status != Status.UNKNOWN
    )
    if len(judged) <= FULL_TABLES:
        for commitment in judged:
            show_rows(result.of(commitment))
    else:
        whole = rules.areas.select("city")[0].code
        show_levels([row for row in result.rows if row.kind == "level" and row.area == whole])
        show_summary(rules, result, list(judged))
    show_missing([row for row in result.rows if row.commitment not in judged])


FULL_TABLES = 4
"""With more commitments than this each takes one line; the areas are in the page, the workbook and `lantu explain`."""
NAMED = 4
LISTED = 25


def show_levels(rows: list[AssessmentRow]) -> None:
    """The figures that the plan sets for the whole area, a line each."""
    table = Table(title=say("全市指标", "figures for the whole area"), title_justify="left")
    table.add_column(say("承诺", "commitment"), overflow="fold")
    table.add_column(say("结论", "verdict"))
    table.add_column(say("数值", "value"), justify="right")
    table.add_column(say("比较", "against"), justify="right")
    table.add_column(say("单位", "unit"))
    for row in rows:
        table.add_row(
            f"{escape(str(row.title))} [dim]{row.commitment}[/]",
            status_cell(row),
            "—" if row.value is None else str(row.value),
            "—" if row.limit is None else f"{row.comparator} {row.limit}",
            str(unit_title(row.unit)) if row.unit else "",
        )
    console.print(table)


def show_summary(rules: Pack, result: Assessment, judged: list[str]) -> None:
    """One line for each commitment that is missed or at risk somewhere, the worst first, and where it is missed."""
    from lantu.assessment import SYMBOLS, Status

    counted = {name: result.counts(result.of(name)) for name in judged}
    bad = [name for name in judged if counted[name][Status.MISSED] or counted[name][Status.AT_RISK]]
    bad.sort(key=lambda name: (-counted[name][Status.MISSED], -counted[name][Status.AT_RISK]))
    table = Table(
        title=say("未达到或有风险的承诺（区域数）", "commitments missed or at risk (numbers of areas)"),
        title_justify="left",
    )
    table.add_column(say("承诺", "commitment"), overflow="fold")
    for status in Status:
        table.add_column(SYMBOLS[status], justify="right", style=STYLES[status.value])
    table.add_column(say("未达到的区域", "missed in"), overflow="fold")
    for name in bad[:LISTED]:
        rows = result.of(name)
        missed = [row for row in rows if row.status is Status.MISSED]
        named = say("、", ", ").join(str(rules.areas.get(row.area).short_title) for row in missed[:NAMED])
        more = say(f" 等 {len(missed)} 个", f" and {len(missed) - NAMED} more") if len(missed) > NAMED else ""
        table.add_row(
            f"{escape(str(rows[0].title))} [dim]{name}[/]",
            *(str(count or "") for count in counted[name].values()),
            escape(named + more),
        )
    console.print(table)
    rest = max(len(bad) - LISTED, 0)
    fine = len(judged) - len(bad)
    console.print(
        say(
            f"另有 {rest} 条未达到或有风险，{fine} 条没有；全部见 --html、--xlsx 或 --json",
            f"{rest} more are missed or at risk somewhere, {fine} are not; all of them in --html, --xlsx or --json",
        ),
        highlight=False,
    )


KINDS = {
    "level": Text("指标无数据来源或未录入指标值", "indicator without data, or figure not entered"),
    "count": Text("台账无数据", "ledger without entries"),
    "ratio": Text("台账无数据", "ledger without entries"),
    "cadence": Text("台账无数据", "ledger without entries"),
    "deliverable": Text("文件未登记", "document not registered"),
    "closure": Text("无问题记录", "no cases recorded"),
    "absence": Text("无事件记录", "no events recorded"),
    "each": Text("逐项核查无数据", "no data for each of a list"),
}


def show_missing(rows: list[AssessmentRow]) -> None:
    """What no verdict can be given on, and which kind of data is missing."""
    missing: dict[str, dict[str, None]] = {}
    for row in rows:
        missing.setdefault(str(KINDS[row.kind]), {})[row.commitment] = None
    if not missing:
        return
    count = sum(len(commitments) for commitments in missing.values())
    console.print(
        say(f"{count} 条承诺尚无数据，结论为“未知”：", f"{count} commitments have no data yet and are unknown:"),
        style="bold",
    )
    for reason, commitments in sorted(missing.items(), key=lambda item: -len(item[1])):
        some = ", ".join(list(commitments)[:3]) + (" …" if len(commitments) > 3 else "")
        console.print(f"  {len(commitments):3d}  {escape(reason)}  [dim]{some}[/]", highlight=False, soft_wrap=True)


def show_rows(rows: list[AssessmentRow]) -> None:
    """One commitment, a line for each area; below it why areas stay unknown."""
    from lantu.assessment import Status

    first = rows[0]
    unit = f" ({unit_title(first.unit)})" if str(unit_title(first.unit)) else ""
    table = Table(title=f"{first.title}{unit}  [dim]{first.commitment}[/]", title_justify="left", padding=(0, 1))
    table.add_column(say("区域", "area"))
    table.add_column(say("结论", "verdict"))
    table.add_column(say("数值", "value"), justify="right")
    table.add_column(say("比较", "against"), justify="right")
    table.add_column(say("有效率", "coverage"), justify="right")
    table.add_column(say("余地", "room"), justify="right")
    for row in rows:
        table.add_row(
            str(row.area_name),
            status_cell(row),
            "—" if row.value is None else str(row.value),
            "—" if row.limit is None else f"{row.comparator} {row.limit}",
            "—" if row.coverage is None else f"{row.coverage:.0%}",
            "" if row.remaining is None else str(row.remaining) if row.remaining >= 0 else say("无", "none"),
        )
    console.print(table)
    open_rows = [row for row in rows if row.status is Status.UNKNOWN and row.value is not None]
    if open_rows:
        console.print(
            say(
                f"  {len(open_rows)} 个区域数据不足标准的最低要求，不下结论；“倾向”是已有数据所示，"
                "“余地”是缺测日平均（天数则为总数）最多可达的值。详见 lantu explain",
                f"  {len(open_rows)} areas lack the data that the standard asks for a verdict: 'points to' is what the "
                "data at hand show,\n  'room' what the missing days may average (or number) at most. See lantu explain",
            ),
            style="dim",
            highlight=False,
            soft_wrap=True,
        )
    for reason in dict.fromkeys(str(row.reason) for row in rows if row.status is Status.UNKNOWN and row.value is None):
        areas = ", ".join(str(row.area_name) for row in rows if str(row.reason) == reason)
        console.print(f"  [dim]{escape(areas)}: {escape(reason)}[/]", highlight=False, soft_wrap=True)


def explain(
    commitment: Annotated[str, typer.Argument(help=say("承诺编号，如 air-1-1/pm25", "e.g. air-1-1/pm25"))],
    area: Annotated[
        str, typer.Option("--area", help=say("区域代码、名称或层级", "area: code, name or level"))
    ] = "city",
    pack: PackOption = DEFAULT_PACK,
    as_of: AsOfOption = None,
    json: JsonOption = None,
    rows: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT.csv", help=say("把所用的原始小时数据写入 CSV", "write the hourly rows that were used to a CSV")
        ),
    ] = None,
    accept_coverage: ShareOption = None,
) -> None:
    from lantu.assessment import explain as chain_of
    from lantu.assessment import read_targets

    rules = open_pack(pack)
    lake = open_lake()
    day = as_day(as_of) if as_of else None
    chains = list(
        chain_of(
            rules,
            lake,
            commitment,
            area,
            as_of=day,
            targets=read_targets(open_workspace(), rules),
            accept_coverage=accept_coverage,
            rows_to=rows,
            book=open_book(rules),
        )
    )
    if json is not None:
        write_json([chain.as_json() for chain in chains], json)
    if str(json) != "-":
        for chain in chains:
            for line in [*chain.lines(), ""]:
                console.print(line, markup=False, highlight=False, soft_wrap=True)


@targets.command("set", help=say("录入计划之外下达的指标值", "enter a figure that was set outside the plan"))
def set_target(
    commitment: Annotated[str, typer.Argument(help=say("承诺编号", "the commitment"))],
    value: Annotated[str, typer.Argument(help=say("数值", "the figure"))],
    unit: Annotated[str, typer.Argument(help=say("单位", "its unit"))],
    reference: Annotated[
        str, typer.Option("--reference", help=say("文件名称与文号", "title and number of the document"))
    ],
    area: Annotated[str, typer.Option("--area", help=say("区域", "area"))] = "city",
    pack: PackOption = DEFAULT_PACK,
) -> None:
    from lantu.assessment import write_target

    target = write_target(open_workspace(), open_pack(pack), commitment, area, value, unit, reference)
    console.print(str(target), highlight=False)
