"""Cases as a whole (问题督办): who is late, and the drawn re-checks of what was closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localtime

from lantu.base import Text
from lantu.office import inbox, rights
from lantu.office.cases import summed
from lantu.office.desk import desk
from lantu.office.jobs.models import Job
from lantu.office.jobs.work import ask
from lantu.office.register.story import area_title, body_title
from lantu.site.answers import Page, pair, shown_to
from lantu.site.pages.case_work import case_crumbs
from lantu.site.pages.errors import not_allowed, not_found
from lantu.site.pages.ledgers import entry_address
from lantu.site.pages.sheets import shown_job

if TYPE_CHECKING:
    from lantu.office.cases import LateRow


@shown_to(rights.sees_office)
def late_cases(request: HttpRequest) -> Page:
    """Who is late: open cases by unit and by district, with the colours of escalation."""
    rows = inbox.late_rows(request.user, inbox.version())
    levels = inbox.handling().escalation.levels
    by_unit = summed(rows, "unit")
    by_area = summed(_in_districts(rows), "area")
    order = [level.name for level in reversed(levels)]
    for each in (by_unit, by_area):
        each.sort(key=lambda row: (*(-row.levels[name] for name in order), -row.late, -row.open))
    data = {
        "day": desk().today.isoformat(),
        "units": [row.as_json() for row in by_unit],
        "areas": [row.as_json() for row in by_area],
        "open": sum(row.open for row in rows),
        "late": sum(row.late for row in rows),
    }
    extra = {
        "crumbs": case_crumbs(Text("谁逾期", "Who is late")),
        "levels": [
            {"title": level.title, "tone": inbox.TONES[min(index, 2)], "from_days": level.from_days}
            for index, level in enumerate(levels)
        ],
        "columns": _late_columns(Text("承办单位", "unit"), levels),
        "area_columns": _late_columns(Text("区域", "area"), levels),
        "unit_rows": [
            _late_row(_unit_name(row), {"holder": row.unit} if row.unit else {}, row, levels) for row in by_unit
        ],
        "area_rows": [_late_row(area_title(row.area), {"area": row.area}, row, levels) for row in by_area],
        "stale": any(row.stale for row in rows),
        "own_choice": inbox.handling().escalation.basis == "own_choice",
        "empty": {"title": Text("没有未办结的问题", "No case is open"), "text": ""},
    }
    return Page("cases_late.html", data, extra)


def _unit_name(row: LateRow) -> Text:
    return body_title(row.unit) if row.unit else Text("未定承办单位", "nobody named yet")


def _in_districts(rows: Sequence[LateRow]) -> list[LateRow]:
    """The rows with streets counted to their districts."""
    areas, found = desk().pack.areas, []
    for row in rows:
        area = areas.get(row.area) if row.area in areas else None
        upper = area.parent if area is not None and area.level == "street" and area.parent is not None else row.area
        found.append(replace(row, area=upper))
    return found


def _late_columns(first: Text, levels: Sequence[Any]) -> list[dict[str, Any]]:
    titles = [Text("未办结", "open"), Text("逾期", "late"), *(level.title for level in reversed(levels))]
    titles += [Text("无期限", "no deadline"), Text("最长逾期（工作日）", "longest (working days)")]
    return [{"title": first}, *({"title": title, "numeric": True} for title in titles)]


def _late_row(name: Text, query: dict[str, str], row: LateRow, levels: Sequence[Any]) -> dict[str, Any]:
    def linked(count: int, **more: str) -> dict[str, Any]:
        url = f"{reverse('cases')}?{urlencode({**more, **query})}" if count and query else ""
        return {"text": str(count), "numeric": True, "url": url, "sort": count}

    cells: list[dict[str, Any]] = [{"text": name}]
    cells.append({"text": str(row.open), "numeric": True, "sort": row.open})
    cells.append(linked(row.late, tab="overdue"))
    cells += [linked(row.levels[level.name], tab="all", level=level.name) for level in reversed(levels)]
    cells.append({"text": str(row.undated), "numeric": True, "sort": row.undated})
    cells.append({"text": str(row.worst_days), "numeric": True, "sort": row.worst_days})
    return {"cells": cells}


class DrawForm(forms.Form):
    """From which closed cases is drawn, and by which seed."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        today = desk().today
        first = today.replace(day=1)
        date = {"type": "date"}
        bad = {"invalid": str(Text("不是日期", "it is no date")), "required": str(Text("必填", "it is needed"))}
        for name, title, initial in (
            ("first", Text("销号日期从", "closed from"), first),
            ("last", Text("到", "to"), today),
        ):
            self.fields[name] = forms.DateField(
                label=str(title), initial=initial.isoformat(), widget=forms.DateInput(attrs=date), error_messages=bad
            )
        self.fields["seed"] = forms.CharField(
            label=str(Text("种子", "seed")),
            max_length=60,
            help_text=str(
                Text(
                    "事先约定的词句；同一种子总抽中同样的问题，谁都可以重算",
                    "words agreed on beforehand; the same seed always draws the same cases, and anybody can repeat it",
                )
            ),
            error_messages=bad,
        )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("first") and found.get("last") and found["first"] > found["last"]:
            self.add_error("last", str(Text("早于开始日期", "it is before the first day")))
        return found


