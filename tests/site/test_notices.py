"""Notices: who learns of what, once, and never of what lies outside of the person's view."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

Browsers = Callable[[str], Any]
EAST, WEST = "东城区政府", "西城区政府"
STREETS = {"street1": "110101001", "street2": "110102001"}


def account(name: str) -> Any:
    from lantu.office.accounts.models import Account

    return Account.objects.get(username=name)


def actor(name: str) -> Any:
    return account(name).actor()


def derive() -> int:
    from lantu.office.notices.deriving import derive as look

    return look()


def case(city: Any, name: str, area: str = "110101001", **more: Any) -> str:
    """A case that the coordinator entered."""
    given = {
        "number": f"N-{name}",
        "case_class": "air_violation",
        "occurred_on": "2021-12-01",
        "subject": f"工地 {name}",
    }
    city.book.enter("cases", {**given, **more}, area, actor("coordinator"))
    return f"N-{name}"


def step(city: Any, key: str, name: str, who: str, ledger: str = "cases", **more: Any) -> None:
    city.book.advance(ledger, key, name, actor(who), **more)


def dispatched(city: Any, name: str, area: str = "110101001", unit: str = EAST, due: str = "2022-01-20") -> str:
    number = case(city, name, area)
    step(city, number, "assign", "coordinator", given={"due_on": due}, holder=unit)
    return number


def seen(who: str) -> dict[str, str]:
    """What an account's list shows: kind by subject."""
    from lantu.office import rights
    from lantu.office.notices.wording import worded

    return {each.notice.subject: each.notice.kind for each in worded(rights.visible_notices(account(who)))}


def learned(key: str, ledger: str = "cases") -> dict[str, str]:
    """Who has learned of an entry, and of what."""
    everybody = ("coordinator", "bureau", "department", "district1", "district2", "street1", "street2", "auditor")
    found = {who: seen(who).get(f"{ledger}/{key}", "") for who in everybody}
    return {who: kind for who, kind in found.items() if kind}


@pytest.fixture(scope="module", autouse=True)
def first_look(city: Any) -> None:
    """What the simulated city brings along is looked through before."""
    derive()


# -- who learns of what ----------------------------------------------------------------------------------------------


def test_a_dispatched_case_is_told_to_its_unit_and_street_and_to_nobody_else(city: Any) -> None:
    number = dispatched(city, "told")
    derive()
    assert learned(number) == {"district1": "dispatched", "street1": "dispatched"}
    assert derive() == 0


def test_steps_of_the_unit_are_told_to_who_dispatched_and_steps_of_others_to_the_unit(
    city: Any, tmp_path: Path
) -> None:
    from PIL import Image

    declined, handled = dispatched(city, "declined"), dispatched(city, "handled")
    step(city, declined, "decline", "district1", note="不属本区")
    step(city, handled, "accept", "district1")
    derive()
    assert learned(declined)["coordinator"] == "declined"
    assert "coordinator" not in learned(handled), "to accept is no news"
    step(city, handled, "ask_extension", "district1", note="雨季", given={"asked_until": dt.date(2022, 2, 1)})
    derive()
    assert learned(handled)["coordinator"] == "extension_asked"
    Image.new("RGB", (64, 64), (9, 90, 9)).save(tmp_path / "after.jpg")
    done = {"given": {"measure_taken": "冲洗"}, "evidence": {"photo_after": tmp_path / "after.jpg"}}
    step(city, handled, "rectify", "district1", **done)
    derive()
    assert learned(handled)["coordinator"] == "to_verify"
    step(city, handled, "return", "coordinator", note="照片不清")
    derive()
    assert learned(handled)["district1"] == "returned"


