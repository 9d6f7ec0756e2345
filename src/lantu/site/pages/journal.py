"""The journal (操作日志): every decision in one chain, and whether the chain holds."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_POST

from lantu.base import Text
from lantu.office import rights
from lantu.office.desk import desk
from lantu.office.jobs.models import Job
from lantu.office.jobs.work import ask
from lantu.office.register.journal_words import told
from lantu.office.register.models import JournalRow
from lantu.office.register.story import body_title, local_moment
from lantu.site.answers import Page, pair, shown_to
from lantu.site.lists import frame, kept_query, paged
from lantu.site.pages.ledgers import entry_address
from lantu.site.pages.progress import job_part, may_follow

ACTIONS = {
    "sign_in": Text("登录", "sign in"),
    "sign_out": Text("退出", "sign out"),
    "sign_in_refused": Text("登录被拒", "sign-in refused"),
    "code_refused": Text("验证码被拒", "code refused"),
    "new_password": Text("更改密码", "new password"),
    "second_factor_set": Text("启用动态验证码", "second factor set"),
    "second_factor_ended": Text("停用动态验证码", "second factor ended"),
    "oidc_linked": Text("关联统一身份", "identity linked"),
    "enter": Text("录入", "enter"),
    "amend": Text("更改", "amend"),
    "several": Text("批量变动", "several changes"),
    "ask_job": Text("发起任务", "job asked for"),
    "return_sheet": Text("交回回表", "sheet returned"),
    "clean": Text("清理", "clean up"),
    "open_account": Text("开通账号", "account opened"),
    "change_account": Text("更改账号", "account changed"),
    "end_account": Text("停用账号", "account ended"),
    "reset_password": Text("重置密码", "password reset"),
    "issue_token": Text("签发令牌", "token issued"),
    "revoke_token": Text("吊销令牌", "token revoked"),
    "publish": Text("公开", "publish"),
    "withdraw": Text("撤回公开", "withdraw"),
    "correction_received": Text("收到更正申请", "correction asked for"),
    "correction_answered": Text("答复更正申请", "correction answered"),
    "accept_reading": Text("采纳读取结果", "reading accepted"),
    "enter_target": Text("录入指标值", "figure entered"),
    "raise_cases": Text("按规则立案", "cases raised by rules"),
    "draw_rechecks": Text("抽取复核", "re-checks drawn"),
    "notice_choice": Text("通知邮件设置", "e-mail of notices chosen"),
    "retry_delivery": Text("再发通知", "notice sent again"),
}

_LEDGERS_NAMED = 6

_HEADS = (
    Text("行", "line"),
    Text("时间", "time"),
    Text("经办人", "person"),
    Text("事项", "action"),
    Text("对象", "subject"),
    Text("内容", "what"),
    Text("校验值", "hash"),
)


@shown_to(rights.sees_journal)
def journal(request: HttpRequest) -> Page:
    """The latest lines first, by person, action, subject."""
    rows = JournalRow.objects.order_by("-id")
    given = {name: request.GET.get(name, "").strip() for name in ("person", "action", "subject")}
    if given["person"]:
        rows = rows.filter(person=given["person"])
    if given["action"]:
        rows = rows.filter(action=given["action"])
    if given["subject"]:
        rows = rows.filter(subject__startswith=given["subject"])
    page = paged(request, rows)
    lines = [
        {
            "id": row.id,
            "time": row.time,
            "person": row.person,
            "unit": row.unit,
            "action": row.action,
            "subject": row.subject,
            "detail": json.loads(row.detail),
            "hash": row.hash,
        }
        for row in page
    ]
    verified = Job.objects.filter(kind="verify_journal", state="done").first()
    running = Job.objects.filter(kind="verify_journal", state__in=["waiting", "running"]).first()
    words = told(lines)
    for line in lines:
        line["told"] = words[line["id"]]
    table = [_row(line) for line in lines]
    fields = [
        {"name": "person", "label": Text("经办人", "person"), "kind": "search", "value": given["person"]},
        {
            "name": "action",
            "label": Text("事项", "action"),
            "kind": "select",
            "value": given["action"],
            "choices": _choices(),
        },
        {"name": "subject", "label": Text("对象（开头）", "subject begins with"), "value": given["subject"]},
    ]
    return Page(
        "journal.html",
        {**frame(page), "lines": lines, "verified": verified.as_json() if verified else None},
        {
            "list_page": page,
            "kept": kept_query(request),
            "rows": table,
            "columns": _HEADS,
            "filter_fields": fields,
            "verified_job": verified,
            "running": running,
            "running_job": job_part(running) if running and may_follow(request.user, running) else None,
        },
    )


def _action_title(action: str, subject: str) -> Text | str:
    """An action in words; a step of a ledger is called as the ledger calls it."""
    if action in ACTIONS:
        return ACTIONS[action]
    ledger = desk().pack.ledgers.get(subject.partition("/")[0])
    return next((step.title for step in ledger.transitions if step.name == action), action) if ledger else action


def _choices() -> list[tuple[str, Text]]:
    """The actions that can be asked for: those of the office, and each step that some ledger knows."""
    steps: dict[str, Text] = {}
    for ledger in desk().pack.ledgers.values():
        for step in ledger.transitions:
            steps.setdefault(step.name, step.title)
    return [*ACTIONS.items(), *steps.items()]


def _row(line: dict[str, Any]) -> dict[str, Any]:
    """A line as the page shows it: in words, and the record as it was written, for a fold."""
    record = {name: line[name] for name in ("id", "time", "person", "unit", "action", "subject", "detail", "hash")}
    ledger, _, key = line["subject"].partition("/")
    return {
        "id": line["id"],
        "time": local_moment(line["time"]),
        "person": line["person"],
        "unit": body_title(line["unit"]),
        "action": _action_title(line["action"], line["subject"]),
        "subject": _subject(ledger, key, line["subject"]),
        "told": line["told"],
        "hash": line["hash"][:12],
        "record": json.dumps(record, ensure_ascii=False, indent=1, default=str),
    }


def _subject(ledger: str, key: str, subject: str) -> dict[str, Any]:
    """What a line is about: an entry with its ledger's title and address, or as it is written."""
    declared = desk().pack.ledgers.get(ledger)
    if not key:
        names = [each.strip() for each in subject.split(",")]
        titles = [desk().pack.ledgers[name].title for name in names if name in desk().pack.ledgers]
        if titles:
            more = "…" if len(titles) > _LEDGERS_NAMED or len(titles) < len(names) else ""
            shown = titles[:_LEDGERS_NAMED]
            words = Text("、".join(t.zh for t in shown) + more, ", ".join(t.en for t in shown) + more)
            return {"text": words, "url": "", "note": ""}
    if declared is None or not key or key.startswith("sheet/"):
        return {"text": subject, "url": "", "note": declared.title if declared is not None else ""}
    return {"text": key, "url": entry_address(ledger, key), "note": declared.title}


@shown_to(rights.sees_journal)
@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Look the whole chain through, as a job."""
    if not Job.objects.filter(kind="verify_journal", state__in=["waiting", "running"]).exists():
        ask("verify_journal", {}, request.user)
    return redirect("journal")


routes = [*pair("journal", journal, "journal"), path("journal/verify", verify, name="journal_verify")]
