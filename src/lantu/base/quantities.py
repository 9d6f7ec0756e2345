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

# Chinese names of units, and the spelling that pint reads. Counted things are dimensions of their own.
COUNTED = {
    "家": "enterprise",
    "辆": "vehicle",
    "辆次": "vehicle_check",
    "台": "machine",
    "座": "plant",
    "条": "reach",
    "条段": "reach",
    "处": "site",
    "个": "item",
    "份": "document",
    "户": "household",
    "村": "village",
    "个村": "village",
    "起": "incident",
    "人次": "person_time",
    "名": "rank_place",
    "组": "sample_group",
    "项": "item",
}

_SPELLINGS = {
    **COUNTED,
    "%": "percent",
    "％": "percent",
    "百分点": "percent",
    "μg/m³": "microgram / meter ** 3",
    "µg/m³": "microgram / meter ** 3",
    "ug/m3": "microgram / meter ** 3",
    "微克/立方米": "microgram / meter ** 3",
    "mg/m³": "milligram / meter ** 3",
    "mg/m3": "milligram / meter ** 3",
    "毫克/立方米": "milligram / meter ** 3",
    "mg/L": "milligram / liter",
    "mg/kg": "milligram / kilogram",
    "吨/平方公里·月": "tonne / kilometer ** 2 / dustfall_month",
    "t/(km2.30d)": "tonne / kilometer ** 2 / dustfall_month",
    "t/(km²·30d)": "tonne / kilometer ** 2 / dustfall_month",
    "克/平方米": "gram / meter ** 2",
    "g/m2": "gram / meter ** 2",
    "g/m²": "gram / meter ** 2",
    "公里": "kilometer",
    "千米": "kilometer",
    "米": "meter",
    "km": "kilometer",
    "m": "meter",
    "立方米": "meter ** 3",
    "m3": "meter ** 3",
    "m³": "meter ** 3",
    "平方米": "meter ** 2",
    "m2": "meter ** 2",
    "公顷": "hectare",
    "ha": "hectare",
    "亩": "mu",
    "吨": "tonne",
    "t": "tonne",
    "kg": "kilogram",
    "公斤": "kilogram",
    "克": "gram",
    "g": "gram",
    "mg": "milligram",
    "ug": "microgram",
    "μg": "microgram",
    "吨标煤": "coal_equivalent_tonne",
    "千瓦时": "kilowatt_hour",
    "千瓦": "kilowatt",
    "元": "yuan",
    "立方米/万元": "meter ** 3 / ten_thousand_yuan",
    "天": "day",
    "日": "day",
    "小时": "hour",
    "h": "hour",
    "d": "day",
    "月": "calendar_month",
    "季度": "calendar_quarter",
    "年": "calendar_year",
    "季(作物)": "crop_season",
    "℃": "degree_Celsius",
    "°C": "degree_Celsius",
    "K": "kelvin",
    "Pa": "pascal",
    "hPa": "hectopascal",
    "kPa": "kilopascal",
    "mm": "millimeter",
    "毫米": "millimeter",
    "m/s": "meter / second",
    "米/秒": "meter / second",
    "km/h": "kilometer / hour",
    "°": "compass_degree",
    "1": "dimensionless",
    "": "dimensionless",
}

_ENGLISH = {
    "家": "enterprises",
    "辆": "vehicles",
    "辆次": "vehicle checks",
    "台": "machines",
    "座": "plants",
    "条": "reaches",
    "条段": "reaches",
    "处": "sites",
    "个": "items",
    "份": "documents",
    "户": "households",
    "村": "villages",
    "个村": "villages",
    "起": "incidents",
    "人次": "person-times",
    "名": "places",
    "组": "sample groups",
    "项": "items",
    "天": "days",
    "日": "days",
    "小时": "hours",
    "月": "months",
    "季度": "quarters",
    "年": "years",
    "季(作物)": "crop seasons",
    "公里": "km",
    "千米": "km",
    "米": "m",
    "立方米": "m³",
    "平方米": "m²",
    "公顷": "ha",
    "亩": "mu",
    "吨": "t",
    "公斤": "kg",
    "克": "g",
    "克/平方米": "g/m²",
    "微克/立方米": "μg/m³",
    "毫克/立方米": "mg/m³",
    "吨/平方公里·月": "t/(km²·month)",
    "吨标煤": "tce",
    "千瓦时": "kWh",
    "千瓦": "kW",
    "元": "yuan",
    "百分点": "percentage points",
    "1": "",
}
_ENGLISH_MULTIPLES = {
    "百": "hundred ",
    "千": "thousand ",
    "万": "10⁴ ",
    "百万": "million ",
    "千万": "10⁷ ",
    "亿": "10⁸ ",
}

_MULTIPLES = {"百": 10**2, "千": 10**3, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8, "万亿": 10**12}


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
    if written in _ENGLISH:
        return Text("" if written == "1" else written, _ENGLISH[written])
    for prefix in sorted(_ENGLISH_MULTIPLES, key=len, reverse=True):
        rest = written.removeprefix(prefix)
        if rest != written and rest in _ENGLISH:
            return Text(written, _ENGLISH_MULTIPLES[prefix] + _ENGLISH[rest])
    return Text(written, written)


@cache
def _parse(written: str) -> tuple[Decimal, Any]:
    factor, spelling = _spelling(written)
    return Decimal(factor), registry().Unit(spelling)


def _spelling(written: str) -> tuple[int, str]:
    text = written.strip()
    if text in _SPELLINGS:
        return 1, _SPELLINGS[text]
    for prefix in sorted(_MULTIPLES, key=len, reverse=True):
        rest = text.removeprefix(prefix)
        if rest != text and rest in _SPELLINGS:
            return _MULTIPLES[prefix], _SPELLINGS[rest]
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
