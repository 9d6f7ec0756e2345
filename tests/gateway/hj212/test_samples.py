"""The 50 sample frames, each as its verdict and treatment say."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

import pytest

from lantu.gateway.arrivals import Arrival, Kept
from lantu.gateway.hj212 import ODDITIES, Device, Hj212, Hj212Session, OpenPolicy, Settings, contents_of, read_packet

Samples = dict[str, dict[str, Any]]
MN = "110101A8900016F000169DC0"


class Keys(OpenPolicy):
    def sm4_key(self, mn: str) -> bytes | None:
        return b"0" * 16


@dataclass
class Expected:
    """What the gateway does with a sample as the platform: `answer` is the command of the answer, 0 for none."""

    kept: bool = True
    answer: int = 9014
    oddities: tuple[str, ...] = ()
    readings: int = 1
    refused: str = ""
    content_oddities: tuple[str, ...] = ()
    edition: str = "2017"


EXPECTED = {
    "G02": Expected(readings=5),
    "G03": Expected(kept=False, answer=0, readings=0, oddities=("answer_unasked",), refused="no_readings"),
    "G04": Expected(readings=3),
    "G05": Expected(readings=2),
    "G06": Expected(),
    "G07": Expected(answer=0, readings=6),
    "G08": Expected(answer=0, readings=0),
    "G10": Expected(kept=False, answer=0, readings=0, oddities=("answer_unasked",), refused="no_readings"),
    "G11": Expected(kept=False, answer=0, readings=0, oddities=("answer_unasked",), refused="no_readings"),
    "G12": Expected(kept=False, answer=0, readings=0, oddities=("answer_unasked",), refused="no_readings"),
    "G13": Expected(answer=9013, readings=0),
    "G14": Expected(answer=0, readings=0),
    "G15": Expected(answer=0, readings=0),
    "G16": Expected(answer=0, readings=0),
    "G17": Expected(readings=2),
    "G18": Expected(readings=2),
    "G19": Expected(answer=0, readings=3, edition="2005"),
    "G20": Expected(
        kept=False, answer=0, readings=0, oddities=("answer_unasked",), refused="no_readings", edition="2005"
    ),
    "G21": Expected(kept=False, answer=9013, readings=0, refused="no_readings", edition="2025"),
    "G22": Expected(oddities=("resent",), edition="2025"),
    "G23": Expected(readings=2, edition="2025"),
    "G24": Expected(readings=2, edition="surface_water"),
    "G25": Expected(readings=5, oddities=("crc_lowercase",)),
    "B01": Expected(kept=False, answer=0, readings=0, oddities=("crc_modbus",), refused="crc_modbus"),
    "B02": Expected(kept=False, answer=0, readings=0, oddities=("crc_wrong",), refused="crc_wrong"),
    "B03": Expected(),
    "B04": Expected(oddities=("length_plus6",)),
    "B05": Expected(oddities=("length_wrong",)),
    "B06": Expected(oddities=("length_not_4_digits",)),
    "B07": Expected(oddities=("lf_only",)),
    "B08": Expected(oddities=("no_crlf",)),
    "B09": Expected(oddities=("crc_short",)),
    "B10": Expected(answer=0, readings=0, content_oddities=("gbk",)),
    "B11": Expected(answer=0, readings=0, oddities=("length_in_characters",)),
    "B12": Expected(kept=False, answer=0, readings=0, oddities=("no_closing",), refused="no_closing"),
    "B13": Expected(oddities=("packets_missing",)),
    "B14": Expected(oddities=("packet_beyond_total",), refused="packet_beyond_total"),
    "B15": Expected(readings=2, content_oddities=("empty_item", "value_missing")),
    "B16": Expected(content_oddities=("comma_for_semicolon",)),
    "B17": Expected(answer=0, oddities=("qn_14", "flag_missing"), edition="2005"),
    "B18": Expected(oddities=("clock",), refused="clock"),
    "B19": Expected(refused="impossible_time", content_oddities=("impossible_time",)),
    "B20": Expected(content_oddities=("factor_conflict",)),
    "B21": Expected(readings=45, oddities=("over_1024",), content_oddities=("code_unknown",)),
    "B22": Expected(oddities=("junk",)),
    "B23": Expected(answer=0, readings=0),
    "B24": Expected(kept=False, answer=0, readings=0, oddities=("crc_swapped",), refused="crc_swapped"),
    "B25": Expected(oddities=("length_not_4_digits",)),
}
TO_DEVICES = {"G01", "G09"}


def moment_of(frame: bytes) -> dt.datetime:
    """Ten seconds after the number, or the time, of a sample."""
    found = re.search(rb"QN=(\d{14})", frame) or re.search(rb"DataTime=(\d{14})", frame)
    assert found
    return dt.datetime.strptime(found.group(1).decode(), "%Y%m%d%H%M%S") + dt.timedelta(seconds=10)


def arrive(frame: bytes, protocol: Hj212 | None = None) -> tuple[Hj212Session, list[Arrival], dt.datetime]:
    protocol = protocol or Hj212(Keys())
    session = protocol.session()
    now = moment_of(frame)
    return session, protocol.examine([(session, piece) for piece in session.split(frame)], now), now


def test_all_samples_are_expected_here(samples: Samples) -> None:
    assert len(samples) == 50
    assert set(samples) == set(EXPECTED) | TO_DEVICES


@pytest.mark.parametrize("name", EXPECTED)
def test_sample(samples: Samples, name: str) -> None:
    expected, frame = EXPECTED[name], samples[name]["frame"]
    _, arrivals, now = arrive(frame)
    arrival = arrivals[0]
    assert arrival.kept == expected.kept
    assert arrival.oddities == expected.oddities
    assert set(arrival.oddities) <= set(ODDITIES)
    packet = read_packet(arrival.raw, Keys())
    assert packet.edition == expected.edition
    assert arrival.device == packet.device
    contents = contents_of(packet, now)
    assert len(contents.readings) == expected.readings
    assert contents.refused == expected.refused
    odd = [name for name in packet.oddities if name not in arrival.oddities] + contents.oddities
    assert tuple(odd) == expected.content_oddities
    if not expected.answer:
        assert arrival.answer is None
    else:
        assert arrival.answer is not None
        answer = read_packet(arrival.answer)
        assert (answer.good, answer.command, answer.system) == (True, expected.answer, "91")
        assert (answer.number, answer.device, answer.password) == (packet.number, packet.device, packet.password)
        assert answer.flag == {"2005": 0, "2017": 4, "2025": 8, "surface_water": 8}[expected.edition]
    readings = Hj212(Keys()).decode(
        Kept([arrival.raw], [int(now.replace(tzinfo=dt.timezone(dt.timedelta(hours=8))).timestamp()) * 10**9], [0])
    ).tables["readings"]  # fmt: skip
    assert readings.num_rows == (0 if expected.refused else expected.readings)


def test_the_answer_to_g02_is_g03(samples: Samples) -> None:
    _, arrivals, _ = arrive(samples["G02"]["frame"])
    assert arrivals[0].answer == samples["G03"]["frame"]


def test_g01_and_g09_as_a_device(samples: Samples) -> None:
    device = Device("010000A8900016F000169DC0", "32", password="100000")
    now = dt.datetime(2016, 8, 1, 8, 59)
    accepted, done = (read_packet(frame) for frame in device.hear(samples["G01"]["frame"], now))
    assert (accepted.command, accepted.item("QnRtn"), accepted.number) == (9011, "1", "20160801085857223")
    assert (done.command, done.item("ExeRtn"), done.number) == (9012, "1", "20160801085857223")
    assert device.realtime_interval == 30

    def kept(kind: str, begin: dt.datetime, end: dt.datetime) -> list[str]:
        assert (kind, begin, end) == ("minute", dt.datetime(2021, 6, 15, 10), dt.datetime(2021, 6, 15, 11))
        return [f"DataTime=202106151{n}0000;w01018-Avg={n}.5,w01018-Flag=N" for n in (0, 1)]

    device = Device(MN, "32", history=kept)
    frames = device.hear(samples["G09"]["frame"], dt.datetime(2021, 6, 15, 12))
    assert frames[0] == samples["G10"]["frame"]
    assert frames[-1] == samples["G11"]["frame"]
    assert [read_packet(frame).command for frame in frames[1:-1]] == [2051, 2051]
    without = Device(MN, "32").hear(samples["G09"]["frame"], dt.datetime(2021, 6, 15, 12))
    assert without == [samples["G10"]["frame"], samples["G12"]["frame"]]


def test_g03_stops_the_resends_of_a_device(samples: Samples) -> None:
    device = Device(MN, "31")
    now = dt.datetime(2021, 6, 15, 10, 15)
    device.expect("20210615101500123", samples["G02"]["frame"], now)
    assert device.due(now + dt.timedelta(seconds=10)) == [samples["G02"]["frame"]]
    assert device.hear(samples["G03"]["frame"], now) == []
    assert (device.unanswered, device.acknowledged) == (0, 1)


def test_g08_runs_the_settings_of_a_first_connection(samples: Samples) -> None:
    settings = Settings(set_clock=True, tell_time_out=True, realtime_interval=30, minute_interval=10)
    session, _, now = arrive(samples["G08"]["frame"], Hj212(settings=settings))
    sent = []
    while frames := session.due(now):
        sent += [read_packet(frame) for frame in frames]
        session.requests.heard(9012, sent[-1].number, 1, now)
    assert [packet.command for packet in sent] == [1012, 1000, 1062, 1064]


def test_g10_g11_g12_carry_a_request_to_its_end(samples: Samples) -> None:
    for last, state in (("G11", "done"), ("G12", "empty")):
        session, _, now = arrive(samples["G04"]["frame"])
        from lantu.gateway.hj212 import history

        (request,) = history("minute", now, now)
        session.ask(request)
        (sent,) = session.due(now)
        number = read_packet(sent).number.encode()
        protocol = session._protocol
        for name in ("G10", last):
            frame = _renumbered(samples[name]["frame"], number)
            (arrival,) = protocol.examine([(session, frame)], now)
            assert arrival.oddities == ()
        assert request.state == state


def _renumbered(frame: bytes, number: bytes) -> bytes:
    from lantu.gateway.hj212 import frame_of

    return frame_of(frame[6:-6].replace(b"20210615120000001", number))


def test_g13_gets_the_time(samples: Samples) -> None:
    session, _, now = arrive(samples["G13"]["frame"])
    (frame,) = session.due(now)
    packet = read_packet(frame)
    assert packet.command == 1012
    assert packet.items == [("PolId", "w01018"), ("SystemTime", f"{now:%Y%m%d%H%M%S}")]


def test_g19_has_codes_of_2017(samples: Samples) -> None:
    contents = contents_of(read_packet(samples["G19"]["frame"]))
    assert [(r.factor, r.numbers["value"], r.flag) for r in contents.readings] == [
        ("w00000", 36.91, ""),
        ("w01018", 41.0, "N"),
        ("w21003", 1.803, "N"),
    ]


def test_g20_has_its_number_in_cp(samples: Samples) -> None:
    assert read_packet(samples["G20"]["frame"]).number == "20210615121200000"


def test_texts_of_g15_b10_b11_b23(samples: Samples) -> None:
    texts = {
        name: dict(contents_of(read_packet(arrive(samples[name]["frame"])[1][0].raw)).information)["i11001-Info"]
        for name in ("G15", "B10", "B11", "B23")
    }
    assert texts == {"G15": "清洗管路,更换试剂", "B10": "更换试剂", "B11": "更换试剂", "B23": "err ##0101 && 1C80"}


def test_g16_states_of_facilities(samples: Samples) -> None:
    contents = contents_of(read_packet(samples["G16"]["frame"]))
    assert [(facility.name, facility.state) for facility in contents.facilities] == [("SB1", 1.0), ("SB2", 0.0)]


def test_g23_is_opened_as_the_sample_says(samples: Samples) -> None:
    assert read_packet(samples["G23"]["frame"], Keys()).content == samples["G23"]["plain"]
    sealed = read_packet(samples["G23"]["frame"])
    assert (sealed.sealed, sealed.good, sealed.oddities) == (True, True, ["sealed"])
    _, (arrival,), _ = arrive(samples["G23"]["frame"], Hj212())
    assert (arrival.kept, arrival.oddities, arrival.answer is None) == (True, ("sealed",), False)


def test_b01_is_good_for_a_device_that_may(samples: Samples) -> None:
    from lantu.gateway.hj212 import Habits

    class Lenient(OpenPolicy):
        def habits(self, mn: str) -> Habits:
            return Habits(accept_modbus=True)

    _, (arrival,), _ = arrive(samples["B01"]["frame"], Hj212(Lenient()))
    assert (arrival.kept, arrival.oddities, arrival.answer is None) == (True, ("crc_modbus",), False)


def test_b08_is_two_frames(samples: Samples) -> None:
    _, arrivals, _ = arrive(samples["B08"]["frame"])
    assert [arrival.kept for arrival in arrivals] == [True, True]
    assert arrivals[1].raw == samples["G02"]["frame"]


def test_b15_has_no_phantom_factor(samples: Samples) -> None:
    contents = contents_of(read_packet(samples["B15"]["frame"]))
    assert [(r.factor, r.numbers, r.flag) for r in contents.readings] == [
        ("a21002", {"value": 31.6}, "N"),
        ("a21026", {"value": None}, "B"),
    ]


def test_b18_gets_the_time(samples: Samples) -> None:
    session, _, now = arrive(samples["B18"]["frame"])
    assert [read_packet(frame).command for frame in session.due(now)] == [1012]


def test_b20_keeps_the_first_value(samples: Samples) -> None:
    (reading,) = contents_of(read_packet(samples["B20"]["frame"])).readings
    assert (reading.numbers, reading.conflict) == ({"value": 31.6}, True)


def test_b22_keeps_half_a_header(samples: Samples) -> None:
    session, arrivals, _ = arrive(samples["B22"]["frame"])
    assert len(arrivals) == 1
    assert session._splitter.waiting == len(b"##01")
