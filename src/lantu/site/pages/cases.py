"""Cases (问题): the inbox with its tabs and filters, and the page of one case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.http import urlencode

from lantu.base import Text
from lantu.ledgers.values import shown
from lantu.office import inbox, rights
from lantu.office.desk import desk
from lantu.office.notices.noting import mark_seen
from lantu.office.register import lists
from lantu.office.register.models import Entry
from lantu.office.register.story import body_title
from lantu.office.steps import offers
from lantu.site.answers import Page, address, pair, shown_to
from lantu.site.middleware import wants_json
from lantu.site.pages import case_raising, case_watch, case_work
from lantu.site.pages.case_work import alike_words
from lantu.site.pages.entries import (
    common_pairs,
    entry_map,
    measures,
    seen_entry,
    shown_events,
    shown_offers,
    state_title,
    value_pairs,
)
from lantu.site.pages.errors import not_found
from lantu.site.pages.files import shown_file
from lantu.site.pages.ledgers import (
    PAGE,
    CountedPaginator,
    area_filter,
    entry_row,
    state_tone,
)

if TYPE_CHECKING:
    from lantu.ledgers import Change

_OWN_PLACE = ("number", "what", "due_on", "data_rows", "rule_key", "merged_into")


def case_address(number: str) -> str:
    """The address of a case's page."""
    return reverse("case", kwargs={"key": number})


def case_row(entry: Entry) -> dict[str, Any]:
    """A case of a list as data."""
    declared = inbox.ledger()
    due = inbox.due_of(entry.values, entry.state)
    kind = declared.field("case_class")
    word = shown(kind, entry.values.get("case_class")) if kind is not None else ""
    return {
        **entry_row(declared, entry),
        "url": case_address(entry.key),
        "class_title": word,
        "due": due.as_json(),
        "due_words": due.words,
        "tone": due.tone,
    }


# -- the inbox -------------------------------------------------------------------------------------------------------


def _filter(request: HttpRequest, wanted: lists.Wanted, narrow: inbox.Narrowed, tab: str) -> dict[str, Any]:
    declared, units = inbox.ledger(), desk().pack.units
    fields: list[dict[str, Any]] = [
        {"name": "q", "label": Text("编号或文字", "number or words"), "kind": "search", "value": wanted.words}
    ]

    def choose(name: str, label: Text, value: str, choices: Sequence[Any]) -> None:
        fields.append({"name": name, "label": label, "kind": "select", "value": value, "choices": choices})

    for name in ("case_class", "source"):
        field = declared.field(name)
        if field is not None:
            choose(f"field.{name}", field.title, wanted.values.get(name, ""), list(field.codes.items()))
    choose("area", Text("区域", "area"), wanted.area, area_filter(request.user, wanted.area))
    bodies = [(name, units.title(name)) for name in units.names() if units.body(name) is not None]
    choose("holder", Text("承办单位", "unit"), wanted.holder, bodies)
    if tab in ("all", "overdue"):
        states = [(name, state.title) for name, state in declared.states.items()]
        choose("state", Text("状态", "state"), wanted.state, states)
    levels = [(level.name, level.title) for level in inbox.handling().escalation.levels]
    choose("level", Text("督办颜色", "colour"), narrow.level, levels)
    due = narrow.due_until.isoformat() if narrow.due_until else ""
    fields.append({"name": "due", "label": Text("期限不晚于", "due until"), "kind": "date", "value": due})
    query = {**wanted.as_query(), **narrow.as_query()}
    active = []
    words = {field["name"]: field for field in fields}
    for name, value in query.items():
        part = words.get(name)
        if part is None:
            continue
        title = next((str(word) for code, word in part.get("choices", ()) if code == value), value)
        rest = {other: each for other, each in query.items() if other != name}
        active.append({"title": f"{part['label']}: {title.strip()}", "url": f"?{urlencode({'tab': tab, **rest})}"})
    kept = [("tab", tab)] + ([("sort", wanted.sort)] if wanted.sort else [])
    return {"fields": fields, "active": active, "kept": kept, "reset": f"?tab={tab}" if active else None}


