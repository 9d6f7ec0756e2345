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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Place, SeveralErrors, Text
from lantu.lake.checks import flag_sql, set_aside_impossible
from lantu.lake.merging import (
    BELOW_SEPARATOR,
    arrow_schema,
    as_new,
    conflicts,
    merge_with_stored,
    months_of,
    one,
    only_new,
    stage,
)
from lantu.lake.quarantine import put_in_quarantine
from lantu.lake.readers import READERS, Batch, FileFault, Member, Reader, TableRules, load_mapping, members_of
from lantu.lake.report import Finding, ImportReport

if TYPE_CHECKING:
    from lantu.lake.dataset import Dataset
    from lantu.lake.lake import Lake, Progress
    from lantu.lake.store import Transaction


@dataclass(slots=True)
class _Input:
    """One path of an import. `digest` stands for its content, `identity` also for how it was read."""

    path: Path
    digest: str
    identity: str
    used: bool = False
    whole: bool = True


def import_files(
    lake: Lake,
    dataset: Dataset,
    paths: Sequence[Path],
    mapping: Path | Mapping[str, Any] | None,
    progress: Progress | None,
) -> ImportReport:
    """See `Lake.import_files`."""
    if not paths:
        raise LantuError(Text("没有给出文件", "no file was given"))
    if dataset.keys:
        raise LantuError(
            Text(
                f"{dataset.name} 由网关写入，不从文件导入", f"{dataset.name} is written by the gateway, not from files"
            )
        )
    rules = None if mapping is None else load_mapping(mapping, dataset)
    version = lake.version(dataset.name)
    report = ImportReport(dataset.name, [str(path) for path in paths], version_before=version, version=version)
    inputs = list({each.identity: each for each in (_input(path, dataset, rules) for path in paths)}.values())
    known = {each for commit in lake.current_imports(dataset.name) for each in commit.get("hashes", "").split("|")}
    fresh = [each for each in inputs if each.identity not in known]
    if not fresh:
        report.already_imported = True
        return report
    for each in inputs:
        if each.identity in known:
            # Reading it again would put values back that a later import has corrected.
            report.notes.append(
                Text(f"{each.path.name} 已导入过，略过", f"{each.path.name} was imported before and is left out")
            )
    refuse_mixing(lake, dataset, simulated=False)
    batches: list[Batch] = []
    for each in fresh:
        batches += _read_path(each, dataset, rules, report, progress)
    if not batches:
        raise SeveralErrors(_as_errors(report.rejected))
    now = dt.datetime.now()
    for batch in batches:
        set_aside_impossible(batch, dataset, now)
    _bring_in(lake, dataset, batches, report, fresh, [each.path.name for each in fresh], simulated=False)
    return report


def write_rows(
    lake: Lake, dataset: Dataset, table: Any, source: str, simulated: bool, transaction: Transaction | None = None
) -> ImportReport:
    """See `Lake.write`."""
    import numpy as np

    version = lake.version(dataset.name)
    report = ImportReport(
        dataset.name, [source], members=1, rows_read=table.num_rows, version_before=version, version=version
    )
    refuse_mixing(lake, dataset, simulated)
    names = set(table.column_names)
    if lacking := {"station", "time"} - names:
        listed = ", ".join(sorted(lacking))
        raise LantuError(Text(f"缺少列：{listed}", f"the column {listed} is missing"), where=Place(source))
    allowed = {"station", "time", *dataset.value_names, *dataset.text_names}
    if dataset.detection_limits:
        allowed.add("below")
    if unknown := names - allowed:
        listed = ", ".join(sorted(unknown))
        raise LantuError(
            Text(f"数据集 {dataset.name} 没有列：{listed}", f"the dataset {dataset.name} has no column {listed}"),
            where=Place(source),
        )
    count = table.num_rows
    values = {
        name: table.column(name).to_numpy(zero_copy_only=False).astype(float)
        if name in names
        else np.full(count, np.nan)
        for name in dataset.value_names
    }
    batch = Batch(
        source,
        table.column("station").to_numpy(zero_copy_only=False),
        table.column("time").to_numpy(zero_copy_only=False).astype("datetime64[us]"),
        values,
        {name: np.zeros(count, dtype=np.int32) for name in dataset.value_names},
        texts={
            name: table.column(name).cast("string").to_numpy(zero_copy_only=False)
            for name in dataset.text_names
            if name in names
        },
        below=_marks(table.column("below").to_pylist(), dataset, source) if "below" in names else {},
    )
    # The simulated city may lie ahead of this machine's clock; measured rows may not.
    now = dt.datetime.max - dt.timedelta(days=2) if simulated else dt.datetime.now()
    set_aside_impossible(batch, dataset, now)
    _bring_in(lake, dataset, [batch], report, [], [source], simulated, transaction)
    return report


