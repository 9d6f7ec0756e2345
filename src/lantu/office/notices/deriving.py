"""Deriving notices (推送通知) from what happened: the changes of entries in their order, and what each new day brings.

How far was looked is kept in the same transaction as the notices, in a row that one process holds at a time: who is cut
off begins again at the same change, and two who look at once look one after the other.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Value
from django.db.models.functions import Concat
from django.utils import timezone

from lantu.office import inbox, rights
from lantu.office.accounts.models import Account
from lantu.office.accounts.roles import Role
from lantu.office.cases.lateness import open_cases
from lantu.office.desk import desk
from lantu.office.notices.models import Delivery, Notice, NoticeMark
from lantu.office.notices.noting import News, accounts_of, accounts_that, note, note_entries
from lantu.office.publications.models import Correction
from lantu.office.reports import report_table
from lantu.office.reports.table import due_of as report_due
from lantu.office.reports.table import months_of

if TYPE_CHECKING:
    from lantu.office.cases import LateCase

BATCH = 100
_FIRST_DAYS = 7
"""A site that never had notices begins with what happened in the last days."""
_KEPT_READ, _KEPT_SENT = dt.timedelta(days=120), dt.timedelta(days=30)
_CASES, _REPORTS, _EXCLUSIONS = inbox.CASES, "progress_reports", "exclusions"
KIND_OF = {
    (_CASES, "assign"): "dispatched",
    (_CASES, "reassign"): "dispatched",
    (_CASES, "return"): "returned",
    (_CASES, "reopen"): "reopened",
    (_CASES, "decline"): "declined",
    (_CASES, "rectify"): "to_verify",
    (_CASES, "ask_extension"): "extension_asked",
    (_CASES, "extend"): "extended",
    (_REPORTS, "return"): "report_returned",
    (_REPORTS, "approve"): "report_approved",
    (_EXCLUSIONS, "enter"): "exclusion",
    (_EXCLUSIONS, "concur"): "exclusion_decided",
    (_EXCLUSIONS, "refuse"): "exclusion_decided",
}
"""Steps of which somebody learns."""
_TO_DISPATCHER = ("declined", "to_verify", "extension_asked")
_ASKS = {"to_verify": "close", "extension_asked": "extend", "exclusion": "concur"}


def derive() -> int:
    """Look through all that happened since the last look.

    Returns:
        How many lines of notices were made or added to.
    """
    count = 0
    while True:
        made, more = _changes()
        count += made
        if not more:
            break
    return count + _corrections() + _day()


def _held(name: str) -> NoticeMark:
    NoticeMark.objects.get_or_create(name=name)
    return NoticeMark.objects.select_for_update().get(name=name)


# -- changes of entries ----------------------------------------------------------------------------------------------


def _changes() -> tuple[int, bool]:
    """One batch of changes; whether there are more."""
    select, ledgers = desk().book.store.select, sorted({ledger for ledger, _ in KIND_OF})
    newest = select("select max(id) from change")
    last = int(newest[0][0] or 0) if newest else 0
    known = NoticeMark.objects.filter(name="changes").first()
    if known is not None and known.number is not None and known.number >= last:
        return 0, False
    marks = ", ".join("?" * len(ledgers))
    columns = "id, ledger, key, version, person, unit, action, area, holder, data"
    today = desk().today
    with transaction.atomic():
        mark = _held("changes")
        if mark.number is None:
            first = (today - dt.timedelta(days=_FIRST_DAYS)).isoformat()
            rows = select(
                f"select {', '.join(f'c.{name}' for name in columns.split(', '))} from change c join entry e "
                "on e.ledger = c.ledger and e.key = c.key and e.version = c.version "
                f"where c.id <= ? and c.ledger in ({marks}) and c.day > ? and c.day <= ? order by c.id",
                [last, *ledgers, first, today.isoformat()],
            )
            reached = last
        else:
            # changes are written one after another under the journal's lock: no smaller number can come later
            rows = select(
                f"select {columns} from change where id > ? and id <= ? and ledger in ({marks}) "
                f"order by id limit {BATCH}",
                [mark.number, last, *ledgers],
            )
            reached = rows[-1][0] if len(rows) == BATCH else last
        news = [each for row in rows if (each := _news(row)) is not None]
        count = note_entries(news, today)
        mark.number = max(reached, mark.number or 0)
        mark.save(update_fields=["number"])
    return count, reached < last


def _news(row: Sequence[Any]) -> News | None:
    """What a change means for whom."""
    _, ledger, key, _, person, unit, action, area, holder, data = row
    kind = KIND_OF.get((ledger, action))
    if kind is None:
        return None
    step = _ASKS.get(kind, "")
    if kind == "exclusion":
        # whoever concurs is of another unit than the one that claims
        people = [each for each in accounts_that(rights.changes_entries, person) if each.unit != unit]
        people = [each for each in people if rights.role_of(each) in (Role.COORDINATOR, Role.DEPARTMENT)]
    elif kind == "exclusion_decided":
        people = accounts_of(json.loads(data).get("claimed_by"), but=person)
    elif ledger == _REPORTS:
        people = accounts_of(holder, but=person)
    elif kind in _TO_DISPATCHER:
        people = _dispatchers(key, person)
    else:
        people = accounts_of(holder, area, person, district=kind == "dispatched")
    return News(kind, ledger, key, people, step)


def _dispatchers(key: str, but: str) -> list[Account]:
    """Who dispatched a case last; where the program did, or the account has ended, the coordinators."""
    rows = desk().book.store.select(
        "select person from change where ledger = ? and key = ? and action in ('assign', 'reassign') "
        "order by version desc limit 1",
        [_CASES, key],
    )
    name = rows[0][0] if rows else ""
    found = list(Account.objects.filter(username=name, is_active=True).exclude(username=but))
    return found or accounts_that(lambda each: rights.role_of(each) is Role.COORDINATOR, but)


# -- correction requests ---------------------------------------------------------------------------------------------


def _corrections() -> int:
    """Requests of the public that nobody has been told of."""
    told = Notice.objects.filter(subject=Concat(Value("correction/"), OuterRef("reference")))
    waiting = Correction.objects.filter(state="received").filter(~Exists(told))
    if not waiting.exists():
        return 0
    count = 0
    with transaction.atomic():
        _held("corrections")
        for each in waiting.order_by("pk"):
            for account in accounts_that(rights.may_publish):
                note(account, "correction", f"correction/{each.reference}", desk().today)
                count += 1
    return count


# -- what a day brings -----------------------------------------------------------------------------------------------


def _day() -> int:
    """Deadlines that came nearer or passed since the last day that was looked at; once for each day."""
    today = desk().today
    known = NoticeMark.objects.filter(name="day").first()
    if known is not None and known.day is not None and known.day >= today:
        return 0
    with transaction.atomic():
        mark = _held("day")
        if mark.day is not None and mark.day >= today:
            return 0
        before = mark.day or today - dt.timedelta(days=_FIRST_DAYS)
        count = _deadlines(before, today) + _reports(before, today)
        _forget()
        mark.day = today
        mark.save(update_fields=["day"])
    return count


def _deadlines(before: dt.date, today: dt.date) -> int:
    """Cases that have another colour than at the last look."""
    at, escalation = desk(), inbox.handling().escalation
    calendar, worst = at.pack.working_days, escalation.levels[-1]
    was: dict[dt.date, str | None] = {}
    news, top = [], 0
    people: dict[tuple[str | None, str], list[Account]] = {}
    for case in open_cases(at.book, today, calendar, escalation):
        if case.level is None or case.due_on is None:
            continue
        if case.due_on not in was:
            level = escalation.level_of(calendar.between(case.due_on, before))
            was[case.due_on] = level.name if level is not None else None
        if was[case.due_on] == case.level:
            continue
        top += case.level == worst.name
        if case.state == "raised":  # nobody has it yet: the coordinators' line counts it
            continue
        group = (case.unit, case.area)
        if group not in people:
            people[group] = accounts_of(*group)
        news.append(News(_deadline_kind(case, worst.name), _CASES, case.number, people[group]))
    count = note_entries(news, today)
    if top:
        for account in accounts_that(rights.may_run_jobs):
            note(account, "late_summary", f"late/{today}", today, given={"count": top, "level": worst.name})
            count += 1
    return count


def _deadline_kind(case: LateCase, worst: str) -> str:
    if case.level == worst:
        return "escalated"
    return "overdue" if (case.days_late or 0) > 0 else "due_soon"


def _reports(before: dt.date, today: dt.date) -> int:
    """Monthly reports that are nearly due, or became overdue, by unit."""
    at = desk()
    calendar, soon = at.pack.working_days, inbox.handling().escalation.levels[0].from_days
    count = 0
    for month in months_of(at.pack, today):
        due = report_due(at.pack, month).day
        now, then = calendar.between(due, today), calendar.between(due, before)
        kind = "report_overdue" if now >= 1 > then else "report_due" if soon <= now < 1 and then < soon else ""
        if not kind:
            continue
        open_ones = {row.unit: row.pending + row.missing for row in report_table(at.book, at.pack, today, [month])}
        for account in accounts_that(rights.reports):
            left = open_ones.get(account.unit, 0)
            if left:
                given = {"count": left, "month": month, "due": due.isoformat()}
                note(account, kind, f"reports/{account.unit}/{month}", today, given=given)
                count += 1
    return count


def _forget() -> None:
    """What was read or sent long ago."""
    now = timezone.now()
    Notice.objects.filter(read__lt=now - _KEPT_READ).delete()
    Delivery.objects.filter(state="sent", ended__lt=now - _KEPT_SENT).delete()
