"""Notices (通知): what concerns the reader, what goes out by e-mail; for administrators, what could not go out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.validators import EmailValidator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from lantu.base import Text
from lantu.office import rights
from lantu.office.notices import sending
from lantu.office.notices.models import MAIL_MODES, Delivery, Notice, NoticeChoice
from lantu.office.notices.wording import KINDS, worded
from lantu.site.answers import Page, pair, shown_to, signed_in
from lantu.site.lists import frame, kept_query, paged
from lantu.site.pages.errors import not_found
from lantu.site.pages.signing import record
from lantu.site.templatetags.lantu import day

MOST_COUNTED = 99


def unread_count(account: Any) -> int:
    """How many notices are unread, for the bell; no more than a hundred are counted."""
    return len(rights.visible_notices(account).filter(read=None).order_by().values_list("pk")[: MOST_COUNTED + 1])


@shown_to(signed_in)
def notices(request: HttpRequest) -> Page:
    """The reader's notices, the latest first; unread ones, or those of a kind."""
    every = rights.visible_notices(request.user)
    present = [kind for kind in every.order_by().values_list("kind", flat=True).distinct() if kind in KINDS]
    unread, kind = request.GET.get("unread") == "1", request.GET.get("kind", "")
    found = every.filter(read=None) if unread else every
    if kind in KINDS:
        found = found.filter(kind=kind)
    page = paged(request, found)
    shown = worded(page.object_list)
    waiting = every.filter(read=None).count()
    data = {**frame(page), "unread": waiting, "notices": [each.as_json() for each in shown]}
    chips = []
    if unread:
        chips.append({"title": Text("只看未读", "unread only"), "url": f"?{kept_query(request, 'unread')}"})
    if kind in KINDS:
        chips.append({"title": KINDS[kind], "url": f"?{kept_query(request, 'kind')}"})
    extra: dict[str, Any] = {
        "rows": [
            {
                "id": each.notice.pk,
                "title": each.name,
                "detail": each.detail,
                "url": reverse("open_notice", args=[each.notice.pk]),
                "tone": each.tone,
                "kind": KINDS[each.notice.kind],
                "at": day(each.notice.happened),
                "unread": each.notice.read is None,
                "urgent": each.notice.urgent,
            }
            for each in shown
        ],
        "list_page": page,
        "kept": kept_query(request),
        "filter_fields": [
            {
                "name": "kind", "label": Text("事项", "what"), "kind": "select", "value": kind,
                "choices": [(name, title) for name, title in KINDS.items() if name in present],
            },
            {"name": "unread", "label": Text("只看未读", "unread only"), "kind": "check", "value": unread},
        ],
        "active": chips,
        "actions": [{"title": Text("邮件设置", "E-mail settings"), "url": reverse("notice_settings")}],
        "here": request.get_full_path(),
        "empty": {
            "title": Text("没有通知", "No notices") if not chips else Text("没有符合条件的通知", "No notice fits"),
            "text": Text("有事需要您知道时会出现在这里", "what you should know will appear here"),
        },
    }  # fmt: skip
    return Page("notices.html", data, extra)


def mark_read(account: Any, numbers: list[int] | None) -> int:
    """Mark notices of an account as read: those of some numbers, or all of them.

    Returns:
        How many were unread before.
    """
    found = Notice.objects.filter(account=account, read=None)
    if numbers is not None:
        found = found.filter(pk__in=numbers[:1000])
    return int(found.update(read=timezone.now()))


@shown_to(signed_in)
@require_POST
def read_notices(request: HttpRequest) -> HttpResponse:
    """Mark the named notices as read, or all."""
    everything = request.POST.get("all") == "1"
    numbers = [int(each) for each in request.POST.getlist("notice") if each.isdecimal() and len(each) < 18]
    count = mark_read(request.user, None if everything else numbers)
    messages.success(request, str(Text(f"{count} 条已标为已读", f"{count} marked as read")))
    query = request.POST.get("query", "")[:500]
    return redirect(f"{reverse('notices')}{f'?{query}' if query else ''}")


@shown_to(signed_in)
def open_notice(request: HttpRequest, number: int) -> HttpResponse:
    """Go to the thing that a notice is about; it is read then."""
    found = worded(rights.visible_notices(request.user).filter(pk=number))
    if not found:
        return not_found(request)
    mark_read(request.user, [number])
    return redirect(found[0].url)


class ChoiceForm(forms.Form):
    """What a person chooses about e-mail."""

    mail = forms.ChoiceField(label=Text("邮件", "E-mail"), choices=list(MAIL_MODES.items()), widget=forms.RadioSelect)
    address = forms.EmailField(
        label=Text("邮箱地址", "Address"),
        required=False,
        max_length=200,
        help_text=Text("不填则用账号登记的邮箱", "the one of the account is used if this is empty"),
    )

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        address, words = self.fields["address"], str(Text("不是邮箱地址", "it is no e-mail address"))
        own = [each for each in address.validators if not isinstance(each, EmailValidator)]
        address.validators = [EmailValidator(words), *own]


