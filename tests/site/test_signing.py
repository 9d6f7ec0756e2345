"""Signing in as a person does it: password, second factor, a new password, the end of a session."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pyotp
from tests.site.conftest import PASSWORD


def _account(name: str) -> Any:
    from lantu.office.accounts.models import Account

    return Account.objects.get(username=name)


def test_a_right_password_leads_on_and_stands_in_the_journal(city: Any, signed_in: Callable[[str], Any]) -> None:
    browser = signed_in("")
    answer = browser.post("/sign-in", {"username": "auditor", "password": PASSWORD, "next": "/account"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/account"
    assert browser.get("/account").status_code == 200
    line = city.book.store.journal.lines(1)[0]
    assert (line.action, line.subject) == ("sign_in", "account/auditor")


def test_it_never_leads_to_another_site(signed_in: Callable[[str], Any]) -> None:
    answer = signed_in("").post(
        "/sign-in", {"username": "auditor", "password": PASSWORD, "next": "https://elsewhere.example/"}
    )
    assert answer.headers["Location"] == "/"


def test_a_wrong_password_is_told_without_saying_which_part_is_wrong(signed_in: Callable[[str], Any]) -> None:
    for name in ("auditor", "nobody-of-this-name"):
        answer = signed_in("").post("/sign-in", {"username": name, "password": "wrong"})
        assert answer.status_code == 401
        assert "the user name or the password is wrong" in answer.content.decode()


def test_after_six_wrong_passwords_even_the_right_one_waits(signed_in: Callable[[str], Any]) -> None:
    browser = signed_in("")
    for _ in range(6):
        browser.post("/sign-in", {"username": "street2", "password": "wrong"})
    answer = browser.post("/sign-in", {"username": "street2", "password": PASSWORD})
    assert answer.status_code == 429
    assert "15 minutes" in answer.content.decode()


def test_a_second_factor_is_asked_and_each_code_counts_once(signed_in: Callable[[str], Any]) -> None:
    browser = signed_in("district2")
    page = browser.get("/account/factor").content.decode()
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert secret is not None
    totp = pyotp.TOTP(secret[1])
    assert browser.post("/account/factor", {"code": totp.at(time.time() - 30)}).status_code == 302
    browser.post("/sign-out")

    again = signed_in("")
    half = again.post("/sign-in", {"username": "district2", "password": PASSWORD})
    assert half.headers["Location"].startswith("/sign-in/code")
    assert again.get("/account").status_code == 302, "the password alone opens nothing"
    code = totp.now()
    assert again.post("/sign-in/code", {"code": "000000" if code != "000000" else "111111"}).status_code == 401
    assert again.post("/sign-in/code", {"code": code}).status_code == 302
    assert again.get("/account").status_code == 200

    other = signed_in("")
    other.post("/sign-in", {"username": "district2", "password": PASSWORD})
    assert other.post("/sign-in/code", {"code": code}).status_code == 401, "a code that was used is refused"


def test_an_idle_session_ends(signed_in: Callable[[str], Any]) -> None:
    browser = signed_in("auditor")
    assert browser.get("/account").status_code == 200
    session = browser.session
    session["last"] = int(time.time()) - 121 * 60
    session.save()
    assert browser.get("/account").status_code == 302


def test_a_first_password_must_be_changed(signed_in: Callable[[str], Any]) -> None:
    account = _account("bureau")
    account.password_expired = True
    account.save()
    browser = signed_in("")
    answer = browser.post("/sign-in", {"username": "bureau", "password": PASSWORD})
    assert answer.headers["Location"] == "/account/password"
    short = {"old": PASSWORD, "new": "12345", "again": "12345"}
    assert browser.post("/account/password", short).status_code == 422
    fresh = "quite another phrase 8"
    assert browser.post("/account/password", {"old": PASSWORD, "new": fresh, "again": fresh}).status_code == 302
    assert _account("bureau").check_password(fresh)


def test_a_form_from_elsewhere_is_refused(city: Any) -> None:
    from django.test import Client

    browser = Client(enforce_csrf_checks=True)
    answer = browser.post("/sign-in", {"username": "auditor", "password": PASSWORD})
    assert answer.status_code == 403
    assert "表单已失效" in answer.content.decode()


def test_the_language_is_kept(signed_in: Callable[[str], Any]) -> None:
    browser = signed_in("")
    browser.post("/language", {"language": "zh", "next": "/sign-in"})
    assert "用户名" in browser.get("/sign-in").content.decode()
    browser.post("/language", {"language": "en", "next": "/sign-in"})
    assert "User name" in browser.get("/sign-in").content.decode()
