"""What the device register says is done: refusals with evidence, time zones, settings, platforms, positions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from lantu.base import LantuError
from lantu.gateway.arrivals import Arrival
from lantu.gateway.clues import find_clues
from lantu.gateway.compactor import read_kept
from lantu.gateway.devices import DeviceRegister
from lantu.gateway.hj212 import data_segment, frame_of, read_packet
from lantu.gateway.inbox import Inbox
from lantu.gateway.protocols import Protocols
from lantu.gateway.records import HEAD, REFUSED, decode
from lantu.gateway.service import open_compactor
from lantu.gateway.vehicles import Family
from lantu.gateway.vehicles.encoding import NO_SIGNATURE, frame, realtime_unit, stream
from lantu.gateway.vehicles.positions import make_message
from lantu.gateway.vehicles.quantities import DIESEL
from lantu.lake import Lake

NOON = dt.datetime(2021, 6, 15, 12)
MN = "110101A8900016F000169DC0"
VIN = "LBJTEST0000000017"


def register(folder: Path, text: str) -> DeviceRegister:
    path = folder / "devices.yaml"
    path.write_text(text, encoding="utf-8")
    return DeviceRegister.read(path)


def upload(time: dt.datetime, mn: str = MN, password: str = "123456") -> bytes:
    content = f"DataTime={time:%Y%m%d%H%M%S};a21002-Rtd=31.6,a21002-Flag=N"
    return frame_of(
        data_segment(number=f"{time:%Y%m%d%H%M%S}001", system="31", command=2011, password=password, device=mn,
                     flag=5, content=content)
    )  # fmt: skip


def examine(known: DeviceRegister, protocol: str, frames: Sequence[bytes], now: dt.datetime = NOON) -> list[Arrival]:
    """Frames of one connection, one after the other."""
    spoken = Protocols(lambda: known)[protocol]
    session = spoken.session()
    return [each for raw in frames for each in spoken.examine([(session, raw)], now)]


def compact(folder: Path, protocol: str, arrivals: Sequence[Arrival], received: dt.datetime = NOON) -> Lake:
    """Keep what is to be kept as the server does, and make rows of it."""
    inbox = Inbox(folder / "inbox", "test")
    moment = int((received - dt.timedelta(hours=8)).replace(tzinfo=dt.UTC).timestamp() * 1e9)
    for each in arrivals:
        if each.kept:
            name = (REFUSED if each.refused else "") + protocol
            inbox.append([(name.encode(), each.device.encode(), each.raw)], received=moment)
    inbox.close()
    compactor, _ = open_compactor(folder)
    compactor.run_all()
    return Lake(folder / "lake")


def rows(lake: Lake, dataset: str, columns: str) -> list[tuple[object, ...]]:
    files = lake.store(dataset).files()
    query = f"select {columns} from read_parquet(?, union_by_name = true) order by all"
    return duckdb.execute(query, [files]).fetchall() if files else []


@pytest.mark.parametrize(
    ("written", "sent", "result"),
    [
        ("unknown_devices: refuse", upload(NOON), "QnRtn=4"),
        (
            f'devices: [{{id: {MN}, password: "654321", wrong_password: refuse}}]',
            upload(NOON, password="000000"),
            "QnRtn=3",
        ),
    ],
)
def test_what_is_refused_is_told_so_and_kept_as_evidence_without_rows(
    written: str, sent: bytes, result: str, tmp_path: Path
) -> None:
    (arrival,) = examine(register(tmp_path, written), "hj212", [sent])
    assert arrival.answer is not None
    packet = read_packet(arrival.answer)
    assert (packet.command, result in packet.content) == (9011, True)
    assert (arrival.kept, arrival.refused) == (True, True)
    lake = compact(tmp_path, "hj212", [arrival])
    assert rows(lake, "device_readings", "*") == []
    (kept,) = (tmp_path / "inbox" / "kept").rglob("*.zst")
    (record,) = decode(read_kept(kept), len(HEAD)).records
    assert (record.protocol, record.raw) == ("refused hj212", sent)
    assert open_compactor(tmp_path)[0].checkpoint.totals.turned_away == {MN: 1}


def test_a_device_of_another_time_zone_gives_rows_in_the_citys_time(tmp_path: Path) -> None:
    """Both measured at noon of the city; one sends UTC, the other an hour more than the city's time."""
    written = f"devices: [{{id: {MN}, time_zone: 0}}, {{id: {MN[:-1]}1, time_zone: 9}}, {{id: {MN[:-1]}2}}]"
    known = register(tmp_path, written)
    sent = [
        upload(NOON - dt.timedelta(hours=8)),
        upload(NOON + dt.timedelta(hours=1), MN[:-1] + "1"),
        upload(NOON, MN[:-1] + "2"),
    ]
    arrivals = [each for raw in sent for each in examine(known, "hj212", [raw])]
    assert [each.oddities for each in arrivals] == [(), (), ()]
    lake = compact(tmp_path, "hj212", arrivals)
    assert rows(lake, "device_readings", "time, value, delay") == [(NOON, 31.6, 0.0)] * 3


