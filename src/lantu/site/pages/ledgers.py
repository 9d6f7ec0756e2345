"""Ledgers (台账): which there are, and the filtered list of one with its map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode

from lantu.base import Text, current_language, unit_title
from lantu.ledgers.values import shown
from lantu.office import rights
from lantu.office.desk import desk
from lantu.office.register import lists
from lantu.office.register.story import area_title, body_title, shown_kept
from lantu.site.answers import Page, pair, shown_to, signed_in
from lantu.site.pages.errors import not_found
from lantu.site.places import point_of, shape_of

if TYPE_CHECKING:
    from lantu.ledgers import Ledger
    from lantu.office.register.models import Entry

PAGE = 50
_MOST_PLACES = 2000
_MOST_LISTED = 100
_GROUPS = {
    "air": Text("大气污染防治", "Air"),
    "water": Text("水污染防治", "Water"),
    "soil": Text("土壤污染防治", "Soil"),
    "all": Text("多项任务共用", "Shared by several plans"),
    "": Text("基础台账（不直接用于核查）", "Registers that no commitment counts directly"),
}


def seen_ledger(account: Any, name: str) -> Ledger | None:
    """A ledger of which the account may see entries; None otherwise."""
    ledger = desk().pack.ledgers.get(name)
    if ledger is None:
        return None
    known = any(each.ledger == name for each in rights.visible_ledgers(account))
    return ledger if known or rights.visible_entries(account).filter(ledger=name).exists() else None


def latest_change() -> int:
    """The number of the latest change of any ledger: what was counted before it still holds."""
    found = desk().book.store.database.read("select max(id) from change")
    return found[0][0] or 0


def counts_by_state(account: Any) -> dict[str, dict[str, int]]:
    """How many entries of each ledger and state an account sees; counted once for each change and scope."""
    from django.db.models import Count

    name = f"counts|{desk().workspace.path}|{latest_change()}|{rights.scope_of(account)}"
    found = cache.get(name)
    if found is None:
        rows = rights.visible_entries(account).order_by().values("ledger", "state").annotate(n=Count("id"))
        found = {}
        for row in rows:
            found.setdefault(row["ledger"], {})[row["state"]] = row["n"]
        cache.set(name, found, 3600)
    return found


def _group(ledger: Ledger) -> str:
    measures = desk().duties.measures_of_ledger(ledger.ledger)
    plans = {measure.partition("-")[0] for measure in measures}
    return next(iter(plans)) if len(plans) == 1 else "all" if plans else ""


def _matches(ledger: Ledger, words: str) -> bool:
    texts = [ledger.title.zh, ledger.title.en, ledger.purpose.zh, ledger.purpose.en, ledger.ledger]
    return all(any(word in text.casefold() for text in texts) for word in words.casefold().split())


@shown_to(signed_in)
def ledgers(request: HttpRequest) -> Page:
    """The ledgers that the account sees, by subject, with counts of their entries."""
    words = request.GET.get("q", "").strip()[:100]
    counts = counts_by_state(request.user)
    able = {each.ledger for each in rights.visible_ledgers(request.user)} | set(counts)
    groups: dict[str, list[dict[str, Any]]] = {name: [] for name in _GROUPS}
    for name, ledger in desk().pack.ledgers.items():
        if name not in able or (words and not _matches(ledger, words)):
            continue
        states = counts.get(name, {})
        groups.setdefault(_group(ledger), []).append(
            {
                "ledger": name,
                "title": ledger.title,
                "purpose": ledger.purpose,
                "url": reverse("ledger", kwargs={"name": name}),
                "count": sum(states.values()),
                "unit": unit_title(ledger.unit),
                "states": [
                    {"state": state, "title": declared.title, "count": states[state]}
                    for state, declared in ledger.states.items()
                    if states.get(state)
                ],
            }
        )
    data = {
        "words": words,
        "count": sum(len(each) for each in groups.values()),
        "entries": sum(sum(each.values()) for each in counts.values()),
        "groups": [
            {"group": name, "title": _GROUPS.get(name, Text(name, name)), "ledgers": each}
            for name, each in groups.items()
            if each
        ],
    }
    field = {"name": "q", "label": Text("名称或用途", "name or purpose"), "kind": "search", "value": words}
    return Page("ledgers.html", data, {"fields": [field], "reset": reverse("ledgers") if words else None})


class CountedPaginator(Paginator):
    """Pages of a list whose length is known already."""

    def __init__(self, found: Any, size: int, count: int) -> None:
        super().__init__(found, size)
        self._known = count

    @cached_property
    def count(self) -> int:
        return self._known


def area_filter(account: Any, wanted: str) -> list[tuple[str, Text]]:
    """The districts that a list may be narrowed to, and the streets of the district that is chosen."""
    areas = desk().pack.areas
    own = rights.scope_of(account)
    base = areas.get(account.area) if own.startswith("area:") and account.area in areas else None
    chosen = areas.get(wanted) if wanted in areas else None
    found: list[tuple[str, Text]] = []
    for district in areas.select("districts"):
        if base is not None and district.code not in (base.code, base.parent):
            continue
        found.append((district.code, district.title))
        if base is not None or (chosen is not None and district.code in (chosen.code, chosen.parent)):
            streets = [
                each
                for each in areas.children(district.code)
                if base is None or base.level == "district" or each.code == base.code
            ]
            found += [(each.code, Text(f"　{each.name}", f"— {each.english}")) for each in streets]
    return found


def entry_address(ledger: str, key: str) -> str:
    """The address of an entry's page; a case has its own."""
    return (
        reverse("case", kwargs={"key": key})
        if ledger == "cases"
        else reverse("entry", kwargs={"name": ledger, "key": key})
    )


