"""A disk that is full in the middle of the work: it is said in words, nothing is half there, the work goes on later.

The site runs on a small file system of its own (`mount -t tmpfs`, which asks for root); elsewhere the processes of the
server are forbidden to make any file longer (RLIMIT_FSIZE), which is refused in the same places.
"""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.site.hands import Hand, rows, stock
from tests.site.living import Living, living_site, photo

STREET = "110101001"
MEGABYTE = 1024 * 1024


class Disk:
    """A disk that can be filled and cleared."""

    def __init__(self, folder: Path, mounted: bool) -> None:
        self.folder, self.mounted = folder, mounted
        self.site: Living | None = None
        self._filler = folder / "filler"

    def fill(self) -> None:
        """From now on nothing more can be written; what the log of the database holds is put in its place before."""
        assert self.site is not None
        rows(self.site, "pragma wal_checkpoint(truncate)")
        if not self.mounted:
            self._limit(0)
            return
        with self._filler.open("wb", buffering=0) as out:
            for size in (MEGABYTE, 4096, 1):
                try:
                    while True:
                        out.write(b"x" * size)
                except OSError:
                    continue

    def clear(self) -> None:
        self._filler.unlink(missing_ok=True)
        if not self.mounted:
            self._limit(resource.RLIM_INFINITY)

    def _limit(self, most: int) -> None:
        assert self.site is not None
        waiting = [self.site.process]
        while waiting:
            process = waiting.pop()
            _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
            resource.prlimit(process, resource.RLIMIT_FSIZE, (hard if most == resource.RLIM_INFINITY else most, hard))
            for task in Path(f"/proc/{process}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory, made_city: Path) -> Iterator[Disk]:
    folder = tmp_path_factory.mktemp("small_disk")
    size = sum(path.stat().st_size for path in made_city.rglob("*") if path.is_file()) + 60 * MEGABYTE
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "lantu-test", str(folder)]
    mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        yield Disk(folder, mounted)
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def site(disk: Disk, made_city: Path) -> Iterator[Living]:
    (disk.folder / "tmp").mkdir()
    with living_site(made_city, disk.folder, more={"TMPDIR": str(disk.folder / "tmp")}) as running:
        disk.site = running
        yield running


@pytest.fixture(scope="module")
def hands(site: Living) -> dict[str, Hand]:
    """Who works there, before the disk is full."""
    return {name: Hand(site, name) for name in ("district1", "street1", "coordinator")}


@pytest.fixture
def full(disk: Disk, hands: dict[str, Hand]) -> Iterator[Callable[[], None]]:
    """Fill the disk; it is cleared at the end of the test whatever happens."""
    disk.clear()
    yield disk.fill
    disk.clear()


def outfall(number: str) -> dict[str, Any]:
    return {
        "v_number": number,
        "v_name": "一号口",
        "v_kind": "industrial",
        "v_river": "清河",
        "v_found_on": "2021-05-01",
        "v_problem": "yes",
        "area": STREET,
    }


def picture(kilobytes: int = 0) -> Any:
    """A photo as a field of a form; made longer by bytes behind its end, which every reader passes over."""
    found = photo("2021:12:30 10:20:00", 116.42, 39.93)
    return (str(found["name"]), bytes(found["buffer"]) + b"\0" * 1024 * kilobytes, "image/jpeg")  # type: ignore[call-overload]


def assert_refused(answer: Any) -> None:
    """Said plainly in the reader's language, as something that stands outside the request."""
    assert answer.status_code == 507, (answer.status_code, answer.text[:2000])
    assert "Traceback" not in answer.text
    assert "磁盘已满" in answer.text or "the disk is full" in answer.text, answer.text[:3000]


def test_entering_is_refused_and_goes_on_when_there_is_room(
    site: Living, hands: dict[str, Hand], disk: Disk, full: Callable[[], None]
) -> None:
    hand, chinese = hands["district1"], Hand(site, "district1", language="zh")
    before = stock(site)
    full()
    refused = hand.post("/ledgers/outfalls/-/enter", outfall("MAN-1"))
    assert_refused(refused)
    assert 'value="MAN-1"' in refused.text, "what was typed is still there"
    assert "磁盘已满" in chinese.post("/ledgers/outfalls/-/enter", outfall("MAN-1")).text
    assert_refused(hand.post("/sign-out", {}))
    assert hand.get("/ledgers/outfalls").status_code == 200, "what is only read still comes"
    assert hand.get("/mine").status_code == 200
    disk.clear()
    assert stock(site) == before
    assert hand.post("/ledgers/outfalls/-/enter", outfall("MAN-1")).status_code == 302
    assert rows(site, "select version from entry where key = 'MAN-1'") == [(1,)]


