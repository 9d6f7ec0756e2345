"""Rules (规则): dated parameters with references, figures set outside the plan, documents read and reviewed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from lantu.assessment import read_targets, write_target
from lantu.assessment.level import external_unit
from lantu.base import LantuError, Text
from lantu.office import readings, rights
from lantu.office.desk import desk
from lantu.office.jobs.models import Job
from lantu.office.jobs.work import ask
from lantu.site.answers import Page, pair, shown_to
from lantu.site.lists import frame, kept_query, paged
from lantu.site.pages.data import kept_upload
from lantu.site.pages.progress import job_part
from lantu.site.pages.signing import record
from lantu.standards import catalogue

_SURE = {
    "primary": Text("已核实（原文）", "verified (the text itself)"),
    "secondary": Text("已核实（转引）", "verified (second hand)"),
    "unverified": Text("未核实", "unverified"),
}


@shown_to(rights.sees_office)
def rules(request: HttpRequest) -> Page:
    """Documents that were read, and what stands in the pack."""
    pack = desk().pack
    kept = [each.as_json() for each in readings.all_readings(desk().workspace.path)]
    data = {
        "pack": pack.id,
        "title": pack.title,
        "tasks": sum(len(s.tasks) for p in pack.plans for s in p.sections),
        "measures": len(pack.measures),
        "commitments": len(pack.commitments),
        "ledgers": len(pack.ledgers),
        "readings": kept,
    }
    jobs = Job.objects.filter(kind="read_plan").exclude(state="done")[:5]
    extra = {"may_read": rights.may_run_jobs(request.user), "jobs": [job_part(job) for job in jobs]}
    return Page("rules.html", data, extra)


@shown_to(rights.sees_office)
def parameters(request: HttpRequest) -> Page:
    """Every limit and rule with its dates, reference and how sure it is."""
    words, sure = request.GET.get("q", "").strip().lower(), request.GET.get("sure", "")
    found = [
        p
        for p in catalogue().parameters()
        if (not words or words in p.name or words in p.title.zh.lower() or words in p.title.en.lower())
        and (not sure or any(v.verified.value == sure for v in p.values))
    ]
    page = paged(request, found)
    today = desk().today
    rows, plain = [], []
    for parameter in page:
        last = parameter.values[-1]
        stale = parameter.is_stale(today)
        mark = Text("已过期", "stale") if stale else _SURE[last.verified.value]
        rows.append(
            {
                "cells": [
                    {
                        "text": parameter.title,
                        "url": reverse("parameter", args=[parameter.name]),
                        "note": parameter.name,
                    },
                    {"text": written(last.value)},
                    {"text": parameter.unit},
                    {"text": last.from_},
                    {"text": last.to or "—"},
                    {"text": last.reference},
                    {"text": mark, "tone": "warn" if stale or last.verified.value == "unverified" else "good"},
                ]
            }
        )
        plain.append({"name": parameter.name, "title": parameter.title, "unit": parameter.unit, "stale": stale})
    extra = {
        "rows": rows,
        "columns": [{"title": title} for title in _HEADS],
        "list_page": page,
        "kept": kept_query(request),
        "filter_fields": [
            {"name": "q", "label": Text("名称", "name"), "value": words},
            {
                "name": "sure",
                "label": Text("核实情况", "how sure"),
                "kind": "select",
                "value": sure,
                "choices": [*_SURE.items()],
            },
        ],
    }
    return Page("parameters.html", {**frame(page), "parameters": plain}, extra)


_HEADS = (
    Text("参数", "parameter"),
    Text("现行值", "value"),
    Text("单位", "unit"),
    Text("自", "from"),
    Text("至", "to"),
    Text("依据", "reference"),
    Text("核实情况", "how sure"),
)


def written(value: Any) -> str:
    """A parameter's value as a reader sees it; of a long table its beginning."""
    if isinstance(value, dict):
        text = "; ".join(f"{name}: {written(part)}" for name, part in value.items())
    elif isinstance(value, tuple | list):
        text = ", ".join(f"({written(part)})" if isinstance(part, tuple | list) else written(part) for part in value)
    elif value is None:
        text = "—"
    else:
        text = str(value)
    return text if len(text) <= 200 else f"{text[:197]}…"


@shown_to(rights.sees_office)
def parameter(request: HttpRequest, name: str) -> Page:
    """One parameter with all its dated values."""
    if name not in catalogue():
        raise Http404
    found = catalogue().get(name)
    values = [
        {
            "value": written(dated.value),
            "from": dated.from_,
            "to": dated.to,
            "verified": dated.verified.value,
            "reference": dated.reference,
        }
        for dated in found.values
    ]
    data = {"name": name, "title": found.title, "unit": found.unit, "description": found.description, "values": values}
    return Page("parameter.html", data, {"sure": _SURE})


