"""Signing in and out (登录): password, second factor, single sign-on, a new password, the language."""

from __future__ import annotations

import time
from typing import Any

import pyotp
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from lantu.base import Text, current_language
from lantu.base.language import LANGUAGES
from lantu.ledgers import Actor
from lantu.office.accounts.models import Account
from lantu.office.desk import desk
from lantu.site.answers import Page, pair, shown_to, signed_in
from lantu.site.middleware import LANGUAGE_COOKIE
from lantu.site.pages.errors import fault, say_plainly

_WRONG = Text("用户名或密码不对", "the user name or the password is wrong")
_HALF = "half_signed_in"
_HALF_SECONDS = 300


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    fits = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if fits else "/"


def record(account: Any, action: str, subject: str, detail: dict[str, Any] | None = None) -> None:
    """Write a line in the journal for an account (None: nobody is signed in)."""
    actor = account.actor() if isinstance(account, Account) else Actor("-", "-")
    desk().book.store.journal.write(actor, action, subject, detail)


def _entered(request: HttpRequest, account: Account, how: str) -> HttpResponse:
    login(request, account, backend="django.contrib.auth.backends.ModelBackend")
    request.session["last"] = int(time.time())
    record(account, "sign_in", f"account/{account.username}", {"how": how})
    return redirect("password" if account.password_expired else _next(request))


def sign_in(request: HttpRequest) -> HttpResponse:
    """The first factor: user name and password."""
    if request.user.is_authenticated:
        return redirect(_next(request))
    wrong = None
    if request.method == "POST":
        name = request.POST.get("username", "")[:150]
        account = authenticate(request, username=name, password=request.POST.get("password", "")[:200])
        if account is None:
            if getattr(request, "axes_locked_out", False):
                return locked_out(request)
            wrong = _WRONG
            record(None, "sign_in_refused", f"account/{name[:60]}")
        elif account.totp_secret:
            request.session[_HALF] = [account.pk, int(time.time())]
            return redirect(f"/sign-in/code?next={_next(request)}")
        else:
            return _entered(request, account, "password")
    from django.conf import settings

    context = {"fault": wrong, "next": _next(request), "oidc": bool(settings.LANTU_OIDC["issuer"])}
    return render(request, "sign_in.html", context, status=401 if wrong else 200)


def second_factor(request: HttpRequest) -> HttpResponse:
    """The second factor: a code that counts once, asked within five minutes of the password."""
    half = request.session.get(_HALF)
    if not half or time.time() - half[1] > _HALF_SECONDS:
        return redirect("sign_in")
    account = Account.objects.filter(pk=half[0], is_active=True).first()
    if account is None:
        return redirect("sign_in")
    wrong = None
    if request.method == "POST":
        tries = request.session.get("half_tries", 0) + 1
        request.session["half_tries"] = tries
        step = _step_of(account, request.POST.get("code", ""))
        if step is not None:
            del request.session[_HALF], request.session["half_tries"]
            Account.objects.filter(pk=account.pk).update(totp_last=step)
            return _entered(request, account, "password and code")
        record(None, "code_refused", f"account/{account.username}")
        if tries >= 5:
            request.session.flush()
            return redirect("sign_in")
        wrong = Text("验证码不对或已用过", "the code is wrong or was used already")
    return render(request, "second_factor.html", {"fault": wrong, "next": _next(request)}, status=401 if wrong else 200)


def _step_of(account: Account, code: str) -> int | None:
    """The time step of a right code that was not used before."""
    totp, now = pyotp.TOTP(account.totp_secret), int(time.time())
    for shift in (0, -1, 1):
        step = now // totp.interval + shift
        if step > account.totp_last and pyotp.utils.strings_equal(totp.at(step * totp.interval), code.strip()):
            return step
    return None


