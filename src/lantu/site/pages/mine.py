"""My duties (我的责任): what the signed-in unit or area owes, has to report, to handle and to verify."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest

from lantu.assessment import Status
from lantu.base import Text
from lantu.ledgers.schema import Ledger
from lantu.office import rights
from lantu.office.accounts.roles import Role
from lantu.office.desk import desk
from lantu.office.duties import ROLES
from lantu.office.standing import standing
from lantu.office.waiting import SOON_DAYS, Owed, by_urgency, late_cases, owed, to_report, waiting_entries
from lantu.site.answers import Page, at_day, pair, shown_to, signed_in
from lantu.site.figures import five_counts
from lantu.site.links import commitment_link, entry_link, explain_link, ledger_link, measure_link, report_link
from lantu.site.pages.overview import day_of_address

_SHOWN = 50
_GROUPS = {
    "overdue": Text("已逾期", "Overdue"),
    "due": Text("{n} 天内到期", "Due within {n} days").format(n=SOON_DAYS),
    "at_risk": Text("有风险或已违反", "At risk or broken"),
    "unknown": Text("没有数据，无法下结论", "Unknown for want of data"),
}


def _owed(each: Owed, day: str) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for row in each.rows:
        counts[row.status.value] = counts.get(row.status.value, 0) + 1
    one = each.rows[0] if len(each.rows) == 1 else None
    return {
        "commitment": each.commitment.id,
        "title": each.commitment.title,
        "measure": each.commitment.measure,
        "role": each.role or None,
        "role_title": ROLES[each.role] if each.role else None,
        "due": each.due,
        "status": each.status.value,
        "areas": len(each.rows),
        "counts": counts,
        "reason": one.reason if one else None,
        "url": explain_link(one.commitment, one.area, day) if one else commitment_link(each.commitment.id, day=day),
    }


@shown_to(signed_in)
def mine(request: HttpRequest) -> Page:
    """What is owed, to report, to handle and to verify; for an enterprise its own entries."""
    account, at = request.user, desk()
    if rights.role_of(account) is Role.ENTERPRISE:
        return Page("mine_enterprise.html", {"unit": account.unit, "entries": _own_entries(account)})
    snapshot = at_day(request)
    now = standing(snapshot) if snapshot else None
    day = day_of_address(request, now.day) if now else ""
    every = owed(account, now) if now else []
    groups = by_urgency(every, now.day) if now else {}
    month = at.today.strftime("%Y-%m") if at.today.year == at.pack.year else at.day.strftime("%Y-%m")
    reports = to_report(account, month)
    late = late_cases(account, at.today)
    late_count = late.count()
    counts = dict.fromkeys(Status, 0)
    for each in every:
        counts[each.status] += 1
    data: dict[str, Any] = {
        "unit": at.pack.units.title(account.unit),
        "area": at.pack.areas.get(account.area).title if account.area in at.pack.areas else None,
        "as_of": now.day if now else None,
        "counts": {status.value: count for status, count in counts.items()},
        "groups": [
            {
                "group": name,
                "title": _GROUPS[name],
                "count": len(found),
                "rows": [_owed(each, day) for each in found[:_SHOWN]],
            }
            for name, found in groups.items()
        ],
        "month": month,
        "reports": [
            {
                "measure": measure,
                "summary": at.pack.measures[measure].summary,
                "role": ROLES[role],
                "state": state,
                "state_title": _report_state(state),
                "url": measure_link(measure, day),
                "form": report_link(measure, month),
            }
            for measure, role, state in reports
        ],
        "waiting": [
            {
                "ledger": each.ledger.ledger,
                "title": each.ledger.title,
                "state": each.state,
                "state_title": each.ledger.states[each.state].title,
                "count": each.count,
                "to_verify": each.to_verify,
                "url": ledger_link(each.ledger.ledger, state=each.state),
            }
            for each in waiting_entries(account)
        ],
        "late": {
            "count": late_count,
            "rows": [
                {
                    "number": row.key,
                    "due": row.values.get("due_on"),
                    "days": _days_late(row.values.get("due_on"), at.today),
                    "subject": row.values.get("subject") or row.values.get("what") or "",
                    "state": at.pack.ledgers["cases"].states[row.state].title,
                    "url": entry_link("cases", row.key),
                }
                for row in (late[:10] if late_count else ())
            ],
        },
    }
    missing = sum(each["state"] is None or each["state"] == "returned" for each in data["reports"])
    tabs = [(each["group"], each["title"], each["count"]) for each in data["groups"] if each["count"]]
    tabs.append(("reports", Text(f"{month} 月报", f"Reports for {month}"), missing))
    extra = {
        "tabs": [
            {"title": title, "url": f"#{name}", "count": count, "current": index == 0}
            for index, (name, title, count) in enumerate(tabs)
        ],
        "five": five_counts(counts),
        "verify": [each for each in data["waiting"] if each["to_verify"]],
        "handle": [each for each in data["waiting"] if not each["to_verify"]],
        "missing": missing,
        "no_duties": not every and not reports,
        "month_words": month,
    }
    return Page("mine.html", data, extra)


def _days_late(due: str | None, today: dt.date) -> int | None:
    return (today - dt.date.fromisoformat(due)).days if due else None


def _report_state(state: str | None) -> Text:
    ledger = desk().pack.ledgers.get("progress_reports")
    if state is None or ledger is None or state not in ledger.states:
        return Text("未填报", "not handed in")
    return ledger.states[state].title


def _own_entries(account: Any) -> list[dict[str, Any]]:
    """The entries of an enterprise: how they stand, and which steps it may take now."""
    ledgers = desk().pack.ledgers
    found = []
    for row in rights.visible_entries(account).order_by("ledger", "id")[:_SHOWN]:
        ledger = ledgers.get(row.ledger)
        if ledger is None:
            continue
        found.append(
            {
                "ledger": row.ledger,
                "ledger_title": ledger.title,
                "key": row.key,
                "name": str(row.values.get("name") or row.key),
                "state": row.state,
                "state_title": ledger.states[row.state].title if row.state in ledger.states else row.state,
                "since": row.day,
                "missing": _unfilled(ledger, row.values),
                "steps": [
                    step.title
                    for step in ledger.transitions
                    if row.state in step.from_ and rights.takes_step(account, ledger, step)
                ],
                "url": entry_link(row.ledger, row.key),
            }
        )
    return found


def _unfilled(ledger: Ledger, values: dict[str, Any]) -> list[Text]:
    """Declared fields that are empty: what an enterprise may be asked to fill in."""
    return [field.title for field in ledger.fields if values.get(field.name) in (None, "")]


routes = pair("mine", mine, "mine")