@shown_to(rights.sees_office)
def targets(request: HttpRequest) -> Page | HttpResponse:
    """Figures that other documents set (国家和本市下达): those entered and those missing; coordinators enter them."""
    pack, workspace = desk().pack, desk().workspace
    may_enter = rights.may_run_jobs(request.user)
    if request.method == "POST":
        if not may_enter:
            raise Http404
        given = {
            name: request.POST.get(name, "").strip() for name in ("commitment", "area", "value", "unit", "reference")
        }
        if not given["reference"]:
            raise LantuError(
                Text("没有填依据", "the reference is missing"),
                mend=Text("写明下达文件的名称和文号", "name the document that sets it, with its number"),
            )
        target = write_target(workspace, pack, **given)
        record(request.user, "enter_target", f"target/{target.commitment}@{target.area}", {"value": str(target.value)})
        messages.success(request, str(Text("指标值已录入，下次评定时使用", "entered; the next assessment uses it")))
        return redirect("targets")
    entered = read_targets(workspace, pack)
    rows = []
    for commitment in pack.commitments.values():
        unit = external_unit(commitment)
        if unit is None:
            continue
        for area in pack.areas_of(commitment):
            found = entered.get(commitment.id, area.code)
            rows.append(
                {
                    "commitment": commitment.id,
                    "title": commitment.title,
                    "area": area.code,
                    "area_name": area.title,
                    "unit": unit,
                    "value": found.value if found else None,
                    "reference": found.reference if found else None,
                    "entered": found.entered if found else None,
                }
            )
    missing = [row for row in rows if row["value"] is None]
    page = paged(request, missing + [row for row in rows if row["value"] is not None])
    data = {**frame(page), "missing": len(missing), "targets": list(page)}
    return Page("targets.html", data, {"list_page": page, "kept": kept_query(request), "may_enter": may_enter})


class ReadForm(forms.Form):
    """A plan document."""

    file = forms.FileField(
        label=Text("计划文件", "The plan's document"),
        help_text=Text(
            "PDF（有文字层和表格线）、Word（.docx）或制表符分隔的文本",
            "PDF with text and a drawn grid, Word (.docx), or text with tabs",
        ),
    )
    year = forms.IntegerField(
        label=Text("年份", "Year"), required=False, min_value=1990, max_value=2100,
        help_text=Text("不填则从标题中识别", "taken from the titles if empty"),
    )  # fmt: skip


@shown_to(rights.may_run_jobs)
def read_document(request: HttpRequest) -> Page | HttpResponse:
    """Take a document in; a job reads it."""
    form = ReadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        ending = Path(upload.name).suffix.lower()
        if upload.size > settings.LANTU_LARGEST_FILE:
            form.add_error("file", Text("文件超过 20 MB", "the file is larger than 20 MB"))
        elif ending not in (".pdf", ".docx", ".txt"):
            form.add_error(
                "file",
                Text(f"不支持 {ending or '无后缀'} 文件", f"files of the kind {ending or 'none'} cannot be read"),
            )
        else:
            given = {
                "file": str(kept_upload(upload)),
                "year": form.cleaned_data["year"],
                "name": Path(upload.name).name[:120],
            }
            ask("read_plan", given, request.user)
            return redirect("rules")
    return Page("read_document.html", {}, {"form": form}, status=422 if form.errors else 200)


@shown_to(rights.sees_office)
def reading(request: HttpRequest, name: str) -> Page:
    """A reading: the document's measures beside the doubts about them, each to be settled before it is accepted."""
    found = readings.one(desk().workspace.path, name)
    if found is None:
        raise Http404
    passages, doubts = readings.side_by_side(found)
    for doubt in doubts:
        doubt["url"] = reverse("settle_doubt", args=[name])
    open_doubts = sum(not doubt["settled"] for doubt in doubts)
    extra = {
        "passages": passages,
        "doubts": doubts,
        "open_doubts": open_doubts,
        "may_accept": rights.may_run_jobs(request.user),
    }
    return Page("reading.html", {**found.as_json(), "document": found.document, "settled": found.settled}, extra)


@shown_to(rights.may_run_jobs)
@require_POST
def settle_doubt(request: HttpRequest, name: str) -> HttpResponse:
    """Settle a doubt: it was read right, or the document is wrong and says so in own words."""
    found = readings.one(desk().workspace.path, name)
    if found is None:
        raise Http404
    number, choice = request.POST.get("doubt", ""), request.POST.get("choice", "")
    readings.settle(found, number, choice, request.POST.get("text", ""), request.user.username)
    return redirect(f"{reverse('reading', args=[name])}#doubt-{number}")


@shown_to(rights.may_run_jobs)
@require_POST
def accept_reading(request: HttpRequest, name: str) -> HttpResponse:
    """Accept a reading whose doubts are settled: from then on tasks show the document's own words."""
    found = readings.one(desk().workspace.path, name)
    if found is None:
        raise Http404
    readings.accept(found, request.user.username)
    record(request.user, "accept_reading", f"reading/{name}", {"sha256": found.sha256})
    messages.success(request, str(Text("已采纳，任务页显示文件原文", "accepted; tasks now show the document's words")))
    return redirect("reading", name=name)


routes = [
    *pair("rules", rules, "rules"),
    *pair("rules/parameters", parameters, "parameters"),
    *pair("rules/parameters/<str:name>", parameter, "parameter"),
    *pair("rules/targets", targets, "targets"),
    *pair("rules/read", read_document, "read_document"),
    *pair("rules/readings/<slug:name>", reading, "reading"),
    path("rules/readings/<slug:name>/settle", settle_doubt, name="settle_doubt"),
    path("rules/readings/<slug:name>/accept", accept_reading, name="accept_reading"),
]