def test_the_clock_of_such_a_device_is_set_to_its_own_time(tmp_path: Path) -> None:
    known = register(tmp_path, f"devices: [{{id: {MN}, time_zone: 0, settings: {{set_clock: true}}}}]")
    spoken = Protocols(lambda: known)["hj212"]
    session = spoken.session()
    spoken.examine([(session, upload(NOON - dt.timedelta(hours=8)))], NOON)
    (told,) = session.due(NOON)
    assert read_packet(told).item("SystemTime") == "20210615040000"


def test_the_settings_of_a_device_are_told_in_the_order_of_the_standard(tmp_path: Path) -> None:
    settings = "{set_clock: true, overtime: 20, recount: 2, realtime_interval: 60, minute_interval: 10}"
    known = register(tmp_path, f"devices: [{{id: {MN}, settings: {settings}}}]")
    spoken = Protocols(lambda: known)["hj212"]
    session = spoken.session()
    spoken.examine([(session, upload(NOON))], NOON)
    now, told = NOON, []
    for _ in range(4):
        (request,) = session.due(now)
        packet = read_packet(request)
        told.append((packet.command, packet.content))
        done = data_segment(number=packet.number, system="91", command=9012, device=MN, flag=4, content="ExeRtn=1")
        spoken.examine([(session, frame_of(done))], now)
        now += dt.timedelta(seconds=1)
    assert told == [
        (1012, "SystemTime=20210615120000"),
        (1000, "OverTime=20;ReCount=2"),
        (1062, "RtdInterval=60"),
        (1064, "MinInterval=10"),
    ]
    assert session.due(now) == []


def test_settings_that_no_device_can_take_are_faults_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(LantuError, match="realtime_interval"):
        register(tmp_path, f"devices: [{{id: {MN}, settings: {{realtime_interval: 5}}}}]")
    with pytest.raises(LantuError, match="platforms"):
        register(tmp_path, "platforms: {AVERYLONGUSERNAME: x}")


def seconds(speed: float, position_state: float = 0.0) -> bytes:
    values = {"speed": speed, "position_state": position_state, "longitude": 116.4, "latitude": 39.9}
    return realtime_unit("L3", NOON, 1, [(DIESEL, NOON, stream(DIESEL, values))], NO_SIGNATURE)


def login(user: str, password: str) -> bytes:
    time = bytes([21, 6, 15, 12, 0, 0])
    unit = time + b"\0\1" + user.encode().ljust(12, b"\0") + password.encode().ljust(20, b"\0") + b"\1"
    return frame(Family.PLATFORM, 7, "PLATFORM000000001", unit)