def _marks(written: list[str | None], dataset: Dataset, source: str) -> dict[str, Any]:
    """Which values of written rows are below their limit, from the column that lists them row by row."""
    import numpy as np

    marks: dict[str, Any] = {}
    for index, text in enumerate(written):
        for name in text.split(BELOW_SEPARATOR) if text else ():
            if name not in dataset.value_names:
                raise LantuError(
                    Text(f"数据集 {dataset.name} 没有列“{name}”", f"the dataset {dataset.name} has no column '{name}'"),
                    where=Place(source, index + 1, "below"),
                    mend=Text(f"各项目名以 {BELOW_SEPARATOR} 隔开", f"names of items, joined by {BELOW_SEPARATOR}"),
                )
            marks.setdefault(name, np.zeros(len(written), dtype=bool))[index] = True
    return marks


def _input(path: Path, dataset: Dataset, rules: TableRules | None) -> _Input:
    digest = hashlib.sha256()
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    for file in files:
        if path.is_dir():
            digest.update(str(file.relative_to(path)).encode())
        if file.is_file():
            try:
                with file.open("rb") as handle:
                    for chunk in iter(lambda: handle.read(2**20), b""):
                        digest.update(chunk)
            except OSError:  # said by the reading that follows
                digest.update(b"unreadable")
    # The same content read by other rules, or into another declaration of the dataset, is another input.
    declared, mapped = (
        each.model_dump(mode="json", exclude_defaults=True) if each else None
        for each in (dataset, rules.mapping if rules else None)
    )
    how = [declared, mapped, str(path.suffix)]
    if rules is not None and rules.mapping.time.year == "file_name":
        how.append(path.name)
    identity = hashlib.sha256(digest.digest() + json.dumps(how, sort_keys=True).encode()).hexdigest()
    return _Input(path, digest.hexdigest(), identity)


def refuse_mixing(lake: Lake, dataset: Dataset, simulated: bool) -> None:
    """Measured and simulated rows never lie in one dataset.

    Raises:
        LantuError: they would.
    """
    if lake.version(dataset.name) is None or not lake.current_imports(dataset.name):
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
    each: _Input, dataset: Dataset, rules: TableRules | None, report: ImportReport, progress: Progress | None
) -> list[Batch]:
    try:
        members = list(members_of(each.path))
    except FileFault as fault:
        each.whole = False
        report.rejected.append(Finding("file", str(each.path), fault.line, detail=fault.what, mend=fault.mend))
        return []
    batches = []
    other_encodings: dict[str, list[str]] = {}
    for index, member in enumerate(members, start=1):
        if progress:
            progress(index, len(members), each.path.name)
        try:
            batch = _reader_for(member, dataset, rules).read(member, dataset, rules)
        except FileFault as fault:
            each.whole = False
            report.rejected.append(Finding("file", member.source, fault.line, detail=fault.what, mend=fault.mend))
            continue
        if member.encoding != "utf-8-sig":
            other_encodings.setdefault(member.encoding.upper(), []).append(member.source)
        report.members += 1
        report.rows_read += len(batch.stations)
        report.derived_rows_skipped += batch.derived_rows_skipped
        report.notes += [note for note in batch.notes if note not in report.notes]
        batches.append(batch)
    for encoding, sources in other_encodings.items():
        report.notes.append(
            Text(
                f"{len(sources)} 个文件不是 UTF-8，按 {encoding} 读取，如 {sources[0]}",
                f"{len(sources)} files are not UTF-8 and were read as {encoding}, e.g. {sources[0]}",
            )
        )
    each.used = bool(batches)
    return batches


