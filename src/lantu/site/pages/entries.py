"""An entry (条目): its page, the steps that may be taken, entering and amending."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.http import urlencode

from lantu.base import LantuError, Text
from lantu.ledgers.judging import RULES
from lantu.office import rights
from lantu.office.desk import desk
from lantu.office.evidence import received
from lantu.office.register import story
from lantu.office.steps import Offer, blocked_by, offers
from lantu.site.answers import Page, address, pair, shown_to, signed_in
from lantu.site.forms.ledger_forms import LedgerForm, amend_form, enter_form, place_of, step_form
from lantu.site.pages.errors import not_allowed, not_found
from lantu.site.pages.files import shown_file
from lantu.site.pages.ledgers import entry_address, entry_name, entry_row, seen_ledger, state_tone

if TYPE_CHECKING:
    from lantu.ledgers import Change, Ledger, LedgerField, Transition
    from lantu.office.register.models import Entry

MOST_EVENTS = 60
_DONE = Text("已办理：{what}", "done: {what}")


def seen_entry(request: HttpRequest, name: str, key: str) -> tuple[Ledger, Entry, list[Change]] | None:
    """An entry with its ledger and history; None where there is none, or where the account does not see it."""
    ledger = desk().pack.ledgers.get(name)
    entry = rights.visible_entry(request.user, name, key) if ledger is not None else None
    if ledger is None or entry is None:
        return None
    return ledger, entry, desk().book.store.history(name, key)


def crumbs(ledger: Ledger, *last: Any) -> list[dict[str, Any]]:
    """Where a page of a ledger stands; `last` are pairs of title and address."""
    found = [{"title": Text("台账", "Ledgers"), "url": reverse("ledgers")}]
    found.append({"title": ledger.title, "url": reverse("ledger", kwargs={"name": ledger.ledger})})
    return found + [{"title": title, "url": url} for title, url in last]


# -- what an entry is ----------------------------------------------------------------------------------------------


def judged(ledger: Ledger, field: LedgerField) -> Text | None:
    """By which standard a field is decided, and from which values."""
    if field.judged_by is None:
        return None
    rule = RULES[field.judged_by.rule]
    date = ledger.field(field.judged_by.day)
    zh, en = (date.title.zh, date.title.en) if date is not None else ("", "")
    return Text(
        f"按 {rule.reference}（{rule.title.zh}）判定，以“{zh}”当日有效的限值为准",
        f"decided by {rule.reference} ({rule.title.en}), with the limits of the day of '{en}'",
    )


def value_pairs(account: Any, ledger: Ledger, entry: Entry) -> list[dict[str, Any]]:
    """All fields of an entry with their values; references lead to the entry that they name, if it is seen."""
    pairs = []
    for field in ledger.fields:
        kept = entry.values.get(field.name)
        if kept is None and len(ledger.fields) > 16:
            continue  # of a ledger with dozens of measured items only those that were measured are shown
        unit = f" {field.unit}" if field.unit and kept is not None else ""
        pair: dict[str, Any] = {"field": field.name, "name": field.title, "value": story.shown_kept(field, kept) + unit}
        pair["note"] = judged(ledger, field)
        if field.ledger is not None and kept and rights.visible_entry(account, field.ledger, str(kept)) is not None:
            pair["url"] = entry_address(field.ledger, str(kept))
        pairs.append(pair)
    return pairs


def events(account: Any, ledger: Ledger, history: Sequence[Change], most: int | None = None) -> list[dict[str, Any]]:
    """The changes of an entry (the `most` latest ones), newest first, as `parts/timeline.html` shows them."""
    lines = story.journal_lines(ledger.ledger, history[0].key)
    journal = address("journal") if rights.sees_journal(account) else None
    found = []
    steps = list(zip([None, *history[:-1]], history, strict=True))
    for before, change in steps[-most:] if most else steps:
        moved = before is not None and before.state != change.state
        of = f"{ledger.ledger}/{change.key}"
        line = lines.get(change.version)
        differences = story.differences(ledger, before, change)
        found.append(
            {
                "version": change.version,
                "at": story.local_moment(change.recorded),
                "day": change.day,
                "action": change.action,
                "title": story.action_title(ledger, change.action),
                "who": change.person,
                "unit": story.body_title(change.unit),
                "before": state_title(ledger, before.state) if moved and before is not None else "",
                "after": state_title(ledger, change.state) if moved or before is None else "",
                "text": change.note or "",
                "changes": [{"name": each.title, "before": each.before, "after": each.after} for each in differences],
                "files": [
                    shown_file(piece, ledger.evidence.get(piece.kind, Text(piece.kind, piece.kind)), of)
                    for piece in change.evidence
                ],
                "source": change.source or "",
                "mark": str(Text(f"自 {change.day} 起", f"since {change.day}")),
                "tone": "plain",
                "number": line or "",
                "url": f"{journal}?line={line}" if journal and line else "",
            }
        )
    return found[::-1]


def shown_events(request: HttpRequest, ledger: Ledger, history: Sequence[Change]) -> dict[str, Any]:
    """The history as a page shows it: the latest changes, and how many more there are (`?all=1` shows them)."""
    most = None if request.GET.get("all") == "1" else MOST_EVENTS
    found = events(request.user, ledger, history, most)
    return {"events": found, "more_events": len(history) - len(found)}


def state_title(ledger: Ledger, state: str) -> Text:
    """A state in words."""
    declared = ledger.states.get(state)
    return declared.title if declared is not None else Text(state, state)


def measures(ledger: Ledger) -> list[dict[str, Any]]:
    """The measures that entries of a ledger decide."""
    pack, found = desk().pack, []
    for name in desk().duties.measures_of_ledger(ledger.ledger):
        measure = pack.measures[name]
        url = address("measure", measure=name) or address("task", name=name)
        found.append({"measure": name, "title": measure.summary, "url": url or ""})
    return found


def referring(account: Any, ledger: Ledger, key: str) -> list[dict[str, Any]]:
    """The ledgers whose entries may refer to this one, each with the address of those that do."""
    found = []
    able = {each.ledger for each in rights.visible_ledgers(account)}
    for name, other in desk().pack.ledgers.items():
        for field in other.fields:
            if field.ledger == ledger.ledger and name in able:
                query = urlencode({f"field.{field.name}": key})
                title = Text(f"{other.title.zh}（{field.title.zh}）", f"{other.title.en} ({field.title.en})")
                found.append(
                    {"ledger": name, "title": title, "url": f"{reverse('ledger', kwargs={'name': name})}?{query}"}
                )
    return found


def shown_offers(request: HttpRequest, ledger: Ledger, entry: Entry, found: Sequence[Offer]) -> list[dict[str, Any]]:
    """Steps as `parts/steps.html` shows them, each with its form."""
    shown: list[dict[str, Any]] = []
    onward = next((offer.step for offer in found if not offer.blocked and not offer.step.reason), None)
    for offer in found:
        step = offer.step
        confirm = Text(f"确定“{step.title.zh}”？办结后不能直接改回。", f"'{step.title.en}' ends the entry; go on?")
        shown.append(
            {
                "name": step.name,
                "title": step.title,
                "url": reverse("entry_step", kwargs={"name": ledger.ledger, "key": entry.key, "step": step.name}),
                "form": None if offer.blocked else step_form(request.user, ledger, step, entry),
                "hint": target_hint(ledger, step, entry.state),
                "primary": step is onward,
                "danger": False,
                "confirm": confirm if offer.closes else "",
                "blocked": offer.blocked or "",
            }
        )
    return shown


def target_hint(ledger: Ledger, step: Transition, state: str) -> Text:
    """What the step makes of the entry."""
    after = state_title(ledger, step.target(state))
    if step.to is None or step.to == state:
        return Text(f"状态仍为“{after.zh}”", f"the state stays '{after.en}'")
    return Text(f"办理后状态为“{after.zh}”", f"the state will be '{after.en}'")


def point_of(place: str | None) -> tuple[float, float] | None:
    """Longitude and latitude of a place that is a point."""
    try:
        longitude, latitude = (float(each) for each in (place or "").split(","))
    except ValueError:
        return None
    return longitude, latitude


def entry_map(entry: Entry, words: str) -> dict[str, Any] | None:
    """The place of an entry on the map of the districts; None where it has no point."""
    point = point_of(entry.place)
    if point is None:
        return None
    return {
        "areas": [{"code": each.code, "name": str(each.title), "url": "", "status": "", "value": "", "note": ""}
                  for each in desk().pack.areas.select("districts")],
        "points": [{"lon": point[0], "lat": point[1], "name": words, "url": "", "status": ""}],
    }  # fmt: skip


def common_pairs(ledger: Ledger, entry: Entry) -> list[dict[str, Any]]:
    """What every entry has: state, area, holder, since when, version."""
    return [
        {
            "name": Text("状态", "state"),
            "value": state_title(ledger, entry.state),
            "tone": state_tone(ledger, entry.state),
        },
        {"name": Text("行政区划", "area"), "value": story.area_title(entry.area)},
        {"name": Text("责任单位", "responsible unit"), "value": story.body_title(entry.holder) if entry.holder else ""},
        {"name": Text("位置", "place"), "value": entry.place or ""},
        {"name": Text("自何日起", "so since"), "value": entry.day},
        {"name": Text("版本", "version"), "value": str(entry.version)},
    ]


@shown_to(signed_in)
def entry(request: HttpRequest, name: str, key: str) -> Page | HttpResponse:
    """All of one entry, its history, and what may be done with it."""
    found = seen_entry(request, name, key)
    if found is None:
        return not_found(request)
    ledger, row, history = found
    can = offers(request.user, ledger, row, history)
    amends = rights.may_amend(request.user, row)
    data = {
        "entry": entry_row(ledger, row),
        "ledger": name,
        "ledger_title": ledger.title,
        "fields": value_pairs(request.user, ledger, row),
        **shown_events(request, ledger, history),
        "measures": measures(ledger),
        "referring": referring(request.user, ledger, key),
        "steps": [{"step": offer.step.name, "title": offer.step.title, "blocked": offer.blocked} for offer in can],
        "may_amend": amends,
    }
    actions = []
    if amends:
        actions.append(
            {"title": Text("更改", "Amend"), "url": reverse("amend_entry", kwargs={"name": name, "key": key})}
        )
    called = entry_name(ledger, row)
    extra = {
        "declared": ledger,
        "heading": f"{key} {called}".strip(),
        "crumbs": crumbs(ledger, (key, "")),
        "common": common_pairs(ledger, row),
        "mark": {"text": state_title(ledger, row.state), "tone": state_tone(ledger, row.state)},
        "offered": shown_offers(request, ledger, row, can),
        "read_only": not amends,
        "actions": actions,
        "map": entry_map(row, f"{key} {called}".strip()),
    }
    return Page("entry.html", data, extra)


# -- what may be done with it --------------------------------------------------------------------------------------


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
        return form_page(request, ledger, declared.title, form, back, crumb, 422)
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
    import datetime as dt

    from lantu.base import Place

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
            )
            key = change.key
        except LantuError as error:
            key = _sent_twice(request, ledger, given)
            if not key:
                form.refuse(error)
        if key:
            messages.success(request, str(Text(f"已录入 {key}", f"{key} was entered")))
            return redirect(entry_address(name, key))
    return form_page(request, ledger, title, form, back, crumb, 422, submit=save)


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
        return form_page(request, ledger, title, form, back, crumb, 422, submit=save)
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
    *pair("ledgers/<slug:name>/<path:key>", entry, "entry"),
]
