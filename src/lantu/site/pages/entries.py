"""An entry (条目): its page with its history, and the steps that may be taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode

from lantu.base import Text
from lantu.ledgers.judging import RULES
from lantu.office import rights
from lantu.office.desk import desk
from lantu.office.register import story
from lantu.office.steps import Offer, offers
from lantu.site.answers import Page, address, pair, shown_to, signed_in
from lantu.site.forms.ledger_forms import step_form
from lantu.site.pages.errors import not_found
from lantu.site.pages.files import shown_file
from lantu.site.pages.ledgers import entry_address, entry_name, entry_row, state_tone
from lantu.site.places import point_of, shape_of

if TYPE_CHECKING:
    from lantu.ledgers import Change, Ledger, LedgerField, Transition
    from lantu.office.register.models import Entry

MOST_EVENTS = 60


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
                "url": f"{journal}?{urlencode({'subject': of})}" if journal and line else "",
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


def measures(account: Any, ledger: Ledger) -> list[dict[str, Any]]:
    """The measures that entries of a ledger decide, each with its place on its task's page if the account sees it."""
    pack, found = desk().pack, []
    for name in desk().duties.measures_of_ledger(ledger.ledger):
        measure = pack.measures[name]
        page = address("task", name="-".join(name.split("-")[:2])) if rights.sees_office(account) else None
        found.append({"measure": name, "title": measure.summary, "url": f"{page}#{name}" if page else ""})
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
    able = [offer for offer in found if not offer.blocked and not offer.step.reason]
    closing = [o for o in able if ledger.closing is not None and o.step.to == ledger.closing.state]
    moving = [o for o in able if o.step.to not in (None, entry.state)]
    onward = next((offer.step for offer in (*closing, *moving, *able)), None)
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


def entry_map(entry: Entry, words: str) -> dict[str, Any] | None:
    """The place of an entry on the map of the districts: its point, line or area; None where it has none."""
    point, shape = point_of(entry.place), shape_of(entry.place)
    if point is None and shape is None:
        return None
    return {
        "areas": [{"code": each.code, "name": str(each.title), "url": "", "status": "", "value": "", "note": ""}
                  for each in desk().pack.areas.select("districts")],
        "points": [{"lon": point[0], "lat": point[1], "name": words, "url": "", "status": ""}] if point else [],
        "shapes": [{"geometry": shape, "name": words, "url": ""}] if shape else [],
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
        "measures": measures(request.user, ledger),
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


routes = pair("ledgers/<slug:name>/<path:key>", entry, "entry")
