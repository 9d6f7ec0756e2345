"""Rights as a matrix: every address of the site x every role x inside and outside of what the role is there for.

Which addresses there are is read from the site itself: one that no table here knows is a fault.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

ROLES = ("coordinator", "bureau", "department", "district1", "street1", "enterprise", "auditor", "")
OFFICERS = {"coordinator", "bureau", "department", "district1", "street1"}
OFFICE = OFFICERS | {"auditor"}
SIGNED_IN = OFFICE | {"enterprise"}
EVERYBODY = set(ROLES)
JOURNAL = {"coordinator", "auditor"}
REPORTING = {"coordinator", "bureau", "department", "district1"}
IMPORTING = {"coordinator", "bureau", "department"}
COORDINATOR = {"coordinator"}

PAGES: dict[str, set[str]] = {
    "overview": OFFICE, "changes": OFFICE, "tasks": OFFICE, "mine": SIGNED_IN, "areas": OFFICE, "ledgers": SIGNED_IN,
    "cases": OFFICE, "new_case": OFFICERS, "late_cases": OFFICE, "rechecks": OFFICE, "raise_cases": COORDINATOR,
    "reports": OFFICE,
    "reports_changed": JOURNAL, "data": OFFICE, "gateway": OFFICE,
    "import_data": IMPORTING, "rules": OFFICE, "parameters": OFFICE,
    "targets": OFFICE, "read_document": COORDINATOR, "journal": JOURNAL, "public": EVERYBODY,
    "ask_correction": EVERYBODY, "public_manage": COORDINATOR, "search": SIGNED_IN, "accounts": COORDINATOR,
    "own_account": SIGNED_IN, "notices": SIGNED_IN, "notice_settings": SIGNED_IN, "deliveries": COORDINATOR,
    "password": SIGNED_IN, "factor": SIGNED_IN,
}  # fmt: skip
"""Pages without a part that names something: who gets them."""

POSTED: dict[str, set[str]] = {
    "assess_now": COORDINATOR, "journal_verify": JOURNAL, "publish": COORDINATOR, "issue_token": SIGNED_IN,
    "read_notices": SIGNED_IN,
}  # fmt: skip
"""Addresses that only take a POST: who may send one."""

OPEN = {"push", "sign_in", "second_factor", "sign_out", "language", "oidc", "oidc_back", "case_batch"}
"""Addresses of signing in, tested by themselves; a batch of cases is tested with cases."""

PLAN: dict[str, tuple[str, set[str]]] = {
    "task": ("/tasks/air-1", OFFICE),
    "commitment": ("/commitments/air-1-1/pm25", OFFICE),
    "trend": ("/commitments/air-1-1/pm25/trend", OFFICE),
    "explain": ("/explain/air-1-1/pm25?area=110101", OFFICE),
    "explain_rows": ("/explain/air-1-1/pm25.csv?area=110000", OFFICE),
    "area": ("/areas/110101", OFFICE),
    "dataset": ("/data/air_hourly", OFFICE),
    "parameter": ("/rules/parameters/air.limits.pm25.year.grade2", OFFICE),
    "report": ("/reports/air-1-1", {"coordinator", "bureau", "district1"}),
    "account_of": ("/accounts/auditor", COORDINATOR),
}
"""Pages about the plan and its registers."""

OBJECTS = {
    "ledger", "sheets", "export", "export_job", "export_file", "sheet", "enter_entry", "amend_entry", "entry_step",
    "entry", "case", "case_rows", "file", "small_file", "job", "job_again", "reading", "settle_doubt", "accept_reading",
    "public_task", "correction", "answer_correction", "revoke_token", "open_notice",
}  # fmt: skip
"""Pages about one thing: tested below, or beside what makes the thing."""


def _routes(patterns: Any = None, before: str = "") -> Iterator[tuple[str, str]]:
    from django.urls import get_resolver

    for each in get_resolver().url_patterns if patterns is None else patterns:
        if hasattr(each, "url_patterns"):
            yield from _routes(each.url_patterns, before + str(each.pattern))
        else:
            yield before + str(each.pattern), str(each.name)


def test_every_address_stands_in_a_table(city: Any) -> None:
    known = PAGES.keys() | POSTED.keys() | PLAN.keys() | OPEN | OBJECTS
    unknown = {name for route, name in _routes() if not route.startswith("api/")} - known
    assert {name for name in unknown if name.removesuffix("_json") not in known} == set()


@pytest.fixture(scope="module")
def browsers(city: Any) -> dict[str, Any]:
    """A browser for each role."""
    from django.test import Client

    from lantu.office.accounts.models import Account

    found = {}
    for name in ROLES:
        client = Client()
        client.cookies["lantu_language"] = "en"
        if name:
            account = Account.objects.get(username=name)
            client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
        found[name] = client
    return found


def _given(answer: Any) -> bool:
    """Whether the page was given; a refusal is 403, 404, or the way to another page."""
    assert answer.status_code in (200, 302, 403, 404), answer.status_code
    return bool(answer.status_code == 200)


@pytest.mark.parametrize("role", ROLES)
def test_pages_are_given_to_those_they_are_for(browsers: dict[str, Any], role: str) -> None:
    from django.urls import reverse

    wrong = []
    addresses = {name: (reverse(name), who) for name, who in PAGES.items()} | PLAN
    for name, (address, who) in addresses.items():
        for form in (address, _json(address)):
            if form and _given(browsers[role].get(form)) != (role in who):
                wrong.append(f"{role or 'nobody'} {name} {form}")
    assert wrong == []


def _json(address: str) -> str:
    path, mark, query = address.partition("?")
    if path.endswith(".csv") or path in ("/public/correction", "/account/password", "/account/factor"):
        return ""
    return ("/index.json" if path == "/" else f"{path}.json") + mark + query


@pytest.mark.parametrize("role", ROLES)
def test_who_may_not_send_changes_nothing(browsers: dict[str, Any], city: Any, role: str) -> None:
    from django.urls import reverse

    for name, who in POSTED.items():
        if role not in who:
            before = city.book.store.journal.lines(1)
            assert not _given(browsers[role].post(reverse(name), {"as_of": "2021-12-31"})), name
            assert city.book.store.journal.lines(1) == before


# -- entries: inside and outside -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scope:
    """What a role is there for, written down apart from the program's own rules."""

    inside: Callable[[Any], bool]


