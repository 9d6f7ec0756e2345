"""The tree of areas (行政区划): city, districts with the development area, streets and towns."""

from __future__ import annotations

import datetime as dt
import difflib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from lantu.base import LantuError, Place, SeveralErrors, Text
from lantu.places.tables import date_cell, read_table

Level = Literal["city", "district", "street"]

Kind = Literal[
    "city",
    "district",
    "development_area",  # 开发区: stands among the districts, but is no administrative division
    "subdistrict",  # 街道
    "area_office",  # 地区办事处, mostly one office with the town or township of its name
    "town",  # 镇
    "township",  # 乡
    "ethnic_township",  # 民族乡
    "zone",  # a row of the statistical codes that is no street or town: parks, airports
]

_LEVELS: tuple[Level, ...] = get_args(Level)
_KINDS: tuple[Kind, ...] = get_args(Kind)
_GROUPS: dict[str, Level] = {"city": "city", "districts": "district", "streets": "street"}
_COLUMNS = ("code", "name", "english", "level", "kind", "parent", "valid_from", "valid_to", "aliases", "note")


@dataclass(frozen=True, slots=True)
class Area:
    """One area. `valid_from` and `valid_to` (both included) are None where the date is not known or still open."""

    code: str
    name: str
    english: str
    level: Level
    kind: Kind
    parent: str | None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    aliases: tuple[str, ...] = ()
    note: str = ""

    @property
    def title(self) -> Text:
        return Text(self.name, self.english)

    @property
    def short_title(self) -> Text:
        """Its first alias in each language, for narrow places: 东城, Dongcheng."""
        latin = next((name for name in self.aliases if name.isascii() and not name.isdigit()), self.english)
        return Text(next((name for name in self.aliases if not name.isascii()), self.name), latin)

    def valid_at(self, at: dt.date | None) -> bool:
        """Whether the area exists on the day `at`; always true without a day."""
        if at is None:
            return True
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at <= self.valid_to)


