"""The journal (操作日志): one append-only chain of every decision. Each line carries the hash of the line before it.

A line about changes of entries carries their digest too, so that a change that was altered afterwards no longer fits.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from lantu.base import Text
from lantu.ledgers.tables import COLUMNS

if TYPE_CHECKING:
    from lantu.ledgers.database import Cursor, Database
    from lantu.ledgers.guards import Actor

_LOCK = 5202
_FIRST = "0" * 64
_LINE = ("id", "time", "person", "unit", "action", "subject", "detail", "previous", "hash")


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One decision: when, who, for which unit, what was done to what, and the chain."""

    id: int
    time: str
    person: str
    unit: str
    action: str
    subject: str
    detail: dict[str, Any]
    previous: str
    hash: str


def _hash(parts: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps(list(parts), ensure_ascii=False).encode()).hexdigest()


def digest_of(rows: Iterable[Sequence[Any]]) -> str:
    """The digest of changes as they are kept, in the order in which they were written."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(list(row), ensure_ascii=False).encode())
        digest.update(b"\n")
    return digest.hexdigest()


class Journal:
    """The journal of one workspace."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def lock(self, cursor: Cursor) -> None:
        """From here to the end of the transaction nobody else writes a line, so that the chain has no fork."""
        if self.database.kind == "postgresql":
            cursor.execute(f"select pg_advisory_xact_lock({_LOCK})")

    def append(
        self, cursor: Cursor, actor: Actor, action: str, subject: str, detail: dict[str, Any] | None = None
    ) -> int:
        """Add a line within a transaction that has been locked.

        Returns:
            The line's number.
        """
        cursor.execute("select id, hash from journal order by id desc limit 1")
        found = cursor.fetchall()
        number, previous = (found[0][0] + 1, found[0][1]) if found else (1, _FIRST)
        time = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
        written = json.dumps(detail or {}, ensure_ascii=False, sort_keys=True, default=str)
        parts = (number, time, actor.person, actor.unit, action, subject, written, previous)
        cursor.execute(
            f"insert into journal ({', '.join(_LINE)}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*parts, _hash(parts))
        )
        return number

    def write(self, actor: Actor, action: str, subject: str, detail: dict[str, Any] | None = None) -> int:
        """Add a line in a transaction of its own."""
        with self.database.writing() as cursor:
            self.lock(cursor)
            return self.append(cursor, actor, action, subject, detail)

    def lines(self, limit: int = 100, before: int | None = None) -> list[JournalLine]:
        """The latest lines, newest first."""
        if not self.database.exists():
            return []
        where, values = ("where id < ?", [before]) if before is not None else ("", [])
        rows = self.database.read(
            f"select {', '.join(_LINE)} from journal {where} order by id desc limit {int(limit)}", values
        )
        return [JournalLine(**{**dict(zip(_LINE, row, strict=True)), "detail": json.loads(row[6])}) for row in rows]

    def verify(self) -> tuple[int, list[Text]]:
        """How many lines there are, and every place where the chain or a digest does not hold."""
        if not self.database.exists():
            return 0, []
        faults: list[Text] = []
        previous, expected = _FIRST, 1
        digests: dict[int, str] = {}
        lines = self.database.read(f"select {', '.join(_LINE)} from journal order by id")
        for row in lines:
            number = row[0]
            if number != expected or row[7] != previous or _hash(row[:8]) != row[8]:
                faults.append(
                    Text(
                        f"日志第 {number} 行与前一行不相接",
                        f"line {number} of the journal does not follow the one before",
                    )
                )
            previous, expected = row[8], number + 1
            digest = json.loads(row[6]).get("digest")
            if digest is not None:
                digests[number] = digest
        rows = self.database.read(f"select line, {', '.join(COLUMNS)} from change order by line, id")
        for number, group in groupby(rows, key=lambda row: row[0]):
            if digests.pop(number, None) != digest_of(row[1:] for row in group):
                faults.append(
                    Text(
                        f"日志第 {number} 行记下的台账变动与库中不符",
                        f"the changes that line {number} of the journal recorded are not those that are kept",
                    )
                )
        faults += [
            Text(f"日志第 {number} 行记下的台账变动不在库中", f"the changes of line {number} of the journal are gone")
            for number in digests
        ]
        return len(lines), faults
