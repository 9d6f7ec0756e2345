"""Where entries are kept (台账库): changes that are never altered, and beside them each entry as it stands.

A change carries the whole entry as it stands after it, the day from which it is so, the moment at which it was
recorded, and by whom; what an entry was on any day can be read again.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Text
from lantu.ledgers.database import TakenError
from lantu.ledgers.guards import Actor
from lantu.ledgers.journal import Journal, digest_of
from lantu.ledgers.tables import COLUMNS, PICTURE

if TYPE_CHECKING:
    from lantu.ledgers.database import Database

_ENTRY = ("ledger", "key", "version", "day", "recorded", "state", "area", "holder", "place", "data", "simulated")
_IN_ENTRY = [COLUMNS.index(name) for name in _ENTRY]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A piece of evidence (佐证材料) handed in with a step: its kind, the file's name and digest.

    Of a picture also its perceptual hash (16 hexadecimal digits), and what its file says of when (`taken`, local time
    of the camera) and where it was taken, in degrees (WGS 84).
    """

    kind: str
    file: str
    sha256: str
    phash: str | None = None
    taken: str | None = None
    longitude: float | None = None
    latitude: float | None = None

    def as_json(self) -> dict[str, Any]:
        facts = {"phash": self.phash, "taken": self.taken, "longitude": self.longitude, "latitude": self.latitude}
        known = {name: value for name, value in facts.items() if value is not None}
        return {"kind": self.kind, "file": self.file, "sha256": self.sha256, **known}


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
    values = dict(zip(COLUMNS, row, strict=True))
    values["day"] = dt.date.fromisoformat(values["day"])
    values["data"] = json.loads(values["data"])
    values["evidence"] = tuple(Evidence(**each) for each in json.loads(values["evidence"] or "[]"))
    values["simulated"] = bool(values["simulated"])
    return Change(**values)


