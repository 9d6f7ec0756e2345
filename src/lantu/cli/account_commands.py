"""`lantu account`: open, list and end accounts of the office, and give a new password."""

from __future__ import annotations

import secrets
from typing import Annotated

import typer
from rich.table import Table

from lantu.base import LantuError, Text
from lantu.cli.show import DEFAULT_PACK, JsonOption, PackOption, console, open_workspace, say, write_json

app = typer.Typer(
    no_args_is_help=True, help=say("账号：开通、列出、停用、重置密码", "accounts: open, list, end, reset")
)

NameArgument = Annotated[str, typer.Argument(metavar="USERNAME", help=say("用户名", "the user name"))]


def site_ready(pack: str) -> None:
    """Make the tables of the workspace's office, so that accounts can be read and written."""
    import os

    open_workspace(create=True)
    os.environ["LANTU_PACK"] = pack
    from lantu.site.starting import make_tables

    make_tables()


@app.command("open", help=say("开通账号，显示一次性初始密码", "open an account; its first password is shown once"))
def open_(
    username: NameArgument,
    role: Annotated[
        str, typer.Option(help=say("角色", "coordinator, department, district, street, enterprise, auditor"))
    ],
    unit: Annotated[str, typer.Option(help=say("单位", "the public body, or the enterprise's name"))],
    area: Annotated[str, typer.Option(help=say("区域", "the area: code or name"))] = "city",
    person: Annotated[str, typer.Option(help=say("姓名", "the person's name"))] = "",
    administrator: Annotated[bool, typer.Option(help=say("可管理账号", "may administer accounts"))] = False,
    pack: PackOption = DEFAULT_PACK,
) -> None:
    site_ready(pack)
    from lantu.office.accounts.opening import open_account

    password = secrets.token_urlsafe(9)
    open_account(username, role, unit, area, person, administrator, password)
    console.print(
        say(
            f"已开通 {username}，初始密码 {password}（首次登录须更改）",
            f"opened {username}; first password {password} (to be changed at the first sign-in)",
        ),
        highlight=False,
    )


@app.command("list", help=say("所有账号", "all accounts"))
def list_(pack: PackOption = DEFAULT_PACK, json: JsonOption = None) -> None:
    site_ready(pack)
    from lantu.office.accounts.models import Account

    accounts = list(Account.objects.order_by("username"))
    if json is not None:
        write_json(
            [
                {"username": a.username, "role": a.role, "unit": a.unit, "area": a.area, "active": a.is_active}
                for a in accounts
            ],
            json,
        )
        if str(json) == "-":
            return
    table = Table()
    for column in (
        say("用户名", "user"),
        say("角色", "role"),
        say("单位", "unit"),
        say("区域", "area"),
        say("可用", "active"),
    ):
        table.add_column(column, overflow="fold")
    for a in accounts:
        table.add_row(a.username, str(a.title), a.unit, a.area, "✓" if a.is_active else "✗")
    console.print(table)


@app.command("password", help=say("重置密码", "give a new password, shown once"))
def password(username: NameArgument, pack: PackOption = DEFAULT_PACK) -> None:
    site_ready(pack)
    from lantu.office.accounts.opening import reset_password

    console.print(say("新密码 ", "new password ") + reset_password(username), highlight=False)


@app.command("end", help=say("停用账号", "end an account; its name stays in the journal"))
def end(username: NameArgument, pack: PackOption = DEFAULT_PACK) -> None:
    site_ready(pack)
    from lantu.office.accounts.models import Account

    if not Account.objects.filter(username=username).update(is_active=False):
        raise LantuError(Text(f"没有账号“{username}”", f"there is no account '{username}'"))
    console.print(say(f"{username} 已停用", f"{username} was ended"), highlight=False)
