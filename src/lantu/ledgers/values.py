"""The value of a field: read from what a person or a sheet gives, checked, kept as JSON, shown again."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Quantity, Text, current_language, parse_unit

if TYPE_CHECKING:
    from lantu.ledgers.schema import LedgerField
    from lantu.places import AreaTree, UnitRegister

_YES = {"是", "有", "yes", "y", "true", "1", "√", "✓"}
_NO = {"否", "无", "no", "n", "false", "0", "×"}
_SEPARATORS = re.compile(r"[;；、|\n]+")


@dataclass(frozen=True, slots=True)
class Registers:
    """What values are checked against: the areas, the units, and today (`fixed` where a city stands still on a day)."""

    areas: AreaTree
    units: UnitRegister
    fixed: dt.date | None = None

    @property
    def today(self) -> dt.date:
        return self.fixed or dt.date.today()


class Unfit(Exception):
    """A value that does not fit its field, in both languages, with the mend."""

    def __init__(self, what: Text, mend: Text | None = None) -> None:
        super().__init__(what.en)
        self.what, self.mend = what, mend


def read_value(field: LedgerField, raw: Any, registers: Registers, unit: str | None = None) -> Any:
    """The value of a field from what was given: text, a number, a date, a workbook's cell.

    Args:
        field: the field.
        raw: what was given; blank text is no value.
        registers: areas, units, today.
        unit: the unit in which a number is given, if not the field's own; it is converted.

    Returns:
        str, int, Decimal, date, bool, a tuple of codes, or None.

    Raises:
        Unfit: it cannot be read, or is not allowed.
    """
    if isinstance(raw, str):
        raw = raw.strip()
    if raw is None or raw == "" or (isinstance(raw, list | tuple) and not raw):
        if field.default is not None:
            return read_value(field, str(field.default), registers)
        return None
    return _READERS[field.type](field, raw, registers, unit)


def _number(raw: Any) -> Decimal:
    if isinstance(raw, bool):
        raise Unfit(Text("是/否不是数", "yes or no is not a number"))
    if isinstance(raw, float) and raw.is_integer():
        return Decimal(int(raw))
    try:
        number = Decimal(repr(raw)) if isinstance(raw, float) else Decimal(str(raw).replace(",", "").replace("，", ""))
    except InvalidOperation:
        raise Unfit(Text(f"“{raw}”不是数", f"'{raw}' is not a number")) from None
    if not number.is_finite():
        raise Unfit(Text(f"“{raw}”不是有限的数", f"'{raw}' is not a finite number"))
    return number


def _in_range(field: LedgerField, number: Decimal) -> None:
    lowest = Decimal(0) if field.minimum is None else field.minimum
    if number < lowest:
        raise Unfit(
            Text(f"{number} 小于 {lowest}", f"{number} is below {lowest}"),
            Text("数量不能为负，请核对" if lowest == 0 else "请核对", "check the figure"),
        )
    if field.maximum is not None and number > field.maximum:
        raise Unfit(Text(f"{number} 大于 {field.maximum}", f"{number} is above {field.maximum}"))


def _read_number(field: LedgerField, raw: Any, _registers: Registers, unit: str | None) -> Decimal:
    number = _number(raw)
    if unit is not None and unit != field.unit:
        assert field.unit is not None
        try:
            number = Quantity.of(number, unit).to(field.unit).value
        except LantuError as error:
            raise Unfit(error.what, Text(f"本字段用“{field.unit}”", f"this field is in '{field.unit}'")) from None
    _in_range(field, number)
    return number.normalize() if abs(number.adjusted()) < 6 and number != number.to_integral_value() else number


def _read_integer(field: LedgerField, raw: Any, _registers: Registers, _unit: str | None) -> int:
    number = _number(raw)
    if number != number.to_integral_value():
        raise Unfit(Text(f"“{raw}”不是整数", f"'{raw}' is not a whole number"))
    _in_range(field, number)
    return int(number)


def _read_text(field: LedgerField, raw: Any, _registers: Registers, _unit: str | None) -> str:
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)  # a code in a workbook's number cell
    text = str(raw)
    if any(ord(letter) < 32 and letter not in "\t\n\r" for letter in text):
        raise Unfit(Text("含有控制字符", "it has control characters"))
    if len(text) > field.max_length:
        raise Unfit(
            Text(f"共 {len(text)} 字，最多 {field.max_length} 字", f"{len(text)} letters; at most {field.max_length}")
        )
    if field.pattern is not None and not re.fullmatch(field.pattern, text):
        raise Unfit(
            Text(f"“{text}”格式不对", f"'{text}' has the wrong form"),
            field.note or Text(f"应符合 {field.pattern}", f"it must match {field.pattern}"),
        )
    return text


def _read_date(field: LedgerField, raw: Any, registers: Registers, _unit: str | None) -> dt.date:
    if isinstance(raw, dt.datetime):
        day = raw.date()
    elif isinstance(raw, dt.date):
        day = raw
    else:
        parts = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?", str(raw)) or re.fullmatch(
            r"(\d{4})(\d{2})(\d{2})", str(raw)
        )
        try:
            if parts is None:
                raise ValueError
            day = dt.date(int(parts[1]), int(parts[2]), int(parts[3]))
        except ValueError:
            raise Unfit(
                Text(f"“{raw}”不是日期", f"'{raw}' is not a date"), Text("写成 2021-06-30", "write 2021-06-30")
            ) from None
    if day > registers.today and not field.future:
        raise Unfit(
            Text(f"{day} 在今天（{registers.today}）之后", f"{day} lies after today ({registers.today})"),
            Text("填已经发生的日期", "give a day that has passed"),
        )
    return day


def _read_yes_no(_field: LedgerField, raw: Any, _registers: Registers, _unit: str | None) -> bool:
    if isinstance(raw, bool):
        return raw
    word = str(int(raw) if isinstance(raw, float) and raw.is_integer() else raw).casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise Unfit(Text(f"“{raw}”不是“是”或“否”", f"'{raw}' is neither yes nor no"))


def _code(field: LedgerField, raw: Any) -> str:
    word = str(int(raw) if isinstance(raw, float) and raw.is_integer() else raw).strip()
    if word in field.codes:
        return word
    for code, title in field.codes.items():
        if word.casefold() in (title.zh.casefold(), title.en.casefold()):
            return code
    shown = [str(title) for title in field.codes.values()]
    near = difflib.get_close_matches(word, [*field.codes, *shown], n=2)
    allowed = "、".join(f"{title.zh}" for title in list(field.codes.values())[:12])
    allowed_en = ", ".join(f"{title.en}" for title in list(field.codes.values())[:12])
    hint = Text(
        (f"是否为：{'、'.join(near)}？" if near else "") + f"可填：{allowed}",
        (f"did you mean {', '.join(near)}? " if near else "") + f"allowed: {allowed_en}",
    )
    raise Unfit(Text(f"没有代码“{word}”", f"there is no code '{word}'"), hint)


def _read_codes(field: LedgerField, raw: Any, _registers: Registers, _unit: str | None) -> tuple[str, ...]:
    parts = raw if isinstance(raw, list | tuple) else [part for part in _SEPARATORS.split(str(raw)) if part.strip()]
    return tuple(dict.fromkeys(_code(field, part) for part in parts))


def read_area(raw: Any, registers: Registers) -> str:
    """The code of the area that is named.

    Raises:
        Unfit: there is none, or several bear the name.
    """
    text = str(int(raw) if isinstance(raw, float) and raw.is_integer() else raw).strip()
    if text in registers.areas:
        return text
    try:
        return registers.areas.find(text).code
    except LantuError as error:
        raise Unfit(error.what, error.mend) from None


def read_unit(raw: Any, registers: Registers) -> str:
    """The canonical name of the public body that is named.

    Raises:
        Unfit: the pack does not know it.
    """
    text = str(raw).strip()
    if registers.units.kind_of(text) is not None:
        return text
    found = registers.units.resolve(text)
    if not found.known:
        raise Unfit(
            Text(f"单位“{text}”不在单位名录中", f"the unit '{text}' is not in the register of units"),
            Text("用单位的全称，见 units.yaml", "use its full name as in units.yaml"),
        )
    return found.unit


_READERS: Mapping[str, Any] = {
    "text": _read_text,
    "reference": _read_text,
    "integer": _read_integer,
    "number": _read_number,
    "date": _read_date,
    "yes_no": _read_yes_no,
    "code": lambda field, raw, _r, _u: _code(field, raw),
    "codes": _read_codes,
    "area": lambda _f, raw, registers, _u: read_area(raw, registers),
    "unit": lambda _f, raw, registers, _u: read_unit(raw, registers),
}


def to_json(value: Any) -> Any:
    """A value as it is kept."""
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def decoder(field: LedgerField) -> Any:
    """What turns the kept form into the value again; None where they are the same."""
    return {"date": dt.date.fromisoformat, "number": Decimal, "codes": tuple}.get(field.type)


def shown(field: LedgerField, value: Any) -> str:
    """A value as a reader sees it in the current language."""
    if value is None:
        return ""
    if field.type == "code":
        return str(field.codes.get(value, value))
    if field.type == "codes":
        return "、".join(str(field.codes.get(each, each)) for each in value)
    if field.type == "yes_no":
        words = ("是", "否") if current_language() == "zh" else ("yes", "no")
        return words[0] if value else words[1]
    return str(value)


def unit_in(header: str) -> tuple[str, str | None]:
    """A column's heading taken apart into title and unit: `长度（m）` gives 长度 and m."""
    match = re.fullmatch(r"\s*(.*?)\s*[（(\[]\s*([^（()）\[\]]+?)\s*[)）\]]\s*\*?\s*", header)
    if match is None:
        return header.strip().rstrip("*").strip(), None
    try:
        parse_unit(match[2])
    except LantuError:
        return header.strip().rstrip("*").strip(), None
    return match[1], match[2]
