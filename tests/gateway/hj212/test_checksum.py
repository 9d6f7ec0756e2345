"""The checksum against the published one, in all three forms."""

from __future__ import annotations

from types import ModuleType

from hypothesis import given, settings
from hypothesis import strategies as st

from lantu.gateway.hj212.checksum import CHECKSUM, Prefixes, checksum, modbus, states

STANDARD_SAMPLE = (
    b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&"
)


def test_the_sample_of_the_standard() -> None:
    assert checksum(STANDARD_SAMPLE) == 0x1C80
    assert modbus(STANDARD_SAMPLE) == 0x0759


def test_there_are_256_values() -> None:
    assert len(set(CHECKSUM)) == 256


@settings(max_examples=300)
@given(segments=st.lists(st.binary(min_size=1, max_size=70), min_size=1, max_size=8))
def test_same_as_the_published_checksum(hjcrc: ModuleType, segments: list[bytes]) -> None:
    expected = [hjcrc.crc16(segment) for segment in segments]
    assert [checksum(segment) for segment in segments] == expected
    assert [CHECKSUM[state] for state in states(segments)] == expected
    assert [modbus(segment) for segment in segments] == [hjcrc.crc16_modbus(segment) for segment in segments]


@given(buffer=st.binary(min_size=2, max_size=100), data=st.data())
def test_any_piece_of_a_buffer(buffer: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(buffer) - 1))
    end = data.draw(st.integers(start + 1, len(buffer)))
    assert Prefixes(buffer).checksum(start, end) == checksum(buffer[start:end])


def test_none_is_none() -> None:
    assert states([]) == []
