"""Frames that are written are as the standard prints them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from lantu.gateway.hj212 import Upload, data_segment, frame_of, frames_of, read_packet
from lantu.gateway.hj212.writing import stamp

MN = "110101A8900016F000169DC0"


def test_g02_written(samples: dict[str, dict[str, Any]]) -> None:
    upload = Upload(MN, "31", 2011, {"a21026": 2, "a21002": 1, "a34013": 1}, suffixes=("Rtd", "ZsRtd"))
    time = dt.datetime(2021, 6, 15, 10, 15)
    values = np.array([[[8.42, 10.15], [31.6, 38.1], [2.3, 2.8]]])
    (frame,) = upload.frames([time], values, numbers=["20210615101500123"])
    sample = samples["G02"]["frame"]
    assert frame[6:90] == sample[6:90]
    content = read_packet(sample).content.partition(";a19001")[0]
    assert read_packet(frame).content == content


def test_every_field_in_order() -> None:
    data = data_segment(
        number="1", system="31", command=2011, device="M", flag=11, content="A=1", packets=2, packet=1, resent=True
    )
    assert data == b"QN=1;ST=31;CN=2011;PW=123456;MN=M;Flag=11;PNUM=2;PNO=1;RF=1;CP=&&A=1&&"
    assert data_segment(number="", system="31", command=2011, device="M", flag=None) == (
        b"ST=31;CN=2011;PW=123456;MN=M;CP=&&&&"
    )


def test_many_at_once_are_the_same() -> None:
    segments = [
        data_segment(number=str(n), system="31", command=2011, device="M" * n, content="x" * n * 7)
        for n in range(1, 40)
    ]
    assert frames_of(segments) == [frame_of(segment) for segment in segments]


def test_flags_and_numbers() -> None:
    upload = Upload(MN, "31", 2051, {"a21026": 1}, suffixes=("Min", "Avg", "Max"), edition="2025", wants_answer=False)
    time = dt.datetime(2021, 6, 15, 10, 15, 0, 7000)
    first, second = (read_packet(f) for f in upload.frames([time] * 2, np.ones((2, 3)), [["N"], ["D"]], ["5", "6"]))
    assert (first.number, second.number, first.flag, first.edition) == ("5", "6", 8, "2025")
    assert (first.item("a21026-Flag"), second.item("a21026-Flag")) == ("N", "D")
    assert stamp(time) == "20210615101500007"
