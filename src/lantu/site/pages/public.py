"""What the public sees (公开): published verdicts of the city and its districts, and requests to correct a figure."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from lantu.assessment import Assessment, AssessmentRow
from lantu.base import Text, current_language
from lantu.office import rights
from lantu.office.desk import desk
from lantu.office.publications.models import Correction, Publication
from lantu.site.answers import Page, anyone, pair, shown_to
from lantu.site.lists import frame, kept_query, paged
from lantu.site.pages.signing import record

_REQUESTS_AN_HOUR = 10


def published() -> tuple[Publication, Assessment] | None:
    """The verdicts that are public now: the latest publication that was not withdrawn, and whose file is unchanged."""
    for publication in Publication.objects.filter(withdrawn=None)[:5]:
        snapshot = desk().snapshots.by_digest(publication.sha256)
        if snapshot is not None:
            return publication, snapshot.assessment
    return None


def public_rows(assessment: Assessment) -> list[AssessmentRow]:
    """The verdicts that may be shown to everybody: those of the city and of districts, not of single streets."""
    areas = desk().pack.areas
    return [row for row in assessment.rows if row.area in areas and areas.get(row.area).level != "street"]


def _head(publication: Publication, assessment: Assessment) -> dict[str, Any]:
    return {
        "as_of": assessment.as_of,
        "published": publication.published,
        "sha256": publication.sha256,
        "pack": assessment.pack,
        "simulated": assessment.simulated,
        "versions": assessment.versions,
    }


def public(request: HttpRequest) -> Page:
    """The plan's tasks with how many verdicts of each stand where."""
    found = published()
    if found is None:
        return Page("public.html", {"published": None}, {"may_publish": rights.may_publish(request.user)})
    publication, assessment = found
    request.as_of = assessment.as_of
    content = cache.get_or_set(
        f"public:{publication.sha256}:{current_language()}", lambda: _by_task(assessment), 24 * 3600
    )
    data = {"published": _head(publication, assessment), **content}
    return Page("public.html", data, {"may_publish": rights.may_publish(request.user)})


def _by_task(assessment: Assessment) -> dict[str, Any]:
    by_measure: dict[str, list[AssessmentRow]] = {}
    rows = public_rows(assessment)
    for row in rows:
        by_measure.setdefault(row.measure, []).append(row)
    plans = []
    for plan in desk().pack.plans:
        tasks = []
        for section in plan.sections:
            for task in section.tasks:
                of_task = [row for measure in task.measures for row in by_measure.get(measure.id, [])]
                counts = assessment.counts(of_task)
                tasks.append(
                    {
                        "task": f"{plan.id}-{task.no}",
                        "title": task.title,
                        "counts": {status.value: count for status, count in counts.items()},
                    }
                )
        plans.append({"plan": plan.id, "title": plan.title, "tasks": tasks})
    every = [{"status": status.value, "count": count} for status, count in assessment.counts(rows).items()]
    return {"counts": every, "plans": plans}


def public_task(request: HttpRequest, plan: str, number: int) -> Page:
    """One task: every verdict with its value, limit and reason, and a way to ask for a correction."""
    found = published()
    if found is None:
        raise Http404
    publication, assessment = found
    request.as_of = assessment.as_of
    task = next(
        (t for p in desk().pack.plans if p.id == plan for s in p.sections for t in s.tasks if t.no == number), None
    )
    if task is None:
        raise Http404
    measures, wanted = [], {c.id for m in task.measures for c in m.commitments}
    rows = [row for row in public_rows(assessment) if row.commitment in wanted]
    for measure in task.measures:
        own = [row for row in rows if row.measure == measure.id]
        measures.append({"measure": measure.id, "summary": measure.summary, "rows": [_row(row) for row in own]})
    data = {
        "published": _head(publication, assessment),
        "task": f"{plan}-{number}",
        "title": task.title,
        "measures": measures,
    }
    return Page("public_task.html", data)


def _row(row: AssessmentRow) -> dict[str, Any]:
    return {
        "commitment": row.commitment,
        "title": row.title,
        "area": row.area,
        "area_name": row.area_name,
        "status": row.status.value,
        "value": row.value,
        "comparator": row.comparator,
        "limit": row.limit,
        "unit": row.unit,
        "reason": row.reason,
        "unverified": list(row.unverified),
    }


