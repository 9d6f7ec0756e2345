"""What families that read ledgers share: the entries of an area, and their trace.

The entries are taken as they stand now, for a month's volume or a year's total is entered after its end; which of them
belong to the period is told by their own dates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lantu.base import LantuError, Period, Text
from lantu.indicators.family import Family, Sources, Target, Trace, Versions
from lantu.ledgers import Entries, Entry

Chosen = Callable[[Entries, str, Period], list[Entry]]


def entries_of(sources: Sources, ledger: str) -> Entries | None:
    """The entries of a ledger as they stand; None where the workspace or the pack has none."""
    if sources.book is None or ledger not in sources.book.ledgers:
        return None
    found = sources.book.entries(ledger)
    return found if len(found.history) else None


def entries_by_area(
    sources: Sources, ledger: str, period: Period, wanted: Callable[[Entry], bool]
) -> dict[str, list[Entry]]:
    """The entries of a ledger that were there by a period's end, by area: each counts for the areas above it too."""
    entries = entries_of(sources, ledger)
    found: dict[str, list[Entry]] = {}
    for row in entries.rows if entries is not None else []:
        if entries is None or entries.happened(row) > period.end or not wanted(row):
            continue
        above = [each.code for each in sources.areas.ancestors(row.area)] if row.area in sources.areas else []
        for code in (row.area, *above):
            found.setdefault(code, []).append(row)
    return found


def of_area(entries: Entries, area: str, _period: Period) -> list[Entry]:
    """The entries that speak for an area."""
    return entries.of_area(area)


def referring(entries: Entries, ledger: str, field: str) -> Mapping[Any, list[Entry]]:
    """The entries of another ledger on the same day, by what they say in a field; none where the pack lacks it."""
    try:
        return entries.find(ledger).by(field)
    except LantuError:
        return {}


def register_family(
    name: str,
    ledger: str,
    statistics: Callable[[list[Entry], Entries, Period], Any],
    chosen: Chosen = of_area,
    also: tuple[str, ...] = (),
    shown: tuple[str, Text, Callable[[Entry, Entries, Period], Any]] | None = None,
) -> Family:
    """A family that reads one ledger, and what other ledgers say of its entries.

    Args:
        name: the family.
        ledger: the ledger.
        statistics: from the chosen entries of one area to what the indicators' functions take.
        chosen: which entries an area has.
        also: the other ledgers that `statistics` looks into.
        shown: what they say of an entry, for the trace: the column, its title, and what gives it (None: nothing).

    An area that has no entry in the ledger gets None.
    """

    def compute(sources: Sources, targets: Sequence[Target], period: Period, _versions: Versions) -> Mapping[str, Any]:
        entries = entries_of(sources, ledger)
        found: dict[str, Any] = {}
        for target in targets:
            rows = [] if entries is None else chosen(entries, target.code, period)
            found[target.code] = None if entries is None or not rows else statistics(rows, entries, period)
        return found

    def trace(sources: Sources, target: Target, period: Period, _versions: Versions) -> Trace:
        entries = entries_of(sources, ledger)
        rows = [] if entries is None else chosen(entries, target.code, period)
        facts = [(Text("台账条目", "entries"), Text(f"{len(rows)} 条", f"{len(rows)}"))]
        fields = [] if entries is None else [field.name for field in entries.ledger.fields]
        extra: list[tuple[Any, ...]] = [() for _ in rows]
        if shown is not None and entries is not None:
            extra = [(shown[2](row, entries, period),) for row in rows]
            known = sum(each is not None for (each,) in extra)
            facts.append((shown[1], Text(f"{known} 条有记录", f"{known} with records")))

        def lines() -> Iterator[Sequence[Any]]:
            for row, more in zip(rows, extra, strict=True):
                yield [row.key, row.area, row.state, row.day, *(row.values.get(name) for name in fields), *more]

        columns = ("key", "area", "state", "since", *fields, *((shown[0],) if shown is not None else ()))
        return Trace(tuple(facts), columns, lines())

    return Family(name, compute, ledgers=(ledger, *also), trace=trace)
