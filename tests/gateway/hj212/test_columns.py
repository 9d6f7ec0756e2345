"""Columns against single decoding: two ways, the same rows, for regular and irregular frames alike."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantu.gateway.arrivals import Decoded, Kept
from lantu.gateway.hj212 import Hj212, OpenPolicy, Upload, data_segment, frame_of
from lantu.gateway.hj212.framing import Splitter
from lantu.gateway.hj212.readings import parse_number, parse_time
from lantu.gateway.hj212.writing import in_packets, sealed_frame_of

NOON = dt.datetime(2021, 6, 15, 12)
RECEIVED = int(dt.datetime(2021, 6, 15, 4, 1, tzinfo=dt.UTC).timestamp()) * 10**9
MN = "110101A8900016F000169DC0"
KEY = b"0" * 16


class Register(OpenPolicy):
    def sm4_key(self, mn: str) -> bytes | None:
        return KEY

    def allowed_factors(self, mn: str) -> set[str] | None:
        return {"a21026"} if mn.endswith("ONLY") else None

    def units(self, mn: str) -> dict[str, str]:
        return {"a34004": "mg/m3"} if mn.endswith("MG") else {}


def kept(frames: list[bytes]) -> Kept:
    return Kept(frames, [RECEIVED] * len(frames), range(len(frames)))


def rows_of(decoded: Decoded) -> dict[str, list[tuple[Any, ...]]]:
    return {
        name: sorted((tuple(row.values()) for row in table.to_pylist()), key=repr)
        for name, table in decoded.tables.items()
    }


def check_same(frames: list[bytes], policy: OpenPolicy | None = None) -> Decoded:
    """Decode both ways, and twice as columns: the second time all shapes are known."""
    protocol = Hj212(policy or Register())
    slow = protocol._columns.decode_singly(kept(frames))
    for _ in range(2):
        fast = protocol.decode(kept(frames))
        assert fast.undecoded == slow.undecoded
        assert rows_of(fast) == rows_of(slow)
    return fast


def frame(content: str, **fields: Any) -> bytes:
    known = {"number": "20210615120000001", "system": "31", "command": 2011, "device": MN, "flag": 5}
    return frame_of(data_segment(**{**known, **fields}, content=content))


def test_realtime_rows() -> None:
    upload = Upload(MN, "31", 2011, {"a21026": 2, "a34004": 1}, suffixes=("Rtd", "ZsRtd"))
    values = np.array([[[8.42, 10.15], [-3.5, 0.0]]] * 6)
    decoded = check_same(upload.frames([NOON + dt.timedelta(seconds=s) for s in range(6)], values))
    table = decoded.tables["readings"]
    first, second = sorted(table.to_pylist(), key=lambda row: (row["frame"], row["factor"]))[:2]
    assert first == {
        "device": MN, "frame": 0, "time": NOON, "kind": "realtime", "factor": "a21026", "value": 8.42,
        "minimum": None, "maximum": None, "total": None, "converted": 10.15, "converted_minimum": None,
        "converted_maximum": None, "flag": "N", "unit": None, "conflict": False, "late": False,
    }  # fmt: skip
    assert (second["factor"], second["value"], second["converted"]) == ("a34004", -3.5, 0.0)
    assert table.num_rows == 12
    assert not decoded.undecoded


@pytest.mark.parametrize(("command", "kind"), [(2051, "minute"), (2061, "hour"), (2031, "day")])
def test_intervals(command: int, kind: str) -> None:
    upload = Upload(MN, "32", command, {"w01018": 2}, suffixes=("Cou", "Min", "Avg", "Max"))
    decoded = check_same(upload.frames([NOON] * 8, np.array([[[1.52, 38.1, 41.25, 44.7]]] * 8)))
    row = decoded.tables["readings"].to_pylist()[0]
    assert (row["kind"], row["total"], row["minimum"], row["value"], row["maximum"]) == (kind, 1.52, 38.1, 41.25, 44.7)


def test_sample_frames_both_ways(samples: dict[str, dict[str, Any]]) -> None:
    frames = [
        piece for sample in samples.values() for piece in Splitter().feed(sample["frame"]) for _ in range(5)
    ]  # fmt: skip
    decoded = check_same(frames)
    assert decoded.tables["readings"].num_rows > 5 * 30


def test_the_register_allows_factors_and_gives_units() -> None:
    upload = {name: Upload(f"DEVICE_{name}", "31", 2011, {"a21026": 1, "a34004": 1}) for name in ("ONLY", "MG")}
    frames = [part for one in upload.values() for part in one.frames([NOON] * 5, np.ones((5, 2)))]
    decoded = check_same(frames)
    rows = decoded.tables["readings"].to_pylist()
    assert {(row["device"], row["factor"], row["unit"]) for row in rows} == {
        ("DEVICE_ONLY", "a21026", None),
        ("DEVICE_MG", "a21026", None),
        ("DEVICE_MG", "a34004", "mg/m3"),
    }
    odd = decoded.tables["oddities"].to_pylist()
    assert [(row["frame"], row["oddity"]) for row in odd] == [(n, "factor_not_allowed") for n in range(5)]


def test_wrong_clocks_and_impossible_days_give_no_rows() -> None:
    frames = [
        frame(f"DataTime={time};a21002-Rtd=31.6,a21002-Flag=N")
        for time in ("20210615120000", "20210615121001", "20210615121101", "20210231120000", "19991231235959")
        for _ in range(5)
    ]
    decoded = check_same(frames)
    assert set(decoded.tables["readings"]["frame"].to_pylist()) == set(range(10))
    assert [decoded.undecoded[n] for n in (10, 15, 20)] == ["clock", "impossible_time", "clock"]


def test_sealed_frames_are_opened_or_kept_shut() -> None:
    data = data_segment(
        number="20210615120000001", system="31", command=2011, device=MN, flag=9,
        content="DataTime=20210615120000;a21002-Rtd=31.2,a21002-Flag=N",
    )  # fmt: skip
    frames = [sealed_frame_of(data, KEY)] * 6
    assert check_same(frames).tables["readings"]["value"].to_pylist() == [31.2] * 6
    assert set(check_same(frames, OpenPolicy()).undecoded.values()) == {"sealed"}


def test_packets_of_whole_groups_are_stored_singly() -> None:
    groups = [f"a{24000 + n}-Rtd={n}.5,a{24000 + n}-Flag=N" for n in range(1, 46)]
    contents = in_packets("20210615120000", groups)
    frames = [
        frame(content, flag=7, packets=len(contents), packet=place)
        for place, content in enumerate(contents, 1)
    ] * 5  # fmt: skip
    decoded = check_same(frames)
    assert decoded.tables["readings"].num_rows == 45 * 5
    assert not decoded.undecoded


def test_packets_cut_in_the_middle_of_a_group_are_joined() -> None:
    text = "DataTime=20210615120000;a24088-Rtd=7.120,a24088-Flag=N;a25002-Rtd=0.310,a25002-Flag=D"
    for cut in range(24, len(text)):
        parts = [text[:cut], text[cut:]]
        frames = [frame(part, flag=7, packets=2, packet=n) for n, part in enumerate(parts, 1)]
        decoded = check_same(frames)
        values = {row["factor"]: (row["value"], row["flag"]) for row in decoded.tables["readings"].to_pylist()}
        assert values == {"a24088": (7.12, "N"), "a25002": (0.31, "D")}, parts


def test_cut_packets_among_regular_ones_of_their_shape() -> None:
    """The first part is regular by itself and was decoded as columns, with a factor that is in no list."""
    first = "DataTime=20210615120000;a24999-Rtd=7.1,a24999-Flag=N"
    whole = [frame(first, device=f"DEVICE{n}", flag=7, packets=1, packet=1) for n in range(9)]
    cut = [
        frame(first, flag=7, packets=2, packet=1),
        frame(",a24999-Ori=4;a25002-Rtd=2.5", flag=7, packets=2, packet=2),
    ]
    decoded = check_same(whole + cut)
    assert decoded.tables["readings"].num_rows == 9 + 2
    assert decoded.undecoded == {10: "joined"}


def test_packet_numbers_beyond_their_total_give_no_rows() -> None:
    content = "DataTime=20210615120000;a21002-Rtd=31.6,a21002-Flag=N"
    decoded = check_same([frame(content, flag=7, packets=2, packet=3)] * 6)
    assert set(decoded.undecoded.values()) == {"packet_beyond_total"}


def test_nothing_gives_empty_tables() -> None:
    decoded = Hj212().decode(Kept([], [], []))
    assert {name: table.num_rows for name, table in decoded.tables.items()} == {
        "readings": 0, "facilities": 0, "information": 0, "oddities": 0,
    }  # fmt: skip


def test_later_frames_of_a_known_shape_are_still_looked_at() -> None:
    """A shape is learned from good frames; one whose values are out of order is decoded singly."""
    good = frame("DataTime=20210615120000;a21002-Rtd=31.6,a21002-Flag=N")
    frames = [good] * 8 + [
        frame("DataTime=20210615120000;a21002-Rtd=--,a21002-Flag=N"),
        frame("DataTime=20210615120000;a21002-Rtd=31.6,a21002-Flag=n"),
        frame("DataTime=20210615240000;a21002-Rtd=31.6,a21002-Flag=N"),
        frame("DataTime=20210615120000;a21002-Rtd=3.16e1,a21002-Flag=N"),
        frame("DataTime=20210615120000;a21002-Rtd=//31,6//,a21002-Flag=N"),
        frame("DataTime=20210615120000;a21002-Rtd=31.6,a21002-Flag=N", device="MÜLLER"),
        good[:-6] + b"0000\r\n",
    ]
    decoded = check_same(frames)
    assert decoded.undecoded[14] == "crc_wrong"


@pytest.mark.parametrize("tail", [";", ",", ";;", "&&", "tail", ";Flag=5"])
def test_a_tail_makes_another_frame(tail: str) -> None:
    content = "DataTime=20210615120000;a21002-Rtd=31.6,a21002-Flag=N"
    check_same([frame(content)] * 5 + [frame(content + tail)] * 5)
    check_same([frame(content + tail)] * 5 + [frame(content)] * 5)
    odd = frame_of(frame(content)[6:-6].replace(b"CP=&&", b"CP=;&"))
    check_same([frame(content)] * 5 + [odd] * 5)


def test_regular_frames_are_decoded_as_columns() -> None:
    """None of these is decoded singly, or the speed would not be what it is."""
    protocol = Hj212()
    protocol._columns._decode_singly = lambda raw, arrived, places, rows: places and pytest.fail("decoded singly")  # type: ignore[method-assign, assignment]
    for command, suffixes in ((2011, ("Rtd", "ZsRtd")), (2051, ("Cou", "Min", "Avg", "Max"))):
        upload = Upload(MN, "31", command, {"a21026": 2, "w00000": 0, "LA": 1, "PM10": 1}, suffixes=suffixes)
        frames = upload.frames([NOON] * 30, np.linspace(-200, 9e6, 30 * 4 * len(suffixes)))
        assert not protocol.decode(kept(frames)).undecoded


@pytest.mark.parametrize(("flag", "odd"), [(None, 0), (0, 0), (5, 20)])
def test_codes_of_2005_are_decoded_as_columns(flag: int | None, odd: int) -> None:
    content = "DataTime=20210615120000;B01-Rtd=36.91;011-Rtd=41.0,011-Flag=N"
    frames = [frame(content, flag=flag, system="32", device="88888880000001")] * 20
    decoded = check_same(frames)
    assert decoded.tables["oddities"]["oddity"].to_pylist() == ["code_2005"] * odd
    assert set(decoded.tables["readings"]["factor"].to_pylist()) == {"w00000", "w01018"}
    protocol = Hj212()
    protocol._columns._decode_singly = lambda raw, arrived, places, rows: places and pytest.fail("decoded singly")  # type: ignore[method-assign, assignment]
    assert protocol.decode(kept(frames)).tables["readings"].num_rows == 40


# Random frames


def random_content(source: random.Random) -> str:
    factors = source.choice([["a21026", "a21002"], ["w01018"], ["a34004", "LA", "PM10"], ["011", "B01"], ["01018"]])
    suffixes = source.choice([["Rtd"], ["Rtd", "ZsRtd"], ["Cou", "Min", "Avg", "Max"], ["Rtd", "Ori"], ["Data"]])
    content = f"DataTime={source.choice(_TIMES)}"
    for factor in factors * source.choice([1, 1, 1, 2]):
        fields = [f"{factor}-{suffix}={source.choice(_VALUES)}" for suffix in suffixes]
        if source.random() < 0.8:
            fields.append(f"{factor}-Flag={source.choice(_FLAGS)}")
        content += source.choice([";", ";", ";", ",", ";;", "; "]) + source.choice([",", ",", ",", ";"]).join(fields)
    return content + source.choice(["", "", "", ";", ",", "&&", ";Flag=5", "tail"])


_TIMES = ["20210615120000"] * 8 + ["202106151200", "20210615120000123", "20210615240000", "20210631000000", "x", ""]
_VALUES = ["31.6", "0.5", "12", "-4.25", "7.120", "24680", "123456.789"] * 3 + [
    "", "--", "NaN", "1e3", "+4", "3.1415926535897", "３１.６", "31 ", "a", "5.", ".5", "1,5", "//1;2//",
]  # fmt: skip
_FLAGS = ["N"] * 8 + ["D", "n", "X", "", "NN", "0"]


def random_frame(source: random.Random) -> bytes:
    packets = source.choice([0, 0, 0, 0, 1, 2])
    data = data_segment(
        number=source.choice(["20210615120000001"] * 5 + ["20210615120000", ""]),
        system=source.choice(["31", "32", "21"]),
        command=source.choice([2011, 2011, 2011, 2051, 2061, 2031, 2021, 3020, 9011]),
        device=source.choice([MN, MN, "DEVICE_MG", "DEVICE_ONLY", "88888880000001"]),
        flag=source.choice([4, 5, 5, 5, 8, 9, 0, None]) if not packets else 7,
        packets=packets,
        packet=source.choice([1, 1, 2]) if packets else 0,
        resent=source.random() < 0.1,
        content=random_content(source),
    )
    if source.random() < 0.05:
        data = data.replace(b";CP=", source.choice([b"CP=", b",CP=", b"; CP=", b";X=1;CP="]))
    whole = frame_of(data)
    if source.random() < 0.1:
        place = source.randrange(len(whole))
        whole = whole[:place] + bytes([source.randrange(256)]) + whole[place + 1 :]
    return whole


@pytest.mark.parametrize("seed", range(8))
def test_random_frames_both_ways(seed: int) -> None:
    source = random.Random(seed)
    frames = [random_frame(source) for _ in range(40)]
    # Each several times, so that the shape of each is studied.
    check_same([source.choice(frames) for _ in range(500)])


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.decimals(-9999, 9999, places=3), min_size=3, max_size=3),
    flags=st.lists(st.sampled_from("NDTB"), min_size=3, max_size=3),
    cuts=st.lists(st.integers(0, 3000), max_size=12),
    repeats=st.integers(1, 8),
)
def test_written_split_and_decoded_is_the_same(
    values: list[Any], flags: list[str], cuts: list[int], repeats: int
) -> None:  # fmt: skip
    upload = Upload(MN, "31", 2011, {"a21026": 3, "a21002": 3, "a34013": 3})
    times = [NOON - dt.timedelta(seconds=30 * n) for n in range(repeats)]
    numbers = np.array([[[float(value)] for value in values]] * repeats)
    stream = b"".join(upload.frames(times, numbers, [flags] * repeats))
    splitter, frames, begin = Splitter(), [], 0
    for cut in [*sorted(min(cut, len(stream)) for cut in cuts), len(stream)]:
        if cut > begin:
            frames += splitter.feed(stream[begin:cut])
            begin = cut
    assert len(frames) == repeats
    rows = check_same(frames).tables["readings"].to_pylist()
    said = {(row["time"], row["factor"]): (row["value"], row["flag"]) for row in rows}
    factors = ("a21026", "a21002", "a34013")
    expected = {
        (time, factor): (float(value), flag)
        for time in times
        for factor, value, flag in zip(factors, values, flags, strict=True)
    }
    assert said == expected


@settings(max_examples=100, deadline=None)
@given(texts=st.lists(st.text("0123456789.-+e", max_size=12), min_size=1, max_size=20))
def test_numbers_as_columns_are_the_same_to_the_last_bit(texts: list[str]) -> None:
    from lantu.gateway.hj212.digits import numbers, words_of

    octets = np.frombuffer(("0" * 16 + "".join(text + ";" for text in texts) + "0" * 16).encode(), np.uint8)
    size = np.array([len(text) for text in texts])
    start = 16 + np.concatenate([[0], np.cumsum(size + 1)[:-1]])
    value, good = numbers(octets, words_of(octets), start, start + size)
    for text, number, fine in zip(texts, value.tolist(), good.tolist(), strict=True):
        odd: list[str] = []
        expected = parse_number(text, odd)
        assert fine == (expected is not None and not odd)
        if fine:
            assert number == expected


@settings(max_examples=100, deadline=None)
@given(text=st.from_regex(r"(19|20)[0-9][0-9][01][0-9][0-3][0-9][0-2][0-9][0-6][0-9][0-6][0-9]", fullmatch=True))
def test_times_as_columns_are_the_same(text: str) -> None:
    from lantu.gateway.hj212.digits import times, words_of

    octets = np.frombuffer((text + "0" * 16).encode(), np.uint8)
    value, good = times(words_of(octets), np.array([0]))
    time, odd = parse_time(text)
    assert bool(good[0]) == (time is not None and not odd)
    if good[0]:
        assert value[0].astype(object) == time
