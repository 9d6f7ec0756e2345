"""From files to a new version: read, check, merge with what is there, keep the raw input, commit once.

The order makes a crash harmless: raw files and quarantine come first, the one commit of the rows last. Until it is
written the lake is the old version, and doing the import again ends as if there had been no crash.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Place, SeveralErrors, Text, read_yaml
from lantu.lake.checks import flag_sql, set_aside_impossible
from lantu.lake.readers import READERS, Batch, FileFault, Member
from lantu.lake.readers.batch import members_of
from lantu.lake.report import Finding, ImportReport

if TYPE_CHECKING:
    from lantu.lake.dataset import Dataset
    from lantu.lake.lake import Lake, Progress


def arrow_schema(dataset: Dataset) -> Any:
    """The columns of a stored dataset."""
    import pyarrow as pa

    return pa.schema(
        [
            ("station", pa.string()),
            ("time", pa.timestamp("us")),
            *((name, pa.float64()) for name in dataset.value_names),
            ("source", pa.string()),
            ("simulated", pa.bool_()),
            ("month", pa.string()),
        ]
    )


def import_files(
    lake: Lake,
    dataset: Dataset,
    paths: Sequence[Path],
    mapping: Path | Mapping[str, Any] | None,
    progress: Progress | None,
) -> ImportReport:
    """See `Lake.import_files`."""
    rules = _mapping(mapping)
    version = lake.version(dataset.name)
    report = ImportReport(dataset.name, [str(path) for path in paths], version_before=version, version=version)
    hashes = [_hash(path, rules) for path in paths]
    known = {digest for commit in lake._current_imports(dataset.name) for digest in commit.get("hashes", "").split("|")}
    if set(hashes) <= known:
        report.already_imported = True
        return report
    _refuse_mixing(lake, dataset, simulated=False)
    batches: list[Batch] = []
    for path in paths:
        batches += _read_path(path, dataset, rules, report, progress)
    if not batches:
        faults = [
            LantuError(finding.detail or Text("不能用", "cannot be used"), where=Place(finding.source, finding.line))
            for finding in report.rejected[:20]
        ]
        raise SeveralErrors(
            faults or [LantuError(Text("没有可用的数据", "there is nothing that can be used"), where=Place(paths[0]))]
        )
    now = dt.datetime.now()
    for batch in batches:
        set_aside_impossible(batch, dataset, now)
    for path, digest in zip(paths, hashes, strict=True):
        _keep_raw(lake, path, digest)
    _merge(lake, dataset, batches, report, [path.name for path in paths], hashes, simulated=False)
    return report


def write_rows(lake: Lake, dataset: Dataset, table: Any, source: str, simulated: bool) -> ImportReport:
    """See `Lake.write`."""
    import numpy as np

    version = lake.version(dataset.name)
    report = ImportReport(dataset.name, [source], members=1, version_before=version, version=version)
    _refuse_mixing(lake, dataset, simulated)
    count = table.num_rows
    values = {
        name: table.column(name).to_numpy(zero_copy_only=False).astype(float)
        if name in table.column_names
        else np.full(count, np.nan)
        for name in dataset.value_names
    }
    batch = Batch(
        source,
        table.column("station").to_numpy(zero_copy_only=False),
        table.column("time").to_numpy(zero_copy_only=False).astype("datetime64[us]"),
        values,
        {name: np.zeros(count, dtype=np.int32) for name in dataset.value_names},
    )
    # The simulated city may lie ahead of this machine's clock; measured rows may not.
    now = dt.datetime.max - dt.timedelta(days=2) if simulated else dt.datetime.now()
    set_aside_impossible(batch, dataset, now)
    _merge(lake, dataset, [batch], report, [source], [], simulated)
    return report


def _mapping(mapping: Path | Mapping[str, Any] | None) -> dict[str, Any] | None:
    if mapping is None:
        return None
    data = read_yaml(mapping).data if isinstance(mapping, Path) else dict(mapping)
    if not isinstance(data, dict):
        raise LantuError(
            Text("列对照应为键值", "a mapping of columns is made of keys and values"), where=Place(str(mapping))
        )
    return data


def _hash(path: Path, rules: Mapping[str, Any] | None) -> str:
    """The content of a file or folder, and how it is to be read, as one number."""
    digest = hashlib.sha256(json.dumps(rules, sort_keys=True, default=str).encode())
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    for file in files:
        if path.is_dir():
            digest.update(str(file.relative_to(path)).encode())
        if file.is_file():
            with file.open("rb") as handle:
                for chunk in iter(lambda: handle.read(2**20), b""):
                    digest.update(chunk)
    return digest.hexdigest()


def _refuse_mixing(lake: Lake, dataset: Dataset, simulated: bool) -> None:
    if lake.version(dataset.name) is None or not lake._current_imports(dataset.name):
        return
    if lake.is_simulated(dataset.name) != simulated:
        there, new = (Text("实测", "measured"), Text("模拟", "simulated"))
        if not simulated:
            there, new = new, there
        raise LantuError(
            Text(
                f"{dataset.name} 中是{there.zh}数据，不能混入{new.zh}数据",
                f"{dataset.name} holds {there.en} data; {new.en} data are not mixed in",
            ),
            mend=Text(
                f"换一个工作区（LANTU_WORKSPACE），或先运行 lantu data clear {dataset.name}",
                f"use another workspace (LANTU_WORKSPACE), or run lantu data clear {dataset.name} first",
            ),
        )


def _read_path(
    path: Path, dataset: Dataset, rules: Mapping[str, Any] | None, report: ImportReport, progress: Progress | None
) -> list[Batch]:
    try:
        members = list(members_of(path))
    except FileFault as fault:
        report.rejected.append(Finding("file", str(path), fault.line, detail=fault.what))
        return []
    batches = []
    for index, member in enumerate(members, start=1):
        if progress:
            progress(index, len(members), path.name)
        try:
            batch = _reader_for(member, dataset, rules).read(member, dataset, rules)
        except FileFault as fault:
            report.rejected.append(Finding("file", member.source, fault.line, detail=fault.what))
            continue
        if member.encoding == "gb18030":
            batch.notes.append(
                Text(
                    f"{member.source} 不是 UTF-8，按 GB18030 读取",
                    f"{member.source} is not UTF-8 and was read as GB18030",
                )
            )
        report.members += 1
        report.rows_read += len(batch.stations)
        report.derived_rows_skipped += batch.derived_rows_skipped
        report.notes += batch.notes
        batches.append(batch)
    return batches


def _reader_for(member: Member, dataset: Dataset, rules: Mapping[str, Any] | None) -> Any:
    for reader in READERS:
        if reader.matches(member, dataset, rules):
            return reader
    raise FileFault(
        Text(
            f"不认识的格式，不能用于 {dataset.name}；可用 --mapping 说明各列",
            f"an unknown layout for {dataset.name}; describe its columns with --mapping",
        )
    )


def _keep_raw(lake: Lake, path: Path, digest: str) -> None:
    """Keep the input as it came, once."""
    target = lake.path / "raw" / digest[:16]
    if target.exists():
        return
    fresh = target.with_name(f"{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    if path.is_dir():
        shutil.copytree(path, fresh / path.name)
    else:
        shutil.copy2(path, fresh / path.name)
    fresh.rename(target)


Hook = Callable[[str], None]


def _step(name: str) -> None:
    """A seam between the steps of an import, for tests that crash there."""


def _merge(
    lake: Lake,
    dataset: Dataset,
    batches: list[Batch],
    report: ImportReport,
    sources: list[str],
    hashes: list[str],
    simulated: bool,
) -> None:
    import duckdb

    names = dataset.value_names
    with duckdb.connect(":memory:", config={"autoinstall_known_extensions": False}) as engine:
        engine.register("staged", _staged(dataset, batches))
        any_value = " or ".join(f"{name} is not null" for name in names)
        merged = ", ".join(f"case when min({name}) = max({name}) then max({name}) end as {name}" for name in names)
        clash = " or ".join(f"min({name}) <> max({name})" for name in names)
        overlap = " or ".join(f"count({name}) > 1" for name in names)
        engine.execute(
            f"""create temp table fresh as
            select station, time, {merged}, string_agg(distinct source, ' + ' order by source) as source,
                   {clash} as clash, {overlap} as overlap
            from staged where {any_value} group by station, time"""
        )
        findings = [finding for batch in batches for finding in batch.findings]
        findings += _conflicts(engine, names)
        report.duplicates = _one(engine, "select count(*) from fresh where overlap and not clash")
        report.quarantined = Counter(finding.reason for finding in findings)
        for code, query in flag_sql(dataset, "fresh").items():
            if count := int(_one(engine, query)):
                report.flags[code] = count
        _step("before_quarantine")
        _put_in_quarantine(lake, dataset, [*findings, *report.rejected])
        _step("after_quarantine")
        months = [
            row[0]
            for row in engine.execute(
                "select distinct strftime(time - interval 1 hour, '%Y-%m') from fresh order by 1"
            ).fetchall()
        ]
        _load_old(engine, lake, dataset, months)
        table = _merged_with_old(engine, names, report, simulated)
        if report.rows_new or report.rows_changed:
            metadata = {
                "lantu_action": "import",
                "sources": "|".join(sources),
                "hashes": "|".join(hashes),
                "simulated": "true" if simulated else "false",
                "rows_new": str(report.rows_new),
                "rows_changed": str(report.rows_changed),
                "imported": dt.datetime.now().isoformat(timespec="seconds"),
            }
            _step("before_commit")
            lake.store(dataset.name).replace_months(table.cast(arrow_schema(dataset)), months, metadata)
            _step("after_commit")
        else:
            report.notes.append(Text("数据与已有的相同", "the data are the same as what is there"))
    report.version = lake.version(dataset.name)


def _staged(dataset: Dataset, batches: list[Batch]) -> Any:
    import numpy as np
    import pyarrow as pa

    def column(name: str) -> Any:
        parts = [
            batch.values[name] if name in batch.values else np.full(len(batch.stations), np.nan) for batch in batches
        ]
        return pa.array(np.concatenate(parts), from_pandas=True)  # nan becomes null

    counts = [len(batch.stations) for batch in batches]
    sources = pa.DictionaryArray.from_arrays(
        np.repeat(np.arange(len(batches), dtype=np.int32), counts), [batch.source for batch in batches]
    )
    lines = [np.max([*batch.lines.values()], axis=0) for batch in batches]
    return pa.table(
        {
            "station": pa.array(np.concatenate([batch.stations for batch in batches]), pa.string()),
            "time": pa.array(np.concatenate([batch.times for batch in batches]), pa.timestamp("us")),
            **{name: column(name) for name in dataset.value_names},
            "source": sources,
            "line": pa.array(np.concatenate(lines), pa.int32()),
        }
    )


def _conflicts(engine: Any, names: list[str]) -> list[Finding]:
    """Every value of a cell that came with different values: none is taken, all are kept aside."""
    findings = []
    for name in names:
        rows = engine.execute(
            f"""select source, line, {name}, station, time from staged
            semi join (select station, time from staged group by station, time having min({name}) <> max({name})) as c
            using (station, time) where {name} is not null order by station, time, source, line"""
        ).fetchall()
        for source, line, value, station, time in rows:
            findings.append(
                Finding(
                    "conflict", source, line or None, name, f"{value:g}", station, time.isoformat(timespec="minutes")
                )
            )
    return findings


def _put_in_quarantine(lake: Lake, dataset: Dataset, findings: list[Finding]) -> None:
    import pyarrow as pa

    if not findings:
        return
    rows = []
    for finding in findings:
        cells = [
            dataset.name,
            finding.source,
            str(finding.line or ""),
            finding.field,
            finding.value,
            finding.station,
            finding.time,
            finding.reason,
        ]
        detail = finding.detail.en if finding.detail else None
        identity = hashlib.sha256("\x1f".join(str(cell or "") for cell in [*cells, detail]).encode()).hexdigest()[:32]
        rows.append([identity, *cells, detail, dt.datetime.now().strftime("%Y-%m")])
    names = ["id", "dataset", "source", "line", "field", "value", "station", "time", "reason", "detail", "month"]
    columns = {name: pa.array(column, pa.string()) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    lake.quarantine.append(pa.table(columns), {"lantu_action": "quarantine", "dataset": dataset.name})


def _load_old(engine: Any, lake: Lake, dataset: Dataset, months: list[str]) -> None:
    files = lake.store(dataset.name).files(months)
    if files:
        engine.execute(
            "create temp table old as select * exclude (month) from read_parquet(?, hive_partitioning = true)", [files]
        )
        return
    columns = ", ".join(f"{name} double" for name in dataset.value_names)
    engine.execute(
        f"create temp table old (station varchar, time timestamp, {columns}, source varchar, simulated boolean)"
    )


def _merged_with_old(engine: Any, names: list[str], report: ImportReport, simulated: bool) -> Any:
    """All rows of the touched months: a new value fills or corrects an old one, a missing one leaves it."""
    changed = " or ".join(f"(f.{name} is not null and f.{name} is distinct from o.{name})" for name in names)
    values = ", ".join(f"coalesce(f.{name}, o.{name}) as {name}" for name in names)
    engine.execute(
        f"""create temp table merged as
        select coalesce(f.station, o.station) as station, coalesce(f.time, o.time) as time, {values},
               case when o.station is null then f.source when f.station is not null and ({changed})
                    then o.source || ' + ' || f.source else o.source end as source,
               coalesce(o.simulated, {str(simulated).lower()}) as simulated,
               case when f.station is null then 'kept' when o.station is null then 'new'
                    when {changed} then 'changed' else 'unchanged' end as change
        from fresh f full join old o on f.station = o.station and f.time = o.time"""
    )
    counts = dict(engine.execute("select change, count(*) from merged group by change").fetchall())
    report.rows_new = counts.get("new", 0)
    report.rows_changed = counts.get("changed", 0)
    report.rows_unchanged = counts.get("unchanged", 0)
    return engine.execute(
        "select * exclude (change), strftime(time - interval 1 hour, '%Y-%m') as month "
        "from merged order by station, time"
    ).to_arrow_table()


def _one(engine: Any, query: str) -> int:
    return engine.execute(query).fetchone()[0]
