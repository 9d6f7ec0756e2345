"""A commitment (可核查承诺): what is asked, the verdict in every area, its trend, and what was said of it before."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest
from django.urls import path

from lantu.assessment import AssessmentRow, Status
from lantu.assessment.verdict import worst
from lantu.base import Text, current_language
from lantu.office import rights
from lantu.office.desk import desk
from lantu.office.freshness import versions_now
from lantu.office.past import PastDay, past_of
from lantu.office.standing import Cell, Standing, plan_tasks, standing, task_of
from lantu.office.trend import Trend, has_trend, trend_of
from lantu.plan.commitments import KINDS
from lantu.site.answers import Page, at_day, shown_to
from lantu.site.figures import COMPARATORS, SOFTNESS, five_counts, verdict, with_unit
from lantu.site.links import commitment_link, measure_link, task_link, trend_link
from lantu.site.pages.overview import day_of_address

_PER_PAGE = 50


def commitment_of(measure: str, name: str) -> Any:
    """A commitment of the pack.

    Raises:
        Http404: there is none of this id.
    """
    found = desk().pack.commitments.get(f"{measure}/{name}")
    if found is None:
        raise Http404
    return found


def asked(commitment: Any) -> dict[str, Any]:
    """What a commitment asks, as the pack declares it."""
    pack, figure = desk().pack, commitment.figure()
    return {
        "id": commitment.id,
        "title": commitment.title,
        "kind": commitment.kind,
        "kind_title": KINDS[commitment.kind],
        "comparator": figure.comparator,
        "figure": figure.value,
        "unit": figure.unit,
        "indicator": getattr(commitment, "indicator", None),
        "ledgers": sorted(desk().duties.ledgers_of_measure(commitment.measure)) if commitment.kind != "level" else [],
        "period": commitment.period,
        "due": pack.due_of(commitment),
        "softness": commitment.softness,
        "softness_title": SOFTNESS.get(commitment.softness or ""),
        "basis": commitment.basis,
        "note": commitment.note,
    }


def figure_words(commitment: Any) -> str:
    """The figure that is asked, in the reader's language: `< 2020`, `≥ 90%`."""
    baseline, limit = getattr(commitment, "baseline", None), getattr(commitment, "limit", None)
    quota = getattr(commitment, "quota", None) or limit
    sign = getattr(commitment, "comparator", "")
    if baseline is not None:
        change = f" {baseline.change:+}%" if baseline.change is not None else ""
        return f"{COMPARATORS.get(sign, sign)} {baseline.period}{change}"
    if quota is not None:
        return with_unit(quota.value, quota.unit, sign)
    if getattr(commitment, "target", None) is not None:
        return str(Text("另行下达", "set elsewhere"))
    figure = commitment.figure()
    return with_unit(figure.value, figure.unit, figure.comparator) if figure.value is not None else ""


def cell_row(now: Standing, commitment: Any, cell: Cell, day: str) -> dict[str, Any]:
    """One column's verdict: the area's own, or the sum of its streets."""
    area = desk().pack.areas.get(cell.column)
    own = cell.own
    if own is not None:
        return {**verdict(own, day), "level": area.level, "streets": None, "counts": None, "declared": _declared(own)}
    counts = now.snapshot.assessment.counts(cell.rows)
    return {
        "commitment": commitment.id,
        "area": cell.column,
        "area_name": area.title,
        "level": area.level,
        "status": cell.status.value,
        "streets": len(cell.rows),
        "counts": {status.value: count for status, count in counts.items() if count},
        "url": commitment_link(commitment.id, cell.column, day),
    }


def _declared(row: AssessmentRow) -> Text | None:
    """What was reported; None where nothing was."""
    from lantu.assessment.assess import NOTHING_DECLARED

    words = row.clocks.declared if row.clocks else None
    return None if words == NOTHING_DECLARED else words