@shown_to(rights.sees_office)
def cases(request: HttpRequest) -> Page:
    """The cases that the account sees, by what is to be done with them."""
    declared, version = inbox.ledger(), inbox.version()
    tab = request.GET.get("tab", "")
    tab = tab if tab in inbox.TABS else inbox.first_tab(request.user)
    wanted = lists.read_wanted(declared, request.GET.dict())
    narrow = inbox.read_narrowed(request.GET.dict())
    query = {**wanted.as_query(), **narrow.as_query()}
    found = inbox.in_tab(lists.fitting(request.user, declared, wanted), request.user, tab)
    found = inbox.narrowed(found, narrow)
    counts = inbox.tab_counts(request.user, version)
    listed = _sorted(found, tab, wanted.sort)
    if wanted.words:
        # words are looked for in every case: once for the count and the page together
        numbers = list(listed.values_list("pk", flat=True))
        paginator = CountedPaginator(numbers, PAGE, len(numbers))
        page = paginator.get_page(request.GET.get("page"))
        entries = Entry.objects.in_bulk(list(page.object_list))
        rows = [case_row(entries[number]) for number in page.object_list]
    else:
        paginator = CountedPaginator(listed, PAGE, counts[tab] if not set(query) - {"sort"} else found.count())
        page = paginator.get_page(request.GET.get("page"))
        rows = [case_row(entry) for entry in page.object_list]
    count = paginator.count
    data = {
        "tab": tab,
        "tabs": [{"tab": name, "title": title, "count": counts[name]} for name, title in inbox.TABS.items()],
        "count": count,
        "page": page.number,
        "pages": paginator.num_pages,
        "wanted": query,
        "cases": rows,
    }
    actions = []
    if rights.enters_some(request.user, declared):
        actions.append({"title": Text("登记线索", "Enter a clue"), "url": address("new_case"), "primary": True})
    if rights.may_run_jobs(request.user):
        actions.append({"title": Text("按规则立案", "Raise by rules"), "url": address("raise_cases")})
    actions += [
        {"title": Text("谁逾期", "Who is late"), "url": address("late_cases")},
        {"title": Text("抽查复核", "Re-checks"), "url": address("rechecks")},
        {"title": Text("Excel", "Excel"), "url": address("sheets", name=inbox.CASES)},
    ]
    may_batch = rights.changes_entries(request.user)
    extra = {
        **_filter(request, wanted, narrow, tab),
        "actions": actions,
        "shown_tabs": [
            {"title": title, "url": f"?tab={name}", "current": name == tab, "count": counts[name]}
            for name, title in inbox.TABS.items()
        ],
        "columns": _columns(wanted, {**query, "tab": tab}),
        "rows": [_shown(row) for row in rows],
        "page_object": page,
        "page_query": urlencode({"tab": tab, **query}),
        "may_batch": may_batch,
        "batch_url": address("case_batch"),
        "empty": _empty(tab, bool(set(query) - {"sort"})),
    }
    return Page("cases.html", data, extra)


def _sorted(found: Any, tab: str, sort: str) -> Any:
    """As asked; without that the latest first, of what is late the longest late first."""
    return lists.ordered(found, inbox.ledger(), sort or ("due_on" if tab == "overdue" else ""))


def _columns(wanted: lists.Wanted, query: dict[str, str]) -> list[dict[str, Any]]:
    heads = (
        ("key", Text("编号", "number")),
        ("case_class", Text("类别", "class")),
        ("", Text("对象与问题", "subject, what is wrong")),
        ("area", Text("区域", "area")),
        ("holder", Text("承办单位", "unit")),
        ("state", Text("状态", "state")),
        ("due_on", Text("期限", "deadline")),
    )
    found = []
    for name, title in heads:
        now = bool(name) and wanted.sort.removeprefix("-") == name
        falls = now and not wanted.sort.startswith("-")
        found.append(
            {
                "title": title,
                "url": f"?{urlencode({**query, 'sort': f'-{name}' if falls else name})}" if name else "",
                "sorted": ("descending" if wanted.sort.startswith("-") else "ascending") if now else "",
            }
        )
    return found


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    values = row["values"]
    what = str(values.get("what") or "").split("\n")[0]
    return {
        "key": row["key"],
        "version": row["version"],
        "url": row["url"],
        "class": row["class_title"],
        "subject": str(values.get("subject") or "")[:60],
        "what": what[:110],
        "area": row["area_name"],
        "holder": body_title(row["holder"]),
        "state": row["state_title"],
        "tone": state_tone(inbox.ledger(), row["state"]),
        "due_on": values.get("due_on") or "",
        "due_words": row["due_words"],
        "due_tone": row["tone"],
        "level": row["due"]["level_title"],
    }


