"""Accounts and tokens (账号管理): opened, changed and ended by administrators; each act stands in the journal."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from lantu.base import LantuError, SeveralErrors, Text
from lantu.office import rights
from lantu.office.accounts.models import Account, Token
from lantu.office.accounts.opening import open_account, reset_password
from lantu.office.accounts.roles import Role
from lantu.office.desk import desk
from lantu.site.answers import Page, pair, shown_to, signed_in
from lantu.site.lists import frame, kept_query, paged
from lantu.site.pages.signing import record

_OFFICE_ROLES = [role for role in Role if role is not Role.PUBLIC]


class AccountForm(forms.Form):
    """A new account."""

    username = forms.CharField(label=Text("用户名", "User name"), max_length=60)
    person = forms.CharField(label=Text("姓名", "Name"), max_length=80)
    role = forms.ChoiceField(label=Text("角色", "Role"), choices=[(role.value, role.words) for role in _OFFICE_ROLES])
    unit = forms.CharField(
        label=Text("单位", "Unit"),
        max_length=120,
        help_text=Text("单位名录中的名称；企业填企业名", "as in the register of units; an enterprise's own name"),
    )
    area = forms.CharField(label=Text("区域", "Area"), max_length=60, help_text=Text("名称或代码", "name or code"))
    owned = forms.CharField(
        label=Text("企业的台账条目", "An enterprise's entries"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=Text("每行一条：台账/编号", "one a line: ledger/key"),
    )
    administrator = forms.BooleanField(label=Text("可管理账号", "May administer accounts"), required=False)


@shown_to(rights.may_administer)
def accounts(request: HttpRequest) -> Page | HttpResponse:
    """All accounts, and a form to open one; its first password is shown once."""
    form = AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        password = secrets.token_urlsafe(9)
        owned = [line.strip() for line in given.pop("owned").splitlines() if line.strip()]
        try:
            account = open_account(**given, password=password, owned=owned)
        except LantuError as error:
            for each in error.errors if isinstance(error, SeveralErrors) else [error]:
                form.add_error(None, str(each))
        else:
            record(request.user, "open_account", f"account/{account.username}", {"role": account.role})
            request.session["shown_once"] = [account.username, password]
            return redirect("accounts")
    found = Account.objects.order_by("username")
    words = request.GET.get("q", "").strip()
    if words:
        found = found.filter(username__icontains=words) | found.filter(unit__icontains=words)
    page = paged(request, found)
    data = [
        {
            "username": a.username,
            "person": a.person,
            "role": a.role,
            "unit": a.unit,
            "area": a.area,
            "active": a.is_active,
            "administrator": a.administrator,
            "second_factor": bool(a.totp_secret),
            "simulated": a.simulated,
        }
        for a in page
    ]
    extra = {
        "form": form,
        "actions": [{"title": Text("通知外发", "Notices sent out"), "url": reverse("deliveries")}],
        "list_page": page,
        "kept": kept_query(request),
        "rows": [{"cells": _cells(a)} for a in page],
        "columns": [{"title": title} for title in _HEADS],
        "filter_fields": [{"name": "q", "label": Text("用户名或单位", "user or unit"), "value": words}],
        "once": request.session.pop("shown_once", None),
    }
    return Page("accounts.html", {**frame(page), "accounts": data}, extra, status=422 if form.errors else 200)


_HEADS = (
    Text("用户名", "user"),
    Text("姓名", "name"),
    Text("角色", "role"),
    Text("单位", "unit"),
    Text("区域", "area"),
    Text("状态", "state"),
)


def _area(code: str) -> Any:
    areas = desk().pack.areas
    return areas.get(code).title if code in areas else code


def _cells(a: Account) -> list[dict[str, Any]]:
    state = Text("可用", "active") if a.is_active else Text("已停用", "ended")
    return [
        {"text": a.username, "url": reverse("account_of", args=[a.username])},
        {"text": a.person, "note": Text("管理员", "administrator") if a.administrator else ""},
        {"text": a.title},
        {"text": desk().pack.units.title(a.unit)},
        {"text": _area(a.area)},
        {"text": state, "tone": "good" if a.is_active else "plain"},
    ]


@shown_to(rights.may_administer)
def account_of(request: HttpRequest, username: str) -> Page | HttpResponse:
    """One account: end it, open it again, give a new password, take away its second factor."""
    account = Account.objects.filter(username=username).first()
    if account is None:
        raise Http404
    if request.method == "POST":
        act = request.POST.get("act", "")
        if act == "end" and account.pk == request.user.pk:
            messages.error(request, str(Text("不能停用自己的账号", "you cannot end your own account")))
        elif act == "end":
            Account.objects.filter(pk=account.pk).update(is_active=False)
            record(request.user, "end_account", f"account/{username}")
        elif act == "open":
            Account.objects.filter(pk=account.pk).update(is_active=True)
            record(request.user, "change_account", f"account/{username}", {"active": True})
        elif act == "password":
            request.session["shown_once"] = [username, reset_password(username)]
            record(request.user, "reset_password", f"account/{username}")
        elif act == "factor":
            Account.objects.filter(pk=account.pk).update(totp_secret="", totp_last=0)
            record(request.user, "second_factor_ended", f"account/{username}")
        return redirect("account_of", username=username)
    data = {
        "username": username,
        "person": account.person,
        "unit": desk().pack.units.title(account.unit),
        "area": _area(account.area),
        "kind": account.title,
        "active": account.is_active,
        "second_factor": bool(account.totp_secret),
        "owned": account.owned,
    }
    return Page("account_of.html", data, {"once": request.session.pop("shown_once", None)})


@shown_to(signed_in)
@require_POST
def issue_token(request: HttpRequest) -> HttpResponse:
    """Issue a token for one's own account; it is shown once."""
    name = request.POST.get("name", "").strip()[:80] or "API"
    try:
        days = min(max(int(request.POST.get("days", "90")), 1), 365)
    except ValueError:
        days = 90
    token = secrets.token_urlsafe(32)
    Token.objects.create(
        account=request.user,
        name=name,
        digest=hashlib.sha256(token.encode()).hexdigest(),
        expires=timezone.now() + dt.timedelta(days=days),
        read_only=request.POST.get("write") != "1",
    )
    record(request.user, "issue_token", f"account/{request.user.username}", {"name": name, "days": days})
    request.session["token_once"] = token
    return redirect("own_account")


@shown_to(signed_in)
@require_POST
def revoke_token(request: HttpRequest, number: int) -> HttpResponse:
    """End one of one's own tokens."""
    token = Token.objects.filter(pk=number, account=request.user).first()
    if token is None:
        raise Http404
    record(request.user, "revoke_token", f"account/{request.user.username}", {"name": token.name})
    token.delete()
    return redirect("own_account")


routes = [
    *pair("accounts", accounts, "accounts"),
    *pair("accounts/<str:username>", account_of, "account_of"),
    path("account/tokens", issue_token, name="issue_token"),
    path("account/tokens/<int:number>/revoke", revoke_token, name="revoke_token"),
]
