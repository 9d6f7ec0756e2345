"""Every flow of the vehicle port with a terminal and a platform that were written apart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from tests.gateway.independent_vehicle import (
    SIGNATURE,
    Line,
    clock,
    diesel,
    electric,
    forwarded,
    now,
    platform_login,
    terminal,
    unit_l1,
    unit_l2,
    unit_l3,
)
from tests.gateway.served import lantu, serving

from lantu.lake import Lake

DEVICES = """
platforms: {PLATFORM01: secret}
devices:
  - {id: "*", protocol: vehicles}
  - {id: LBJINVERTED000001, protocol: vehicles, position_inverted: true}
  - {id: LBJUTCCLOCK000001, protocol: vehicles, time_zone: 0}
"""
PLATFORM = "PLATFORM000000001"
SECOND = dt.timedelta(seconds=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("independent")


@pytest.fixture(scope="module")
def port(folder: Path) -> Iterator[int]:
    with serving(folder, "vehicle", DEVICES) as chosen:
        yield chosen


def rows(folder: Path, vin: str, columns: str = "time, speed, nox_downstream") -> list[tuple[object, ...]]:
    lantu(folder, "gateway", "compact")
    files = Lake(folder / "lake").store("heavy_vehicle_seconds").files()
    query = f"select {columns} from read_parquet(?) where station = ? order by time"
    return duckdb.execute(query, [files, vin]).fetchall()


@pytest.mark.parametrize("layout", ["L1", "L2", "L3"])
def test_a_terminal_speaks_and_its_seconds_are_rows(layout: str, folder: Path, port: int) -> None:
    """No source shows an answer to a terminal's login, data and logout, so there is none."""
    vin, moment = f"LBJTESTLAYOUT00{layout}", now()
    moments = [moment - (10 - step) * SECOND for step in range(10)]
    bodies = [diesel(40 + step, 30) for step in range(10)]
    unit = {
        "L1": lambda: unit_l1(moment, 2, bodies),
        "L2": lambda: unit_l2(moment, 2, bodies),
        "L3": lambda: unit_l3(moment, 2, list(zip(moments, bodies, strict=True))),
    }[layout]()
    with Line("127.0.0.1", port) as line:
        line.send(terminal(1, vin, clock(moment) + b"\0\1" + b"89860621070012345678"))
        line.send(terminal(2, vin, unit))
        line.send(terminal(4, vin, clock(moment) + b"\0\1"))
        assert line.silence()
    found = rows(folder, vin)
    assert [speed for _, speed, _ in found] == [40.0 + step for step in range(10)]
    assert {nox for _, _, nox in found} == {30.0}
    if layout == "L3":
        assert [time for time, _, _ in found] == moments


def test_a_terminal_is_told_the_time_and_whether_its_chip_may_speak(port: int) -> None:
    vin = "LBJTESTTIME000001"
    with Line("127.0.0.1", port) as line:
        line.send(terminal(5, vin))
        answer = line.hear()
        assert (answer[:3], answer[3:20].decode()) == (b"##\x05", vin)
        year, *others = answer[24:30]
        assert abs(dt.datetime(2000 + year, *others) - now()) < dt.timedelta(seconds=5)
        chip, key = bytes(range(16)), bytes(range(64))
        line.send(terminal(7, vin, clock(now()) + chip + key + vin.encode() + SIGNATURE))
        answer = line.hear()
        assert (answer[2], answer[24:26]) == (8, b"\x01\x00")
        line.send(terminal(7, vin, clock(now()) + chip[::-1] + key + b"LBJOTHER000000001" + SIGNATURE))
        assert line.hear()[24:26] == b"\x02\x02"


def test_a_platform_logs_in_forwards_and_is_answered_with_the_times_of_its_units(folder: Path, port: int) -> None:
    vins = [f"LBJFORWARD0000{number:03}" for number in range(20)]
    moment = now()
    with Line("127.0.0.1", port) as line:
        line.send(forwarded(2, vins[0], unit_l3(moment, 1, [(moment, diesel(1, 1))])))
        assert line.hear()[3] == 2  # it has not logged in
        line.send(forwarded(7, PLATFORM, platform_login("PLATFORM01", "wrong", moment)))
        assert line.hear()[2:4] == b"\x07\x02"
        line.send(forwarded(7, PLATFORM, platform_login("PLATFORM01", "secret", moment)))
        answer = line.hear()
        assert (answer[:4], answer[4:21].decode(), answer[24:30]) == (b"~~\x07\x01", PLATFORM, clock(moment))
        for number, vin in enumerate(vins):
            items = [(moment - second * SECOND, diesel(50, number)) for second in range(10, 0, -1)]
            line.send(forwarded(1, vin, clock(moment) + b"\0\1" + b"8986" * 5))
            line.send(forwarded(2, vin, unit_l3(moment, number, items)))
        heard = [line.hear() for _ in range(2 * len(vins))]
        assert [frame[2:4] for frame in heard] == [b"\x01\x01", b"\x02\x01"] * len(vins)
        assert {frame[24:30] for frame in heard} == {clock(moment)}
        assert [frame[4:21].decode() for frame in heard[1::2]] == vins
        old = moment - dt.timedelta(days=1)
        line.send(forwarded(3, vins[0], unit_l3(moment, 99, [(old, diesel(7, 7))])))
        assert line.hear()[2:4] == b"\x03\x01"
        line.send(forwarded(5, PLATFORM))
        assert line.hear()[2] == 5
        line.send(forwarded(2, vins[0], unit_l3(moment, 1, [(moment, diesel(1, 1))]), response=1))  # it says: an answer
        line.send(forwarded(4, vins[0], clock(moment) + b"\0\1"))
        line.send(forwarded(8, PLATFORM, clock(moment) + b"\0\1"))
        assert [line.hear()[2] for _ in range(2)] == [4, 8]
        assert line.silence()
    found = rows(folder, vins[0])
    assert found[0] == (old, 7.0, 7.0)
    assert len(found) in (11, 12)  # data that came with an answer's flag are kept, and are a row too
    assert len(rows(folder, vins[19])) == 10


