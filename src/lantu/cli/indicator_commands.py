"""`lantu indicator`: what can be computed, how, and the figures."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from lantu.base import unit_title
from lantu.cli.show import (
    DEFAULT_PACK,
    JsonOption,
    PackOption,
    console,
    open_book,
    open_lake,
    open_pack,
    say,
    write_json,
)

app = typer.Typer(no_args_is_help=True, help=say("指标：清单、说明、计算", "indicators: list, show, compute"))

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help=say("指标名", "the indicator's name"))]


@app.command("list", help=say("所有指标", "all indicators"))
def list_(json: JsonOption = None) -> None:
    from lantu.indicators import all_indicators

    known = all_indicators()
    if json is not None:
        write_json([indicator.as_json() for indicator in known], json)
        if str(json) == "-":
            return
    table = Table()
    for column in (say("名称", "name"), say("标题", "title"), say("单位", "unit"), say("时期", "periods")):
        table.add_column(column)
    for indicator in known:
        table.add_row(
            indicator.name, str(indicator.title), str(unit_title(indicator.unit)), " ".join(indicator.periods)
        )
    console.print(table)


@app.command("show", help=say("一个指标的定义", "how an indicator is defined"))
def show(name: NameArgument, json: JsonOption = None) -> None:
    from lantu.indicators import get_indicator

    indicator = get_indicator(name)
    if json is not None:
        write_json(indicator.as_json(), json)
        if str(json) == "-":
            return
    for line in indicator.lines():
        console.print(line, markup=False, highlight=False)


@app.command("compute", help=say("计算", "compute"))
def compute(
    name: NameArgument,
    area: Annotated[
        str,
        typer.Option(
            "--area",
            help=say("代码、名称或层级 city districts stations", "code, name, or level: city, districts, stations"),
        ),
    ],
    period: Annotated[
        str,
        typer.Option(
            "--period", help=say("2021、2021-Q3、2021-08、2021-08-01…", "2021, 2021-Q3, 2021-08, 2021-08-01 ...")
        ),
    ],
    leave_out: Annotated[
        bool,
        typer.Option(
            "--leave-out-excluded",
            help=say("扣除已同意的剔除事项（如沙尘）", "without what exclusions with concurrence take out (sand dust)"),
        ),
    ] = False,
    json: JsonOption = None,
    pack: PackOption = DEFAULT_PACK,
) -> None:
    from lantu.base import Period
    from lantu.indicators import compute as compute_values
    from lantu.indicators import exclusions_in_effect, get_indicator

    rules = open_pack(pack)
    book = open_book(rules)
    span = Period.parse(period, rules.seasons)
    datasets = get_indicator(name).family.datasets
    excluded = exclusions_in_effect(book, datasets, span) if leave_out else ()
    values = compute_values(open_lake(), rules.sites, rules.areas, name, area, span, book=book, left_out=excluded)
    if json is not None:
        write_json([value.as_json() for value in values], json)
        if str(json) == "-":
            return
    table = Table(title=f"{name} {period}", title_justify="left")
    for column in (
        say("区域", "area"),
        say("数值", "value"),
        say("单位", "unit"),
        say("有效个数", "n"),
        say("有效率", "coverage"),
        say("有效", "valid"),
        say("说明", "note"),
    ):
        table.add_column(column, justify="right" if column in (say("数值", "value"), say("有效个数", "n")) else "left")
    for value in values:
        table.add_row(
            str(value.area_name),
            "—" if value.rounded is None else str(value.rounded),
            str(unit_title(value.unit)),
            str(value.n),
            "—" if value.coverage is None else f"{value.coverage:.1%}",
            say("是", "yes") if value.valid else say("否", "no"),
            str(value.reason or ""),
        )
    console.print(table)
