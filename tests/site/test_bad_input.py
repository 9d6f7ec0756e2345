"""Bad input that people and programs really send: two closing one case, replayed forms, forged ids, disguised files."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from tests.site.test_entries import Browsers, enter, photo, streets_of
from tests.site.test_sheets import SHEETS, edited, exported, hand_in


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What acts give that begin at the same moment, each on a connection of its own."""
    from django.db import connections

    start = threading.Barrier(len(acts))
    found: list[Any] = [None] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        start.wait()
        try:
            found[number] = act()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def rectified_case(city: Any) -> Any:
    """A case of the simulated city that waits to be closed."""
    from lantu.office.register.models import Entry

    return Entry.objects.filter(ledger="cases", state="rectified").order_by("id").first()


# -- two at once, and the same twice ---------------------------------------------------------------------------------


def test_two_people_close_the_same_case_and_one_does(city: Any, signed_in: Browsers) -> None:
    case = rectified_case(city)
    address = f"/ledgers/cases/{case.key}/-/step/close"

    def close(name: str, colour: str) -> Callable[[], Any]:
        browser = signed_in(name)
        given = {"version": case.version, "e_check_record": photo(colour)}
        return lambda: browser.post(address, given)

    answers = at_once(close("coordinator", "pink"), close("bureau", "teal"))
    assert sorted(each.status_code for each in answers) == [302, 409]
    late = next(each for each in answers if each.status_code == 409).content.decode()
    assert "Nothing was saved" in late
    assert f"version {case.version + 1}" in late
    history = city.book.store.history("cases", case.key)
    assert [each.action for each in history].count("close") == 1
    assert len(history) == case.version + 1
    assert city.book.store.journal.verify()[1] == []


def test_a_closing_form_that_is_sent_again_changes_nothing(city: Any, signed_in: Browsers) -> None:
    case, browser = rectified_case(city), signed_in("coordinator")
    address = f"/ledgers/cases/{case.key}/-/step/close"
    for _ in range(3):
        given = {"version": case.version, "e_check_record": photo("navy")}
        assert browser.post(address, given).status_code == 302
    assert city.book.entry("cases", case.key).version == case.version + 1
    api = browser.post(
        f"/api/steps/cases/close/{case.key}", {"version": case.version, "values": {}}, content_type="application/json"
    )
    assert api.status_code == 409
    assert "by now" in api.json()["error"]["en"]


def test_two_clicks_take_a_sheet_once(city: Any, signed_in: Browsers, tmp_path: Any) -> None:
    browser, street = signed_in("district1"), streets_of("district1")[0]
    enter(browser, "ZWB-1", street)
    where = hand_in(browser, edited(exported(browser, tmp_path, q="ZWB-"), {"ZWB-1": {"receiving water": "凉水河"}}))
    other = signed_in("district1")
    at_once(lambda: browser.post(where, {"what": "take"}), lambda: other.post(where, {"what": "take"}))
    assert city.book.entry("outfalls", "ZWB-1").version == 2
    assert browser.get(f"{where}.json").json()["result"]["amended"] == 1
    browser.post(where, {"what": "take"})
    assert city.book.entry("outfalls", "ZWB-1").version == 2


# -- forged and odd addresses ----------------------------------------------------------------------------------------

ODD = (
    "/jobs/99999999999999999999999",
    "/jobs/99999999999999999999999.json",
    "/ledgers/outfalls/-/sheets/99999999999999999999999",
    "/ledgers/outfalls/-/exports/99999999999999999999999",
    "/ledgers/outfalls/-/exports/1/file",
    "/ledgers/outfalls/%00",
    "/ledgers/%00",
    "/ledgers/outfalls/'; drop table entry; --",
    "/ledgers/outfalls/../../secret.key",
    "/cases/%00",
    "/cases/%ff%fe",
    "/tasks/air-1%00",
    "/areas/110101%00",
    "/files/" + "0" * 64,
    "/files/" + "0" * 64 + "/small",
    "/files/..%2f..%2fsecret.key",
    "/explain/air-1-1%2fpm25?area=%00",
    "/reports/air-1-1?month=2021-13",
    "/reports?month=%00",
    "/?as_of=9999-99-99",
    "/?as_of=0000-00-00",
    "/journal?person=%00",
    "/search?q=%00",
    "/search?q=" + "x" * 5000,
    "/ledgers/outfalls?page=99999999999999999999999",
    "/ledgers/outfalls?q=%00&area=%00&state=%00&holder=%00&sort=%00",
    "/cases?tab=%00&page=-1",
    "/data/%2e%2e",
    "/api/entries/outfalls/%00",
    "/api/ledgers/outfalls/entries?state=%00",
)