@shown_to(rights.sees_office)
def rechecks(request: HttpRequest) -> Page | HttpResponse:
    """The draws that were made, and one of them with what became of its cases; a coordinator draws."""
    may_draw = rights.may_run_jobs(request.user)
    form = DrawForm()
    if request.method == "POST":
        if not may_draw:
            return not_allowed(request)
        form = DrawForm(request.POST)
        if form.is_valid():
            given = {
                "first": form.cleaned_data["first"].isoformat(),
                "last": form.cleaned_data["last"].isoformat(),
                "seed": form.cleaned_data["seed"],
            }
            same = Job.objects.filter(kind="draw_rechecks", given=given).exclude(state="failed").first()
            job = same or ask("draw_rechecks", given, request.user)
            return redirect(f"{reverse('rechecks')}?draw={job.pk}")
    draws = list(Job.objects.filter(kind="draw_rechecks")[:50])
    wanted = request.GET.get("draw", "")
    chosen = next((each for each in draws if str(each.pk) == wanted), draws[0] if draws and not wanted else None)
    if wanted and chosen is None:
        return not_found(request)
    shown = None
    if chosen is not None and not chosen.is_over:
        here = f"{reverse('rechecks')}?draw={chosen.pk}"
        shown = shown_job(chosen, here, here, Text("查看结果", "See the result"))
        if request.headers.get("HX-Request"):
            return render(request, "parts/job.html", {"job": shown})
    listed = [_draw(each) for each in draws]
    rows = _drawn(request.user, chosen) if chosen is not None and chosen.state == "done" else []
    data = {"draws": listed, "draw": chosen.pk if chosen else None, "cases": [row["data"] for row in rows]}
    closing = inbox.ledger().closing
    extra = {
        "crumbs": case_crumbs(Text("抽查复核", "Re-checks")),
        "form": form,
        "may_draw": may_draw,
        "job": shown,
        "percent": closing.recheck_percent if closing else 0,
        "rows": rows,
        "columns": [
            {"title": title}
            for title in (
                Text("编号", "number"), Text("区域", "area"), Text("承办单位", "unit"), Text("销号", "closed"),
                Text("复核", "re-checked"), Text("结果", "result"),
            )
        ],
        "hidden": len(chosen.result.get("cases", [])) - len(rows) if chosen is not None and chosen.result else 0,
        "empty": {"title": Text("没有抽中的问题", "No case was drawn"), "text": ""},
    }  # fmt: skip
    return Page("cases_recheck.html", data, extra, 422 if form.errors else 200)


def _draw(job: Job) -> dict[str, Any]:
    return {
        "id": job.pk,
        "state": job.state,
        "state_title": job.state_title,
        "first": job.given.get("first"),
        "last": job.given.get("last"),
        "seed": job.given.get("seed"),
        "by": job.account.username if job.account is not None else "",
        "at": localtime(job.created).strftime("%Y-%m-%d %H:%M"),
        "count": len(job.result.get("cases", [])),
        "url": f"{reverse('rechecks')}?draw={job.pk}",
    }


def _drawn(account: Any, job: Job) -> list[dict[str, Any]]:
    """The drawn cases that the account sees, as they stand now."""
    drawn = {each["number"]: each for each in job.result.get("cases", [])}
    declared = inbox.ledger()
    result = declared.field("recheck_result")
    found = []
    for start in range(0, len(drawn), 400):
        keys = list(drawn)[start : start + 400]
        for row in rights.visible_entries(account).filter(ledger=inbox.CASES, key__in=keys).order_by("key"):
            was = drawn[row.key]
            on = row.values.get("rechecked_on")
            fresh = on is not None and on >= was["closed_on"]
            code = row.values.get("recheck_result") if fresh else None
            word = result.codes.get(code) if result is not None and code else None
            tone = {"holds": "good"}.get(code or "", "bad") if code else "warn"
            data = {**was, "state": row.state, "rechecked_on": on if fresh else None, "result": code}
            cells = [
                {"text": row.key, "url": entry_address(inbox.CASES, row.key)},
                {"text": area_title(row.area)},
                {"text": body_title(row.holder)},
                {"text": f"{was['closed_on']} · {body_title(was['closed_by'])}"},
                {"text": on if fresh else ""},
                {"text": word or Text("待复核", "not yet"), "tone": tone},
            ]
            found.append({"cells": cells, "data": data})
    return found


routes = [
    *pair("cases/late", late_cases, "late_cases"),
    *pair("cases/recheck", rechecks, "rechecks"),
]
