"""Lists of entries (条目列表): what a reader asks for, and the entries that fit and that the account sees."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Q, QuerySet

from lantu.base import Text
from lantu.office import rights
from lantu.office.desk import desk
from lantu.office.register.fields import DataValue, alias_of, has_value, order_of
from lantu.office.register.models import Entry

if TYPE_CHECKING:
    from lantu.ledgers import Ledger
    from lantu.ledgers.schema import LedgerField

COMMON_ORDERS = ("key", "state", "area", "holder", "day")
_FILTERED = ("code", "codes", "yes_no")
_MOST_SHOWN = 4


@dataclass(frozen=True)
class Wanted:
    """What a reader asks of a list. What is empty is not asked for."""

    state: str = ""
    area: str = ""
    holder: str = ""
    words: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    values: dict[str, str] = field(default_factory=dict)
    sort: str = ""

    def as_query(self) -> dict[str, str]:
        """As parameters of an address."""
        found = {"state": self.state, "area": self.area, "holder": self.holder, "q": self.words}
        found["since"] = self.since.isoformat() if self.since else ""
        found["until"] = self.until.isoformat() if self.until else ""
        found |= {f"field.{name}": value for name, value in self.values.items()}
        found["sort"] = self.sort
        return {name: value for name, value in found.items() if value}


def filter_fields(ledger: Ledger) -> list[LedgerField]:
    """The fields by which a list is narrowed: those with a few values."""
    return [each for each in ledger.fields if each.type in _FILTERED]


def shown_fields(ledger: Ledger) -> list[LedgerField]:
    """The fields that a list shows beside the key: what a standard decides and required ones first, at most four."""
    able = [each for each in ledger.fields if each.name not in ledger.key and each.max_length <= 500]
    first = [
        each.name for each in sorted(able, key=lambda each: (each.judged_by is None, not each.required))[:_MOST_SHOWN]
    ]
    return [each for each in able if each.name in first]


def date_title(ledger: Ledger) -> Text:
    """What the dates of a filter mean."""
    dated = ledger.field(ledger.dated_by) if ledger.dated_by else None
    return dated.title if dated is not None else Text("变动日期", "since")


def _day(written: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(written)
    except ValueError:
        return None


def read_wanted(ledger: Ledger, query: Mapping[str, Any]) -> Wanted:
    """What the parameters of an address ask for; what they should not hold is left out."""
    known = {each.name: each for each in ledger.fields}
    values = {}
    for name, given in query.items():
        declared = known.get(name.removeprefix("field.")) if name.startswith("field.") else None
        if declared is None or not given:
            continue
        fits = given in declared.codes if declared.codes else declared.type in ("yes_no", "reference", "text", "unit")
        if fits:
            values[declared.name] = str(given)[:300]
    sort = str(query.get("sort", ""))
    orders = {*COMMON_ORDERS, *(each.name for each in ledger.fields)}
    return Wanted(
        state=query.get("state", "") if query.get("state") in ledger.states else "",
        area=query.get("area", "") if query.get("area") in desk().pack.areas else "",
        holder=str(query.get("holder", "")).strip()[:120],
        words=str(query.get("q", "")).replace("\0", "").strip()[:100],
        since=_day(str(query.get("since", ""))),
        until=_day(str(query.get("until", ""))),
        values=values,
        sort=sort if sort.removeprefix("-") in orders else "",
    )


def _words(ledger: Ledger, words: str) -> Q:
    """Words that stand in the key or in a text of the entry; the first test spares most rows the reading of JSON."""
    texts = [each for each in ledger.fields if each.type in ("text", "unit", "reference")]
    written = json.dumps(words, ensure_ascii=False)[1:-1]
    inside = Q(pk__in=[])
    for each in texts:
        inside |= Q(**{f"{alias_of(each)}__icontains": words})
    return Q(key__icontains=words) | (Q(data__icontains=written) & inside if texts else Q(pk__in=[]))


def fitting(account: Any, ledger: Ledger, wanted: Wanted, state: bool = True) -> QuerySet[Entry]:
    """The entries of a ledger that an account sees and that fit, not yet sorted.

    Args:
        account: who asks.
        ledger: the ledger.
        wanted: what is asked for.
        state: whether the wanted state narrows the list; without it the counts of all states can be shown.
    """
    found = rights.visible_entries(account).filter(ledger=ledger.ledger)
    needed = set(wanted.values)
    if wanted.words:
        needed |= {each.name for each in ledger.fields if each.type in ("text", "unit", "reference")}
    dated = ledger.dated_by
    if dated and (wanted.since or wanted.until):
        needed.add(dated)
    declared = {each.name: each for each in ledger.fields}
    if needed:
        found = found.alias(**{alias_of(declared[name]): DataValue(name) for name in sorted(needed)})
    if state and wanted.state:
        found = found.filter(state=wanted.state)
    if wanted.area:
        found = found.filter(area__in=rights.areas_within(wanted.area))
    if wanted.holder:
        found = found.filter(holder=wanted.holder)
    for name, value in wanted.values.items():
        found = found.filter(has_value(declared[name], value))
    moment = alias_of(declared[dated]) if dated else "day"
    if wanted.since:
        found = found.filter(**{f"{moment}__gte": wanted.since.isoformat()})
    if wanted.until:
        found = found.filter(**{f"{moment}__lte": wanted.until.isoformat()})
    if wanted.words:
        found = found.filter(_words(ledger, wanted.words))
    return found


def ordered(found: QuerySet[Entry], ledger: Ledger, sort: str) -> QuerySet[Entry]:
    """Sorted as asked; the latest entered first if nothing is asked."""
    name, falls = sort.removeprefix("-"), sort.startswith("-")
    if not name:
        return found.order_by("-id")
    declared = ledger.field(name)
    by = order_of(declared) if declared is not None else F(name)
    return found.order_by(by.desc(nulls_last=True) if falls else by.asc(nulls_last=True), "id")


def state_counts(account: Any, found: QuerySet[Entry], wanted: Wanted) -> dict[str, int]:
    """How many there are in each state.

    Where only some areas are asked for they are counted one by one: the index by area holds all that is needed.
    """
    by_area = bool(wanted.area) or rights.scope_of(account).startswith("area:")
    rows = found.order_by().values(*(("area", "state") if by_area else ("state",))).annotate(n=Count("id"))
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["state"]] = counts.get(row["state"], 0) + row["n"]
    return counts


def area_counts(found: QuerySet[Entry]) -> dict[str, int]:
    """How many there are in each district (or development area, or the city itself)."""
    areas = desk().pack.areas
    counts: dict[str, int] = {}
    for row in found.order_by().values("area").annotate(n=Count("id")):
        code = row["area"]
        area = areas.get(code) if code in areas else None
        if area is not None and area.level == "street" and area.parent is not None:
            code = area.parent
        counts[code] = counts.get(code, 0) + row["n"]
    return counts
