"""`lantu case` and `lantu report`: raise cases from data, list them, who is late; which monthly reports are there."""

from __future__ import annotations

import getpass
from collections import Counter
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from lantu.base import LantuError, Text
from lantu.cli.assess_commands import as_day
from lantu.cli.show import (
    DEFAULT_PACK,
    JsonOption,
    PackOption,
    console,
    errors,
    open_book,
    open_lake,
    open_pack,
    open_workspace,
    say,
    write_json,
)

cases = typer.Typer(
    no_args_is_help=True, help=say("问题：立案、清单、逾期", "cases: raise them from data, list them, who is late")
)
reports = typer.Typer(no_args_is_help=True, help=say("填报：完整率和及时率", "monthly reports: complete and in time"))

DayOption = Annotated[str | None, typer.Option("--day", metavar="DATE", help=say("哪一天，默认今天", "the day; today"))]
UnitFilter = Annotated[str | None, typer.Option("--unit", help=say("只看一个单位", "only this unit"))]
AreaFilter = Annotated[str | None, typer.Option("--area", help=say("只看一个区域及其下级", "only within this area"))]


def _codes(pack: Any, area: str | None) -> list[str] | None:
    """The codes of an area and of all that lies in it."""
    if area is None:
        return None
    found = [pack.areas.get(area) if area in pack.areas else pack.areas.find(area)]
    for each in found:
        found += pack.areas.children(each.code)
    return [each.code for each in found]


def _name(pack: Any, code: str) -> str:
    return str(pack.areas.get(code).title) if code in pack.areas else code


@cases.command("raise", help=say("按规则从数据中找问题并立案", "find cases by the rules and enter them"))
def raise_(
    unit: Annotated[str, typer.Option("--unit", help=say("以哪个单位名义立案", "the unit that raises them"))],
    day: DayOption = None,
    rule: Annotated[list[str] | None, typer.Option("--rule", help=say("只用这些规则", "only these rules"))] = None,
    days: Annotated[
        int, typer.Option("--days", min=1, max=31, help=say("连同前几天共查几天", "so many days up to it"))
    ] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=say("只找不立", "find only, enter nothing"))] = False,
    by: Annotated[str | None, typer.Option("--by", help=say("经办人", "the person who does it"))] = None,
    pack: PackOption = DEFAULT_PACK,
    json: JsonOption = None,
) -> None:
    from lantu.ledgers import Actor
    from lantu.office.cases import raise_cases
    from lantu.office.cases.looking import look_over, rules_of

    declared_rules = open_pack(pack)
    book = open_book(declared_rules)
    on = as_day(day) if day is not None else book.today
    rules = rules_of(declared_rules)
    found = look_over(declared_rules, open_lake(), book, open_workspace(), on, days, rule)
    report = None if dry_run else raise_cases(book, found.candidates, Actor(by or getpass.getuser(), unit))
    if json is not None:
        write_json(
            {
                "day": on.isoformat(),
                "candidates": [each.as_json() for each in found.candidates],
                "unknown": {name: [{"zh": t.zh, "en": t.en} for t in why] for name, why in found.unknown.items()},
                "report": None if report is None else report.as_json(),
            },
            json,
        )
        if str(json) == "-":
            return
    hits = Counter(each.rule.rule for each in found.candidates)
    table = Table(title=say(f"{on} 的命中", f"hits of {on}"), title_justify="left")
    for column in (say("规则", "rule"), say("名称", "title"), say("命中", "hits"), say("不能判断", "cannot be told")):
        table.add_column(column, overflow="fold")
    for name, declared in rules.items():
        if not rule or name in rule:
            why = "；".join(str(text) for text in found.unknown.get(name, ()))
            table.add_row(name, str(declared.title), str(hits[name]), escape(why))
    console.print(table)
    if report is not None:
        console.print(str(report.summary), highlight=False)