def test_a_step_with_its_picture_is_there_as_a_whole_or_not_at_all(
    site: Living, hands: dict[str, Hand], disk: Disk, full: Callable[[], None]
) -> None:
    hand = hands["district1"]
    assert hand.post("/ledgers/outfalls/-/enter", outfall("MAN-2")).status_code == 302
    step = "/ledgers/outfalls/MAN-2/-/step/rectify"
    given = {"version": "1", "v_measure": "ban", "v_rectified_on": "2021-06-01"}
    before = stock(site)
    full()
    for size in (0, 3000):  # held in memory by the server, and written to a file of its own
        assert_refused(hand.post(step, given, [("e_photo", picture(size))]))
    disk.clear()
    assert stock(site) == before
    assert list((disk.folder / "tmp").iterdir()) == []
    assert hand.post(step, given, [("e_photo", picture())]).status_code == 302
    assert rows(site, "select state, version from entry where key = 'MAN-2'") == [("rectified", 2)]


def test_a_report_is_refused_and_handed_in_once(
    site: Living, hands: dict[str, Hand], disk: Disk, full: Callable[[], None]
) -> None:
    hand = hands["district1"]
    own = hand.get("/reports.json?month=2021-12").json()["own"]
    measure = next(each["measure"] for each in own if each["state"] is None)
    given = {"declared": "under_way", "percent": "40", "words": "half of it"}
    before = stock(site)
    full()
    refused = hand.post(f"/reports/{measure}?month=2021-12", given, [("files", picture())])
    assert_refused(refused)
    assert "half of it" in refused.text
    disk.clear()
    assert stock(site) == before
    assert hand.post(f"/reports/{measure}?month=2021-12", given, [("files", picture())]).status_code == 302


def test_a_clue_is_refused_and_entered_once(
    site: Living, hands: dict[str, Hand], disk: Disk, full: Callable[[], None]
) -> None:
    hand = hands["street1"]
    page = hand.get("/cases/new").text
    once = page.partition('name="once" value="')[2].partition('"')[0]
    given = {
        "once": once, "sure": once, "v_case_class": "air_violation", "v_occurred_on": "2021-12-30",
        "v_source": "inspection", "v_subject": "一处露天喷漆", "v_what": "露天喷漆", "area": STREET,
    }  # fmt: skip
    before = stock(site)
    full()
    refused = hand.post("/cases/new", given)
    assert_refused(refused)
    disk.clear()
    assert stock(site) == before
    taken = hand.post("/cases/new", given)
    assert taken.status_code == 302, taken.text


def test_a_returned_sheet_is_refused_before_and_while_it_is_taken(
    site: Living, hands: dict[str, Hand], disk: Disk, full: Callable[[], None]
) -> None:
    hand = hands["district1"]
    assert hand.post("/ledgers/outfalls/-/enter", outfall("MAN-3")).status_code == 302
    sheet = ("outfalls.xlsx", changed(hand, "MAN-3"), "application/octet-stream")
    before = stock(site)
    full()
    assert_refused(hand.post("/ledgers/outfalls/-/sheets", {}, [("file", sheet)]))
    disk.clear()
    assert stock(site) == before
    where = hand.post("/ledgers/outfalls/-/sheets", {}, [("file", sheet)]).headers["Location"]
    before = stock(site)
    full()
    assert_refused(hand.post(where, {"what": "take"}))
    disk.clear()
    assert stock(site) == before
    assert hand.get(f"{where}.json").json()["state"] == "reviewed"
    assert hand.post(where, {"what": "take"}).status_code == 302
    assert rows(site, "select version from entry where key = 'MAN-3'") == [(2,)]


def changed(hand: Hand, key: str) -> bytes:
    """The exported sheet of one outfall with another river typed in."""
    from io import BytesIO

    import xlsxwriter
    from python_calamine import CalamineWorkbook

    given = hand.get(f"/ledgers/outfalls/-/export?q={key}").content
    head, *lines = CalamineWorkbook.from_filelike(BytesIO(given)).get_sheet_by_index(0).to_python()
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet()
    for row, line in enumerate([head, *lines]):
        for column, cell in enumerate(line):
            page.write(row, column, "凉水河" if cell == "清河" else str(cell))
    book.close()
    return out.getvalue()


def test_long_work_fails_in_words_and_is_repeated(
    site: Living, hands: dict[str, Hand], disk: Disk, full: Callable[[], None]
) -> None:
    hand = hands["coordinator"]
    assert hand.post("/data/import", {"dataset": "air_hourly"}, [("files", ("a.csv", b"x" * 9, "text/csv"))]).ok
    before = stock(site)
    full()
    csv = ("beijing_all_20210801.csv", b"date,hour,type\n" * 300_000, "text/csv")
    assert_refused(hand.post("/data/import", {"dataset": "air_hourly"}, [("files", csv)]))
    assert_refused(hand.post("/assess", {"as_of": "2021-12-31"}))
    disk.clear()
    assert stock(site) == before
    assert hand.post("/assess", {"as_of": "2021-12-31"}).status_code in (200, 302)
    number = rows(site, "select max(id) from job")[0][0]
    assert hand.after(number)["state"] == "done"


def test_at_the_end_everything_is_whole(site: Living, hands: dict[str, Hand], disk: Disk) -> None:
    disk.clear()
    assert "whole" in site.doctor()
    left = [path.name for path in site.workspace.rglob("*.new")]
    assert left == []