class LedgerStore:
    """The changes and entries of all ledgers of one workspace, in its database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.journal = Journal(database)
        self.writes = 0
        """How often this object has written; what others wrote is seen when it is read again."""

    def _read(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        return self.database.read(query, values) if self.database.exists() else []

    def add(self, changes: Iterable[Change]) -> None:
        """Keep changes with their line in the journal, all or none.

        Raises:
            LantuError: another change of the same entry came first, or the database cannot be written.
        """
        kept = list(changes)
        if not kept:
            return
        rows = [change.row() for change in kept]
        marks = ", ".join("?" * len(COLUMNS))
        fresh = {(row[0], row[1]): [row[index] for index in _IN_ENTRY] for row in rows}
        try:
            with self.database.writing() as cursor:
                self.journal.lock(cursor)
                line = self.journal.append(cursor, *_journal_line(kept, digest_of(rows)))
                cursor.executemany(
                    f"insert into change ({', '.join(COLUMNS)}, line) values ({marks}, ?)",
                    [(*row, line) for row in rows],
                )
                cursor.executemany(
                    f"insert into entry ({', '.join(_ENTRY)}) values ({', '.join('?' * len(_ENTRY))}) "
                    "on conflict (ledger, key) do update set "
                    + ", ".join(f"{name} = excluded.{name}" for name in _ENTRY[2:]),
                    list(fresh.values()),
                )
                pictures = [row for change in kept for row in _pictures(change)]
                if pictures:
                    cursor.executemany(
                        f"insert into picture ({', '.join(PICTURE)}) values ({', '.join('?' * len(PICTURE))})", pictures
                    )
        except TakenError as error:
            raise LantuError(
                Text("同一条目已被他人更改", "somebody else has changed the same entry"),
                mend=Text("重新读取该条目再改", "read the entry again, then change it"),
            ) from error
        self.writes += 1

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

    def mark(self, ledger: str) -> tuple[int, str] | None:
        """The number of the ledger's latest change and the hash of its journal line; None where it has no entry."""
        found = self._read(
            "select c.id, j.hash from change c join journal j on j.id = c.line where c.ledger = ? "
            "order by c.id desc limit 1",
            [ledger],
        )
        return tuple(found[0]) if found else None

    def hash_of(self, ledger: str, number: int) -> str | None:
        """The hash of the journal line that a change of a ledger belongs to; None where there is no such change."""
        found = self._read(
            "select j.hash from change c join journal j on j.id = c.line where c.id = ? and c.ledger = ?",
            [number, ledger],
        )
        return found[0][0] if found else None

    def identity(self) -> str:
        """What tells this store from any other: its first change."""
        found = self._read("select recorded, key, ledger from change where id = 1")
        return "|".join(found[0]) if found else ""

    def counts(self) -> dict[str, int]:
        """How many entries each ledger has."""
        return dict(self._read("select ledger, count(*) from entry group by ledger"))

    def changes(self) -> dict[str, int]:
        """How many changes each ledger has."""
        return dict(self._read("select ledger, count(*) from change group by ledger"))

    def latest(self, ledger: str, keys: Sequence[str] | None = None) -> dict[str, Change]:
        """The entries as they stand, by key."""
        wanted = ", ".join(f"c.{name}" for name in COLUMNS)
        query = (
            f"select {wanted} from entry e join change c on c.ledger = e.ledger and c.key = e.key "
            "and c.version = e.version where e.ledger = ?"
        )
        if keys is not None and len(keys) <= 500:
            rows = self._read(f"{query} and e.key in ({', '.join('?' * len(keys))})", [ledger, *keys]) if keys else []
        else:
            rows = self._read(query, [ledger])
        found = {row[1]: _change(row) for row in rows}
        return found if keys is None else {key: found[key] for key in keys if key in found}

    def keys(self, ledger: str) -> set[str]:
        return {row[0] for row in self._read("select key from entry where ledger = ?", [ledger])}

    def history(self, ledger: str, key: str) -> list[Change]:
        """All changes of one entry, oldest first."""
        query = f"select {', '.join(COLUMNS)} from change where ledger = ? and key = ? order by version"
        return [_change(row) for row in self._read(query, [ledger, key])]

    def versions_of(self, wanted: Sequence[tuple[str, str, int]]) -> dict[tuple[str, str, int], Change]:
        """Single changes by ledger, key and version; those that are not there are left out."""
        if not wanted:
            return {}
        marks = ", ".join(["(?, ?, ?)"] * len(wanted))
        rows = self._read(
            f"select {', '.join(COLUMNS)} from change where (ledger, key, version) in (values {marks})",
            [value for each in wanted for value in each],
        )
        found = [_change(row) for row in rows]
        return {(each.ledger, each.key, each.version): each for each in found}

    def rows(
        self,
        ledger: str,
        within: Collection[str] | None = None,
        naming: tuple[str, Collection[str]] | None = None,
        since: int | None = None,
        code: tuple[str, str] | None = None,
    ) -> list[tuple[str, str, str, str, str | None, str, int]]:
        """(key, day, state, area, holder, data, simulated) of every change, in the order of keys and versions.

        Args:
            ledger: its name.
            within: only entries that ever lay in one of these areas.
            naming: only entries whose field ever had one of these values.
            since: only entries that have changed after the change of this number.
            code: only entries whose code field ever had this value; quick where the database has an index of the field.
        """
        wanted = "ledger = ?"
        values: list[Any] = [ledger]
        if since is not None:
            wanted += " and key in (select key from change where ledger = ? and id > ?)"
            values += [ledger, since]
        if within is not None:
            wanted += f" and key in (select key from change where ledger = ? and area in ({self._listed()}))"
            values += [ledger, json.dumps(list(within))]
        if naming is not None:
            wanted += (
                f" and key in (select key from change where ledger = ? and {self._value('?')} in ({self._listed()}))"
            )
            field = f"$.{naming[0]}" if self.database.kind == "sqlite" else naming[0]
            values += [ledger, field, json.dumps(list(naming[1]))]
        if code is not None:
            wanted += f" and key in (select key from change where ledger = ? and {self.field_sql(code[0])} = ?)"
            values += [ledger, code[1]]
        return self._read(
            f"select key, day, state, area, holder, data, simulated from change where {wanted} order by key, version",
            values,
        )

    def _listed(self) -> str:
        """The values of a list that is handed over as one JSON text."""
        return (
            "select value from json_each(?)"
            if self.database.kind == "sqlite"
            else "select jsonb_array_elements_text(cast(? as jsonb))"
        )

    def _value(self, field: str) -> str:
        """A value of an entry's data."""
        return f"json_extract(data, {field})" if self.database.kind == "sqlite" else f"cast(data as jsonb) ->> {field}"

    def field_sql(self, name: str) -> str:
        """SQL for the value of a declared field in the tables `entry` and `change`, as text (a date as YYYY-MM-DD)."""
        if not name.replace("_", "").isalnum():
            raise ValueError(f"no name of a field: {name}")
        return (
            f"json_extract(data, '$.{name}')"
            if self.database.kind == "sqlite"
            else f"(cast(data as jsonb) ->> '{name}')"
        )

    def listed_sql(self) -> str:
        """SQL for the values of a list that is handed over as one JSON text: `in ({listed})`."""
        return self._listed()

    def select(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows of a query with `?` for values; none before anything was written."""
        return self._read(query, values)


def _pictures(change: Change) -> list[tuple[Any, ...]]:
    """The rows of a change's pictures, by which used ones are found again."""
    return [
        (change.ledger, change.key, change.version, change.day.isoformat(), piece.kind, piece.sha256, piece.phash)
        for piece in change.evidence
        if piece.phash is not None
    ]


def _journal_line(changes: Sequence[Change], digest: str) -> tuple[Actor, str, str, dict[str, Any]]:
    """Who did what: one change names its entry, several their ledgers and how many there are."""
    first = changes[0]
    actor = Actor(first.person, first.unit)
    if len(changes) == 1:
        detail = {"digest": digest, "version": first.version, "state": first.state, "day": first.day.isoformat()}
        return actor, first.action, f"{first.ledger}/{first.key}", detail
    ledgers = sorted({change.ledger for change in changes})
    return actor, "several", ", ".join(ledgers)[:200], {"digest": digest, "changes": len(changes)}
