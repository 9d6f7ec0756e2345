"""Photos: what the file says, what is refused, which pictures were used before, which are from elsewhere."""

from __future__ import annotations

import datetime as dt
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from PIL.TiffImagePlugin import IFDRational
from tests.office.cases.conftest import day

from lantu.base import LantuError, SeveralErrors
from lantu.ledgers import Actor, LedgerBook
from lantu.ledgers.pictures import MOST_BYTES, read_picture, small_copy
from lantu.ledgers.tables import PICTURE
from lantu.office.cases import PictureIndex, photo_questions, read_handling
from lantu.office.cases.photos import metres_between
from lantu.plan.packs import Pack


def parts(degrees: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    minutes = degrees % 1 * 60
    return (
        IFDRational(int(degrees)),
        IFDRational(int(minutes)),
        IFDRational(Fraction(minutes % 1 * 60).limit_denominator(10_000)),
    )


def photo(
    path: Path, seed: int, taken: str | None = None, place: tuple[float, float] | None = None, size: int = 640
) -> Path:
    """A picture of patches that differ from seed to seed."""
    draw = np.random.default_rng(seed)
    image = Image.new("RGB", (640, 480), tuple(int(each) for each in draw.integers(0, 255, 3)))
    pen = ImageDraw.Draw(image)
    for _ in range(30):
        x, y, width, height = (int(each) for each in draw.integers(0, 400, 4))
        colour = tuple(int(each) for each in draw.integers(0, 255, 3))
        pen.rectangle((x, y, x + width, y + height), fill=colour)
    image = image.resize((size, size * 3 // 4))
    exif = Image.Exif()
    if taken is not None:
        exif.get_ifd(0x8769)[0x9003] = taken
    if place is not None:
        gps = exif.get_ifd(0x8825)
        gps[1], gps[2], gps[3], gps[4] = "N", parts(place[1]), "E", parts(place[0])
    image.save(path, exif=exif)
    return path


PLACE = (116.40, 39.91)


def test_the_file_says_when_and_where(tmp_path: Path) -> None:
    found = read_picture(photo(tmp_path / "a.jpg", 1, "2021:05:06 07:08:09", PLACE))
    assert (found.form, found.width, found.height) == ("JPEG", 640, 480)
    assert found.taken == dt.datetime(2021, 5, 6, 7, 8, 9)
    assert found.longitude == pytest.approx(116.40, abs=1e-5)
    assert found.latitude == pytest.approx(39.91, abs=1e-5)
    bare = read_picture(photo(tmp_path / "b.png", 1))
    assert (bare.form, bare.taken, bare.longitude) == ("PNG", None, None)


@pytest.mark.parametrize("taken", ["0000:00:00 00:00:00", "yesterday", "2021:13:40 00:00:00"])
def test_a_time_that_cannot_be_is_no_time(tmp_path: Path, taken: str) -> None:
    assert read_picture(photo(tmp_path / "a.jpg", 1, taken)).taken is None


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    program, broken, named, huge = (tmp_path / name for name in ("a.jpg", "b.jpg", "c.png", "d.jpg"))
    program.write_bytes(b"MZ\x90\x00" + bytes(500))
    whole = photo(tmp_path / "whole.jpg", 2).read_bytes()
    broken.write_bytes(whole[: len(whole) // 2])
    named.write_bytes(whole)
    huge.write_bytes(whole + bytes(MOST_BYTES))
    for path, message in (
        (program, "is no picture"),
        (broken, "cannot be read"),
        (named, "content is JPEG"),
        (huge, "larger than 25 MB"),
    ):
        with pytest.raises(LantuError, match=message):
            read_picture(path)
    svg = tmp_path / "e.png"
    svg.write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", encoding="utf-8")
    with pytest.raises(LantuError, match="is no picture"):
        read_picture(svg)


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.png"
    Image.new("1", (20_000, 20_000)).save(bomb)
    assert bomb.stat().st_size < 1_000_000
    begin = time.perf_counter()
    with pytest.raises(LantuError, match="too many pixels"):
        read_picture(bomb)
    assert time.perf_counter() - begin < 1


def test_a_small_copy_holds_the_picture_and_nothing_else(tmp_path: Path) -> None:
    path = photo(tmp_path / "a.jpg", 3, "2021:05:06 07:08:09", PLACE)
    path.write_bytes(path.read_bytes() + b"<script>alert(1)</script>")
    copy = tmp_path / "copy.jpg"
    copy.write_bytes(small_copy(path, 200))
    assert b"script" not in copy.read_bytes()
    with Image.open(copy) as image:
        assert max(image.size) == 200
        assert not image.getexif()


class Case:
    """A case that is dispatched, accepted and reported as rectified with a photo."""

    def __init__(self, book: LedgerBook, system: Actor, district: Actor, number: str, on: dt.date) -> None:
        self.book, self.district, self.number, self.on = book, district, number, on
        given = {"number": number, "case_class": "illegal_coal", "occurred_on": on, "due_on": on}
        book.enter("cases", given, "东华门街道", system, on, place="116.40,39.91")
        book.advance("cases", number, "assign", system, on, holder=district.unit)
        book.advance("cases", number, "accept", district, on)

    def report(self, path: Path, on: dt.date | None = None) -> None:
        self.book.advance(
            "cases",
            self.number,
            "rectify",
            self.district,
            on or self.on,
            {"measure_taken": "清走"},
            {"photo_after": path},
        )


def kinds(pack: Pack, book: LedgerBook, number: str) -> list[tuple[str, str | None]]:
    found = photo_questions(book, PictureIndex(book), number, read_handling(pack).photos)
    return [(each.kind, None if each.other is None else each.other.key) for each in found]


def test_a_step_refuses_what_is_no_picture_and_changes_nothing(
    book: LedgerBook, system: Actor, district: Actor, tmp_path: Path
) -> None:
    case = Case(book, system, district, "A", day(5, 6))
    fake = tmp_path / "after.jpg"
    fake.write_text("not a picture", encoding="utf-8")
    with pytest.raises(SeveralErrors, match="is no picture"):
        case.report(fake)
    assert book.entry("cases", "A").state == "accepted"


def test_a_good_photo_raises_no_question(
    pack: Pack, book: LedgerBook, system: Actor, district: Actor, tmp_path: Path
) -> None:
    case = Case(book, system, district, "A", day(5, 6))
    case.report(photo(tmp_path / "a.jpg", 1, "2021:05:06 12:00:00", (116.401, 39.911)))
    (piece,) = book.entry("cases", "A").evidence
    assert (len(piece.phash or ""), piece.taken) == (16, "2021-05-06T12:00:00")
    assert kinds(pack, book, "A") == []


def test_a_picture_that_was_used_before_is_found(
    pack: Pack, book: LedgerBook, system: Actor, district: Actor, tmp_path: Path
) -> None:
    first = photo(tmp_path / "a.jpg", 1, "2021:05:06 12:00:00", PLACE)
    smaller = photo(tmp_path / "b.jpg", 1, "2021:05:07 12:00:00", PLACE, size=400)
    other = photo(tmp_path / "c.jpg", 2, "2021:05:07 12:00:00", PLACE)
    for number, path in (("A", first), ("B", first), ("C", smaller), ("D", other)):
        Case(book, system, district, number, day(5, 6)).report(path, day(5, 7))
    assert kinds(pack, book, "B") == [("same_file", "A"), ("near_same", "C")]
    assert kinds(pack, book, "C") == [("near_same", "A"), ("near_same", "B")]
    assert kinds(pack, book, "D") == []


def test_the_same_picture_at_a_later_step_of_the_same_case_is_found(
    pack: Pack, book: LedgerBook, system: Actor, district: Actor, tmp_path: Path
) -> None:
    path = photo(tmp_path / "a.jpg", 1, "2021:05:06 12:00:00", PLACE)
    case = Case(book, system, district, "A", day(5, 6))
    case.report(path)
    book.advance("cases", "A", "return", system, day(5, 8), note="没有整改")
    case.report(path, day(5, 9))
    assert kinds(pack, book, "A") == [("same_file", "A")]


def test_a_photo_from_elsewhere_or_another_time_is_a_question(
    pack: Pack, book: LedgerBook, system: Actor, district: Actor, tmp_path: Path
) -> None:
    Case(book, system, district, "A", day(5, 6)).report(
        photo(tmp_path / "a.jpg", 1, "2021:05:05 23:59:59", (116.41, 39.91))
    )
    Case(book, system, district, "B", day(5, 6)).report(photo(tmp_path / "b.jpg", 2, "2021:05:07 00:00:01", PLACE))
    Case(book, system, district, "C", day(5, 6)).report(photo(tmp_path / "c.jpg", 3))
    assert [kind for kind, _ in kinds(pack, book, "A")] == ["far", "too_early"]
    assert [kind for kind, _ in kinds(pack, book, "B")] == ["too_late"]
    assert [kind for kind, _ in kinds(pack, book, "C")] == ["no_place", "no_time"]


def test_one_degree_of_latitude_is_some_111_kilometres() -> None:
    assert metres_between((116, 39), (116, 40)) == pytest.approx(111_195, abs=1)


def test_a_look_among_a_hundred_thousand_pictures_agrees_with_a_slow_one_and_is_fast(book: LedgerBook) -> None:
    draw = np.random.default_rng(5)
    hashes = [int(each) for each in draw.integers(0, 2**63, 100_000, dtype=np.uint64)]
    rows = [
        ("cases", f"N{n}", 1, "2021-05-06", "photo_after", f"{n:064x}", f"{value:016x}")
        for n, value in enumerate(hashes)
    ]
    with book.store.database.writing() as cursor:
        cursor.executemany(f"insert into picture ({', '.join(PICTURE)}) values ({', '.join('?' * len(PICTURE))})", rows)
    index = PictureIndex(book)
    index.refresh()
    wanted = hashes[77_777] ^ 0b10010001
    begin = time.perf_counter()
    found = index.near(f"{wanted:016x}", 16)
    took = time.perf_counter() - begin
    slow = sorted((bits, f"N{n}") for n, value in enumerate(hashes) if (bits := (value ^ wanted).bit_count()) <= 16)
    assert sorted((bits, picture.key) for bits, picture in found) == slow
    assert found[0][0] == 3
    assert found[0][1].key == "N77777"
    assert took < 0.1
