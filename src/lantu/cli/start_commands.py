"""`lantu up`, `lantu demo`, `lantu doctor`: make a workspace and look after it."""

from __future__ import annotations

import datetime as dt
import shutil
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from lantu.base import LantuError, Text
from lantu.cli import assess_commands
from lantu.cli.account_commands import site_ready
from lantu.cli.show import (
    DEFAULT_PACK,
    JsonOption,
    PackOption,
    console,
    open_book,
    open_lake,
    open_pack,
    open_workspace,
    progress,
    say,
    write_json,
)

if TYPE_CHECKING:
    from pathlib import Path

    from lantu.assessment import Assessment
    from lantu.demo import SimulatedCity


class Size(StrEnum):
    """How large a simulated city is."""

    SMALL = "small"
    CITY = "city"


def add_to(app: typer.Typer) -> None:
    app.command("up", help=say("建工作区、装规则包、评定、出报告", "workspace, pack, verdict, report"))(up)
    app.command("demo", help=say("用模拟数据填充工作区", "fill the workspace with simulated data"))(demo)
    app.command("doctor", help=say("检查工作区、规则包和标准参数", "check workspace, pack and parameters"))(doctor)


def up(
    pack: PackOption = DEFAULT_PACK,
    as_of: assess_commands.AsOfOption = None,
    host: Annotated[str, typer.Option(help=say("监听地址", "the address to listen on"))] = "127.0.0.1",
    port: Annotated[int, typer.Option(help=say("端口", "the port"))] = 8021,
    serve: Annotated[bool, typer.Option(help=say("评定后启动网站", "serve the site after assessing"))] = True,
) -> None:
    """Make a workspace if there is none, fill an empty one with the small simulated city, assess, serve the site.

    Without `--as-of` the verdict is for the last day of the plan's year, or for today while that year runs.
    """
    rules = open_pack(pack)
    workspace = open_workspace(create=True)
    if not open_lake().status() and not open_book(rules).store.counts():
        console.print(
            say(
                "工作区没有数据，先填入模拟城市（全部注明“模拟”）",
                "the workspace has no data: filling it with the simulated city, marked as such",
            )
        )
        fill_with_simulated_city(pack, Size.SMALL)
    day = assess_commands.as_day(as_of) if as_of else min(dt.date(rules.year, 12, 31), dt.date.today())
    result = assess_commands.judge(rules, day)
    assess_commands.show_scoreboard(rules, result)
    report = workspace.path / "report.html"
    assess_commands.write_outputs(rules, result, None, None, report)
    site_ready(pack)
    keep(result)
    if serve:
        from lantu.office.accounts.simulated import FILE_NAME
        from lantu.site.starting import run

        accounts = workspace.path / FILE_NAME
        if accounts.exists():
            console.print(
                say(f"模拟账号和密码在 {accounts}", f"simulated accounts and their passwords: {accounts}"),
                highlight=False,
                soft_wrap=True,
            )
        console.print(
            say(f"网站：http://{host}:{port}/ （Ctrl+C 结束）", f"site: http://{host}:{port}/ (Ctrl+C ends it)")
        )
        raise typer.Exit(run(host, port))


def keep(result: Assessment) -> None:
    """Keep an assessment for the pages of the site, with the versions that it rests on."""
    from lantu.office.desk import desk

    desk().snapshots.keep(result, desk().versions())


def show_accounts() -> None:
    """Open the accounts of a simulated city and show them once."""
    from lantu.office.accounts.simulated import open_accounts, write_down
    from lantu.office.desk import desk

    opened = open_accounts(desk())
    file = write_down(opened, desk().workspace.path)
    if file is None:
        return
    table = Table(title=say(f"模拟账号（也在 {file}）", f"simulated accounts (also in {file})"), title_justify="left")
    for column in (say("用户名", "user"), say("密码", "password"), say("角色", "role"), say("单位", "unit")):
        table.add_column(column, overflow="fold")
    for each in opened:
        table.add_row(each.username, each.password, str(each.role.words), each.unit)
    console.print(table)


def demo(
    size: Annotated[Size, typer.Option(help=say("规模：small 数秒，city 为全市规模", "small or city"))] = Size.SMALL,
    pack: PackOption = DEFAULT_PACK,
) -> None:
    """Fill an empty workspace with a simulated city whose truth is known; measured data are never mixed with it."""
    open_workspace(create=True)
    made = fill_with_simulated_city(pack, size)
    for row in open_lake().status():
        console.print("  ".join(row.cells()), highlight=False)
    console.print(
        say(
            f"台账条目 {made.entries} 条，变动 {made.changes} 次；真值 {len(made.truth)} 条在 demo-truth.json",
            f"{made.entries} entries, {made.changes} changes; the truth of {len(made.truth)} verdicts: demo-truth.json",
        ),
        highlight=False,
    )
    rules = open_pack(pack)
    keep(assess_commands.judge(rules, dt.date(rules.year, 12, 31)))


