"""Raising cases as a job: what would be raised, and raising it; each morning and after imports if the pack wants."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any

from lantu.base import Text
from lantu.ledgers import Actor
from lantu.office.cases import foresee, raise_cases
from lantu.office.cases.looking import last_whole_day, look_over, rules_about, rules_of
from lantu.office.desk import desk

if TYPE_CHECKING:
    from collections.abc import Callable

    from lantu.office.cases import Findings, Outcome
    from lantu.office.jobs.models import Job

    Progress = Callable[[int, int, str], None]

MOST_SHOWN = 300
"""So many hits of a preview are kept to be shown one by one; all of them are counted."""
PROGRAM = Actor("lantu", "lantu")
"""Who is named in the journal where the program acts by itself."""


def given(day: dt.date, days: int, rules: list[str] | None) -> dict[str, Any]:
    """What such a job works on, as JSON."""
    return {"day": day.isoformat(), "days": days, "rules": rules}


def _looked(job: Job, step: Progress) -> Findings:
    at = desk()
    day = dt.date.fromisoformat(job.given["day"])
    book, names = at.fresh_book(), job.given.get("rules")
    return look_over(at.pack, at.lake, book, at.workspace, day, int(job.given.get("days", 1)), names, step)


def _actor(job: Job) -> Actor:
    return job.account.actor() if job.account is not None else PROGRAM


def _unknown(found: Findings) -> dict[str, list[dict[str, str]]]:
    return {rule: [{"zh": why.zh, "en": why.en} for why in reasons] for rule, reasons in found.unknown.items()}


def find_for_cases(job: Job, step: Progress) -> tuple[Text, dict[str, Any]]:
    """Say what would be raised, by rule, and what would go into which open case. Nothing is entered."""
    found = _looked(job, step)
    outcomes = foresee(desk().book, found.candidates, _actor(job))
    counts: dict[str, Counter[str]] = {}
    for each in outcomes:
        counts.setdefault(each.candidate.rule.rule, Counter())[each.kind] += 1
    kinds = Counter(each.kind for each in outcomes)
    fresh = kinds["entered"]
    message = Text(
        f"将新立 {fresh} 件，并入 {kinds['added']} 次，反弹重开 {kinds['reopened']} 次，已有 {kinds['known']} 次",
        f"{fresh} cases would be raised, {kinds['added']} hits added, {kinds['reopened']} would reopen a case, "
        f"{kinds['known']} are known already",
    )
    shown = [_shown(each) for each in outcomes if each.kind != "known"]
    return message, {
        **job.given,
        "fresh": fresh,
        "rules_counted": {rule: dict(by_kind) for rule, by_kind in counts.items()},
        "outcomes": shown[:MOST_SHOWN],
        "left_out": max(len(shown) - MOST_SHOWN, 0),
        "unknown": _unknown(found),
        "changed": desk().book.store.version("cases") or 0,
    }


def _shown(outcome: Outcome) -> dict[str, Any]:
    candidate = outcome.candidate
    return {
        "rule": candidate.rule.rule,
        "kind": outcome.kind,
        "case": outcome.case,
        "area": candidate.area,
        "subject": candidate.subject,
        "unit": candidate.unit,
        "occurred_on": candidate.occurred_on.isoformat(),
        "due_on": candidate.due.day.isoformat(),
        "what": {"zh": candidate.what.zh, "en": candidate.what.en},
        "rows": len(candidate.rows),
    }


def raise_for_cases(job: Job, step: Progress) -> tuple[Text, dict[str, Any]]:
    """Enter what the rules find; to do it again enters nothing. Each run stands in the journal."""
    found = _looked(job, step)
    report = raise_cases(desk().book, found.candidates, _actor(job), lambda done, total: step(done, total, ""))
    hits = Counter(each.rule.rule for each in found.candidates)
    counts = {name: len(value) if isinstance(value, list) else value for name, value in report.as_json().items()}
    desk().book.store.journal.write(_actor(job), "raise_cases", f"job/{job.pk}", {**job.given, **counts})
    return report.summary, {**job.given, **report.as_json(), "hits": dict(hits), "unknown": _unknown(found)}


def wanted_each_morning() -> dict[str, Any] | None:
    """What the morning's job looks at; None where the pack does not want it."""
    from lantu.office.inbox import handling

    raising = handling().raising
    if not raising.every_morning or not rules_of(desk().pack):
        return None
    return given(last_whole_day(desk().workspace), raising.days, None)


def wanted_after_import(dataset: str) -> dict[str, Any] | None:
    """What is looked at when data of a dataset came: its rules, the last days; None where there is nothing to do."""
    from lantu.office.inbox import handling

    raising = handling().raising
    rules = rules_about(desk().pack, dataset) if raising.after_import else []
    return given(last_whole_day(desk().workspace), raising.days, rules) if rules else None