def test_cut_glued_and_damaged_frames(folder: Path, port: int) -> None:
    vin, moment = "LBJ##~~TEST000001", now()
    frames = [forwarded(2, vin, unit_l3(moment, n, [(moment - n * SECOND, diesel(n, 23.23))])) for n in range(1, 7)]
    damaged = bytearray(frames[2])
    damaged[40] ^= 0x10
    with Line("127.0.0.1", port) as line:
        line.send(forwarded(7, PLATFORM, platform_login("PLATFORM01", "secret", moment)))
        assert line.hear()[3] == 1
        for byte in frames[0]:
            line.send(bytes([byte]))
        line.send(frames[1] + b"\x00##\x02junk" + bytes(damaged) + frames[3] + frames[4][:30])
        line.send(frames[4][30:] + frames[5])
        assert [line.hear()[3] for _ in range(5)] == [1] * 5
        assert line.silence()
    assert [speed for _, speed, _ in rows(folder, vin)] == [6.0, 5.0, 4.0, 2.0, 1.0]


def test_an_encrypted_unit_is_answered_and_kept(folder: Path, port: int) -> None:
    with Line("127.0.0.1", port) as line:
        line.send(forwarded(7, PLATFORM, platform_login("PLATFORM01", "secret", now())))
        assert line.hear()[3] == 1
        line.send(forwarded(2, "LBJSECRET00000001", bytes(range(200, 248)), encryption=3))
        assert line.hear()[2:4] == b"\x02\x01"
    assert rows(folder, "LBJSECRET00000001") == []
    assert "encrypted" in lantu(folder, "gateway", "compact")


def test_an_electric_vehicle_logs_in_and_drives(port: int) -> None:
    vin, moment = "LSVAM41Z6F2000001", now()
    vehicle = bytes.fromhex("01010301020b0001e2401900286e4e010f13880000") + bytes.fromhex("050006f01448026113ef")
    with Line("127.0.0.1", port) as line:
        line.send(electric(1, vin, clock(moment) + b"\0\1" + b"8986" * 5 + b"\1\0"))
        line.send(electric(2, vin, clock(moment) + vehicle))
        line.send(electric(7, vin))
        line.send(electric(8, vin))
        heard = [line.hear() for _ in range(4)]
        assert [frame[:2] + frame[2:4] for frame in heard] == [b"##" + bytes([n, 1]) for n in (1, 2, 7, 8)]
        assert heard[1][24:30] == clock(moment)


def test_an_inverted_position_and_a_clock_in_utc_are_put_right(folder: Path, port: int) -> None:
    moment = now()
    body = diesel(30, 10)
    inverted = body[:24] + b"\x01" + body[25:]
    utc = moment - dt.timedelta(hours=8)
    with Line("127.0.0.1", port) as line:
        line.send(terminal(2, "LBJINVERTED000001", unit_l3(moment, 1, [(moment, inverted)])))
        line.send(terminal(2, "LBJUTCCLOCK000001", unit_l3(utc, 1, [(utc, body)])))
        assert line.silence()
    assert rows(folder, "LBJINVERTED000001", "longitude, latitude") == [(116.397128, 39.916527)]
    assert rows(folder, "LBJUTCCLOCK000001", "time") == [(moment,)]


def test_half_a_frame_and_silence_hold_nobody_up(port: int) -> None:
    with Line("127.0.0.1", port) as slow, Line("127.0.0.1", port) as other:
        slow.send(terminal(5, "LBJSLOW0000000001")[:20])
        other.send(terminal(5, "LBJOTHER000000002"))
        assert other.hear()[2] == 5
        slow.send(terminal(5, "LBJSLOW0000000001")[20:])
        assert slow.hear()[2] == 5
