"""The overview (总览): how the whole plan stands on a day, what changed, what is due, and how fresh the data are."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import path
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_POST

from lantu.assessment import Status
from lantu.base import LantuError, Text, current_language
from lantu.office import rights
from lantu.office.desk import desk
from lantu.office.freshness import arrivals, changed_since
from lantu.office.jobs.models import Job
from lantu.office.jobs.work import ask
from lantu.office.standing import Change, Standing, plan_tasks, standing
from lantu.site.answers import Page, anyone, at_day, pair, shown_to
from lantu.site.figures import five_counts
from lantu.site.links import area_link, commitment_link, explain_link, task_link
from lantu.site.pages.progress import job_part

DUE_DAYS = 30
WEEK = 7
_SHOWN = 10
_PER_PAGE = 50
_KEEP = 24 * 3600


def day_of_address(request: HttpRequest, shown: dt.date) -> str:
    """The day to carry on in addresses: empty while the latest one is shown."""
    return shown.isoformat() if request.GET.get("as_of") else ""


def fragment(template: str, key: str, context: dict[str, Any]) -> SafeString:
    """A part that depends only on a snapshot and the language, written once for all who look at it."""
    name = f"part-{key}-{current_language()}"
    found = cache.get(name)
    if found is None:
        found = str(render_to_string(template, context))
        cache.set(name, found, _KEEP)
    return mark_safe(found)


def matrix(now: Standing) -> dict[str, Any]:
    """Tasks by columns: the worst verdict of each, None where a task is not judged."""
    return {
        "columns": [{"area": area.code, "name": area.title} for area in now.columns],
        "rows": [
            {
                "task": task.id,
                "plan": task.plan.id,
                "number": task.task.no,
                "title": task.title,
                "cells": [
                    cell.status.value if (cell := now.cells.get(task.id, {}).get(area.code)) else None
                    for area in now.columns
                ],
            }
            for task in plan_tasks().values()
        ],
    }


def _matrix_part(now: Standing, day: str) -> SafeString:
    codes = [area.code for area in now.columns]
    groups = []
    for plan in desk().pack.plans:
        rows = []
        for task in plan_tasks().values():
            if task.plan is not plan:
                continue
            here = now.cells.get(task.id, {})
            cells = [
                {"status": here[code].status.value, "url": commitment_or_task(task.id, code, day)}
                if code in here
                else None
                for code in codes
            ]
            rows.append({"no": task.task.no, "title": task.title, "url": task_link(task.id, day), "cells": cells})
        groups.append({"title": plan.title, "rows": rows})
    context = {
        "caption": Text("任务与区域的状态", "Status of tasks by area"),
        "corner": Text("任务", "Task"),
        "columns": [{"title": area.short_title, "url": area_link(area.code, day)} for area in now.columns],
        "groups": groups,
    }
    return fragment("parts/matrix.html", f"matrix-{now.snapshot.sha256}-{day}", context)


def commitment_or_task(task: str, area: str, day: str) -> str:
    """Where a cell of the matrix leads: the task's page with the verdicts of one area."""
    return f"/tasks/{task}?area={area}{f'&as_of={day}' if day else ''}"


def seen_changes(account: Any, now: Standing) -> tuple[dt.date | None, list[Change]]:
    """What changed since the assessment of a week before, as far as the account sees the areas; and its day."""
    before = desk().snapshots.before(now.day, WEEK)
    if before is None:
        return None, []
    changes = now.changes_since(before)
    seen = rights.areas_seen(account, {each.row.area for each in changes})
    return before.assessment.as_of, [each for each in changes if each.row.area in seen]


def change_row(change: Change, day: str) -> dict[str, Any]:
    """A changed verdict as data."""
    row = change.row
    return {
        "commitment": row.commitment,
        "title": row.title,
        "area": row.area,
        "area_name": row.area_name,
        "before": change.before.value if change.before else None,
        "after": row.status.value,
        "reason": row.reason,
        "url": explain_link(row.commitment, row.area, day),
    }


def transitions(changes: list[Change]) -> list[dict[str, Any]]:
    """How many verdicts went from what to what."""
    counted = Counter((each.before, each.row.status) for each in changes)
    order = list(Status)
    found = sorted(counted.items(), key=lambda item: (-item[1], order.index(item[0][1])))
    return [
        {"before": before.value if before else None, "after": after.value, "count": count}
        for (before, after), count in found
    ]


def dataset_rows(day: dt.date) -> list[dict[str, Any]]:
    """Every dataset: what is there, until when, and when the last of it came."""
    rows = []
    for each in arrivals():
        held = each.rows is not None
        behind = (day - dt.date.fromisoformat(each.last[:10])).days if len(each.last) >= 10 else None
        rows.append(
            {
                "dataset": each.dataset,
                "title": each.title,
                "rows": each.rows,
                "first": each.first or None,
                "last": each.last or None,
                "days_behind": max(behind, 0) if behind is not None else None,
                "came": each.came,
                "simulated": each.simulated if held else None,
            }
        )
    return rows


