"""`lantu plan`: read a plan document, check a pack, compare two plans."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from lantu.cli.show import DEFAULT_PACK, JsonOption, PackOption, console, open_pack, say, write_json

if TYPE_CHECKING:
    from lantu.plan.model import PlanDocument
    from lantu.plan.packs import PackCheck

app = typer.Typer(no_args_is_help=True, help=say("计划：读文件、查规则包、比两份计划", "plans: read, check, compare"))


@app.command("read", help=say("读计划文件（文本、PDF、Word）", "read a plan document (text, PDF, Word)"))
def read(
    file: Annotated[Path, typer.Argument(help=say("计划文件", "the document"))],
    json: JsonOption = None,
    pack: PackOption = DEFAULT_PACK,
    year: Annotated[int | None, typer.Option(help=say("计划年份", "the plan's year"))] = None,
) -> None:
    from lantu.plan.reading import read_plan

    rules = open_pack(pack)
    document = read_plan(file, rules.units, rules.seasons, year=year)
    if json is not None:
        write_json(document.as_json(), json)
        if str(json) == "-":
            return
    _show_document(document)


def _show_document(document: PlanDocument) -> None:
    counts = document.as_json()["counts"]
    table = Table(title=f"{document.source} · {document.year or ''}", title_justify="left")
    for column in (say("计划", "plan"), say("章", "sections"), say("任务", "tasks"), say("措施", "measures")):
        table.add_column(column, justify="left" if column == say("计划", "plan") else "right")
    for plan in document.plans:
        measures = sum(len(task.measures) for task in plan.tasks)
        table.add_row(plan.title, str(len(plan.sections)), str(len(plan.tasks)), str(measures))
    console.print(table)
    console.print(
        say(
            f"量化承诺 {counts['commitments']} 条；存疑 {counts['doubts']} 处",
            f"{counts['commitments']} quantified commitments; {counts['doubts']} doubts",
        )
    )
    kinds = Counter(doubt.kind for doubt in document.doubts)
    doubts = Table(box=None, show_header=False, padding=(0, 1))
    structural = [d for d in document.doubts if d.kind != "unit_name"]
    for doubt in sorted(structural, key=lambda d: (d.page or 0, d.line or 0)):
        place = f"p{doubt.page}" if doubt.page else f"L{doubt.line}" if doubt.line else ""
        doubts.add_row(place, f"{doubt.confidence:.2f}", str(doubt.what))
    console.print(doubts)
    if kinds["unit_name"]:
        console.print(
            say(
                f"另有 {kinds['unit_name']} 处单位名称经修正（见 --json）",
                f"and {kinds['unit_name']} names of bodies were mended (see --json)",
            )
        )


@app.command("check", help=say("检查规则包", "check a pack"))
def check(
    pack: Annotated[str, typer.Argument(help=say("规则包：名称或文件夹", "pack: name or folder"))] = DEFAULT_PACK,
    json: JsonOption = None,
) -> None:
    from lantu.indicators import units_of_indicators
    from lantu.plan.packs import check_pack

    result = check_pack(pack, units_of_indicators())
    if json is not None:
        write_json(result.as_json(), json)
    if str(json) != "-":
        _show_check(result)
    if result.faults:
        raise typer.Exit(1)


def _show_check(result: PackCheck) -> None:
    for fault in result.faults:
        console.print(f"[red]{say('错', 'fault')}[/]", str(fault), highlight=False, soft_wrap=True)
    for note in result.notes:
        console.print(f"[yellow]{say('注', 'note')}[/]", str(note), highlight=False, soft_wrap=True)
    console.print(str(result.summary), highlight=False, soft_wrap=True)


@app.command("diff", help=say("比较两份计划（规则包或文件）", "compare two plans (packs or documents)"))
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help=say("较早的计划", "the earlier plan"))],
    after: Annotated[str, typer.Argument(metavar="B", help=say("较晚的计划", "the later plan"))],
    json: JsonOption = None,
    pack: PackOption = DEFAULT_PACK,
) -> None:
    from lantu.plan.diff import diff as compare

    result = compare(_plan_or_document(before, pack), _plan_or_document(after, pack))
    if json is not None:
        write_json(result.as_json(), json)
        if str(json) == "-":
            return
    for line in result.lines():
        console.print(line, highlight=False, soft_wrap=True)


def _plan_or_document(name: str, pack: str) -> Any:
    path = Path(name)
    if path.is_file():
        from lantu.plan.reading import read_plan

        rules = open_pack(pack)
        return read_plan(path, rules.units, rules.seasons)
    return open_pack(name)


@app.command("systems", help=say("计划点名的系统各由什么实现", "the systems that the plan names"))
def systems(pack: PackOption = DEFAULT_PACK, json: JsonOption = None) -> None:
    from lantu.indicators import units_of_indicators
    from lantu.plan.packs import load_pack
    from lantu.plan.systems import as_json, read_systems, shown

    rules = load_pack(pack)
    found = read_systems(rules, units_of_indicators())
    if json is not None:
        write_json(as_json(rules, found), json)
        if str(json) == "-":
            return
    there = sum(bool(system.realised_by) for system in found)
    waiting = sum(system.later is not None for system in found)
    table = Table(
        title=say(
            f"{len(found)} 个系统，{there} 个已有实现，{waiting} 个还有后续部分",
            f"{len(found)} systems, {there} have something that realises them, {waiting} have a part to come",
        ),
        title_justify="left",
    )
    for column in ("#", say("任务", "task"), say("名称", "name"), say("实现", "realised by"), say("后续", "to come")):
        table.add_column(column, overflow="fold")
    for system in found:
        table.add_row(
            str(system.number),
            f"{system.plan} {', '.join(map(str, system.tasks))}",
            system.name,
            "\n".join(str(shown(rules, each)) for each in system.realised_by),
            str(system.later or ""),
        )
    console.print(table)
