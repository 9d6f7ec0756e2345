"""Exclusions (剔除事项): observations that a claim with concurrence leaves out, such as days of sand dust.

They stand in the ledger `exclusions`. Nothing is deleted: every figure can be computed with them and without.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lantu.base import Period
from lantu.lake import get_dataset

if TYPE_CHECKING:
    from lantu.ledgers import LedgerBook

LEDGER = "exclusions"
IN_EFFECT = "concurred"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Days of a dataset that are left out, at one station (as the dataset names it) or at all."""

    number: str
    dataset: str
    station: str | None
    first: dt.date
    last: dt.date
    reason: str


def exclusions_in_effect(
    book: LedgerBook | None, datasets: Sequence[str], period: Period, as_of: dt.date | None = None
) -> tuple[Exclusion, ...]:
    """The exclusions of these datasets that touch a period, with concurrence.

    Args:
        book: the ledgers; None where a workspace has none.
        datasets: their names.
        period: the period.
        as_of: the day on which the concurrence had to be there; as it stands now if not given.
    """
    if book is None or LEDGER not in book.ledgers:
        return ()
    entries = book.entries(LEDGER) if as_of is None else book.entries(LEDGER, as_of)
    states = entries.ledger.states_of(IN_EFFECT)
    found = [
        Exclusion(
            row.values["number"],
            row.values["dataset"],
            row.values.get("station"),
            row.values["from_day"],
            row.values["to_day"],
            row.values["reason"],
        )
        for row in entries.rows
        if row.state in states and row.values["dataset"] in datasets
    ]
    touching = [each for each in found if each.first <= period.end and each.last >= period.start]
    return tuple(sorted(touching, key=lambda each: each.number))


def _bounds(dataset: str, each: Exclusion) -> tuple[dt.datetime, dt.datetime]:
    """The times left out, from the first on and before the second; hourly rows bear the end of their hour."""
    first = dt.datetime.combine(each.first, dt.time())
    after = dt.datetime.combine(each.last + dt.timedelta(days=1), dt.time())
    if get_dataset(dataset).cadence == "hour":
        tick = dt.timedelta(microseconds=1)
        return first + tick, after + tick
    return first, after


def as_sql(dataset: str, exclusions: Iterable[Exclusion]) -> tuple[str, dict[str, Any]]:
    """A condition on the rows that stay (`true` without exclusions), and the values of its placeholders."""
    parts: list[str] = []
    values: dict[str, Any] = {}
    for number, each in enumerate(each for each in exclusions if each.dataset == dataset):
        first, after = _bounds(dataset, each)
        values[f"out_first_{number}"], values[f"out_after_{number}"] = first, after
        part = f"time >= $out_first_{number} and time < $out_after_{number}"
        if each.station is not None:
            values[f"out_station_{number}"] = each.station
            part += f" and station = $out_station_{number}"
        parts.append(f"not ({part})")
    return " and ".join(parts) or "true", values


def kept_rows(observations: Any, dataset: str, exclusions: Iterable[Exclusion]) -> Any:
    """A table of the engine without the rows that are left out."""
    import ibis

    for each in exclusions:
        if each.dataset != dataset:
            continue
        first, after = _bounds(dataset, each)
        out = (observations.time >= ibis.literal(first)) & (observations.time < ibis.literal(after))
        if each.station is not None:
            out = out & (observations.station == each.station)
        observations = observations.filter(~out)
    return observations
