"""Quantities with units: the plan's own units (家, 万辆, 亿立方米, 吨/平方公里·月) and those of the standards.

Amounts of unlike things do not convert into each other (家 is not 辆), and mass concentrations convert only when
asked to: adding mg to ug is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from lantu.base.errors import LantuError
from lantu.base.language import Text
from lantu.base.rounding import Number, as_decimal
from lantu.base.unit_names import COUNTED, ENGLISH, ENGLISH_MULTIPLES, MULTIPLES, SPELLINGS


@cache
def registry() -> Any:
    """The program's one unit registry."""
    import pint  # half a second to load: only where units are looked at

    units: Any = pint.UnitRegistry(non_int_type=Decimal, autoconvert_offset_to_baseunit=False, cache_folder=None)
    for name in sorted(set(COUNTED.values())):
        units.define(f"{name} = [{name}]")
    for name in ("coal_equivalent_tonne", "crop_season", "calendar_month"):
        units.define(f"{name} = [{name}]")
    units.define("calendar_quarter = 3 * calendar_month")
    units.define("calendar_year = 12 * calendar_month")
    units.define("dustfall_month = [dustfall_month]")  # the 30 days of dustfall: not a unit that converts to days
    units.define("compass_degree = [direction]")  # pint's own degree is a pure number and would convert to percent
    units.define("mu = hectare / 15")
    units.define("yuan = [currency]")
    units.define("ten_thousand_yuan = 10000 * yuan")
    units.define("hundred_milliliter = 100 * milliliter")
    units.define("ten_liter = 10 * liter")
    return units


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as it is written, and what it means."""

    written: str

    def __str__(self) -> str:
        return self.written

    @property
    def factor(self) -> Decimal:
        """What one of this unit is in its family's plain unit, where the writing carries 万, 亿 and the like."""
        return _parse(self.written)[0]

    @property
    def meaning(self) -> Any:
        return _parse(self.written)[1]

    def fits(self, other: Unit) -> bool:
        """Whether amounts in the two units can be converted into each other."""
        if self.meaning.dimensionality:
            return bool(self.meaning.dimensionality == other.meaning.dimensionality)
        return bool(not other.meaning.dimensionality)


def unit_title(written: str) -> Text:
    """A unit as a reader sees it in each language; one without an English name stays as it is written."""
    if written in ENGLISH:
        return Text("" if written == "1" else written, ENGLISH[written])
    for prefix in sorted(ENGLISH_MULTIPLES, key=len, reverse=True):
        rest = written.removeprefix(prefix)
        if rest != written and rest in ENGLISH:
            return Text(written, ENGLISH_MULTIPLES[prefix] + ENGLISH[rest])
    return Text(written, written)


@cache
def _parse(written: str) -> tuple[Decimal, Any]:
    factor, spelling = _spelling(written)
    return Decimal(factor), registry().Unit(spelling)


def _spelling(written: str) -> tuple[int, str]:
    text = written.strip()
    if text in SPELLINGS:
        return 1, SPELLINGS[text]
    for prefix in sorted(MULTIPLES, key=len, reverse=True):
        rest = text.removeprefix(prefix)
        if rest != text and rest in SPELLINGS:
            return MULTIPLES[prefix], SPELLINGS[rest]
    raise LantuError(
        Text(f"不认识的单位“{written}”", f"unknown unit '{written}'"),
        mend=Text("用 μg/m³、家、万辆、公里、亿立方米、公顷、% 等", "use μg/m³, 家, 万辆, 公里, 亿立方米, 公顷, % ..."),
    )


def parse_unit(written: str) -> Unit:
    """Read a unit.

    Raises:
        LantuError: nobody told Lantu what this unit means.
    """
    _spelling(written)
    return Unit(written.strip())


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact decimal value with its unit."""

    value: Decimal
    unit: Unit

    @classmethod
    def of(cls, value: Number, unit: str) -> Quantity:
        return cls(as_decimal(value), parse_unit(unit))

    def __str__(self) -> str:
        return f"{self.value} {self.unit}".strip()

    def to(self, unit: str | Unit) -> Quantity:
        """Convert.

        Raises:
            LantuError: the units do not fit each other.
        """
        target = parse_unit(unit) if isinstance(unit, str) else unit
        if target.written == self.unit.written:
            return self
        (factor, spelling), (target_factor, target_spelling) = _spelling(self.unit.written), _spelling(target.written)
        if spelling == target_spelling:  # 万吨 to 吨: nothing to look up
            return Quantity(self.value * factor / target_factor, target)
        if not self.unit.fits(target):
            raise LantuError(
                Text(f"单位“{self.unit}”不能换算成“{target}”", f"'{self.unit}' cannot be converted to '{target}'")
            )
        plain = registry().Quantity(self.value * self.unit.factor, self.unit.meaning).to(target.meaning)
        return Quantity(as_decimal(plain.magnitude) / target.factor, target)

    def __add__(self, other: Quantity) -> Quantity:
        self._same_unit(other)
        return Quantity(self.value + other.value, self.unit)

    def __sub__(self, other: Quantity) -> Quantity:
        self._same_unit(other)
        return Quantity(self.value - other.value, self.unit)

    def __lt__(self, other: Quantity) -> bool:
        return self.value < other.to(self.unit).value

    def __le__(self, other: Quantity) -> bool:
        return self.value <= other.to(self.unit).value

    def _same_unit(self, other: Quantity) -> None:
        """Sums are refused across units even where they convert: the caller says which unit the result has."""
        same = self.unit.meaning == other.unit.meaning and self.unit.factor == other.unit.factor
        if not same:
            raise LantuError(
                Text(f"“{self}”与“{other}”单位不同", f"'{self}' and '{other}' have different units"),
                mend=Text("先用 to() 换算", "convert one of them with to() first"),
            )