@pytest.mark.parametrize("address", ODD)
def test_odd_addresses_are_answered_and_break_nothing(signed_in: Browsers, address: str) -> None:
    for name in ("coordinator", "district1"):
        answer = signed_in(name).get(address)
        assert answer.status_code in (200, 302, 400, 403, 404, 422), (name, answer.status_code)
        assert b"Traceback" not in (b"" if answer.streaming else answer.content)


def test_numbers_of_others_are_numbers_of_nothing(city: Any, signed_in: Browsers, tmp_path: Any) -> None:
    """Sheets, jobs and exports are counted up: whoever counts along learns nothing and changes nothing."""
    from lantu.office.jobs.models import Job

    browser, street = signed_in("district1"), streets_of("district1")[0]
    enter(browser, "ZWB-2", street)
    where = hand_in(browser, edited(exported(browser, tmp_path, q="ZWB-2"), {"ZWB-2": {"receiving water": "凉水河"}}))
    job = Job.objects.create(kind="export_sheet", given={"ledger": "outfalls"}, state="done")
    for name in ("district2", "coordinator", "auditor", "enterprise"):
        other = signed_in(name)
        assert other.get(where).status_code == 404
        for what in ("take", "drop", "decide", "compare"):
            assert other.post(where, {"what": what}).status_code == 404
        assert other.get(f"/ledgers/outfalls/-/exports/{job.pk}/file").status_code == 404
        assert other.post(f"/jobs/{job.pk}/again").status_code in (403, 404)
    assert city.book.entry("outfalls", "ZWB-2").version == 1
    assert browser.get(f"{where}.json").json()["state"] == "reviewed"


def test_a_forged_key_in_a_sheet_is_of_another_district(city: Any, signed_in: Browsers, tmp_path: Any) -> None:
    """The hidden key and version of a row are typed over with those of somebody else's entry."""
    mine, theirs = streets_of("district1")[0], streets_of("district2")[0]
    enter(signed_in("district1"), "ZWB-3", mine)
    enter(signed_in("district2"), "ZWB-4", theirs)
    browser = signed_in("district1")
    sheet = edited(exported(browser, tmp_path, q="ZWB-3"), {"ZWB-3": {"receiving water": "凉水河", "number": "ZWB-4"}})
    where = hand_in(browser, sheet)
    browser.post(where, {"what": "take"})
    assert city.book.entry("outfalls", "ZWB-4").data["river"] == "清河"
    assert city.book.entry("outfalls", "ZWB-4").version == 1


# -- disguised and hostile files -------------------------------------------------------------------------------------


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


HOSTILE = {
    "program.csv": b"MZ\x90\x00\x03" + b"\x00" * 3000,
    "picture.csv": b"\x89PNG\r\n\x1a\n" + b"\x00" * 3000,
    "binary.xlsx": b"PK\x03\x04" + b"\x00" * 3000,
    "climbs.zip": zipped(**{"..__..__..__escaped.csv": b"date,hour,type\n20210801,1,PM2.5\n"}),
    "bomb.zip": zipped(**{"zeros.csv": b"0" * 200_000_000}),
    "empty.zip": zipped(),
    "cut.csv.gz": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    "nul.csv": b"date,hour,type,\x00\n" * 50,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_data_files_are_refused_in_words(city: Any, signed_in: Browsers, name: str) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from lantu.office.jobs.models import Job

    browser = signed_in("coordinator")
    given = {"dataset": "cems_hourly", "files": [SimpleUploadedFile(name, HOSTILE[name])]}
    assert browser.post("/data/import", given).status_code == 302
    job = Job.objects.filter(kind="import_data").first()
    assert job is not None
    assert job.state == "failed", job.result
    assert "the program failed" not in job.message_en, "said in words that can be acted on"
    assert job.message_zh
    assert city.lake.version("cems_hourly") is None
    assert list(city.workspace.path.parent.rglob("escaped.csv")) == []


@pytest.mark.parametrize("name", ["climbs.zip", "bomb.zip", "binary.xlsx", "program.csv"])
def test_hostile_sheets_are_refused_in_words(signed_in: Browsers, name: str) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    answer = signed_in("district1").post(SHEETS, {"file": SimpleUploadedFile("回表.xlsx", HOSTILE[name])})
    assert answer.status_code == 422
    assert "is no workbook" in answer.content.decode()
