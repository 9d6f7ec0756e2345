"""Photos of cases (照片核验): pictures that were used before, and photos from another place or time.

Each finding is a question to the unit that handed the photo in, shown beside it. Nothing is refused for it.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from lantu.base import Text

if TYPE_CHECKING:
    from lantu.ledgers import Change, Evidence, LedgerBook
    from lantu.office.cases.handling import PhotoChecks

Kind = Literal["same_file", "near_same", "far", "too_early", "too_late", "no_place", "no_time"]
_METRES = 6_371_000.0
"""The earth's mean radius."""


@dataclass(frozen=True, slots=True)
class UsedPicture:
    """A picture that was handed in: with which entry and version, on which day."""

    ledger: str
    key: str
    version: int
    day: dt.date
    kind: str
    sha256: str


@dataclass(frozen=True, slots=True)
class PhotoQuestion:
    """What is to be asked about a photo. `other` is the picture that it resembles; `bits` how far the hashes differ."""

    kind: Kind
    file: str
    words: Text
    other: UsedPicture | None = None
    bits: int | None = None

    def as_json(self) -> dict[str, Any]:
        other = None if self.other is None else {"ledger": self.other.ledger, "key": self.other.key}
        return {
            "kind": self.kind,
            "file": self.file,
            "zh": self.words.zh,
            "en": self.words.en,
            "other": other,
            "bits": self.bits,
        }


@dataclass(slots=True)
class PictureIndex:
    """All pictures that were ever handed in, by file and by perceptual hash; it reads on where it stopped."""

    book: LedgerBook
    pictures: list[UsedPicture] = field(default_factory=list)
    _by_file: dict[str, list[int]] = field(default_factory=dict)
    _hashes: Any = None
    _count: int = 0
    _last: int = 0

    def refresh(self) -> None:
        """Read the pictures that came since."""
        import numpy as np

        rows = self.book.store.select(
            "select id, ledger, key, version, day, kind, sha256, phash from picture where id > ? order by id",
            [self._last],
        )
        if self._hashes is None:
            self._hashes = np.zeros(max(len(rows), 1024), np.uint64)
        if self._count + len(rows) > len(self._hashes):
            self._hashes = np.concatenate([self._hashes, np.zeros(self._count + len(rows), np.uint64)])
        for number, ledger, key, version, day, kind, sha256, phash in rows:
            self._by_file.setdefault(sha256, []).append(len(self.pictures))
            self.pictures.append(UsedPicture(ledger, key, version, dt.date.fromisoformat(day), kind, sha256))
            self._hashes[self._count] = int(phash, 16)
            self._count += 1
            self._last = number

    def same_file(self, sha256: str) -> list[UsedPicture]:
        """Pictures of the very same file."""
        return [self.pictures[index] for index in self._by_file.get(sha256, ())]

    def near(self, phash: str, most_bits: int) -> list[tuple[int, UsedPicture]]:
        """(bits, picture) whose hash of 64 bits differs in at most so many, nearest first."""
        import numpy as np

        if self._count == 0:
            return []
        bits = np.bitwise_count(self._hashes[: self._count] ^ np.uint64(int(phash, 16)))
        found = np.flatnonzero(bits <= most_bits)
        return sorted(((int(bits[index]), self.pictures[index]) for index in found), key=lambda pair: pair[0])


