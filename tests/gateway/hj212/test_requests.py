"""Requests of the platform: one at a time, sent again, with limits; and a device that obeys them."""

from __future__ import annotations

import datetime as dt

import pytest

from lantu.base import LantuError
from lantu.gateway.hj212 import Device, Hj212, Hj212Session, OpenPolicy, Packet, Request, Settings, history, read_packet
from lantu.gateway.hj212.requests import (
    Requests,
    facilities,
    realtime,
    set_minute_interval,
    set_password,
    set_realtime_interval,
    set_time,
    set_time_out,
)

NOON = dt.datetime(2021, 6, 15, 12)
MN = "110101A8900016F000169DC0"
SECOND = dt.timedelta(seconds=1)


def test_a_request_is_sent_again_with_its_number_and_then_given_up() -> None:
    requests = Requests(overtime=10)
    request = Request(1061)
    requests.ask(request)
    sent = [(second, r.number) for second in range(60) for r in requests.due(NOON + second * SECOND)]
    assert sent == [(second, "20210615120000000") for second in (0, 10, 20, 30)]
    assert (request.state, requests.current) == ("timed_out", None)


def test_one_after_the_other_each_with_its_own_number() -> None:
    requests = Requests()
    first, second = Request(1061), Request(1063)
    requests.ask(first, second)
    assert requests.due(NOON) == [first]
    assert requests.due(NOON) == []
    assert requests.heard(9011, first.number, 1, NOON)
    assert requests.heard(9012, first.number, 1, NOON)
    assert requests.due(NOON) == [second]
    assert second.number > first.number
    assert [r.state for r in requests.finished] == ["done"]


@pytest.mark.parametrize(
    ("answers", "state", "result"),
    [
        ([(9011, 1), (9012, 1)], "done", 1),
        ([(9012, 1)], "done", 1),
        ([(9011, 1), (9012, 100)], "empty", 100),
        ([(9011, 1), (9012, 5)], "failed", 5),
        ([(9011, 3)], "refused", 3),
        ([(9013, None)], "done", None),
    ],
)
def test_what_becomes_of_a_request(answers: list[tuple[int, int | None]], state: str, result: int | None) -> None:
    requests = Requests()
    request = Request(2051)
    requests.ask(request)
    requests.due(NOON)
    for command, code in answers:
        assert requests.heard(command, request.number, code, NOON)
    assert (request.state, request.result, request.finished) == (state, result, True)
    assert not requests.heard(9012, request.number, 1, NOON), "nobody waits for it any more"


def test_uploads_lengthen_the_patience() -> None:
    requests = Requests()
    request = Request(2051, patience=60 * SECOND)
    requests.ask(request)
    requests.due(NOON)
    requests.heard(9011, request.number, 1, NOON)
    for second in range(0, 300, 50):
        requests.uploaded(2051, NOON + second * SECOND)
        assert requests.due(NOON + second * SECOND) == []
    assert request.state == "accepted"
    requests.due(NOON + 400 * SECOND)
    assert request.state == "timed_out"


def test_history_in_pieces_that_follow_each_other() -> None:
    pieces = history("minute", NOON, NOON + dt.timedelta(hours=13))
    assert [piece.content for piece in pieces] == [
        "BeginTime=20210615120000;EndTime=20210615180000",
        "BeginTime=20210615180001;EndTime=20210616000001",
        "BeginTime=20210616000002;EndTime=20210616010000",
    ]
    assert {(piece.command, piece.recount) for piece in pieces} == {(2051, 1)}
    assert [piece.command for piece in history("hour", NOON, NOON) + history("day", NOON, NOON)] == [2061, 2031]


@pytest.mark.parametrize(
    ("kind", "days"), [("minute", 8), ("hour", 93), ("day", 367), ("minute", -1), ("second", 1)]
)  # fmt: skip
def test_history_has_limits(kind: str, days: int) -> None:
    with pytest.raises(LantuError):
        history(kind, NOON, NOON + dt.timedelta(days=days))


def test_settings_have_the_limits_of_the_standard() -> None:
    assert set_time_out(10, 3).content == "OverTime=10;ReCount=3"
    assert set_realtime_interval(30).content == "RtdInterval=30"
    assert set_minute_interval(10).content == "MinInterval=10"
    assert set_password("654321").content == "NewPW=654321"
    for wrong in (
        lambda: set_time_out(0, 3),
        lambda: set_time_out(10, 100),
        lambda: set_realtime_interval(29),
        lambda: set_minute_interval(7),
        lambda: set_password("12345"),
    ):
        with pytest.raises(LantuError):
            wrong()


# Platform and device speak with each other


class Key(OpenPolicy):
    def sm4_key(self, mn: str) -> bytes | None:
        return b"k" * 16


def meet(device: Device, protocol: Hj212, now: dt.datetime = NOON) -> Hj212Session:
    """A connection on which the device has uploaded once and was answered."""
    session = protocol.session()
    content = f"DataTime={now:%Y%m%d%H%M%S};a21002-Rtd=31.6,a21002-Flag=N"
    assert talk(session, device, [device.upload(2011, content, now)], now)[0].command == 2011
    return session