def fold_name(text: str) -> str:
    """A name as it is compared: full and half width alike, no blanks, no case."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


class AreaTree:
    """Areas by code, with their parents and children and all the ways to name them."""

    def __init__(self, areas: list[Area]) -> None:
        self._areas = {area.code: area for area in areas}
        self._children: dict[str, list[Area]] = {}
        # Names come before aliases, and higher levels before lower: 怀柔 is the district, 怀柔地区 the street.
        self._names: dict[str, list[Area]] = {}
        self._aliases: dict[str, list[Area]] = {}
        for area in sorted(areas, key=lambda area: _LEVELS.index(area.level)):
            if area.parent is not None:
                self._children.setdefault(area.parent, []).append(area)
            for name in {fold_name(area.name), fold_name(area.english)}:
                self._names.setdefault(name, []).append(area)
            for alias in {fold_name(alias) for alias in area.aliases}:
                self._aliases.setdefault(alias, []).append(area)
            if area.level == "street" and area.parent in self._areas:
                # 海淀区八里庄街道 tells it from the one in 朝阳区
                upper = self._areas[area.parent].name
                self._aliases.setdefault(fold_name(upper + area.name), []).append(area)

    @classmethod
    def from_csv(cls, path: Path) -> AreaTree:
        """Read areas from a CSV file with the columns code, name, english, level, kind, parent, valid_from, valid_to,
        aliases (separated by `|`), note.

        Raises:
            LantuError: the file cannot be read or a row does not fit (`SeveralErrors` names all of them).
        """
        areas: list[Area] = []
        faults: list[LantuError] = []
        seen: dict[str, int] = {}
        for line, row in read_table(path, _COLUMNS):
            try:
                areas.append(_area(path, line, row))
            except LantuError as error:
                faults.append(error)
                continue
            if row["code"] in seen:
                faults.append(_fault(path, line, "code", f"编码“{row['code']}”重复", f"code '{row['code']}' twice"))
            seen[row["code"]] = line
        for area in areas:
            if area.parent is not None and area.parent not in seen:
                faults.append(
                    _fault(path, seen[area.code], "parent", f"没有上级“{area.parent}”", f"no parent '{area.parent}'")
                )
        if faults:
            raise SeveralErrors(faults)
        return cls(areas)

    def __iter__(self) -> Iterator[Area]:
        return iter(self._areas.values())

    def __len__(self) -> int:
        return len(self._areas)

    def __contains__(self, code: object) -> bool:
        return code in self._areas

    def get(self, code: str) -> Area:
        """The area with this code.

        Raises:
            LantuError: there is none.
        """
        if code in self._areas:
            return self._areas[code]
        raise self._unknown(code)

    def find(self, text: str, at: dt.date | None = None) -> Area:
        """The area that `text` names by code, Chinese or English name or alias, valid on the day `at`.

        Where a name is borne on several levels the highest one is meant.

        Raises:
            LantuError: nobody bears the name (near names are offered), or several of the same level do.
        """
        if text.strip() in self._areas:
            return self._areas[text.strip()]
        key = fold_name(text)
        for index in (self._names, self._aliases):
            found = [area for area in index.get(key, ()) if area.valid_at(at)]
            found = [area for area in found if area.level == found[0].level]
            if len(found) > 1:
                raise self._ambiguous(text, found)
            if found:
                return found[0]
        raise self._unknown(text)

    def select(self, selection: str, at: dt.date | None = None) -> list[Area]:
        """Areas by level (`city`, `districts`, `streets`), code or name, or a list of these separated by commas.

        `districts` includes the development area; `streets` are streets, towns and townships without the zones of
        the statistical codes. Each area comes once, in the order asked for.

        Raises:
            LantuError: a part of the selection is unknown or ambiguous.
        """
        result: dict[str, Area] = {}
        parts = [part.strip() for part in re.split(r"[,，、;；]", selection) if part.strip()]
        if not parts:
            raise self._unknown(selection)
        for part in parts:
            group = _GROUPS.get(part.casefold())
            if group is None:
                areas = [self.find(part, at)]
            else:
                areas = [area for area in self if area.level == group and area.kind != "zone" and area.valid_at(at)]
            result.update((area.code, area) for area in areas)
        return list(result.values())

    def children(self, code: str) -> list[Area]:
        """The areas directly under this one, in the order of the file (zones included)."""
        return list(self._children.get(self.get(code).code, ()))

    def ancestors(self, code: str) -> list[Area]:
        """The areas above this one, the nearest first."""
        result: list[Area] = []
        parent = self.get(code).parent
        while parent is not None and self._areas[parent] not in result:
            result.append(self._areas[parent])
            parent = self._areas[parent].parent
        return result

    def _unknown(self, text: str) -> LantuError:
        shown = {key: areas[0].name for index in (self._aliases, self._names) for key, areas in index.items()}
        shown |= {code.casefold(): code for code in self._areas}
        near = difflib.get_close_matches(fold_name(text), shown, n=4, cutoff=0.5)
        names = list(dict.fromkeys(shown[key] for key in near))
        mend = Text(
            ("是不是：" + "、".join(names) + "？" if names else "") + "也可用 city、districts、streets 或编码",
            ("did you mean " + ", ".join(names) + "? " if names else "")
            + "city, districts, streets and codes work too",
        )
        return LantuError(Text(f"没有“{text}”这个区域", f"there is no area '{text}'"), mend=mend)

    def _ambiguous(self, text: str, found: list[Area]) -> LantuError:
        choices = [
            (self._areas[area.parent].name if area.parent else "") + area.name + f" ({area.code})" for area in found
        ]
        return LantuError(
            Text(f"“{text}”不止一处", f"'{text}' names several areas"),
            mend=Text("写明是哪一处：" + "、".join(choices), "say which one: " + ", ".join(choices)),
        )


def _area(path: Path, line: int, row: dict[str, str]) -> Area:
    for field in ("code", "name", "english"):
        if not row[field]:
            raise _fault(path, line, field, "不能为空", "must not be empty")
    level = next((level for level in _LEVELS if level == row["level"]), None)
    kind = next((kind for kind in _KINDS if kind == row["kind"]), None)
    if level is None or kind is None:
        field, allowed = ("level", _LEVELS) if level is None else ("kind", _KINDS)
        raise _fault(
            path, line, field, f"“{row[field]}”不在 {', '.join(allowed)} 之中", f"'{row[field]}' is none of {allowed}"
        )
    return Area(
        code=row["code"],
        name=row["name"],
        english=row["english"],
        level=level,
        kind=kind,
        parent=row["parent"] or None,
        valid_from=date_cell(path, line, row, "valid_from"),
        valid_to=date_cell(path, line, row, "valid_to"),
        aliases=tuple(alias for alias in row["aliases"].split("|") if alias),
        note=row["note"],
    )


def _fault(path: Path, line: int, field: str, zh: str, en: str) -> LantuError:
    return LantuError(Text(zh, en), where=Place(path, line, field))
