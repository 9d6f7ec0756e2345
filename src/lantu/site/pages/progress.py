"""How far long work is (进度): one job, as a part that asks again by itself, or as a page."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.urls import path

from lantu.base import Text
from lantu.office import rights
from lantu.office.jobs.models import Job
from lantu.office.jobs.work import TITLES
from lantu.office.notices.noting import mark_seen
from lantu.site.answers import Page, shown_to, signed_in

_TO_RESULTS = {
    "assess": ("/?as_of={as_of}", Text("查看结果", "See the result")),
    "verify_journal": ("/journal", Text("查看日志", "See the journal")),
}


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
    }


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
    job = job_part(found)
    htmx = getattr(request, "htmx", False)
    return Page("parts/job.html" if htmx else "job.html", {"job": job})


routes = [
    path("jobs/<int:number>", show, name="job"),
    path("jobs/<int:number>.json", show, name="job_json"),
]
