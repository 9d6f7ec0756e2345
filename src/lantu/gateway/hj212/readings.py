"""What a decoded frame says: readings, states of facilities, information; with what is odd about each value.

This is the one meaning of a frame. Decoding as columns (`columns`) does the same for regular frames, many at once.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass, field

from lantu.gateway.hj212.factors import resolve_factor
from lantu.gateway.hj212.packet import Packet, edition_by

KINDS = {2011: "realtime", 2051: "minute", 2061: "hour", 2031: "day"}
"""Commands that upload readings, and the kind of their rows. Their time is the moment, or the START of the interval."""
NUMBERS = {
    "Rtd": "value",
    "Avg": "value",
    "Data": "value",
    "Min": "minimum",
    "Max": "maximum",
    "Cou": "total",
    "ZsRtd": "converted",
    "ZsAvg": "converted",
    "ZsMin": "converted_minimum",
    "ZsMax": "converted_maximum",
}
"""Suffixes of a factor's numbers and the column of each; `Zs` are those converted to the reference oxygen."""
FLAGS = frozenset("NFMSDCTBP0123")
"""Data flags (数据标记): N normal, F stopped, M maintenance, S set by hand, D fault, C calibration, T over range, B no
communication; P and 0 to 3 of 2005."""
_OTHER_SUFFIXES = frozenset({"Flag", "EFlag", "SampleTime", "Info", "SN", "RS", "RT", "Ala"})
_ALARMS = frozenset({2071, 2072})
"""Commands of 2005 that upload alarms: `AlarmTime`, the value as `Ala` of its factor, `AlarmType` 0 where it ends."""
_BY_DAY = frozenset({"DayData", "NightData"})
CLOCK_AHEAD = dt.timedelta(minutes=10)
"""How far a frame's time may lie after its arrival before its clock counts as wrong; Lantu's own choice."""
EARLIEST = dt.datetime(2000, 1, 1)
"""Times before it come from clocks that were reset."""
_NUMBER = re.compile(r"-?\d+(?:\.\d*)?|-?\.\d+", re.ASCII)
_EXPONENT = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_MISSING = {"", "-", "--", "---", "nan", "null", "none", "na", "n/a", "inf", "-inf", "infinity"}
_DECIMALS = 6
"""More decimals than any analyser has."""


@dataclass(slots=True)
class Reading:
    """The values of one factor in one frame. `conflict`: the frame says other values too; these are the first."""

    factor: str
    numbers: dict[str, float | None] = field(default_factory=dict)
    flag: str = ""
    conflict: bool = False


@dataclass(slots=True)
class Facility:
    """The state (`RS`: 0 off, 1 running, 2 calibration, 3 maintenance, 4 alarm, 5 blow-back) or hours run of one."""

    name: str
    state: float | None = None
    hours: float | None = None


@dataclass(slots=True)
class Contents:
    """What a frame says. `refused` says why nothing of it may go into a series, "" where it may."""

    time: dt.datetime | None = None
    kind: str = ""
    readings: list[Reading] = field(default_factory=list)
    facilities: list[Facility] = field(default_factory=list)
    information: list[tuple[str, str]] = field(default_factory=list)
    oddities: list[str] = field(default_factory=list)
    refused: str = ""


def contents_of(packet: Packet, received: dt.datetime | None = None) -> Contents:
    """What a good frame says. `received` is the local time of its arrival; with it the sender's clock is judged."""
    result = Contents(kind=KINDS.get(packet.command, ""))
    odd = result.oddities
    if packet.damage or packet.sealed:
        result.refused = packet.damage or "sealed"
        return result
    written = packet.item("DataTime")
    if not written and packet.command in _ALARMS:
        written = packet.item("AlarmTime")
    result.time, time_odd = parse_time(written)
    odd.extend(time_odd)
    if "packet_beyond_total" in packet.oddities:
        result.refused = "packet_beyond_total"
    elif result.time is None and (written or result.kind):
        result.refused = "impossible_time" if written else "no_time"
    elif result.time and (result.time < EARLIEST or (received is not None and result.time > received + CLOCK_AHEAD)):
        result.refused = "clock"
    _read_items(packet, result)
    if not result.refused and not (result.readings or result.facilities or result.information):
        result.refused = "no_readings"
    result.oddities = list(dict.fromkeys(odd))
    return result


