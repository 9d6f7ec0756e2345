"""JT/T 808: register, authenticate, beat, send positions; escapes, both heads, batches, damage."""

from __future__ import annotations

import datetime as dt
import struct
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantu.gateway.arrivals import Arrival, Kept
from lantu.gateway.vehicles import Positions, PositionSession
from lantu.gateway.vehicles.positions import (
    ODDITIES,
    bcd_time,
    escape,
    make_message,
    position_bodies,
    read_message,
    unescape,
)

PHONE = "13812345678"
NOW = dt.datetime(2021, 6, 15, 12)
SECRET = b"a secret of the gateway"


def position(
    time: str = "210615120000", state: int = 3, items: bytes = b"\x01\x04" + (1234567).to_bytes(4, "big")
) -> bytes:
    head = struct.pack(">IIIIhHH", 0, state, 39_916_527, 116_397_128, 45, 523, 180)
    return head + bytes.fromhex(time) + items


def speak(positions: Positions, session: PositionSession, *frames: bytes) -> list[Arrival]:
    return positions.examine([(session, frame) for frame in session.split(b"".join(frames))], NOW)


def rows(*frames: bytes) -> list[dict[str, Any]]:
    decoded = Positions(SECRET).decode(Kept(frames, [0] * len(frames), list(range(len(frames)))))
    found: list[dict[str, Any]] = decoded.tables["vehicle_positions"].to_pylist()
    return found


@pytest.mark.parametrize("edition", [2013, 2019])
def test_a_terminal_registers_authenticates_and_sends(edition: int) -> None:
    positions, session = Positions(SECRET), PositionSession()
    (registered,) = speak(positions, session, make_message(0x0100, PHONE, 1, bytes(37), edition))
    answer = read_message(registered.answer or b"")
    assert answer is not None
    assert (answer.id, answer.phone, answer.body[:3]) == (0x8100, PHONE, b"\x00\x01\x00")
    code = answer.body[3:]
    given = code if edition == 2013 else bytes([len(code)]) + code + bytes(35)
    (authenticated,) = speak(positions, session, make_message(0x0102, PHONE, 2, given, edition))
    answer = read_message(authenticated.answer or b"")
    assert answer is not None
    assert (answer.id, answer.body, authenticated.kept) == (0x8001, b"\x00\x02\x01\x02\x00", False)
    (sent,) = speak(positions, session, make_message(0x0200, PHONE, 3, position(), edition))
    assert (sent.kept, sent.device, sent.oddities) == (True, PHONE, ())
    answer = read_message(sent.answer or b"")
    assert answer is not None and answer.body == b"\x00\x03\x02\x00\x00"
    (beat,) = speak(positions, session, make_message(0x0002, PHONE, 4, b"", edition))
    assert not beat.kept and beat.answer is not None


def test_who_is_not_registered_or_has_the_wrong_code() -> None:
    positions, session = Positions(SECRET, registered={"13800000000"}), PositionSession()
    (registered,) = speak(positions, session, make_message(0x0100, PHONE, 1, bytes(37)))
    answer = read_message(registered.answer or b"")
    assert answer is not None and answer.body == b"\x00\x01\x04"
    assert registered.oddities == ("not_registered",)
    for phone, code in ((PHONE, positions.code(PHONE)), ("13800000000", b"wrong")):
        (arrival,) = speak(positions, session, make_message(0x0102, phone, 2, code))
        answer = read_message(arrival.answer or b"")
        assert answer is not None and answer.body[-1] == 1
        assert arrival.oddities == ("authentication_failed",)
    (sent,) = speak(positions, session, make_message(0x0200, PHONE, 3, position()))
    assert (sent.kept, sent.refused, sent.oddities) == (True, True, ("not_authenticated", "not_registered"))


def test_a_position() -> None:
    (row,) = rows(make_message(0x0200, PHONE, 3, position(items=b"\x01\x04\x00\x12\xd6\x87\x14\x01\x7e\xe0\x00")))
    assert row == {
        "device": PHONE, "frame": 0, "time": NOW, "kind": "realtime", "alarm": 0, "state": 3, "latitude": 39.916527,
        "longitude": 116.397128, "height": 45.0, "speed": 52.3, "direction": 180.0, "mileage": 123456.7,
        "items": "14:7e e0:",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("state", "expected"),
    [(2, (39.916527, 116.397128)), (2 | 4 | 8, (-39.916527, -116.397128)), (1, (None, None))],
    ids=["north and east", "south and west", "no fix"],
)
def test_signs_and_fixes(state: int, expected: tuple[float | None, float | None]) -> None:
    (row,) = rows(make_message(0x0200, PHONE, 3, position(state=state)))
    assert (row["latitude"], row["longitude"]) == expected


def test_bytes_that_are_no_item_do_not_cost_the_position() -> None:
    frame = make_message(0x0200, PHONE, 3, position(items=b"\x14\x01\x7e\xff\x09\x01"))
    (row,) = rows(frame)
    assert (row["speed"], row["mileage"], row["items"]) == (52.3, None, "14:7e rest:ff0901")
    (arrival,) = speak(Positions(SECRET), PositionSession(), frame)
    assert arrival.oddities == ("not_authenticated", "items")


