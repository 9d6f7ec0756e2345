"""Every flow of HJ 212 with a logger that was written apart: uploads, retries, time, history, sub-packets, refusals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from tests.gateway.independent_logger import Logger, now, packed, realtime
from tests.gateway.served import lantu, serving

from lantu.lake import Lake

MN = "110101A8900016F000169DC0"
OLD = "88888880000001"
ASKED = "110101A8900016F0000000A5"
STRICT = "110101A8900016F0000000B6"
KEYED = "110101A8900016F0000000C7"
DEVICES = f"""
devices:
  - {{id: {MN}}}
  - {{id: "{OLD}", edition: "2005"}}
  - {{id: {ASKED}, settings: {{set_clock: true, overtime: 1, recount: 1, realtime_interval: 60, minute_interval: 10}}}}
  - {{id: {STRICT}, password: "654321", wrong_password: refuse}}
  - {{id: {KEYED}, sm4_key: "00112233445566778899aabbccddeeff"}}
  - {{id: "*"}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("independent")


@pytest.fixture(scope="module")
def port(folder: Path) -> Iterator[int]:
    with serving(folder, "hj212", DEVICES) as chosen:
        yield chosen


@pytest.mark.parametrize(
    ("flag_bits", "system", "mn"),
    [(4, "31", MN), (8, "31", MN), (8, "21", "110101A8900016F0000000D8"), (0, "31", OLD)],
    ids=["2017", "2025", "surface_water", "2005"],
)
def test_an_upload_without_a_login_is_answered_in_its_edition(flag_bits: int, system: str, mn: str, port: int) -> None:
    with Logger("127.0.0.1", port, mn, system, flag_bits=flag_bits) as logger:
        qn = logger.qn()
        factor = "w01018" if system == "21" else "a21002"
        logger.send(logger.data(2011, realtime(now(), factor=factor), 1, qn))
        heard = logger.hear()
        assert (heard["ST"], heard["CN"], heard["QN"], heard["MN"]) == ("91", "9014", qn, mn)
        assert heard["Flag"] == str(flag_bits)
        assert heard.content == (f"QN={qn}" if flag_bits == 0 else "")
        logger.send(logger.data(2011, realtime(now(), factor=factor), 0))
        assert logger.silence()


def test_a_frame_of_2005_without_a_flag_is_not_answered_and_kept(port: int) -> None:
    with Logger("127.0.0.1", port, OLD, "32") as logger:
        logger.send(logger.data(2011, f"DataTime={now():%Y%m%d%H%M%S};011-Rtd=40.1,011-Flag=N", None))
        assert logger.silence()


def test_a_frame_that_was_not_answered_is_sent_again_and_is_one_row(folder: Path, port: int) -> None:
    moment = now().replace(microsecond=0) - dt.timedelta(hours=3)
    with Logger("127.0.0.1", port) as logger:
        data = logger.data(2011, realtime(moment, 77.7), 1)
        for _ in range(4):
            logger.send(data)
            assert logger.hear()["CN"] == "9014"
        logger.send(packed(data) * 3)
        assert [logger.hear()["QN"] for _ in range(3)] == [data[3:20]] * 3
    assert rows(folder, MN, moment) == [("realtime", "a21002", 77.7)]


def rows(folder: Path, mn: str, moment: dt.datetime) -> list[tuple[str, str, float]]:
    lantu(folder, "gateway", "compact")
    files = Lake(folder / "lake").store("device_readings").files()
    query = "select kind, factor, value from read_parquet(?) where station = ? and time = ? order by all"
    return duckdb.execute(query, [files, mn, moment]).fetchall()


def test_cut_and_glued_frames_are_answered_in_order(port: int) -> None:
    with Logger("127.0.0.1", port) as logger:
        numbers = [logger.qn() for _ in range(5)]
        stream = b"".join(packed(logger.data(2011, realtime(now()), 1, qn)) for qn in numbers)
        for byte in stream[:300]:
            logger.send(bytes([byte]))
        logger.send(stream[300:])
        assert [logger.hear()["QN"] for _ in numbers] == numbers


def test_a_wrong_checksum_is_not_answered_and_harms_no_neighbour(port: int) -> None:
    with Logger("127.0.0.1", port) as logger:
        good = packed(logger.data(2011, realtime(now()), 1, "20210615101010001"))
        bad = packed(logger.data(2011, realtime(now()), 1, "20210615101010002"))
        logger.send(good + bad[:-6] + b"0000\r\n" + good)
        assert [logger.hear()["QN"] for _ in range(2)] == ["20210615101010001"] * 2
        assert logger.silence()


def test_answers_are_never_answered_whatever_their_flag(port: int) -> None:
    with Logger("127.0.0.1", port) as logger:
        for command in (9011, 9012, 9013, 9014):
            logger.send(logger.data(command, "QnRtn=1", 1))
        assert logger.silence()
        logger.send(logger.data(2011, realtime(now()), 1))
        assert logger.hear()["CN"] == "9014"


def test_packets_are_answered_one_by_one(folder: Path, port: int) -> None:
    moment = now().replace(microsecond=0) - dt.timedelta(hours=5)
    factors = ["a21002", "a21026", "a34013"]
    with Logger("127.0.0.1", port) as logger:
        numbers = [logger.qn() for _ in factors]
        for place, (qn, factor) in enumerate(zip(numbers, factors, strict=True), 1):
            packets = f"PNUM=3;PNO={place}"
            logger.send(logger.data(2011, realtime(moment, place, factor), 3, qn, packets))
        assert [logger.hear()["QN"] for _ in factors] == numbers
        one = logger.qn()  # other loggers use one number for all packets
        later = moment + dt.timedelta(minutes=1)
        for place, factor in enumerate(factors, 1):
            logger.send(logger.data(2011, realtime(later, place, factor), 3, one, f"PNUM=3;PNO={place}"))
        assert [logger.hear()["QN"] for _ in factors] == [one] * 3
    expected = [("realtime", factor, float(place)) for place, factor in enumerate(factors, 1)]
    assert rows(folder, MN, moment) == expected
    assert rows(folder, MN, moment + dt.timedelta(minutes=1)) == expected


def test_the_time_is_set_when_it_is_asked_for(port: int) -> None:
    with Logger("127.0.0.1", port, "110101A8900016F0000000E9") as logger:
        qn = logger.qn()
        logger.send(logger.data(1013, "PolId=a21002", 1, qn))
        heard = logger.hear()
        assert (heard["CN"], heard["QN"]) == ("9013", qn)
        request = logger.hear()
        assert (request["CN"], request["ST"], request["Flag"]) == ("1012", "31", "5")
        fields = dict(part.split("=") for part in request.content.split(";"))
        assert fields["PolId"] == "a21002"
        told = dt.datetime.strptime(fields["SystemTime"], "%Y%m%d%H%M%S")
        assert abs(told - now()) < dt.timedelta(seconds=5)
        logger.obey(request)
        assert logger.silence(1.5)
        logger.send(logger.data(1013, "", 1))  # every minute, say: answered, and the time is not set again at once
        assert logger.hear()["CN"] == "9013"
        assert logger.silence(1.5)


@pytest.mark.parametrize("command", [9015, 9021])
def test_a_heartbeat_is_answered_as_a_notice(command: int, port: int) -> None:
    with Logger("127.0.0.1", port, flag_bits=8) as logger:
        qn = logger.qn()
        logger.send(logger.data(command, "", 1, qn))
        heard = logger.hear()
        assert (heard["CN"], heard["QN"], heard["Flag"]) == ("9013", qn, "8")


def test_settings_are_told_in_order_and_again_after_a_boot(port: int) -> None:
    expected = ["1012", "1000", "1062", "1064"]
    with Logger("127.0.0.1", port, ASKED) as logger:
        logger.send(logger.data(2011, realtime(now()), 1))
        assert logger.hear()["CN"] == "9014"
        told = []
        for _ in expected:
            request = logger.hear()
            told.append(request["CN"])
            logger.obey(request)
        assert told == expected
        logger.send(logger.data(2081, f"DataTime={now():%Y%m%d%H%M%S};RestartTime={now():%Y%m%d%H%M%S}", 1))
        assert logger.hear()["CN"] == "9014"
        request = logger.hear()
        assert request["CN"] == "1012"
        again = logger.hear()  # not answered within OverTime: once more with the same number, and the time as it is now
        assert (again["QN"], again["CN"]) == (request["QN"], "1012")
        assert logger.hear(6)["CN"] == "1000"  # and then it is given up


def test_history_is_asked_for_and_taken(folder: Path, port: int) -> None:
    mn = "110101A8900016F0000000FA"
    begin = (now() - dt.timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    end = begin + dt.timedelta(hours=8)
    with Logger("127.0.0.1", port, mn) as logger:
        logger.send(logger.data(2011, realtime(now()), 1))
        assert logger.hear()["CN"] == "9014"
        lantu(folder, "gateway", "ask", mn, "--kind", "minute", "--from", f"{begin:%Y-%m-%dT%H:%M}",
              "--to", f"{end:%Y-%m-%dT%H:%M}")  # fmt: skip
        request = logger.hear(10)
        assert (request["CN"], request["MN"]) == ("2051", mn)
        times = dict(part.split("=") for part in request.content.split(";"))
        assert times["BeginTime"] == f"{begin:%Y%m%d%H%M%S}"
        minutes = [begin + dt.timedelta(minutes=10 * step) for step in range(3)]
        contents = [
            f"DataTime={minute:%Y%m%d%H%M%S};a21002-Min=1.1,a21002-Avg=2.2,a21002-Max=3.3,a21002-Flag=N"
            for minute in minutes
        ]
        answers = logger.obey(request, contents)
        assert [heard["CN"] for heard in answers] == ["9014"] * 3
        second = logger.hear()  # more than six hours are asked for in pieces
        assert dict(part.split("=") for part in second.content.split(";"))["EndTime"] == f"{end:%Y%m%d%H%M%S}"
        logger.obey(second, result=100)  # no data is no error
        assert logger.silence(1.5)
    assert rows(folder, mn, minutes[2]) == [("minute", "a21002", 2.2)]


def test_a_request_that_is_refused_is_not_repeated(folder: Path, port: int) -> None:
    mn = "110101A8900016F0000001AB"
    with Logger("127.0.0.1", port, mn) as logger:
        logger.send(logger.data(2011, realtime(now()), 1))
        assert logger.hear()["CN"] == "9014"
        lantu(folder, "gateway", "ask", mn, "--kind", "day", "--from", "2021-06-01T00:00", "--to", "2021-06-03T00:00")
        request = logger.hear(10)
        assert request["CN"] == "2031"
        logger.answer(request, 9011, "QnRtn=2")
        assert logger.silence(2)


def test_a_wrong_password_is_told_and_the_right_one_is_heard(port: int) -> None:
    with Logger("127.0.0.1", port, STRICT, password="000000") as logger:
        logger.send(logger.data(2011, realtime(now()), 1))
        heard = logger.hear()
        assert (heard["CN"], heard.content) == ("9011", "QnRtn=3")
        logger.password = "654321"
        logger.send(logger.data(2011, realtime(now()), 1))
        assert logger.hear()["CN"] == "9014"


@pytest.mark.parametrize(
    ("command", "content"),
    [
        (1011, "SystemTime={time}"),
        (1061, "RtdInterval=60"),
        (1063, "MinInterval=10"),
        (2021, "DataTime={time};SB1-RS=1;SB2-RS=0"),
        (2031, "DataTime={time};a21002-Cou=12.5,a21002-Avg=3.1,a21002-Flag=N"),
        (2041, "DataTime={time};SB1-RT=22.5"),
        (2051, "DataTime={time};a21002-Avg=3.1,a21002-Flag=N"),
        (2061, "DataTime={time};a21002-Cou=12.5,a21002-Avg=3.1,a21002-ZsAvg=4.4,a21002-Flag=N"),
        (2081, "DataTime={time};RestartTime={time}"),
        (3015, "DataTime={time};VaseNo=1"),
        (3019, "PolId=a21002;a21002-SN=110101A8900016F000169DC0"),
        (3020, "PolId=a21002;InfoId=i11001;DataTime={time};i11001-Info=//更换试剂//"),
    ],
)
def test_whatever_a_logger_uploads_is_answered(command: int, content: str, port: int) -> None:
    with Logger("127.0.0.1", port, "110101A8900016F0000001BC") as logger:
        qn = logger.qn()
        logger.send(logger.data(command, content.format(time=f"{now():%Y%m%d%H%M%S}"), 1, qn))
        heard = logger.hear()
        assert (heard["CN"], heard["QN"]) == ("9014", qn)


def test_ciphered_contents_are_rows(folder: Path, port: int) -> None:
    """Length and checksum are of the plain frame; groups of 16 are ciphered, a shorter rest stays plain."""
    from cryptography.hazmat.primitives.ciphers import Cipher, modes
    from cryptography.hazmat.primitives.ciphers.algorithms import SM4

    moment = now().replace(microsecond=0) - dt.timedelta(hours=7)
    with Logger("127.0.0.1", port, KEYED, flag_bits=8) as logger:
        data = logger.data(2011, realtime(moment, 12.5), 1).encode()
        head, content = data[: data.index(b"CP=&&") + 5], data[data.index(b"CP=&&") + 5 : -2]
        whole = len(content) // 16 * 16
        cipher = Cipher(SM4(bytes.fromhex("00112233445566778899aabbccddeeff")), modes.ECB()).encryptor()
        plain = packed(data)
        sealed = head + cipher.update(content[:whole]) + content[whole:] + b"&&"
        logger.send(plain[:6] + sealed + plain[-6:])
        assert logger.hear()["CN"] == "9014"
    assert rows(folder, KEYED, moment) == [("realtime", "a21002", 12.5)]


def test_a_logger_that_breaks_off_in_the_middle_comes_back_with_its_backlog(folder: Path, port: int) -> None:
    mn = "110101A8900016F0000001CD"
    start = now().replace(microsecond=0) - dt.timedelta(hours=9)
    with Logger("127.0.0.1", port, mn) as logger:
        logger.send(packed(logger.data(2011, realtime(start), 1))[:70])
    with Logger("127.0.0.1", port, mn) as logger:
        moments = [start + dt.timedelta(seconds=30 * step) for step in range(200)]
        logger.send(b"".join(packed(logger.data(2011, realtime(moment), 1)) for moment in moments))
        assert {logger.hear()["CN"] for _ in moments} == {"9014"}
    assert rows(folder, mn, start) == [("realtime", "a21002", 31.6)]
    assert rows(folder, mn, moments[-1]) == [("realtime", "a21002", 31.6)]
