"""The JSON messages: an event of a camera, a weighing, readings by factor, rows of a declared dataset.

Closed models: an unknown key is a fault, as a misspelt one would otherwise lose its value in silence. A time is ISO
8601; with an offset it is converted to local standard time (UTC+8), without one it is that already.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError, model_validator

from lantu.base import ClosedModel, LantuError, Place, Text
from lantu.gateway.push.pictures import MOST_PICTURES, PictureSaid
from lantu.gateway.push.refusal import MALFORMED, NOT_FITTING, Refusal, fault, misfit

LOCAL = dt.timezone(dt.timedelta(hours=8))
MOST_ROWS = 10_000
MOST_FACTORS = 1_000
MOST_FAULTS = 20
"""How many faults of one message are told."""
_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}|$)", re.ASCII)
_IN_CHINESE = {
    "string_type": "应为文本",
    "float_type": "应为数字",
    "finite_number": "应为有限的数",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "dict_type": "应为对象",
    "model_type": "应为对象",
    "tuple_type": "应为数组",
    "too_short": "项数太少",
    "too_long": "项数太多",
    "string_too_short": "文本为空或太短",
    "string_too_long": "文本太长",
    "string_pattern_mismatch": "格式不符：{pattern}",
    "literal_error": "只能是 {expected}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than_equal": "应不大于 {le}",
}
"""What pydantic says in English, by its names."""


def local_time(printed: str) -> dt.datetime:
    """A time of a message as naive local time.

    Raises:
        ValueError: it is none.
    """
    try:
        if not _WRITTEN.match(printed):  # the library takes weeks and dates without hyphens too
            raise ValueError(printed)
        moment = dt.datetime.fromisoformat(printed)
        return moment if moment.tzinfo is None else moment.astimezone(LOCAL).replace(tzinfo=None)
    except (OverflowError, ValueError) as error:
        raise ValueError(f"'{printed[:40]}' is no time") from error


def _time(given: Any) -> dt.datetime:
    example = "2021-08-01T10:15:00+08:00"
    if not isinstance(given, str):
        raise misfit(f"时间应为文本，如 {example}", f"a time is a text such as {example}")
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", given):
        raise misfit("缺少时刻", "the time of day is missing")
    try:
        return local_time(given)
    except ValueError as error:
        shown = given[:40]
        raise misfit(f"“{shown}”不是如 {example} 的时间", f"'{shown}' is no time such as {example}") from error


LocalTime = Annotated[dt.datetime, BeforeValidator(_time)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Message(ClosedModel):
    id: Name
    """Of its source's own making; what comes again under the same is the same message."""
    simulated: bool = False


class _Seen(_Message):
    site: Name
    equipment: str = Field(default="", max_length=200)
    time: LocalTime
    note: str | None = Field(default=None, max_length=2000)
    pictures: tuple[PictureSaid, ...] = Field(default=(), max_length=MOST_PICTURES)


class Event(_Seen):
    """Something that a camera's analysis saw."""

    form: Literal["event"]
    kind: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)
    """What was seen (`uncovered_soil`, `no_wheel_washing`), as the city's rules call it."""
    confidence: Annotated[Number, Field(ge=0, le=1)] | None = None
    plate: str | None = Field(default=None, max_length=20)


class Weighing(_Seen):
    """A vehicle on a weighbridge. Masses are in `unit`."""

    form: Literal["weighing"]
    plate: Name
    gross: Annotated[Number, Field(ge=0)] | None = None
    tare: Annotated[Number, Field(ge=0)] | None = None
    net: Annotated[Number, Field(ge=0)] | None = None
    unit: Literal["t", "kg"]
    material: str | None = Field(default=None, max_length=200)

    @model_validator(mode="after")
    def _weighed(self) -> Weighing:
        if self.gross is None and self.net is None:
            raise misfit("应有 `gross` 或 `net`", "give `gross` or `net`")
        return self

    def tonnes(self, mass: float | None) -> float | None:
        """A mass in tonnes."""
        return mass if mass is None or self.unit == "t" else mass / 1000


class Reading(ClosedModel):
    """One factor's reading, in the unit that the device register has for it."""

    value: Number | None = None
    minimum: Number | None = None
    maximum: Number | None = None
    total: Number | None = None
    flag: str | None = Field(default=None, max_length=8)


class Readings(_Message):
    """Readings of one device and time, by factor, as HJ 212 has them."""

    form: Literal["readings"]
    device: Name
    kind: Literal["realtime", "minute", "hour", "day"]
    time: LocalTime
    factors: dict[Name, Reading] = Field(min_length=1, max_length=MOST_FACTORS)


class Rows(_Message):
    """Rows of a declared dataset. What a row holds is checked against the dataset."""

    form: Literal["rows"]
    dataset: Name
    units: dict[Name, Name] = {}
    """By column; without one a column is in the dataset's unit."""
    rows: tuple[dict[str, Any], ...] = Field(min_length=1, max_length=MOST_ROWS)


Message = Event | Weighing | Readings | Rows
_ANY: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="form")])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key '{twice}' appears twice")
    return found


def _no_number(printed: str) -> None:
    raise ValueError(f"{printed} is no number")


def read_message(body: bytes) -> Message:
    """Read a message.

    Raises:
        Refusal: it is not JSON, or not as one of the forms has it; with every fault of it.
    """
    try:
        data = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        said = "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        raise Refusal(
            MALFORMED,
            fault(f"不是 JSON：{said}", f"not JSON: {said}", "body", "用 UTF-8 编码的 JSON", "send JSON in UTF-8"),
        ) from error
    try:
        return _ANY.validate_python(data)
    except ValidationError as error:
        found = [_as_error(each) for each in error.errors(include_url=False)[:MOST_FAULTS]]
        raise Refusal(NOT_FITTING, *found) from error


def path_of(location: tuple[int | str, ...]) -> str:
    """A place in a message: `rows[3].time`."""
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path or "body"


def _as_error(found: Any) -> LantuError:
    location = found["loc"]
    if location and location[0] in ("event", "weighing", "readings", "rows"):
        location = location[1:]  # pydantic puts the form before the path
    path, kind = path_of(location), found["type"]
    name = str(location[-1]) if location else "form"
    if kind == "missing":
        return fault(f"缺少“{name}”", f"'{name}' is missing", path, "补上此项", "add it")
    if kind == "extra_forbidden":
        return fault(
            f"不认识的键“{name}”", f"unknown key '{name}'", path,
            "检查拼写，或删去此键", "check the spelling or remove the key",
        )  # fmt: skip
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return fault(
            "form 缺失或未知", "the form is missing or not known", "form",
            "用 event、weighing、readings 或 rows", "use event, weighing, readings or rows",
        )  # fmt: skip
    message, context = found["msg"], found.get("ctx", {})
    chinese = context.get("zh") or (_IN_CHINESE[kind].format_map(context) if kind in _IN_CHINESE else message)
    return LantuError(
        Text(f"值不合要求：{chinese}", f"the value does not fit: {message}"),
        where=Place(path),
        mend=Text("见 docs/gateway-push.md", "see docs/gateway-push.md"),
    )
