"""Work on cases (问题办理): a clue by hand, many cases at once, who is late, drawn re-checks."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from lantu.base import LantuError, Place, SeveralErrors, Text
from lantu.office import inbox, rights
from lantu.office.cases import summed
from lantu.office.desk import desk
from lantu.office.evidence import received
from lantu.office.jobs.models import Job
from lantu.office.jobs.work import ask
from lantu.office.register.story import area_title, body_title
from lantu.office.steps import asked_by, blocked_by
from lantu.site.answers import Page, pair, shown_to
from lantu.site.forms.ledger_forms import LedgerForm, clue_form, place_of, step_form
from lantu.site.pages.entries import state_title
from lantu.site.pages.errors import not_allowed, not_found
from lantu.site.pages.ledgers import entry_address, latest_change
from lantu.site.pages.sheets import shown_job

if TYPE_CHECKING:
    from lantu.ledgers import Transition
    from lantu.office.cases import LateRow
    from lantu.office.cases.alike import Alike
    from lantu.office.register.models import Entry

_MOST = 200
"""So many cases may be worked on at once."""


def _crumbs(*last: Any) -> list[dict[str, Any]]:
    return [{"title": Text("问题", "Cases"), "url": reverse("cases")}, *({"title": each, "url": ""} for each in last)]


# -- a clue by hand --------------------------------------------------------------------------------------------------


@shown_to(rights.sees_office)
def new_case(request: HttpRequest) -> Page | HttpResponse:
    """Enter a clue; cases that may be the same are offered before it becomes one of its own."""
    declared = inbox.ledger()
    if not rights.enters_some(request.user, declared):
        return not_allowed(request)
    title = Text("登记线索", "Enter a clue")
    back = reverse("cases")
    if request.method != "POST":
        form = clue_form(request.user, declared, secrets.token_hex(4))
        return Page(
            "case_new.html", {"title": title, "alike": []}, {"form": form, "back": back, "crumbs": _crumbs(title)}
        )
    form = clue_form(request.user, declared, "", request.POST, request.FILES)
    alike: list[Any] = []
    if form.is_valid():
        given = {name: value for name, value in form.given().items() if value not in (None, "", [])}
        area = form.cleaned_data["area"]
        sure = request.POST.get("sure") == form.cleaned_data["once"]
        alike = [] if sure else inbox.resembling(request.user, given, area, place_of(form))
        if not alike:
            number = _enter_clue(request, form, given)
            if number is not None:
                messages.success(request, str(Text(f"已登记 {number}", f"{number} was entered")))
                return redirect(entry_address(inbox.CASES, number))
    data = {
        "title": title,
        "alike": [each.as_json() for each in alike],
        "errors": {k: [str(e) for e in v] for k, v in form.errors.items()},
    }
    extra = {
        "form": form,
        "back": back,
        "crumbs": _crumbs(title),
        "once": form.data.get("once", ""),
        "alike_links": [{"text": alike_words(each), "url": entry_address(inbox.CASES, each.number)} for each in alike],
    }
    return Page("case_new.html", data, extra, 422 if form.errors else 200)


def alike_words(case: Alike) -> str:
    """A case that resembles a clue, in one line: its number, state, area, day, and by what it resembles it."""
    state = state_title(inbox.ledger(), case.state)
    why = "；".join(str(reason) for reason in case.reasons)
    return f"{case.number} · {state} · {area_title(case.area)} · {case.occurred_on} · {why}"


def _enter_clue(request: HttpRequest, form: LedgerForm, given: dict[str, Any]) -> str | None:
    """Enter a clue under a number that its form has from the beginning: a form sent twice makes one case."""
    at = desk()
    number = f"{at.today:%Y%m%d}-{form.cleaned_data['once']}"
    before = at.book.store.history(inbox.CASES, number)
    if before and before[0].person == request.user.username:
        return number
    try:
        with received(form.uploads()) as files:
            change = at.book.enter(
                inbox.CASES,
                {**given, "number": number},
                form.cleaned_data["area"],
                request.user.actor(),
                place=place_of(form),
                note=form.cleaned_data.get("note") or None,
                simulated=at.simulated,
                evidence=files,
            )
    except LantuError as error:
        form.refuse(error)
        return None
    return change.key


# -- many at once ----------------------------------------------------------------------------------------------------


def _chosen(request: HttpRequest, given: Any) -> list[Entry]:
    """The chosen cases that the account sees, in the order of the list."""
    keys = [key for _, _, key in (each.partition("|") for each in given.getlist("case"))][:_MOST]
    found = {row.key: row for row in rights.visible_entries(request.user).filter(ledger=inbox.CASES, key__in=keys)}
    return [found[key] for key in dict.fromkeys(keys) if key in found]


def _versions(given: Any) -> dict[str, int]:
    found = {}
    for each in given.getlist("case"):
        version, _, key = each.partition("|")
        if version.isascii() and version.isdigit():
            found[key] = int(version)
    return found


def _steps_for(account: Any, rows: Sequence[Entry]) -> list[Transition]:
    """The steps that all chosen cases allow and that ask for no file of each."""
    declared = inbox.ledger()
    return [
        step
        for step in declared.transitions
        if rows
        and all(row.state in step.from_ for row in rows)
        and not asked_by(declared, step).evidence
        and rights.takes_step(account, declared, step)
    ]


@shown_to(rights.sees_office)
def batch(request: HttpRequest) -> Page | HttpResponse:
    """Take the same step with several cases; each is its own change, and each refusal is told."""
    if not rights.changes_entries(request.user):
        return not_allowed(request)
    declared = inbox.ledger()
    given = request.POST if request.method == "POST" else request.GET
    rows = _chosen(request, given)
    steps = _steps_for(request.user, rows)
    step = next((each for each in steps if each.name == given.get("step")), None)
    if step is None and len(steps) == 1:
        step = steps[0]
    title = Text("批量办理", "Several at once")
    form = _batch_form(request, step, rows) if step is not None else None
    results: list[dict[str, Any]] = []
    if request.method == "POST":
        wanted = next((each for each in declared.transitions if each.name == given.get("step")), None)
        if wanted is not None and rows:
            form = _batch_form(request, wanted, rows, request.POST)
            if form.is_valid():
                versions = _versions(given)
                results = [_one(request, wanted, row, form, versions.get(row.key)) for row in rows]
                step = wanted
    data = {
        "title": title,
        "cases": [{"key": row.key, "version": row.version, "state": row.state} for row in rows],
        "steps": [{"step": each.name, "title": each.title} for each in steps],
        "step": step.name if step else None,
        "results": results,
    }
    query = [("case", f"{row.version}|{row.key}") for row in rows]
    done = sum(each["done"] for each in results)
    extra = {
        "crumbs": _crumbs(title),
        "form": form if not results else None,
        "step_title": step.title if step else "",
        "chosen": [
            {
                "value": f"{row.version}|{row.key}",
                "key": row.key,
                "url": entry_address(inbox.CASES, row.key),
                "what": str(row.values.get("what") or row.values.get("subject") or "").split("\n")[0][:80],
                "state": state_title(declared, row.state),
            }
            for row in rows
        ],
        "choices": [
            {
                "title": each.title,
                "url": f"?{urlencode([*query, ('step', each.name)])}",
                "current": each == step,
                "count": None,
            }
            for each in steps
        ],
        "done": done,
        "failed": len(results) - done,
    }
    status = 422 if form is not None and form.is_bound and form.errors and not results else 200
    return Page("case_batch.html", data, extra, status)


def _batch_form(request: HttpRequest, step: Transition, rows: Sequence[Entry], *given: Any) -> LedgerForm:
    """The form of a step for several cases: no files, no values of any one of them."""
    form = step_form(request.user, inbox.ledger(), step, rows[0], *given)
    for name in [*form.evidence, "version"]:
        form.fields.pop(name, None)
    form.evidence = {}
    for field in form.fields.values():
        field.initial = None
    if "holder" in form.fields:
        form.fields["holder"].required = any(row.holder is None for row in rows)
    return form


def _one(request: HttpRequest, step: Transition, row: Entry, form: LedgerForm, version: int | None) -> dict[str, Any]:
    """Take a step with one of the chosen cases."""
    result = {"key": row.key, "url": entry_address(inbox.CASES, row.key), "done": False, "why": ""}
    declared, book = inbox.ledger(), desk().book
    history = book.store.history(inbox.CASES, row.key)
    last = history[-1]
    again = version is not None and last.version == version + 1
    if again and (last.person, last.action) == (request.user.username, step.name):
        return {**result, "done": True}
    why = blocked_by(request.user, declared, step, history) if row.state in step.from_ else None
    if row.state not in step.from_:
        state = state_title(declared, row.state)
        why = Text(f"状态已是“{state.zh}”", f"its state is '{state.en}' by now")
    if why is not None:
        return {**result, "why": why}
    try:
        book.advance(
            inbox.CASES,
            row.key,
            step.name,
            request.user.actor(),
            day=_day(form),
            given={name: value for name, value in form.given().items() if value not in (None, "", [])},
            note=form.cleaned_data.get("note") or None,
            version=version,
            holder=form.cleaned_data.get("holder") or None,
            area=form.cleaned_data.get("area") or None,
        )
    except LantuError as error:
        every = error.errors if isinstance(error, SeveralErrors) else [error]
        return {**result, "why": Text("；".join(e.what.zh for e in every), "; ".join(e.what.en for e in every))}
    return {**result, "done": True}


def _day(form: LedgerForm) -> dt.date | None:
    written = form.cleaned_data.get("day") or ""
    try:
        return dt.date.fromisoformat(written) if written else None
    except ValueError:
        what = Text(f"“{written}”不是日期", f"'{written}' is not a date")
        raise LantuError(what, where=Place("form", None, "day")) from None


# -- who is late -----------------------------------------------------------------------------------------------------


@shown_to(rights.sees_office)
def late_cases(request: HttpRequest) -> Page:
    """Who is late: open cases by unit and by district, with the colours of escalation."""
    rows = inbox.late_rows(request.user, latest_change())
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
        "crumbs": _crumbs(Text("谁逾期", "Who is late")),
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
    from dataclasses import replace

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


# -- re-checks -------------------------------------------------------------------------------------------------------


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
        "crumbs": _crumbs(Text("抽查复核", "Re-checks")),
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
    from django.utils.timezone import localtime

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
    *pair("cases/new", new_case, "new_case"),
    *pair("cases/batch", batch, "case_batch"),
    *pair("cases/late", late_cases, "late_cases"),
    *pair("cases/recheck", rechecks, "rechecks"),
]