def batch(*bodies: bytes, late: int = 1) -> bytes:
    parts = b"".join(len(body).to_bytes(2, "big") + body for body in bodies)
    return make_message(0x0704, PHONE, 9, len(bodies).to_bytes(2, "big") + bytes([late]) + parts)


def test_many_positions_at_once_of_a_place_without_network() -> None:
    found = rows(batch(position("210615110000"), position("210615110030"), position("2106aa110030")))
    assert [(row["time"].second, row["kind"]) for row in found] == [(0, "resend"), (30, "resend")]
    assert rows(batch(position(), late=0))[0]["kind"] == "realtime"


def test_what_gives_no_row_says_why() -> None:
    good = make_message(0x0200, PHONE, 1, position())
    kept = [
        good[:5] + b"\x00" + good[6:],
        make_message(0x0100, PHONE, 1, bytes(37)),
        make_message(0x0200, PHONE, 1, position()[:27]),
        make_message(0x0200, PHONE, 1, position("210230120000")),
    ]
    decoded = Positions(SECRET).decode(Kept(kept, [0] * 4, list(range(4))))
    assert decoded.tables == {}
    assert decoded.undecoded == {0: "checksum", 1: "no_data", 2: "layout", 3: "layout"}


def test_a_head_of_2019_without_its_bit_still_gives_the_right_phone() -> None:
    content = bytearray(unescape(make_message(0x0200, PHONE, 1, position(), 2019)[1:-1]))
    content[2] &= ~0x40
    content[-1] ^= 0x40
    message = read_message(b"~" + escape(bytes(content)) + b"~")
    assert message is not None
    assert (message.phone, message.oddities) == (PHONE, ("version_bit",))


def test_a_checksum_over_the_escaped_bytes_is_taken_and_counted() -> None:
    content = unescape(make_message(0x0200, PHONE, 0x7E, position())[1:-1])[:-1]
    wrong = 0
    for byte in escape(content):
        wrong ^= byte
    message = read_message(b"~" + escape(content) + bytes([wrong]) + b"~")
    assert message is not None and message.oddities == ("checksum_escaped",)


def test_an_answer_is_not_answered() -> None:
    (arrival,) = speak(Positions(SECRET), PositionSession(), make_message(0x0001, PHONE, 1, bytes(5)))
    assert (arrival.kept, arrival.answer) == (False, None)


def test_what_is_odd() -> None:
    positions, session = Positions(SECRET), PositionSession()
    session.authenticated = PHONE
    late = make_message(0x0200, PHONE, 1, position("210615121100"))
    assert [arrival.oddities for arrival in speak(positions, session, b"junk", late)] == [("skipped_bytes", "clock")]
    cut = make_message(0x0200, PHONE, 1, position()[:20])
    assert [arrival.oddities for arrival in speak(positions, session, cut)] == [("layout",)]
    for name, words in ODDITIES.items():
        assert words.zh and words.en, name


messages = st.builds(
    lambda number, phone, serial, body, edition: make_message(number, str(phone), serial, body, edition),
    st.integers(0, 0xFFFF),
    st.integers(10**10, 10**11 - 1),
    st.integers(0, 0xFFFF),
    st.binary(max_size=200) | st.text("~}\x01\x02", max_size=30).map(str.encode),
    st.sampled_from([2013, 2019]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(messages, min_size=1, max_size=6), st.lists(st.integers(0, 10**5), max_size=10), st.binary(max_size=20))
def test_messages_come_back_however_the_stream_is_cut(sent: list[bytes], places: list[int], junk: bytes) -> None:
    data = junk.replace(b"~", b"") + b"".join(sent)
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    session = PositionSession()
    found = [each for start, stop in pairwise(edges) for each in session.split(data[start:stop])]
    assert found == sent
    for each in found:
        assert read_message(each) is not None


@settings(max_examples=200, deadline=None)
@given(st.lists(messages, min_size=3, max_size=3), st.integers(1, 10**5), st.integers(1, 255))
def test_a_damaged_byte_harms_only_its_own_message(sent: list[bytes], place: int, change: int) -> None:
    first, second, third = sent
    at = 1 + place % (len(second) - 2)
    hurt = second[:at] + bytes([second[at] ^ change]) + second[at + 1 :]
    found = PositionSession().split(first + hurt + third)
    assert found[0] == first and found[-1] == third


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=80))
def test_no_bytes_raise(data: bytes) -> None:
    positions, session = Positions(SECRET), PositionSession()
    frames = session.split(b"~" + data + b"~")
    positions.examine([(session, frame) for frame in frames], NOW)
    positions.decode(Kept([data, *frames], [0] * (1 + len(frames)), list(range(1 + len(frames)))))
    message = read_message(data)
    assert message is None or isinstance(position_bodies(message), list)
    assert bcd_time(data[:6]) is None or len(data) >= 6


def test_a_line_without_flags_does_not_grow() -> None:
    session = PositionSession()
    assert session.split(b"~" + b"x" * 5000) == []
    assert (session.rest, session.skipped) == (b"", 5000)
    message = make_message(0x0002, PHONE, 1, b"")
    assert session.split(b"more" + message) == [message]
