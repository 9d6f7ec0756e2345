"""Vapour recovery of petrol stations (油气回收): an XML envelope around base64 XML, as station controllers post it.

The envelope has VERSION, DATAID, USERID (the station), TIME, TYPE, SEC, BUSINESSCONTENT and HMAC, bare or inside SOAP,
and there often with its brackets escaped. The content has `rows` of `row`; `NULL` is missing. What is known comes from
one public controller, whose cities differ a little; texts of the standard were not at hand. The parser takes no DTD
and no entities but XML's own five.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, TreeBuilder, tostring
from xml.parsers import expat

from lantu.base import LantuError
from lantu.base.language import LANGUAGES
from lantu.gateway.push.refusal import MALFORMED, NOT_FITTING, Refusal, fault

DEEPEST = 32
MOST_ELEMENTS = 50_000
TYPES = {
    "00": "request",
    "01": "configuration",
    "02": "alarm",
    "03": "fill",
    "04": "pressure",
    "05": "fault",
    "06": "nozzle_switched",
    "07": "nozzle_state",
}
"""What the two digits of TYPE mean."""
_NEEDED = ("DATAID", "USERID", "TIME", "TYPE", "BUSINESSCONTENT")
_DECLARED = re.compile(rb"^\s*<\?xml[^>]*encoding\s*=\s*[\"'](?P<name>[A-Za-z0-9_.-]+)[\"'][^>]*\?>")
_CHINESE = ("gb2312", "gbk", "gb18030")


class _Unsafe(ValueError):
    """The XML has what is not taken."""


def parse_xml(data: bytes) -> Element:
    """Parse XML without any DTD, entity, or nesting beyond all need.

    Raises:
        ValueError: it is not well-formed, or has one of these.
    """
    declared = _DECLARED.match(data)
    if declared and declared["name"].decode("ascii").lower() in _CHINESE:
        data = data[declared.end() :].decode("gb18030").encode("utf-8")
    builder = TreeBuilder()
    depth = count = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > DEEPEST or count > MOST_ELEMENTS:
            raise _Unsafe("nested too deeply, or too long")
        builder.start(tag.rpartition("}")[2], {})

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag.rpartition("}")[2])

    def refuse(*_: object) -> None:
        raise _Unsafe("a DTD or an entity")

    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    for handler in ("StartDoctypeDeclHandler", "EntityDeclHandler", "ExternalEntityRefHandler"):
        setattr(parser, handler, refuse)
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ValueError(str(error)) from error
    return builder.close()


@dataclass(frozen=True, slots=True)
class Posted:
    """A controller's envelope. `rows` are the fields of its content by their names; None where it cannot be read."""

    data_id: str
    station: str
    time: dt.datetime
    type: str
    rows: list[dict[str, str]] | None
    id: str
    """Of our own making: DATAID is the same in all messages of some controllers."""


def read_posted(body: bytes) -> Posted:
    """Read an envelope.

    Raises:
        Refusal: it is not XML, or an element is missing or not as it should be.
    """
    try:
        fields = _envelope(parse_xml(body))
    except (ValueError, LookupError) as error:
        raise Refusal(
            MALFORMED,
            fault(
                f"XML 不能接受：{error}", f"the XML cannot be taken: {error}", "body",
                "用格式良好、无 DTD 的 XML", "send well-formed XML without a DTD",
            ),
        ) from error  # fmt: skip
    missing = [name for name in _NEEDED if not fields.get(name)]
    if missing:
        raise Refusal(
            NOT_FITTING,
            *(fault(f"缺少 {name}", f"{name} is missing", name, "补上此项", "add it") for name in missing),
        )
    if fields["TYPE"] not in TYPES:
        raise Refusal(
            NOT_FITTING,
            fault(
                f"未知类型“{fields['TYPE'][:20]}”", f"unknown type '{fields['TYPE'][:20]}'", "TYPE",
                f"用 {'、'.join(TYPES)}", f"use {', '.join(TYPES)}",
            ),
        )  # fmt: skip
    time = time_of(fields["TIME"])
    if time is None:
        raise Refusal(
            NOT_FITTING,
            fault(
                f"时间“{fields['TIME'][:20]}”不存在", f"the time '{fields['TIME'][:20]}' does not exist", "TIME",
                "用 14 位数字，如 20210801101500", "use 14 digits such as 20210801101500",
            ),
        )  # fmt: skip
    content = fields["BUSINESSCONTENT"]
    digest = hashlib.sha256(content.encode("utf-8")).hexdigest()[:16]
    number = f"{fields['DATAID']}-{fields['TIME']}-{fields['TYPE']}-{digest}"
    return Posted(fields["DATAID"], fields["USERID"], time, fields["TYPE"], _content(content), number)


def _envelope(root: Element) -> dict[str, str]:
    """The fields of the element that has a USERID, wherever it is; brackets may be escaped."""
    for element in root.iter():
        fields = {child.tag.upper(): (child.text or "").strip() for child in element}
        if "USERID" in fields:
            return fields
    for element in root.iter():
        text = (element.text or "").strip()
        if text.startswith("<") and "USERID" in text.upper():
            inner = re.sub(r"^<\?xml[^>]*\?>", "", text)
            return _envelope(parse_xml(inner.encode("utf-8")))
    raise ValueError("no element holds a USERID")


def _content(content: str) -> list[dict[str, str]] | None:
    """The rows of base64 content; None where it is encrypted or damaged (SEC says so even of what is plain)."""
    try:
        root = parse_xml(base64.b64decode("".join(content.split()), validate=True))
    except (binascii.Error, ValueError, LookupError):
        return None
    rows = [root] if root.tag.lower() == "row" else [each for each in root.iter() if each.tag.lower() == "row"]
    return [{child.tag.upper(): (child.text or "").strip() for child in row} for row in rows]


def time_of(printed: str) -> dt.datetime | None:
    """A time of 14 digits; None where there is no such time."""
    try:
        return dt.datetime.strptime(printed, "%Y%m%d%H%M%S") if re.fullmatch(r"\d{14}", printed, re.ASCII) else None
    except ValueError:
        return None


def number(printed: str | None) -> float | None:
    """A number of a row; None for NULL, nothing and what is none."""
    if printed is None or not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)", printed, re.ASCII):
        return None
    return float(printed)


def answer(result: str, errors: Sequence[LantuError] = ()) -> bytes:
    """What a controller gets: a root whose last element says whether it was received; what is wrong stands before."""
    root = Element("ROOT")
    for error in errors:
        told = SubElement(root, "ERROR")
        SubElement(told, "WHERE").text = str(error.where or "")
        for name, text in (("WHAT", error.what), ("MEND", error.mend)):
            for language in LANGUAGES:
                SubElement(told, name, {"lang": language}).text = text.in_language(language) if text else ""
    SubElement(root, "RESULT").text = result
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written