def _read_items(packet: Packet, result: Contents) -> None:
    readings: dict[str, Reading] = {}
    facilities: dict[str, Facility] = {}
    odd = result.oddities
    # Which codes are odd is judged by the frame's own Flag, not by the register.
    edition = edition_by(packet.flag, packet.system)
    for name, value in packet.items:
        prefix, dash, suffix = name.rpartition("-")
        if not dash:
            if name not in _PLAIN_ITEMS and name.lower() not in _PLAIN_LOWER:
                odd.append("unknown_item")
            elif name not in _PLAIN_ITEMS:
                odd.append("case_of_name")
            if name in _INFORMATION:
                result.information.append((name, value))
            continue
        if suffix in ("RS", "RT"):
            facility = facilities.setdefault(prefix, Facility(prefix))
            if suffix == "RS":
                facility.state = parse_number(value, odd)
            else:
                facility.hours = parse_number(value, odd)
            continue
        if suffix in ("Info", "SN"):
            if suffix == "Info" and not (value.startswith("//") and value.endswith("//")):
                odd.append("information_without_slashes")
            result.information.append((name, value.removeprefix("//").removesuffix("//")))
            continue
        if suffix == "Ala" and packet.command in _ALARMS:
            factor, odd_name = resolve_factor(prefix, packet.system, edition)
            odd.extend([odd_name] if odd_name else [])
            over = packet.item("AlarmType") == "0"
            result.information.append((f"{factor} {'alarm_end' if over else 'alarm'}", value))
            continue
        if not result.kind or not (suffix in NUMBERS or suffix in _BY_DAY or suffix == "Flag"):
            if suffix not in NUMBERS and suffix not in _OTHER_SUFFIXES and suffix not in _BY_DAY:
                odd.append("unknown_suffix")
            continue
        factor, odd_name = resolve_factor(prefix, packet.system, edition)
        if odd_name:
            odd.append(odd_name)
        if suffix in _BY_DAY:
            factor, suffix = name, "Data"
        reading = readings.setdefault(factor, Reading(factor))
        _take(reading, suffix, value, odd)
    # A flag alone says nothing of a value that was never sent.
    result.readings = [reading for reading in readings.values() if reading.numbers]
    result.facilities = list(facilities.values())


def _take(reading: Reading, suffix: str, value: str, odd: list[str]) -> None:
    """Take a value of a factor; the first one stays where another comes."""
    if suffix == "Flag":
        flag = parse_flag(value, odd)
        if reading.flag and reading.flag != flag:
            reading.conflict = True
            odd.append("factor_conflict")
        reading.flag = reading.flag or flag
        return
    column = NUMBERS[suffix]
    number = parse_number(value, odd)
    if column in reading.numbers:
        same = reading.numbers[column] == number
        odd.append("factor_repeated" if same else "factor_conflict")
        reading.conflict = reading.conflict or not same
    else:
        reading.numbers[column] = number


def parse_flag(text: str, odd: list[str]) -> str:
    """A data flag in capitals; one that no standard knows stays as it is."""
    flag = text.strip()
    if flag.upper() != flag:
        odd.append("flag_lowercase")
        flag = flag.upper()
    if flag and flag not in FLAGS:
        odd.append("flag_unknown")
    return flag


def parse_number(text: str, odd: list[str]) -> float | None:
    """A number, or None where none can be read without a guess."""
    if _NUMBER.fullmatch(text):
        _, _, decimals = text.partition(".")
        if len(decimals) > _DECIMALS:
            odd.append("many_decimals")
        return float(text) if len(text) <= 32 else None
    if text.lower() in _MISSING:
        odd.append("value_missing")
        return None
    plain = unicodedata.normalize("NFKC", text)
    if plain != text:
        odd.append("full_width")
        if _NUMBER.fullmatch(plain):
            return float(plain)
    if len(plain) <= 32 and _EXPONENT.fullmatch(plain):
        odd.append("exponent" if "e" in plain.lower() else "plus_sign")
        number = float(plain)
        return number if abs(number) < 1e300 else None
    odd.append("decimal_comma" if re.fullmatch(r"-?\d+,\d+", plain) else "value_no_number")
    return None


def parse_time(text: str) -> tuple[dt.datetime | None, list[str]]:
    """A time in local time and what is odd about how it is written. Hour 24 is the beginning of the next day."""
    odd: list[str] = []
    if not (text.isascii() and text.isdigit()):
        return None, ["time_unreadable"] if text else []
    if len(text) == 12:
        text, odd = text + "00", ["time_12"]
    elif len(text) == 17:
        text, odd = text[:14], ["time_17"]
    elif len(text) != 14:
        return None, ["time_unreadable"]
    year, month, day, hour, minute, second = (
        int(text[start:stop]) for start, stop in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))
    )
    late = hour == 24 and minute == 0 and second == 0
    try:
        time = dt.datetime(year, month, day, 0 if late else hour, minute, second)
        if late:
            odd.append("hour_24")
            time += dt.timedelta(days=1)
    except (ValueError, OverflowError):
        return None, [*odd, "impossible_time"]
    return time, odd


_INFORMATION = frozenset({"PolId", "InfoId", "RestartTime"})
_PLAIN_ITEMS = _INFORMATION | {
    "DataTime", "SystemTime", "BeginTime", "EndTime", "QN", "CN", "QnRtn", "ExeRtn", "RtdInterval", "MinInterval",
    "OverTime", "ReCount", "NewPW", "VaseNo", "CstartTime", "Ctime", "Stime", "SKCreateTime", "NewSK", "CompleteTime",
    "SampleType", "SampleRd", "StandardValue", "ResultType", "WarnTime", "AlarmTime", "AlarmType",
}  # fmt: skip
_PLAIN_LOWER = {name.lower() for name in _PLAIN_ITEMS}