@cases.command("list", help=say("问题清单", "list cases"))
def list_(
    state: Annotated[list[str] | None, typer.Option("--state", help=say("状态", "state"))] = None,
    case_class: Annotated[str | None, typer.Option("--class", help=say("类别代码", "code of the class"))] = None,
    area: AreaFilter = None,
    unit: UnitFilter = None,
    words: Annotated[str | None, typer.Option("--words", help=say("含这些字", "with these words"))] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help=say("最多几条", "at most"))] = 50,
    pack: PackOption = DEFAULT_PACK,
    json: JsonOption = None,
) -> None:
    from lantu.office.cases import CaseFilter, count_cases, list_cases

    rules = open_pack(pack)
    book = open_book(rules)
    ledger = book.ledger("cases")
    unknown = [each for each in state or () if each not in ledger.states]
    if unknown:
        known = ", ".join(ledger.states)
        raise LantuError(
            Text(f"没有状态“{unknown[0]}”", f"there is no state '{unknown[0]}'"),
            mend=Text(f"状态有：{known}", f"there are: {known}"),
        )
    wanted = CaseFilter(state or None, case_class, _codes(rules, area), unit, words=words)
    rows = list_cases(book, wanted, limit)
    counts = count_cases(book, wanted)
    if json is not None:
        write_json({"counts": counts, "cases": [row.as_json() for row in rows]}, json)
        if str(json) == "-":
            return
    total = sum(counts.values())
    shown = "  ".join(f"{ledger.states[name].title} {count}" for name, count in counts.items() if count)
    table = Table(title=say(f"{total} 件：{shown}", f"{total} cases: {shown}"), title_justify="left")
    columns = ("编号 number", "类别 class", "区域 area", "承办 unit", "状态 state", "期限 due", "对象 subject")
    for column in columns:
        zh, en = column.split()
        table.add_column(say(zh, en), overflow="fold")
    field = ledger.field("case_class")
    assert field is not None
    for row in rows:
        code = row.data.get("case_class", "")
        table.add_row(
            row.number,
            str(field.codes.get(code, code)),
            _name(rules, row.area),
            "" if row.holder is None else str(rules.units.title(row.holder)),
            str(ledger.states[row.state].title),
            row.data.get("due_on", ""),
            escape(str(row.data.get("subject", ""))),
        )
    console.print(table)


@cases.command("late", help=say("谁逾期：按单位和区域", "who is late, by unit and area"))
def late(
    day: DayOption = None,
    area: AreaFilter = None,
    unit: UnitFilter = None,
    pack: PackOption = DEFAULT_PACK,
    json: JsonOption = None,
) -> None:
    from lantu.office.cases import lateness, read_handling

    rules = open_pack(pack)
    on = as_day(day)
    escalation = read_handling(rules).escalation
    rows = lateness(open_book(rules), on, rules.working_days, escalation, unit, _codes(rules, area))
    if json is not None:
        write_json({"day": on.isoformat(), "rows": [row.as_json() for row in rows]}, json)
        if str(json) == "-":
            return
    open_ones, late_ones = sum(row.open for row in rows), sum(row.late for row in rows)
    title = say(f"{on}：未办结 {open_ones} 件，逾期 {late_ones} 件", f"{on}: {open_ones} open, {late_ones} late")
    table = Table(title=title, title_justify="left")
    table.add_column(say("承办单位", "unit"), overflow="fold")
    table.add_column(say("区域", "area"), overflow="fold")
    for column in (say("未办结", "open"), say("逾期", "late"), *(str(level.title) for level in escalation.levels)):
        table.add_column(column, justify="right")
    table.add_column(say("最长（工作日）", "longest (working days)"), justify="right")
    for row in rows:
        nobody = say("未定", "nobody yet")
        table.add_row(
            nobody if row.unit is None else str(rules.units.title(row.unit)),
            _name(rules, row.area),
            str(row.open),
            str(row.late),
            *(str(row.levels[level.name]) for level in escalation.levels),
            f"{row.worst_days}" + (say("（推算）", " (reckoned)") if row.stale else ""),
        )
    console.print(table)
    if any(row.stale for row in rows):
        errors.print(
            say("日历没有相应年份的放假安排，按周推算", "no notice on holidays for some days: reckoned by the week")
        )


@reports.command("table", help=say("各单位各月的完整率和及时率", "complete and in time, by unit and month"))
def table_(
    day: DayOption = None,
    month: Annotated[list[str] | None, typer.Option("--month", help=say("月份，如 2021-06", "such as 2021-06"))] = None,
    unit: UnitFilter = None,
    pack: PackOption = DEFAULT_PACK,
    json: JsonOption = None,
) -> None:
    from lantu.office.reports import report_table

    rules = open_pack(pack)
    on = as_day(day)
    rows = report_table(open_book(rules), rules, on, month or None, unit)
    if json is not None:
        write_json({"day": on.isoformat(), "rows": [row.as_json() for row in rows]}, json)
        if str(json) == "-":
            return
    table = Table(title=say(f"{on} 填报情况", f"reports on {on}"), title_justify="left")
    columns = ("单位 unit", "月份 month", "应报 expected", "按时 in_time", "迟报 late", "未报 missing")
    for column in (*columns, "待报 pending", "退回 returned", "审核 approved", "完整率 complete"):
        zh, en = column.split()
        table.add_column(say(zh, en.replace("_", " ")), overflow="fold")
    for row in rows:
        whole = "" if row.completeness is None else f"{row.completeness} %"
        counts = (row.expected, row.in_time, row.late, row.missing, row.pending, row.returned, row.approved)
        table.add_row(str(rules.units.title(row.unit)), row.month, *(str(count) for count in counts), whole)
    console.print(table)
