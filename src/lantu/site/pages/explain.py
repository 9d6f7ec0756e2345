"""Where a verdict comes from (追溯): the chain from the plan's words to the rows, within what the account may see."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from lantu.assessment import read_targets
from lantu.assessment.explain import Chain, explain
from lantu.base import LantuError, Text, current_language
from lantu.indicators import get_indicator
from lantu.office import rights
from lantu.office.desk import desk
from lantu.office.register.models import Entry
from lantu.office.trend import COMPUTING
from lantu.site.answers import Page, at_day, shown_to
from lantu.site.figures import verdict
from lantu.site.links import commitment_link, entry_link, measure_link
from lantu.site.pages.commitments import commitment_of
from lantu.site.pages.overview import day_of_address

_ROWS_SHOWN = 20
_WAIT = 20.0
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass
class Traced:
    """A chain as far as the account sees it: its steps, and the rows or entries below them."""

    chain: Chain
    header: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    count: int | None = 0
    """How many there are in all; None where there are more than were read."""
    hidden: bool = False
    """Whether there are entries behind the verdict that lie outside the account's rights."""


def _area_of(request: HttpRequest, commitment: Any) -> str:
    """The area that is asked for; the first that is judged if none is.

    Raises:
        Http404: the commitment is not judged there, or the account may not see it.
    """
    judged = [area.code for area in desk().pack.areas_of(commitment)]
    area = request.GET.get("area", "") or judged[0]
    if area not in judged or not rights.sees_area(request.user, area):
        raise Http404
    return area


def traced(account: Any, commitment: Any, area: str, day: Any, most: int | None) -> Traced:
    """Follow a verdict down to its rows.

    Args:
        account: who asks; entries that it may not see are left out, and said to be.
        commitment: of the pack.
        area: where it is judged.
        day: as of when.
        most: give at most so many rows; None for all.

    Raises:
        LantuError: another figure is being computed for too long, or data cannot be read.
    """
    at = desk()
    if not COMPUTING.acquire(timeout=_WAIT):
        raise LantuError(
            Text("正在计算别的数字，稍后再试", "another figure is being computed"), mend=Text("请重试", "try again")
        )
    try:
        targets = read_targets(at.workspace, at.pack)
        chain = next(explain(at.pack, at.lake, commitment.id, area, day, targets, book=at.fresh_book()))
        ledgers = _ledgers_read(commitment)
        whole = rights.sees_rows(account, ledgers, area)
        if chain.used:
            return _entries(account, chain, most)
        if not whole:
            chain.steps = [step for step in chain.steps if not step.entries]
            return Traced(chain, hidden=True)
        found = Traced(chain)
        lines = chain.rows()
        found.header = [str(name) for name in next(lines, [])]
        found.rows = [list(line) for line in (lines if most is None else islice(lines, most + 1))]
        found.count = len(found.rows)
        if most is not None and found.count > most:  # to count all of them would mean to read all of them
            found.rows.pop()
            found.count = None
        return found
    finally:
        COMPUTING.release()


def _ledgers_read(commitment: Any) -> list[str]:
    """The ledgers from whose entries the commitment's indicator is computed."""
    if commitment.kind != "level":
        return []
    try:
        return list(get_indicator(commitment.indicator).family.ledgers)
    except LantuError:
        return []


def _entries(account: Any, chain: Chain, most: int | None) -> Traced:
    """The entries behind a verdict: those against it first, and only those that the account may see."""
    found = Traced(chain)
    chain.steps = [step for step in chain.steps if not step.entries]
    used = sorted(chain.used, key=lambda each: each.counts)
    count = 0
    seen = _seen_entries(account, {(each.ledger, each.key) for each in used})
    found.hidden = len({(each.ledger, each.key) for each in used}) > len(seen)
    found.header = ["ledger", "key", "counts", "how", "area", "state", "day", "version", "data"]
    zh = current_language() == "zh"
    for each in used:
        entry = seen.get((each.ledger, each.key))
        if entry is None:
            continue
        count += 1
        if most is not None and count > most:
            continue
        how = each.how.zh if zh else each.how.en
        begin: list[Any] = [each.ledger, each.key, "yes" if each.counts else "no", how]
        found.rows.append([*begin, entry.area, entry.state, entry.day, entry.version, entry.data])
        found.links.append(entry_link(each.ledger, each.key))
    found.count = count
    return found


def _seen_entries(account: Any, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], Entry]:
    """The wanted entries that the account may see, as they stand now."""
    found: dict[tuple[str, str], Entry] = {}
    for ledger in {name for name, _ in wanted}:
        keys = iter(sorted(key for name, key in wanted if name == ledger))
        while some := list(islice(keys, 500)):
            rows = rights.visible_entries(account).filter(ledger=ledger, key__in=some)
            found.update(((ledger, row.key), row) for row in rows)
    return found


