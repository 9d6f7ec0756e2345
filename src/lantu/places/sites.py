"""Monitoring sites (监测站点) with the names they bore over the years and what they count for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from lantu.base import LantuError, Place, SeveralErrors, Text
from lantu.places.tables import date_cell, flag_cell, number_cell, read_table

Purpose = Literal[
    "urban",  # 城市环境评价点
    "control",  # 城市清洁对照点
    "regional",  # 区域背景传输点
    "traffic",  # 交通污染监控点
    "township",  # 乡镇(街道)站
]
SamePlace = Literal[
    "coordinates",  # 同址: both lists give coordinates, less than a kilometre apart
    "inferred",  # 推断: from the names alone
    "doubtful",  # 存疑: the lists give coordinates more than a kilometre apart
]

_PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
_SAME: tuple[SamePlace, ...] = get_args(SamePlace)
_COLUMNS = (
    "site",
    "name",
    "english",
    "valid_from",
    "valid_to",
    "area",
    "purpose",
    "national",
    "control",
    "for_city",
    "for_district",
    "national_code",
    "old_name",
    "same_place",
    "lon",
    "lat",
    "coordinate_source",
)


@dataclass(frozen=True, slots=True)
class DatedSite:
    """A site under one of its names. Dates are included; None is open."""

    site: str
    """Stable name of the place through all its names."""
    name: str
    """As the observations are published."""
    english: str
    valid_from: dt.date | None
    valid_to: dt.date | None
    area: str | None
    """Code of the district (or the development area); None where it is not known."""
    purpose: Purpose
    national: bool
    """Whether it belongs to the national network (国控)."""
    control: bool
    for_city: bool
    """Whether it counts for the city's mean."""
    for_district: bool
    """Whether it counts for its district's mean."""
    national_code: str | None
    old_name: str | None
    same_place: SamePlace | None
    """How it is known that the site of the old name is the same place."""
    lon: float | None
    """Degrees east, as the source gives it."""
    lat: float | None
    """Degrees north, as the source gives it."""
    coordinate_source: str

    def valid_at(self, at: dt.date) -> bool:
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at <= self.valid_to)


class SiteRegister:
    """All dated names of all sites."""

    def __init__(self, rows: list[DatedSite]) -> None:
        self._rows = tuple(rows)
        self._by_name: dict[str, list[DatedSite]] = {}
        self._by_site: dict[str, list[DatedSite]] = {}
        for row in rows:
            self._by_name.setdefault(row.name, []).append(row)
            self._by_site.setdefault(row.site, []).append(row)

    @classmethod
    def from_csv(cls, path: Path) -> SiteRegister:
        """Read sites from a CSV file with one row for each dated name (its columns are the fields of `DatedSite`).

        Raises:
            LantuError: the file cannot be read or a row does not fit (`SeveralErrors` names all of them).
        """
        rows: list[DatedSite] = []
        faults: list[LantuError] = []
        for line, cells in read_table(path, _COLUMNS):
            try:
                row = _row(path, line, cells)
                # A name or a site may have several rows, but never two for one day.
                for other in rows:
                    if (row.name == other.name or row.site == other.site) and _overlap(row, other):
                        raise _fault(
                            path,
                            line,
                            "valid_from",
                            f"与“{other.name}”({other.site})的有效期重叠",
                            f"valid at the same time as '{other.name}' ({other.site})",
                        )
                rows.append(row)
            except LantuError as error:
                faults.append(error)
        if faults:
            raise SeveralErrors(faults)
        return cls(rows)

    def rows(self) -> list[DatedSite]:
        """One row for each dated name, to join with observations by name and day."""
        return list(self._rows)

    def site_of(self, name: str, at: dt.date) -> DatedSite | None:
        """The site that bears `name` on the day `at`; None where the register does not know it."""
        return next((row for row in self._by_name.get(name, ()) if row.valid_at(at)), None)

    def history(self, site: str) -> list[DatedSite]:
        """All rows of one site, the oldest first; empty for a site that is not known."""
        return sorted(self._by_site.get(site, ()), key=lambda row: row.valid_from or dt.date.min)

    def sites(self) -> list[str]:
        """The stable names of all sites, in the order of the file."""
        return list(self._by_site)


def _overlap(one: DatedSite, other: DatedSite) -> bool:
    return (one.valid_from or dt.date.min) <= (other.valid_to or dt.date.max) and (other.valid_from or dt.date.min) <= (
        one.valid_to or dt.date.max
    )


def _row(path: Path, line: int, cells: dict[str, str]) -> DatedSite:
    for field in ("site", "name", "english"):
        if not cells[field]:
            raise _fault(path, line, field, "不能为空", "must not be empty")
    purpose = next((value for value in _PURPOSES if value == cells["purpose"]), None)
    if purpose is None:
        raise _fault(path, line, "purpose", f"应为 {_PURPOSES} 之一", f"must be one of {_PURPOSES}")
    same_place = next((value for value in _SAME if value == cells["same_place"]), None)
    if same_place is None and cells["same_place"]:
        raise _fault(path, line, "same_place", f"应为空或 {_SAME} 之一", f"must be empty or one of {_SAME}")
    lon, lat = (number_cell(path, line, cells, field) for field in ("lon", "lat"))
    if (lon is None) != (lat is None) or not (-180 <= (lon or 0) <= 180 and -90 <= (lat or 0) <= 90):
        raise _fault(path, line, "lon", "经纬度不成对或越界", "longitude and latitude are not a pair or out of range")
    control, for_city = (flag_cell(path, line, cells, field) for field in ("control", "for_city"))
    if control and for_city:
        # HJ 664: a clean control site (清洁对照点) takes no part in the evaluation of the city
        raise _fault(path, line, "for_city", "对照点不参与城市评价", "a control site does not count for the city")
    return DatedSite(
        site=cells["site"],
        name=cells["name"],
        english=cells["english"],
        valid_from=date_cell(path, line, cells, "valid_from"),
        valid_to=date_cell(path, line, cells, "valid_to"),
        area=cells["area"] or None,
        purpose=purpose,
        national=flag_cell(path, line, cells, "national"),
        control=control,
        for_city=for_city,
        for_district=flag_cell(path, line, cells, "for_district"),
        national_code=cells["national_code"] or None,
        old_name=cells["old_name"] or None,
        same_place=same_place,
        lon=lon,
        lat=lat,
        coordinate_source=cells["coordinate_source"],
    )


def _fault(path: Path, line: int, field: str, zh: str, en: str) -> LantuError:
    return LantuError(Text(zh, en), where=Place(path, line, field))
