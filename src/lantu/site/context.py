"""What every page knows: who is signed in, the city, the day, whether data are simulated, the navigation."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

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
)


def everywhere(request: HttpRequest) -> dict[str, Any]:
    """The context of every page."""
    at = desk()
    account = getattr(request, "user", None)
    navigation = []
    for name, title, seen in _NAVIGATION:
        if not seen(account):
            continue
        try:
            address = reverse(name)
        except NoReverseMatch:
            continue
        here = request.path == address or (address != "/" and request.path.startswith(f"{address}/"))
        navigation.append({"name": name, "title": title, "url": address, "current": here})
    return {
        "account": account if account is not None and account.is_authenticated else None,
        "role": rights.role_of(account),
        "city": at.pack.head.city,
        "pack": at.pack,
        "as_of": getattr(request, "as_of", at.day),
        "today": at.today,
        "simulated": at.simulated,
        "navigation": navigation,
        "language": current_language(),
        "version": __version__,
    }
