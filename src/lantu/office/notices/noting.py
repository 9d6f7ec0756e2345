"""Noting (记通知): one line for each person, thing and day; who may not see the thing gets none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from lantu.office import rights
from lantu.office.accounts.models import Account
from lantu.office.accounts.roles import Role
from lantu.office.desk import desk
from lantu.office.notices import sending
from lantu.office.notices.models import Notice
from lantu.office.notices.wording import URGENT

if TYPE_CHECKING:
    from lantu.office.jobs.models import Job

_AT_ONCE = 300


@dataclass(frozen=True)
class News:
    """Something that happened to an entry, and the accounts that it concerns."""

    kind: str
    ledger: str
    key: str
    accounts: Sequence[Account] = ()
    step: str = ""
    """A step that the account must be able to take with it, for what asks for one."""
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        return f"{self.ledger}/{self.key}"


def note(account: Account, kind: str, subject: str, day: dt.date, **more: Any) -> Notice:
    """Keep a notice, or add to the line of the same thing and day, which is unread again then."""
    now = timezone.now()
    urgent = kind in URGENT
    fresh = {"kind": kind, "happened": now, "urgent": urgent, **more}
    with transaction.atomic():
        notice, made = Notice.objects.get_or_create(account=account, subject=subject, day=day, defaults=fresh)
        if not made:
            fresh["urgent"] = urgent or F("urgent")
            Notice.objects.filter(pk=notice.pk).update(times=F("times") + 1, read=None, mailed=None, **fresh)
            notice.refresh_from_db()
        sending.plan([notice])
    return notice


def mark_seen(account: Account, subject: str) -> None:
    """Who opens the page of a thing has read the notices about it."""
    found = Notice.objects.filter(account=account, subject=subject, read=None)
    if found.exists():  # hardly ever: most pages are opened without writing anything
        found.update(read=timezone.now())


def note_entries(news: Iterable[News], day: dt.date) -> int:
    """Keep notices about entries, for those of the accounts that see the entry and may do what it asks for.

    Returns:
        How many lines were made or added to.
    """
    every = list(news)
    wanted: dict[int, tuple[Account, dict[str, set[str]]]] = {}
    for each in every:
        for account in each.accounts:
            _, keys = wanted.setdefault(account.pk, (account, {}))
            keys.setdefault(each.ledger, set()).add(each.key)
    seen: set[tuple[int, str, str]] = set()
    for number, (account, ledgers) in wanted.items():
        for ledger, named in ledgers.items():
            listed = sorted(named)
            for start in range(0, len(listed), _AT_ONCE):
                part = listed[start : start + _AT_ONCE]
                rows = rights.visible_entries(account).filter(ledger=ledger, key__in=part)
                seen |= {(number, ledger, key) for key in rows.values_list("key", flat=True)}
    told = [
        (account, each)
        for each in every
        for account in each.accounts
        if (account.pk, each.ledger, each.key) in seen and _may(account, each)
    ]
    with transaction.atomic():
        _keep(told, day)
    return len(told)


def _keep(told: Sequence[tuple[Account, News]], day: dt.date) -> None:
    """Keep many lines at once; one that is there already gets the newer thing."""
    subjects, there, now = sorted({each.subject for _, each in told}), set(), timezone.now()
    for start in range(0, len(subjects), _AT_ONCE):
        found = Notice.objects.filter(day=day, subject__in=subjects[start : start + _AT_ONCE])
        there |= set(found.values_list("account", "subject"))
    fresh: dict[tuple[int, str], Notice] = {}
    for account, each in told:
        name, urgent = (account.pk, each.subject), each.kind in URGENT
        if name in there:
            note(account, each.kind, each.subject, day, ledger=each.ledger, key=each.key, given=each.given)
        elif name in fresh:
            again = fresh[name]
            again.kind, again.given, again.times = each.kind, each.given, again.times + 1
            again.urgent = again.urgent or urgent
        else:
            fresh[name] = Notice(
                account=account, subject=each.subject, ledger=each.ledger, key=each.key, kind=each.kind, day=day,
                happened=now, given=each.given, urgent=urgent,
            )  # fmt: skip
    sending.plan(Notice.objects.bulk_create(fresh.values(), batch_size=_AT_ONCE))


def _may(account: Account, news: News) -> bool:
    if not news.step:
        return True
    ledger = desk().pack.ledgers[news.ledger]
    step = next((each for each in ledger.transitions if each.name == news.step), None)
    return step is not None and rights.takes_step(account, ledger, step)


def accounts_of(
    unit: str | None = None, area: str | None = None, but: str = "", district: bool = False
) -> list[Account]:
    """The officers of a unit, and the street officers of an area; without `but`, who did it themself.

    `district`: also the officers of the district in which the area lies.
    """
    areas = desk().pack.areas
    wanted = Q(pk__in=[])
    if unit:
        officers = [role.value for role in rights.OFFICERS]
        wanted |= Q(unit=unit, role__in=officers)
    if area:
        wanted |= Q(role=Role.STREET.value, area=area)
    if area and district and area in areas:
        above = [each.code for each in (areas.get(area), *areas.ancestors(area)) if each.level == "district"]
        wanted |= Q(role=Role.DISTRICT.value, area__in=above)
    return list(Account.objects.filter(wanted, is_active=True).exclude(username=but).order_by("pk"))


def accounts_that(test: Any, but: str = "") -> list[Account]:
    """The accounts that fulfil a test of `rights`."""
    every = Account.objects.filter(is_active=True).exclude(username=but).order_by("pk")
    return [each for each in every if test(each)]


def note_job(job: Job) -> None:
    """A job has ended: whoever asked learns of it; of the program's own jobs those who may run the city's jobs."""
    day, subject = desk().today, f"job/{job.pk}"
    failed = job.state == "failed"
    if job.account is not None:
        note(job.account, "job_failed" if failed else "job_done", subject, day)
    elif failed or job.kind == "raise_cases":
        for account in accounts_that(rights.may_run_jobs):
            note(account, "run_failed" if failed else "run_done", subject, day)
    if job.kind == "draw_rechecks" and not failed:
        by = job.account.username if job.account is not None else ""
        of_unit: dict[str, list[Account]] = {}
        news = []
        for each in job.result.get("cases", ()):
            people: dict[int, Account] = {}
            for unit in {each.get("unit"), each.get("closed_by")} - {None, ""}:
                if unit not in of_unit:
                    of_unit[unit] = accounts_of(unit, but=by)
                people |= {account.pk: account for account in of_unit[unit]}
            news.append(News("recheck_drawn", "cases", each["number"], list(people.values())))
        note_entries(news, day)