@shown_to(rights.sees_office)
def show(request: HttpRequest, measure: str, name: str) -> Page:
    """The page of a verdict; the chain itself is computed when it is asked for (htmx, `?whole=1`, or as JSON)."""
    commitment = commitment_of(measure, name)
    area = _area_of(request, commitment)
    snapshot = at_day(request)
    day = snapshot.assessment.as_of if snapshot else desk().day
    carried = day_of_address(request, day)
    found = snapshot.assessment.of(commitment.id) if snapshot else []
    row = next((each for each in found if each.area == area), None)
    query = f"area={area}{f'&as_of={carried}' if carried else ''}"
    address = f"/explain/{commitment.id}"
    data: dict[str, Any] = {
        "commitment": commitment.id,
        "title": commitment.title,
        "area": area,
        "area_name": desk().pack.areas.get(area).title,
        "as_of": day,
        "verdict": verdict(row, carried) if row else None,
    }
    extra: dict[str, Any] = {
        "part_url": f"{address}?{query}",
        "whole_url": f"{address}?{query}&whole=1",
        "rows_url": f"{address}.csv?{query}",
        "commitment_url": commitment_link(commitment.id, day=carried),
        "crumbs": [
            {"title": Text("任务", "Tasks"), "url": "/tasks"},
            {"title": commitment.measure, "url": measure_link(measure, carried)},
            {"title": commitment.title, "url": commitment_link(commitment.id, day=carried)},
            {"title": Text("追溯", "Where it comes from"), "url": ""},
        ],
        "command": f"lantu explain {commitment.id} --area {area} --as-of {day}",
    }
    htmx = bool(getattr(request, "htmx", False))
    if htmx or request.GET.get("whole") or request.path.endswith(".json"):
        trace = traced(request.user, commitment, area, day, _ROWS_SHOWN)
        data |= _as_data(trace, row)
        extra |= _as_part(trace)
    return Page("chain.html" if htmx else "explain.html", data, extra)


def _as_data(trace: Traced, row: Any) -> dict[str, Any]:
    fresh = trace.chain.row
    return {
        "chain": [
            {"title": step.title, "facts": [{"name": name, "value": value} for name, value in step.facts]}
            for step in trace.chain.steps
        ],
        "columns": trace.header,
        "rows": trace.rows,
        "row_count": trace.count,
        "hidden": trace.hidden,
        "now": {"status": fresh.status.value, "value": fresh.value},
        "same_as_kept": row is None or (row.status, row.value) == (fresh.status, fresh.value),
    }


def _as_part(trace: Traced) -> dict[str, Any]:
    """What the HTML shows of the rows: entries by the titles of their ledgers, areas and states, without their data."""
    steps = [{"title": step.title, "facts": step.facts} for step in trace.chain.steps]
    if not trace.links:
        return {"steps": steps, "linked_rows": [(row, "") for row in trace.rows]}
    pack, shown = desk().pack, []
    for ledger, key, counts, how, area, state, day, *_ in trace.rows:
        declared = pack.ledgers[ledger]
        place = pack.areas.get(area).title if area in pack.areas else area
        title = declared.states[state].title if state in declared.states else state
        kept = Text("计入", "counts") if counts == "yes" else Text("不计入", "does not count")
        shown.append([declared.title, key, kept, how, place, title, day])
    heads = [
        Text("台账", "ledger"),
        Text("编号", "key"),
        Text("是否计入", "counts"),
        Text("说明", "how"),
        Text("区域", "area"),
        Text("状态", "state"),
        Text("自", "since"),
    ]
    return {"steps": steps, "columns": heads, "linked_rows": list(zip(shown, trace.links, strict=True))}


class _Echo:
    """Gives back what a CSV writer writes, line by line."""

    def write(self, line: str) -> str:
        return line


def _safe(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _lines(trace: Traced) -> Iterable[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(trace.header)
    for row in trace.rows:
        yield writer.writerow([_safe(value) for value in row])


@shown_to(rights.sees_office)
def rows(request: HttpRequest, measure: str, name: str) -> HttpResponse | StreamingHttpResponse:
    """All rows or entries behind a verdict that the account may see, as a CSV file."""
    commitment = commitment_of(measure, name)
    area = _area_of(request, commitment)
    snapshot = at_day(request)
    day = snapshot.assessment.as_of if snapshot else desk().day
    trace = traced(request.user, commitment, area, day, None)
    if not trace.rows:
        raise LantuError(
            Text("没有您可见的数据行", "there are no rows that you may see"),
            mend=Text("结论为“未知”时往往没有数据行", "where a verdict is unknown there are often none"),
        )
    answer = StreamingHttpResponse(_lines(trace), content_type="text/csv; charset=utf-8")
    file = f"{commitment.id.replace('/', '_')}_{area}_{day}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return answer


routes = [
    path("explain/<slug:measure>/<slug:name>", show, name="explain"),
    path("explain/<slug:measure>/<slug:name>.json", show, name="explain_json"),
    path("explain/<slug:measure>/<slug:name>.csv", rows, name="explain_rows"),
]
