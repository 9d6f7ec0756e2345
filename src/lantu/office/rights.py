"""Rights (权限): one place that decides what an account sees and does, by its area, role and duty.

Pages, API, exports, files and notices all ask here. What is not allowed here is not allowed anywhere.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from lantu.office.accounts.roles import Role
from lantu.office.desk import desk
from lantu.office.register.models import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lantu.ledgers import Ledger
    from lantu.ledgers.schema import Transition
    from lantu.office.accounts.models import Account
    from lantu.office.notices.models import Notice
    from lantu.places import Area

_LEVELS = ("city", "district", "street")
OFFICERS = (Role.COORDINATOR, Role.DEPARTMENT, Role.DISTRICT, Role.STREET)


def role_of(account: Any) -> Role:
    """The role of whoever asks; `public` for somebody who has not signed in."""
    if account is None or not account.is_authenticated or not account.is_active:
        return Role.PUBLIC
    return Role(account.role)


def areas_of(account: Account) -> frozenset[str]:
    """The account's area with all that lies in it."""
    return areas_within(account.area)


@lru_cache(maxsize=1000)
def areas_within(code: str) -> frozenset[str]:
    """An area with all that lies in it; nothing for a code that is none."""
    areas = desk().pack.areas
    found: set[str] = set()
    waiting = [code]
    while waiting:
        each = waiting.pop()
        if each not in found and each in areas:
            found.add(each)
            waiting += [child.code for child in areas.children(each)]
    return frozenset(found)


def visible_ledgers(account: Any) -> list[Ledger]:
    """The ledgers of which an account may see entries."""
    role, pack = role_of(account), desk().pack
    if role is Role.PUBLIC:
        return []
    if role is Role.DEPARTMENT:
        mine = desk().duties.ledgers(account.unit)
        return [ledger for name, ledger in pack.ledgers.items() if name in mine]
    if role is Role.ENTERPRISE:
        owned = {each.partition("/")[0] for each in account.owned}
        return [ledger for name, ledger in pack.ledgers.items() if name in owned]
    return list(pack.ledgers.values())


def visible_entries(account: Any) -> QuerySet[Entry]:
    """The entries that an account may see (area x role x duty)."""
    role = role_of(account)
    every = Entry.objects.all()
    if role in (Role.COORDINATOR, Role.AUDITOR):
        return every
    if role is Role.DEPARTMENT:
        return every.filter(Q(ledger__in=desk().duties.ledgers(account.unit)) | Q(holder=account.unit))
    if role in (Role.DISTRICT, Role.STREET):
        return every.filter(area__in=areas_of(account))
    if role is Role.ENTERPRISE:
        owned = Q(pk__in=[])
        for each in account.owned:
            ledger, _, key = each.partition("/")
            owned |= Q(ledger=ledger, key=key)
        return every.filter(owned)
    return every.none()


def scope_of(account: Any) -> str:
    """What tells accounts apart that see different entries: two with the same scope see the same ones."""
    role = role_of(account)
    if role in (Role.COORDINATOR, Role.AUDITOR):
        return "all"
    if role is Role.DEPARTMENT:
        return f"unit:{account.unit}"
    if role in (Role.DISTRICT, Role.STREET):
        return f"area:{account.area}"
    return f"account:{account.pk}" if role is Role.ENTERPRISE else "none"


def visible_entry(account: Any, ledger: str, key: str) -> Entry | None:
    """One entry, if the account sees it; one that it does not see is like one that is not there."""
    return visible_entries(account).filter(ledger=ledger, key=key).first()


def sees_area(account: Any, area: str) -> bool:
    """Whether an account may see the verdicts of an area: officers those of the city, all districts, their streets."""
    return area in areas_seen(account, [area])


def areas_seen(account: Any, codes: Iterable[str]) -> frozenset[str]:
    """Those of some areas whose verdicts an account may see; as `sees_area`, for many at once."""
    role = role_of(account)
    if role in (Role.COORDINATOR, Role.AUDITOR, Role.DEPARTMENT):
        return frozenset(codes)
    if role in (Role.DISTRICT, Role.STREET):
        areas, own = desk().pack.areas, areas_of(account)
        return frozenset(c for c in codes if c in areas and (areas.get(c).level != "street" or c in own))
    return frozenset()


def sees_office(account: Any) -> bool:
    """Whether an account may see the plan's verdicts at all: officers and auditors."""
    return role_of(account) in (*OFFICERS, Role.AUDITOR)


def sees_journal(account: Any) -> bool:
    """The whole journal is for coordinators and auditors; an entry's own lines are seen with the entry."""
    return role_of(account) in (Role.COORDINATOR, Role.AUDITOR)


def enters_some(account: Any, ledger: Ledger) -> bool:
    """Whether an account may enter entries of a ledger in some area."""
    role = role_of(account)
    if role is Role.DEPARTMENT:
        return ledger.ledger in desk().duties.ledgers(account.unit)
    return role in OFFICERS


def entry_areas(account: Any, ledger: Ledger) -> list[Area]:
    """The areas in which an account may enter entries of a ledger, as fine as the ledger asks."""
    if not enters_some(account, ledger):
        return []
    areas = desk().pack.areas
    within = areas_of(account) if role_of(account) in (Role.DISTRICT, Role.STREET) else None
    able = []
    for area in areas:
        # a development area has no streets of its own: there an entry lies in the area itself
        finest = area.level == "district" and not areas.children(area.code)
        fine_enough = _LEVELS.index(area.level) >= _LEVELS.index(ledger.area) or finest
        if fine_enough and (within is None or area.code in within):
            able.append(area)
    return able


