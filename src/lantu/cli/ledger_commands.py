"""`lantu ledger`: the declared ledgers, their entries in and out, single steps and their history."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from lantu.base import LantuError, Text, unit_title
from lantu.cli.assess_commands import as_day
from lantu.cli.show import (
    DEFAULT_PACK,
    JsonOption,
    PackOption,
    console,
    errors,
    open_book,
    open_pack,
    progress,
    say,
    writable,
    write_json,
)

app = typer.Typer(
    no_args_is_help=True,
    help=say("台账：清单、录入、办理、导入导出", "ledgers: list, enter, advance, import and export"),
)

LedgerArgument = Annotated[str, typer.Argument(metavar="LEDGER", help=say("台账名", "the ledger's name"))]
KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help=say("条目编号", "the entry's key"))]
ByOption = Annotated[str | None, typer.Option("--by", help=say("经办人", "the person who does it"))]
UnitOption = Annotated[str, typer.Option("--unit", help=say("经办单位", "the unit for which it is done"))]
DayOption = Annotated[str | None, typer.Option("--day", metavar="DATE", help=say("自何日起，默认今天", "since when"))]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help=say("字段=值", "a field and its value"))
]
SHOWN_FAULTS = 20


def _pairs(given: list[str] | None, what: Text) -> list[tuple[str, str]]:
    found = []
    for each in given or []:
        name, sign, value = each.partition("=")
        if not sign:
            raise LantuError(
                Text(f"“{each}”不是“{what.zh}=值”", f"'{each}' is not '{what.en}=value'"),
                mend=Text(f"写成 {what.zh}=值", f"write {what.en}=value"),
            )
        found.append((name.strip(), value))
    return found


@app.command("list", help=say("所有台账和条目数", "all ledgers and how many entries they have"))
def list_(pack: PackOption = DEFAULT_PACK, json: JsonOption = None) -> None:
    rules = open_pack(pack)
    try:
        counts = open_book(rules).store.counts()
    except LantuError:
        counts = {}
    if json is not None:
        rows = [
            {
                "ledger": ledger.ledger,
                "title": {"zh": ledger.title.zh, "en": ledger.title.en},
                "entries": counts.get(ledger.ledger, 0),
                "systems": ledger.systems,
            }
            for ledger in rules.ledgers.values()
        ]
        write_json(rows, json)
        if str(json) == "-":
            return
    table = Table(title=say(f"{len(rules.ledgers)} 个台账", f"{len(rules.ledgers)} ledgers"), title_justify="left")
    for column in (say("名称", "name"), say("标题", "title"), say("条目", "entries"), say("状态", "states")):
        table.add_column(column, justify="right" if column == say("条目", "entries") else "left", overflow="fold")
    for ledger in rules.ledgers.values():
        states = " → ".join(str(state.title) for state in ledger.states.values())
        table.add_row(ledger.ledger, str(ledger.title), str(counts.get(ledger.ledger, 0)), states)
    console.print(table)


@app.command("show", help=say("一个台账的字段、状态、口径", "fields, states and selections of a ledger"))
def show(name: LedgerArgument, pack: PackOption = DEFAULT_PACK, json: JsonOption = None) -> None:
    from lantu.ledgers import LedgerBook
    from lantu.ledgers.judging import RULES

    rules = open_pack(pack)
    ledger = LedgerBook(rules.ledgers, rules.areas, rules.units, Path()).ledger(name)
    if json is not None:
        write_json(ledger.model_dump(mode="json", by_alias=True), json)
        if str(json) == "-":
            return
    console.print(f"[bold]{escape(str(ledger.title))}[/]  {ledger.ledger}", highlight=False)
    console.print(escape(str(ledger.purpose)), highlight=False)
    table = Table(padding=(0, 1))
    for column in (say("字段", "field"), say("标题", "title"), say("类型", "type"), say("必填", "required")):
        table.add_column(column, overflow="fold")
    for field in ledger.fields:
        kind = field.type + (f" {unit_title(field.unit)}" if field.unit else "")
        if field.codes:
            kind += ": " + " ".join(str(title) for title in field.codes.values())
        if field.ledger:
            kind += f" → {field.ledger}"
        if field.judged_by:
            reference = RULES[field.judged_by.rule].reference
            kind += say(f"；按 {reference} 判定", f"; judged by {reference}")
        table.add_row(field.name, str(field.title), escape(kind), "✓" if field.required else "")
    console.print(table)
    for step in ledger.transitions:
        begin = "/".join(str(ledger.states[state].title) for state in step.from_)
        needs = [str(ledger.evidence[kind]) for kind in step.evidence]
        if ledger.closing is not None and ledger.closing.state == step.to:
            needs += [str(ledger.evidence[kind]) for kind in ledger.closing.evidence]
        text = f"  {step.name}: {begin} → {ledger.states[step.to].title if step.to else say('不变', 'stays')}"
        console.print(escape(text + (f"  [{', '.join(needs)}]" if needs else "")), highlight=False)
    for selection, declared in ledger.selections.items():
        console.print(escape(f"  {selection}: {declared.title}"), highlight=False, style="dim")


@app.command("import", help=say("导入 Excel 或 CSV", "take an Excel or CSV file in"))
def import_(
    name: LedgerArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=say("文件", "the file"))],
    unit: UnitOption,
    by: ByOption = None,
    day: DayOption = None,
    pack: PackOption = DEFAULT_PACK,
    json: JsonOption = None,
) -> None:
    from lantu.ledgers import Actor, import_sheet

    book = open_book(open_pack(pack), create=True)
    with progress(say("导入", "import")) as step:
        report = import_sheet(
            book, name, file, Actor(by or getpass.getuser(), unit), as_day(day) if day else None, progress=step
        )
    if json is not None:
        write_json(report.as_json(), json)
    if str(json) != "-":
        console.print(
            say(
                f"{report.rows} 行：新增 {report.entered}，更改 {report.amended}，未变 {report.unchanged}，"
                f"有误 {report.bad_rows} 行未导入",
                f"{report.rows} rows: {report.entered} entered, {report.amended} amended, "
                f"{report.unchanged} unchanged, {report.bad_rows} bad rows left out",
            ),
            highlight=False,
        )
        for fault in report.faults[:SHOWN_FAULTS]:
            errors.print(f"  {fault}", markup=False, highlight=False, soft_wrap=True)
        if len(report.faults) > SHOWN_FAULTS:
            more = len(report.faults) - SHOWN_FAULTS
            errors.print(say(f"  另有 {more} 处，见 --json", f"  {more} more, see --json"), highlight=False)
    if report.bad_rows:
        raise typer.Exit(1)


@app.command("export", help=say("导出 Excel，可改后再导入", "write an Excel file that can come back changed"))
def export(
    name: LedgerArgument,
    out: Annotated[Path, typer.Argument(metavar="OUT", help=say("输出文件", "the file to write"))],
    area: Annotated[str | None, typer.Option("--area", help=say("只导出一个区域", "only this area"))] = None,
    pack: PackOption = DEFAULT_PACK,
) -> None:
    from lantu.ledgers import export_sheet

    book = open_book(open_pack(pack))
    with writable(out):
        count = export_sheet(book, name, out, area)
    console.print(say(f"{out}：{count} 条", f"{out}: {count} entries"), highlight=False)


@app.command("enter", help=say("录入一条", "enter one entry"))
def enter(
    name: LedgerArgument,
    unit: UnitOption,
    area: Annotated[str, typer.Option("--area", help=say("所在区域", "the area in which it lies"))],
    values: SetOption = None,
    by: ByOption = None,
    day: DayOption = None,
    pack: PackOption = DEFAULT_PACK,
) -> None:
    from lantu.ledgers import Actor

    book = open_book(open_pack(pack), create=True)
    given = dict(_pairs(values, Text("字段", "field")))
    change = book.enter(name, given, area, Actor(by or getpass.getuser(), unit), as_day(day) if day else None)
    console.print(say(f"已录入 {change.key}", f"entered {change.key}"), highlight=False)


@app.command("amend", help=say("更改一条的字段", "change values of an entry"))
def amend(
    name: LedgerArgument,
    key: KeyArgument,
    unit: UnitOption,
    values: SetOption = None,
    by: ByOption = None,
    day: DayOption = None,
    pack: PackOption = DEFAULT_PACK,
) -> None:
    from lantu.ledgers import Actor

    book = open_book(open_pack(pack))
    given = dict(_pairs(values, Text("字段", "field")))
    change = book.amend(name, key, given, Actor(by or getpass.getuser(), unit), as_day(day) if day else None)
    console.print(say(f"{key} 已是第 {change.version} 版", f"{key} is version {change.version} now"), highlight=False)


@app.command("advance", help=say("办理一步", "take an entry one step further"))
def advance(
    name: LedgerArgument,
    key: KeyArgument,
    step: Annotated[str, typer.Argument(metavar="STEP", help=say("办理步骤", "the transition"))],
    unit: UnitOption,
    values: SetOption = None,
    evidence: Annotated[
        list[str] | None, typer.Option("--evidence", metavar="KIND=FILE", help=say("佐证类别=文件", "kind and file"))
    ] = None,
    note: Annotated[str | None, typer.Option("--note", help=say("理由", "the reason"))] = None,
    holder: Annotated[str | None, typer.Option("--holder", help=say("承办单位", "the unit that is to hold it"))] = None,
    area: Annotated[str | None, typer.Option("--area", help=say("派发到的区域", "the area that it goes to"))] = None,
    by: ByOption = None,
    day: DayOption = None,
    pack: PackOption = DEFAULT_PACK,
) -> None:
    from lantu.ledgers import Actor

    book = open_book(open_pack(pack))
    change = book.advance(
        name,
        key,
        step,
        Actor(by or getpass.getuser(), unit),
        as_day(day) if day else None,
        dict(_pairs(values, Text("字段", "field"))),
        [(kind, Path(path)) for kind, path in _pairs(evidence, Text("佐证类别", "kind"))],
        note,
        holder=holder,
        area=area,
    )
    state = book.ledger(name).states[change.state].title
    console.print(say(f"{key}：{state.zh}", f"{key}: {state.en}"), highlight=False)


@app.command("history", help=say("一条的全部变动", "all changes of an entry"))
def history(name: LedgerArgument, key: KeyArgument, pack: PackOption = DEFAULT_PACK, json: JsonOption = None) -> None:
    book = open_book(open_pack(pack))
    ledger = book.ledger(name)
    book.entry(name, key)
    changes = book.store.history(ledger.ledger, key)
    if json is not None:
        rows = [
            {
                "version": change.version,
                "day": change.day.isoformat(),
                "recorded": change.recorded,
                "person": change.person,
                "unit": change.unit,
                "action": change.action,
                "state": change.state,
                "area": change.area,
                "data": change.data,
                "evidence": [each.as_json() for each in change.evidence],
                "note": change.note,
                "simulated": change.simulated,
            }
            for change in changes
        ]
        write_json(rows, json)
        if str(json) == "-":
            return
    table = Table(title=f"{ledger.title}  {key}", title_justify="left")
    columns = (
        say("版本", "version"),
        say("自何日", "since"),
        say("办理", "step"),
        say("状态", "state"),
        say("经办", "by"),
        say("佐证", "evidence"),
        say("理由", "note"),
    )
    for column in columns:
        table.add_column(column, overflow="fold")
    for change in changes:
        table.add_row(
            str(change.version),
            change.day.isoformat(),
            change.action,
            str(ledger.states[change.state].title),
            escape(f"{change.person}, {change.unit}"),
            escape(", ".join(f"{each.kind}: {each.file}" for each in change.evidence)),
            escape(change.note or ""),
        )
    console.print(table)