def test_one_line_for_a_thing_and_day_and_it_is_unread_again(city: Any, signed_in: Browsers) -> None:
    from lantu.office.notices.models import Notice

    number = dispatched(city, "merged")
    derive()
    browser = signed_in("district1")
    assert browser.post("/notices/read", {"all": "1"}).status_code == 302
    assert browser.get("/notices.json?unread=1").json()["count"] == 0
    step(city, number, "reassign", "coordinator", note="期限照旧", holder=EAST)
    derive()
    (line,) = Notice.objects.filter(account=account("district1"), subject=f"cases/{number}")
    assert (line.times, line.read, line.kind) == (2, None, "dispatched")
    (shown,) = browser.get("/notices.json?unread=1").json()["notices"]
    assert shown["detail"]["en"].endswith("(2 changes that day)")


def test_deadlines_are_told_when_their_colour_changes_once(city: Any) -> None:
    from lantu.office.notices import deriving
    from lantu.office.notices.models import NoticeMark

    soon = dispatched(city, "soon", due="2022-01-05")
    late = dispatched(city, "late", due="2021-12-30")
    red = dispatched(city, "red", due="2021-12-22")
    far = dispatched(city, "far", due="2022-03-01")
    derive()
    NoticeMark.objects.filter(name="day").update(day=dt.date(2021, 12, 24))
    assert derive() > 0
    assert [learned(each)["district1"] for each in (soon, late, red, far)] == [
        "due_soon", "overdue", "escalated", "dispatched",
    ]  # fmt: skip
    assert seen("coordinator")["late/2021-12-31"] == "late_summary"
    assert deriving._day() == 0
    NoticeMark.objects.filter(name="day").update(day=dt.date(2021, 12, 30))
    derive()
    from lantu.office.notices.models import Notice

    assert Notice.objects.get(account=account("district1"), subject=f"cases/{red}").times == 2, "red since before"


