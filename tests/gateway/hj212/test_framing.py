"""Frames out of streams, against the reference splitter, however the stream is cut and damaged."""

from __future__ import annotations

import random
from types import ModuleType
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lantu.gateway.hj212.framing import LONGEST, Splitter, dissect
from lantu.gateway.hj212.writing import data_segment, frame_of

Samples = dict[str, dict[str, Any]]


def whole_split(stream: bytes) -> list[bytes]:
    splitter = Splitter()
    return splitter.feed(stream) + splitter.feed(b"")


def cut_split(stream: bytes, cuts: list[int]) -> list[bytes]:
    splitter, frames, begin = Splitter(), [], 0
    for cut in [*sorted(cuts), len(stream)]:
        if cut > begin:
            frames += splitter.feed(stream[begin:cut])
            begin = cut
    return frames + splitter.feed(b"")


def reference_split(hjsplit: ModuleType, stream: bytes) -> list[bytes]:
    splitter = hjsplit.Splitter()
    return [frame for _, _, frame in [*splitter.feed(stream), *splitter.feed(b"", True)]]


def example(number: int, text: str = "a21002-Rtd=31.6,a21002-Flag=N") -> bytes:
    return frame_of(
        data_segment(
            number=f"20210615140000{number:03d}",
            system="31",
            command=2011,
            device="110101A8900016F000169DC0",
            flag=5,
            content=f"DataTime=20210615140000;{text}",
        )
    )


def test_each_sample_alone_as_the_reference(samples: Samples, hjsplit: ModuleType) -> None:
    for name, sample in samples.items():
        assert whole_split(sample["frame"]) == reference_split(hjsplit, sample["frame"]), name