def _reader_for(member: Member, dataset: Dataset, rules: TableRules | None) -> Reader:
    for reader in READERS:
        if reader.matches(member, dataset, rules):
            return reader
    raise FileFault(
        Text(
            f"不认识的格式，不能用于 {dataset.name}；可用 --mapping 说明各列",
            f"an unknown layout for {dataset.name}; describe its columns with --mapping",
        )
    )


def _as_errors(findings: Sequence[Finding]) -> list[LantuError]:
    """What is said where nothing could be used: the first faults, each with its place."""
    errors = []
    for finding in findings[:20]:
        value = f": {finding.value}" if finding.value else ""
        what = Text(f"{finding.reason_text.zh}{value}", f"{finding.reason_text.en}{value}")
        errors.append(LantuError(what, where=Place(finding.source, finding.line, finding.field), mend=finding.mend))
    if more := len(findings) - len(errors):
        errors.append(LantuError(Text(f"另有 {more} 处", f"and {more} more")))
    return errors


def _keep_raw(lake: Lake, each: _Input) -> None:
    """Keep the input as it came, once."""
    target = lake.path / "raw" / each.digest[:16]
    if target.exists():
        return
    fresh = target.with_name(f"{target.name}.new")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        if each.path.is_dir():
            shutil.copytree(each.path, fresh / each.path.name)
        else:
            shutil.copy2(each.path, fresh / each.path.name)
        fresh.rename(target)
    except OSError as error:
        raise LantuError(
            Text(f"原始文件存不下：{error.strerror}", f"the raw file cannot be kept: {error.strerror}"),
            where=Place(each.path),
        ) from error


def _step(name: str) -> None:
    """A seam between the steps of an import, for tests that crash there."""


def _bring_in(
    lake: Lake,
    dataset: Dataset,
    batches: list[Batch],
    report: ImportReport,
    inputs: Sequence[_Input],
    sources: list[str],
    simulated: bool,
    transaction: Transaction | None = None,
) -> None:
    import duckdb

    with duckdb.connect(":memory:", config={"autoinstall_known_extensions": False}) as engine:
        stage(engine, dataset, batches)
        findings = [finding for batch in batches for finding in batch.findings]
        findings += conflicts(engine, dataset)
        report.quarantined = Counter(finding.reason for finding in findings)
        for finding in findings:
            report.examples.setdefault(finding.reason, str(finding))
        report.duplicates = one(engine, "select count(*) from fresh where overlap and not clash")
        for code, query in flag_sql(dataset, "fresh").items():
            if count := one(engine, query):
                report.flags[code] = count
        usable = one(engine, "select count(*) from fresh") > 0
        _step("before_raw")
        for each in inputs:
            if each.used and usable:
                _keep_raw(lake, each)
        _step("before_quarantine")
        put_in_quarantine(lake.quarantine, dataset, [*findings, *report.rejected])
        _step("after_quarantine")
        if not usable:
            empty = Finding("file", sources[0], detail=Text("没有可用的数值", "no value in it can be used"))
            raise SeveralErrors(_as_errors([*report.rejected, *(findings or [empty])]))
        months = months_of(engine, dataset)
        store = lake.store(dataset.name)
        files = store.files(months)
        added = only_new(engine, dataset, files)
        if added:
            table = as_new(engine, dataset, report, simulated)
        else:
            table = merge_with_stored(engine, dataset, files, report, simulated)
        if report.rows_new or report.rows_changed:
            metadata = {
                "lantu_action": "import",
                "sources": "|".join(sources),
                # A path of which something was refused may be tried again, so it does not count as imported.
                "hashes": "|".join(each.identity for each in inputs if each.whole),
                "simulated": "true" if simulated else "false",
                "rows_new": str(report.rows_new),
                "rows_changed": str(report.rows_changed),
                "imported": dt.datetime.now().isoformat(timespec="seconds"),
            }
            _step("before_commit")
            if added:
                store.append(table, metadata, transaction)
            else:
                store.replace_months(table, months, metadata, transaction)
            _step("after_commit")
        else:
            report.notes.append(Text("数据与已有的相同", "the data are the same as what is there"))
    report.version = lake.version(dataset.name)


__all__ = ["arrow_schema", "import_files", "refuse_mixing", "write_rows"]
