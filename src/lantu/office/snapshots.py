"""Kept assessments (评定快照): what was computed for a day, with all versions, so that a page needs no computing.

A snapshot is a file that is written once; a status stays a function of the data, this is its memory. Pages say when
it was computed and whether data have changed since.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from lantu.assessment import Assessment, AssessmentRow, Status
from lantu.assessment.model import BothWays, Clocks
from lantu.base import Text


@dataclass(frozen=True)
class Snapshot:
    """One kept assessment: when it was computed, from which versions, and its file's digest."""

    assessment: Assessment
    computed: str
    versions: dict[str, Any]
    sha256: str
    path: Path


class Snapshots:
    """The kept assessments of a workspace; each file's name says its day and when it was computed."""

    def __init__(self, folder: Path, pack: str) -> None:
        self._folder = folder
        self._pack = pack
        self._loaded: dict[Path, Snapshot] = {}

    def keep(self, assessment: Assessment, versions: dict[str, Any]) -> Snapshot:
        """Write an assessment down."""
        computed = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
        content = orjson.dumps(
            {**assessment.as_json(), "computed": computed, "from": versions, "areas": assessment.measures}
        )
        stamp = computed.replace(":", "").replace("-", "").replace(".", "").replace("+0000", "")
        path = self._folder / f"{assessment.as_of.isoformat()}_{stamp}.json.gz"
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        try:
            fresh.write_bytes(gzip.compress(content, 6, mtime=0))
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
        return self.read(path)

    def paths(self) -> list[Path]:
        """All kept files, oldest day first, and of a day the oldest first."""
        return sorted(self._folder.glob("*.json.gz"))

    def days(self) -> list[dt.date]:
        """The days for which there is one."""
        return sorted({dt.date.fromisoformat(path.name.partition("_")[0]) for path in self.paths()})

    def of(self, day: dt.date) -> Snapshot | None:
        """The latest one for a day."""
        found = [path for path in self.paths() if path.name.startswith(f"{day.isoformat()}_")]
        return self.read(found[-1]) if found else None

    def latest(self, until: dt.date | None = None) -> Snapshot | None:
        """The one of the latest day (not after `until`)."""
        days = [day for day in self.days() if until is None or day <= until]
        return self.of(days[-1]) if days else None

    def before(self, day: dt.date, days: int = 7) -> Snapshot | None:
        """The latest one of a day that lies at least `days` before."""
        return self.latest(day - dt.timedelta(days=days))

    def by_digest(self, sha256: str) -> Snapshot | None:
        """The one whose file has this digest."""
        for path in reversed(self.paths()):
            snapshot = self.read(path)
            if snapshot.sha256 == sha256:
                return snapshot
        return None

    def read(self, path: Path) -> Snapshot:
        if path not in self._loaded:
            raw = path.read_bytes()
            written = orjson.loads(gzip.decompress(raw))
            assessment = Assessment(
                written["pack"],
                dt.date.fromisoformat(written["as_of"]),
                tuple(_row(row) for row in written["rows"]),
                written["simulated"],
                written["versions"],
                written["areas"],
            )
            if len(self._loaded) >= 8:
                self._loaded.pop(next(iter(self._loaded)))
            self._loaded[path] = Snapshot(
                assessment, written["computed"], written["from"], hashlib.sha256(raw).hexdigest(), path
            )
        return self._loaded[path]


def _decimal(value: float | int | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _row(written: dict[str, Any]) -> AssessmentRow:
    clocks = written["clocks"]
    return AssessmentRow(
        commitment=written["commitment"],
        measure=written["measure"],
        kind=written["kind"],
        title=Text(written["title_zh"], written["title_en"]),
        area=written["area"],
        area_name=Text(written["area_name"], written["area_name_en"]),
        status=Status(written["status"]),
        reason=Text(written["reason_zh"], written["reason_en"]),
        value=_decimal(written["value"]),
        limit=_decimal(written["limit"]),
        comparator=written["comparator"],
        unit=written["unit"],
        n=written["n"],
        coverage=written["coverage"],
        indication=Status(written["indication"]) if written["indication"] else None,
        remaining=_decimal(written["remaining"]),
        since=dt.date.fromisoformat(written["since"]) if written["since"] else None,
        projection=_decimal(written["projection"]),
        probability=written["probability"],
        soft=written["soft"],
        basis=written["basis"],
        unverified=tuple(written["unverified"]),
        simulated=written["simulated"],
        clocks=Clocks(**{name: Text(**text) for name, text in clocks.items()}) if clocks else None,
        versions=written["versions"],
        both_ways=BothWays(
            _decimal(written["value_measured"]), _decimal(written["value_left_out"]), tuple(written["exclusions"])
        )
        if written["exclusions"]
        else None,
    )