def _scopes(city: Any) -> dict[str, Scope]:
    from lantu.office.accounts.models import Account

    owned = set(Account.objects.get(username="enterprise").owned)
    street = Account.objects.get(username="street1").area

    roles = ("lead", "responsible", "assisting")

    def by_duty(unit: str) -> Callable[[Any], bool]:
        mine = {
            ledger
            for measure in city.pack.measures.values()
            if any(name.partition("(")[0] == unit for role in roles for name in getattr(measure, role))
            for ledger in city.duties.ledgers_of_measure(measure.id)
        } | {name for name, ledger in city.pack.ledgers.items() if unit in ledger.keeper}  # fmt: skip
        return lambda row: row.ledger in mine or row.holder == unit

    return {
        "coordinator": Scope(lambda row: True),
        "auditor": Scope(lambda row: True),
        "bureau": Scope(by_duty("市生态环境局")),
        "department": Scope(by_duty(Account.objects.get(username="department").unit)),
        "district1": Scope(lambda row: row.area.startswith("110101")),
        "street1": Scope(lambda row: row.area == street),
        "enterprise": Scope(lambda row: f"{row.ledger}/{row.key}" in owned),
        "": Scope(lambda row: False),
    }


def _sample(city: Any, scope: Scope) -> tuple[list[Any], list[Any]]:
    """One entry inside and one outside of a scope, of every ledger that has such."""
    from lantu.office.register.models import Entry

    inside, outside = [], []
    for name in city.pack.ledgers:
        rows = list(Entry.objects.filter(ledger=name).order_by("id")[:400])
        inside += [row for row in rows if scope.inside(row)][:1]
        outside += [row for row in rows if not scope.inside(row)][:1]
    return inside, outside


@pytest.mark.parametrize("role", ROLES)
def test_entries_are_seen_inside_and_unknown_outside(browsers: dict[str, Any], city: Any, role: str) -> None:
    from django.urls import reverse

    inside, outside = _sample(city, _scopes(city)[role])
    browser, wrong = browsers[role], []
    assert len(outside) > 20 or role in ("coordinator", "auditor")
    for row in inside:
        for address in _addresses(reverse, row)[:3]:
            if browser.get(address).status_code != 200:
                wrong.append(f"{role} should see {address}")
    hidden_looks = None
    for row in outside:
        for address in _addresses(reverse, row):
            answer = browser.get(address)
            if answer.status_code not in (403, 404, 302, 401) or (role and answer.status_code == 302):
                wrong.append(f"{role or 'nobody'} gets {answer.status_code} at {address}")
        for address in _writing(reverse, row, city):
            answer = browser.post(address, {"version": row.version})
            if answer.status_code not in (403, 404, 302, 401, 405) or (role and answer.status_code == 302):
                wrong.append(f"{role or 'nobody'} writes {answer.status_code} at {address}")
        if role and hidden_looks is None:
            there = browser.get(_addresses(reverse, row)[0]).content
            nowhere = browser.get(_addresses(reverse, row)[0] + "-no-such").content
            hidden_looks = len(there) - len(nowhere)
            assert abs(hidden_looks) < 40, "something hidden looks like something that is not there"
    assert wrong == []


