"""What jobs do, and how they are asked for. A job that was cut off is done again; each may be done twice."""

from __future__ import annotations

import datetime as dt
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from lantu.base import LantuError, SeveralErrors, Text, use_language
from lantu.office.desk import desk
from lantu.office.jobs import raising
from lantu.office.jobs.models import Job
from lantu.office.jobs.raising import PROGRAM
from lantu.office.notices import deriving, sending
from lantu.office.notices.noting import note_job
from lantu.office.outages import outage_of

if TYPE_CHECKING:
    from lantu.office.accounts.models import Account

Progress = Callable[[int, int, str], None]
_ATTEMPTS = 3
BEAT_SECONDS = 10
SILENT = dt.timedelta(seconds=60)
"""After so long without a sign of the worker a page says so."""


def ask(kind: str, given: dict[str, Any], account: Account | None) -> Job:
    """Ask for a job; it is kept before anything is done.

    Args:
        kind: a name of `KINDS`.
        given: what the job works on, as JSON.
        account: who asks; None for the program itself.
    """
    if kind not in KINDS:
        raise KeyError(kind)
    with transaction.atomic():
        job = Job.objects.create(kind=kind, given=given, account=account)
        actor = account.actor() if account else PROGRAM
        desk().book.store.journal.write(actor, "ask_job", f"job/{job.pk}", {"kind": kind})
    _queue(job.pk)
    return job


def _queue(number: int) -> None:
    """Hand a job to the worker. A queue that takes nothing now loses nothing: what waits is queued every minute."""
    try:
        do(number)
    except (sqlite3.Error, OSError) as error:
        logging.getLogger(__name__).warning("job %s is not queued yet: %s", number, error)


def take_up_again() -> int:
    """Queue again what a worker that died, or a queue that was full, has left undone.

    For the one worker between two jobs: then nobody is at any job, and those that are not over were cut off.
    """
    left = Job.objects.exclude(state__in=["done", "failed"]).order_by("id")
    for job in left:
        _queue(job.pk)
    return len(left)


def again(job: Job, account: Account) -> Job:
    """Ask anew for a job that failed, with what it was given; each job may be done twice.

    Raises:
        LantuError: it has not failed.
    """
    if job.state != "failed":
        raise LantuError(Text("只有未完成的任务可以重做", "only a job that failed can be asked for again"))
    fresh = ask(job.kind, job.given, account)
    if "sheet" in job.given:
        from lantu.office.sheets.models import SheetReturn

        SheetReturn.objects.filter(pk=job.given["sheet"], job=job.pk).update(job=fresh.pk)
    return fresh


@db_task(retries=0)
def do(number: int) -> None:
    """Do a job; every failure is written down in words that a person can act on.

    Where the database is busy or gone the job stays as it is, and is taken up again a minute later.
    """
    job = Job.objects.get(pk=number)
    if job.is_over:
        return
    if job.attempts >= _ATTEMPTS:
        _end(job, "failed", Text("任务多次中断，已放弃", "the job was cut off several times and is given up"), {})
        return
    Job.objects.filter(pk=number).update(state="running", attempts=job.attempts + 1, beat=timezone.now())
    last = [timezone.now()]

    def step(done: int, total: int, label: str = "") -> None:
        now = timezone.now()
        if (now - last[0]).total_seconds() > 0.5 or done == total:
            last[0] = now
            Job.objects.filter(pk=number).update(done=done, total=total, step=str(label)[:200], beat=now)

    try:
        with _beating(number):
            message, result = KINDS[job.kind](job, step)
        _end(job, "done", message, result)
    except Exception as error:
        _failed(job, error)
    finally:
        close_old_connections()


def _failed(job: Job, error: Exception) -> None:
    outage = outage_of(error)
    if outage is not None and outage.passes:
        logging.getLogger(__name__).warning("job %s (%s) is done again later: %s", job.pk, job.kind, error)
    elif outage is not None:
        logging.getLogger(__name__).warning("job %s (%s): %s", job.pk, job.kind, error)
        words = Text(f"{outage.what.zh}。腾出空间后可以重做", f"{outage.what.en}; make room, then ask for it again")
        _end(job, "failed", words, {})
    elif isinstance(error, LantuError):
        _end(job, "failed", _in_both(error), {})
    else:
        logging.getLogger(__name__).error("job %s (%s) failed", job.pk, job.kind, exc_info=error)
        _end(job, "failed", Text("程序出错，已记入日志", "the program failed; it was logged"), {})


