"""Areas (区域): the city with a map of its districts, districts and streets with figures, ranks, ledgers and sites."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest
from django.urls import path

from lantu.assessment import Status
from lantu.assessment.ground import CASES
from lantu.assessment.verdict import WORST_FIRST, worst
from lantu.base import Text
from lantu.office import rights
from lantu.office.desk import desk
from lantu.office.ranks import rank_of
from lantu.office.register.counts import counts_by_state
from lantu.office.standing import Standing, standing
from lantu.places import Area
from lantu.site.answers import Page, at_day, pair, shown_to
from lantu.site.figures import five_counts, verdict, with_unit
from lantu.site.links import area_link, commitment_link, ledger_link
from lantu.site.pages.overview import day_of_address

_PER_PAGE = 50
_LEVELS = {
    "city": Text("市", "city"),
    "district": Text("区", "district"),
    "street": Text("街道、乡镇", "street or town"),
}
_SITES_SHOWN = 80


def map_areas(now: Standing, commitment: Any, day: str) -> list[dict[str, Any]]:
    """The districts as `parts/map.html` draws them: status, value, and how many streets stand behind it."""
    found = []
    for cell in now.cells_of(now.snapshot.assessment.of(commitment.id)):
        area = now.pack.areas.get(cell.column)
        if area.level != "district":
            continue
        own = cell.own
        counts = now.snapshot.assessment.counts(cell.rows)
        note = "" if own else "、".join(f"{status.title} {count}" for status, count in counts.items() if count)
        found.append(
            {
                "code": area.code,
                "name": str(area.short_title),
                "url": area_link(area.code, day),
                "status": cell.status.value,
                "value": with_unit(own.value, own.unit) if own else "",
                "note": str(own.reason) if own else note,
            }
        )
    return found


def _area(code: str, account: Any) -> Area:
    areas = desk().pack.areas
    if code not in areas or not rights.sees_area(account, code):
        raise Http404
    return areas.get(code)


@shown_to(rights.sees_office)
def city(request: HttpRequest) -> Page:
    """The city: a map of the districts by a commitment, and the districts in a list."""
    return _show(request, desk().pack.areas.get(desk().pack.head.area))


@shown_to(rights.sees_office)
def area(request: HttpRequest, code: str) -> Page:
    """A district or street (or the city under its code)."""
    return _show(request, _area(code, request.user))


def _show(request: HttpRequest, here: Area) -> Page:
    at, account = desk(), request.user
    snapshot = at_day(request)
    now = standing(snapshot) if snapshot else None
    day = day_of_address(request, now.day) if now else ""
    inside = [each for each in at.pack.areas.children(here.code) if each.kind != "zone"]
    within = None if here.level == "city" else [here.code, *(each.code for each in at.pack.areas.children(here.code))]
    rows = now.by_area.get(here.code, []) if now else []
    counts = now.snapshot.assessment.counts(rows) if now else {}
    status = request.GET.get("status", "")
    words = request.GET.get("q", "").strip()[:100].casefold()
    chosen = [
        row
        for row in rows
        if (not status or row.status.value == status)
        and (not words or words in f"{row.title.zh} {row.title.en} {row.commitment}".casefold())
    ]
    chosen.sort(key=lambda row: WORST_FIRST.index(row.status))
    page = Paginator(chosen, _PER_PAGE).get_page(request.GET.get("page"))
    seen = rights.areas_seen(account, [each.code for each in inside])
    above = list(reversed(at.pack.areas.ancestors(here.code)))
    data: dict[str, Any] = {
        "area": here.code,
        "name": here.title,
        "level": here.level,
        "as_of": now.day if now else None,
        "counts": {each.value: counts.get(each, 0) for each in Status},
        "count": len(chosen),
        "page": page.number,
        "pages": page.paginator.num_pages,
        "rows": [_verdict(row, now, day) for row in page] if now else [],
        "inside": [_inside(each, now, day) for each in inside if each.code in seen],
        "ledgers": _ledgers(account, within, here),
        "sites": _sites(here, now.day if now else at.day),
    }
    query = request.GET.copy()
    query.pop("page", None)
    extra: dict[str, Any] = {
        "crumbs": [
            {"title": Text("区域", "Areas"), "url": "/areas"},
            *({"title": each.title, "url": area_link(each.code, day)} for each in above if each.level != "city"),
            {"title": here.title, "url": ""},
        ],
        "level_title": _LEVELS[here.level],
        "five": five_counts(counts, lambda name: f"?status={name}{f'&as_of={day}' if day else ''}", status),
        "pages_part": page,
        "query_part": query.urlencode(),
        "fields": [
            {"name": "q", "label": Text("承诺", "commitment"), "kind": "search", "value": request.GET.get("q", "")},
            {
                "name": "status",
                "label": Text("状态", "status"),
                "kind": "select",
                "value": status,
                "choices": [(each.value, each.title) for each in Status],
            },
        ],
        "kept": [("as_of", day)] if day else [],
        "hidden_streets": here.level == "district" and len(data["inside"]) < len(inside),
    }
    if here.level == "city" and now is not None:
        _add_map(request, now, day, data, extra)
    extra["tabs"] = _tabs(data)
    return Page("area.html", data, extra)


def _tabs(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts of the page: verdicts, areas inside, ledgers, sites."""
    inside = Text("各区", "Districts") if data["level"] == "city" else Text("街道、乡镇", "Streets and towns")
    parts = [
        ("verdicts", Text("指标与结论", "Figures and verdicts"), data["count"]),
        *([("inside", inside, len(data["inside"]))] if data["level"] != "street" and "map" not in data else []),
        ("ledgers", Text("台账与问题", "Ledgers and cases"), len(data["ledgers"])),
        ("sites", Text("监测站点", "Monitoring sites"), len(data["sites"])),
    ]
    return [
        {"title": title, "url": f"#{name}", "count": count, "current": name == "verdicts"}
        for name, title, count in parts
    ]


