"""Changing entries (条目办理): taking a step, entering, amending; a form that is out of date shows what changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse

from lantu.base import LantuError, Place, Text
from lantu.office import rights
from lantu.office.desk import desk
from lantu.office.evidence import received
from lantu.office.register import story
from lantu.office.steps import blocked_by
from lantu.site.answers import Page, shown_to, signed_in
from lantu.site.forms.ledger_forms import LedgerForm, amend_form, enter_form, place_of, step_form
from lantu.site.pages.entries import crumbs, seen_entry, state_title, target_hint
from lantu.site.pages.errors import not_allowed, not_found
from lantu.site.pages.ledgers import entry_address, seen_ledger

if TYPE_CHECKING:
    from lantu.ledgers import Change, Ledger
    from lantu.office.register.models import Entry

_DONE = Text("已办理：{what}", "done: {what}")


def _stale(history: Sequence[Change], version: int | None) -> bool:
    return version is not None and version != history[-1].version


def _again(history: Sequence[Change], version: int | None, account: Any, action: str) -> bool:
    """Whether the same person has sent the same form twice: the first one stands, the second changes nothing."""
    last = history[-1]
    return (
        version is not None and last.version == version + 1 and (last.person, last.action) == (account.username, action)
    )


def stale_notice(ledger: Ledger, history: Sequence[Change], version: int) -> dict[str, Any]:
    """What came since the version that was read, for the page that asks to look again."""
    last = history[-1]
    changes = story.since(ledger, history, version)
    return {
        "version": last.version,
        "read": version,
        "who": f"{last.person} · {story.body_title(last.unit)}",
        "at": story.local_moment(last.recorded),
        "changes": [each.as_json() for each in changes],
        "title": Text(
            f"您打开之后，{last.person} 已将条目改为第 {last.version} 版。没有保存；请核对后再提交。",
            f"since you opened it, {last.person} has changed the entry to version {last.version}. "
            "Nothing was saved; look at it and send it again.",
        ),
        "items": [f"{each.title}: {each.before or '—'} → {each.after or '—'}" for each in changes],
    }


def form_page(
    request: HttpRequest,
    ledger: Ledger,
    title: Text,
    form: LedgerForm,
    back: str,
    crumb: list[dict[str, Any]],
    status: int = 200,
    **more: Any,
) -> Page:
    """A form on a page of its own."""
    errors = {name: [str(each) for each in found] for name, found in form.errors.items()} if form.is_bound else {}
    data = {"ledger": ledger.ledger, "title": title, "errors": errors, "stale": more.pop("stale", None)}
    extra = {"form": form, "back": back, "crumbs": crumb, "submit": more.pop("submit", title), **more}
    return Page("entry_form.html", data, extra, status)


@shown_to(signed_in)
def step(request: HttpRequest, name: str, key: str, step: str) -> Page | HttpResponse:
    """Take a step with an entry."""
    found = seen_entry(request, name, key)
    if found is None:
        return not_found(request)
    ledger, row, history = found
    declared = next((each for each in ledger.transitions if each.name == step), None)
    if declared is None:
        return not_found(request)
    if not rights.may_step(request.user, ledger, declared, row):
        return not_allowed(request)
    back = entry_address(name, key)
    crumb = crumbs(ledger, (key, back), (declared.title, ""))
    if request.method != "POST":
        blocked = blocked_by(request.user, ledger, declared, history) if row.state in declared.from_ else None
        if row.state not in declared.from_:
            blocked = Text(
                f"状态“{state_title(ledger, row.state).zh}”不能办理这一步",
                f"not in the state '{state_title(ledger, row.state).en}'",
            )
        form = step_form(request.user, ledger, declared, row)
        hint = target_hint(ledger, declared, row.state)
        return form_page(request, ledger, declared.title, form, back, crumb, hint=hint, blocked=blocked)
    form = step_form(request.user, ledger, declared, row, request.POST, request.FILES)
    version = _posted_version(request)
    if _again(history, version, request.user, declared.name):
        return redirect(back)
    if _stale(history, version):
        return _look_again(request, ledger, declared.title, form, history, version, back, crumb)
    if not form.is_valid():
        return form_page(request, ledger, declared.title, form, back, crumb, 422)
    try:
        with received(form.uploads()) as files:
            desk().book.advance(
                name,
                key,
                declared.name,
                request.user.actor(),
                day=_posted_day(form),
                given={each: value for each, value in form.given().items() if value not in (None, "", [])},
                evidence=files,
                note=form.cleaned_data.get("note") or None,
                version=form.cleaned_data["version"],
                holder=form.cleaned_data.get("holder") or None,
                area=form.cleaned_data.get("area") or None,
            )
    except LantuError as error:
        history = desk().book.store.history(name, key)
        if _stale(history, version):
            return _look_again(request, ledger, declared.title, form, history, version, back, crumb)
        form.refuse(error)
        return form_page(request, ledger, declared.title, form, back, crumb, form.status)
    messages.success(request, str(_DONE.format(what=declared.title)))
    return redirect(back)


def _posted_version(request: HttpRequest) -> int | None:
    written = request.POST.get("version", "")
    return int(written) if written.isascii() and written.isdigit() and len(written) < 9 else None


def _posted_day(form: LedgerForm) -> Any:
    """The day that was typed; None for today.

    Raises:
        LantuError: it is no date.
    """
    written = form.cleaned_data.get("day") or ""
    try:
        return dt.date.fromisoformat(written) if written else None
    except ValueError:
        raise LantuError(
            Text(f"“{written}”不是日期", f"'{written}' is not a date"),
            where=Place("form", None, "day"),
            mend=Text("写成 2021-06-30", "write 2021-06-30"),
        ) from None


def _look_again(
    request: HttpRequest,
    ledger: Ledger,
    title: Text,
    form: LedgerForm,
    history: Sequence[Change],
    version: int | None,
    back: str,
    crumb: list[dict[str, Any]],
) -> Page:
    """The entry has changed since it was read (409): what changed, and the form once more with what was typed."""
    form.data = form.data.copy()
    form.data["version"] = str(history[-1].version)
    notice = stale_notice(ledger, history, version or 0)
    return form_page(request, ledger, title, form, back, crumb, 409, stale=notice)


@shown_to(signed_in)
def enter(request: HttpRequest, name: str) -> Page | HttpResponse:
    """Enter a new entry."""
    ledger = seen_ledger(request.user, name)
    if ledger is None:
        return not_found(request)
    if not rights.enters_some(request.user, ledger):
        return not_allowed(request)
    title = Text(f"录入：{ledger.title.zh}", f"Enter: {ledger.title.en}")
    back = reverse("ledger", kwargs={"name": name})
    crumb = crumbs(ledger, (Text("录入", "enter"), ""))
    save = Text("保存", "Save")
    if request.method != "POST":
        form = enter_form(request.user, ledger)
        return form_page(request, ledger, title, form, back, crumb, submit=save, hint=ledger.purpose)
    form = enter_form(request.user, ledger, request.POST)
    if form.is_valid():
        given = {each: value for each, value in form.given().items() if value not in (None, "", [])}
        key = ""
        try:
            change = desk().book.enter(
                name,
                given,
                form.cleaned_data["area"],
                request.user.actor(),
                day=_posted_day(form),
                holder=form.cleaned_data.get("holder") or None,
                state=form.cleaned_data.get("state") or None,
                place=place_of(form),
                note=form.cleaned_data.get("note") or None,
                simulated=desk().simulated,
                typed=True,
            )
            key = change.key
        except LantuError as error:
            key = _sent_twice(request, ledger, given)
            if not key:
                form.refuse(error)
        if key:
            messages.success(request, str(Text(f"已录入 {key}", f"{key} was entered")))
            return redirect(entry_address(name, key))
    return form_page(request, ledger, title, form, back, crumb, form.status, submit=save)


def _sent_twice(request: HttpRequest, ledger: Ledger, given: dict[str, Any]) -> str:
    """The key of an entry that this person has just entered with the same values; empty if it is not so."""
    book = desk().book
    values, faults = book.read_values(ledger, given)
    if faults or any(name not in values for name in ledger.key):
        return ""
    key = book.key_of(ledger, values)
    history = book.store.history(ledger.ledger, key)
    if len(history) != 1 or history[0].person != request.user.username:
        return ""
    kept = book.decoded(ledger, history[0].data)
    return key if all(kept.get(name) == value for name, value in values.items()) else ""


@shown_to(signed_in)
def amend(request: HttpRequest, name: str, key: str) -> Page | HttpResponse:
    """Change values of an entry."""
    found = seen_entry(request, name, key)
    if found is None:
        return not_found(request)
    ledger, row, history = found
    if not rights.may_amend(request.user, row):
        return not_allowed(request)
    title, back = Text(f"更改 {key}", f"Amend {key}"), entry_address(name, key)
    crumb = crumbs(ledger, (key, back), (Text("更改", "amend"), ""))
    save = Text("保存", "Save")
    if request.method != "POST":
        form = amend_form(request.user, ledger, row)
        return form_page(request, ledger, title, form, back, crumb, submit=save)
    form = amend_form(request.user, ledger, row, request.POST)
    version = _posted_version(request)
    if _again(history, version, request.user, "amend"):
        return redirect(back)
    if _stale(history, version):
        return _look_again(request, ledger, title, form, history, version, back, crumb)
    if not form.is_valid():
        return form_page(request, ledger, title, form, back, crumb, 422, submit=save)
    try:
        changed = _amended(request, ledger, row, form)
    except LantuError as error:
        history = desk().book.store.history(name, key)
        if _stale(history, version):
            return _look_again(request, ledger, title, form, history, version, back, crumb)
        form.refuse(error)
        return form_page(request, ledger, title, form, back, crumb, form.status, submit=save)
    words = Text("已保存", "saved") if changed else Text("没有改动", "nothing was changed")
    (messages.success if changed else messages.info)(request, str(words))
    return redirect(back)


def _amended(request: HttpRequest, ledger: Ledger, row: Entry, form: LedgerForm) -> bool:
    """Take what was typed; a verdict that was left as it stood is computed anew from the values."""
    book, given = desk().book, form.given()
    read, _ = book.read_values(ledger, given)
    kept = book.decoded(ledger, row.values)
    for field in ledger.fields:
        if field.judged_by is not None and read.get(field.name) == kept.get(field.name):
            given.pop(field.name, None)
    area = form.cleaned_data.get("area") or None
    holder = form.cleaned_data.get("holder") or None
    place = place_of(form)
    same = all(read.get(name) == kept.get(name) for name in given)
    where = (area or row.area, holder or row.holder, place or row.place) == (row.area, row.holder, row.place)
    _, unfit = book.read_values(ledger, given)
    if same and where and not unfit and not form.cleaned_data.get("note"):
        return False
    book.amend(
        ledger.ledger,
        row.key,
        given,
        request.user.actor(),
        day=_posted_day(form),
        area=area,
        holder=holder,
        note=form.cleaned_data.get("note") or None,
        version=form.cleaned_data["version"],
        place=place,
    )
    return True


routes = [
    path("ledgers/<slug:name>/-/enter", enter, name="enter_entry"),
    path("ledgers/<slug:name>/<path:key>/-/amend", amend, name="amend_entry"),
    path("ledgers/<slug:name>/<path:key>/-/step/<slug:step>", step, name="entry_step"),
]