def _checked_area(request: HttpRequest, commitment: Any) -> str:
    """The area that is asked for; empty for none.

    Raises:
        Http404: there is no such area, or the account may not see it.
    """
    area = request.GET.get("area", "")
    if area and (area not in desk().pack.areas or not rights.sees_area(request.user, area)):
        raise Http404
    return area


@shown_to(rights.sees_office)
def show(request: HttpRequest, measure: str, name: str) -> Page:
    """All verdicts on a commitment that the account sees, to filter by status and district."""
    commitment = commitment_of(measure, name)
    area = _checked_area(request, commitment)
    snapshot = at_day(request)
    task = plan_tasks()[task_of(measure)]
    head = {**asked(commitment), "words": figure_words(commitment), "measure": measure}
    crumbs = [
        {"title": Text("任务", "Tasks"), "url": "/tasks"},
        {"title": task.title, "url": task_link(task.id)},
        {"title": commitment.title, "url": ""},
    ]
    if snapshot is None:
        return Page("commitment.html", {"commitment": head, "as_of": None, "rows": []}, {"crumbs": crumbs})
    now = standing(snapshot)
    day = day_of_address(request, now.day)
    judged = snapshot.assessment.of(commitment.id)
    seen = rights.areas_seen(request.user, [row.area for row in judged])
    every = [row for row in judged if row.area in seen]
    here = [row for row in every if not area or row.area == area or now.column_of(row.area) == area]
    status = request.GET.get("status", "")
    rows = [row for row in here if not status or row.status.value == status]
    sort = request.GET.get("sort", "")
    if sort in ("value", "-value"):
        rows.sort(key=lambda row: (row.value is None, (row.value or 0) * (-1 if sort == "-value" else 1)))
    page = Paginator(rows, _PER_PAGE).get_page(request.GET.get("page"))
    counts = snapshot.assessment.counts(here)
    own = trend_area(request.user, now, commitment, area)
    data = {
        "commitment": head,
        "as_of": now.day,
        "area": area or None,
        "count": len(rows),
        "page": page.number,
        "pages": page.paginator.num_pages,
        "status": worst([row.status for row in here]).value,
        "counts": {each.value: count for each, count in counts.items()},
        "rows": [{**verdict(row, day), "declared": _declared(row)} for row in page],
    }
    query = request.GET.copy()
    query.pop("page", None)
    districts = [(each.code, each.title) for each in now.columns if each.level == "district"]
    extra = {
        "crumbs": crumbs,
        "five": five_counts(counts),
        "task_url": measure_link(measure, day),
        "trend_url": trend_link(commitment.id, own, day),
        "pages_part": page,
        "query_part": query.urlencode(),
        "fields": [
            {"name": "area", "label": Text("区", "district"), "kind": "select", "value": area, "choices": districts},
            {
                "name": "status",
                "label": Text("状态", "status"),
                "kind": "select",
                "value": status,
                "choices": [(each.value, each.title) for each in Status],
            },
        ],
        "kept": [(key, value) for key, value in (("as_of", day), ("sort", sort)) if value],
        "sort": sort,
    }
    return Page("commitment.html", data, extra)


def trend_area(account: Any, now: Standing, commitment: Any, wanted: str = "") -> str:
    """The area whose trend is shown first: the one asked for, the account's own, else the first that is judged."""
    judged = {row.area for row in now.snapshot.assessment.of(commitment.id)}
    columns = [area.code for area in now.columns if area.code in judged]
    for code in (wanted, getattr(account, "area", ""), now.column_of(getattr(account, "area", ""))):
        if code in columns:
            return code
    return columns[0] if columns else ""