def _add_map(request: HttpRequest, now: Standing, day: str, data: dict[str, Any], extra: dict[str, Any]) -> None:
    choices = now.mapped
    wanted = request.GET.get("commitment", "")
    chosen = next((each for each in choices if each.id == wanted), choices[0] if choices else None)
    if chosen is None:
        return
    data["map"] = {"commitment": chosen.id, "title": chosen.title, "areas": map_areas(now, chosen, day)}
    extra["map_fields"] = [
        {
            "name": "commitment",
            "label": Text("按承诺着色", "coloured by"),
            "kind": "select",
            "value": chosen.id,
            "choices": [
                (each.id, Text(f"{each.title.zh} {each.id}", f"{each.title.en} {each.id}")) for each in choices
            ],
        }
    ]
    extra["map_url"] = commitment_link(chosen.id, day=day)


def _verdict(row: Any, now: Standing, day: str) -> dict[str, Any]:
    rank = rank_of(row, now)
    place = {"place": rank.place, "among": rank.among, "shared": rank.shared} if rank else None
    return {**verdict(row, day), "rank": place}


def _inside(each: Area, now: Standing | None, day: str) -> dict[str, Any]:
    """An area that lies in another, with how its verdicts stand; of a district with those of its streets."""
    if now is None:
        rows = []
    elif each.level == "district":
        rows = now.by_column.get(each.code, [])
    else:
        rows = now.by_area.get(each.code, [])
    counts = now.snapshot.assessment.counts(rows) if now else {}
    return {
        "area": each.code,
        "name": each.title,
        "status": worst([row.status for row in rows]).value if rows else None,
        "counts": {status.value: counts.get(status, 0) for status in Status},
        "url": area_link(each.code, day),
    }


def _ledgers(account: Any, within: list[str] | None, here: Area) -> list[dict[str, Any]]:
    """The ledgers of which the account sees entries that lie here, cases first."""
    ledgers = {ledger.ledger: ledger for ledger in rights.visible_ledgers(account)}
    counts = counts_by_state(account, ledgers, within)
    found = []
    for name, states in sorted(counts.items(), key=lambda item: (item[0] != CASES, -sum(item[1].values()))):
        ledger = ledgers[name]
        ended = sum(count for state, count in states.items() if state in ledger.states and ledger.states[state].final)
        found.append(
            {
                "ledger": name,
                "title": ledger.title,
                "count": sum(states.values()),
                "open": sum(states.values()) - ended,
                "url": ledger_link(name, area=here.code if within is not None else ""),
            }
        )
    return found


def _sites(here: Area, day: Any) -> list[dict[str, Any]]:
    """The monitoring sites that stand in a district on a day; of the whole city only those that count for its mean."""
    found = []
    for site in desk().pack.sites.rows():
        inside = site.for_city if here.level == "city" else site.area == here.code
        if inside and site.valid_at(day):
            found.append(
                {
                    "name": Text(site.name, site.english or site.name),
                    "site": site.site,
                    "national": site.national,
                    "control": site.control,
                    "for_city": site.for_city,
                    "for_district": site.for_district,
                    "longitude": site.lon,
                    "latitude": site.lat,
                }
            )
    return found[:_SITES_SHOWN]


routes = [
    *pair("areas", city, "areas"),
    path("areas/<slug:code>", area, name="area"),
    path("areas/<slug:code>.json", area, name="area_json"),
]
