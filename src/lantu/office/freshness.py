"""Freshness (数据新旧): which data have come last, and whether any came after a kept assessment was computed."""

from __future__ import annotations

import datetime as dt
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lantu.lake.cadence import shown
from lantu.lake.dataset import all_datasets
from lantu.office.desk import desk

if TYPE_CHECKING:
    from lantu.base import Text
    from lantu.lake.dataset import Dataset
    from lantu.office.snapshots import Snapshot

_SECONDS = 10
"""So long an answer about versions holds in a process."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the lake holds of one dataset, by its log; `rows` is None where nothing ever came."""

    dataset: str
    title: Text
    rows: int | None = None
    first: str = ""
    last: str = ""
    came: dt.datetime | None = None
    simulated: bool = False


@dataclass
class _Seen:
    at: float = 0.0
    workspace: Any = None
    versions: dict[str, dict[str, Any]] | None = None
    arrivals: tuple[dict[str, Any], list[Arrival]] | None = None


_seen = _Seen()
_lock = threading.Lock()


def versions_now() -> dict[str, dict[str, Any]]:
    """The versions of datasets and ledgers; looked at anew every ten seconds, without counting rows."""
    at = desk()
    with _lock:
        stale = time.monotonic() - _seen.at > _SECONDS or _seen.workspace is not at
        if stale or _seen.versions is None:
            datasets = {name: at.lake.version(name) for name in all_datasets()}
            _seen.versions = {
                "datasets": {name: version for name, version in datasets.items() if version is not None},
                "ledgers": at.book.store.versions(),
            }
            _seen.at, _seen.workspace = time.monotonic(), at
        return _seen.versions


def changed_since(snapshot: Snapshot) -> tuple[list[str], list[str]]:
    """Datasets and ledgers that are at another version than the one from which a snapshot was computed."""
    now = versions_now()
    changed = []
    for kind in ("datasets", "ledgers"):
        then = snapshot.versions.get(kind, {})
        names = [*now[kind], *(name for name in then if name not in now[kind])]
        changed.append([name for name in names if then.get(name) != now[kind].get(name)])
    return changed[0], changed[1]


def arrivals() -> list[Arrival]:
    """Every declared dataset with what has come of it; the logs are read again only when a version is another."""
    at, datasets = desk(), versions_now()["datasets"]
    with _lock:
        key = {**datasets, "": str(at.workspace.path)}
        if _seen.arrivals is None or _seen.arrivals[0] != key:
            found = [_arrival(each, each.name in datasets) for each in all_datasets().values()]
            _seen.arrivals = (key, found)
        return _seen.arrivals[1]


def _arrival(declared: Dataset, held: bool) -> Arrival:
    """What the log of a dataset says of its files; no row is read."""
    lake = desk().lake
    if not held:
        return Arrival(declared.name, declared.title)
    files = pa.table(lake.store(declared.name).open().get_add_actions(flatten=True)).to_pylist()
    first = min((file["min.time"] for file in files if file.get("min.time")), default=None)
    last = max((file["max.time"] for file in files if file.get("max.time")), default=None)
    imports = lake.current_imports(declared.name)
    stamp = imports[-1].get("timestamp") if imports else None
    return Arrival(
        declared.name,
        declared.title,
        sum(file["num_records"] or 0 for file in files),
        shown(first, declared.cadence) if first else "",
        shown(last, declared.cadence) if last else "",
        dt.datetime.fromtimestamp(stamp / 1000, dt.UTC) if isinstance(stamp, int) else None,
        any(commit.get("simulated") == "true" for commit in imports),
    )
