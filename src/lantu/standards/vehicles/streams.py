"""Streams of heavy vehicles (重型车远程监控), one row a second: which seconds count, and what a day or trip shows.

No standard gives a verdict from the sensors; every bound is a parameter of `vehicles.streams` and unverified.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lantu.standards.catalogue import catalogue

PREFIX = "vehicles.streams"
RULES = (
    "nox_not_ready",
    "nox_maximum",
    "engine_speed",
    "scr_inlet_temperature",
    "coolant_temperature",
    "nox_threshold",
    "share_above",
    "minimum_seconds",
    "trip_gap",
)


@dataclass(frozen=True, slots=True)
class StreamRules:
    """The bounds on a day: μmol/mol, r/min, °C, %, seconds."""

    nox_not_ready: float
    nox_maximum: float
    engine_speed: float
    scr_inlet_temperature: float
    coolant_temperature: float
    nox_threshold: float
    share_above: float
    minimum_seconds: int
    trip_gap: float


def stream_rules(day: dt.date) -> StreamRules:
    """The bounds that hold on a day."""
    values = {name: float(catalogue().get(f"{PREFIX}.{name}").at(day).number) for name in RULES}
    return StreamRules(**{**values, "minimum_seconds": int(values["minimum_seconds"])})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Second:
    """One second of one vehicle; None where the terminal sent nothing."""

    time: dt.datetime
    nox_downstream: float | None = None
    nox_upstream: float | None = None
    engine_speed: float | None = None
    scr_inlet_temperature: float | None = None
    coolant_temperature: float | None = None
    nox_rate: float | None = None
    speed: float | None = None


@dataclass(frozen=True, slots=True)
class StreamSummary:
    """A day or trip: seconds, those that count, mean NOx (μmol/mol), share above the bound (%), removal (%), verdict.

    `removal` is 1 - downstream / upstream over the seconds in which both are known; `exceeds` is None with too few
    seconds that count. `grams` of NOx and `kilometres` are sums over all seconds that sent them; None where none did.
    """

    seconds: int
    valid: int
    mean: float | None
    share_above: float | None
    removal: float | None
    exceeds: bool | None
    grams: float | None = None
    kilometres: float | None = None

    @property
    def per_kilometre(self) -> float | None:
        """NOx in g/km; None where either is unknown, or nothing was driven."""
        return self.grams / self.kilometres if self.grams is not None and self.kilometres else None


def counts(second: Second, rules: StreamRules) -> bool:
    """Whether a second counts: the sensor is ready, the engine runs and is warm, the catalyst is hot.

    A temperature that the terminal does not send holds nothing up.
    """
    nox = second.nox_downstream
    return (
        nox is not None
        and rules.nox_not_ready < nox <= rules.nox_maximum
        and second.engine_speed is not None
        and second.engine_speed > rules.engine_speed
        and (second.scr_inlet_temperature is None or second.scr_inlet_temperature >= rules.scr_inlet_temperature)
        and (second.coolant_temperature is None or second.coolant_temperature >= rules.coolant_temperature)
    )


def summarise(seconds: Iterable[Second], day: dt.date) -> StreamSummary:
    """A day or trip by the rules of a day: over where more than the share of the seconds that count is at the bound."""
    rules = stream_rules(day)
    number = 0
    valid = []
    rates: list[float] = []
    speeds: list[float] = []
    for second in seconds:
        number += 1
        rates += [] if second.nox_rate is None else [second.nox_rate]
        speeds += [] if second.speed is None else [second.speed]
        if counts(second, rules):
            valid.append(second)
    levels = [second.nox_downstream for second in valid if second.nox_downstream is not None]
    both = [
        (second.nox_downstream, second.nox_upstream)
        for second in valid
        if second.nox_downstream is not None
        and second.nox_upstream is not None
        and second.nox_upstream > max(rules.nox_not_ready, 0)
    ]
    grams = sum(rates) if rates else None
    kilometres = sum(speeds) / 3600 if speeds else None
    if not levels:
        return StreamSummary(number, 0, None, None, None, None, grams, kilometres)
    share = 100 * sum(level >= rules.nox_threshold for level in levels) / len(levels)
    upstream = sum(up for _, up in both)
    removal = 100 * (1 - sum(down for down, _ in both) / upstream) if upstream > 0 else None
    enough = len(levels) >= rules.minimum_seconds
    return StreamSummary(
        number,
        len(levels),
        sum(levels) / len(levels),
        share,
        removal,
        share > rules.share_above if enough else None,
        grams,
        kilometres,
    )


def trips(times: Sequence[dt.datetime], day: dt.date) -> list[tuple[int, int]]:
    """The trips among the seconds of one vehicle, in order of time: (first, after the last) positions.

    A trip ends where nothing was sent for longer than the gap.
    """
    gap = dt.timedelta(seconds=stream_rules(day).trip_gap)
    found: list[tuple[int, int]] = []
    first = 0
    for index in range(1, len(times)):
        if times[index] - times[index - 1] > gap:
            found.append((first, index))
            first = index
    return [*found, (first, len(times))] if times else []
