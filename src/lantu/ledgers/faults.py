"""What may be wrong with an entry or a change, said so that it can be mended."""

from __future__ import annotations

import datetime as dt
import errno
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lantu.base import LantuError, Place, Text

if TYPE_CHECKING:
    from lantu.ledgers.schema import Ledger
    from lantu.ledgers.store import Change


@dataclass(frozen=True, slots=True)
class EntryFault:
    """What is wrong with one value of an entry that was given."""

    field: str
    what: Text
    mend: Text | None = None

    def as_error(self, where: str | Path, line: int | None = None) -> LantuError:
        return LantuError(self.what, where=Place(where, line, self.field), mend=self.mend)


def no_entry(ledger: Ledger, field: str, key: str) -> EntryFault:
    """A reference that names nothing."""
    declared = ledger.field(field)
    assert declared is not None
    return EntryFault(
        field,
        Text(f"台账 {declared.ledger} 没有“{key}”", f"the ledger {declared.ledger} has no '{key}'"),
        Text("先录入被引用的条目", "enter the entry that it refers to first"),
    )


def not_initial(ledger: Ledger, state: str) -> EntryFault:
    """A state in which no entry of the ledger begins."""
    titles = [ledger.states[name].title for name in ledger.initial_states]
    return EntryFault(
        "state",
        Text(f"不能以状态“{state}”录入", f"an entry cannot begin in the state '{state}'"),
        Text(
            f"可用：{'、'.join(t.zh for t in titles)}；其后状态须逐步办理",
            f"it may begin as: {', '.join(t.en for t in titles)}; later states are reached step by step",
        ),
    )


def locked(ledger: Ledger, state: str) -> EntryFault:
    """An entry whose values stand."""
    title = ledger.states[state].title
    steps = [step.title for step in ledger.transitions if state in step.from_]
    return EntryFault(
        "state",
        Text(f"“{title.zh}”的条目不能直接改", f"an entry that is {title.en} is not amended"),
        Text(
            f"先办：{'、'.join(t.zh for t in steps) or '无'}",
            f"first: {', '.join(t.en for t in steps) or 'nothing can'}",
        ),
    )


def in_future(when: dt.date, today: dt.date) -> EntryFault:
    """A day that has not come yet."""
    return EntryFault(
        "day",
        Text(f"{when} 在今天（{today}）之后", f"{when} lies after today ({today})"),
        Text("填已到的日期", "use a day that has come"),
    )


def not_kept(path: Path, error: OSError) -> LantuError:
    """A file that could not be written where it is to be kept."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    why = Text("磁盘已满", "the disk is full") if full else Text(f"{error.strerror}", f"{error.strerror}")
    return LantuError(
        Text(f"文件没有存下：{why.zh}", f"the file could not be kept: {why.en}"),
        where=Place(path.name),
        mend=Text("请管理员检查磁盘空间与权限，再交一次", "have disk space and rights looked at, and hand it in again"),
    )


def check_version(old: Change, version: int | None) -> None:
    """Refuse a change of an entry that somebody else has changed since it was read."""
    if version is not None and version != old.version:
        raise LantuError(
            Text(
                f"条目已由 {old.person} 改为第 {old.version} 版，你读的是第 {version} 版",
                f"{old.person} has changed the entry to version {old.version}; you read version {version}",
            ),
            where=Place(f"{old.ledger}/{old.key}", None, "version"),
            mend=Text("重新读取再改", "read it again, then change it"),
        )
