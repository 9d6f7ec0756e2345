"""How far long work is (进度): one job, as a part that asks again by itself, or as a page."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST

from lantu.base import Text
from lantu.office import rights
from lantu.office.jobs.models import Job
from lantu.office.jobs.work import SILENT, TITLES, again
from lantu.office.notices.noting import mark_seen
from lantu.site.answers import Page, shown_to, signed_in
from lantu.site.pages.errors import not_allowed

_TO_RESULTS = {
    "assess": ("/?as_of={as_of}", Text("查看结果", "See the result")),
    "verify_journal": ("/journal", Text("查看日志", "See the journal")),
}


_REPEATED = {
    "assess": rights.may_run_jobs,
    "import_data": rights.may_import,
    "read_plan": rights.may_run_jobs,
    "verify_journal": rights.sees_journal,
}
"""Jobs for the whole city, and who may ask for them; all others are repeated by whoever asked for them."""


def job_part(job: Job) -> dict[str, Any]:
    """A job as `parts/job.html` shows it."""
    address, title = _TO_RESULTS.get(job.kind, ("", Text("查看结果", "See the result")))
    return {
        "id": str(job.pk),
        "title": TITLES.get(job.kind, Text(job.kind, job.kind)),
        "state": job.state,
        "done": job.done,
        "total": job.total,
        "note": job.message if job.state == "done" else job.step,
        "url": f"/jobs/{job.pk}",
        "result_url": address.format(**job.result) if job.state == "done" and address and job.result else "",
        "result_title": title,
        "error": job.message if job.state == "failed" else "",
        "mend": "",
        "silent": silence(job),
        "again": f"/jobs/{job.pk}" if job.state == "failed" else "",
    }


def silence(job: Job) -> Text | str:
    """What is said of a job of which the worker gives no sign: the page does not pretend that it goes on."""
    since = job.silent_since(SILENT)
    if since is None:
        return ""
    clock = localtime(since).strftime("%H:%M:%S")
    if job.state == "waiting":
        return Text(
            f"{clock} 起排队，后台进程尚未开始；不会丢失，轮到即办",
            f"waiting since {clock}; the worker has not begun; it is not lost and is done in its turn",
        )
    return Text(
        f"{clock} 起后台进程没有回音；恢复后自动重做，已收入的不会重复",
        f"no sign of the worker since {clock}; it is done again when the worker is back, and nothing is taken twice",
    )


def may_repeat(account: Any, job: Job) -> bool:
    """Whether the account may ask anew for a job that failed."""
    own = job.account_id == account.pk
    test = _REPEATED.get(job.kind)
    if test is None:
        return job.state == "failed" and own
    return job.state == "failed" and test(account) and (own or rights.may_run_jobs(account))


def may_follow(account: Any, job: Job) -> bool:
    """Whether the account may look at a job: at its own, or at any if it may run the city's jobs."""
    return rights.may_run_jobs(account) or job.account_id == account.pk


def job_of(account: Any, number: int) -> Job:
    """A job that the account may look at.

    Raises:
        Http404: there is none, or it is somebody else's.
    """
    job = Job.objects.filter(pk=number).first()
    if job is None or not may_follow(account, job):
        raise Http404
    return job


@shown_to(signed_in)
def show(request: HttpRequest, number: int) -> Page:
    """A job: the part alone for htmx, a whole page otherwise."""
    found = job_of(request.user, number)
    if found.is_over:
        mark_seen(request.user, f"job/{number}")
    htmx = getattr(request, "htmx", False)
    job = job_part(found)
    if htmx:
        return Page("parts/job.html", {"job": job})
    return Page("job.html", {"job": {**job, "again": ""}}, {"may_repeat": may_repeat(request.user, found)})


@shown_to(signed_in)
@require_POST
def repeat(request: HttpRequest, number: int) -> HttpResponse:
    """Ask anew for a job that failed."""
    found = job_of(request.user, number)
    if not may_repeat(request.user, found):
        return not_allowed(request)
    fresh = again(found, request.user)
    if fresh.kind == "export_sheet":
        return redirect("export_job", name=fresh.given["ledger"], number=fresh.pk)
    return redirect(reverse("job", kwargs={"number": fresh.pk}))


routes = [
    path("jobs/<int:number>", show, name="job"),
    path("jobs/<int:number>.json", show, name="job_json"),
    path("jobs/<int:number>/again", repeat, name="job_again"),
]