class CorrectionForm(forms.Form):
    """A request to correct a figure."""

    words = forms.CharField(
        label=Text("哪里不对，依据是什么", "What is wrong, and how do you know"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    contact = forms.CharField(
        label=Text("联系方式", "How to reach you"),
        max_length=200,
        required=False,
        help_text=Text("只用于答复，不公开", "used for the answer only, never shown"),
    )
    website = forms.CharField(required=False, widget=forms.HiddenInput)
    """Left empty by people; programs that fill every field are told so."""


def ask_correction(request: HttpRequest) -> Page | HttpResponse:
    """Ask for a correction without an account; a reference is given to look the answer up."""
    subject = (request.POST.get("about") or request.GET.get("about") or "")[:200]
    form = CorrectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        address = request.META.get("REMOTE_ADDR", "")
        asked = cache.get_or_set(f"corrections:{address}", 0, 3600)
        if form.cleaned_data["website"] or asked >= _REQUESTS_AN_HOUR:
            form.add_error(None, Text("提交过于频繁，请一小时后再试", "too many requests; try again in an hour"))
        else:
            cache.incr(f"corrections:{address}")
            reference = secrets.token_hex(5).upper()
            Correction.objects.create(
                reference=reference,
                subject=subject,
                words=form.cleaned_data["words"],
                contact=form.cleaned_data["contact"],
            )
            record(None, "correction_received", f"correction/{reference}", {"about": subject})
            return redirect("correction", reference=reference)
    status = 422 if form.errors else 200
    return Page("correction_form.html", {"about": subject}, {"form": form}, status=status)


def correction(request: HttpRequest, reference: str) -> Page:
    """What became of a request; whoever has its reference may look."""
    found = Correction.objects.filter(reference=reference.upper()).first()
    if found is None:
        raise Http404
    data = {
        "reference": found.reference,
        "about": found.subject,
        "words": found.words,
        "received": found.received,
        "state": found.state,
        "answer": found.answer,
        "answered": found.answered,
    }
    return Page("correction.html", data)


@shown_to(rights.may_publish)
def manage(request: HttpRequest) -> Page:
    """Choose what is public, and answer requests."""
    page = paged(request, Correction.objects.all())
    corrections = [
        {
            "id": c.pk,
            "reference": c.reference,
            "about": c.subject,
            "words": c.words,
            "contact": c.contact,
            "received": c.received,
            "state": c.state,
            "answer": c.answer,
        }
        for c in page
    ]
    publications = [
        {"id": p.pk, "as_of": p.as_of, "published": p.published, "withdrawn": p.withdrawn, "sha256": p.sha256}
        for p in Publication.objects.all()[:20]
    ]
    latest = desk().snapshots.latest()
    data = {"corrections": corrections, "publications": publications, **frame(page)}
    extra = {
        "latest": latest,
        "list_page": page,
        "kept": kept_query(request),
        "days": desk().snapshots.days()[::-1][:60],
    }
    return Page("public_manage.html", data, extra)


@shown_to(rights.may_publish)
@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Make the kept assessment of a day public, or withdraw a publication."""
    number = request.POST.get("withdraw", "")
    if number:
        done = Publication.objects.filter(pk=number if number.isdigit() else 0, withdrawn=None)
        for each in done:
            record(request.user, "withdraw", f"publication/{each.as_of}", {"sha256": each.sha256})
        done.update(withdrawn=timezone.now())
        return redirect("public_manage")
    wanted = request.POST.get("as_of", "")
    snapshot = next((desk().snapshots.of(day) for day in desk().snapshots.days() if day.isoformat() == wanted), None)
    if snapshot is None:
        messages.error(request, str(Text("没有这一天的评定", "there is no assessment of that day")))
        return redirect("public_manage")
    newest = Publication.objects.filter(withdrawn=None).first()
    if newest is None or newest.sha256 != snapshot.sha256:
        Publication.objects.create(as_of=snapshot.assessment.as_of, sha256=snapshot.sha256, account=request.user)
        record(request.user, "publish", f"publication/{wanted}", {"sha256": snapshot.sha256})
    messages.success(request, str(Text(f"{wanted} 的评定已公开", f"the assessment of {wanted} is public")))
    return redirect("public_manage")


@shown_to(rights.may_publish)
@require_POST
def answer_correction(request: HttpRequest, number: int) -> HttpResponse:
    """Accept or decline a request with words; the first answer stands."""
    state, words = request.POST.get("state", ""), request.POST.get("answer", "").strip()[:4000]
    if state not in ("accepted", "declined") or not words:
        messages.error(request, str(Text("请选择结论并填写答复", "choose an outcome and write an answer")))
        return redirect("public_manage")
    changed = Correction.objects.filter(pk=number, state="received").update(
        state=state, answer=words, answered=timezone.now(), answered_by=request.user
    )
    if changed:
        found = Correction.objects.get(pk=number)
        record(request.user, "correction_answered", f"correction/{found.reference}", {"state": state})
    else:
        messages.warning(request, str(Text("该申请已有人答复", "somebody has answered it already")))
    return redirect("public_manage")


routes = [
    *pair("public", shown_to(anyone)(public), "public"),
    *pair("public/tasks/<slug:plan>-<int:number>", shown_to(anyone)(public_task), "public_task"),
    path("public/correction", shown_to(anyone)(ask_correction), name="ask_correction"),
    *pair("public/correction/<slug:reference>", shown_to(anyone)(correction), "correction"),
    *pair("public/manage", manage, "public_manage"),
    path("public/publish", publish, name="publish"),
    path("public/manage/<int:number>", answer_correction, name="answer_correction"),
]
