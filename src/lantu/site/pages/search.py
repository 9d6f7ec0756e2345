"""Search (搜索) over everything that the account may see."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from lantu.base import Text
from lantu.office.desk import desk
from lantu.office.register.models import Entry
from lantu.office.search import LONGEST, MOST, search
from lantu.site.answers import Page, pair, shown_to, signed_in
from lantu.site.links import area_link, commitment_link, entry_link, ledger_link, measure_link, task_link

_CASES = Text("问题", "Cases")


def _group(kind: str, title: Text, hits: list[dict[str, Any]]) -> dict[str, Any]:
    return {"kind": kind, "title": title, "hits": hits, "more": len(hits) >= MOST}


def _hit(key: str, title: Any, url: str, note: Any = "") -> dict[str, Any]:
    return {"key": key, "title": title, "url": url, "note": note}


def _entry(row: Entry) -> dict[str, Any]:
    pack = desk().pack
    ledger, area = pack.ledgers[row.ledger], row.area
    name = row.values.get("name") or row.values.get("subject") or row.values.get("what") or ""
    state = ledger.states[row.state].title if row.state in ledger.states else Text(row.state, row.state)
    place = pack.areas.get(area).title if area in pack.areas else Text(area, area)
    note = Text(f"{ledger.title.zh} · {place.zh} · {state.zh}", f"{ledger.title.en} · {place.en} · {state.en}")
    return _hit(row.key, str(name)[:120], entry_link(row.ledger, row.key), note)


@shown_to(signed_in)
def find(request: HttpRequest) -> Page:
    """What the words `q` are found in, by kind."""
    words = request.GET.get("q", "").strip()[:LONGEST]
    found = search(request.user, words)
    ledgers = desk().pack.ledgers
    entries = [row for row in found.entries if row.ledger in ledgers]
    groups = [
        _group("tasks", Text("任务", "Tasks"), [_hit(each.id, each.title, task_link(each.id)) for each in found.tasks]),
        _group(
            "measures",
            Text("措施", "Measures"),
            [_hit(each.id, each.summary, measure_link(each.id)) for each in found.measures],
        ),
        _group(
            "commitments",
            Text("承诺", "Commitments"),
            [_hit(each.id, each.title, commitment_link(each.id)) for each in found.commitments],
        ),
        _group(
            "areas", Text("区域", "Areas"), [_hit(each.code, each.title, area_link(each.code)) for each in found.areas]
        ),
        _group(
            "ledgers",
            Text("台账", "Ledgers"),
            [_hit(each.ledger, each.title, ledger_link(each.ledger)) for each in found.ledgers],
        ),
        _group("cases", _CASES, [_entry(row) for row in entries if row.ledger == "cases"]),
        _group("entries", Text("条目", "Entries"), [_entry(row) for row in entries if row.ledger != "cases"]),
    ]
    data = {"q": words, "count": found.count, "whole": found.whole, "groups": [each for each in groups if each["hits"]]}
    return Page("search.html", data, {"short": len(words) == 1, "most": MOST})


routes = pair("search", find, "search")
