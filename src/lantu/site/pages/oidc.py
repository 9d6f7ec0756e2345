"""Single sign-on (统一身份认证) by OpenID Connect: who signs in there must have an account here."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from joserfc.errors import JoseError
from requests import RequestException

from lantu.base import Text
from lantu.office.accounts.models import Account
from lantu.site.pages.errors import fault, say_plainly
from lantu.site.pages.signing import _entered, _next, record


@lru_cache(maxsize=1)
def _client() -> Any:
    chosen = settings.LANTU_OIDC
    if not chosen["issuer"]:
        raise Http404
    oauth = OAuth()
    oauth.register(
        "city",
        client_id=chosen["client_id"],
        client_secret=chosen["client_secret"],
        server_metadata_url=f"{chosen['issuer'].rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile", "code_challenge_method": "S256", "timeout": 10},
    )
    return oauth.city


def _failed(request: HttpRequest, what: Text, mend: Text) -> HttpResponse:
    title = Text("统一身份认证未成功", "Single sign-on did not succeed")
    return say_plainly(request, 401, title, [fault(what, mend)])


def start(request: HttpRequest) -> HttpResponse:
    """Lead to the city's identity provider."""
    request.session["oidc_next"] = _next(request)
    try:
        return _client().authorize_redirect(request, request.build_absolute_uri(reverse("oidc_back")))
    except RequestException:
        return _failed(
            request,
            Text("连不上统一身份认证平台", "the identity provider does not answer"),
            Text("稍后再试，或用密码登录", "try again later, or sign in with your password"),
        )


def back(request: HttpRequest) -> HttpResponse:
    """Take the provider's answer: its signature, issuer, audience and nonce are checked; the account is found by its
    subject, or, the first time, by its user name."""
    try:
        token = _client().authorize_access_token(request)
    except (OAuthError, JoseError, RequestException, ValueError) as error:
        record(None, "sign_in_refused", "account/-", {"how": "oidc", "why": str(error)[:200]})
        return _failed(
            request,
            Text("认证平台的答复无效或已过期", "the provider's answer is not valid, or too old"),
            Text("从登录页重新开始", "begin again at the sign-in page"),
        )
    claims = token.get("userinfo") or {}
    subject, name = str(claims.get("sub", "")), str(claims.get("preferred_username", ""))
    account = Account.objects.filter(oidc_subject=subject, is_active=True).first() if subject else None
    if account is None and subject and name:
        account = Account.objects.filter(username=name, oidc_subject="", is_active=True).first()
        if account is not None:
            Account.objects.filter(pk=account.pk).update(oidc_subject=subject)
            record(account, "oidc_linked", f"account/{account.username}")
    if account is None:
        record(None, "sign_in_refused", f"account/{name[:60]}", {"how": "oidc"})
        return _failed(
            request,
            Text("该身份在蓝图没有账号", "this identity has no account in Lantu"),
            Text("请管理员先开通账号", "ask an administrator to open one"),
        )
    wanted = request.session.pop("oidc_next", "/")
    response = _entered(request, account, "single sign-on")
    response.headers["Location"] = wanted
    return response


routes = [path("sign-in/oidc", start, name="oidc"), path("sign-in/oidc/back", back, name="oidc_back")]
