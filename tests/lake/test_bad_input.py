"""Whatever comes in: one clear message with file and place, nothing lost, nothing stored harmed."""

from __future__ import annotations

import datetime as dt
import io
import random
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lantu.base import LantuError, use_language
from lantu.lake import Lake

Publish = Callable[..., Path]
Stored = Callable[..., list[tuple[Any, ...]]]

GOOD = [["20210801", hour, "PM2.5", 10 + hour, 20 + hour] for hour in range(4)]


def refused(lake: Lake, *paths: Path, dataset: str = "air_hourly") -> str:
    """The message of an import of which nothing can be used; what was stored before stays."""
    before = lake.version(dataset) if dataset == "air_hourly" else None
    with pytest.raises(LantuError) as error:
        lake.import_files(dataset, list(paths))
    assert (lake.version(dataset) if dataset == "air_hourly" else None) == before
    return str(error.value)


def archive_of(path: Path, *files: Path) -> Path:
    with tarfile.open(path, "w:" + path.suffix.removeprefix(".").replace("tar", "")) as archive:
        for file in files:
            archive.add(file, file.name)
    return path


@pytest.mark.parametrize("ending", [".tar.xz", ".tar.gz", ".tar.bz2", ".tar", ".zip"])
def test_truncated_archive(ending: str, lake: Lake, publish: Publish, tmp_path: Path, stored: Stored) -> None:
    first, second = publish("one.csv", GOOD), publish("two.csv", [["20210802", 1, "PM2.5", 1, 2]])
    whole = tmp_path / f"data{ending}"
    if ending == ".zip":
        with zipfile.ZipFile(whole, "w") as bundle:
            for file in (first, second):
                bundle.write(file, file.name)
    else:
        archive_of(whole, first, second)
    cut = tmp_path / f"cut{ending}"
    content = whole.read_bytes()
    # A plain tar is cut exactly between two members, where it looks whole.
    cut.write_bytes(content[:1024] if ending == ".tar" else content[: len(content) * 2 // 3])
    lake.import_files("air_hourly", [first])
    message = refused(lake, cut)
    assert str(cut) in message
    assert "damaged or cut short; none of its files was used" in message
    assert len(stored(lake)) == 8
    assert lake.import_files("air_hourly", [whole]).rows_new == 2


def test_a_damaged_archive_does_not_stop_the_others(lake: Lake, publish: Publish, tmp_path: Path) -> None:
    whole = archive_of(tmp_path / "data.tar.xz", publish("one.csv", GOOD))
    cut = tmp_path / "cut.tar.xz"
    cut.write_bytes(whole.read_bytes()[:-40])
    report = lake.import_files("air_hourly", [cut, whole])
    assert report.rows_new == 8
    assert [finding.source for finding in report.rejected] == [str(cut)]
    assert any("not used" in str(line) and "cut.tar.xz" in str(line) for line in report.lines())
    # The damaged one does not count as imported: when it comes again, it is refused again.
    assert "cut short" in refused(lake, cut)


@pytest.mark.parametrize(
    "page",
    [
        b"<!DOCTYPE html><html><body>404</body></html>",
        b"\xef\xbb\xbf\n <html lang=zh>",
        b"<!-- moved --><HTML>",
        b'<?xml version="1.0"?><html/>',
    ],
)
def test_web_page_instead_of_a_csv(page: bytes, lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "beijing_all_20170101.csv"
    path.write_bytes(page)
    assert refused(lake, path) == f"{path.name}: this is a web page, not a data file; fetch it again"
    with use_language("zh"):
        assert "是网页，不是数据文件" in refused(lake, path)


def test_web_pages_among_days_are_named_and_the_days_come_in(
    lake: Lake, publish: Publish, tmp_path: Path, stored: Stored
) -> None:
    days = [publish(f"day{day}.csv", [[f"2017010{day}", 1, "PM2.5", day, day]]) for day in (1, 2, 3)]
    days[1].write_text("<html>error</html>")
    report = lake.import_files("air_hourly", [archive_of(tmp_path / "2017.tar.xz", *days)])
    assert report.members == 2
    assert [finding.source for finding in report.rejected] == ["2017.tar.xz!day2.csv"]
    assert [row[1] for row in stored(lake)] == ["2017-01-01T01", "2017-01-03T01"] * 2
    assert {row.reason for row in lake.quality()} == {"file"}


def test_missing_column(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text("date,type,东四\n20210801,PM2.5,3\n", encoding="utf-8")
    assert refused(lake, path) == "day.csv:1: the column hour is missing"
    path.write_text("hour,date,type,东四\n3,20210801,PM2.5,3\n", encoding="utf-8")
    assert "day.csv:1: the first three columns should be date, hour, type" in refused(lake, path)
    path.write_text("date,hour,type\n20210801,3,PM2.5\n", encoding="utf-8")
    assert refused(lake, path) == "day.csv:1: the header names no station"


def test_line_with_another_number_of_columns_is_set_aside_whole(lake: Lake, publish: Publish) -> None:
    report = lake.import_files("air_hourly", [publish("day.csv", [*GOOD, ["20210801", 5, "PM2.5", 7]])])
    assert report.rows_new == 8
    assert report.quarantined == {"columns": 1}
    assert report.examples["columns"] == "day.csv:6 20210801,5,PM2.5,7"


def test_file_of_another_layout(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text("a,b\n1,2\n")
    assert "an unknown layout for air_hourly; describe its columns with --mapping" in refused(lake, path)


def test_gb18030_is_read_and_said(lake: Lake, publish: Publish, stored: Stored) -> None:
    path = publish("day.csv", GOOD)
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    report = lake.import_files("air_hourly", [path])
    assert {row[0] for row in stored(lake)} == {"东四", "天坛"}
    assert "1 files are not UTF-8 and were read as GB18030, e.g. day.csv" in [str(note) for note in report.notes]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_text_with_a_byte_order_mark_is_read(encoding: str, lake: Lake, publish: Publish) -> None:
    path = publish("day.csv", GOOD)
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    assert lake.import_files("air_hourly", [path]).rows_new == 8


@pytest.mark.parametrize("seed", range(20))
def test_bytes_that_are_no_text_are_refused(seed: int, lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_bytes(b"date,hour,type,x\n" + random.Random(seed).randbytes(3000).replace(b"\0", b"\xff"))
    assert str(refused(lake, path)).startswith("day.csv: an unknown encoding (neither UTF-8 nor GB18030)")
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(100))
    assert refused(lake, path) == "day.csv: not a text file"


def test_impossible_value(lake: Lake, publish: Publish, stored: Stored) -> None:
    rows = [["20210801", 1, "PM2.5", 553405, 30], ["20210801", 2, "PM2.5", -1, "inf"]]
    report = lake.import_files("air_hourly", [publish("day.csv", rows)])
    assert stored(lake) == [("天坛", "2021-08-01T01", 30)]
    assert report.quarantined == {"out_of_range": 3}
    (row,) = lake.quality()
    assert (row.dataset, row.reason, row.count) == ("air_hourly", "out_of_range", 3)
    line = "set aside 3: outside the possible range, e.g. day.csv:2 [pm25] 553405 东四 2021-08-01T01:00"
    assert line in [str(each) for each in report.lines()]


def test_file_in_which_no_value_is_possible(lake: Lake, publish: Publish) -> None:
    path = publish("day.csv", [["20210801", 1, "PM2.5", 553405, "x"]])
    message = refused(lake, path)
    assert "day.csv:2 [pm25]: not a number: x" in message
    assert "day.csv:2 [pm25]: outside the possible range: 553405" in message
    assert {row.reason for row in lake.quality()} == {"out_of_range", "not_a_number"}


@pytest.mark.parametrize("word", ["1_0", "<5", "3.5H", "１.２.３"])
def test_cell_that_is_no_number(word: str, lake: Lake, publish: Publish, stored: Stored) -> None:
    report = lake.import_files("air_hourly", [publish("day.csv", [["20210801", 1, "PM2.5", word, 30]])])
    assert [row[0] for row in stored(lake)] == ["天坛"]
    assert report.examples == {"not_a_number": f"day.csv:2 [pm25] {word} 东四 2021-08-01T01:00:00"}


@pytest.mark.parametrize(("date", "hour"), [("20210801", 24), ("20210801", -1), ("20210230", 1), ("2021-08-01", "x")])
def test_time_that_does_not_exist(date: str, hour: object, lake: Lake, publish: Publish) -> None:
    report = lake.import_files("air_hourly", [publish("day.csv", [*GOOD, [date, hour, "PM2.5", 1, 2]])])
    assert report.rows_new == 8
    assert report.quarantined == {"bad_time": 1}
    assert report.examples["bad_time"] == f"day.csv:6 [hour] {date} {hour}"


def test_future_and_slipped_years(lake: Lake, publish: Publish) -> None:
    ahead = (dt.datetime.now() + dt.timedelta(days=3)).strftime("%Y%m%d")
    rows = [*GOOD, [ahead, 1, "PM2.5", 1, 2], ["02210801", 1, "PM2.5", 1, 2]]
    report = lake.import_files("air_hourly", [publish("day.csv", rows)])
    assert report.rows_new == 8
    assert report.quarantined == {"future": 2, "bad_time": 2}
    assert report.examples["future"].startswith("day.csv:6 [time]")


def test_same_hour_with_another_value_keeps_both_aside(lake: Lake, publish: Publish, stored: Stored) -> None:
    rows = [["20210801", 1, "PM2.5", 10, 30], ["20210801", 1, "PM2.5", 11, 30]]
    report = lake.import_files("air_hourly", [publish("day.csv", rows)])
    assert stored(lake) == [("天坛", "2021-08-01T01", 30)]
    assert report.quarantined == {"conflict": 2}
    assert report.duplicates == 1
    assert report.examples["conflict"] == "day.csv:2 [pm25] 10 东四 2021-08-01T01:00"


def test_same_hour_with_another_value_in_another_file(lake: Lake, publish: Publish, stored: Stored) -> None:
    one = publish("one.csv", [["20210801", 1, "PM2.5", 10, 30]])
    two = publish("two.csv", [["20210801", 1, "PM2.5", 11, 30], ["20210801", 1, "SO2", 3, 4]])
    report = lake.import_files("air_hourly", [one, two])
    assert report.quarantined == {"conflict": 2}
    assert stored(lake, "pm25", "so2") == [("东四", "2021-08-01T01", None, 3), ("天坛", "2021-08-01T01", 30, 4)]


def test_nameless_station(lake: Lake, publish: Publish) -> None:
    report = lake.import_files("air_hourly", [publish("day.csv", GOOD, stations=["东四", " "])])
    assert report.rows_new == 4
    assert report.quarantined == {"no_station": 4}


def test_unknown_item_is_set_aside_and_a_file_of_nothing_else_refused(lake: Lake, publish: Publish) -> None:
    report = lake.import_files("air_hourly", [publish("day.csv", [*GOOD, ["20210801", 1, "Hg", 1, 2]])])
    assert report.quarantined == {"unknown_item": 1}
    message = refused(lake, publish("hg.csv", [["20210801", 1, "Hg", 1, 2]]))
    assert message == "hg.csv:2: no line holds an item of air_hourly"


def test_unclosed_quote_swallows_nothing_silently(lake: Lake, publish: Publish) -> None:
    path = publish("day.csv", [*GOOD, ['"20210801', 5, "PM2.5", 1, 2], ["20210801", 6, "PM2.5", 1, 2]])
    report = lake.import_files("air_hourly", [path])
    assert report.rows_new == 8
    assert report.quarantined == {"columns": 1}


@pytest.mark.parametrize("content", [b"", b" \n\n"])
def test_empty_file(content: bytes, lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_bytes(content)
    assert refused(lake, path).endswith("day.csv: the file is empty")


def test_header_without_rows(lake: Lake, publish: Publish) -> None:
    assert refused(lake, publish("day.csv", [])) == "day.csv:1: there is no row under the header"


def test_file_of_blank_values(lake: Lake, publish: Publish) -> None:
    assert refused(lake, publish("day.csv", [["20210801", 1, "PM2.5", "", ""]])) == (
        "day.csv: no value in it can be used"
    )


def test_empty_archive_and_folder(lake: Lake, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "none.tar.xz", "w:xz"):
        pass
    with zipfile.ZipFile(tmp_path / "none.zip", "w"):
        pass
    (tmp_path / "folder").mkdir()
    for name in ("none.tar.xz", "none.zip"):
        assert refused(lake, tmp_path / name) == f"{tmp_path / name}: the archive holds no file"
    assert refused(lake, tmp_path / "folder") == f"{tmp_path / 'folder'}: the folder holds no file"


def test_archive_with_a_password(lake: Lake, tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as bundle:
        bundle.writestr("a.csv", "x")
    data = bytearray(content.getvalue())
    data[6] |= 1  # the flag of encryption, in the file's and in the directory's header
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(data)
    assert "has a password" in refused(lake, tmp_path / "locked.zip")


def test_file_that_does_not_exist(lake: Lake, publish: Publish, tmp_path: Path) -> None:
    absent = tmp_path / "absent.csv"
    assert refused(lake, absent) == f"{absent}: the file does not exist"
    report = lake.import_files("air_hourly", [absent, publish("day.csv", GOOD)])
    assert report.rows_new == 8
    assert "does not exist" in refused(lake, absent)


def test_dataset_that_does_not_exist(lake: Lake, publish: Publish) -> None:
    message = refused(lake, publish("day.csv", GOOD), dataset="air_hurly")
    assert "there is no dataset 'air_hurly'" in message
    assert "air_hourly" in message
    assert not lake.path.exists()


def test_no_file_at_all(lake: Lake) -> None:
    assert refused(lake) == "no file was given"


def test_folder_of_data_that_cannot_be_made(publish: Publish, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    assert "cannot be written" in refused(Lake(tmp_path / "taken"), publish("day.csv", GOOD))


def test_damaged_table_says_so(lake: Lake, publish: Publish) -> None:
    lake.import_files("air_hourly", [publish("day.csv", GOOD)])
    (log,) = (lake.path / "air_hourly" / "_delta_log").glob("*.json")
    log.write_text("{broken")
    with pytest.raises(LantuError, match="cannot be opened"):
        lake.files("air_hourly")
