"""Families of indicators (指标族): those that read the same data share one way from data to statistics.

A family says which datasets and ledgers it reads, what can be asked of it (areas, stations, sections), how the data
become statistics of each target, and which rows stand behind a figure. An indicator only picks its figure from them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from lantu.base import LantuError, Period, Text

if TYPE_CHECKING:
    from lantu.indicators.exclusions import Exclusion
    from lantu.lake import Lake
    from lantu.ledgers import LedgerBook
    from lantu.places import AreaTree, SiteRegister

Versions = Mapping[str, int | None]
DailyValues = Mapping[dt.date, Mapping[str, float]]
TargetLevel = Literal["station", "object", "street", "district", "city"]


@dataclass(frozen=True, slots=True)
class Target:
    """An area, a station or a named object (a river, a section) that a value is wanted for."""

    code: str
    title: Text
    level: TargetLevel


@dataclass(frozen=True, slots=True)
class Sources:
    """All that figures are computed from: observations, sites, areas, and the ledgers where a workspace has them."""

    lake: Lake
    sites: SiteRegister
    areas: AreaTree
    book: LedgerBook | None = None
    left_out: tuple[Exclusion, ...] = ()
    """Exclusions whose observations are not to be read."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What stands behind a figure: facts to read, and the rows (`header`, then one sequence for each row)."""

    facts: tuple[tuple[Text, Text], ...] = ()
    header: tuple[str, ...] = ()
    rows: Iterable[Sequence[Any]] = ()


def area_targets(sources: Sources, selection: str | Sequence[str], period: Period) -> list[Target]:
    """The areas that a selection names.

    Raises:
        LantuError: no area bears the name.
    """
    result: dict[str, Target] = {}
    for part in [selection] if isinstance(selection, str) else selection:
        for area in sources.areas.select(part, period.end):
            result[area.code] = Target(area.code, area.title, area.level)
    return list(result.values())


def object_targets(
    find: Callable[[Sources, str, Period], Target | None],
) -> Callable[[Sources, str | Sequence[str], Period], list[Target]]:
    """Targets of a family that also knows objects by name: what is no area is looked up by `find`."""

    def targets(sources: Sources, selection: str | Sequence[str], period: Period) -> list[Target]:
        result: dict[str, Target] = {}
        for part in [selection] if isinstance(selection, str) else selection:
            try:
                found = area_targets(sources, part, period)
            except LantuError:
                named = find(sources, part.strip(), period)
                if named is None:
                    raise
                found = [named]
            result.update((target.code, target) for target in found)
        return list(result.values())

    return targets


def no_trace(_sources: Sources, _target: Target, _period: Period, _versions: Versions) -> Trace:
    """The trace of a family that has none."""
    return Trace()


def no_statistics(
    _sources: Sources, _targets: Sequence[Target], _period: Period, _versions: Versions
) -> Mapping[str, Any]:
    """The statistics of what is read for others only."""
    return {}


@dataclass(frozen=True, slots=True)
class Family:
    """A family of indicators.

    `statistics` gives what the indicators' functions take, by the target's code. `versions` of the call holds the
    dataset versions to read. `simulated` datasets and ledgers are found by name.
    """

    name: str
    statistics: Callable[[Sources, Sequence[Target], Period, Versions], Mapping[str, Any]]
    datasets: tuple[str, ...] = ()
    ledgers: tuple[str, ...] = ()
    targets: Callable[[Sources, str | Sequence[str], Period], list[Target]] = area_targets
    trace: Callable[[Sources, Target, Period, Versions], Trace] = field(default=no_trace)
    daily: Callable[[Sources, Sequence[Target], Period, Versions], Mapping[str, DailyValues]] | None = None
    """Daily values by target, where the family has such: what a projection draws past seasons from."""
    code: tuple[str, ...] = ()
    """The folders under `lantu` that its figures depend on besides `cache.COMMON`; empty for all. A change of the code
    elsewhere leaves kept figures as they are; a test holds it against what the folders import."""

    @property
    def needs(self) -> str:
        """What it reads, for the catalogue."""
        return ", ".join([*self.datasets, *(f"ledger:{name}" for name in self.ledgers)])

    def versions(self, sources: Sources, version: int | None = None) -> dict[str, int | None]:
        """The versions of all that it reads; `version` asks for an older one of its first dataset."""
        found: dict[str, int | None] = {name: sources.lake.version(name) for name in self.datasets}
        if version is not None and self.datasets:
            found[self.datasets[0]] = version
        for name in self.ledgers:
            known = sources.book is not None and name in sources.book.ledgers
            found[f"ledger:{name}"] = sources.book.version(name) if known and sources.book is not None else None
        return found

    def is_simulated(self, sources: Sources) -> bool:
        """Whether anything that it reads is invented."""
        if any(sources.lake.version(name) is not None and sources.lake.is_simulated(name) for name in self.datasets):
            return True
        book = sources.book
        return book is not None and any(
            name in book.ledgers and book.entries(name).is_simulated for name in self.ledgers
        )
