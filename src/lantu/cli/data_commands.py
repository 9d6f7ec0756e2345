"""`lantu data`: bring data into the lake, see what is there and what was set aside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from lantu.cli.show import (
    DEFAULT_PACK,
    JsonOption,
    PackOption,
    console,
    errors,
    open_book,
    open_lake,
    open_pack,
    progress,
    say,
    write_json,
)

app = typer.Typer(no_args_is_help=True, help=say("数据：导入、状态、质量", "data: import, status, quality"))

DatasetArgument = Annotated[
    str, typer.Argument(metavar="DATASET", help=say("数据集，如 air_hourly", "e.g. air_hourly"))
]


@app.command("import", help=say("导入文件到数据集", "import files into a dataset"))
def import_(
    dataset: DatasetArgument,
    files: Annotated[list[Path], typer.Argument(help=say("文件、压缩包或文件夹", "files, archives or folders"))],
    mapping: Annotated[Path | None, typer.Option(help=say("列对照（YAML）", "a mapping of columns (YAML)"))] = None,
    json: JsonOption = None,
) -> None:
    lake = open_lake(create=True)
    with progress(say("导入", "importing")) as step:
        report = lake.import_files(dataset, files, mapping=mapping, progress=step)
    if json is not None:
        write_json(report.as_json(), json)
        if str(json) == "-":
            return
    for line in report.lines():
        console.print(str(line), highlight=False, soft_wrap=True)


@app.command("status", help=say("各数据集的行数、时段、版本", "rows, span and version of each dataset"))
def status(json: JsonOption = None) -> None:
    rows = open_lake().status()
    if json is not None:
        write_json([row.as_json() for row in rows], json)
        if str(json) == "-":
            return
    if not rows:
        console.print(say("还没有数据", "there are no data yet"))
        return
    labels = (
        say("版本", "version"),
        say("行数", "rows"),
        say("站点", "stations"),
        say("自", "from"),
        say("至", "to"),
        say("性质", "nature"),
        say("来源", "sources"),
    )
    for row in rows:
        name, *cells = row.cells()
        console.print(f"[bold]{name}[/]")
        for label, cell in zip(labels, cells, strict=True):
            console.print(f"  {label}: {cell}", highlight=False, markup=False, soft_wrap=True)


@app.command("quality", help=say("被隔离的数据及原因", "what was set aside, and why"))
def quality(json: JsonOption = None) -> None:
    rows = open_lake().quality()
    if json is not None:
        write_json([row.as_json() for row in rows], json)
        if str(json) == "-":
            return
    if not rows:
        console.print(say("没有被隔离的数据", "nothing was set aside"))
        return
    table = Table()
    for column in (
        say("数据集", "dataset"),
        say("原因", "reason"),
        say("处数", "count"),
        say("例", "example"),
    ):
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row.cells())
    console.print(table)


@app.command("stuck", help=say("数值长时间不变的时段", "spans in which a value does not change for long"))
def stuck(dataset: DatasetArgument, json: JsonOption = None) -> None:
    runs = open_lake().stuck(dataset)
    if json is not None:
        keys = ("station", "column", "from", "to", "rows", "value")
        write_json([dict(zip(keys, run, strict=True)) for run in runs], json)
        if str(json) == "-":
            return
    if not runs:
        console.print(say("没有长时间不变的数值", "no value stays the same for long"))
        return
    table = Table()
    for title in (say("站点", "station"), say("列", "column"), say("自", "from"), say("至", "to")):
        table.add_column(title, overflow="fold")
    table.add_column(say("行数", "rows"), justify="right")
    table.add_column(say("数值", "value"), justify="right")
    for station, column, first, last, count, value in runs:
        table.add_row(station, column, f"{first:%Y-%m-%d %H:%M}", f"{last:%Y-%m-%d %H:%M}", str(count), f"{value:g}")
    console.print(table)


@app.command(
    "contradictions", help=say("自报与检查或监测不符的工地", "sites whose declaration a check or readings contradict")
)
def contradictions(
    period: Annotated[str, typer.Option("--period", help=say("时段，如 2021-10", "period, e.g. 2021-10"))],
    pack: PackOption = DEFAULT_PACK,
    json: JsonOption = None,
) -> None:
    from lantu.base import Period
    from lantu.indicators.points.site_claims import contradicted_sites

    rules = open_pack(pack)
    found = contradicted_sites(open_lake(), rules.sites, rules.areas, open_book(rules), Period.parse(period))
    if json is not None:
        write_json([each.as_json() for each in found], json)
        if str(json) == "-":
            return
    if not found:
        console.print(say("没有发现自报与实际不符的工地", "no declaration is contradicted"))
        return
    table = Table()
    for title in (say("工地", "site"), say("区域", "area"), say("月份", "month"), say("依据", "evidence")):
        table.add_column(title, overflow="fold")
    for each in found:
        table.add_row(each.site, str(rules.areas.get(each.area).short_title), each.month, str(each.evidence))
    console.print(table)


@app.command("clear", help=say("清空数据集（旧版本保留）", "empty a dataset (older versions stay)"))
def clear(
    dataset: DatasetArgument,
    yes: Annotated[bool, typer.Option("--yes", help=say("不再询问", "do not ask"))] = False,
) -> None:
    lake = open_lake()
    if not yes:
        typer.confirm(say(f"清空 {dataset}？", f"empty {dataset}?"), abort=True)
    lake.clear(dataset)
    errors.print(say(f"{dataset} 已清空", f"{dataset} is empty now"))
