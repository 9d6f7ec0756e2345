"""Names in cells become canonical units, and each name that had to be mended leaves a doubt."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

from lantu.places import Resolution, UnitRegister
from lantu.plan.model import Doubt
from lantu.plan.reading.seams import Groups, Units, unit_groups


class UnitReader:
    """Reads cells of units for one document."""

    def __init__(self, register: UnitRegister, year: int | None) -> None:
        self._register = register
        self._at = dt.date(year, 7, 1) if year else None
        self._seen: set[tuple[int | None, int | None, str]] = set()
        self.doubts: list[Doubt] = []

    def groups(self, raw: str, drawn: bool, line: int | None, page: int | None, plan: str) -> Groups:
        """The groups of canonical units in a cell."""
        found = unit_groups(raw, self._split, drawn)
        return [[self._unit(name, line, page, plan) for name in group] for group in found]

    def _split(self, text: str) -> Units:
        """The names in a text; its line ends separate names, unless more is known when they do not."""
        names = self._register.split(text)
        if "\n" not in text or not self._odd(names):
            return names
        run_on = self._register.split(text.replace("\n", ""))
        return run_on if self._odd(run_on) < self._odd(names) else names

    def _odd(self, names: Units) -> int:
        return sum(self._register.resolve(name, self._at).doubt is not None for name in names)

    def _unit(self, name: str, line: int | None, page: int | None, plan: str) -> str:
        resolution: Resolution = self._register.resolve(name, self._at)
        key = (line, page, re.sub(r"\s+", "", name))
        if resolution.doubt is not None and key not in self._seen:
            self._seen.add(key)
            self.doubts.append(
                Doubt(
                    "unit_name",
                    resolution.doubt,
                    resolution.confidence if resolution.known else 0.5,
                    line,
                    page,
                    plan,
                    printed=name,
                    read_as=resolution.unit if resolution.known else None,
                )
            )
        return resolution.unit

    def governs(self, unit: str) -> bool:
        """Whether the unit is a district's government or stands for such."""
        return self._register.is_of_districts(unit)

    def is_group(self, unit: str) -> bool:
        """Whether the unit is a group of bodies that are not named one by one (各区政府)."""
        return self._register.kind_of(unit) == "group"

    def named(self, unit: str, text: str) -> int:
        """How clearly a text names a unit: 3 for its name without 市 and 局, 1 for a word of it, 0 for nothing."""
        if self.is_group(unit):
            return 3 * (_DISTRICTS.search(text) is not None)
        core = _core(unit)
        if len(core) >= 2 and core in text:
            return 3
        return int(any(word in text for word in _words(core)))

    def all_govern(self, units: Units) -> bool:
        return bool(units) and all(self.governs(unit) for unit in units)

    def none_governs(self, units: Units) -> bool:
        return bool(units) and not any(self.governs(unit) for unit in units)


_DISTRICTS = re.compile(r"(?:各|有关|相关)区(?:人民)?政府")


@lru_cache(maxsize=4096)
def _core(unit: str) -> str:
    name = re.sub(r"\(.*\)", "", unit)
    return re.sub(r"(?:委员会|办公室|局|委|办|政府)$", "", name.removeprefix("市"))


# Words that many bodies have in their names say nothing about which is meant.
_COMMON = {"管理", "建设", "工作", "发展", "公司", "有限", "单位", "部门", "北京", "服务", "中心", "办公", "公室"}


@lru_cache(maxsize=4096)
def _words(core: str) -> tuple[str, ...]:
    pairs = (core[i : i + 2] for i in range(len(core) - 1))
    return tuple(pair for pair in pairs if pair not in _COMMON and "和" not in pair)


def in_order(units: Units) -> Units:
    """Each unit once, as first printed."""
    return list(dict.fromkeys(units))
