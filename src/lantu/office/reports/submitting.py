"""Handing in a monthly report: only on a measure of the plan, only by a unit that must report on it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Place, Text
from lantu.office.duties import duties_of
from lantu.office.reports.table import REPORTS

if TYPE_CHECKING:
    from lantu.ledgers import Actor, Change, LedgerBook
    from lantu.plan.packs import Pack


def submit_report(
    book: LedgerBook,
    pack: Pack,
    measure: str,
    month: str,
    declared: str,
    actor: Actor,
    percent: Decimal | float | None = None,
    words: str | None = None,
    day: dt.date | None = None,
) -> Change:
    """Hand in a unit's report on a measure for a month; one that was returned is handed in again.

    Args:
        book: the ledgers.
        pack: its measures tell who must report.
        measure: such as `air-5-3`.
        month: such as `2021-06`; it must have begun.
        declared: how far it is (a code of the ledger).
        actor: the person, for the unit that reports.
        percent: the share that is done.
        words: the report in words.
        day: when; today if not given.

    Raises:
        LantuError: there is no such measure, the unit need not report on it, the month lies ahead, the report was
            handed in already, or a value does not fit.
    """
    when = day or book.today
    duty = next((each for each in duties_of(pack, actor.unit) if each.measure == measure), None)
    if measure not in pack.measures:
        raise LantuError(Text(f"没有措施“{measure}”", f"there is no measure '{measure}'"))
    if duty is None:
        raise LantuError(
            Text(f"{actor.unit} 不须填报措施 {measure}", f"{actor.unit} need not report on {measure}"),
            mend=Text("见“我的责任”", "see what the unit must report on"),
        )
    if month > f"{when:%Y-%m}":
        raise LantuError(Text(f"{month} 还没有到", f"{month} has not come yet"), where=Place(REPORTS, None, "month"))
    given: dict[str, Any] = {"reported_on": when, "declared": declared, "percent": percent, "words": words}
    key = f"{measure}/{actor.unit}/{month}"
    old = book.store.latest(REPORTS, [key]).get(key)
    if old is None:
        values = {"measure": measure, "unit_name": actor.unit, "month": month, **given}
        return book.enter(REPORTS, values, duty.area, actor, when, holder=actor.unit)
    if old.state == "returned":
        return book.advance(REPORTS, key, "resubmit", actor, when, given)
    raise LantuError(
        Text(f"{month} 已填报，状态不是“已退回”", f"the report for {month} is there and was not returned"),
        where=Place(f"{REPORTS}/{key}", None, "state"),
        mend=Text("未审核的可直接修改；已审核的先更正", "amend it while it waits; correct it once it was approved"),
    )
