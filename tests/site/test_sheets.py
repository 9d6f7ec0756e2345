"""Lists out to Excel and back: the round trip, what is shown before anything is taken, conflicts, rights, jobs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook
from tests.site.test_entries import enter, streets_of

Browsers = Callable[[str], Any]
SHEETS = "/ledgers/outfalls/-/sheets"


def exported(browser: Any, folder: Path, ledger: str = "outfalls", **query: Any) -> Path:
    answer = browser.get(f"/ledgers/{ledger}/-/export", query)
    assert answer.status_code == 200, answer
    path = folder / "out.xlsx"
    path.write_bytes(b"".join(answer.streaming_content))
    return path


def edited(path: Path, edits: dict[str, dict[str, Any]], new: list[dict[str, Any]] | None = None) -> Any:
    """The workbook with some cells typed over, as an upload; `edits` by key and heading."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    head = [str(each).rstrip("*") for each in rows[0]]
    for row in rows[1:]:
        for title, cell in edits.get(row[0], {}).items():
            row[head.index(title)] = cell
    rows += [[given.get(title) for title in head] for given in new or []]
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    page = book.add_worksheet()
    for number, row in enumerate([head, *rows[1:]]):
        for column, cell in enumerate(row):
            if isinstance(cell, dt.date):
                page.write_datetime(number, column, dt.datetime.combine(cell, dt.time()))
            elif isinstance(cell, str):
                page.write_string(number, column, cell)
            else:
                page.write(number, column, cell)
    book.close()
    return SimpleUploadedFile("回表.xlsx", out.getvalue())


def hand_in(browser: Any, upload: Any) -> str:
    answer = browser.post(SHEETS, {"file": upload})
    assert answer.status_code == 302, answer.content.decode()
    return answer.headers["Location"]


@pytest.fixture(scope="module")
def street(city: Any) -> str:
    return streets_of("district1")[0]


def test_a_list_goes_out_as_it_is_narrowed_and_comes_back_unchanged(
    city: Any, signed_in: Browsers, tmp_path: Path
) -> None:
    browser = signed_in("district1")
    mine = browser.get("/ledgers/outfalls.json").json()
    rows = CalamineWorkbook.from_path(str(exported(browser, tmp_path))).get_sheet_by_index(0).to_python()
    assert len(rows) - 1 == mine["count"] > 0
    assert {"number*", "version"} <= set(rows[0])
    state = next(each for each in mine["states"] if each["count"] > 0)
    path = exported(browser, tmp_path, state=state["state"])
    assert len(CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()) - 1 == state["count"]
    where = hand_in(browser, edited(path, {}))
    counts = browser.get(f"{where}.json").json()["counts"]
    assert counts == {"new": 0, "changed": 0, "conflict": 0, "unchanged": state["count"], "bad": 0, "refused": 0}