def locked_out(request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
    """Too many wrong passwords."""
    why = fault(
        Text("该用户名在此地址已暂停登录 15 分钟", "this user name is locked at this address for 15 minutes"),
        Text("稍后再试，或请管理员重置密码", "wait, or have an administrator reset the password"),
    )
    return say_plainly(request, 429, Text("登录失败次数过多", "Too many failed attempts"), [why])


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    if request.user.is_authenticated:
        record(request.user, "sign_out", f"account/{request.user.username}")
    logout(request)
    return redirect("public")


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the reader's language in a cookie, and with the account."""
    chosen = request.POST.get("language", "")
    response = redirect(_next(request))
    if chosen in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=31536000, samesite="Lax", httponly=True)
        if request.user.is_authenticated:
            Account.objects.filter(pk=request.user.pk).update(language=chosen)
    return response


@shown_to(signed_in)
def password(request: HttpRequest) -> Page | HttpResponse:
    """Choose a new password."""
    account, faults = request.user, []
    if request.method == "POST":
        old, new = request.POST.get("old", ""), request.POST.get("new", "")
        if not account.check_password(old):
            faults.append(str(Text("原密码不对", "the old password is wrong")))
        if new != request.POST.get("again", ""):
            faults.append(str(Text("两次输入的新密码不同", "the new password was typed in two ways")))
        try:
            from django.utils import translation

            with translation.override("zh-hans" if current_language() == "zh" else "en"):
                validate_password(new, account)
        except ValidationError as error:
            faults += error.messages
        if not faults:
            account.set_password(new)
            account.password_expired = False
            account.save(update_fields=["password", "password_expired"])
            update_session_auth_hash(request, account)
            record(account, "new_password", f"account/{account.username}")
            from django.contrib import messages

            messages.success(request, str(Text("密码已更改", "the password was changed")))
            return redirect("/")
    return Page("password.html", {"faults": faults}, status=422 if faults else 200)


@shown_to(signed_in)
def factor(request: HttpRequest) -> Page | HttpResponse:
    """Set up or end the second factor of one's own account."""
    account, wrong = request.user, None
    if request.method == "POST" and request.POST.get("end"):
        if account.check_password(request.POST.get("password", "")):
            Account.objects.filter(pk=account.pk).update(totp_secret="", totp_last=0)
            record(account, "second_factor_ended", f"account/{account.username}")
            return redirect("factor")
        wrong = Text("密码不对", "the password is wrong")
    elif request.method == "POST":
        account.totp_secret = request.session.get("new_secret", "")
        step = _step_of(account, request.POST.get("code", "")) if account.totp_secret else None
        if step is not None:
            Account.objects.filter(pk=account.pk).update(totp_secret=account.totp_secret, totp_last=step)
            del request.session["new_secret"]
            record(account, "second_factor_set", f"account/{account.username}")
            return redirect("factor")
        account.totp_secret = ""
        wrong = Text("验证码不对", "the code is wrong")
    data: dict[str, Any] = {"active": bool(account.totp_secret), "fault": wrong}
    extra = {}
    if not account.totp_secret:
        import segno

        secret = request.session.setdefault("new_secret", pyotp.random_base32())
        address = pyotp.TOTP(secret).provisioning_uri(name=account.username, issuer_name="Lantu")
        extra = {"secret": secret, "picture": segno.make(address, error="m").svg_inline(scale=4, border=2)}
    return Page("factor.html", data, extra, status=422 if wrong else 200)


@shown_to(signed_in)
def own_account(request: HttpRequest) -> Page:
    """One's own account: unit, area, role, password, second factor, tokens."""
    account, areas = request.user, desk().pack.areas
    area = areas.get(account.area).title if account.area in areas else account.area
    return Page(
        "own_account.html",
        {
            "username": account.username,
            "person": account.person,
            "unit": desk().pack.units.title(account.unit),
            "area": area,
            "kind": account.title,
            "second_factor": bool(account.totp_secret),
        },
        {"tokens": account.tokens.order_by("-id"), "token_once": request.session.pop("token_once", None)},
    )


routes = [
    *pair("account", own_account, "own_account"),
    path("sign-in", sign_in, name="sign_in"),
    path("sign-in/code", second_factor, name="second_factor"),
    path("sign-out", sign_out, name="sign_out"),
    path("language", choose_language, name="language"),
    path("account/password", password, name="password"),
    path("account/factor", factor, name="factor"),
]
