"""Where entries are kept (台账库): one SQLite file in the workspace. Every change is a row that is never altered.

A change carries the whole entry as it stands after it, the day from which it is so, the moment at which it was
recorded, and by whom; what an entry was on any day can be read again.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lantu.base import LantuError, Place, Text

FILE_NAME = "ledgers.sqlite"

_SCHEMA = """
create table if not exists change (
    id integer primary key,
    ledger text not null,
    key text not null,
    version integer not null,
    day text not null,
    recorded text not null,
    person text not null,
    unit text not null,
    action text not null,
    state text not null,
    area text not null,
    holder text,
    place text,
    data text not null,
    evidence text,
    note text,
    source text,
    simulated integer not null,
    unique (ledger, key, version)
);
create index if not exists change_number on change (ledger, id);
create index if not exists change_area on change (ledger, area);
"""
_COLUMNS = (
    "ledger",
    "key",
    "version",
    "day",
    "recorded",
    "person",
    "unit",
    "action",
    "state",
    "area",
    "holder",
    "place",
    "data",
    "evidence",
    "note",
    "source",
    "simulated",
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A piece of evidence (佐证材料) handed in with a step: its kind, the file's name and digest."""

    kind: str
    file: str
    sha256: str

    def as_json(self) -> dict[str, str]:
        return {"kind": self.kind, "file": self.file, "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one entry, with the whole entry as it stands after it. `data` holds values as JSON keeps them."""

    ledger: str
    key: str
    version: int
    day: dt.date
    recorded: str
    person: str
    unit: str
    action: str
    state: str
    area: str
    holder: str | None
    place: str | None
    data: dict[str, Any]
    evidence: tuple[Evidence, ...] = ()
    note: str | None = None
    source: str | None = None
    simulated: bool = False

    def row(self) -> tuple[Any, ...]:
        return (
            self.ledger,
            self.key,
            self.version,
            self.day.isoformat(),
            self.recorded,
            self.person,
            self.unit,
            self.action,
            self.state,
            self.area,
            self.holder,
            self.place,
            json.dumps(self.data, ensure_ascii=False, separators=(",", ":")),
            json.dumps([each.as_json() for each in self.evidence], ensure_ascii=False) if self.evidence else None,
            self.note,
            self.source,
            int(self.simulated),
        )


def _change(row: Sequence[Any]) -> Change:
    values = dict(zip(_COLUMNS, row, strict=True))
    values["day"] = dt.date.fromisoformat(values["day"])
    values["data"] = json.loads(values["data"])
    values["evidence"] = tuple(Evidence(**each) for each in json.loads(values["evidence"] or "[]"))
    values["simulated"] = bool(values["simulated"])
    return Change(**values)


class LedgerStore:
    """The changes of all ledgers of one workspace.

    Args:
        path: the SQLite file; it is made at the first write.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writes = 0
        """How often this object has written; what others wrote is seen when it is read again."""

    @contextmanager
    def _connected(self, write: bool = False) -> Iterator[sqlite3.Connection]:
        try:
            if write:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=20, isolation_level=None)
            try:
                if write:
                    connection.execute("pragma journal_mode = wal")
                    connection.executescript(_SCHEMA)
                yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise LantuError(
                Text(f"台账库出错：{error}", f"the store of ledgers failed: {error}"),
                where=Place(self.path),
                mend=Text("检查磁盘空间与权限，或从备份恢复", "check disk space and rights, or restore from a backup"),
            ) from error

    def _read(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        if not self.path.exists():
            return []
        with self._connected() as connection:
            return connection.execute(query, values).fetchall()

    def add(self, changes: Iterable[Change]) -> None:
        """Keep changes, all or none.

        Raises:
            LantuError: another change of the same entry came first, or the file cannot be written.
        """
        marks = ", ".join("?" * len(_COLUMNS))
        with self._connected(write=True) as connection:
            connection.execute("begin immediate")
            try:
                connection.executemany(
                    f"insert into change ({', '.join(_COLUMNS)}) values ({marks})", (each.row() for each in changes)
                )
                connection.execute("commit")
                self.writes += 1
            except sqlite3.IntegrityError as error:
                connection.execute("rollback")
                raise LantuError(
                    Text("同一条目已被他人更改", "somebody else has changed the same entry"),
                    mend=Text("重新读取该条目再改", "read the entry again, then change it"),
                ) from error
            except BaseException:
                connection.execute("rollback")
                raise

    def version(self, ledger: str) -> int | None:
        """The number of the ledger's latest change; None where it has no entry."""
        found = self._read("select max(id) from change where ledger = ?", [ledger])
        return found[0][0] if found else None

    def versions(self) -> dict[str, int]:
        """The latest change of every ledger that has entries."""
        # From one ledger to the next in the index; to group by them would look at every change.
        return dict(
            self._read(
                "with recursive each(ledger) as (select min(ledger) from change union all "
                "select (select min(ledger) from change where ledger > each.ledger) from each "
                "where each.ledger is not null) "
                "select ledger, (select id from change where change.ledger = each.ledger order by id desc limit 1) "
                "from each where ledger is not null"
            )
        )

    def identity(self) -> str:
        """What tells this store from any other: its first change."""
        found = self._read("select recorded, key, ledger from change where id = 1")
        return "|".join(found[0]) if found else ""

    def counts(self) -> dict[str, int]:
        """How many entries each ledger has."""
        return dict(self._read("select ledger, count(distinct key) from change group by ledger"))

    def changes(self) -> dict[str, int]:
        """How many changes each ledger has."""
        return dict(self._read("select ledger, count(*) from change group by ledger"))

    def latest(self, ledger: str, keys: Sequence[str] | None = None) -> dict[str, Change]:
        """The entries as they stand, by key."""
        columns = ", ".join(_COLUMNS)
        if keys is not None and len(keys) <= 500:
            marks = ", ".join("?" * len(keys))
            query = f"select {columns}, max(version) from change where ledger = ? and key in ({marks}) group by key"
            rows = self._read(query, [ledger, *keys])
        else:
            rows = self._read(f"select {columns}, max(version) from change where ledger = ? group by key", [ledger])
        found = {row[1]: _change(row[:-1]) for row in rows}
        return found if keys is None else {key: found[key] for key in keys if key in found}

    def keys(self, ledger: str) -> set[str]:
        return {row[0] for row in self._read("select distinct key from change where ledger = ?", [ledger])}

    def history(self, ledger: str, key: str) -> list[Change]:
        """All changes of one entry, oldest first."""
        query = f"select {', '.join(_COLUMNS)} from change where ledger = ? and key = ? order by version"
        return [_change(row) for row in self._read(query, [ledger, key])]

    def rows(
        self,
        ledger: str,
        within: Collection[str] | None = None,
        naming: tuple[str, Collection[str]] | None = None,
    ) -> list[tuple[str, str, str, str, str | None, str, int]]:
        """(key, day, state, area, holder, data, simulated) of every change, in the order of keys and versions.

        Args:
            ledger: its name.
            within: only entries that ever lay in one of these areas.
            naming: only entries whose field ever had one of these values.
        """
        wanted, values = "ledger = ?", [ledger]
        if within is not None:
            wanted += (
                " and key in (select key from change where ledger = ? and area in (select value from json_each(?)))"
            )
            values += [ledger, json.dumps(list(within))]
        if naming is not None:
            wanted += (
                " and key in (select key from change where ledger = ? "
                "and json_extract(data, ?) in (select value from json_each(?)))"
            )
            values += [ledger, f"$.{naming[0]}", json.dumps(list(naming[1]))]
        return self._read(
            f"select key, day, state, area, holder, data, simulated from change where {wanted} order by key, version",
            values,
        )
