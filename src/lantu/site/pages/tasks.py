"""Tasks (任务): the list of the plan's tasks, and the page of one with measures, commitments, ledgers and reports."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest
from django.urls import path

from lantu.assessment import AssessmentRow, Status
from lantu.assessment.ground import CASES, PROGRESS_REPORTS
from lantu.assessment.verdict import WORST_FIRST, worst
from lantu.base import Text
from lantu.ledgers.schema import Ledger
from lantu.office import rights
from lantu.office.desk import desk
from lantu.office.duties import ROLES
from lantu.office.printed import printed_measures
from lantu.office.register.counts import counts_by_state
from lantu.office.register.lookups import key_begins
from lantu.office.standing import PlanTask, Standing, plan_tasks, standing
from lantu.office.trend import has_trend
from lantu.site.answers import Page, at_day, pair, shown_to
from lantu.site.figures import five_counts, verdict
from lantu.site.links import commitment_link, entry_link, ledger_link, task_link
from lantu.site.pages.commitments import asked, cell_row, figure_words
from lantu.site.pages.overview import day_of_address, fragment

_PER_PAGE = 50
_REPORTS_SHOWN = 12
_STATES_OF_COUNTS = tuple(status.value for status in Status)


def _units_of(task: PlanTask) -> list[dict[str, Any]]:
    units = desk().pack.units
    return [{"unit": unit, "title": units.title(unit)} for unit in task.units()]


def _has_unit(task: PlanTask, unit: str) -> bool:
    return any(duty.measure in {m.id for m in task.measures} for duty in desk().duties.of(unit))


def _has_words(task: PlanTask, words: str) -> bool:
    texts = [task.title, task.section.title]
    for measure in task.measures:
        texts += [measure.summary, *(commitment.title for commitment in measure.commitments)]
    folded = words.casefold()
    found = printed_measures()
    printed = " ".join(found[m.id].text for m in task.measures if m.id in found)
    every = " ".join(f"{text.zh} {text.en}" for text in texts)
    return folded in f"{task.id} {every} {printed}".casefold()


def _next_due(task: PlanTask, day: dt.date) -> dt.date | None:
    due = [found for c in task.commitments if (found := desk().pack.due_of(c)) is not None and found >= day]
    return min(due, default=None)


def task_row(task: PlanTask, now: Standing | None, day: str) -> dict[str, Any]:
    """A task as a row of a list."""
    rows = now.rows_of_task.get(task.id, []) if now else []
    counts = now.snapshot.assessment.counts(rows) if now else {}
    status = now.status_of_task(task.id) if now else None
    return {
        "task": task.id,
        "plan": task.plan.id,
        "plan_title": task.plan.title,
        "number": task.task.no,
        "title": task.title,
        "section": task.section.title,
        "units": _units_of(task),
        "status": status.value if status else None,
        "counts": {each.value: counts.get(each, 0) for each in Status},
        "due": _next_due(task, now.day if now else desk().day),
        "url": task_link(task.id, day),
    }


@shown_to(rights.sees_office)
def tasks(request: HttpRequest) -> Page:
    """All tasks of the plan, to filter by plan, unit, status, words and what is due."""
    at, given = desk(), request.GET
    snapshot = at_day(request)
    now = standing(snapshot) if snapshot else None
    day = day_of_address(request, now.day) if now else ""
    rows = [task_row(task, now, day) for task in _chosen(given, now)]
    if status := given.get("status", ""):
        rows = [row for row in rows if row["counts"].get(status)] if status in _STATES_OF_COUNTS else []
    order = [status.value for status in WORST_FIRST]
    sort = given.get("sort", "")
    if sort == "status":
        rows.sort(key=lambda row: order.index(row["status"]) if row["status"] else len(order))
    elif sort == "due":
        rows.sort(key=lambda row: row["due"] or dt.date.max)
    page = Paginator(rows, _PER_PAGE).get_page(given.get("page"))
    data = {
        "as_of": now.day if now else None,
        "count": len(rows),
        "page": page.number,
        "pages": page.paginator.num_pages,
        "rows": list(page),
    }
    query = given.copy()
    query.pop("page", None)
    units = [(unit, at.pack.units.title(unit)) for unit in at.duties.units()]
    extra = {
        "pages_part": page,
        "query_part": query.urlencode(),
        "fields": [
            _select("plan", Text("计划", "plan"), given, [(plan.id, plan.title) for plan in at.pack.plans]),
            _select("unit", Text("单位", "unit"), given, units),
            _select("status", Text("含有状态", "has verdicts"), given, [(s.value, s.title) for s in Status]),
            _select(
                "due",
                Text("到期", "due"),
                given,
                [("30", Text("30天内", "in 30 days")), ("90", Text("90天内", "in 90 days"))],
            ),
            {"name": "q", "label": Text("文字", "words"), "kind": "search", "value": given.get("q", "")},
        ],
        "kept": [(name, given[name]) for name in ("as_of", "sort") if given.get(name)],
        "reset": f"/tasks{f'?as_of={day}' if day else ''}",
        "filtered": any(given.get(name) for name in ("plan", "unit", "status", "due", "q")),
        "sort": sort,
    }
    return Page("tasks.html", data, extra)


def _select(name: str, label: Text, given: Any, choices: list[Any]) -> dict[str, Any]:
    return {"name": name, "label": label, "kind": "select", "value": given.get(name, ""), "choices": choices}


def _chosen(given: Any, now: Standing | None) -> list[PlanTask]:
    found = list(plan_tasks().values())
    if plan := given.get("plan", ""):
        found = [task for task in found if task.plan.id == plan]
    if unit := given.get("unit", ""):
        found = [task for task in found if _has_unit(task, unit)]
    if words := given.get("q", "").strip()[:200]:
        found = [task for task in found if _has_words(task, words)]
    if (days := given.get("due", "")).isdecimal() and now is not None:
        due = {each.commitment.measure for each in now.due_within(min(int(days[:4]), 400))}
        found = [task for task in found if any(measure.id in due for measure in task.measures)]
    return found


def _task(name: str) -> PlanTask:
    found = plan_tasks().get(name)
    if found is None:
        raise Http404
    return found


@shown_to(rights.sees_office)
def task(request: HttpRequest, name: str) -> Page:
    """One task: its measures with text, units, deadline, clocks and commitments; ledgers, cases and reports."""
    found = _task(name)
    account, areas = request.user, desk().pack.areas
    area = request.GET.get("area", "")
    if area and (area not in areas or not rights.sees_area(account, area)):
        raise Http404
    snapshot = at_day(request)
    now = standing(snapshot) if snapshot else None
    day = day_of_address(request, now.day) if now else ""
    focus = area or (account.area if account.area in areas else desk().pack.head.area)
    rows = now.rows_of_task.get(found.id, []) if now else []
    measures = [_measure(measure, now, focus, day) for measure in found.measures]
    counts = now.snapshot.assessment.counts(rows) if now else {}
    data = {
        "task": found.id,
        "number": found.task.no,
        "title": found.title,
        "plan": found.plan.id,
        "plan_title": found.plan.title,
        "section": found.section.title,
        "note": found.task.note,
        "as_of": now.day if now else None,
        "status": worst([row.status for row in rows]).value if rows else None,
        "counts": {status.value: counts.get(status, 0) for status in Status},
        "area": {"code": area, "name": areas.get(area).title} if area else None,
        "in_area": [verdict(row, day) for row in _rows_in(account, now, rows, area)] if area and now else [],
        "measures": measures,
        "ledgers": linked_ledgers(account, found),
        "reports": _reports(account, found),
    }
    extra = {
        "five": five_counts(counts),
        "crumbs": [
            {"title": Text("任务", "Tasks"), "url": "/tasks"},
            {"title": found.plan.title, "url": f"/tasks?plan={found.plan.id}"},
            {"title": found.title, "url": ""},
        ],
        "measure_parts": [(each, _commitments_part(now, each, day)) for each in measures],
        "day_part": day,
        "focus": areas.get(focus).title,
    }
    return Page("task.html", data, extra)


def _rows_in(account: Any, now: Standing, rows: list[AssessmentRow], area: str) -> list[AssessmentRow]:
    """The verdicts on an area itself, and of a district those on its streets that are not simply fine."""
    own = [row for row in rows if row.area == area]
    good = (Status.MET, Status.ON_COURSE)
    streets = [
        row
        for row in rows
        if row.area != area
        and now.column_of(row.area) == area
        and row.status not in good
        and rights.sees_area(account, row.area)
    ]
    return own + streets[:_PER_PAGE]


def _measure(measure: Any, now: Standing | None, focus: str, day: str) -> dict[str, Any]:
    pack = desk().pack
    printed = printed_measures().get(measure.id)
    return {
        "id": measure.id,
        "summary": measure.summary,
        "printed": {
            "text": printed.text,
            "document": printed.document,
            "page": printed.page,
            "deadline": printed.deadline,
        }
        if printed
        else None,
        "deadline": {
            "raw": measure.deadline.raw,
            "type": measure.deadline.type,
            "date": measure.deadline.date,
            "start": measure.deadline.start,
        },
        "roles": [
            {
                "role": role,
                "title": title,
                "doubtful": role in measure.doubtful,
                "units": [{"unit": unit, "title": pack.units.title(unit)} for unit in getattr(measure, role)],
            }
            for role, title in ROLES.items()
        ],
        "note": measure.note,
        "clocks": _clocks(measure.id, now, focus),
        "commitments": [_commitment(commitment, now, day) for commitment in measure.commitments],
    }


def _clocks(measure: str, now: Standing | None, focus: str) -> dict[str, Any] | None:
    """The three clocks of a measure in the area that the reader looks at, else over all areas."""
    if now is None:
        return None
    every = now.by_measure.get(measure, [])
    rows = [row for row in every if row.area == focus] or every
    if not rows or rows[0].clocks is None:
        return None
    status = worst([row.status for row in rows])
    clocks = rows[0].clocks
    here = rows[0].area_name if rows[0].area == focus else Text("各区域合计", "all areas together")
    counts = now.snapshot.assessment.counts(rows)
    evidenced = Text(
        "、".join(f"{each.title.zh} {count}" for each, count in counts.items() if count),
        ", ".join(f"{each.title.en} {count}" for each, count in counts.items() if count),
    )
    many = Text("见各区域", "see the areas") if rows[0].area != focus else clocks.declared
    return {
        "status": status.value,
        "declared": many,
        "evidenced": evidenced,
        "scheduled": clocks.scheduled,
        "area": here,
    }


def _commitment(commitment: Any, now: Standing | None, day: str) -> dict[str, Any]:
    head = {
        **asked(commitment),
        "words": figure_words(commitment),
        "url": commitment_link(commitment.id, day=day),
        "trend": has_trend(commitment),
    }
    if now is None:
        return {**head, "status": None, "areas": []}
    rows = now.snapshot.assessment.of(commitment.id)
    areas = [cell_row(now, commitment, cell, day) for cell in now.cells_of(rows)]
    return {
        **head,
        "status": worst([row.status for row in rows]).value,
        "counts": {status.value: count for status, count in now.snapshot.assessment.counts(rows).items()},
        "areas": areas,
        "declared": any(each.get("declared") for each in areas),
    }


def _commitments_part(now: Standing | None, measure: dict[str, Any], day: str) -> Any:
    """The commitments of a measure with their verdicts, written once for a snapshot."""
    key = f"measure-{measure['id']}-{now.snapshot.sha256 if now else ''}-{day}"
    return fragment("task_commitments.html", key, {"measure": measure, "day_part": day})


def linked_ledgers(account: Any, found: PlanTask) -> list[dict[str, Any]]:
    """The ledgers whose entries decide a task, with how many of them the account sees, by state."""
    duties, ledgers = desk().duties, desk().pack.ledgers
    names = sorted({name for measure in found.measures for name in duties.ledgers_of_measure(measure.id)})
    seen = {ledger.ledger for ledger in rights.visible_ledgers(account)}
    counts = counts_by_state(account, [name for name in names if name in seen])
    return [_ledger(ledgers[name], counts.get(name, {}), name in seen) for name in names if name in ledgers]


def _ledger(ledger: Ledger, counts: dict[str, int], seen: bool) -> dict[str, Any]:
    return {
        "ledger": ledger.ledger,
        "title": ledger.title,
        "cases": ledger.ledger == CASES,
        "count": sum(counts.values()) if seen else None,
        "states": [
            {
                "state": state,
                "title": ledger.states[state].title,
                "count": count,
                "url": ledger_link(ledger.ledger, state=state),
            }
            for state, count in counts.items()
            if state in ledger.states
        ],
        "url": ledger_link(ledger.ledger),
    }


def _reports(account: Any, found: PlanTask) -> list[dict[str, Any]]:
    """The latest progress reports on a task that the account sees."""
    ledger = desk().pack.ledgers.get(PROGRESS_REPORTS)
    if ledger is None:
        return []
    wanted = key_begins(f"{found.measures[0].id}/")
    for measure in found.measures[1:]:
        wanted |= key_begins(f"{measure.id}/")
    rows = rights.visible_entries(account).filter(wanted, ledger=PROGRESS_REPORTS).order_by("-day", "-id")
    declared = ledger.field("declared")
    codes = declared.codes if declared else {}
    return [
        {
            "measure": row.values.get("measure"),
            "unit": row.values.get("unit_name"),
            "month": row.values.get("month"),
            "declared": codes.get(row.values.get("declared", ""), Text("", "")),
            "percent": row.values.get("percent"),
            "state": row.state,
            "state_title": ledger.states[row.state].title if row.state in ledger.states else row.state,
            "url": entry_link(PROGRESS_REPORTS, row.key),
        }
        for row in rows[:_REPORTS_SHOWN]
    ]


routes = [
    *pair("tasks", tasks, "tasks"),
    path("tasks/<slug:name>", task, name="task"),
    path("tasks/<slug:name>.json", task, name="task_json"),
]
