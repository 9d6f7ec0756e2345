"""The command line (命令行): every command of `lantu`, in Chinese or English by `LANTU_LANG`.

A command loads the floors that it needs when it runs, so that each starts quickly. A user's mistake ends in one
message with place and mend, and an exit code that is not 0.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from lantu import __version__
from lantu.base import LantuError
from lantu.cli import (
    account_commands,
    assess_commands,
    data_commands,
    gateway_commands,
    indicator_commands,
    ledger_commands,
    office_commands,
    plan_commands,
    start_commands,
)
from lantu.cli.show import report_error, say

app = typer.Typer(
    name="lantu",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=say("蓝图：把污染防治行动计划变成可核查的承诺", "Lantu: a pollution-control plan as checked commitments"),
)
app.add_typer(plan_commands.app, name="plan")
app.add_typer(data_commands.app, name="data")
app.add_typer(indicator_commands.app, name="indicator")
app.add_typer(ledger_commands.app, name="ledger")
app.add_typer(office_commands.cases, name="case")
app.add_typer(office_commands.reports, name="report")
app.add_typer(gateway_commands.app, name="gateway")
app.add_typer(assess_commands.targets, name="target")
app.add_typer(account_commands.app, name="account")
assess_commands.add_to(app)
start_commands.add_to(app)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"lantu {__version__}\n")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help=say("版本", "show the version"))
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; the exit code is 0 only on success."""
    code: str | int | None = 0
    try:
        app()
    except LantuError as error:
        report_error(error)
        code = 1
    except SystemExit as done:
        code = done.code
    if not isinstance(code, int | None):
        sys.exit(code)
    # Everything is written by now; to take hundreds of thousands of entries apart would only keep the user waiting.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)
