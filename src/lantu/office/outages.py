"""Outages (故障): the disk is full, the database is busy or cannot be reached. What a person is told, and what to do.

An outage is nobody's mistake and no fault of the program: it is told apart by what the system, SQLite, PostgreSQL or a
library for files says, anywhere in the chain of causes.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from lantu.base import LantuError, Place, Text

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL_WORDS = (
    "no space left on device",
    "disk is full",
    "disk quota exceeded",
    "file too large",
    "disk i/o error",
    "no usable temporary directory",
)
_BUSY_WORDS = ("database is locked", "database table is locked", "database schema is locked")


@dataclass(frozen=True)
class Outage:
    """What is out of order: the status of an HTTP answer, words for people, and when it is worth trying again.

    `passes` is whether it goes by without anybody making room: then long work is tried again by itself.
    """

    name: str
    status: int
    what: Text
    mend: Text
    seconds: int
    passes: bool


FULL = Outage(
    "full",
    507,
    Text("磁盘已满，或不能再写", "the disk is full, or takes nothing more"),
    Text(
        "没有保存任何内容，填写的内容请保留；请管理员腾出空间后重新提交",
        "nothing was stored; keep what you wrote, have the administrator make room, and send it again",
    ),
    60,
    False,
)
BUSY = Outage(
    "busy",
    503,
    Text("数据库正忙：别的写入还没有结束", "the database is busy: somebody else is still writing"),
    Text("没有保存任何内容，稍后重新提交", "nothing was stored; send it again in a moment"),
    10,
    True,
)
GONE = Outage(
    "gone",
    503,
    Text("连不上数据库", "the database cannot be reached"),
    Text(
        "没有保存任何内容，稍后重试；仍不行请联系管理员",
        "nothing was stored; try again later, and tell the administrator if it stays",
    ),
    30,
    True,
)
TITLE = Text("暂时不能办理，未作任何更改", "This cannot be done right now; nothing was changed")


def outage_of(error: BaseException | None) -> Outage | None:
    """The outage that an error comes from; None if it comes from something else."""
    for each in _causes(error):
        found = _named(each)
        if found is not None:
            return found
    return None


def told(error: Exception, otherwise: LantuError, place: Place | None = None) -> LantuError:
    """A failure as an error for people: the outage it comes from, or what else is said of it."""
    outage = outage_of(error)
    return LantuError(outage.what, where=place, mend=outage.mend) if outage is not None else otherwise


def status_of(error: Exception) -> int:
    """The status of an answer that refuses something: that of an outage, or 422 for what the sender can mend."""
    outage = outage_of(error)
    return outage.status if outage is not None else 422


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it came from, the innermost last."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _named(error: BaseException) -> Outage | None:
    words = str(error).lower()
    if isinstance(error, OSError) and error.errno in _FULL:
        return FULL
    # deltalake, DuckDB and Arrow hand the system's words on in errors of their own, without its number
    if any(part in words for part in _FULL_WORDS) or type(error).__name__ == "DiskFull":
        return FULL
    if isinstance(error, sqlite3.OperationalError) and any(part in words for part in _BUSY_WORDS):
        return BUSY
    return _of_postgresql(error) if type(error).__module__.partition(".")[0] == "psycopg" else None


def _of_postgresql(error: BaseException) -> Outage | None:
    """What PostgreSQL says by its code; a connection that broke, or never came about, has none.

    Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
    """
    import psycopg

    state = getattr(error, "sqlstate", None)
    if state in ("55P03", "40P01", "40001"):  # waited too long for a lock, deadlock, serialization
        return BUSY
    if isinstance(error, psycopg.InterfaceError):
        return GONE
    lost = state is None or state[:2] in ("08", "57", "53")
    return GONE if isinstance(error, psycopg.OperationalError) and lost else None
