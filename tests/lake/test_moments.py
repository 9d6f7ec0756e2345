"""Which files of a stream have rows of the same stations and seconds: exactly, and in bounded memory."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lantu.lake import Lake, moments
from lantu.lake.moments import Moments
from lantu.lake.store import StreamStore

START = dt.datetime(2021, 6, 15, 10)


def rows(*pairs: tuple[str, int]) -> pa.Table:
    """Rows of station and second."""
    return pa.table(
        {
            "station": pa.array([station for station, _ in pairs]).dictionary_encode(),
            "time": pa.array([START + dt.timedelta(seconds=second) for _, second in pairs], pa.timestamp("us")),
        }
    )


def file_of(folder: Path, name: str, *pairs: tuple[str, int]) -> str:
    path = folder / name
    pq.write_table(rows(*pairs), path)
    return str(path)


def test_only_files_with_the_same_station_and_second_count(tmp_path: Path) -> None:
    first = file_of(tmp_path, "a", ("A", 0), ("A", 1), ("B", 5))
    second = file_of(tmp_path, "b", ("B", 0), ("A", 2))
    known = Moments()
    assert known.files_with_any([first, second], rows(("A", 3), ("B", 1), ("C", 0))) == []
    assert known.files_with_any([first, second], rows(("C", 0), ("B", 5))) == [first]
    assert known.files_with_any([first, second], rows(("A", 2), ("A", 1))) == [first, second]


def test_times_before_1970_and_stations_without_a_name_are_told_apart(tmp_path: Path) -> None:
    old = -40 * 365 * 86_400
    file = file_of(tmp_path, "a", ("A", old), ("", 7))
    known = Moments()
    assert known.files_with_any([file], rows(("A", old + 1), ("B", old), ("A", 7))) == []
    assert known.files_with_any([file], rows(("A", old))) == [file]
    assert known.files_with_any([file], rows(("", 7))) == [file]


def test_what_is_held_is_bounded_and_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moments, "MOST_HELD", 10)
    monkeypatch.setattr(moments, "MOST_STATIONS", 5)
    files = [file_of(tmp_path, f"{each}", *((f"S{each}", second) for second in range(6))) for each in range(8)]
    known = Moments()
    for each in range(8):
        assert known.files_with_any(files, rows((f"S{each}", 3))) == [files[each]]
    assert known._held <= 10


def test_a_stream_sees_what_others_wrote_and_that_it_was_made_anew(tmp_path: Path) -> None:
    def reading(value: float, second: int) -> pa.Table:
        return pa.table(
            {
                "station": pa.array(["A"]),
                "time": pa.array([START + dt.timedelta(seconds=second)], pa.timestamp("us")),
                "kind": pa.array(["hour"]),
                "factor": pa.array(["a1"]),
                "value": pa.array([value]),
            }
        )

    mine, other = Lake(tmp_path / "lake"), Lake(tmp_path / "lake")
    mine.add("device_readings", reading(1, 0), "test", False)
    other.add("device_readings", reading(1, 1), "test", False)
    assert mine.add("device_readings", reading(1, 1), "test", False).rows_unchanged == 1
    assert mine.add("device_readings", reading(2, 1), "test", False).rows_changed == 1
    (tmp_path / "lake" / "device_readings").rename(tmp_path / "elsewhere")
    for second in range(4):  # as many versions as the older table had
        other.add("device_readings", reading(9, second), "test", False)
    assert mine.add("device_readings", reading(9, 3), "test", False).rows_unchanged == 1
    assert mine.add("device_readings", reading(8, 3), "test", False).rows_changed == 1


def test_a_stream_that_failed_to_write_is_opened_anew(tmp_path: Path) -> None:
    store = StreamStore(tmp_path / "none")
    with pytest.raises(RuntimeError), store._saying_what_failed():
        store._table = object()
        raise RuntimeError
    assert store._table is None
