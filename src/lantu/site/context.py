"""What every page knows: who is signed in, the city, the day, whether data are simulated, the navigation."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from lantu import __version__
from lantu.base import Text, current_language
from lantu.office import rights
from lantu.office.accounts.roles import Role
from lantu.office.desk import desk

_NAVIGATION = (
    ("overview", Text("总览", "Overview"), rights.sees_office),
    ("tasks", Text("任务", "Tasks"), rights.sees_office),
    ("mine", Text("我的责任", "My duties"), lambda a: rights.role_of(a) is not Role.PUBLIC),
    ("areas", Text("区域", "Areas"), rights.sees_office),
    ("ledgers", Text("台账", "Ledgers"), lambda a: rights.role_of(a) is not Role.PUBLIC),
    ("cases", Text("问题", "Cases"), rights.sees_office),
    ("reports", Text("填报", "Reports"), rights.sees_office),
    ("data", Text("数据", "Data"), rights.sees_office),
    ("rules", Text("规则", "Rules"), rights.sees_office),
    ("journal", Text("日志", "Journal"), rights.sees_journal),
    ("public", Text("公开", "Public"), lambda a: True),
    ("accounts", Text("账号", "Accounts"), rights.may_administer),
)


def everywhere(request: HttpRequest) -> dict[str, Any]:
    """The context of every page; see `templates/base.html` for its names."""
    at = desk()
    user = getattr(request, "user", None)
    account = user if user is not None and user.is_authenticated else None
    navigation, section = [], ""
    for key, title, seen in _NAVIGATION:
        address = _address(key) if seen(user) else None
        if address is None:
            continue
        navigation.append({"key": key, "title": title, "url": address, "count": None})
        if request.path == address or (address != "/" and request.path.startswith(f"{address}/")):
            section = key
    signed = rights.role_of(user) is not Role.PUBLIC
    return {
        "account": {"name": account.person, "unit": account.unit, "role": account.title} if account else None,
        "signed_in": account,
        "role": rights.role_of(user).value,
        "city": at.pack.head.city,
        "as_of": getattr(request, "as_of", at.day),
        "today": at.today,
        "simulated": at.simulated,
        "navigation": navigation,
        "section": section,
        "links": {
            "home": "/",
            "search": _address("search") if signed else None,
            "language": _address("language"),
            "sign_in": _address("sign_in"),
            "sign_out": _address("sign_out"),
            "account": _address("own_account") if signed else None,
            "notices": _address("notices") if signed else None,
        },
        # counted only where the whole frame is written, not for parts of pages
        "bell": SimpleLazyObject(lambda: _unread(user)) if signed else None,
        "searched": request.GET.get("q", "") if request.path == _address("search") else "",
        "here": request.get_full_path(),
        "language": current_language(),
        "version": __version__,
        "data_versions": [],
    }


def _unread(account: Any) -> dict[str, Any]:
    """How many notices are unread, in figures and words; a hundred and more are 99+."""
    from lantu.site.pages.notices import MOST_COUNTED, unread_count

    count = unread_count(account)
    shown = f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count) if count else ""
    return {"count": count, "shown": shown}


@cache
def _address(name: str) -> str | None:
    """The address of a named page; None where this site has none."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return None
