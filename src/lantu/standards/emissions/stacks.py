"""Stacks (固定污染源): conversions, valid hours and days, gaps, exceedance of continuous monitoring (HJ 75, HJ 76)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from lantu.base import LantuError, Text
from lantu.standards.catalogue import catalogue

AIR_OXYGEN = Decimal(21)
RUNNING = 1
KELVIN = Decimal(273)
ATMOSPHERE = Decimal(101325)


def reference_oxygen(source: str, day: dt.date) -> Decimal:
    """The reference oxygen (%) of a kind of source, where its permit names none.

    Raises:
        LantuError: no value is known for this kind.
    """
    return catalogue().get(f"emissions.reference_oxygen.{source}").at(day).number


def at_standard_state(value: Decimal, temperature: Decimal, pressure: Decimal, static: Decimal = Decimal(0)) -> Decimal:
    """A concentration (mg/m³) at 0 °C and 101.325 kPa, from `temperature` (°C), air and static pressure (Pa)."""
    return value * ATMOSPHERE / (pressure + static) * (KELVIN + temperature) / KELVIN


def dry(value: Decimal, moisture: Decimal) -> Decimal:
    """A concentration of dry gas from that of wet gas; `moisture` in %.

    Raises:
        LantuError: gas that is all water.
    """
    if not 0 <= moisture < 100:
        raise LantuError(Text(f"湿度 {moisture} % 不可能", f"a moisture of {moisture} % is impossible"))
    return value / (1 - moisture / 100)


def converted(value: Decimal, oxygen: Decimal | None, reference: Decimal) -> Decimal | None:
    """A dry concentration at the reference oxygen; None where the oxygen is unknown or that of air.

    C = C_dry (21 - O2_ref) / (21 - O2).
    """
    if oxygen is None or oxygen >= AIR_OXYGEN or oxygen < 0:
        return None
    return value * (AIR_OXYGEN - reference) / (AIR_OXYGEN - oxygen)


def nox_as_no2(nitric_oxide: Decimal, nitrogen_dioxide: Decimal) -> Decimal:
    """NOx in mg/m³ as NO2 from NO and NO2 in mg/m³."""
    return nitric_oxide * 46 / 30 + nitrogen_dioxide


def mass_rate(value: Decimal, flow: Decimal) -> Decimal:
    """kg/h from a measured concentration (mg/m³) and the dry flow (m³/h); the conversion to oxygen plays no part."""
    return value * flow / 1_000_000


@dataclass(frozen=True, slots=True)
class StackHour:
    """One hour of one pollutant at a stack: the mean as measured (mg/m³, dry), oxygen (%), minutes with data, state."""

    end: dt.datetime
    value: Decimal | None
    oxygen: Decimal | None
    minutes: int | None = 60
    state: int = RUNNING


@dataclass(frozen=True, slots=True)
class JudgedHour:
    """An hour after judgement: the converted mean, whether it counts, and whether it is above the limit."""

    end: dt.datetime
    value: Decimal | None
    valid: bool
    exceeding: bool


def judge_hours(
    hours: Sequence[StackHour], limit: Decimal, reference: Decimal | None, day: dt.date
) -> list[JudgedHour]:
    """Every hour against the limit.

    An hour is valid with 45 minutes of data while the source runs; hours marked as stop, start, fault or maintenance
    are kept apart and never judged. Equal to the limit is no exceedance.

    Args:
        hours: of one stack and pollutant.
        limit: mg/m³ at the reference oxygen.
        reference: reference oxygen (%), None for processes that are not converted.
        day: for the rules.
    """
    minutes = catalogue().get("emissions.monitoring.valid_minutes").at(day).number
    marked = {int(state) for state in catalogue().get("emissions.marked_states").values[-1].value}
    found = []
    for hour in hours:
        value = hour.value
        if value is not None and reference is not None:
            value = converted(value, hour.oxygen, reference)
        enough = hour.minutes is None or hour.minutes >= minutes
        valid = value is not None and enough and hour.state not in marked
        found.append(JudgedHour(hour.end, value, valid, valid and value is not None and value > limit))
    return found


def daily_mean(hours: Sequence[JudgedHour], day: dt.date) -> Decimal | None:
    """The mean of a day's valid hours; None with fewer than 20 of them."""
    values = [hour.value for hour in hours if hour.valid and hour.value is not None]
    if len(values) < catalogue().get("emissions.monitoring.valid_hours").at(day).number:
        return None
    return sum(values, Decimal(0)) / len(values)


