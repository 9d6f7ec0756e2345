"""Pages that say what went wrong, where, and how to mend it."""

from __future__ import annotations

import logging
import sys
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from lantu.base import LantuError, SeveralErrors, Text, use_language
from lantu.base.language import LANGUAGES
from lantu.office.outages import TITLE, Outage, outage_of
from lantu.site.answers import json_answer
from lantu.site.middleware import LANGUAGE_COOKIE, wants_json


def fault(what: Text, mend: Text | None = None, where: str | None = None) -> dict[str, Any]:
    """One fault as the page shows it."""
    return {"what": what, "where": where, "mend": mend}


def say_plainly(
    request: HttpRequest, status: int, title: Text, faults: list[dict[str, Any]], back: str | None = None
) -> HttpResponse:
    """An error as a page, or as JSON for a program."""
    if wants_json(request) or request.path.startswith("/api/"):
        return json_answer({"error": title, "faults": faults}, status)
    context = {"title": title, "faults": faults, "status": status, "back": back}
    try:
        return render(request, "error.html", context, status=status)
    except Exception:  # the frame of the page asks the database who is signed in
        logging.getLogger(__name__).warning("an error is shown without the frame of its page", exc_info=True)
        chosen = request.COOKIES.get(LANGUAGE_COOKIE)
        with use_language(chosen if chosen in LANGUAGES else "zh"):
            return HttpResponse(render_to_string("error_bare.html", context), status=status)


def out_of_order(request: HttpRequest, outage: Outage) -> HttpResponse:
    """The disk or the database does not let anything be done now (503, 507)."""
    back = request.headers.get("Referer") if request.method == "POST" else None
    response = say_plainly(request, outage.status, TITLE, [fault(outage.what, outage.mend)], back)
    response.headers["Retry-After"] = str(outage.seconds)
    return response


def refused(request: HttpRequest, error: LantuError, status: int = 422) -> HttpResponse:
    """What was asked cannot be done; nothing was changed."""
    every = error.errors if isinstance(error, SeveralErrors) else [error]
    faults = [fault(each.what, each.mend, str(each.where) if each.where else None) for each in every]
    back = request.headers.get("Referer") if request.method == "POST" else None
    title = Text("未能办理，未作任何更改", "This could not be done; nothing was changed")
    return say_plainly(request, status, title, faults, back)


def not_allowed(request: HttpRequest, *_: Any) -> HttpResponse:
    """The account has no right to it."""
    why = fault(
        Text("权限按区域、角色和职责确定", "rights follow area, role and duty"),
        Text("如有需要，请联系市级统筹人员", "ask the city's coordinators if you need it"),
    )
    title = Text("您的账号不能查看或办理此项", "Your account may not see or do this")
    return say_plainly(request, 403, title, [why])


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that did not come from this site, or is too old."""
    why = fault(
        Text("可能已退出登录，或页面打开太久", "you may have signed out, or the page was open too long"),
        Text("返回上一页，刷新后重试", "go back, reload and try again"),
    )
    return say_plainly(request, 403, Text("表单已失效", "The form is no longer valid"), [why])


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """There is no such page, or it lies outside what the account sees: the two look alike."""
    why = fault(
        Text("地址有误，或不在您的权限范围内", "the address is wrong, or lies outside your rights"), where=request.path
    )
    return say_plainly(request, 404, Text("没有这个页面或条目", "There is no such page or entry"), [why])


def broken(request: HttpRequest) -> HttpResponse:
    """A fault of the program; or, where nothing else has caught it, the disk or the database."""
    outage = outage_of(sys.exc_info()[1])
    if outage is not None:
        return out_of_order(request, outage)
    why = fault(
        Text("错误已记录", "the error was logged"),
        Text("稍后重试；仍不行请联系管理员", "try again later; if it stays, tell the administrator"),
        request.path,
    )
    title = Text("程序出错，未作任何更改", "The program failed; nothing was changed")
    return say_plainly(request, 500, title, [why])
