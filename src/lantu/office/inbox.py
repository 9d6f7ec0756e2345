"""The inbox of cases (问题收件箱): what a person has to do with which cases, and the filters of their list."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.db.models import Count, Q, QuerySet

from lantu.base import Text
from lantu.office import rights
from lantu.office.accounts.roles import Role
from lantu.office.cases import Handling, LateRow, PictureIndex, lateness, photo_questions, read_handling
from lantu.office.cases.alike import Alike, alike_cases
from lantu.office.cases.lateness import UNFINISHED
from lantu.office.cases.raising import OPEN
from lantu.office.desk import desk
from lantu.office.register import lists
from lantu.office.register.fields import DataValue

if TYPE_CHECKING:
    from lantu.ledgers import Ledger
    from lantu.office.cases import PhotoQuestion
    from lantu.office.register.models import Entry

CASES = "cases"
TABS = {
    "dispatch": Text("待派发", "to dispatch"),
    "sign": Text("待签收", "to accept"),
    "handle": Text("待整改", "to put right"),
    "verify": Text("待核查", "to verify"),
    "overdue": Text("逾期", "overdue"),
    "all": Text("全部", "all"),
}
_STATES = {"dispatch": "raised", "sign": "assigned", "handle": "accepted", "verify": "rectified"}
TONES = ("info", "warn", "bad")


@lru_cache(maxsize=4)
def _handling(pack: str) -> Handling:
    return read_handling(desk().pack)


def handling() -> Handling:
    """How the pack wants cases handled."""
    return _handling(desk().pack.id)


def ledger() -> Ledger:
    """The declaration of the ledger of cases."""
    return desk().book.ledger(CASES)


@dataclass(frozen=True)
class Due:
    """A deadline as a reader sees it: how many working days are left (negative: past), and the colour."""

    day: dt.date | None
    left: int | None
    words: Text
    level: str | None
    level_title: Text | None
    tone: str
    stale: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "due_on": self.day.isoformat() if self.day else None,
            "working_days_left": self.left,
            "level": self.level,
            "level_title": self.level_title,
            "stale": self.stale,
        }


def due_of(values: Mapping[str, Any], state: str) -> Due:
    """The deadline of a case; only a case that is not put right yet can be late."""
    written = values.get("due_on")
    if not written:
        return Due(None, None, Text("没有期限", "no deadline"), None, None, "plain", False)
    day, today, calendar = dt.date.fromisoformat(written), desk().today, desk().pack.working_days
    if state not in UNFINISHED:
        return Due(day, None, Text("", ""), None, None, "plain", False)
    late = calendar.between(day, today)
    stale = calendar.is_stale(day) or calendar.is_stale(today)
    level = handling().escalation.level_of(late)
    tone = "plain"
    if level is not None:
        levels = handling().escalation.levels
        tone = TONES[min(levels.index(level), len(TONES) - 1)]
    if late > 0:
        words = Text(f"逾期 {late} 个工作日", f"{late} working days late")
    elif late == 0:
        words = Text("今天到期", "due today")
        if day > today:
            words = Text("期限前已无工作日", "no working day is left")
        elif day < today:
            words = Text("已到期，其后尚无工作日", "past, with no working day since")
    else:
        words = Text(f"剩 {-late} 个工作日", f"{-late} working days left")
    return Due(day, -late, words, level.name if level else None, level.title if level else None, tone, stale)


def version() -> int:
    """The number of the latest change of a case: what was counted before it still holds."""
    return desk().book.store.version(CASES) or 0


# -- the list --------------------------------------------------------------------------------------------------------


def first_tab(account: Any) -> str:
    """The tab with which a person begins."""
    return {Role.COORDINATOR: "dispatch", Role.DISTRICT: "sign", Role.STREET: "handle"}.get(
        rights.role_of(account), "all"
    )


def _mine(account: Any, tab: str) -> Q:
    """Which cases of a tab are this person's to act on: a district acts on what it holds, and verifies others'."""
    role = rights.role_of(account)
    if role in (Role.DISTRICT, Role.DEPARTMENT) and tab in ("sign", "handle"):
        return Q(holder=account.unit)
    if role in (Role.DISTRICT, Role.DEPARTMENT) and tab == "verify":
        return ~Q(holder=account.unit) | Q(holder=None)
    return Q()


def in_tab(found: QuerySet[Entry], account: Any, tab: str) -> QuerySet[Entry]:
    """The cases of a tab."""
    if tab in _STATES:
        return found.filter(_mine(account, tab), state=_STATES[tab])
    if tab == "overdue":
        # as `lateness` counts: late from the first working day after the deadline on
        last = _latest_due(1, desk().today).isoformat()
        return found.filter(state__in=UNFINISHED).alias(due=DataValue("due_on")).filter(due__lte=last)
    return found


def tab_counts(account: Any, version: int) -> dict[str, int]:
    """How many cases wait in each tab, without any filter; counted once for each change.

    Args:
        account: who asks.
        version: the latest change of a case.
    """
    name = f"inbox|{desk().workspace.path}|{version}|{rights.scope_of(account)}|{account.unit}|{desk().today}"
    found = cache.get(name)
    if found is None:
        every = rights.visible_entries(account).filter(ledger=CASES)
        found = {tab: in_tab(every, account, tab).count() for tab in TABS}
        cache.set(name, found, 3600)
    return found


@dataclass(frozen=True)
class Narrowed:
    """Filters that only cases have: the colour of escalation, and the last day by which they are due."""

    level: str = ""
    due_until: dt.date | None = None

    def as_query(self) -> dict[str, str]:
        found = {"level": self.level, "due": self.due_until.isoformat() if self.due_until else ""}
        return {name: value for name, value in found.items() if value}


def read_narrowed(query: Mapping[str, Any]) -> Narrowed:
    """What the parameters of an address ask for."""
    levels = {level.name for level in handling().escalation.levels}
    try:
        due = dt.date.fromisoformat(str(query.get("due", "")))
    except ValueError:
        due = None
    return Narrowed(query["level"] if query.get("level") in levels else "", due)


def narrowed(found: QuerySet[Entry], wanted: Narrowed) -> QuerySet[Entry]:
    """The cases that fit. A colour is a span of due days, so that it is found in the database."""
    if wanted.level:
        first, last = _span_of(wanted.level, desk().today)
        found = found.filter(state__in=UNFINISHED).alias(due=DataValue("due_on"))
        if first is not None:
            found = found.filter(due__gt=first.isoformat())
        found = found.filter(due__lte=last.isoformat())
    if wanted.due_until is not None:
        found = found.alias(due_until=DataValue("due_on")).filter(due_until__lte=wanted.due_until.isoformat())
    return found


@lru_cache(maxsize=200)
def _span_of(level: str, today: dt.date) -> tuple[dt.date | None, dt.date]:
    """(after, until): the due days of cases that have a colour today."""
    levels = list(handling().escalation.levels)
    index = next(number for number, each in enumerate(levels) if each.name == level)
    last = _latest_due(levels[index].from_days, today)
    first = _latest_due(levels[index + 1].from_days, today) if index + 1 < len(levels) else None
    return first, last


@lru_cache(maxsize=200)
def _latest_due(days: int, today: dt.date) -> dt.date:
    """The latest due day that is so many working days late today (negative: early)."""
    calendar, day = desk().pack.working_days, today + dt.timedelta(days=3 * abs(days) + 40)
    while calendar.between(day, today) < days:
        day -= dt.timedelta(days=1)
    return day


def class_counts(found: QuerySet[Entry]) -> dict[str, int]:
    """How many cases there are of each class."""
    rows = found.order_by().annotate(name=DataValue("case_class")).values("name").annotate(n=Count("id"))
    return {row["name"]: row["n"] for row in rows if row["name"]}


# -- one case --------------------------------------------------------------------------------------------------------

_LOCK = threading.Lock()


@lru_cache(maxsize=1)
def _pictures(path: str) -> PictureIndex:
    return PictureIndex(desk().book)


def questions_of(number: str) -> list[PhotoQuestion]:
    """What is to be asked about the photos of a case."""
    index = _pictures(str(desk().workspace.path))
    with _LOCK:
        if index.book is not desk().book:
            _pictures.cache_clear()
            index = _pictures(str(desk().workspace.path))
        return photo_questions(desk().book, index, number, handling().photos)


def merged_into(account: Any, number: str) -> list[str]:
    """The cases that were merged into one, of those that the account sees."""
    found = rights.visible_entries(account).filter(ledger=CASES, state="merged").alias(into=DataValue("merged_into"))
    return list(found.filter(into=number).order_by("id").values_list("key", flat=True)[:50])


def resembling(account: Any, given: dict[str, Any], area: str, place: str | None, but: str = "") -> list[Alike]:
    """Open cases of the same class and district that may be the same."""
    areas = desk().pack.areas
    around = area
    if area in areas and areas.get(area).level == "street":
        around = areas.get(area).parent or area
    wanted = lists.Wanted(area=around, values={"case_class": str(given.get("case_class") or "")})
    found = lists.fitting(account, ledger(), wanted).filter(state__in=OPEN).exclude(key=but).order_by("-id")[:300]
    return alike_cases(found, given, area, place, handling().photos.far_metres)


# -- who is late -----------------------------------------------------------------------------------------------------


def late_rows(account: Any, version: int) -> list[LateRow]:
    """Who is late, among the cases that an account sees; computed once for each change and day."""
    name = f"late|{desk().workspace.path}|{version}|{rights.scope_of(account)}|{desk().today}"
    found = cache.get(name)
    if found is None:
        scope = rights.scope_of(account)
        areas = sorted(rights.areas_of(account)) if scope.startswith("area:") else None
        unit = rights.only_unit_of_cases(account)
        at = desk()
        found = lateness(at.book, at.today, at.pack.working_days, handling().escalation, unit, areas)
        cache.set(name, found, 3600)
    return found