def entry_name(ledger: Ledger, entry: Any) -> str:
    """What an entry is called beside its key: its name, subject or first text."""
    values = entry.values
    for name in ("name", "title", "subject", "what"):
        if name not in ledger.key and isinstance(values.get(name), str):
            return values[name][:60]
    return ""


def entry_row(ledger: Ledger, entry: Entry) -> dict[str, Any]:
    """An entry of a list as data."""
    return {
        "key": entry.key,
        "version": entry.version,
        "state": entry.state,
        "state_title": ledger.states[entry.state].title
        if entry.state in ledger.states
        else Text(entry.state, entry.state),
        "area": entry.area,
        "area_name": area_title(entry.area),
        "holder": entry.holder,
        "day": entry.day,
        "place": entry.place,
        "simulated": bool(entry.simulated),
        "values": entry.values,
        "url": entry_address(ledger.ledger, entry.key),
    }


def state_tone(ledger: Ledger, state: str) -> str:
    """How a state looks: ended states are good, all others plain; what a state is worth is for the assessment."""
    declared = ledger.states.get(state)
    if declared is None:
        return "plain"
    closed = ledger.closing is not None and state in ledger.states_of(ledger.closing.state)
    return "good" if closed else "plain"


def _columns(ledger: Ledger, wanted: lists.Wanted, query: dict[str, str]) -> list[dict[str, Any]]:
    fields = lists.shown_fields(ledger)
    key = ledger.field(ledger.key[0]) if len(ledger.key) == 1 else None
    heads: list[tuple[str, Text, bool]] = [("key", key.title if key else Text("编号", "key"), False)]
    for each in fields:
        unit = f"（{each.unit}）" if each.unit else ""
        unit_en = f" ({each.unit})" if each.unit else ""
        title = Text(each.title.zh + unit, each.title.en + unit_en)
        heads.append((each.name, title, each.type in ("number", "integer")))
    heads += [
        ("area", Text("行政区划", "area"), False),
        ("holder", Text("责任单位", "responsible unit"), False),
        ("state", Text("状态", "state"), False),
        ("day", Text("变动日期", "since"), False),
    ]
    found = []
    for name, title, numeric in heads:
        now = wanted.sort.removeprefix("-") == name
        falls = now and not wanted.sort.startswith("-")
        found.append(
            {
                "title": title,
                "numeric": numeric,
                "url": f"?{urlencode({**query, 'sort': f'-{name}' if falls else name})}",
                "sorted": ("descending" if wanted.sort.startswith("-") else "ascending") if now else "",
            }
        )
    return found


def _cells(fields: Any, row: dict[str, Any]) -> list[tuple[Any, bool]]:
    """The texts of a row behind its key, each with whether it is a figure."""
    values = row["values"]
    cells: list[tuple[Any, bool]] = [
        (shown_kept(each, values.get(each.name))[:80], each.type in ("number", "integer")) for each in fields
    ]
    cells.append((row["area_name"], False))
    cells.append((body_title(row["holder"]), False))
    return cells