@pytest.mark.parametrize("ledger", ["soil_plots", "activities", "cases", "documents", "water_sections", "projects"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_kind_of_ledger_makes_the_round_trip(
    city: Any, signed_in: Browsers, tmp_path: Path, ledger: str, language: str
) -> None:
    browser = signed_in("coordinator")
    browser.cookies["lantu_language"] = language
    path = exported(browser, tmp_path, ledger)
    from django.core.files.uploadedfile import SimpleUploadedFile

    upload = SimpleUploadedFile("back.xlsx", path.read_bytes())
    where = browser.post(f"/ledgers/{ledger}/-/sheets", {"file": upload}).headers["Location"]
    data = browser.get(f"{where}.json").json()
    counts = data["counts"]
    assert (data["rows"], counts["unchanged"]) == ([], city.book.store.counts()[ledger])


def test_changes_are_shown_first_and_taken_as_one_act(
    city: Any, signed_in: Browsers, tmp_path: Path, street: str
) -> None:
    browser = signed_in("district1")
    for number in (1, 2, 3):
        enter(browser, f"SH-{number}", street)
    path = exported(browser, tmp_path, q="SH-")
    new = {
        "number": "SH-4", "name": "=1+1", "class": "industrial", "area": street, "receiving water": "清河",
        "found on": dt.date(2021, 5, 2), "has a problem": "yes",
    }  # fmt: skip
    upload = edited(path, {"SH-1": {"receiving water": "凉水河"}, "SH-2": {"has a problem": "perhaps"}}, [new])
    where = hand_in(browser, upload)
    data = browser.get(f"{where}.json").json()
    assert data["counts"] == {"new": 1, "changed": 1, "conflict": 0, "unchanged": 1, "bad": 1, "refused": 0}
    (row,) = browser.get(f"{where}.json", {"kind": "changed"}).json()["rows"]
    assert [(cell["field"], cell["before"], cell["after"]) for cell in row["cells"]] == [("river", "清河", "凉水河")]
    page = browser.get(where, {"kind": "changed"}).content.decode()
    assert "<del>清河</del>" in page
    assert "<ins>凉水河</ins>" in page
    assert "perhaps" in browser.get(where, {"kind": "bad"}).content.decode()
    assert city.book.entry("outfalls", "SH-1").version == 1, "looking changes nothing"
    browser.post(where, {"what": "take"})
    assert city.book.entry("outfalls", "SH-1").data["river"] == "凉水河"
    assert city.book.entry("outfalls", "SH-4").data["name"] == "=1+1"
    line = city.book.store.journal.lines(1)[0]
    assert (line.action, line.person, line.detail["changes"]) == ("several", "district1", 2)
    done = browser.get(f"{where}.json").json()
    assert done["result"] == {
        "entered": 1, "amended": 1, "moved": 0, "undecided": 0, "kept": 0, "bad": 1, "refused": 0
    }  # fmt: skip
    browser.post(where, {"what": "take"})
    assert city.book.entry("outfalls", "SH-1").version == 2, "a second click changes nothing"
    formula = CalamineWorkbook.from_path(str(exported(browser, tmp_path, q="SH-4"))).get_sheet_by_index(0).to_python()
    assert "=1+1" in formula[1]


def test_conflicts_are_decided_cell_by_cell(city: Any, signed_in: Browsers, tmp_path: Path, street: str) -> None:
    browser, other = signed_in("district1"), signed_in("coordinator")
    enter(browser, "SC-1", street)
    path = exported(browser, tmp_path, q="SC-")
    upload = edited(path, {"SC-1": {"receiving water": "凉水河", "name": "表中的名"}})
    city.book.amend("outfalls", "SC-1", {"river": "温榆河", "name": "别人的名"}, _actor("coordinator"))
    where = hand_in(browser, upload)
    data = browser.get(f"{where}.json").json()
    assert (data["counts"]["conflict"], data["undecided"], data["kind"]) == (1, 1, "conflict")
    (row,) = data["rows"]
    assert {cell["field"]: (cell["before"], cell["after"], cell["now"]) for cell in row["cells"]} == {
        "river": ("清河", "凉水河", "温榆河"),
        "name": ("一号口", "表中的名", "别人的名"),
    }
    page = browser.get(where).content.decode()
    assert 'name="choice:SC-1:river" value="after"' in page
    browser.post(where, {"what": "decide", "choice:SC-1:river": "after", "choice:SC-9:river": "after"})
    assert browser.get(f"{where}.json").json()["undecided"] == 1
    browser.post(where, {"what": "take", "choice:SC-1:name": "now"})
    entry = city.book.entry("outfalls", "SC-1")
    assert (entry.version, entry.data["river"], entry.data["name"]) == (3, "凉水河", "别人的名")
    assert other.get(where).status_code == 404, "a returned sheet is its sender's own"


def _actor(name: str) -> Any:
    from lantu.office.accounts.models import Account

    return Account.objects.get(username=name).actor()


def test_what_moved_after_the_comparison_is_left_out(
    city: Any, signed_in: Browsers, tmp_path: Path, street: str
) -> None:
    browser = signed_in("district1")
    enter(browser, "SM-1", street)
    enter(browser, "SM-2", street)
    path = exported(browser, tmp_path, q="SM-")
    upload = edited(path, {"SM-1": {"receiving water": "凉水河"}, "SM-2": {"receiving water": "凉水河"}})
    where = hand_in(browser, upload)
    city.book.amend("outfalls", "SM-1", {"name": "又改了"}, _actor("coordinator"))
    browser.post(where, {"what": "take"})
    result = browser.get(f"{where}.json").json()["result"]
    assert (result["amended"], result["moved"]) == (1, 1)
    assert city.book.entry("outfalls", "SM-1").data["river"] == "清河"
    assert city.book.entry("outfalls", "SM-2").data["river"] == "凉水河"


def test_rows_outside_the_rights_are_refused_row_by_row(
    city: Any, signed_in: Browsers, tmp_path: Path, street: str
) -> None:
    whole, district = signed_in("coordinator"), signed_in("district1")
    far = streets_of("district2")[0]
    enter(whole, "SR-FAR", far)
    enter(whole, "SR-NEAR", street)
    path = exported(whole, tmp_path, q="SR-")
    new = {
        "name": "x", "class": "industrial", "receiving water": "清河", "found on": dt.date(2021, 5, 2),
        "has a problem": "yes",
    }  # fmt: skip
    rivers = {each: {"receiving water": "凉水河"} for each in ("SR-FAR", "SR-NEAR")}
    upload = edited(
        path, rivers, [{**new, "number": "SR-NEW", "area": far}, {**new, "number": "SR-OWN", "area": street}]
    )
    where = hand_in(district, upload)
    counts = district.get(f"{where}.json").json()["counts"]
    assert (counts["refused"], counts["changed"], counts["new"]) == (2, 1, 1)
    refused = district.get(f"{where}.json", {"kind": "refused"}).json()["rows"]
    assert {row["faults"][0]["en"] for row in refused} == {"outside your rights"}
    district.post(where, {"what": "take"})
    assert city.book.entry("outfalls", "SR-FAR").version == 1
    assert city.book.entry("outfalls", "SR-NEAR").version == 2
    assert not city.book.store.latest("outfalls", ["SR-NEW"])


def test_a_sheet_that_is_set_aside_takes_nothing(city: Any, signed_in: Browsers, tmp_path: Path, street: str) -> None:
    browser = signed_in("district1")
    enter(browser, "SD-1", street)
    where = hand_in(browser, edited(exported(browser, tmp_path, q="SD-"), {"SD-1": {"receiving water": "凉水河"}}))
    browser.post(where, {"what": "drop"})
    browser.post(where, {"what": "take"})
    assert browser.get(f"{where}.json").json()["state"] == "dropped"
    assert city.book.entry("outfalls", "SD-1").version == 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xlsx", b"PK\x03\x04 broken", "is no workbook"),
        ("a.xlsx", b"number,name\n1,2\n", "is no workbook"),
        ("a.xlsx", b"", "the file is empty"),
    ],
)
def test_what_is_no_workbook_is_refused(signed_in: Browsers, name: str, content: bytes, words: str) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    answer = signed_in("district1").post(SHEETS, {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_workbook_of_another_ledger_says_so(signed_in: Browsers, tmp_path: Path) -> None:
    browser = signed_in("coordinator")
    path = exported(browser, tmp_path, "projects")
    where = hand_in(browser, edited(path, {}))
    page = browser.get(where).content.decode()
    assert "has no column" in page
    assert browser.get(f"{where}.json").json()["state"] == "failed"


def test_an_auditor_takes_lists_out_and_brings_none_in(signed_in: Browsers, tmp_path: Path) -> None:
    browser = signed_in("auditor")
    path = exported(browser, tmp_path)
    assert browser.post(SHEETS, {"file": edited(path, {})}).status_code == 403
    assert "may only take lists out" in browser.get(SHEETS).content.decode()
    assert signed_in("").get("/ledgers/outfalls/-/export").status_code == 302


def test_long_lists_and_large_sheets_are_jobs(
    city: Any, signed_in: Browsers, tmp_path: Path, street: str, monkeypatch: Any
) -> None:
    from lantu.office.sheets import returns

    monkeypatch.setattr(returns, "LARGE_LIST", 1)
    monkeypatch.setattr(returns, "LARGE_FILE", 1)
    browser = signed_in("district1")
    enter(browser, "SJ-1", street)
    enter(browser, "SJ-2", street)
    answer = browser.get("/ledgers/outfalls/-/export", {"q": "SJ-"})
    assert answer.status_code == 302
    job = browser.get(f"{answer.headers['Location']}.json").json()["job"]
    assert job["state"] == "done"
    assert signed_in("district2").get(answer.headers["Location"]).status_code == 404
    assert signed_in("coordinator").get(job["result_url"]).status_code == 404
    path = tmp_path / "job.xlsx"
    path.write_bytes(b"".join(browser.get(job["result_url"]).streaming_content))
    where = hand_in(browser, edited(path, {"SJ-1": {"receiving water": "凉水河"}}))
    assert browser.get(f"{where}.json").json()["counts"]["changed"] == 1
    browser.post(where, {"what": "take"})
    assert city.book.entry("outfalls", "SJ-1").data["river"] == "凉水河"
