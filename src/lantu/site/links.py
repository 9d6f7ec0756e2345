"""Addresses of pages that belong to one thing: a task, a verdict, an area, an entry. One place says how they look."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from lantu.office.standing import task_of


def _with(address: str, **query: str | None) -> str:
    given = {name: value for name, value in query.items() if value}
    return f"{address}?{urlencode(given)}" if given else address


def task_link(task: str, day: str = "") -> str:
    """The page of a task such as `air-2`."""
    return _with(f"/tasks/{task}", as_of=day)


def measure_link(measure: str, day: str = "") -> str:
    """A measure on its task's page."""
    return f"{task_link(task_of(measure), day)}#{measure}"


def commitment_link(commitment: str, area: str = "", day: str = "") -> str:
    """A commitment on its task's page; with an area, the streets of a district."""
    return f"{_with(f'/commitments/{commitment}', area=area, as_of=day)}"


def trend_link(commitment: str, area: str = "", day: str = "") -> str:
    """The trend of a commitment in an area, and what was said of it before."""
    return _with(f"/commitments/{commitment}/trend", area=area, as_of=day)


def explain_link(commitment: str, area: str, day: str = "") -> str:
    """Where a verdict comes from."""
    return _with(f"/explain/{commitment}", area=area, as_of=day)


def area_link(area: str, day: str = "") -> str:
    """The page of a city, district or street."""
    return _with(f"/areas/{area}", as_of=day)


def ledger_link(ledger: str, **query: str) -> str:
    """The list of a ledger's entries; cases have a list of their own."""
    return _with("/cases" if ledger == "cases" else f"/ledgers/{ledger}", **query)


def entry_link(ledger: str, key: str) -> str:
    """The page of an entry or case."""
    return f"/cases/{quote(key, safe='')}" if ledger == "cases" else f"/ledgers/{ledger}/{quote(key, safe='')}"


def report_link(measure: str, month: str) -> str:
    """Where a unit reports on a measure for a month, and sees what it has reported."""
    return _with(f"/reports/{measure}", month=month)