@shown_to(rights.sees_office)
def trend(request: HttpRequest, measure: str, name: str) -> Page:
    """The trend of a commitment in an area: months of its indicator where it has one, and the kept verdicts."""
    commitment = commitment_of(measure, name)
    area = _checked_area(request, commitment)
    snapshot = at_day(request)
    if snapshot is None:
        raise Http404
    now = standing(snapshot)
    area = trend_area(request.user, now, commitment, area)
    day = day_of_address(request, now.day)
    here = desk().pack.areas.get(area).title if area else None
    past = past_of(commitment.id, now.day)
    data: dict[str, Any] = {
        "commitment": commitment.id,
        "area": area,
        "area_name": here,
        "past": [_past_row(each, area) for each in past],
        "months": None,
        "complete": True,
    }
    extra: dict[str, Any] = {
        "key": commitment.id.replace("/", "-"),
        "again": trend_link(commitment.id, area, day),
        "title": commitment.title,
        "unit": "",
        "whole": not getattr(request, "htmx", False),
        "back": commitment_link(commitment.id, area, day),
    }
    row = next((each for each in snapshot.assessment.of(commitment.id) if each.area == area), None)
    extra["row"] = verdict(row, day) if row else None
    extra["unit"] = row.unit if row else ""
    if area and has_trend(commitment):
        found = _kept_trend(commitment, area, now)
        data["complete"] = found["complete"]
        data["months"] = found["months"]
        data["baseline_year"] = found["baseline_year"]
        if found["months"]:
            extra["chart"] = _chart(found, row)
            extra["wanted"] = found["wanted"]
    return Page("trend_page.html" if extra["whole"] else "trend.html", data, extra)


def _past_row(each: PastDay, area: str) -> dict[str, Any]:
    status, value = each.own.get(area, (None, None))
    return {
        "day": each.day,
        "status": status.value if status else None,
        "value": value,
        "counts": {name.value: count for name, count in each.counts.items()},
    }


def _kept_trend(commitment: Any, area: str, now: Standing) -> dict[str, Any]:
    """The months as data; kept in memory once all are there, as long as no data came."""
    versions = versions_now()
    ledgers = desk().duties.ledgers_of_measure(commitment.measure)
    stamp = (sorted(versions["datasets"].items()), sorted((n, versions["ledgers"].get(n)) for n in ledgers))
    key = f"trend-{hash((desk().workspace.path, commitment.id, area, now.day, str(stamp)))}"
    kept = cache.get(key)
    if kept is None:
        kept = _as_data(trend_of(commitment, area, now.day))
        if kept["complete"]:
            cache.set(key, kept, 3600)
    return kept


def _as_data(found: Trend) -> dict[str, Any]:
    before = [value.rounded for value in found.before]
    rows = [
        {
            "month": month.label,
            "value": value.rounded,
            "valid": value.valid,
            "coverage": value.coverage,
            "before": before[index] if index < len(before) else None,
        }
        for index, (month, value) in enumerate(zip(found.months, found.values, strict=False))
    ]
    return {
        "complete": found.complete,
        "baseline_year": found.baseline_year,
        "wanted": len(found.months),
        "indicator": found.indicator.name,
        "unit": found.indicator.unit,
        "months": rows,
    }


def _chart(found: dict[str, Any], row: AssessmentRow | None) -> dict[str, Any]:
    """The months as `parts/chart.html` draws them."""
    zh = current_language() == "zh"
    months = found["months"]

    def figures(name: str) -> list[float | None]:
        return [None if each[name] is None else float(each[name]) for each in months]

    year = months[0]["month"][:4]
    series = [{"name": year, "values": figures("value"), "dashed": False}]
    if found["baseline_year"] is not None:
        series.append({"name": str(found["baseline_year"]), "values": figures("before"), "dashed": True})
    limits = []
    if row is not None and row.limit is not None and row.unit == found["unit"]:
        limits.append({"value": float(row.limit), "name": "年限值" if zh else "limit of the year"})
    names = [each["month"] for each in months]
    return {"kind": "line", "x": names, "unit": with_unit("", found["unit"]), "series": series, "limits": limits}


routes = [
    path("commitments/<slug:measure>/<slug:name>", show, name="commitment"),
    path("commitments/<slug:measure>/<slug:name>.json", show, name="commitment_json"),
    path("commitments/<slug:measure>/<slug:name>/trend", trend, name="trend"),
    path("commitments/<slug:measure>/<slug:name>/trend.json", trend, name="trend_json"),
]