def metres_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The way over the ground between two points (longitude, latitude) in degrees, on a sphere."""
    (lon1, lat1), (lon2, lat2) = (tuple(math.radians(each) for each in point) for point in (one, other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * _METRES * math.asin(min(1.0, math.sqrt(half)))


def point_of(place: str | None) -> tuple[float, float] | None:
    """The point of an entry's geometry: as `longitude,latitude`, or the middle of a GeoJSON's coordinates."""
    if not place:
        return None
    try:
        if not place.lstrip().startswith("{"):
            longitude, latitude = place.split(",")
            return float(longitude), float(latitude)
        points = list(_points(json.loads(place).get("coordinates")))
    except (ValueError, AttributeError):
        return None
    if not points:
        return None
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)


def _points(coordinates: Any) -> Any:
    if isinstance(coordinates, list) and coordinates and isinstance(coordinates[0], int | float):
        yield float(coordinates[0]), float(coordinates[1])
    elif isinstance(coordinates, list):
        for each in coordinates:
            yield from _points(each)


def photo_questions(book: LedgerBook, index: PictureIndex, key: str, checks: PhotoChecks) -> list[PhotoQuestion]:
    """What is to be asked about the photos of a case.

    Args:
        book: the ledgers.
        index: the pictures that were used; it is brought up to date.
        key: the case.
        checks: from when on a photo is asked about.
    """
    index.refresh()
    history = book.store.history("cases", key)
    point = next((found for change in reversed(history) if (found := point_of(change.place)) is not None), None)
    questions: list[PhotoQuestion] = []
    for change in history:
        for piece in change.evidence:
            if piece.phash is not None:
                questions += _reused(index, change, piece, checks)
                questions += _elsewhere(history[0], change, piece, point, checks)
    return questions


def _reused(index: PictureIndex, change: Change, piece: Evidence, checks: PhotoChecks) -> list[PhotoQuestion]:
    """The same or a near-same picture with another entry, or with this one at an earlier step."""
    assert piece.phash is not None

    def is_earlier_or_elsewhere(used: UsedPicture) -> bool:
        own = (used.ledger, used.key) == (change.ledger, change.key)
        return not own or used.version < change.version

    found: list[PhotoQuestion] = []
    seen = set()
    for used in filter(is_earlier_or_elsewhere, index.same_file(piece.sha256)):
        seen.add((used.ledger, used.key, used.version, used.kind))
        words = Text(
            f"{piece.file} 与 {used.key}（{used.day}）的照片是同一文件",
            f"{piece.file} is the very file that came with {used.key} on {used.day}",
        )
        found.append(PhotoQuestion("same_file", piece.file, words, used, 0))
    for bits, used in index.near(piece.phash, checks.near_bits):
        if (used.ledger, used.key, used.version, used.kind) in seen or not is_earlier_or_elsewhere(used):
            continue
        words = Text(
            f"{piece.file} 与 {used.key}（{used.day}）的照片几乎相同（差 {bits}/64 位）",
            f"{piece.file} is nearly the picture that came with {used.key} on {used.day} ({bits} of 64 bits differ)",
        )
        found.append(PhotoQuestion("near_same", piece.file, words, used, bits))
    return found


def _elsewhere(
    raised: Change, change: Change, piece: Evidence, point: tuple[float, float] | None, checks: PhotoChecks
) -> list[PhotoQuestion]:
    """A photo taken far from the case's point, before it was raised, or after the day on which it was handed in."""
    found: list[PhotoQuestion] = []

    def ask(kind: Kind, zh: str, en: str) -> None:
        found.append(PhotoQuestion(kind, piece.file, Text(f"{piece.file} {zh}", f"{piece.file} {en}")))

    if piece.longitude is None or piece.latitude is None:
        ask("no_place", "没有拍摄位置", "does not say where it was taken")
    elif point is not None:
        metres = metres_between(point, (piece.longitude, piece.latitude))
        if metres > checks.far_metres:
            ask(
                "far",
                f"拍摄位置距问题点 {metres:.0f} 米（超过 {checks.far_metres} 米）",
                f"was taken {metres:.0f} m from the case's point (more than {checks.far_metres} m)",
            )
    if piece.taken is None:
        ask("no_time", "没有拍摄时间", "does not say when it was taken")
        return found
    taken = dt.datetime.fromisoformat(piece.taken).date()
    occurred = dt.date.fromisoformat(raised.data.get("occurred_on") or raised.day.isoformat())
    if taken < occurred - dt.timedelta(days=checks.days_before):
        ask(
            "too_early",
            f"拍于 {taken}，早于问题发现日 {occurred}",
            f"was taken on {taken}, before the case ({occurred})",
        )
    if taken > change.day:
        ask("too_late", f"拍于 {taken}，晚于提交日 {change.day}", f"was taken on {taken}, after the day of the step")
    return found