def fill_with_simulated_city(pack: str, size: Size) -> SimulatedCity:
    from lantu.assessment import write_target
    from lantu.demo import simulate_city, write_truth

    rules = open_pack(pack)
    workspace = open_workspace()
    with progress(say("模拟城市", "simulated city")) as step:
        made = simulate_city(rules, open_lake(), open_book(rules), size.value, progress=step)
    for target in made.targets:
        write_target(
            workspace, rules, target.commitment, target.area, str(target.value), target.unit, "模拟指标值 simulated"
        )
    write_truth(made, workspace.path)
    workspace.stand_still(dt.date(rules.year, 12, 31))
    site_ready(pack)
    show_accounts()
    week_before = dt.date(rules.year, 12, 24)
    keep(assess_commands.judge(rules, week_before))
    return made


def doctor(pack: PackOption = DEFAULT_PACK, json: JsonOption = None) -> None:
    """Check what Lantu stands on; exit code 1 if anything is wrong."""
    from lantu import __version__
    from lantu.indicators import units_of_indicators
    from lantu.plan.packs import check_pack
    from lantu.standards import catalogue

    findings: list[tuple[bool, Text]] = [(True, Text(f"蓝图 {__version__}", f"lantu {__version__}"))]
    try:
        workspace = open_workspace()
        findings.append((True, Text(f"工作区 {workspace.path}", f"workspace {workspace.path}")))
        for row in open_lake().status():
            line = "  ".join(row.cells())
            findings.append((True, Text(line, line)))
        findings += journal_findings(pack)
        findings += [(True, line) for line in space_lines(workspace.path, pack)]
    except LantuError as error:
        findings.append((False, Text(str(error), str(error))))
    checked = check_pack(pack, units_of_indicators())
    findings.append((not checked.faults, checked.summary))
    today = dt.date.today()
    parameters = catalogue().parameters()
    stale = [p.name for p in parameters if p.is_stale(today)]
    unverified = [p.name for p in parameters if p.has_unverified()]
    findings.append(
        (
            True,
            Text(
                f"标准参数 {len(parameters)} 个；已过期 {len(stale)} 个；未核实 {len(unverified)} 个",
                f"{len(parameters)} parameters; {len(stale)} stale today; {len(unverified)} unverified",
            ),
        )
    )
    findings += _case_rules(pack)
    if json is not None:
        write_json([{"ok": ok, "zh": text.zh, "en": text.en} for ok, text in findings], json)
    if str(json) != "-":
        for ok, text in findings:
            console.print("[green]✓[/]" if ok else "[red]✗[/]", str(text), highlight=False, soft_wrap=True)
    if not all(ok for ok, _ in findings):
        raise typer.Exit(1)


def journal_findings(pack: str) -> list[tuple[bool, Text]]:
    """Whether the chain of the journal holds and the changes of entries are those that it recorded."""
    from lantu.plan.packs import load_pack

    lines, faults = open_book(load_pack(pack)).store.journal.verify()
    if not faults:
        whole = Text(
            f"操作日志 {lines} 行，环环相接，台账变动与之相符", f"journal: {lines} lines, whole; changes as recorded"
        )
        return [(True, whole)]
    shown = [(False, fault) for fault in faults[:FAULTS_SHOWN]]
    more = len(faults) - len(shown)
    if more:
        shown.append((False, Text(f"另有 {more} 处", f"{more} more places")))
    return shown


def space_lines(workspace: Path, pack: str) -> list[Text]:
    """How much room what takes in a workspace, and how much is left on its disk."""
    from lantu.office.cleaning import shown_bytes, space
    from lantu.plan.packs import load_pack

    database = open_book(load_pack(pack)).store.database
    free = shown_bytes(shutil.disk_usage(workspace).free)
    parts = [(title, shown_bytes(size)) for title, size in space(workspace, database)]
    zh = "，".join(f"{title.zh} {size}" for title, size in parts)
    en = ", ".join(f"{title.en} {size}" for title, size in parts)
    return [Text(f"占用空间：{zh}；磁盘还剩 {free}", f"room taken: {en}; {free} left on the disk")]


FAULTS_SHOWN = 10


def _case_rules(pack: str) -> list[tuple[bool, Text]]:
    """Whether the rules that raise cases fit the pack."""
    from lantu.office.cases import read_case_rules

    try:
        rules = read_case_rules(open_pack(pack))
    except LantuError as error:
        return [(False, Text(str(error), str(error)))]
    return [(True, Text(f"立案规则 {len(rules)} 条", f"{len(rules)} rules that raise cases"))]
