"""What happens around every request: headers, language, the end of a session, and errors a person can read."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import DatabaseError, DataError
from django.http import HttpRequest, HttpResponse

from lantu.base import LantuError, Text, use_language
from lantu.base.language import LANGUAGES

_log = logging.getLogger(__name__)
Handler = Callable[[HttpRequest], HttpResponse]
LANGUAGE_COOKIE = "lantu_language"
_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
_STEP = 300


def security_headers(handle: Handler) -> Handler:
    """Nothing is loaded from outside, no script stands in a page, and pages of the office are not stored by proxies."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = handle(request)
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(self)")
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def language(handle: Handler) -> Handler:
    """Speak the language that the reader chose; Chinese if none was chosen."""

    def middleware(request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(LANGUAGE_COOKIE)
        if chosen not in LANGUAGES:
            chosen = getattr(request.user, "language", "zh")
        with use_language(chosen if chosen in LANGUAGES else "zh"):
            response = handle(request)
            response.headers.setdefault("Content-Language", "zh-CN" if chosen == "zh" else "en")
            return response

    return middleware


class Sessions(SessionMiddleware):
    """Sessions as Django keeps them; where one cannot be written, what was done or read is answered nevertheless."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Save the session."""
        from lantu.office.outages import outage_of

        try:
            return super().process_response(request, response)
        except (DatabaseError, SessionInterrupted) as error:
            if outage_of(error) is None:
                raise
            _log.warning("the session is not written: %s", error)
            return response


def session_end(handle: Handler) -> Handler:
    """End a session that was idle for too long; the moment of last use is kept in steps of five minutes."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now, last = int(time.time()), request.session.get("last", 0)
            if last and now - last > settings.LANTU_IDLE_MINUTES * 60:
                logout(request)
            elif now - last > _STEP:
                request.session["last"] = now
        return handle(request)

    return middleware


def sent_by_script(handle: Handler) -> Handler:
    """Tell a script that sent a form with files where to go, instead of redirecting it.

    It would follow the redirect by itself and so use up the message that the person is to read.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = handle(request)
        by_script = request.headers.get("X-Requested-With") == "XMLHttpRequest"
        if by_script and request.method == "POST" and "Location" in response:
            response.headers["X-Lantu-Next"] = response.headers["Location"]
            del response.headers["Location"]
            response.status_code = 204
            response.content = b""
        return response

    return middleware


class errors:  # noqa: N801
    """A `LantuError` becomes a page (or JSON) that says what, where, and how to mend it; so does an outage."""

    def __init__(self, handle: Handler) -> None:
        self._handle = handle

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._handle(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        from lantu.office.outages import outage_of
        from lantu.site.pages.errors import out_of_order, refused

        outage = outage_of(error)
        if outage is not None:
            _log.warning("%s: %s", request.path, error)
            return out_of_order(request, outage)
        if isinstance(error, DataError):
            what = Text("请求中有存放不了的字符或数值", "the request holds a character or number that cannot be stored")
            return refused(request, LantuError(what))
        return refused(request, error) if isinstance(error, LantuError) else None


def wants_json(request: Any) -> bool:
    """Whether the answer is to be JSON: the address ends in `.json`, or nothing else is accepted."""
    return request.path.endswith(".json") or request.headers.get("Accept", "") == "application/json"
