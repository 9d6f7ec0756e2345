"""Figures that were computed before, kept by the lake, found again while data, sites, standards and code are the same.

It can be deleted at any time; nothing rests on it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

import lantu
from lantu.base import Period, Text
from lantu.indicators.values import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lantu.indicators.family import DailyValues, Family, Sources, Target, Versions
    from lantu.lake import Lake


FLOORS = ("base", "places", "standards", "lake", "ledgers", "indicators")
"""The floors from which figures are computed."""
COMMON = ("base", "places", "lake", "standards/*", "standards/parameters", "indicators/*")
"""What every family stands on: whole folders, and with `/*` the files of one alone."""


def code_version() -> str:
    """Release and a digest of all the code and parameters that figures depend on, as it stands beside each figure."""
    return code_of(FLOORS)


@cache
def code_of(parts: tuple[str, ...]) -> str:
    """Release and a digest of some parts of the code and the parameters: folders, or with `/*` the files of one."""
    root = Path(lantu.__file__).parent
    digest = hashlib.sha256()
    for part in parts:
        folder = root / part.removesuffix("/*")
        for path in sorted(folder.glob("*") if part.endswith("/*") else folder.rglob("*")):
            if path.suffix in (".py", ".yaml"):
                digest.update(path.relative_to(root).as_posix().encode())
                digest.update(path.read_bytes())
    return f"{lantu.__version__}+{digest.hexdigest()[:12]}"


def code_of_family(family: Family) -> str:
    """What the figures of a family depend on; all the floors where it does not say which part of them."""
    if not family.code:
        return code_version()
    return code_of((*COMMON, *family.code, *(("ledgers",) if family.ledgers else ())))


def key_of(
    sources: Sources,
    family: Family,
    versions: Versions,
    name: str,
    period: Period,
    targets: Sequence[Target],
    periods: Sequence[Period] = (),
) -> str:
    """What a figure depends on, as one number.

    Args:
        sources: lake, sites, areas, ledgers, exclusions.
        family: the indicator's family.
        versions: of its datasets and ledgers.
        name: the indicator, or what else is kept.
        period: the period that is asked for.
        targets: what it is asked for.
        periods: every period that is read, where it is not that one alone.

    Of a dataset the files of these periods count (their names are never used twice) and not its version: new days leave
    the figures of other years alone.
    """
    files = [
        file
        for dataset in family.datasets
        for each in periods or (period,)
        for file in sources.lake.files(dataset, each.start - dt.timedelta(days=1), each.end, versions[dataset])
    ]
    parts = [
        family.name,
        repr(sorted((each, version) for each, version in versions.items() if each not in family.datasets)),
        *files,
        name,
        period.kind,
        period.start.isoformat(),
        period.end.isoformat(),
        str(period.hour),
        code_of_family(family),
        repr(sources.sites.rows()),
        *(target.code for target in targets),
        *(repr(each) for each in sources.left_out),
    ]
    if family.ledgers and sources.book is not None:
        parts += [sources.book.store.identity(), *(repr(sources.book.ledgers.get(each)) for each in family.ledgers)]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:40]


def by_month(
    sources: Sources, family: Family, versions: Versions, name: str, period: Period, make: Callable[[Period], Any]
) -> dict[Period, Any]:
    """What is made of each month of a period, kept while the month's files and the ledgers stay as they are.

    Args:
        sources: lake, sites, areas, ledgers, exclusions.
        family: what is read.
        versions: of its datasets and ledgers.
        name: what is kept, to tell it from other things of the family.
        period: the months; of the first and last only the days within it.
        make: makes it of a month, as JSON can carry it.
    """
    found = {}
    for month in period.months():
        part = month
        if month.start < period.start or month.end > period.end:
            part = Period.between(max(month.start, period.start), min(month.end, period.end))
        touching = tuple(each for each in sources.left_out if each.first <= part.end and each.last >= part.start)
        path = _path(sources.lake, key_of(replace(sources, left_out=touching), family, versions, name, part, ()))
        try:
            found[part] = orjson.loads(path.read_bytes())
        except (OSError, ValueError):
            found[part] = make(part)
            _keep(path, orjson.dumps(found[part]))
    return found


def daily_key(
    sources: Sources, family: Family, versions: Versions, period: Period, targets: Sequence[Target]
) -> str | None:
    """What daily values depend on; None where a family reads ledgers, whose entries may change for any day."""
    if family.ledgers:
        return None
    return key_of(sources, family, versions, "daily", period, targets)


def read_daily(lake: Lake, key: str) -> Mapping[str, DailyValues] | None:
    """Daily values kept under this key; None where there are none, or the file cannot be read."""
    try:
        kept = orjson.loads(_path(lake, key).read_bytes())
        return {
            target: {dt.date.fromisoformat(day): values for day, values in days.items()}
            for target, days in kept.items()
        }
    except (OSError, ValueError, AttributeError):
        return None


def write_daily(lake: Lake, key: str, found: Mapping[str, DailyValues]) -> None:
    """Keep daily values; a workspace that cannot be written only loses speed."""
    _keep(_path(lake, key), orjson.dumps(found, option=orjson.OPT_NON_STR_KEYS))


def _path(lake: Lake, key: str) -> Path:
    return lake.path / "_cache" / "indicators" / f"{key}.json"


def _keep(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}.new")
        fresh.write_bytes(content)
        fresh.replace(path)
    except OSError:
        return


def read(lake: Lake, key: str) -> list[Figure] | None:
    """Figures kept under this key; None where there are none, or the file cannot be read."""
    try:
        kept = orjson.loads(_path(lake, key).read_bytes())
        return [
            Figure(
                None if value is None else Decimal(value),
                n,
                expected,
                valid,
                None if reason is None else Text(*reason),
                tuple(unverified),
            )
            for value, n, expected, valid, reason, unverified in kept
        ]
    except (OSError, ValueError, TypeError):
        return None


def write(lake: Lake, key: str, figures: list[Figure]) -> None:
    """Keep figures; a workspace that cannot be written only loses speed."""
    kept = [
        [
            None if figure.value is None else str(figure.value),
            figure.n,
            figure.expected,
            figure.valid,
            None if figure.reason is None else [figure.reason.zh, figure.reason.en],
            list(figure.unverified),
        ]
        for figure in figures
    ]
    _keep(_path(lake, key), orjson.dumps(kept))
