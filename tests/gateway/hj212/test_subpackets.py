"""Sub-packets that are cut anywhere, out of order, repeated or never come (26 of the list of malformations)."""

from __future__ import annotations

import datetime as dt

import pytest

from lantu.gateway.hj212 import contents_of, data_segment, frame_of, read_packet
from lantu.gateway.hj212.packet import Packet
from lantu.gateway.hj212.subpackets import WAIT, Joined, SubPackets, cut_off
from lantu.gateway.hj212.writing import LONGEST_CONTENT, in_packets

NOON = dt.datetime(2021, 6, 15, 12)
WHOLE = (
    "DataTime=20210615120000;a24088-Rtd=7.120,a24088-Flag=N;a25002-Rtd=0.310,a25002-Flag=N;a25003-Rtd=0.9,a25003-Flag=D"
)


def packet(content: str, number: int, total: int = 2) -> Packet:
    data = data_segment(
        number=f"20210615120000{number:03d}", system="31", command=2011, device="110101A8900016F000169DC0", flag=7,
        packets=total, packet=number, content=content,
    )  # fmt: skip
    return read_packet(frame_of(data))


def join(packets: list[Packet]) -> tuple[Joined | None, list[str]]:
    """What comes of packets that arrive in this order, and the oddities of those given up."""
    waiting, odd, joined = SubPackets(), [], None
    for place, part in enumerate(packets):
        joined, given_up = waiting.add(part, place, NOON)
        odd += [oddity for _, oddity in given_up]
    return joined, odd


def values(joined: Joined | None) -> dict[str, tuple[float | None, str]]:
    assert joined is not None
    return {r.factor: (r.numbers.get("value"), r.flag) for r in contents_of(joined.whole).readings}


ALL = {"a24088": (7.12, "N"), "a25002": (0.31, "N"), "a25003": (0.9, "D")}


@pytest.mark.parametrize("cut", range(1, len(WHOLE)))
def test_cut_anywhere(cut: int) -> None:
    joined, odd = join([packet(WHOLE[:cut], 1), packet(WHOLE[cut:], 2)])
    assert values(joined) == ALL
    assert odd == []


def test_three_packets_that_repeat_the_time() -> None:
    groups = WHOLE.split(";")
    parts = [f"{groups[0]};{group}" for group in groups[1:]]
    joined, _ = join([packet(part, number, 3) for number, part in enumerate(parts, 1)])
    assert values(joined) == ALL
    assert joined is not None
    assert joined.oddities == []
    assert not any(cut_off(packet(part, number, 3)) for number, part in enumerate(parts, 1))


def test_out_of_order() -> None:
    joined, _ = join([packet(WHOLE[60:], 2), packet(WHOLE[:60], 1)])
    assert values(joined) == ALL
    assert joined is not None
    assert joined.places == [1, 0]
    assert "sub_packet_order" in joined.oddities


def test_one_comes_twice() -> None:
    joined, odd = join([packet(WHOLE[:60], 1), packet(WHOLE[:60], 1), packet(WHOLE[60:], 2)])
    assert values(joined) == ALL
    assert odd == ["sub_packet_repeated"]


def test_totals_that_differ() -> None:
    joined, _ = join([packet(WHOLE[:60], 1, 2), packet(WHOLE[60:80], 2, 3), packet(WHOLE[80:], 3, 3)])
    assert values(joined) == ALL
    assert joined is not None
    assert "sub_packet_total_differs" in joined.oddities


def test_one_that_never_comes() -> None:
    waiting = SubPackets()
    waiting.add(packet(WHOLE[:60], 1), 0, NOON)
    assert waiting.waiting() == [0]
    later = NOON + WAIT + dt.timedelta(seconds=1)
    joined, given_up = waiting.add(packet(WHOLE[:60], 1), 1, later)
    assert (joined, given_up) == (None, [(0, "sub_packet_incomplete")])


def test_the_next_upload_begins_while_one_is_missing() -> None:
    other = WHOLE.replace("20210615120000", "20210615120030")
    joined, odd = join([packet(WHOLE[:60], 1), packet(other[:60], 1), packet(other[60:], 2)])
    assert values(joined) == ALL
    assert joined is not None
    assert (joined.places, odd) == ([1, 2], ["sub_packet_incomplete"])


def test_contents_are_dealt_out_in_whole_groups() -> None:
    groups = [f"a24{n:03d}-Rtd={n}.125,a24{n:03d}-Flag=N" for n in range(100)]
    contents = in_packets("20210615120000", groups)
    assert all(len(content) <= LONGEST_CONTENT for content in contents)
    assert all(content.startswith("DataTime=20210615120000;") for content in contents)
    assert ";".join(content.split(";", 1)[1] for content in contents).split(";") == groups
