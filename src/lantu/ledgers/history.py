"""All that a ledger ever held (台账历史), from which it can be read as of any day; kept as one text between runs.

A ledger is held in columns: of each entry its last version, and the versions before it as one text that is taken apart
only where somebody asks for an earlier day. What is kept stands in the workspace's cache and carries the hash of the
journal line of its last change: as long as the journal still has this line, all before it is the same, and only later
changes are read from the database. It can be deleted at any time.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from lantu.ledgers.entry import Entry
from lantu.ledgers.values import decoder

if TYPE_CHECKING:
    from lantu.ledgers.schema import Ledger
    from lantu.ledgers.store import LedgerStore

Row = tuple[str, str, str, str, "str | None", str, int]
"""A change: key, day, state, area, holder, data, simulated."""
_VERSION, _PART, _ITEM, _COLUMN = "\x1c", "\x1d", "\x1e", "\x1f"
_SEPARATORS = str.maketrans(dict.fromkeys((_VERSION, _PART, _ITEM, _COLUMN), " "))
_FORM = 1
"""Raised when what is kept changes its form."""
LEAST_KEPT = 500
"""A ledger with fewer changes is read from the database as quickly."""


class Columns:
    """The entries of a ledger by key: each column has one item for each entry. `earlier` is empty where it is alone."""

    __slots__ = ("areas", "data", "days", "earlier", "holders", "keys", "simulated", "states")

    def __init__(self, columns: Sequence[list[str]]) -> None:
        self.keys, self.days, self.states, self.areas, self.holders, self.simulated, self.data, self.earlier = columns

    def all(self) -> list[list[str]]:
        return [
            self.keys,
            self.days,
            self.states,
            self.areas,
            self.holders,
            self.simulated,
            self.data,
            self.earlier,
        ]

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Columns:
        """From changes in which those of an entry stand together, oldest first."""
        lines = [_line(list(group)) for _, group in groupby(rows, key=itemgetter(0))]
        lines.sort(key=itemgetter(0))
        return cls([list(column) for column in zip(*lines, strict=True)] if lines else [[] for _ in cls.__slots__])

    def with_later(self, later: Columns) -> Columns:
        """These entries, and those of `later` in the place of the same ones."""
        fresh = dict(zip(later.keys, zip(*later.all(), strict=True), strict=True))
        lines = [fresh.pop(line[0], line) for line in zip(*self.all(), strict=True)]
        lines += fresh.values()
        lines.sort(key=itemgetter(0))
        return Columns([list(column) for column in zip(*lines, strict=True)])


def _line(versions: Sequence[Row]) -> tuple[str, ...]:
    """One entry: its last version, and the ones before it as a text."""
    key, day, state, area, holder, data, simulated = versions[-1]
    earlier = _VERSION.join(
        _PART.join((each[1], each[2], each[3], _plain(each[4]), str(int(each[6])), "" if each[5] == data else each[5]))
        for each in versions[:-1]
    )
    return key, day, state, area, _plain(holder), str(int(simulated)), data, earlier


def _plain(holder: str | None) -> str:
    return "" if holder is None else holder.translate(_SEPARATORS)


class History:
    """All that a ledger ever held. Days are kept as they are written."""

    def __init__(
        self,
        store: LedgerStore,
        ledger: Ledger,
        within: Collection[str] | None = None,
        naming: tuple[str, Collection[str]] | None = None,
        kept_in: Path | None = None,
        code: tuple[str, str] | None = None,
    ) -> None:
        """Read the changes of a ledger: all, or only of entries `within` areas or `naming` others in a field.

        Args:
            store: holds the changes.
            ledger: its declaration.
            within: only entries that ever lay in one of these areas.
            naming: only entries whose field ever had one of these values.
            kept_in: a folder in which the whole ledger is kept for the next run.
            code: only entries whose code field ever had this value.
        """
        self.ledger = ledger
        last = store.mark(ledger.ledger)
        self.version = None if last is None else last[0]
        if last is None:
            self._columns = Columns.of(())
        elif code is not None:
            self._columns = Columns.of(store.rows(ledger.ledger, code=code))
        elif within is None and naming is None and kept_in is not None:
            self._columns = _read_whole(store, ledger.ledger, last, kept_in / f"{ledger.ledger}.txt")
        else:
            self._columns = Columns.of(store.rows(ledger.ledger, within, naming))
        self._decoders = [(each.name, decode) for each in ledger.fields if (decode := decoder(each)) is not None]
        self._codes = frozenset(each.name for each in ledger.fields if each.type == "code")
        self._days: dict[str, dt.date] = {}
        self._latest: list[Entry | None] = [None] * len(self._columns.keys)
        self._moved: dict[tuple[int, int], Entry] = {}
        self._numbers: dict[str, int] | None = None
        self._changed: list[int] | None = None
        self._facts: tuple[list[dt.date], list[Entry]] | None = None

    def __len__(self) -> int:
        """How many entries there ever were."""
        return len(self._columns.keys)

    @property
    def keys(self) -> list[str]:
        return self._columns.keys

    def day(self, written: str) -> dt.date:
        found = self._days.get(written)
        if found is None:
            found = self._days[written] = dt.date.fromisoformat(written)
        return found

    def at(self, day: dt.date) -> list[Entry]:
        """The entries as they stood at the end of a day, by key; one that has not changed is the same object always."""
        until = day.isoformat()
        latest = self._latest
        found = []
        for number, since in enumerate(self._columns.days):
            if since <= until:
                found.append(latest[number] or self._last(number))
            else:
                entry = self._before(number, until)
                if entry is not None:
                    found.append(entry)
        return found

    def _last(self, number: int) -> Entry:
        columns = self._columns
        earlier = columns.earlier[number]
        entry = self._latest[number] = Entry(
            columns.keys[number],
            columns.areas[number],
            columns.holders[number] or None,
            columns.states[number],
            self.day(columns.days[number]),
            earlier.count(_VERSION) + 2 if earlier else 1,
            columns.data[number],
            self._decoders,
            columns.simulated[number] == "1",
            self._codes,
        )
        return entry

    def _before(self, number: int, until: str) -> Entry | None:
        """An entry that has changed since, as it stood at the end of a day; None where it was not there yet."""
        columns = self._columns
        if not columns.earlier[number]:
            return None
        versions = columns.earlier[number].split(_VERSION)
        for index in range(len(versions) - 1, -1, -1):
            if versions[index][:10] <= until:
                break
        else:
            return None
        entry = self._moved.get((number, index))
        if entry is None:
            day, state, area, holder, simulated, data = versions[index].split(_PART)
            entry = self._moved[number, index] = Entry(
                columns.keys[number],
                area,
                holder or None,
                state,
                self.day(day),
                index + 1,
                data or columns.data[number],
                self._decoders,
                simulated == "1",
                self._codes,
            )
        return entry

    def _number(self, key: str) -> int | None:
        if self._numbers is None:
            self._numbers = {each: number for number, each in enumerate(self._columns.keys)}
        return self._numbers.get(key)

    def happened(self, entry: Entry) -> dt.date:
        """The day of an entry's fact: the ledger's own date field, else the day on which it was first entered."""
        if entry.happened is None:
            dated_by = self.ledger.dated_by
            day = entry.values.get(dated_by) if dated_by is not None else None
            if day is None:
                number = self._number(entry.key)
                assert number is not None
                earlier = self._columns.earlier[number]
                day = self.day(earlier[:10] if earlier else self._columns.days[number])
            entry.happened = day
        return entry.happened

    def facts(self, first: dt.date, last: dt.date, day: dt.date) -> list[Entry]:
        """Those entries, as they stood on `day`, whose fact lies between two days; in no order."""
        columns = self._columns
        if self._facts is None or self._changed is None:
            once = [
                self._latest[number] or self._last(number)
                for number, earlier in enumerate(columns.earlier)
                if not earlier
            ]
            dated = sorted(((self.happened(entry), number) for number, entry in enumerate(once)))
            self._facts = [each for each, _ in dated], [once[number] for _, number in dated]
            self._changed = [number for number, earlier in enumerate(columns.earlier) if earlier]
        days, entries = self._facts
        found = [entry for entry in entries[bisect_left(days, first) : bisect_right(days, last)] if entry.day <= day]
        until = day.isoformat()
        for number in self._changed:
            entry = (
                self._latest[number] or self._last(number)
                if columns.days[number] <= until
                else self._before(number, until)
            )
            if entry is not None and first <= self.happened(entry) <= last:
                found.append(entry)
        return found

    def states(self, key: str, day: dt.date) -> list[tuple[str, str]]:
        """The day (as it is written) and state of each version of an entry, up to a day."""
        number = self._number(key)
        if number is None:
            return []
        columns = self._columns
        until = day.isoformat()
        found: list[tuple[str, str]] = []
        if columns.earlier[number]:
            for version in columns.earlier[number].split(_VERSION):
                since, state, _ = version.split(_PART, 2)
                if since > until:
                    return found
                found.append((since, state))
        if columns.days[number] <= until:
            found.append((columns.days[number], columns.states[number]))
        return found

    def reached(self, entry: Entry, states: Collection[str]) -> dt.date | None:
        """Since when, without a break, an entry as it stood on some day has been in one of the states."""
        number = self._number(entry.key)
        if number is None or entry.state not in states:
            return None
        earlier = self._columns.earlier[number]
        since = entry.day
        if earlier:
            for version in reversed(earlier.split(_VERSION)[: entry.version - 1]):
                day, state, _ = version.split(_PART, 2)
                if state not in states:
                    break
                since = self.day(day)
        return since

    def timeline(self, key: str, day: dt.date) -> list[tuple[dt.date, str]]:
        """The states of an entry with the day on which each began, up to a day."""
        found: list[tuple[dt.date, str]] = []
        for since, state in self.states(key, day):
            if not found or found[-1][1] != state:
                found.append((self.day(since), state))
        return found


def _read_whole(store: LedgerStore, name: str, last: tuple[int, str], path: Path) -> Columns:
    """A ledger from what was kept and the changes since; what is kept follows where it has fallen behind.

    `last` is the ledger's latest change and the hash of its journal line. A change that came after it was looked up
    may be read too; the next run reads it again.
    """
    kept = _read_kept(path)
    if kept is not None and kept[:2] == last:
        return kept[2]
    if kept is not None and store.hash_of(name, kept[0]) == kept[1]:
        later = Columns.of(store.rows(name, since=kept[0]))
        columns = kept[2].with_later(later)
        if 20 * len(later.keys) > len(columns.keys):
            _keep(path, columns, *last)
        return columns
    columns = Columns.of(store.rows(name))
    if last[0] >= LEAST_KEPT and len(columns.keys) * 2 >= LEAST_KEPT:
        _keep(path, columns, *last)
    return columns


def _read_kept(path: Path) -> tuple[int, str, Columns] | None:
    """The last change, the hash of its journal line, the columns; None where nothing whole is kept."""
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        form, change, line, count, check = json.loads(head)
        if form != _FORM or zlib.crc32(body) != check:
            return None
        columns = [column.split(_ITEM) for column in body.decode().split(_COLUMN)]
        if len(columns) != len(Columns.__slots__) or any(len(column) != count for column in columns):
            return None
        return change, line, Columns(columns)
    except (OSError, ValueError, TypeError):
        return None


def _keep(path: Path, columns: Columns, change: int, line: str) -> None:
    """Keep a ledger; a workspace that cannot be written only loses speed."""
    body = _COLUMN.join(_ITEM.join(column) for column in columns.all()).encode()
    count = len(columns.keys)
    if body.count(_COLUMN.encode()) != 7 or body.count(_ITEM.encode()) != 8 * (count - 1):
        return  # a key holds a separator
    fresh = path.with_suffix(f".{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(json.dumps([_FORM, change, line, count, zlib.crc32(body)]).encode() + b"\n" + body)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