def month_is_valid(valid_days: int, month: dt.date) -> bool:
    """Whether a month has enough valid days: 25, in February 23."""
    any_month, february = catalogue().get("emissions.monitoring.valid_days").at(month).value
    return valid_days >= (february if month.month == 2 else any_month)


def quarter_is_valid(rate: Decimal, day: dt.date) -> bool:
    """Whether the capture rate (%) of a quarter is enough (unverified)."""
    return rate >= catalogue().get("emissions.monitoring.quarter_capture").at(day).number


def is_judged_by_day(source: str, day: dt.date) -> bool:
    """Whether a kind of source is judged by its daily means and not by hours (waste incineration; unverified)."""
    rule = catalogue().get("emissions.daily_verdict")
    return day >= rule.values[0].from_ and source in rule.at(day).value


def fill_gaps(values: Sequence[Decimal | None], day: dt.date) -> list[Decimal | None]:
    """Hours without data filled by the rule of HJ 75 (unverified): the highest of the valid hours before the gap.

    With a capture rate of 90 % and more the highest of the 180 valid hours before a gap of up to 24 h, of 720 before a
    longer one; from 75 % on the highest of 2160. Below that, and before any valid hour, a gap stays empty.

    Args:
        values: hourly means of a quarter in their order, None where there is none.
        day: for the rule.
    """
    if not values:
        return []
    capture = Decimal(sum(value is not None for value in values) * 100) / len(values)
    rules = catalogue().get("emissions.monitoring.gap_rules").at(day).value
    filled: list[Decimal | None] = list(values)
    before: list[Decimal] = []
    start = 0
    while start < len(values):
        value = values[start]
        if value is not None:
            before.append(value)
            start += 1
            continue
        end = start
        while end < len(values) and values[end] is None:
            end += 1
        rule = next((r for r in rules if capture >= r[0] and (r[1] is None or end - start <= r[1])), None)
        if rule is not None and before:
            filled[start:end] = [max(before[-int(rule[2]) :])] * (end - start)
        start = end
    return filled


def exceedance_runs(hours: Sequence[JudgedHour]) -> list[tuple[dt.datetime, dt.datetime, int]]:
    """Runs of exceeding hours: the first and last hour's end and how many; an hour that does not count ends no run."""
    runs: list[tuple[dt.datetime, dt.datetime, int]] = []
    open_run: tuple[dt.datetime, dt.datetime, int] | None = None
    for hour in hours:
        if hour.exceeding:
            open_run = (hour.end, hour.end, 1) if open_run is None else (open_run[0], hour.end, open_run[2] + 1)
        elif hour.valid and open_run is not None:
            runs.append(open_run)
            open_run = None
    return [*runs, open_run] if open_run is not None else runs


def capture_rate(hours: Sequence[StackHour], day: dt.date) -> Decimal | None:
    """Valid hours in percent of the hours in which the source ran; None where it never ran."""
    minutes = catalogue().get("emissions.monitoring.valid_minutes").at(day).number
    ran = [hour for hour in hours if hour.state == RUNNING]
    if not ran:
        return None
    good = sum(hour.value is not None and (hour.minutes is None or hour.minutes >= minutes) for hour in ran)
    return Decimal(good * 100) / len(ran)


def totals(hours: Mapping[dt.datetime, tuple[Decimal | None, Decimal | None]]) -> Decimal:
    """Tonnes emitted, from the measured concentration (mg/m³) and flow (m³/h) of each hour; a lacking hour adds 0."""
    kilograms = sum((mass_rate(c, q) for c, q in hours.values() if c is not None and q is not None), Decimal(0))
    return kilograms / 1000
