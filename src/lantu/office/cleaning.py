"""Cleaning (清理): what was made on the way is removed after a while; and how much room what takes.

Evidence, data, entries, history, journal and kept assessments are never touched. What is removed can be made again
(exports, small pictures), was set aside by whoever handed it in, or was left behind by a process that died.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lantu.base import Text

if TYPE_CHECKING:
    from lantu.ledgers.database import Database

DAY = 24 * 3600
LEFT_BEHIND_DAYS = 2
"""Uploads that are still being received are younger."""


@dataclass(frozen=True)
class Retention:
    """For how many days what is kept; the settings of the site (`LANTU_KEEP_…`)."""

    exports: int
    sheets: int
    pictures: int


@dataclass
class Cleaned:
    """How many files were removed of what, and how many bytes that gave back."""

    exports: int = 0
    sheets: int = 0
    pictures: int = 0
    left_behind: int = 0
    bytes: int = 0

    @property
    def files(self) -> int:
        return self.exports + self.sheets + self.pictures + self.left_behind

    @property
    def summary(self) -> Text:
        size = shown_bytes(self.bytes)
        return Text(
            f"清理 {self.files} 个文件，腾出 {size}：导出 {self.exports}，放弃的回表 {self.sheets}，"
            f"小图 {self.pictures}，中断的残留 {self.left_behind}",
            f"{self.files} files removed, {size} given back: {self.exports} exports, {self.sheets} sheets set aside, "
            f"{self.pictures} small pictures, {self.left_behind} left behind",
        )

    def as_json(self) -> dict[str, int]:
        return asdict(self)


def clean(workspace: Path, keep: Retention, now: float | None = None) -> Cleaned:
    """Remove what is older than it is kept; a sheet that somebody took, or has still to decide on, stays.

    Args:
        workspace: its folder.
        keep: for how long what is kept.
        now: seconds since 1970; the present if not given.
    """
    at = time.time() if now is None else now
    done = Cleaned()
    for path in _older(workspace / "exports", "*", at - keep.exports * DAY):
        done.exports += _remove(path, done)
    for path in _older(workspace / "evidence-small", "*/*", at - keep.pictures * DAY):
        done.pictures += _remove(path, done)
    for path in _sheets_set_aside(workspace / "sheets", at - keep.sheets * DAY):
        done.sheets += _remove(path, done)
    before = at - LEFT_BEHIND_DAYS * DAY
    for name, pattern in (("incoming", "*/*/*"), ("uploads", "*.new"), ("sheets", "*.new"), ("assessments", "*.new")):
        for path in _older(workspace / name, pattern, before):
            done.left_behind += _remove(path, done)
    for folder in _folders(workspace / "incoming"):
        if folder.stat().st_mtime < before:
            shutil.rmtree(folder, ignore_errors=True)
    return done


def _sheets_set_aside(folder: Path, before: float) -> list[Path]:
    """Files of sheets that were set aside or could not be read, long enough ago, and of no other sheet."""
    import datetime as dt

    from lantu.office.sheets.models import SheetReturn, SheetRow

    since = dt.datetime.fromtimestamp(before, dt.UTC)
    aside = SheetReturn.objects.filter(state__in=("dropped", "failed"))
    needed = set(SheetReturn.objects.exclude(pk__in=aside.filter(created__lt=since)).values_list("sha256", flat=True))
    SheetRow.objects.filter(sheet__in=aside.filter(created__lt=since)).delete()
    digests = set(aside.filter(created__lt=since).values_list("sha256", flat=True)) - needed
    return [path for path in (folder / f"{digest}.xlsx" for digest in sorted(digests)) if path.is_file()]


def _older(folder: Path, pattern: str, before: float) -> Iterator[Path]:
    for path in folder.glob(pattern):
        if path.is_file() and not path.is_symlink() and path.stat().st_mtime < before:
            yield path


def _folders(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*") if path.is_dir() and not path.is_symlink()]


def _remove(path: Path, done: Cleaned) -> int:
    size = path.stat().st_size
    path.unlink(missing_ok=True)
    done.bytes += size
    return 1


_DATABASE = Text("台账、历史、日志、账号", "entries, history, journal, accounts")
_PARTS = (
    ("lantu.sqlite*", _DATABASE),
    ("evidence", Text("佐证文件", "evidence")),
    ("lake", Text("数据", "data")),
    ("lake/_cache", Text("其中可重新生成的", "of which can be made again")),
    ("assessments", Text("保存的评定", "kept assessments")),
    ("uploads", Text("上传的数据文件", "uploaded files of data")),
    ("sheets", Text("回表", "returned sheets")),
    ("exports", Text("导出文件", "exports")),
    ("evidence-small", Text("佐证小图", "small pictures of evidence")),
    ("_cache", Text("台账缓存", "ledgers kept for speed")),
)


def space(workspace: Path, database: Database) -> list[tuple[Text, int]]:
    """How many bytes what takes in a workspace and its database; what is not there is left out."""
    found = []
    if database.kind == "postgresql":
        found.append((_DATABASE, int(database.read("select pg_database_size(current_database())")[0][0])))
    for pattern, title in _PARTS:
        size = sum(_size(path) for path in workspace.glob(pattern))
        if size:
            found.append((title, size))
    return found


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())


def shown_bytes(size: int) -> str:
    """A size as people read it."""
    for unit, factor in (("GB", 1024**3), ("MB", 1024**2), ("KB", 1024)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} B"
