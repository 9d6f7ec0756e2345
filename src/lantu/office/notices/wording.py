"""The words of notices, made when they are shown, from the thing as it stands then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from lantu.base import Text
from lantu.office import inbox
from lantu.office.desk import desk
from lantu.office.jobs.models import Job
from lantu.office.register.models import Entry
from lantu.office.register.story import area_title, body_title

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lantu.office.notices.models import Notice

KINDS = {
    "dispatched": Text("新派发", "dispatched"),
    "returned": Text("退回重办", "returned"),
    "reopened": Text("反弹重开", "opened again"),
    "declined": Text("退派", "sent back by the unit"),
    "to_verify": Text("待核查", "to verify"),
    "extension_asked": Text("申请延期", "extension asked for"),
    "extended": Text("同意延期", "extended"),
    "due_soon": Text("临近期限", "nearly due"),
    "overdue": Text("逾期", "overdue"),
    "escalated": Text("督办升级", "escalated"),
    "late_summary": Text("督办升级汇总", "escalated today"),
    "recheck_drawn": Text("抽中复核", "drawn for a re-check"),
    "report_returned": Text("填报退回", "report returned"),
    "report_approved": Text("填报通过", "report approved"),
    "report_due": Text("填报到期", "reports due"),
    "report_overdue": Text("填报逾期", "reports overdue"),
    "exclusion": Text("剔除待同意", "exclusion to concur with"),
    "exclusion_decided": Text("剔除已答复", "exclusion decided"),
    "correction": Text("更正申请", "correction request"),
    "job_done": Text("任务完成", "job done"),
    "job_failed": Text("任务未完成", "job failed"),
    "run_done": Text("自动任务完成", "run done"),
    "run_failed": Text("自动任务未完成", "run failed"),
}
"""What can happen, as a reader sees it."""
URGENT = frozenset({"returned", "reopened", "escalated", "report_returned", "run_failed"})
"""What is worth an e-mail of its own."""
OF_JOBS = ("job_done", "job_failed")
OF_RUNS = ("run_done", "run_failed")
TONES = {
    "good": ("report_approved", "job_done", "run_done", "extended"),
    "warn": ("returned", "reopened", "declined", "due_soon", "report_returned", "report_due", "overdue"),
    "bad": ("escalated", "late_summary", "report_overdue", "job_failed", "run_failed"),
}


@dataclass(frozen=True)
class Worded:
    """A notice as a reader sees it."""

    notice: Notice
    name: Text
    """The thing, without what happened to it."""
    detail: Text
    url: str
    tone: str

    @property
    def title(self) -> Text:
        """What happened to which thing."""
        kind = KINDS[self.notice.kind]
        return Text(f"{kind.zh}：{self.name.zh}", f"{kind.en}: {self.name.en}")

    def as_json(self) -> dict[str, Any]:
        notice = self.notice
        return {
            "id": notice.pk,
            "kind": notice.kind,
            "kind_title": KINDS[notice.kind],
            "subject": notice.subject,
            "title": self.title,
            "detail": self.detail,
            "url": self.url,
            "day": notice.day.isoformat(),
            "happened": notice.happened.isoformat(),
            "times": notice.times,
            "urgent": notice.urgent,
            "read": notice.read is not None,
        }


def worded(notices: Iterable[Notice]) -> list[Worded]:
    """Notices that the reader may see, in words; the entries that they are about are read at once."""
    every = list(notices)
    keys: dict[str, list[str]] = {}
    for notice in every:
        if notice.ledger:
            keys.setdefault(notice.ledger, []).append(notice.key)
    entries = {
        (row.ledger, row.key): row
        for ledger, of in keys.items()
        for row in Entry.objects.filter(ledger=ledger, key__in=of)
    }
    numbers = [notice.subject.partition("/")[2] for notice in every if notice.kind in (*OF_JOBS, *OF_RUNS)]
    jobs = {str(number): job for number, job in Job.objects.in_bulk([int(each) for each in numbers]).items()}
    found = []
    for notice in every:
        entry = entries.get((notice.ledger, notice.key))
        if notice.ledger and entry is None:
            continue
        name, detail = _of_entry(notice, entry) if entry is not None else _of_other(notice, jobs)
        if notice.times > 1:
            more = Text(f"当日 {notice.times} 次变动", f"{notice.times} changes that day")
            detail = Text(f"{detail.zh}（{more.zh}）", f"{detail.en} ({more.en})")
        tone = next((tone for tone, kinds in TONES.items() if notice.kind in kinds), "info")
        found.append(Worded(notice, name, detail, address_of(notice), tone))
    return found


def _of_entry(notice: Notice, entry: Entry) -> tuple[Text, Text]:
    values = entry.values
    if entry.ledger == inbox.CASES:
        subject = str(values.get("subject") or values.get("what") or "").split("\n")[0][:60]
        due, area = inbox.due_of(values, entry.state), area_title(entry.area)
        zh, en = [area.zh], [area.en]
        if entry.holder:
            holder = body_title(entry.holder)
            zh.append(f"承办：{holder.zh}")
            en.append(f"held by {holder.en}")
        if due.day is not None and due.words.zh:
            zh.append(f"期限 {due.day}，{due.words.zh}")
            en.append(f"due {due.day}, {due.words.en}")
        if due.level_title is not None:
            zh.append(due.level_title.zh)
            en.append(due.level_title.en)
        name = f"{entry.key} {subject}".strip()
        return Text(name, name), Text(" · ".join(zh), " · ".join(en))
    if entry.ledger == "progress_reports":
        measure, month = str(values.get("measure")), str(values.get("month"))
        known = desk().pack.measures.get(measure)
        summary = known.summary if known is not None else Text("", "")
        return Text(f"{measure} {month}", f"{measure} {month}"), summary
    by = body_title(values.get("claimed_by"))
    span = f"{values.get('from_day')} – {values.get('to_day')}"
    return (
        Text(entry.key, entry.key),
        Text(f"{by.zh}，{values.get('dataset')}，{span}", f"{by.en}, {values.get('dataset')}, {span}"),
    )


def _of_other(notice: Notice, jobs: Mapping[str, Job]) -> tuple[Text, Text]:
    given = notice.given
    if notice.kind in (*OF_JOBS, *OF_RUNS):
        from lantu.office.jobs.work import TITLES

        job = jobs.get(notice.subject.partition("/")[2])
        if job is None:
            return Text(notice.subject, notice.subject), Text("", "")
        title, message = TITLES.get(job.kind, Text(job.kind, job.kind)), job.message
        first = Text(message.zh.split("\n")[0][:160], message.en.split("\n")[0][:160])
        return title, first
    if notice.kind == "correction":
        reference = notice.subject.partition("/")[2]
        return Text(reference, reference), Text("请答复", "to be answered")
    if notice.kind == "late_summary":
        count = int(given.get("count", 0))
        level = next((each for each in inbox.handling().escalation.levels if each.name == given.get("level")), None)
        title = level.title if level is not None else Text("", "")
        return (
            Text(f"{count} 件问题升为{title.zh}", f"{count} cases became {title.en}"),
            Text("请督办", "to be seen to"),
        )
    count, month, due = int(given.get("count", 0)), given.get("month", ""), given.get("due", "")
    return (
        Text(f"{month} 还有 {count} 项未填报", f"{count} still to hand in for {month}"),
        Text(f"期限 {due}", f"due {due}"),
    )


def address_of(notice: Notice) -> str:
    """The page of the thing that a notice is about, on this site."""
    what, _, rest = notice.subject.partition("/")
    if notice.ledger == inbox.CASES:
        return f"/cases/{quote(notice.key, safe='')}"
    if notice.ledger == "progress_reports":
        measure, _, month = notice.key.split("/", 2)
        return f"/reports/{measure}?{urlencode({'month': month})}"
    if notice.ledger:
        return f"/ledgers/{notice.ledger}/{quote(notice.key, safe='')}"
    if what == "job":
        return f"/jobs/{rest}"
    if what == "correction":
        return "/public/manage"
    if what == "late":
        return f"/cases?{urlencode({'tab': 'all', 'level': notice.given.get('level', '')})}"
    return "/reports"
