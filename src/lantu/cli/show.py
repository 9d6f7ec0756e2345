"""What all commands share: saying things in the chosen language, tables, progress, JSON, errors."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from lantu.base import LantuError, Place, Text

if TYPE_CHECKING:
    from lantu.lake import Lake, Workspace
    from lantu.ledgers import LedgerBook
    from lantu.plan.packs import Pack

DEFAULT_PACK = "beijing/2021"


def say(zh: str, en: str) -> str:
    """One saying in the language of this run."""
    return str(Text(zh, en))


console = Console()
errors = Console(stderr=True)

JsonOption = Annotated[
    Path | None,
    typer.Option(
        "--json", metavar="OUT", help=say("写 JSON 到文件（- 为屏幕）", "write JSON to a file (- for the screen)")
    ),
]
PackOption = Annotated[
    str, typer.Option("--pack", metavar="PACK", help=say("规则包：名称或文件夹", "pack: its name or its folder"))
]


def write_json(data: Any, out: Path) -> None:
    """Write `data` to the file `out`, or to the screen for `-`."""
    text = json.dumps(data, ensure_ascii=False, indent=1, default=str)
    if str(out) == "-":
        sys.stdout.write(text + "\n")
    else:
        write_text(out, text + "\n")
        console.print(say(f"已写入 {out}", f"written to {out}"), highlight=False)


def write_text(out: Path, text: str) -> None:
    """Write a file, saying plainly where that cannot be done."""
    with writable(out):
        out.write_text(text, encoding="utf-8")


@contextmanager
def writable(out: Path) -> Iterator[None]:
    """Turn a failure to write `out` into an error that names the file."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise LantuError(
            Text(f"写不了文件：{error.strerror}", f"cannot write the file: {error.strerror}"), where=Place(out)
        ) from error


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int, str], None]]:
    """A bar on the error stream, so that the output stays clean; silent where nobody watches."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task(title, total=None)

        def step(done: int, total: int, label: str) -> None:
            bar.update(task, completed=done, total=total, description=f"{title} {label}"[:60])

        yield step


def open_workspace(create: bool = False) -> Workspace:
    """The workspace that `LANTU_WORKSPACE` names.

    Raises:
        LantuError: there is none and `create` is not set.
    """
    from lantu.lake import Workspace

    return Workspace.open(create=create)


def open_lake(create: bool = False) -> Lake:
    """The lake of the workspace."""
    from lantu.lake import Lake

    return Lake(open_workspace(create).lake)


def open_pack(name: str) -> Pack:
    from lantu.plan.packs import load_pack

    return load_pack(name)


def open_book(pack: Pack, create: bool = False) -> LedgerBook:
    """The ledgers of a pack with the entries of the workspace."""
    from lantu.ledgers import LedgerBook

    workspace = open_workspace(create)
    return LedgerBook(pack.ledgers, pack.areas, pack.units, workspace.path, workspace.fixed_today)


def report_error(error: LantuError) -> None:
    errors.print(f"[bold red]{say('错误', 'error')}[/]", end=" ")
    errors.print(str(error), markup=False, highlight=False, soft_wrap=True)