def test_reports_are_told_when_returned_approved_and_due(city: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from lantu.office.notices import deriving
    from lantu.office.reports import duties_of, submit_report

    measures = [duty.measure for duty in duties_of(city.pack, EAST)]
    taken = city.book.store.keys("progress_reports")
    free = [each for each in measures if f"{each}/{EAST}/2021-12" not in taken][:2]
    keys = [f"{each}/{EAST}/2021-12" for each in free]
    for each in free:
        submit_report(city.book, city.pack, each, "2021-12", "under_way", actor("district1"))
    step(city, keys[0], "return", "coordinator", "progress_reports", note="哪几处")
    step(city, keys[1], "approve", "coordinator", "progress_reports")
    derive()
    assert learned(keys[0], "progress_reports") == {"district1": "report_returned"}
    assert learned(keys[1], "progress_reports") == {"district1": "report_approved"}

    # reports for December are due on the 10th of January: the fifth working day
    assert deriving._reports(dt.date(2021, 12, 31), dt.date(2022, 1, 5)) == 0
    assert deriving._reports(dt.date(2022, 1, 5), dt.date(2022, 1, 6)) > 0
    assert seen("district1")[f"reports/{EAST}/2021-12"] == "report_due"
    assert not any(subject.startswith(f"reports/{EAST}") for subject in seen("district2"))
    assert deriving._reports(dt.date(2022, 1, 6), dt.date(2022, 1, 7)) == 0
    assert deriving._reports(dt.date(2022, 1, 10), dt.date(2022, 1, 11)) > 0


def test_an_exclusion_is_told_to_who_may_concur_and_its_answer_to_who_claimed(city: Any) -> None:
    given = {
        "number": "N-PC-1", "reason": "sand_dust", "dataset": "air_hourly", "from_day": "2021-03-15",
        "to_day": "2021-03-15", "claimed_by": EAST, "words": "沙尘",
    }  # fmt: skip
    city.book.enter("exclusions", given, "110000", actor("district1"))
    derive()
    told = learned("N-PC-1", "exclusions")
    assert told["coordinator"] == "exclusion"
    assert set(told) <= {"coordinator", "bureau", "department"}
    step(city, "N-PC-1", "refuse", "coordinator", "exclusions", note="证据不足")
    derive()
    assert "district1" not in learned("N-PC-1", "exclusions"), "an exclusion of the city is not in a district's view"


def test_a_correction_request_is_told_once_to_who_answers(city: Any) -> None:
    from lantu.office.publications.models import Correction

    Correction.objects.create(reference="ABCD2345", subject="/public/tasks/air-1", words="数字不对")
    derive()
    assert seen("coordinator")["correction/ABCD2345"] == "correction"
    assert all("correction/ABCD2345" not in seen(who) for who in ("bureau", "district1", "auditor", "enterprise"))
    assert derive() == 0


def test_jobs_are_told_to_who_asked_and_the_program_s_own_to_coordinators(city: Any) -> None:
    from lantu.office.jobs.work import ask

    good = ask("verify_journal", {}, account("auditor"))
    bad = ask("import_data", {"dataset": "no_such", "files": []}, account("bureau"))
    own = ask("raise_cases", {"day": "2021-12-31", "days": 1, "rules": ["clue_alarm"]}, None)
    assert seen("auditor")[f"job/{good.pk}"] == "job_done"
    assert seen("bureau")[f"job/{bad.pk}"] == "job_failed"
    assert seen("coordinator")[f"job/{own.pk}"] == "run_done"
    assert all(f"job/{each.pk}" not in seen("district1") for each in (good, bad, own))


def test_a_drawn_recheck_is_told_to_who_handled_and_who_closed(city: Any) -> None:
    from lantu.office.jobs.models import Job
    from lantu.office.notices.noting import note_job

    number = dispatched(city, "drawn")
    drawn = {"cases": [{"number": number, "unit": EAST, "closed_by": "市生态环境局"}]}
    note_job(Job.objects.create(kind="draw_rechecks", account=account("coordinator"), state="done", result=drawn))
    assert learned(number)["district1"] == "recheck_drawn"
    assert learned(number)["bureau"] == "recheck_drawn"
    assert "district2" not in learned(number)


# -- rights ----------------------------------------------------------------------------------------------------------

ROLES = ("coordinator", "bureau", "department", "district1", "district2", "street1", "street2", "enterprise", "auditor")


def places(who: str) -> dict[str, str]:
    """All places at which a notice could show itself to an account, with what they say."""
    from django.test import Client

    client = Client()
    client.force_login(account(who), backend="django.contrib.auth.backends.ModelBackend")
    found = {}
    for language in ("zh", "en"):
        client.cookies["lantu_language"] = language
        found[f"page {language}"] = client.get("/notices").content.decode()
    found["json"] = json.dumps(client.get("/notices.json").json(), ensure_ascii=False)
    found["api"] = json.dumps(client.get("/api/notices").json(), ensure_ascii=False)
    return found


def letters(who: str) -> str:
    """What e-mail and webhook would say to an account now of all its notices."""
    from lantu.office.notices import sending
    from lantu.office.notices.models import Delivery, Notice

    of = [
        Delivery(pk=each.pk, account=each.account, account_id=each.account_id, notice=each, notice_id=each.pk)
        for each in Notice.objects.filter(account=account(who))
    ]
    return json.dumps(
        [sending._for_webhook(each, words) for each in of if (words := sending._seen_now(of).get(each.pk))],
        ensure_ascii=False,
    )


def test_no_notice_leaks_a_case_from_outside(city: Any) -> None:
    """Even where a notice was kept for everybody, each role finds only what its view holds, at every place."""
    from lantu.office import rights
    from lantu.office.notices.noting import note

    cases = {
        (area, unit): dispatched(city, f"leak-{area}", area, unit)
        for area, unit in (("110101001", EAST), ("110101002", EAST), ("110102001", WEST), ("110102003", WEST))
    }
    for who in ROLES:
        for number in cases.values():
            note(account(who), "dispatched", f"cases/{number}", city.today, ledger="cases", key=number)
    wrong, hidden = [], 0
    for who in ROLES:
        said = {**places(who), "sent": letters(who)}
        for number in cases.values():
            may = rights.visible_entry(account(who), "cases", number) is not None
            hidden += not may
            for place, words in said.items():
                if (f"工地 {number.removeprefix('N-')}" in words) != may:
                    wrong.append(f"{who} {place} {number}")
    assert hidden > 10
    assert wrong == []


def test_what_is_derived_is_only_for_those_who_see_it(city: Any) -> None:
    from lantu.office import rights
    from lantu.office.notices.models import Notice

    for number, (area, unit) in enumerate([("110101001", WEST), ("110102001", EAST), ("110102003", "市交通委")]):
        dispatched(city, f"cross-{number}", area, unit)
    derive()
    for notice in Notice.objects.filter(key__startswith="N-cross").select_related("account"):
        assert rights.visible_entry(notice.account, notice.ledger, notice.key) is not None, notice.account.username
    assert "district2" not in learned("N-cross-0"), "it lies in another district"
    assert learned("N-cross-2")["department"] == "dispatched", "it holds it"
    assert learned("N-cross-2")["district2"] == "dispatched", "it lies in its district"


def test_a_right_that_is_lost_takes_the_notice_along(city: Any, signed_in: Browsers) -> None:
    from lantu.office.accounts.models import Account

    number = dispatched(city, "lost")
    derive()
    browser = signed_in("district1")
    (shown,) = [each for each in browser.get("/notices.json").json()["notices"] if each["subject"].endswith(number)]
    before = browser.get("/notices.json").json()["unread"]
    Account.objects.filter(username="district1").update(area="110105", unit="朝阳区政府")
    try:
        moved = signed_in("district1")
        assert number not in str(places("district1"))
        assert number not in letters("district1")
        assert moved.get("/notices.json").json()["unread"] < before
        assert moved.get(f"/notices/{shown['id']}/open").status_code == 404
    finally:
        Account.objects.filter(username="district1").update(area="110101", unit=EAST)
    assert browser.get(f"/notices/{shown['id']}/open").headers["Location"] == f"/cases/{number}"


def test_nobody_reads_or_marks_the_notices_of_others(city: Any, signed_in: Browsers) -> None:
    from lantu.office.notices.models import Notice

    number = dispatched(city, "own")
    derive()
    notice = Notice.objects.get(account=account("district1"), subject=f"cases/{number}")
    other = signed_in("coordinator")
    assert other.get(f"/notices/{notice.pk}/open").status_code == 404
    other.post("/notices/read", {"notice": str(notice.pk)})
    other.post("/api/notices/read", {"ids": [notice.pk]}, content_type="application/json")
    notice.refresh_from_db()
    assert notice.read is None
    assert signed_in("").get("/notices").status_code == 302
    assert signed_in("").get("/api/notices").status_code == 401


# -- pages and API ---------------------------------------------------------------------------------------------------


def bell(browser: Any) -> str:
    """The figure at the bell of a page; empty if there is none."""
    shown = re.search(r'<a class="bell".*?</a>', browser.get("/cases").content.decode(), re.S)
    assert shown is not None
    found = re.search(r'class="count">([^<]+)<', shown[0])
    return found[1] if found else ""


def test_the_bell_counts_the_page_filters_and_marks(city: Any, signed_in: Browsers) -> None:
    browser = signed_in("district2")
    numbers = [dispatched(city, f"bell-{each}", "110102001", WEST) for each in range(3)]
    derive()
    browser.post("/notices/read", {"all": "1"})
    assert bell(browser) == ""
    for number in numbers:
        step(city, number, "reassign", "coordinator", note="改", holder=WEST)
    derive()
    found = browser.get("/notices.json?unread=1").json()
    assert found["count"] == found["unread"] == 3
    assert bell(browser) == "3"
    assert browser.get("/notices.json?kind=exclusion").json()["count"] == 0
    assert browser.get("/notices.json?kind=dispatched&unread=1").json()["count"] == 3
    first, second, third = found["notices"]
    assert browser.get(f"/notices/{first['id']}/open").headers["Location"] == first["url"]
    browser.post("/notices/read", {"notice": [str(second["id"])]})
    assert [each["id"] for each in browser.get("/notices.json?unread=1").json()["notices"]] == [third["id"]]
    token = browser.get("/api/notices?unread=true").json()
    assert token["count"] == 1
    assert token["notices"][0]["title"]["zh"].startswith("新派发")
    answer = browser.post("/api/notices/read", {"all": True}, content_type="application/json")
    assert answer.json() == {"read": 1}


def test_who_opens_a_case_or_the_page_of_a_job_has_read_what_is_told_of_it(city: Any, signed_in: Browsers) -> None:
    from lantu.office.jobs.work import ask
    from lantu.office.notices.models import Notice

    number = dispatched(city, "opened")
    derive()
    job = ask("verify_journal", {}, account("district1"))
    browser, mine = signed_in("district1"), Notice.objects.filter(account=account("district1"), read=None)
    browser.get(f"/cases/{number}.json")
    assert mine.filter(subject__in=[f"cases/{number}", f"job/{job.pk}"]).count() == 2, "a program does not read for one"
    browser.get(f"/cases/{number}")
    browser.get(f"/jobs/{job.pk}")
    assert not mine.filter(subject__in=[f"cases/{number}", f"job/{job.pk}"]).exists()
    assert Notice.objects.get(account=account("street1"), subject=f"cases/{number}").read is None


def test_odd_numbers_change_nothing(signed_in: Browsers) -> None:
    browser = signed_in("district1")
    for given in ({"notice": ["x", "9" * 40, "-1"]}, {}):
        assert browser.post("/notices/read", given).status_code == 302
    assert browser.get("/notices/99999999/open").status_code == 404
    assert browser.get("/notices?kind=nothing&page=99&unread=7").status_code == 200
    assert browser.post("/api/notices/read", {"ids": [0]}, content_type="application/json").status_code == 422


# -- cut off, and two at once ----------------------------------------------------------------------------------------


def test_a_look_that_is_cut_off_is_made_again_as_a_whole(city: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from lantu.office.notices import sending
    from lantu.office.notices.models import Notice, NoticeMark

    numbers = [dispatched(city, f"cut-{each}") for each in range(4)]
    mark = NoticeMark.objects.get(name="changes").number

    def cut(kept: Any) -> None:
        assert len(list(kept)) == 8
        assert Notice.objects.filter(key__in=numbers).count() == 8
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sending, "plan", cut)
        with pytest.raises(KeyboardInterrupt):
            derive()
    assert NoticeMark.objects.get(name="changes").number == mark
    assert not Notice.objects.filter(key__in=numbers).exists()
    derive()
    assert Notice.objects.filter(key__in=numbers, times=1).count() == 8


_SLOW = """
import sys, time
from lantu.site.starting import set_up
set_up()
from lantu.office.notices import deriving, sending
def slow(notices):
    print("kept", len(list(notices)), flush=True)
    time.sleep(60)
sending.plan = slow
deriving.derive()
"""


def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(city: Any) -> None:
    from lantu.office.notices.models import Notice

    numbers = [dispatched(city, f"kill-{each}") for each in range(6)]
    for _ in range(2):
        worker = subprocess.Popen([sys.executable, "-c", _SLOW], stdout=subprocess.PIPE, text=True, env={**os.environ})
        assert worker.stdout is not None
        assert worker.stdout.readline() == "kept 12\n"
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
    assert not Notice.objects.filter(key__in=numbers).exists()
    derive()
    assert Notice.objects.filter(key__in=numbers, times=1).count() == 12
    assert Notice.objects.filter(key__in=numbers).exclude(times=1).count() == 0


def test_two_workers_at_once_tell_each_thing_once(city: Any) -> None:
    from django.db import connections

    from lantu.office.notices.models import Notice

    numbers = [dispatched(city, f"two-{each}") for each in range(8)]

    def look(_: int) -> int:
        try:
            return derive()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(look, range(4)))
    assert Notice.objects.filter(key__in=numbers, times=1).count() == 16
    assert sum(made) >= 16
    assert Notice.objects.filter(key__in=numbers).exclude(times=1).count() == 0


