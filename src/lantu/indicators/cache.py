"""Figures that were computed before, kept by the lake, found again while data, sites, standards and code are the same.

It can be deleted at any time; nothing rests on it.
"""

from __future__ import annotations

import hashlib
import json
import os
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import lantu
from lantu.base import Text
from lantu.indicators.values import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lantu.base import Period
    from lantu.indicators.family import Family, Sources, Target, Versions
    from lantu.lake import Lake


@cache
def code_version() -> str:
    """Release and a digest of the code and parameters that figures depend on."""
    root = Path(lantu.__file__).parent
    digest = hashlib.sha256()
    for floor in ("base", "places", "standards", "lake", "ledgers", "indicators"):
        for path in sorted((root / floor).rglob("*")):
            if path.suffix in (".py", ".yaml"):
                digest.update(path.read_bytes())
    return f"{lantu.__version__}+{digest.hexdigest()[:12]}"


def key_of(
    sources: Sources, family: Family, versions: Versions, name: str, period: Period, targets: Sequence[Target]
) -> str:
    """What a figure depends on, as one number. The lake's own identity is in the path where it is kept."""
    parts = [
        family.name,
        repr(sorted(versions.items())),
        *(sources.lake.identity(dataset) for dataset in family.datasets),
        name,
        period.kind,
        period.start.isoformat(),
        period.end.isoformat(),
        str(period.hour),
        code_version(),
        repr(sources.sites.rows()),
        *(target.code for target in targets),
        *(repr(each) for each in sources.left_out),
    ]
    if family.ledgers and sources.book is not None:
        parts += [sources.book.store.identity(), *(repr(sources.book.ledgers.get(each)) for each in family.ledgers)]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:40]


def _path(lake: Lake, key: str) -> Path:
    return lake.path / "_cache" / "indicators" / f"{key}.json"


def read(lake: Lake, key: str) -> list[Figure] | None:
    """Figures kept under this key; None where there are none, or the file cannot be read."""
    try:
        kept = json.loads(_path(lake, key).read_text(encoding="utf-8"))
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
    path = _path(lake, key)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}.new")
        fresh.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
        fresh.replace(path)
    except OSError:
        return