def _addresses(reverse: Any, row: Any) -> list[str]:
    page = reverse("entry", kwargs={"name": row.ledger, "key": row.key})
    found = [page, f"{page}.json", f"/api/entries/{row.ledger}/{row.key}"]
    found.append(reverse("amend_entry", kwargs={"name": row.ledger, "key": row.key}))
    if row.ledger == "cases":
        found.append(reverse("case", kwargs={"key": row.key}))
        found.append(reverse("case_rows", kwargs={"key": row.key}))
    return found


def _writing(reverse: Any, row: Any, city: Any) -> list[str]:
    steps = city.pack.ledgers[row.ledger].transitions[:2]
    found = [reverse("amend_entry", kwargs={"name": row.ledger, "key": row.key})]
    return found + [
        reverse("entry_step", kwargs={"name": row.ledger, "key": row.key, "step": each.name}) for each in steps
    ]


@pytest.mark.parametrize("role", [role for role in ROLES if role])
def test_lists_searches_and_sheets_hold_nothing_from_outside(browsers: dict[str, Any], city: Any, role: str) -> None:
    from python_calamine import CalamineWorkbook

    scope, browser, leaks = _scopes(city)[role], browsers[role], []
    _, outside = _sample(city, scope)
    by_key = {(row.ledger, row.key): row for row in outside}
    for row in outside:
        listed = browser.get(f"/ledgers/{row.ledger}.json")
        if listed.status_code == 200:
            leaks += [f"list {row.ledger}" for each in listed.json()["entries"] if (row.ledger, each["key"]) in by_key]
        given = browser.get(f"/api/ledgers/{row.ledger}/entries")
        if given.status_code == 200:
            leaks += [f"api {row.ledger}" for each in given.json()["entries"] if (row.ledger, each["key"]) in by_key]
    for row in outside[:12]:
        found = browser.get("/search.json", {"q": row.key})
        if found.status_code == 200 and f'"{row.key}"' in found.content.decode().replace(f'"q":"{row.key}"', ""):
            hits = [each for each in found.json().get("entries", []) if (each["ledger"], each["key"]) in by_key]
            leaks += [f"search {row.ledger}/{row.key}" for _ in hits]
    sheet = browser.get("/ledgers/construction_sites/-/export")
    if sheet.status_code == 200 and "spreadsheet" in sheet.headers["Content-Type"]:
        content = b"".join(sheet.streaming_content) if sheet.streaming else sheet.content
        cells = {str(c) for s in CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names
                 for line in CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(s).to_python()
                 for c in line}  # fmt: skip
        leaks += [f"sheet {row.key}" for row in outside if row.ledger == "construction_sites" and row.key in cells]
    assert leaks == []


def test_an_area_of_others_is_seen_as_far_as_districts(browsers: dict[str, Any], city: Any) -> None:
    other_street = city.pack.areas.children("110102")[0].code
    for role in ("district1", "street1"):
        assert browsers[role].get("/areas/110102").status_code == 200
        assert browsers[role].get(f"/areas/{other_street}").status_code == 404
        rows = browsers[role].get("/api/assessment", {"commitment": "air-28-4/monthly_checks"}).json()["rows"]
        assert all(row["area"].startswith("110101") or len(row["area"]) < 9 for row in rows)
    assert browsers["enterprise"].get("/api/assessment").status_code == 403


def test_files_are_given_with_the_entry_they_belong_to(browsers: dict[str, Any], city: Any) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select ledger, key, evidence from change where evidence is not null order by id limit 400")
        rows = cursor.fetchall()
    import json

    from lantu.office.register.models import Entry

    scopes, seen, refused = _scopes(city), 0, 0
    holders: dict[str, list[Any]] = {}
    for ledger, key, evidence in rows:
        for piece in json.loads(evidence):
            holders.setdefault(piece["sha256"], []).append(Entry.objects.get(ledger=ledger, key=key))
    for digest, entries in list(holders.items())[:25]:
        every = list(entries)
        for role in ROLES:
            may = any(scopes[role].inside(row) for row in every)
            status = browsers[role].get(f"/files/{digest}").status_code
            if may:
                seen += status == 200
            elif len(rows) < 400:
                refused += status in (404, 403, 302)
                assert status != 200, (role, digest)
    assert seen or not holders