@pytest.fixture
def quiet() -> Iterator[None]:
    """No delivery is left over from other tests."""
    from lantu.office.notices.models import Delivery

    Delivery.objects.all().delete()
    yield
    Delivery.objects.all().delete()


# -- sent out --------------------------------------------------------------------------------------------------------


def test_one_e_mail_a_day_urgent_ones_at_once_and_none_for_who_wants_none(
    city: Any, quiet: None, settings_of: Any, signed_in: Browsers
) -> None:
    from django.core import mail
    from django.utils import timezone

    from lantu.office.notices import sending

    settings_of(LANTU_MAIL=True, LANTU_ADDRESS="https://lantu.example.cn")
    for who, mode in (("district1", "urgent"), ("street1", "daily"), ("district2", "off")):
        browser = signed_in(who)
        browser.post("/notices/read", {"all": "1"})
        given = {"mail": mode, "address": f"{who}@example.cn"}
        assert browser.post("/notices/settings", given).status_code == 302
    assert signed_in("district1").post("/notices/settings", {"mail": "daily", "address": "nobody"}).status_code == 422
    mail.outbox.clear()
    number, other = dispatched(city, "mail"), dispatched(city, "mail2")
    dispatched(city, "mail3", "110102001", WEST)
    derive()
    assert sending.deliver() == 0, "to be dispatched is not urgent"
    morning = timezone.make_aware(dt.datetime.combine(dt.date.today(), dt.time(8)))
    assert sending.plan_digests(morning - dt.timedelta(hours=1)) == 0
    assert sending.plan_digests(morning) == 2
    assert sending.plan_digests(morning) == 0
    _hasten()
    assert sending.deliver() == 2
    by_address = {message.to[0]: message for message in mail.outbox}
    assert set(by_address) == {"district1@example.cn", "street1@example.cn"}
    body = by_address["district1@example.cn"].body
    assert f"https://lantu.example.cn/cases/{number}" in body
    assert other in body
    assert "新派发" in body
    assert (sending.plan_digests(morning), sending.deliver()) == (0, 0)

    mail.outbox.clear()
    step(city, number, "accept", "district1")
    _rectified(city, number)
    step(city, number, "return", "coordinator", note="照片不清")
    derive()
    assert sending.deliver() == 1
    (message,) = mail.outbox
    assert message.to == ["district1@example.cn"]
    assert "退回重办" in message.subject
    assert sending.deliver() == 0