def _empty(tab: str, filtered: bool) -> dict[str, Any]:
    if filtered:
        return {"title": Text("没有符合条件的问题", "No case fits"), "text": Text("放宽条件再试", "ask for less")}
    title = inbox.TABS[tab]
    return {
        "title": Text(f"“{title.zh}”里没有问题", f"Nothing is {title.en}" if tab != "all" else "There are no cases"),
        "text": Text("有新问题时会出现在这里", "new cases will appear here"),
    }


# -- one case --------------------------------------------------------------------------------------------------------


def photos(history: Sequence[Change], number: str) -> dict[str, list[dict[str, Any]]]:
    """The files of a case by kind of evidence, each with what is to be asked about it."""
    declared = inbox.ledger()
    questions = inbox.questions_of(number)
    found: dict[str, list[dict[str, Any]]] = {}
    for change in history:
        for piece in change.evidence:
            title = declared.evidence.get(piece.kind, Text(piece.kind, piece.kind))
            file = shown_file(piece, title, f"{inbox.CASES}/{number}", change.person, change.day.isoformat())
            asked = [each.words for each in questions if each.file == piece.file]
            if file["url"]:
                file["warnings"] = asked
            found.setdefault(piece.kind, []).append(file)
    return found


@shown_to(rights.sees_office)
def case(request: HttpRequest, key: str) -> Page | HttpResponse:
    """All of one case, and what may be done with it."""
    found = seen_entry(request, inbox.CASES, key)
    if found is None:
        return not_found(request)
    declared, row, history = found
    if not wants_json(request):
        mark_seen(request.user, f"{inbox.CASES}/{key}")
    due = inbox.due_of(row.values, row.state)
    can = offers(request.user, declared, row, history)
    files = photos(history, key)
    alike = inbox.resembling(request.user, row.values, row.area, row.place, key) if due.left is not None else []
    pairs = [each for each in value_pairs(request.user, declared, row) if each["field"] not in _OWN_PLACE]
    into = row.values.get("merged_into")
    seen = {case.number for case in alike}
    data: dict[str, Any] = {
        "case": case_row(row),
        "fields": pairs,
        **shown_events(request, declared, history),
        "steps": [{"step": each.step.name, "title": each.step.title, "blocked": each.blocked} for each in can],
        "files": files,
        "questions": [question.as_json() for question in inbox.questions_of(key)],
        "merged": inbox.merged_into(request.user, key),
        "merged_into": into,
        "alike": [each.as_json() for each in alike],
        "data_rows": [line for line in str(row.values.get("data_rows") or "").split("\n") if line],
        "ground": case_raising.shown_ground(request.user, row),
        "measures": measures(request.user, declared),
    }
    kind = declared.field("case_class")
    title = shown(kind, row.values.get("case_class")) if kind is not None else ""
    subject = str(row.values.get("subject") or "")
    before, after = files.get("photo_before", []), files.get("photo_after", [])
    extra = {
        "heading": f"{key} {title}".strip(),
        "lead": subject,
        "crumbs": [
            {"title": Text("问题", "Cases"), "url": reverse("cases")},
            {"title": key, "url": ""},
        ],
        "mark": {"text": state_title(declared, row.state), "tone": state_tone(declared, row.state)},
        "what": row.values.get("what") or "",
        "due_object": due,
        "common": common_pairs(declared, row),
        "offered": shown_offers(request, declared, row, can),
        "read_only": not rights.may_amend(request.user, row),
        "actions": _case_actions(request, row),
        "map": entry_map(row, f"{key} {subject}".strip()),
        "before": before,
        "after": after,
        "other_files": [file for name, each in files.items() if not name.startswith("photo_") for file in each],
        "merged_links": [{"text": each, "url": case_address(each)} for each in data["merged"] if each not in seen],
        "into_url": case_address(str(into)) if into else "",
        "alike_links": [{"text": alike_words(each), "url": case_address(each.number)} for each in alike],
    }
    return Page("case.html", data, extra)


def _case_actions(request: HttpRequest, row: Entry) -> list[dict[str, Any]]:
    if not rights.may_amend(request.user, row):
        return []
    return [
        {"title": Text("更改", "Amend"), "url": reverse("amend_entry", kwargs={"name": inbox.CASES, "key": row.key})}
    ]


routes = [
    *pair("cases", cases, "cases"),
    *case_work.routes,
    *case_raising.routes,
    *case_watch.routes,  # they name no case, and come before those that do
    path("cases/<path:key>.json", case, name="case_json"),
    path("cases/<path:key>", case, name="case"),
]