def filter_parts(
    account: Any, ledger: Ledger, wanted: lists.Wanted
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The fields of the filter, and what is in force."""
    areas = desk().pack.areas
    date = lists.date_title(ledger)
    parts: list[dict[str, Any]] = [
        {"name": "q", "label": Text("编号或文字", "key or words"), "kind": "search", "value": wanted.words},
        {
            "name": "area",
            "label": Text("区域", "area"),
            "kind": "select",
            "value": wanted.area,
            "choices": area_filter(account, wanted.area),
        },
    ]
    for each in lists.filter_fields(ledger)[:6]:
        words = [("yes", Text("是", "yes")), ("no", Text("否", "no"))]
        parts.append(
            {
                "name": f"field.{each.name}",
                "label": each.title,
                "kind": "select",
                "value": wanted.values.get(each.name, ""),
                "choices": list(each.codes.items()) or words,
            }
        )
    first, last = Text(f"{date.zh} 从", f"{date.en} from"), Text("到", "to")
    parts += [
        {"name": "since", "label": first, "kind": "date", "value": wanted.since.isoformat() if wanted.since else ""},
        {"name": "until", "label": last, "kind": "date", "value": wanted.until.isoformat() if wanted.until else ""},
    ]
    active = []
    query = wanted.as_query()
    titles: dict[str, str] = {
        "q": f"“{wanted.words}”",
        "since": f"≥ {query.get('since', '')}",
        "until": f"≤ {query.get('until', '')}",
    }
    titles["state"] = str(ledger.states[wanted.state].title) if wanted.state else ""
    titles["area"] = str(areas.get(wanted.area).title) if wanted.area else ""
    titles["holder"] = wanted.holder
    for name, value in wanted.values.items():
        declared = ledger.field(name)
        assert declared is not None
        word = {"yes": Text("是", "yes"), "no": Text("否", "no")}.get(value) if declared.type == "yes_no" else None
        title = word or shown(declared, [value] if declared.type == "codes" else value)
        titles[f"field.{name}"] = f"{declared.title}: {title}"
    for name in query:
        if name in titles:
            rest = {other: value for other, value in query.items() if other != name}
            active.append({"title": titles[name], "url": f"?{urlencode(rest)}"})
    return parts, active


def _map(ledger: Ledger, found: Any, query: dict[str, str]) -> dict[str, Any]:
    """Counts of all districts, and the first entries that have a place."""
    areas = desk().pack.areas
    counts = lists.area_counts(found)
    districts = [
        {
            "code": each.code,
            "name": str(each.title),
            "status": "",
            "value": str(counts.get(each.code, 0)),
            "note": "",
            "url": f"?{urlencode({**query, 'area': each.code})}",
        }
        for each in areas.select("districts")
    ]
    placed = found.exclude(place=None).order_by("-id")
    points: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    listed: list[dict[str, Any]] = []
    for entry in placed[: _MOST_PLACES + 1]:
        point, shape = point_of(entry.place), shape_of(entry.place)
        if point is None and shape is None:
            continue
        named = {
            "name": f"{entry.key} {entry_name(ledger, entry)}".strip(),
            "url": entry_address(ledger.ledger, entry.key),
        }
        if point is not None:
            points.append({**named, "lon": point[0], "lat": point[1], "status": ""})
        else:
            shapes.append({**named, "geometry": shape})
        if len(listed) < _MOST_LISTED:
            listed.append({**named, "note": str(areas.get(entry.area).title) if entry.area in areas else ""})
    capped = len(points) + len(shapes) > _MOST_PLACES
    return {"districts": districts, "points": points, "shapes": shapes, "listed": listed, "capped": capped}


@shown_to(signed_in)
def ledger(request: HttpRequest, name: str) -> Page | HttpResponse:
    """The entries of a ledger, narrowed, sorted, 50 a page; or on a map."""
    declared = seen_ledger(request.user, name)
    if declared is None:
        return not_found(request)
    wanted = lists.read_wanted(declared, request.GET.dict())
    query = wanted.as_query()
    every = lists.fitting(request.user, declared, wanted, state=False)
    by_state = lists.state_counts(request.user, every, wanted)
    total = sum(by_state.values())
    count = by_state.get(wanted.state, 0) if wanted.state else total
    found = lists.fitting(request.user, declared, wanted)
    on_map = request.GET.get("view") == "map"
    paginator = CountedPaginator(lists.ordered(found, declared, wanted.sort), PAGE, count)
    page = paginator.get_page(request.GET.get("page"))
    rows = [] if on_map else [entry_row(declared, entry) for entry in page.object_list]
    data: dict[str, Any] = {
        "ledger": name,
        "title": declared.title,
        "purpose": declared.purpose,
        "unit": declared.unit,
        "count": count,
        "page": page.number,
        "pages": paginator.num_pages,
        "wanted": query,
        "states": [
            {"state": state, "title": each.title, "count": by_state.get(state, 0)}
            for state, each in declared.states.items()
        ],
        "entries": rows,
    }
    rest = {each: value for each, value in query.items() if each != "state"}
    view = {"view": "map"} if on_map else {}
    tabs = [
        {
            "title": Text("全部", "all"),
            "url": f"?{urlencode({**rest, **view})}",
            "current": not wanted.state,
            "count": total,
        }
    ]
    tabs += [
        {
            "title": each["title"],
            "url": f"?{urlencode({**rest, **view, 'state': each['state']})}",
            "current": wanted.state == each["state"],
            "count": each["count"],
        }
        for each in data["states"]
    ]
    parts, active = filter_parts(request.user, declared, wanted)
    shape = lists.shown_fields(declared)
    extra: dict[str, Any] = {
        "declared": declared,
        "tabs": tabs,
        "fields": parts,
        "active": active,
        "kept": [(each, query[each]) for each in ("state", "sort", "holder") if each in query] + list(view.items()),
        "reset": f"?{urlencode(view)}" if active else None,
        "on_map": on_map,
        "columns": _columns(declared, wanted, query),
        "rows": [
            {
                "key": row["key"],
                "url": row["url"],
                "cells": _cells(shape, row),
                "state": row["state_title"],
                "tone": state_tone(declared, row["state"]),
                "day": row["day"],
            }
            for row in rows
        ],
        "page_object": page,
        "page_query": urlencode(query),
        "actions": list_actions(request.user, declared, query, on_map),
        "empty": _empty(total, bool(query), declared),
        "crumbs": [{"title": Text("台账", "Ledgers"), "url": reverse("ledgers")}, {"title": declared.title, "url": ""}],
        "language_is": current_language(),
    }
    if on_map:
        extra["map"] = _map(declared, found, {**rest, **view})
        data["map"] = extra["map"]
    return Page("ledger.html", data, extra)


def _empty(total: int, narrowed: bool, ledger: Ledger) -> dict[str, Any]:
    if narrowed:
        return {
            "title": Text("没有符合条件的条目", "No entry fits"),
            "text": Text("放宽条件再试", "ask for less"),
            "actions": [],
        }
    return {
        "title": Text("还没有条目", "No entries yet"),
        "text": Text(
            "没有条目不等于没有问题：可能还没有上报",
            "no entries need not mean that there is nothing: it may not have been reported",
        ),
        "actions": [],
    }


def list_actions(account: Any, ledger: Ledger, query: dict[str, str], on_map: bool) -> list[dict[str, Any]]:
    """What may be done from the list."""
    from lantu.site.answers import address

    actions: list[dict[str, Any]] = []
    if rights.enters_some(account, ledger):
        url = address("enter_entry", name=ledger.ledger)
        actions.append({"title": Text("录入", "Enter"), "url": url, "primary": True})
    other = {**query} if on_map else {**query, "view": "map"}
    title = Text("列表", "List") if on_map else Text("地图", "Map")
    actions.append({"title": title, "url": f"?{urlencode(other)}"})
    sheets = address("sheets", name=ledger.ledger)
    if sheets is not None and rights.may_export(account):
        actions.append({"title": Text("Excel 导出导入", "Excel out and in"), "url": f"{sheets}?{urlencode(query)}"})
    return actions


routes = [*pair("ledgers", ledgers, "ledgers"), *pair("ledgers/<slug:name>", ledger, "ledger")]
