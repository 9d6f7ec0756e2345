"""Work on cases (问题办理): a clue by hand, and the same step with several cases at once."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from lantu.base import LantuError, Place, SeveralErrors, Text
from lantu.office import inbox, rights
from lantu.office.desk import desk
from lantu.office.evidence import received
from lantu.office.register.story import area_title
from lantu.office.steps import asked_by, blocked_by
from lantu.site.answers import Page, pair, shown_to
from lantu.site.forms.ledger_forms import LedgerForm, clue_form, place_of, step_form
from lantu.site.pages.entries import state_title
from lantu.site.pages.errors import not_allowed
from lantu.site.pages.ledgers import entry_address

if TYPE_CHECKING:
    from lantu.ledgers import Transition
    from lantu.office.cases.alike import Alike
    from lantu.office.register.models import Entry

_MOST = 200
"""So many cases may be worked on at once."""


def case_crumbs(*last: Any) -> list[dict[str, Any]]:
    """Where a page about cases stands."""
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
            "case_new.html", {"title": title, "alike": []}, {"form": form, "back": back, "crumbs": case_crumbs(title)}
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
        "crumbs": case_crumbs(title),
        "once": form.data.get("once", ""),
        "alike_links": [{"text": alike_words(each), "url": entry_address(inbox.CASES, each.number)} for each in alike],
    }
    return Page("case_new.html", data, extra, form.status if form.errors else 200)


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
        "crumbs": case_crumbs(title),
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


routes = [
    *pair("cases/new", new_case, "new_case"),
    *pair("cases/batch", batch, "case_batch"),
]