def may_enter(account: Any, ledger: Ledger, area: str) -> bool:
    """Whether an account may enter an entry of a ledger in an area."""
    if not enters_some(account, ledger):
        return False
    return role_of(account) not in (Role.DISTRICT, Role.STREET) or area in areas_of(account)


def changes_entries(account: Any) -> bool:
    """Whether an account may change entries at all, of those that it sees."""
    return role_of(account) in (*OFFICERS, Role.ENTERPRISE)


def may_amend(account: Any, entry: Entry) -> bool:
    """Whether an account may change values of an entry that it sees."""
    return changes_entries(account) and visible_entries(account).filter(pk=entry.pk).exists()


def only_unit_of_cases(account: Any) -> str | None:
    """The unit whose cases alone an account sees, where it sees no others."""
    if role_of(account) is Role.DEPARTMENT and "cases" not in desk().duties.ledgers(account.unit):
        return str(account.unit)
    return None


def takes_step(account: Any, ledger: Ledger, step: Transition) -> bool:
    """Whether an account may take a step with entries that it sees.

    Streets and enterprises report; what ends an entry, sends it back or hands it on is for districts and above.
    """
    if role_of(account) in (Role.STREET, Role.ENTERPRISE):
        final = step.to is not None and ledger.states[step.to].final
        return not final and not step.reason and step.name not in ("assign", "approve")
    return changes_entries(account)


def may_step(account: Any, ledger: Ledger, step: Transition, entry: Entry) -> bool:
    """Whether an account may take a step with an entry that it sees."""
    return takes_step(account, ledger, step) and may_amend(account, entry)


def sees_rows(account: Any, ledgers: Iterable[str], area: str) -> bool:
    """Whether an account may see whatever a figure of an area rests on: all that lies there in these ledgers."""
    role = role_of(account)
    if role in (Role.COORDINATOR, Role.AUDITOR):
        return True
    if role is Role.DEPARTMENT:
        return frozenset(ledgers) <= desk().duties.ledgers(account.unit)
    if role in (Role.DISTRICT, Role.STREET):
        return not list(ledgers) or area in areas_of(account)
    return False


def may_export(account: Any) -> bool:
    """Whether lists may be taken out as files; what they hold is what the account sees."""
    return role_of(account) is not Role.PUBLIC


def may_import(account: Any) -> bool:
    """Whether data of the lake may be imported."""
    return role_of(account) in (Role.COORDINATOR, Role.DEPARTMENT)


def may_run_jobs(account: Any) -> bool:
    """Whether the whole city may be assessed afresh, cases raised by rules, documents read and accepted."""
    return role_of(account) is Role.COORDINATOR


def may_publish(account: Any) -> bool:
    """Whether verdicts may be made public and correction requests answered."""
    return role_of(account) is Role.COORDINATOR


def may_administer(account: Any) -> bool:
    """Whether accounts may be opened, changed and ended."""
    return role_of(account) is not Role.PUBLIC and bool(account.administrator)


def sees_file(account: Any, sha256: str, of: str = "") -> bool:
    """Whether an account sees an entry whose evidence is the file of this digest.

    Args:
        account: who asks.
        sha256: the file's digest.
        of: the entry (`ledger/key`) on whose page it stands; spares the search through all evidence.
    """
    if role_of(account) is Role.PUBLIC:
        return False
    ledger, _, key = of.partition("/")
    if key:
        history = desk().book.store.history(ledger, key) if visible_entry(account, ledger, key) is not None else []
        return any(piece.sha256 == sha256 for change in history for piece in change.evidence)
    holders = _entries_with_file(sha256)
    for start in range(0, len(holders), 300):
        wanted = Q(pk__in=[])
        for name, each in holders[start : start + 300]:
            wanted |= Q(ledger=name, key=each)
        if visible_entries(account).filter(wanted).exists():
            return True
    return False


def _entries_with_file(sha256: str) -> list[tuple[str, str]]:
    from django.db import connection

    from lantu.ledgers.database import marked

    with connection.cursor() as cursor:
        cursor.execute(
            marked("select distinct ledger, key from change where evidence is not null and evidence like ?"),
            [f'%"{sha256}"%'],
        )
        return cursor.fetchall()


def visible_notices(account: Any) -> QuerySet[Notice]:
    """The notices of an account, of those things that it may see now; a right that was lost takes them away."""
    from lantu.office.notices.models import Notice
    from lantu.office.notices.wording import OF_JOBS, OF_RUNS

    if role_of(account) is Role.PUBLIC:
        return Notice.objects.none()
    there = visible_entries(account).filter(ledger=OuterRef("ledger"), key=OuterRef("key"))
    seen = (~Q(ledger="") & Exists(there)) | Q(kind__in=OF_JOBS)
    if may_run_jobs(account):
        seen |= Q(kind__in=[*OF_RUNS, "late_summary"])
    if may_publish(account):
        seen |= Q(kind="correction")
    if reports(account):
        seen |= Q(subject__startswith=f"reports/{account.unit}/")
    return Notice.objects.filter(account=account).filter(seen)


def reports(account: Any) -> bool:
    """Whether an account hands in monthly reports: officers, for their own unit."""
    return role_of(account) in (Role.COORDINATOR, Role.DEPARTMENT, Role.DISTRICT)