def test_a_platform_forwards_only_after_its_login(tmp_path: Path) -> None:
    known = register(tmp_path, f"platforms: {{maker: secret}}\ndevices: [{{id: {VIN}, protocol: vehicles}}]")
    data = frame(Family.PLATFORM, 2, VIN, seconds(40))
    logout = frame(Family.PLATFORM, 8, "PLATFORM000000001", bytes([21, 6, 15, 12, 0, 0, 0, 1]))
    sent = [data, login("maker", "wrong"), data, login("maker", "secret"), data, logout, data]
    arrivals = examine(known, "vehicles", sent)
    assert [each.answer[3] for each in arrivals if each.answer] == [2, 2, 2, 1, 1, 1, 2]
    assert [each.refused for each in arrivals] == [True, False, True, False, False, False, True]
    assert "platform_not_logged_in" in arrivals[0].oddities
    assert "login_refused" in arrivals[1].oddities
    assert not arrivals[1].kept  # it carries a password
    lake = compact(tmp_path, "vehicles", arrivals)
    assert rows(lake, "heavy_vehicle_seconds", "station, speed") == [(VIN, 40.0)]


def test_an_unknown_vehicle_is_refused_where_the_register_wants_it(tmp_path: Path) -> None:
    known = register(tmp_path, f"unknown_devices: refuse\ndevices: [{{id: {VIN}, protocol: vehicles}}]")
    stranger = frame(Family.TERMINAL, 2, "LBJTEST0000000099", seconds(40))
    first, second = examine(known, "vehicles", [stranger, frame(Family.TERMINAL, 2, VIN, seconds(40))])
    assert (first.kept, first.refused, "not_registered" in first.oddities) == (True, True, True)
    assert (second.kept, second.refused) == (True, False)


def test_an_unknown_truck_is_refused_where_the_register_wants_it(tmp_path: Path) -> None:
    known = register(tmp_path, 'unknown_devices: refuse\ndevices: [{id: "13800000000", protocol: positions}]')
    body = bytes(8) + (39_900_000).to_bytes(4, "big") + (116_400_000).to_bytes(4, "big") + bytes(6)
    body += bytes.fromhex("210615120000")
    sent = [make_message(0x0200, phone, 1, body) for phone in ("13800000001", "13800000000")]
    stranger, truck = examine(known, "positions", sent)
    assert (stranger.kept, stranger.refused, "not_registered" in stranger.oddities) == (True, True, True)
    assert (truck.kept, truck.refused) == (True, False)
    assert stranger.answer is not None
    assert truck.answer is not None
    assert (stranger.answer[-3], truck.answer[-3]) == (1, 0)  # the result, before checksum and flag


def test_an_inverted_position_is_one_where_the_register_says_so(tmp_path: Path) -> None:
    written = f"devices: [{{id: {VIN}, protocol: vehicles, position_inverted: true}}]"
    arrivals = examine(register(tmp_path, written), "vehicles", [frame(Family.TERMINAL, 2, VIN, seconds(40, 1.0))])
    lake = compact(tmp_path, "vehicles", arrivals)
    assert rows(lake, "heavy_vehicle_seconds", "longitude, latitude") == [(116.4, 39.9)]


def test_alarms_of_2005_are_clues_and_their_end_is_none(tmp_path: Path) -> None:
    mn = "88888880000001"
    known = register(tmp_path, f'devices: [{{id: "{mn}", site: 甲厂}}]')

    def alarm(command: int, content: str, flag: int = 1) -> bytes:
        number = "20210615120000001"
        return frame_of(
            data_segment(number=number, system="32", command=command, device=mn, flag=flag, content=content)
        )

    sent = [
        alarm(2072, "AlarmTime=20210615110000;011-Ala=101.2;AlarmType=1"),
        alarm(2072, "AlarmTime=20210615113000;011-Ala=40.5;AlarmType=0"),
        alarm(2071, "DataTime=20210615100000;060-Ala=9.9"),
    ]
    arrivals = examine(known, "hj212", sent)
    assert all(each.answer is not None and b"CN=9014" in each.answer for each in arrivals)
    lake = compact(tmp_path, "hj212", arrivals)
    found = find_clues(lake, known, NOON - dt.timedelta(days=1), NOON)
    assert [(each.clue_class, each.site, each.time.hour, each.rows.factor) for each in found] == [
        ("alarm", "甲厂", 10, "w21003 alarm"),
        ("alarm", "甲厂", 11, "w01018 alarm"),
    ]
    assert "101.2" in found[1].words.zh
    assert len(rows(lake, "device_events", "name")) == 3
