"""The quarantine (隔离区): every cell, row and file that was set aside, with its place and reason, each kept once."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lantu.lake.dataset import Dataset
    from lantu.lake.report import Finding
    from lantu.lake.store import Store

_NAMES = ("id", "dataset", "source", "line", "field", "value", "station", "time", "reason", "detail", "month")


def put_in_quarantine(store: Store, dataset: Dataset, findings: Sequence[Finding]) -> None:
    """Add findings as one version of the quarantine; those that lie there already are left out."""
    import pyarrow as pa

    known = _known(store, dataset)
    month = dt.datetime.now().strftime("%Y-%m")
    rows: dict[str, list[str | None]] = {}
    for finding in findings:
        cells = [
            dataset.name,
            finding.source,
            None if finding.line is None else str(finding.line),
            finding.field,
            finding.value,
            finding.station,
            finding.time,
            finding.reason,
            finding.detail.en if finding.detail else None,
        ]
        identity = hashlib.sha256("\x1f".join(cell or "" for cell in cells).encode()).hexdigest()[:32]
        if identity not in known:
            rows[identity] = [identity, *cells, month]
    if rows:
        columns = zip(_NAMES, zip(*rows.values(), strict=True), strict=True)
        table = pa.table({name: pa.array(column, pa.string()) for name, column in columns})
        store.append(table, {"lantu_action": "quarantine", "dataset": dataset.name})


def _known(store: Store, dataset: Dataset) -> set[str]:
    import duckdb

    files = store.files()
    if not files:
        return set()
    rows = duckdb.execute("select id from read_parquet(?) where dataset = ?", [files, dataset.name]).fetchall()
    return {row[0] for row in rows}