@shown_to(anyone)
def overview(request: HttpRequest) -> Page | HttpResponse:
    """The first page: for officers the overview, for enterprises their own entries, for the public the public page."""
    account = request.user
    if not rights.sees_office(account):
        return redirect("/mine" if account.is_authenticated else "/public")
    at = desk()
    snapshot = at_day(request)
    job = Job.objects.filter(kind="assess", state__in=["waiting", "running"]).first()
    extra: dict[str, Any] = {
        "may_assess": rights.may_run_jobs(account),
        "assess_day": at.day,
        "job": job_part(job) if job and rights.may_run_jobs(account) else None,
    }
    if snapshot is None:
        return Page("overview.html", {"as_of": None, "days": []}, {**extra, "nothing": True})
    now = standing(snapshot)
    day = day_of_address(request, now.day)
    since, changes = seen_changes(account, now)
    due = now.due_within(DUE_DAYS)
    stale_datasets, stale_ledgers = changed_since(snapshot)
    counts = snapshot.assessment.counts()
    data = {
        "as_of": now.day,
        "computed": dt.datetime.fromisoformat(snapshot.computed),
        "sha256": snapshot.sha256,
        "days": at.snapshots.days(),
        "verdicts": len(snapshot.assessment.rows),
        "counts": {status.value: count for status, count in counts.items()},
        "unknown": [{"why": why, "count": count} for why, count in now.reasons],
        "changes": {
            "since": since,
            "count": len(changes),
            "transitions": transitions(changes),
            "first": [change_row(each, day) for each in changes[:_SHOWN]],
        },
        "due": [
            {
                "commitment": each.commitment.id,
                "title": each.commitment.title,
                "day": each.day,
                "status": each.status.value,
                "counts": {status.value: count for status, count in each.counts.items()},
                "url": commitment_link(each.commitment.id, day=day),
            }
            for each in due
        ],
        "datasets": dataset_rows(now.day),
        "newer": {"datasets": stale_datasets, "ledgers": stale_ledgers},
    }
    if request.path.endswith(".json"):
        data["matrix"] = matrix(now)
    extra |= {
        "five": five_counts(counts, lambda status: f"/tasks?status={status}{f'&as_of={day}' if day else ''}"),
        "matrix_part": _matrix_part(now, day),
        "due_shown": data["due"][:_SHOWN],
        "due_left": max(len(due) - _SHOWN, 0),
        "day_part": day,
        "newer_count": len(stale_datasets) + len(stale_ledgers),
        "newer_titles": [
            *(row["title"] for row in data["datasets"] if row["dataset"] in stale_datasets),
            *(at.pack.ledgers[name].title for name in stale_ledgers if name in at.pack.ledgers),
        ][:_SHOWN],
        "due_days": DUE_DAYS,
    }
    return Page("overview.html", data, extra)


@shown_to(rights.sees_office)
def changes(request: HttpRequest) -> Page:
    """All verdicts that changed since the assessment of a week before, from what to what."""
    snapshot = at_day(request)
    if snapshot is None:
        return Page("changes.html", {"as_of": None, "since": None, "count": 0, "rows": []})
    now = standing(snapshot)
    since, every = seen_changes(request.user, now)
    before, after = request.GET.get("before", ""), request.GET.get("after", "")
    chosen = [
        each
        for each in every
        if (not before or (each.before.value if each.before else "none") == before)
        and (not after or each.row.status.value == after)
    ]
    page = Paginator(chosen, _PER_PAGE).get_page(request.GET.get("page"))
    day = day_of_address(request, now.day)
    data = {
        "as_of": now.day,
        "since": since,
        "count": len(chosen),
        "page": page.number,
        "pages": page.paginator.num_pages,
        "transitions": transitions(every),
        "rows": [change_row(each, day) for each in page],
    }
    choices = [(status.value, status.title) for status in Status]
    query = request.GET.copy()
    query.pop("page", None)
    extra = {
        "pages_part": page,
        "query_part": query.urlencode(),
        "fields": [
            {
                "name": "before",
                "label": Text("原状态", "was"),
                "kind": "select",
                "value": before,
                "choices": [*choices, ("none", Text("未评定", "not judged"))],
            },
            {"name": "after", "label": Text("现状态", "is now"), "kind": "select", "value": after, "choices": choices},
        ],
        "kept": [("as_of", day)] if day else [],
    }
    return Page("changes.html", data, extra)


@require_POST
@shown_to(rights.may_run_jobs)
def assess_now(request: HttpRequest) -> HttpResponse:
    """Ask for a fresh assessment; one that is under way for the same day is shown instead of a second one."""
    at = desk()
    written = request.POST.get("as_of", "").strip() or at.day.isoformat()
    try:
        day = dt.date.fromisoformat(written)
    except ValueError as error:
        raise LantuError(
            Text(f"“{written[:40]}”不是日期", f"'{written[:40]}' is no date"),
            mend=Text("如 2021-06-30", "e.g. 2021-06-30"),
        ) from error
    if not dt.date(at.pack.year, 1, 1) <= day <= at.day:
        raise LantuError(
            Text(
                f"只能评定 {at.pack.year}-01-01 至 {at.day} 之间的日子",
                f"choose a day from {at.pack.year}-01-01 to {at.day}",
            )
        )
    under_way = Job.objects.filter(kind="assess", state__in=["waiting", "running"])
    job = next((each for each in under_way if each.given.get("as_of") == day.isoformat()), None)
    if job is None:
        job = ask("assess", {"as_of": day.isoformat()}, request.user)
        job.refresh_from_db()
    if getattr(request, "htmx", False):
        return render(request, "parts/job.html", {"job": job_part(job)})
    return redirect("job", number=job.pk)


routes = [
    *pair("", overview, "overview"),
    *pair("changes", changes, "changes"),
    path("assess", assess_now, name="assess_now"),
]