def test_without_a_mail_server_nothing_is_kept_for_it_and_the_pages_say_so(
    city: Any, quiet: None, settings_of: Any, signed_in: Browsers
) -> None:
    from lantu.office.notices.models import Delivery

    settings_of(LANTU_MAIL=False)
    dispatched(city, "nomail")
    derive()
    assert not Delivery.objects.exists()
    assert "no mail server is configured" in signed_in("district1").get("/notices/settings").content.decode()
    assert "not configured, nothing is sent" in signed_in("coordinator").get("/deliveries").content.decode()
    assert signed_in("district1").get("/deliveries").status_code == 403


def test_the_webhook_is_signed_tried_again_and_given_up(
    city: Any, quiet: None, settings_of: Any, signed_in: Browsers
) -> None:
    from lantu.gateway.push.signing import SIGNATURE, TIME, sign
    from lantu.office.notices import sending
    from lantu.office.notices.models import Delivery

    with listener() as (url, got, answers):
        settings_of(LANTU_WEBHOOK={"url": f"{url}/hook?key=1", "key": "sixteen letters!"})
        number = dispatched(city, "hook")
        derive()
        assert Delivery.objects.filter(state="waiting").count() == 2
        answers[:] = [500, 302]
        for _ in range(2):  # a redirect is not followed
            assert sending.deliver() == 0
            assert sending.deliver() == 0, "it waits"
            _hasten()
        answers[:] = []
        assert sending.deliver() == 2
        assert sending.deliver() == 0
        path, headers, body = got[-1]
        assert path == "/hook?key=1"
        assert headers[SIGNATURE] == sign(b"sixteen letters!", int(headers[TIME]), body)
        notices = json.loads(body)["notices"]
        assert {each["account"] for each in notices} == {"district1", "street1"}
        assert all(number in each["url"] for each in notices)

        dispatched(city, "dead")
        derive()
        answers[:] = [503] * 40
        for _ in range(len(sending.PAUSES) + 1):
            sending.deliver()
            _hasten()
        dead = list(Delivery.objects.filter(state="dead"))
        assert len(dead) == 2
        assert sending.deliver() == 0
        admin = signed_in("coordinator")
        page = admin.get("/deliveries").content.decode()
        assert "HTTP 503" in page
        assert "key=1" not in page
        answers[:] = []
        assert admin.post("/deliveries", {"delivery": str(dead[0].pk)}).status_code == 302
        assert sending.deliver() == 1


