"""Examining many frames of many connections at once: no frame harms another, whatever it holds."""

from __future__ import annotations

import datetime as dt
import random

from lantu.gateway.arrivals import FieldProtocol, Kept
from lantu.gateway.hj212 import ODDITIES, UNDECODED, Device, Hj212, data_segment, frame_of, read_packet
from lantu.gateway.hj212.checksum import STATE, state

NOON = dt.datetime(2021, 6, 15, 12)
CONTENT = "DataTime=20210615120000;a21002-Rtd=31.6,a21002-Flag=N"


def frame(number: int, **fields: object) -> bytes:
    known = {"system": "31", "command": 2011, "device": f"110101A8900016F0{number:08d}", "flag": 5}
    data = data_segment(number=f"20210615120000{number:03d}", content=CONTENT, **{**known, **fields})  # type: ignore[arg-type]
    return frame_of(data)


def test_it_is_a_field_protocol() -> None:
    protocol: FieldProtocol = Hj212()
    assert protocol.name == "hj212"
    assert protocol.examine([], NOON) == []


def test_many_connections_at_once() -> None:
    protocol = Hj212()
    sessions = [protocol.session() for _ in range(300)]
    frames = [frame(n) for n in range(300)]
    frames[7] = frames[7].replace(b"31.6", b"81.6")
    frames[9] = frame(9, flag=4)
    frames[11] = b"##junk\r\n"
    arrivals = protocol.examine(list(zip(sessions, frames, strict=True)), NOON)
    assert [arrival.session for arrival in arrivals] == sessions
    assert [arrival.raw for arrival in arrivals] == frames
    for number, arrival in enumerate(arrivals):
        if number in (7, 11):
            assert (arrival.kept, arrival.answer) == (False, None)
            continue
        assert (arrival.kept, arrival.device, arrival.oddities) == (True, f"110101A8900016F0{number:08d}", ())
        if number == 9:
            assert arrival.answer is None
            continue
        assert arrival.answer is not None
        answer = read_packet(arrival.answer)
        assert (answer.good, answer.command, answer.number) == (True, 9014, f"20210615120000{number:03d}")
        assert STATE[arrival.answer[-6:-2]] == state(arrival.answer[6:-6])


def test_moments_may_bear_their_zone() -> None:
    protocol = Hj212()
    utc = dt.datetime(2021, 6, 15, 4, 0, 5, tzinfo=dt.UTC)
    (arrival,) = protocol.examine([(protocol.session(), frame(1))], utc)
    assert arrival.oddities == ()
    assert protocol.local(utc) == NOON + dt.timedelta(seconds=5)


def test_a_damaged_frame_counts_for_the_device_of_its_connection() -> None:
    protocol = Hj212()
    session = protocol.session()
    damaged = frame(2)[:70] + b"\r\n"
    arrivals = protocol.examine([(session, frame(1)), (session, damaged)], NOON)
    assert [arrival.device for arrival in arrivals] == ["110101A8900016F000000001"] * 2


def test_one_logger_that_speaks_for_two_devices() -> None:
    protocol = Hj212()
    session = protocol.session()
    late = frame_of(frame(2)[6:-6].replace(b"DataTime=2021", b"DataTime=2041"))
    arrivals = protocol.examine([(session, late), (session, frame(1))], NOON)
    assert [arrival.oddities for arrival in arrivals] == [("clock",), ("mn_changed",)]
    (sent,) = session.due(NOON)
    assert read_packet(sent).device == "110101A8900016F000000002", "the one whose clock is wrong is told the time"


def test_damaged_frames_raise_nothing_and_bear_known_oddities() -> None:
    source = random.Random(5)
    protocol = Hj212()
    device = Device("110101A8900016F000000001", "31")
    session = protocol.session()
    frames: list[bytes] = []
    for _ in range(300):
        whole = frame(source.randrange(5), command=source.choice([2011, 1013, 9011, 9015, 3020]))
        data = bytearray(whole[6:-6])
        for _ in range(source.randrange(4)):
            data[source.randrange(len(data))] = source.choice(b"=;,&# \x00\xff5N/")
        # With the checksum made right again, so that every field is read.
        pieces = session.split(frame_of(bytes(data)))
        for arrival in protocol.examine([(session, piece) for piece in pieces], NOON):
            assert set(arrival.oddities) <= set(ODDITIES)
            frames.append(arrival.raw)
            if arrival.answer is not None:
                assert read_packet(arrival.answer).fits
                device.hear(arrival.answer, NOON)
        session.due(NOON)
    decoded = protocol.decode(Kept(frames, [1_623_729_600 * 10**9] * len(frames), range(len(frames))))
    assert set(decoded.undecoded.values()) <= set(UNDECODED)
    with_rows = {row for table in decoded.tables.values() for row in table["frame"].to_pylist()}
    assert set(range(len(frames))) == with_rows | set(decoded.undecoded), "each frame gave rows, or a reason"