def test_all_samples_glued_together_however_they_are_cut(samples: Samples, hjsplit: ModuleType) -> None:
    stream = b"".join(sample["frame"] for sample in samples.values())
    expected = reference_split(hjsplit, stream)
    assert len(expected) == 52
    source = random.Random(212)
    for longest in (1, 7, 100, 9000):
        for _ in range(10):
            cuts = [source.randrange(len(stream)) for _ in range(2 * len(stream) // longest)]
            assert cut_split(stream, cuts) == expected
    assert cut_split(stream, list(range(len(stream)))) == expected


def test_half_a_frame_waits_and_junk_is_counted() -> None:
    splitter = Splitter()
    assert splitter.feed(b"\x00\xffOK\r\n#" + example(1)[:40]) == []
    assert (splitter.junk, splitter.waiting) == (5, 40)
    assert splitter.feed(example(1)[40:]) == [example(1)]
    assert splitter.waiting == 0


def test_text_that_looks_like_a_frame_is_not_cut() -> None:
    inner = example(7).decode().strip()
    frame = example(1, f"i11001-Info=//{inner} ##0101 && 1C80//")
    assert cut_split(frame + example(2), list(range(300))) == [frame, example(2)]


def test_a_length_that_counts_too_much_is_not_waited_for() -> None:
    """Length with checksum and end, a checksum without its zero, LF only: the device waits for its answer."""
    frame = example(1)
    six_more = b"##%04d" % (len(frame) - 6) + frame[6:]
    assert Splitter().feed(six_more) == [six_more]
    assert Splitter().feed(frame[:-2] + b"\n") == [frame[:-2] + b"\n"]


def test_a_damaged_length_loses_no_neighbour() -> None:
    for length in (b"0000", b"0001", b"0139", b"0141", b"0300", b"0304", b"9999", b"8000", b"01A9", b"140"):
        damaged = b"##" + length + example(1)[6:]
        frames = whole_split(example(0) + damaged + example(2) + example(3))
        assert frames[0] == example(0)
        assert frames[-2:] == [example(2), example(3)], length


def test_a_length_damaged_to_the_end_of_a_neighbour_does_not_swallow_it() -> None:
    wrong = example(1).replace(b"31.6", b"81.6")
    both = len(wrong) + len(example(2)) - 12
    damaged = b"##%04d" % both + wrong[6:]
    assert whole_split(damaged + example(2) + example(3)) == [damaged, example(2), example(3)]


def test_a_header_that_was_cut_behind_its_length_does_not_swallow_the_next_frame() -> None:
    """Its length leads to the end of the next frame, whose checksum confirms the inner one and not the outer."""
    inner = example(1, "a21002-Rtd=8.5,a21002-Flag=N")
    outer = b"##%04d" % (len(inner) - 12 + 6) + inner
    assert outer.startswith(b"##0145##0139")
    assert cut_split(outer + example(2), []) == [b"##0145", inner, example(2)]


def test_text_that_looks_like_a_header_does_not_swallow_the_next_frame() -> None:
    """The end of the first is lost, and the number in its text leads to the end of the next one."""
    second = example(2)
    text = b" && 1C80//&&88"
    first = example(1, "i11001-Info=//err ").rstrip(b"\r\n")[:-6]
    damaged = first + b"##%04d" % (len(text) + len(second) - 6) + text
    assert second in cut_split(damaged + second + example(3), [])


def test_the_buffer_is_bounded() -> None:
    splitter = Splitter()
    for piece in (b"##QN=1", b"x" * 997, b"##9", b"##8192QN", b"&&12"):
        for _ in range(60):
            splitter.feed(piece)
            assert splitter.waiting <= LONGEST + 12
    splitter.feed(b"##")
    for _ in range(40):
        splitter.feed(b"Q" * 1000)
        assert splitter.waiting <= LONGEST + 12


@pytest.mark.parametrize(
    ("frame", "oddities", "damage"),
    [
        (example(1), [], ""),
        (example(1)[:-2] + b"\n", ["lf_only"], ""),
        (example(1)[:-2], ["no_crlf"], ""),
        (example(1)[:-4] + b"00\r\n", [], "crc_wrong"),
        (b"##QN=1;CP=&&&&\r\n", [], "no_frame"),
        (b"##", ["no_crlf"], "no_frame"),
    ],
)
def test_dissect(frame: bytes, oddities: list[str], damage: str) -> None:
    parts = dissect(frame)
    assert (parts.oddities, parts.damage) == (oddities, damage)


# Damaged streams


def damaged_stream(source: random.Random, count: int, damaged: float = 0.3) -> tuple[bytes, list[bytes]]:
    """A stream of frames, some of them damaged, and the undamaged ones."""
    stream, undamaged = b"", []
    for number in range(count):
        frame = example(number, source.choice(_TEXTS))
        if source.random() < damaged:
            frame = damage(frame, source)
        else:
            undamaged.append(frame)
        stream += frame
    return stream, undamaged


_TEXTS = (
    "a21002-Rtd=31.6,a21002-Flag=N",
    "i11001-Info=//err ##0101 && 1C80//",
    "i11001-Info=//&&1C80##//",
    "w01018-Rtd=1",
)


def damage(frame: bytes, source: random.Random) -> bytes:
    """One of the ways in which lines damage a frame."""
    place = source.randrange(len(frame))
    kind = source.randrange(9)
    if kind == 0:
        return frame[:place] + bytes([source.randrange(256)]) + frame[place + 1 :]
    if kind == 1:
        return frame[:place]
    if kind == 2:
        return frame[place:]
    if kind == 3:
        return frame[:place] + source.randbytes(source.randrange(1, 20)) + frame[place:]
    if kind == 4:
        return frame[:place] + frame[place + source.randrange(1, 20) :]
    if kind == 5:
        return b"##%04d" % source.randrange(10000) + frame[6:]
    if kind == 6:
        return frame[: frame.rfind(b"&&") + 2] + source.choice([b"", b"\r\n", b"1\n", b"  \r\n", b"##", b"#"])
    if kind == 7:
        return frame[:-2] + source.choice([b"", b"\n", b"\r", b"  \r\n", b"\r\n\r\n", b"\x00\r\n"])
    return source.choice([b"##", b"#", b"\r\n", b"&&", b"##0", b"##0140"]) + frame


def lost(expected: list[bytes], frames: list[bytes]) -> list[bytes]:
    """Expected frames that did not come out; the end of a frame may be missing where the next byte was damaged."""
    got = {frame.rstrip(b"\r\n") for frame in frames}
    return [frame for frame in expected if frame.rstrip(b"\r\n") not in got]


def check_stream(source: random.Random, hjsplit: ModuleType) -> None:
    """No exception; no undamaged frame lost that the reference keeps, with whatever cuts."""
    stream, undamaged = damaged_stream(source, source.randrange(1, 6))
    cuts = [source.randrange(len(stream)) for _ in range(source.randrange(6))] if stream else []
    frames = cut_split(stream, cuts)
    for frame in frames:
        dissect(frame)
    missing = lost(undamaged, frames)
    if missing:
        kept = reference_split(hjsplit, stream)
        assert lost(missing, kept) == missing, (stream, cuts)


def test_damaged_streams_lose_no_neighbour(hjsplit: ModuleType) -> None:
    source = random.Random(2017)
    for _ in range(3000):
        check_stream(source, hjsplit)


@settings(max_examples=300)
@given(stream=st.binary(max_size=300), cuts=st.lists(st.integers(0, 299), max_size=5))
def test_any_bytes_raise_nothing_and_none_are_lost(stream: bytes, cuts: list[int]) -> None:
    splitter, frames, begin = Splitter(), [], 0
    for cut in [*sorted(min(cut, len(stream)) for cut in cuts), len(stream)]:
        if cut > begin:
            frames += splitter.feed(stream[begin:cut])
            begin = cut
    frames += splitter.feed(b"")
    assert splitter.waiting == 0
    assert sum(map(len, frames)) + splitter.junk <= len(stream)
    for frame in frames:
        dissect(frame)


PIECES = [b"##", b"0140", b"QN=1", b";CP=&&", b"&&", b"1C80", b"\r\n", b"\n", b"#", b"0002", b"Flag=9;"]


@settings(max_examples=500)
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=30))
def test_streams_of_marks_as_the_reference(hjsplit: ModuleType, pieces: list[bytes]) -> None:
    stream = b"".join(pieces)
    try:
        expected = reference_split(hjsplit, stream)
    except AttributeError:  # the reference falls over a line end right behind a header
        assume(False)
    assert whole_split(stream) == expected