def talk(session: Hj212Session, device: Device, sent: list[bytes], now: dt.datetime) -> list[Packet]:
    """Carry frames to and fro until nobody has anything to say; all that the device said."""
    said = []
    protocol = session._protocol
    while sent:
        said += [read_packet(frame, protocol.policy) for frame in sent]
        pieces = [piece for frame in sent for piece in session.split(frame)]
        arrivals = protocol.examine([(session, piece) for piece in pieces], now)
        back = [arrival.answer for arrival in arrivals if arrival.answer] + session.due(now)
        sent = [frame for answer in back for frame in device.hear(answer, now)]
    return said


@pytest.mark.parametrize("edition", ["2005", "2017", "2025", "surface_water"])
def test_an_upload_is_acknowledged_in_every_edition(edition: str) -> None:
    device = Device(MN, "21" if edition == "surface_water" else "31", edition=edition)
    session = meet(device, Hj212())
    assert (device.unanswered, device.acknowledged) == (0, 1)
    assert session.edition == edition


def test_all_requests_are_obeyed() -> None:
    device = Device(MN, "31")
    session = meet(device, Hj212())
    later = NOON + dt.timedelta(minutes=1)
    device.clock_error = dt.timedelta(hours=3)
    asked = [
        set_time(), set_time_out(5, 2), set_realtime_interval(60), set_minute_interval(5), Request(1011),
        Request(1061), Request(1063), realtime(False), facilities(False), set_password("654321"),
    ]  # fmt: skip
    session.ask(*asked)
    for _ in asked:
        talk(session, device, [answer for sent in session.due(later) for answer in device.hear(sent, later)], later)
    assert [request.state for request in asked] == ["done"] * len(asked)
    assert (device.overtime, device.recount, device.realtime_interval, device.minute_interval) == (5, 2, 60, 5)
    assert (device.realtime_wanted, device.facilities_wanted, device.password) == (False, False, "654321")
    assert device.clock_error == dt.timedelta(0)


def test_history_from_request_to_rows() -> None:
    def kept(kind: str, begin: dt.datetime, end: dt.datetime) -> list[str]:
        hours = [NOON - dt.timedelta(hours=n) for n in range(48)]
        return [f"DataTime={h:%Y%m%d%H%M%S};a21002-Avg={h.hour}.5,a21002-Flag=N" for h in hours if begin <= h <= end]

    device = Device(MN, "31", history=kept)
    session = meet(device, Hj212())
    (request,) = history("hour", NOON - dt.timedelta(hours=5), NOON)
    session.ask(request)
    said = talk(session, device, [a for sent in session.due(NOON) for a in device.hear(sent, NOON)], NOON)
    assert [packet.command for packet in said] == [9011] + [2061] * 6 + [9012]
    assert (request.state, device.unanswered) == ("done", 0)


def test_what_must_be_ciphered_is() -> None:
    device = Device(MN, "31", edition="2025", key=b"k" * 16)
    session = meet(device, Hj212(Key()))
    session.ask(realtime(True))
    (sent,) = session.due(NOON)
    assert b"CP=&&&&" in sent, "less than a block stays plain"
    (request,) = history("minute", NOON, NOON)
    session.requests.heard(9012, read_packet(sent).number, 1, NOON)
    session.ask(request)
    (sent,) = session.due(NOON)
    assert b"BeginTime" not in sent
    assert read_packet(sent, Key()).item("BeginTime") == "20210615120000"
    assert [read_packet(frame).command for frame in device.hear(sent, NOON)] == [9011, 9012]


def test_a_device_sends_again_until_it_gives_up() -> None:
    device = Device(MN, "31")
    frame = device.upload(2011, "DataTime=20210615120000;a21002-Rtd=1", NOON)
    sent = [(second, again) for second in range(60) for again in device.due(NOON + second * SECOND)]
    assert sent == [(10, frame), (20, frame), (30, frame)]
    assert (device.unanswered, device.given_up) == (0, 1)


def test_a_device_refuses_what_it_cannot() -> None:
    device = Device(MN, "31")
    session = meet(device, Hj212())
    request = Request(3011, "PolId=a21002")
    session.ask(request)
    talk(session, device, [a for sent in session.due(NOON) for a in device.hear(sent, NOON)], NOON)
    assert (request.state, request.result) == ("refused", 8)


def test_settings_of_a_first_connection_and_after_a_boot() -> None:
    protocol = Hj212(settings=Settings(set_clock=True, realtime_interval=60))
    device = Device(MN, "31")
    session = meet(device, protocol)
    assert device.realtime_interval == 60
    device.realtime_interval = 30
    later = NOON + dt.timedelta(hours=1)
    boot = f"DataTime={later:%Y%m%d%H%M%S};RestartTime={later:%Y%m%d%H%M%S}"
    talk(session, device, [device.upload(2081, boot, later)], later)
    talk(session, device, [a for sent in session.due(later) for a in device.hear(sent, later)], later)
    assert device.realtime_interval == 60


def test_nothing_is_sent_before_the_device_is_known() -> None:
    session = Hj212().session()
    session.ask(realtime(True))
    assert session.due(NOON) == []
