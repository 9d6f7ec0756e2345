"""How a page answers: the same content as HTML for people and as JSON for programs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, URLPattern, path, reverse

from lantu.base import Text, current_language
from lantu.office import rights
from lantu.site.middleware import wants_json


@dataclass
class Page:
    """A page: its template, its content as plain data (which is what `.json` gives), and what only the HTML needs."""

    template: str
    data: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    status: int = 200


View = Callable[..., Page | HttpResponse]
Test = Callable[[Any], bool]


def plain(value: Any) -> Any:
    """What orjson cannot write by itself: a `Text` in both languages, decimals as numbers, sets as lists."""
    from decimal import Decimal
    from enum import Enum

    if isinstance(value, Text):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, set | frozenset):
        return sorted(value)
    if hasattr(value, "as_json"):
        return value.as_json()
    raise TypeError(f"{type(value).__name__} is no JSON")


def json_answer(data: Any, status: int = 200) -> HttpResponse:
    """Data as JSON."""
    return HttpResponse(
        orjson.dumps(data, default=plain, option=orjson.OPT_NON_STR_KEYS),
        content_type="application/json",
        status=status,
    )


def answer(request: HttpRequest, page: Page) -> HttpResponse:
    """A page in the form that was asked for."""
    if wants_json(request):
        return json_answer(page.data, page.status)
    return render(request, page.template, {**page.data, **page.extra}, status=page.status)


def shown_to(test: Test) -> Callable[[View], Callable[..., HttpResponse]]:
    """Make a view of a function that gives a `Page`: only for accounts that fulfil the test.

    Somebody who has not signed in is led to do so; somebody else is told that the page is not theirs.
    """

    def wrap(view: View) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def handle(request: HttpRequest, **parts: Any) -> HttpResponse:
            if not test(request.user):
                if not request.user.is_authenticated and not wants_json(request):
                    return redirect_to_login(request.get_full_path())
                from lantu.site.pages.errors import not_allowed

                return not_allowed(request)
            found = view(request, **parts)
            return answer(request, found) if isinstance(found, Page) else found

        return handle

    return wrap


def signed_in(account: Any) -> bool:
    """Any account."""
    return rights.role_of(account) != "public"


def anyone(account: Any) -> bool:
    """Also somebody who has not signed in."""
    return True


def pair(route: str, view: Any, name: str) -> list[URLPattern]:
    """The addresses of a page and of its JSON."""
    json_route = "index.json" if route == "" else f"{route}.json"
    # the JSON first: a key in the address may hold anything, also a dot
    return [path(json_route, view, name=f"{name}_json"), path(route, view, name=name)]


def address(page: str, /, **parts: Any) -> str | None:
    """The address of a named page; None where this site has none."""
    try:
        return reverse(page, kwargs=parts)
    except NoReverseMatch:
        return None


def spoken(text: Text) -> str:
    """A text in the reader's language."""
    return text.in_language(current_language())


def at_day(request: HttpRequest) -> Any:
    """The kept assessment that the request asks for (`?as_of=2021-12-31`), the latest one otherwise; None if none is.

    The day is remembered on the request, so that the page's head shows it. Where there is none of the day that was
    asked for, the page says so.
    """
    import datetime as dt

    from django.contrib import messages

    from lantu.office.desk import desk

    snapshots, wanted = desk().snapshots, request.GET.get("as_of", "")
    found = None
    if wanted:
        try:
            found = snapshots.of(dt.date.fromisoformat(wanted))
        except ValueError:
            found = None
    if wanted and found is None and not wants_json(request) and not getattr(request, "htmx", False):
        words = Text(
            "没有保存 {day} 的评定，显示最近一次", "there is no kept assessment of {day}; the latest one is shown"
        )
        messages.warning(request, str(words.format(day=wanted[:20])))
    found = found or snapshots.latest()
    if found is not None:
        request.as_of = found.assessment.as_of
    return found