@contextmanager
def _beating(number: int) -> Iterator[None]:
    """Say every few seconds that the worker is at it, also where the work itself has nothing to tell."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(BEAT_SECONDS):
            try:
                Job.objects.filter(pk=number).update(beat=timezone.now())
            except DatabaseError as error:
                logging.getLogger(__name__).warning("job %s: no sign of life is written: %s", number, error)
            finally:
                connection.close()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _in_both(error: LantuError) -> Text:
    """An error with place and mend in both languages; of many faults the first fifty."""
    shown = SeveralErrors(error.errors[:50]) if isinstance(error, SeveralErrors) else error
    with use_language("zh"):
        zh = str(shown)
    with use_language("en"):
        return Text(zh, str(shown))


def _end(job: Job, state: str, message: Text, result: dict[str, Any]) -> None:
    """Write down how a job has ended, and tell whom it concerns, as one whole; of two who end it the first."""
    with transaction.atomic():
        ended = Job.objects.filter(pk=job.pk, ended=None).update(
            state=state, message_zh=message.zh, message_en=message.en, result=result, ended=timezone.now()
        )
        if ended:
            job.refresh_from_db()
            note_job(job)


def assess_day(job: Job, step: Progress) -> tuple[Text, dict[str, Any]]:
    """Assess the plan as of a day and keep the result."""
    day = dt.date.fromisoformat(job.given["as_of"]) if job.given.get("as_of") else desk().day
    snapshot = assess_and_keep(day, step)
    rows = len(snapshot.assessment.rows)
    return (
        Text(f"{day}：已评定 {rows} 项", f"{day}: {rows} verdicts"),
        {"as_of": day.isoformat(), "sha256": snapshot.sha256, "computed": snapshot.computed},
    )


def assess_and_keep(day: dt.date, step: Progress | None = None) -> Any:
    """Assess and keep; the versions are those before the computation, so that what came meanwhile counts as newer."""
    from lantu.assessment import assess, read_targets

    at = desk()
    versions = at.versions()
    if step:
        step(0, 2, str(day))
    book = at.fresh_book()
    result = assess(at.pack, at.lake, day, read_targets(at.workspace, at.pack), book=book)
    if step:
        step(1, 2, str(day))
    return at.snapshots.keep(result, versions)


def import_files(job: Job, step: Progress) -> tuple[Text, dict[str, Any]]:
    """Import uploaded files into a dataset."""
    dataset = job.given["dataset"]
    report = desk().lake.import_files(dataset, [Path(file) for file in job.given["files"]], progress=step)
    lines = report.lines()
    wanted = raising.wanted_after_import(dataset)
    if wanted is not None:
        ask("raise_cases", wanted, None)
    return Text("\n".join(line.zh for line in lines), "\n".join(line.en for line in lines)), report.as_json()


def import_sheet(job: Job, step: Progress) -> tuple[Text, dict[str, Any]]:
    """Import an uploaded sheet into a ledger, with the rights of the account that asked."""
    from lantu.ledgers import import_sheet as take_in

    assert job.account is not None
    report = take_in(
        desk().fresh_book(), job.given["ledger"], Path(job.given["file"]), job.account.actor(), progress=step
    )
    return (
        Text(
            f"{report.rows} 行：新增 {report.entered}，更改 {report.amended}，有误 {report.bad_rows}",
            f"{report.rows} rows: {report.entered} entered, {report.amended} amended, {report.bad_rows} bad",
        ),
        report.as_json(),
    )


def read_plan(job: Job, step: Progress) -> tuple[Text, dict[str, Any]]:
    """Read an uploaded plan document."""
    from lantu.office.readings import read_document

    given = job.given
    found = read_document(desk().pack, desk().workspace.path, Path(given["file"]), given["name"], given["year"])
    counts = found.document["counts"]
    message = Text(
        f"{given['name']}：任务 {counts['tasks']} 项，措施 {counts['measures']} 条，疑点 {counts['doubts']} 处",
        f"{given['name']}: {counts['tasks']} tasks, {counts['measures']} measures, {counts['doubts']} doubts",
    )
    return message, {"reading": found.name}


def verify_journal(job: Job, step: Progress) -> tuple[Text, dict[str, Any]]:
    """Look through the whole journal and the changes that it vouches for."""
    count, faults = desk().book.store.journal.verify()
    now = timezone.localtime().strftime("%Y-%m-%d %H:%M")
    if faults:
        message = Text(
            f"{now} 核验 {count} 行：发现 {len(faults)} 处不符", f"{now}: {count} lines, {len(faults)} faults"
        )
    else:
        message = Text(f"{now} 核验 {count} 行：完整", f"{now}: {count} lines, the chain holds")
    return message, {"lines": count, "faults": [{"zh": each.zh, "en": each.en} for each in faults[:200]]}


def review_return(job: Job, step: Progress) -> tuple[Text, dict[str, Any]]:
    """Compare a returned sheet with the entries."""
    from lantu.office.sheets.models import SheetReturn
    from lantu.office.sheets.returns import compare

    sheet = SheetReturn.objects.get(pk=job.given["sheet"])
    compare(sheet, step)
    sheet.refresh_from_db()
    counts = sheet.counts
    return (
        Text(
            f"新增 {counts.get('new', 0)}，修改 {counts.get('changed', 0)}，冲突 {counts.get('conflict', 0)}，"
            f"有误 {counts.get('bad', 0)}",
            f"{counts.get('new', 0)} new, {counts.get('changed', 0)} changed, {counts.get('conflict', 0)} conflicts, "
            f"{counts.get('bad', 0)} bad",
        ),
        {"sheet": sheet.pk},
    )


def take_return(job: Job, step: Progress) -> tuple[Text, dict[str, Any]]:
    """Take a returned sheet; if it was cut off after it was taken, nothing is taken twice."""
    from lantu.office.sheets.models import SheetReturn
    from lantu.office.sheets.returns import take

    sheet = SheetReturn.objects.get(pk=job.given["sheet"])
    result = sheet.result if sheet.state == "taken" else take(sheet, step)
    return (
        Text(
            f"新增 {result['entered']}，更改 {result['amended']}",
            f"{result['entered']} entered, {result['amended']} amended",
        ),
        {"sheet": sheet.pk, **result},
    )


def export_list(job: Job, step: Progress) -> tuple[Text, dict[str, Any]]:
    """Write a filtered list to a workbook, with the rights of the account that asked."""
    from lantu.office.register.lists import read_wanted
    from lantu.office.sheets.returns import export_path, write_list

    assert job.account is not None
    ledger = desk().book.ledger(job.given["ledger"])
    with use_language(job.given.get("language", "zh")):
        count = write_list(job.account, ledger, read_wanted(ledger, job.given["wanted"]), export_path(job.pk), step)
    return Text(f"共 {count} 条", f"{count} entries"), {"count": count, "ledger": ledger.ledger}


def draw_rechecks(job: Job, step: Progress) -> tuple[Text, dict[str, Any]]:
    """Draw closed cases for a re-check by a seed; the draw is kept with the job, and stands in the journal."""
    from lantu.office.cases import drawn_rechecks

    first, last = (dt.date.fromisoformat(job.given[name]) for name in ("first", "last"))
    found = [each.as_json() for each in drawn_rechecks(desk().fresh_book(), first, last, job.given["seed"])]
    actor = job.account.actor() if job.account is not None else PROGRAM
    numbers = [each["number"] for each in found]
    detail = {**job.given, "drawn": len(numbers), "digest_of_numbers": sha256("|".join(numbers).encode()).hexdigest()}
    desk().book.store.journal.write(actor, "draw_rechecks", f"job/{job.pk}", detail)
    return Text(f"抽中 {len(found)} 件", f"{len(found)} cases drawn"), {"cases": found}


def clean_up(job: Job, step: Progress) -> tuple[Text, dict[str, Any]]:
    """Remove what is kept no longer; what was removed stands in the journal."""
    from lantu.office.cleaning import Retention, clean

    keep = Retention(
        settings.LANTU_KEEP_EXPORTS_DAYS, settings.LANTU_KEEP_SHEETS_DAYS, settings.LANTU_KEEP_PICTURES_DAYS
    )
    done = clean(desk().workspace.path, keep)
    if done.files:
        desk().book.store.journal.write(PROGRAM, "clean", f"job/{job.pk}", done.as_json())
    return done.summary, done.as_json()


KINDS: dict[str, Callable[[Job, Progress], tuple[Text, dict[str, Any]]]] = {
    "assess": assess_day,
    "import_data": import_files,
    "import_sheet": import_sheet,
    "read_plan": read_plan,
    "verify_journal": verify_journal,
    "review_sheet": review_return,
    "take_sheet": take_return,
    "export_sheet": export_list,
    "draw_rechecks": draw_rechecks,
    "find_cases": raising.find_for_cases,
    "raise_cases": raising.raise_for_cases,
    "clean": clean_up,
}
TITLES = {
    "assess": Text("评定", "assess"),
    "import_data": Text("导入数据", "import data"),
    "import_sheet": Text("导入台账", "import a ledger sheet"),
    "read_plan": Text("读取计划文件", "read a plan's document"),
    "verify_journal": Text("核验日志", "verify the journal"),
    "review_sheet": Text("比对回表", "compare a returned sheet"),
    "take_sheet": Text("收入回表", "take a returned sheet"),
    "export_sheet": Text("导出台账", "export a list"),
    "draw_rechecks": Text("抽取复核", "draw re-checks"),
    "find_cases": Text("按规则查找问题", "find cases by rules"),
    "raise_cases": Text("按规则立案", "raise cases by rules"),
    "clean": Text("清理", "clean up"),
}


@db_periodic_task(crontab(minute="40", hour="3"))
def every_night() -> None:
    """Remove what is kept no longer."""
    ask("clean", {}, None)


@db_periodic_task(crontab(minute="30", hour="4"))
def every_morning() -> None:
    """Assess the day anew, and raise cases by rules where the pack wants it."""
    ask("assess", {}, None)
    wanted = raising.wanted_each_morning()
    if wanted is not None:
        ask("raise_cases", wanted, None)


@db_periodic_task(crontab())
def every_minute() -> None:
    """Take up again what was cut off, tell people what has happened, and send out what is due, aside of the jobs."""
    take_up_again()
    deriving.derive()
    sending.plan_digests()
    sending.deliver_aside()