@shown_to(signed_in)
def notice_settings(request: HttpRequest) -> Page | HttpResponse:
    """What of one's notices goes out by e-mail, and where to."""
    choice = sending.choice_of(request.user)
    given = {"mail": choice.mail, "address": choice.address}
    form = ChoiceForm(request.POST) if request.method == "POST" else ChoiceForm(given)
    if request.method == "POST" and form.is_valid():
        NoticeChoice.objects.update_or_create(account=request.user, defaults=form.cleaned_data)
        record(request.user, "notice_choice", f"account/{request.user.username}", {"mail": form.cleaned_data["mail"]})
        messages.success(request, str(Text("已保存", "saved")))
        return redirect("notice_settings")
    extra = {
        "form": form,
        "crumbs": [
            {"title": Text("通知", "Notices"), "url": reverse("notices")},
            {"title": Text("邮件设置", "E-mail settings"), "url": ""},
        ],
        "mail_is_on": sending.mail_is_on(),
        "own_address": request.user.email,
    }
    return Page("notice_settings.html", given, extra, 422 if request.method == "POST" else 200)


@shown_to(rights.may_administer)
def deliveries(request: HttpRequest) -> Page | HttpResponse:
    """Whether e-mail and webhook are configured, what waits, what could not be sent; a dead one may be tried again."""
    if request.method == "POST":
        number = request.POST.get("delivery", "")
        done = number.isdecimal() and len(number) < 18 and sending.try_again(int(number))
        if done:
            record(request.user, "retry_delivery", f"delivery/{number}")
            messages.success(request, str(Text("将再次发送", "it will be sent again")))
        return redirect("deliveries")
    counts: dict[str, dict[str, int]] = {}
    for way, state, count in Delivery.objects.order_by().values_list("way", "state").annotate(n=Count("pk")):
        counts.setdefault(way, {})[state] = count
    page = paged(request, Delivery.objects.exclude(state="sent").select_related("account").order_by("-id"))
    webhook = settings.LANTU_WEBHOOK
    data = {
        "mail": sending.mail_is_on(),
        "webhook": sending.webhook_is_on(),
        "counts": counts,
        **frame(page),
        "deliveries": [
            {
                "id": each.pk, "way": each.way, "account": each.account.username, "state": each.state,
                "attempts": each.attempts, "next_try": each.next_try.isoformat(), "error": each.error,
            }
            for each in page
        ],
    }  # fmt: skip
    extra = {
        "crumbs": [
            {"title": Text("账号管理", "Accounts"), "url": reverse("accounts")},
            {"title": Text("通知外发", "Notices sent out"), "url": ""},
        ],
        "pairs": [
            {"name": Text("邮件服务器", "mail server"), "value": settings.EMAIL_HOST or _OFF},
            {"name": Text("发件人", "from"), "value": settings.DEFAULT_FROM_EMAIL if sending.mail_is_on() else ""},
            {"name": Text("Webhook", "webhook"), "value": _webhook_words(webhook)},
            {"name": Text("链接地址", "links begin with"), "value": settings.LANTU_ADDRESS},
        ],
        "count_rows": [
            {
                "cells": [
                    {"text": _WAYS[way]},
                    *({"text": by.get(state, 0), "numeric": True} for state in _STATES),
                ]
            }
            for way, by in counts.items()
        ],
        "count_columns": [
            {"title": Text("途径", "way")}, *({"title": title, "numeric": True} for title, _ in _STATES.values())
        ],
        "rows": [
            {
                "id": each.pk, "way": _WAYS[each.way], "account": each.account.username,
                "state": _STATES[each.state][0], "tone": _STATES[each.state][1], "attempts": each.attempts,
                "next": day(each.next_try) if each.state != "dead" else "", "error": each.error,
                "dead": each.state == "dead",
            }
            for each in page
        ],
        "list_page": page,
        "kept": kept_query(request),
        "empty": {"title": Text("没有待发和发送失败的通知", "Nothing waits and nothing has failed"), "text": ""},
    }  # fmt: skip
    return Page("deliveries.html", data, extra)


_OFF = Text("未配置，不发", "not configured, nothing is sent")
_WAYS = {
    "webhook": Text("Webhook", "webhook"),
    "urgent": Text("紧急邮件", "urgent e-mail"),
    "digest": Text("每日邮件", "daily e-mail"),
}
_STATES = {
    "waiting": (Text("待发", "waiting"), "info"),
    "sending": (Text("发送中", "being sent"), "info"),
    "sent": (Text("已发", "sent"), "good"),
    "dead": (Text("已放弃", "given up"), "bad"),
}


def _webhook_words(webhook: dict[str, str]) -> Any:
    if webhook["url"] and not webhook["key"]:
        return Text("有地址，没有密钥，不发", "an address without a key: nothing is sent")
    return webhook["url"].partition("?")[0] or _OFF


routes = [
    *pair("notices", notices, "notices"),
    *pair("notices/settings", notice_settings, "notice_settings"),
    *pair("deliveries", deliveries, "deliveries"),
    path("notices/read", read_notices, name="read_notices"),
    path("notices/<int:number>/open", open_notice, name="open_notice"),
]