def test_two_workers_send_each_notice_once(city: Any, quiet: None, settings_of: Any) -> None:
    from django.db import connections

    from lantu.office.notices import sending

    with listener(slow=0.2) as (url, got, _):
        settings_of(LANTU_WEBHOOK={"url": url, "key": "sixteen letters!"})
        for each in range(6):
            dispatched(city, f"once-{each}")
        derive()

        def send(_: int) -> int:
            try:
                return sending.deliver()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(3) as pool:
            assert sum(pool.map(send, range(3))) == 12
        sent = [each["id"] for _, _, body in got for each in json.loads(body)["notices"]]
        assert len(sent) == len(set(sent)) == 12


def test_what_a_dead_worker_has_leased_is_taken_up_when_the_lease_is_over(
    city: Any, quiet: None, settings_of: Any
) -> None:
    from lantu.office.notices import sending
    from lantu.office.notices.models import Delivery

    with listener() as (url, got, _):
        settings_of(LANTU_WEBHOOK={"url": url, "key": "sixteen letters!"})
        dispatched(city, "lease")
        derive()
        assert all(sending._lease(each) for each in Delivery.objects.all())
        assert sending.deliver() == 0
        _hasten()
        assert sending.deliver() == 2
        assert len(got) == 1


def _hasten() -> None:
    """All that waits is due now."""
    from django.utils import timezone

    from lantu.office.notices.models import Delivery

    Delivery.objects.exclude(state__in=["sent", "dead"]).update(next_try=timezone.now())


def _rectified(city: Any, number: str) -> None:
    from PIL import Image

    picture = Path(city.workspace.path) / f"{number}.jpg"
    Image.new("RGB", (64, 64), (9, 9, 90)).save(picture)
    step(city, number, "rectify", "district1", given={"measure_taken": "冲洗"}, evidence={"photo_after": picture})


@pytest.fixture
def settings_of() -> Iterator[Callable[..., None]]:
    """Settings of Django for one test."""
    from django.test.utils import override_settings

    opened: list[Any] = []

    def change(**values: Any) -> None:
        override = override_settings(**values)
        override.enable()
        opened.append(override)

    yield change
    for each in reversed(opened):
        each.disable()


@contextmanager
def listener(slow: float = 0) -> Iterator[tuple[str, list[Any], list[int]]]:
    """A server that takes webhooks: its address, what it got, and the answers that it gives next (then 200)."""
    got: list[Any] = []
    answers: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(slow)
            got.append((self.path, dict(self.headers), body))
            self.send_response(answers.pop(0) if answers else 200)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got, answers
    finally:
        server.shutdown()
        server.server_close()
