"""What a gateway must survive, by the numbers of the list of malformations (1 to 37 concern HJ 212)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from lantu.gateway.arrivals import Arrival
from lantu.gateway.hj212 import (
    Habits,
    Hj212,
    Hj212Session,
    OpenPolicy,
    Packet,
    contents_of,
    data_segment,
    frame_of,
    read_packet,
)
from lantu.gateway.hj212.framing import Splitter

MN = "110101A8900016F000169DC0"
NOW = dt.datetime(2021, 6, 15, 14, 0, 10)
VALUE = "DataTime=20210615140000;a21002-Rtd=31.6,a21002-Flag=N"


def segment(content: str = VALUE, **fields: Any) -> bytes:
    known = {"number": "20210615140000001", "system": "31", "command": 2011, "device": MN, "flag": 5}
    return data_segment(**{**known, **fields}, content=content)


def frame(content: str = VALUE, **fields: Any) -> bytes:
    return frame_of(segment(content, **fields))


def changed(old: bytes, new: bytes) -> bytes:
    """The usual frame with something in its data segment replaced, its length and checksum right again."""
    data = segment()
    assert old in data
    return frame_of(data.replace(old, new))


def send(
    data: bytes, policy: OpenPolicy | None = None, now: dt.datetime = NOW, session: Hj212Session | None = None
) -> list[Arrival]:
    protocol = session._protocol if session else Hj212(policy or OpenPolicy())
    session = session or protocol.session()
    return protocol.examine([(session, piece) for piece in session.split(data)], now)


def one(data: bytes, policy: OpenPolicy | None = None) -> tuple[Arrival, Packet, Packet | None]:
    """The only arrival that data give, decoded, and its answer decoded."""
    (arrival,) = send(data, policy)
    return (
        arrival,
        read_packet(arrival.raw, policy or OpenPolicy()),
        read_packet(arrival.answer) if arrival.answer else None,
    )


def readings(data: bytes) -> tuple[dict[str, float | None], list[str]]:
    """Values by factor, and the oddities of the contents."""
    packet = read_packet(data)
    assert packet.good
    contents = contents_of(packet, NOW)
    return {r.factor: r.numbers.get("value") for r in contents.readings}, packet.oddities + contents.oddities


# Framing


def test_1_several_frames_in_one_packet_and_one_over_several() -> None:
    both = frame() + frame(command=2051)
    assert len(send(both)) == 2
    splitter = Splitter()
    assert [f for n in range(len(both)) for f in splitter.feed(both[n : n + 1])] == [frame(), frame(command=2051)]


@pytest.mark.parametrize("junk", [b"\0\0", b"AT+CSQ\r\nOK\r\n", b"#", b"\r\n#"])
def test_2_junk_before_the_header(junk: bytes) -> None:
    arrival, _, _ = one(junk + frame())
    assert (arrival.raw, arrival.kept, arrival.oddities) == (frame(), True, ("junk",))


@pytest.mark.parametrize(
    ("end", "oddity"), [(b"\n", "lf_only"), (b"\r", "no_crlf"), (b"", "no_crlf"), (b"  \r\n", "no_crlf")]
)
def test_3_ends_of_frames(end: bytes, oddity: str) -> None:
    arrivals = send(frame()[:-2] + end + frame(command=2051))
    assert [arrival.kept for arrival in arrivals] == [True, True]
    assert oddity in arrivals[0].oddities


@pytest.mark.parametrize(
    ("length", "oddity"),
    [
        (b"%04d" % (len(segment()) + 6), "length_plus6"),
        (b"%04d" % (len(segment()) + 1), "length_wrong"),
        (b"%04d" % (len(segment()) - 1), "length_wrong"),
        (b"%03d" % len(segment()), "length_not_4_digits"),
        (b"", "length_not_4_digits"),
        (b"01A9", "length_not_4_digits"),
    ],
)
def test_4_lengths(length: bytes, oddity: str) -> None:
    arrival, _, answer = one(b"##" + length + frame()[6:])
    assert (arrival.kept, arrival.oddities) == (True, (oddity,))
    assert answer is not None


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_4_length_in_characters(encoding: str) -> None:
    text = "DataTime=20210615140000;i11001-Info=//更换试剂//"
    data = segment(text, command=3020).decode().encode(encoding)
    right = frame_of(data)
    characters = len(data.decode(encoding))
    (arrival,) = send(b"##%04d" % characters + right[6:])
    assert arrival.kept
    assert arrival.oddities == ("length_in_characters" if encoding == "utf-8" else "length_wrong",)


def test_5_neither_checksum_nor_length() -> None:
    arrivals = send(b"##" + segment() + b"\r\n" + frame())
    assert [(a.kept, a.answer is None) for a in arrivals] == [(False, True), (True, False)]
    assert arrivals[0].oddities == ("no_frame",)


def test_6_checksums() -> None:
    value = next(n for n in range(1000) if frame(f"DataTime=20210615140000;a21002-Rtd={n}")[-6:-5] == b"0")
    short = frame(f"DataTime=20210615140000;a21002-Rtd={value}")
    short = short[:-6] + short[-6:-2].lstrip(b"0") + b"\r\n"
    arrival, _, _ = one(short)
    assert (arrival.kept, arrival.oddities) == (True, ("crc_short",))
    letters = next(f for n in range(1000) if (f := frame(f"DataTime=20210615140000;a21002-Rtd={n}"))[-6:-2].isalnum()
                   and f[-6:-2] != f[-6:-2].lower())  # fmt: skip
    arrival, _, _ = one(letters[:-6] + letters[-6:-2].lower() + b"\r\n")
    assert (arrival.kept, arrival.oddities) == (True, ("crc_lowercase",))
    for wrong in (b"0000", b"FFFF"):
        arrival, _, answer = one(frame()[:-6] + wrong + b"\r\n")
        assert (arrival.kept, answer, arrival.oddities) == (False, None, ("crc_wrong",))


@pytest.mark.parametrize("text", ["##0101QN=1;CP=&&&&1C80", "&&1C80##", "a && b ##"])
def test_7_marks_inside_text(text: str) -> None:
    content = f"DataTime=20210615140000;i11001-Info=//{text}//"
    arrival, packet, _ = one(frame(content, command=3020))
    assert (arrival.kept, packet.content) == (True, content)


def test_8_more_than_1024_bytes() -> None:
    content = "DataTime=20210615140000" + "".join(f";a24{n:03d}-Rtd={n}.125,a24{n:03d}-Flag=N" for n in range(100))
    arrival, _, _ = one(frame(content))
    assert (arrival.kept, arrival.oddities) == (True, ("over_1024",))
    assert len(readings(frame(content))[0]) == 100


def test_9_damaged_lengths_lose_no_neighbours() -> None:
    for length in (b"9999", b"8192", b"0000"):
        session = Hj212().session()
        frames = session.split(frame() + b"##" + length + frame(command=2051)[6:] + frame(command=2061))
        frames += session.split(b"")
        assert (frames[0], frames[-1]) == (frame(), frame(command=2061))


def test_10_half_a_frame_and_then_nothing() -> None:
    session = Hj212().session()
    assert session.split(frame()[:50]) == []
    assert session.split(b"") == [frame()[:50]]
    (arrival,) = Hj212().examine([(session, frame()[:50])], NOW)
    assert (arrival.kept, arrival.answer) == (False, None)


# Header fields


def test_11_order_of_fields() -> None:
    data = f"ST=31;CN=2011;MN={MN};PW=123456;QN=20210615140000001;Flag=5;CP=&&{VALUE}&&".encode()
    arrival, packet, answer = one(frame_of(data))
    assert (arrival.kept, arrival.device, arrival.oddities) == (True, MN, ("header_order",))
    assert answer is not None
    assert (answer.number, packet.password) == ("20210615140000001", "123456")


def test_11_pno_before_pnum_and_flag_behind_cp() -> None:
    data = f"QN=20210615140000001;ST=31;CN=2011;PW=123456;MN={MN};Flag=7;PNO=1;PNUM=2;CP=&&{VALUE}&&".encode()
    arrival, packet, _ = one(frame_of(data))
    assert (packet.packet, packet.packets, arrival.oddities) == (1, 2, ("header_order",))
    data = f"QN=20210615140000001;ST=31;CN=2011;PW=123456;MN={MN};CP=&&{VALUE}&&;Flag=5".encode()
    arrival, packet, answer = one(frame_of(data))
    assert (arrival.kept, packet.flag, answer is None) == (True, 5, False)
    assert set(arrival.oddities) == {"text_after_end", "header_order"}


def test_11_separators_of_the_header() -> None:
    arrival, _, answer = one(changed(b";ST=31", b",ST=31"))
    assert (arrival.kept, arrival.oddities, answer is None) == (True, ("comma_in_header",), False)
    arrival, _, answer = one(changed(b"Flag=5;CP", b"Flag=5CP"))
    assert (arrival.kept, arrival.oddities, answer is None) == (True, ("no_separator_before_cp",), False)


@pytest.mark.parametrize(
    ("number", "oddity"),
    [
        ("", "qn_missing"),
        ("20210615140000", "qn_14"),
        ("1623736800000", "qn_epoch"),
        ("1", "qn_odd"),
        ("2021-06-15 14:00", "qn_odd"),
    ],
)
def test_12_request_numbers(number: str, oddity: str) -> None:
    arrival, _, answer = one(frame(number=number))
    assert (arrival.kept, arrival.oddities) == (True, (oddity,))
    assert answer is not None
    assert answer.number == (number or "20210615140010000"), "a number is made of the time of arrival where none is"


def test_12_number_inside_cp() -> None:
    _, packet, answer = one(frame("QN=20210615140000009;" + VALUE, number=""))
    assert answer is not None
    assert (packet.number, answer.number) == ("20210615140000009", "20210615140000009")
    assert "qn_in_cp" in packet.oddities


def test_12_the_same_number_again() -> None:
    session = Hj212().session()
    first, again = send(frame() + frame(), session=session)
    assert (first.oddities, again.oddities) == ((), ("repeated",))
    assert first.answer == again.answer


@pytest.mark.parametrize(
    ("flag", "oddity", "answered"),
    [
        (b"", "flag_no_number", False),
        (b"\x05", "flag_no_number", False),
        (b"53", "flag_over_15", True),
        (b"52", "flag_over_15", False),
        (b"7", "packets_missing", True),
    ],
)
def test_13_flags(flag: bytes, oddity: str, answered: bool) -> None:
    arrival, _, answer = one(changed(b"Flag=5", b"Flag=" + flag))
    assert (arrival.kept, arrival.oddities, answer is not None) == (True, (oddity,), answered)


def test_13_no_flag_is_the_rule_of_2005() -> None:
    arrival, packet, answer = one(frame(flag=None))
    assert (arrival.kept, packet.edition, answer, arrival.oddities) == (True, "2005", None, ("flag_missing",))


@pytest.mark.parametrize(("system", "edition"), [("21", "surface_water"), ("31", "2025"), ("32", "2025")])
def test_13_flag_9(system: str, edition: str) -> None:
    _, packet, answer = one(frame(flag=9, system=system))
    assert answer is not None
    assert (packet.edition, answer.flag) == (edition, 8)


@pytest.mark.parametrize("command", [9011, 9012, 9013, 9014])
def test_13_an_answer_is_never_answered(command: int) -> None:
    arrival, _, answer = one(frame("QnRtn=1", command=command, flag=5))
    assert answer is None
    assert set(arrival.oddities) == {"answer_wants_answer", "answer_unasked"}


@pytest.mark.parametrize("device", ["1234567", "bjtz_gd-0017", "110101a8900016f000169dc0", "X" * 27])
def test_14_names_of_devices(device: str) -> None:
    arrival, _, answer = one(frame(device=device))
    assert (arrival.kept, arrival.device) == (True, device)
    assert answer is not None
    assert answer.device == device
    assert arrival.oddities == (() if len(device) == 24 else ("mn_length",))


def test_14_another_name_in_the_same_connection() -> None:
    session = Hj212().session()
    _, second = send(frame() + frame(device=MN[::-1]), session=session)
    assert (second.device, second.oddities) == (MN[::-1], ("mn_changed",))


class Strict(OpenPolicy):
    def password(self, mn: str) -> str | None:
        return "654321"

    def habits(self, mn: str) -> Habits:
        return Habits(refuse_wrong_password=True)


class Watchful(OpenPolicy):
    def password(self, mn: str) -> str | None:
        return "654321"


class Closed(OpenPolicy):
    def habits(self, mn: str) -> Habits:
        return Habits(known=False)


@pytest.mark.parametrize("password", ["", "123456", "abcdef"])
def test_15_passwords(password: str) -> None:
    arrival, _, answer = one(frame(password=password), Watchful())
    assert (arrival.kept, arrival.oddities, answer is None) == (True, ("password_wrong",), False)
    arrival, _, answer = one(frame(password=password), Strict())
    assert (arrival.kept, arrival.refused, arrival.oddities) == (True, True, ("password_wrong",))
    assert answer is not None
    assert (answer.command, answer.item("QnRtn")) == (9011, "3")
    arrival, _, answer = one(frame(password="654321"), Strict())
    assert (arrival.kept, arrival.refused, arrival.oddities) == (True, False, ())


def test_15_a_device_that_is_not_registered() -> None:
    arrival, _, answer = one(frame(), Closed())
    assert (arrival.kept, arrival.refused, arrival.oddities) == (True, True, ("device_unknown",))
    assert answer is not None
    assert (answer.command, answer.item("QnRtn")) == (9011, "4")


@pytest.mark.parametrize("system", ["21", "22", "39", "A1"])
def test_16_wrong_systems_change_nothing(system: str) -> None:
    assert readings(frame(system=system)) == ({"a21002": 31.6}, [])


def test_17_unknown_and_private_commands() -> None:
    arrival, _, answer = one(frame(command=2000))
    assert (arrival.kept, arrival.oddities) == (True, ("command_unknown",))
    assert answer is not None
    arrival, _, answer = one(frame("", command=9021))
    assert arrival.kept is False
    assert answer is not None
    assert answer.command == 9013
    arrival, _, answer = one(frame("QnRtn=1", command=9014, flag=4))
    assert (arrival.oddities, answer) == (("answer_unasked",), None)


# Content


@pytest.mark.parametrize(
    ("content", "oddities"),
    [
        ("DataTime=20210615140000,a21002-Rtd=31.6,a21002-Flag=N", ["comma_for_semicolon"]),
        ("DataTime=20210615140000;a21002-Rtd=31.6;a21002-Flag=N", ["semicolon_for_comma"]),
        (VALUE + ";", ["empty_item"]),
        (VALUE + ",", ["empty_item"]),
        (" " + VALUE, ["spaces"]),
        ("DataTime=20210615140000;a21002-Rtd = 31.6,a21002-Flag =N", ["spaces"]),
        (VALUE + ";what", ["stray_text"]),
        ("datatime=20210615140000;a21002-Rtd=31.6,a21002-Flag=N", ["case_of_name"]),
    ],
)
def test_18_separators_and_spaces(content: str, oddities: list[str]) -> None:
    assert readings(frame(content)) == ({"a21002": 31.6}, oddities)


def test_18_text_behind_the_end_and_no_end() -> None:
    values, odd = readings(frame_of(segment() + b"text"))
    assert (values, odd) == ({"a21002": 31.6}, ["text_after_end"])
    arrival, packet, answer = one(frame_of(segment()[:-2]))
    assert (arrival.kept, packet.damage, answer) == (False, "no_closing", None)


@pytest.mark.parametrize(
    ("text", "value", "oddities"),
    [
        ("", None, ["value_missing"]),
        ("--", None, ["value_missing"]),
        ("NaN", None, ["value_missing"]),
        ("null", None, ["value_missing"]),
        ("3.1415926535897", 3.1415926535897, ["many_decimals"]),
        ("3.16E+01", 31.6, ["exponent"]),
        ("+31.6", 31.6, ["plus_sign"]),
        ("31,6", None, ["decimal_comma"]),
        ("３１.６", 31.6, ["full_width"]),
        ("abc", None, ["value_no_number"]),
        ("1e999", None, ["exponent"]),
    ],
)
def test_19_values(text: str, value: float | None, oddities: list[str]) -> None:
    content = f"DataTime=20210615140000;a21002-Rtd={text},a21002-Flag=N"
    assert readings(frame(content)) == ({"a21002": value}, oddities)


def test_20_the_same_factor_twice() -> None:
    twice = VALUE + ";a21002-Rtd=12.0,a21002-Flag=N"
    packet = read_packet(frame(twice))
    (reading,) = contents_of(packet).readings
    assert (reading.numbers["value"], reading.conflict) == (31.6, True)
    assert readings(frame(VALUE + ";a21002-Rtd=31.6,a21002-Flag=N"))[1] == ["factor_repeated"]


@pytest.mark.parametrize(
    ("name", "system", "code", "oddities"),
    [
        ("01018", "32", "w01018", ["code_without_letter"]),
        ("PM10", "39", "a34002", ["code_of_maker"]),
        ("PM25", "39", "a34004", ["code_of_maker"]),
        ("TSP", "39", "a34001", ["code_of_maker"]),
        ("O3", "22", "a05024", ["code_of_maker"]),
        ("TEM", "39", "a01001", ["code_of_maker"]),
        ("RH", "39", "a01002", ["code_of_maker"]),
        ("CONC", "31", "CONC", ["code_unknown"]),
        ("A21002", "31", "a21002", ["code_case"]),
        ("02", "31", "a21026", ["code_2005"]),
        ("a05024", "22", "a05024", []),
        ("a50001", "39", "a50001", ["code_unknown"]),
        ("a21030", "31", "a21030", ["code_unknown"]),
    ],
)
def test_21_names_of_factors(name: str, system: str, code: str, oddities: list[str]) -> None:
    content = f"DataTime=20210615140000;{name}-Rtd=1.5,{name}-Flag=N"
    assert readings(frame(content, system=system)) == ({code: 1.5}, oddities)


def test_21_suffixes_that_makers_add_and_long_names() -> None:
    content = VALUE + ",a21002-Ori=30,a21002-ID=7,a21002-ValidNum=1,a21002-TotalNum=2,a21002-SampleTime=20210615135000"
    assert readings(frame(content)) == ({"a21002": 31.6}, ["unknown_suffix"])
    packet = read_packet(frame("DataTime=20210615140000;a21026-ZsRtd=10.15,a21026-Flag=N"))
    assert contents_of(packet).readings[0].numbers == {"converted": 10.15}


@pytest.mark.parametrize(
    ("flag", "read", "oddities"),
    [("n", "N", ["flag_lowercase"]), ("D", "D", []), ("0", "0", []), ("", "", []), ("Q", "Q", ["flag_unknown"])],
)
def test_22_flags(flag: str, read: str, oddities: list[str]) -> None:
    packet = read_packet(frame(f"DataTime=20210615140000;a21002-Rtd=31.6,a21002-Flag={flag}"))
    contents = contents_of(packet)
    assert ([reading.flag for reading in contents.readings], contents.oddities) == ([read], oddities)


@pytest.mark.parametrize(
    ("text", "time", "oddities", "refused"),
    [
        ("202106151400", NOW.replace(second=0), ["time_12"], ""),
        ("20210615140000123", NOW.replace(second=0), ["time_17"], ""),
        ("20210614240000", dt.datetime(2021, 6, 15), ["hour_24"], ""),
        ("20210231140000", None, ["impossible_time"], "impossible_time"),
        ("19700101000000", dt.datetime(1970, 1, 1), [], "clock"),
        ("20410615140000", dt.datetime(2041, 6, 15, 14), [], "clock"),
        ("2021/06/15 14:00", None, ["time_unreadable"], "impossible_time"),
        ("", None, [], "no_time"),
    ],
)
def test_24_times(text: str, time: dt.datetime | None, oddities: list[str], refused: str) -> None:
    data = frame(f"DataTime={text};a21002-Rtd=31.6,a21002-Flag=N")
    contents = contents_of(read_packet(data), NOW)
    assert (contents.time, contents.oddities, contents.refused) == (time, oddities, refused)
    arrival, _, answer = one(data)
    assert (arrival.kept, answer is None) == (True, False), "else it would be sent again for ever"
    assert ("clock" in arrival.oddities) == (refused == "clock")


@pytest.mark.parametrize(
    ("time", "oddity"),
    [("20210615060000", "clock_zone"), ("20210615020000", "clock_zone"), ("20210615130000", "clock_behind")],
)
def test_24_realtime_data_of_another_hour(time: str, oddity: str) -> None:
    arrival, _, _ = one(frame(f"DataTime={time};a21002-Rtd=31.6,a21002-Flag=N"))
    assert (arrival.kept, arrival.oddities) == (True, (oddity,))


def test_25_late_history_is_nothing_odd() -> None:
    for command in (2051, 2061, 2031):
        arrival, _, _ = one(frame("DataTime=20210610140000;a21002-Avg=31.6,a21002-Flag=N", command=command))
        assert (arrival.kept, arrival.oddities) == (True, ())


def test_27_gbk_and_text_with_separators() -> None:
    content = "DataTime=20210615140000;i11001-Info=//清洗,更换;a=1 && 2//"
    for encoding, odd in (("utf-8", []), ("gb18030", ["gbk"])):
        packet = read_packet(frame_of(segment(content, command=3020).decode().encode(encoding)))
        assert packet.oddities == odd
        assert contents_of(packet).information == [("i11001-Info", "清洗,更换;a=1 && 2")]


# Conversation


def test_30_and_31_the_answer_carries_the_number_of_its_frame() -> None:
    session = Hj212().session()
    numbers = ["20210615140000001", "20210615140000002", "20210615140000001"]
    arrivals = send(b"".join(frame(number=number) for number in numbers), session=session)
    assert [read_packet(arrival.answer or b"").number for arrival in arrivals] == numbers


def test_32_a_device_that_wants_its_own_system_and_flag() -> None:
    class Own(OpenPolicy):
        def habits(self, mn: str) -> Habits:
            return Habits(answer_system="own", answer_flag=5)

    _, _, answer = one(frame(system="21"), Own())
    assert answer is not None
    assert (answer.system, answer.flag) == ("21", 5)


def test_34_the_time_is_told_every_few_minutes_at_most() -> None:
    session = Hj212().session()
    told = 0
    for minute in range(12):
        now = NOW + dt.timedelta(minutes=minute)
        (arrival,) = send(frame("", command=1013, number=f"{now:%Y%m%d%H%M%S}001"), now=now, session=session)
        assert arrival.answer is not None, "a notice is always answered"
        for sent in session.due(now):
            packet = read_packet(sent)
            assert packet.item("SystemTime") == f"{now:%Y%m%d%H%M%S}"
            told += 1
            session.requests.heard(9011, packet.number, 1, now)
            session.requests.heard(9012, packet.number, 1, now)
    assert told == 3


def test_37_what_can_be_read_is_given_back_with_all_its_problems() -> None:
    data = frame_of(
        f"ST=31,CN=2011;MN={MN};PW=;Flag=5CP=&&DataTime=202106151400,a21002-Rtd=31.6;PM10-Rtd=--;;".encode() + b"&&"
    )
    values, odd = readings(data[:-2] + b"\n")
    assert values == {"a21002": 31.6, "a34002": None}
    assert {"lf_only", "comma_in_header", "header_order", "qn_missing", "no_separator_before_cp", "time_12",
            "code_of_maker", "value_missing", "empty_item", "comma_for_semicolon"} <= set(odd)  # fmt: skip
