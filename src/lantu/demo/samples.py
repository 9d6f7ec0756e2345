"""Values that fit a ledger's field: invented, but such that the field takes them."""

from __future__ import annotations

import datetime as dt
import random
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lantu.ledgers import LedgerField


def text_like(pattern: str, number: int) -> str:
    """A text that matches a pattern; `number` fills its digits from the right, so that different ones differ.

    Raises:
        ValueError: the pattern uses what this small writer does not know.
    """
    parts = _parts(re._parser.parse(pattern))  # type: ignore[attr-defined]
    digits = str(number)
    places = [index for index, part in enumerate(parts) if part == "\0"]
    for place in reversed(places):
        parts[place] = digits[-1] if digits else "0"
        digits = digits[:-1]
    found = "".join(parts)
    if not re.fullmatch(pattern, found):
        raise ValueError(f"cannot write a text like {pattern}: {found}")
    return found


def _parts(tree: Any) -> list[str]:
    found: list[str] = []
    for kind, argument in tree:
        name = str(kind)
        if name == "LITERAL":
            found.append(chr(argument))
        elif name == "IN":
            found.append(_one_of(argument))
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            least, most, inside = argument
            wanted = least if int(most) == int(least) else max(least, min(int(most), 6))
            for _ in range(wanted):
                found += _parts(inside)
        elif name == "SUBPATTERN":
            found += _parts(argument[3])
        elif name == "BRANCH":
            found += _parts(argument[1][0])
        elif name == "ANY":
            found.append("\0")
        elif name != "AT":
            raise ValueError(f"cannot write a text for {name}")
    return found


def _one_of(members: Any) -> str:
    for kind, argument in members:
        name = str(kind)
        if name == "CATEGORY" and str(argument) == "CATEGORY_DIGIT":
            return "\0"
        if name == "RANGE" and argument == (48, 57):
            return "\0"
    kind, argument = members[0]
    name = str(kind)
    if name == "RANGE":
        return chr(argument[0])
    if name == "LITERAL":
        return chr(argument)
    if name == "CATEGORY":
        return "a"
    raise ValueError(f"cannot choose from {name}")


def sample(field: LedgerField, number: int, day: dt.date, area: str, unit: str, draw: random.Random) -> Any:
    """A value for a field of an entry.

    Args:
        field: the field; not a reference, which the caller fills.
        number: counts the entries, so that texts differ.
        day: a date field gets this day.
        area: the entry's area.
        unit: a public body that the pack knows.
        draw: the source of chance.
    """
    if field.type == "text":
        if field.pattern is not None:
            return text_like(field.pattern, number)
        return f"模拟{field.title.zh}{number}"[: field.max_length]
    if field.type == "integer":
        least = int(field.minimum) if field.minimum is not None else 0
        most = int(field.maximum) if field.maximum is not None else least + 100
        return draw.randint(least, most)
    if field.type == "number":
        low = Decimal(0) if field.minimum is None else field.minimum
        high = field.maximum if field.maximum is not None else low + 100
        return (low + (high - low) * draw.randint(5, 95) / 100).quantize(Decimal("0.01"))
    if field.type == "date":
        return day
    if field.type == "yes_no":
        return bool(field.default) if isinstance(field.default, bool) else True
    if field.type == "code":
        return field.default if field.default is not None else draw.choice(list(field.codes))
    if field.type == "codes":
        return (next(iter(field.codes)),)
    return area if field.type == "area" else unit
