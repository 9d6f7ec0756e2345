"""The versioned store: Delta tables of Parquet, partitioned by month. One commit is one version, whole or not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from lantu.base import LantuError, Place, Text
from lantu.lake.moments import Moments

Transaction = tuple[str, int]
"""A writer's name and the number of its work, written with the rows, so that work done twice is found done."""

_LOG_NAME = re.compile(r"(\d{20})\.(?:json|checkpoint\.parquet)$")


class Store:
    """One Delta table on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def version(self) -> int | None:
        """The number of the latest version; None where nothing was ever written."""
        log = self.path / "_delta_log"
        if not log.is_dir():
            return None
        numbers = [int(match[1]) for file in log.iterdir() if (match := _LOG_NAME.search(file.name))]
        return max(numbers, default=None)

    def open(self, version: int | None = None) -> Any:
        """The `deltalake.DeltaTable`.

        Raises:
            LantuError: the table's log is damaged or does not have the version.
        """
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError

        latest = self.version()
        if version is not None and (latest is None or not 0 <= version <= latest):
            raise LantuError(
                Text(f"{self.path.name} 没有版本 {version}", f"{self.path.name} has no version {version}"),
                mend=None if latest is None else Text(f"有版本 0 至 {latest}", f"there are versions 0 to {latest}"),
            )
        try:
            return DeltaTable(str(self.path), version=version)
        except (DeltaError, OSError, ValueError) as error:
            raise LantuError(
                Text(
                    f"数据表打不开（版本 {version}）：{error}",
                    f"the table cannot be opened (version {version}): {error}",
                ),
                where=Place(self.path),
                mend=Text("从备份恢复此文件夹", "restore this folder from a backup"),
            ) from error

    def files(self, months: Iterable[str] | None = None, version: int | None = None) -> list[str]:
        """The Parquet files of a version, of the months given (`2021-08`) or of all."""
        if self.version() is None:
            return []
        wanted = None if months is None else frozenset(months)
        if version is not None:  # a version never changes: its log is read once
            entry = self.path / "_delta_log" / f"{version:020}.json"
            written = entry.stat().st_mtime_ns if entry.exists() else 0
            found = _files_of_version(self.path, version, written)
        else:
            found = self._files(version)
        return [file for month, file in found if wanted is None or month in wanted]

    def _files(self, version: int | None) -> tuple[tuple[str, str], ...]:
        """The month and the path of every file of a version."""
        paths = [uri.removeprefix("file://") for uri in self.open(version).file_uris()]
        return tuple(sorted((_month_of(path), path) for path in paths))

    def files_in_span(self, first: Any, last: Any) -> list[str]:
        """The Parquet files whose rows may lie between two times (both included), by the log's own statistics."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if self.version() is None:
            return []
        known = pa.table(self.open().get_add_actions(flatten=True))
        if not {"min.time", "max.time"} <= set(known.column_names):
            return [str(self.path / path) for path in known["path"].to_pylist()]
        low, high = (known[name].cast(pa.timestamp("us")) for name in ("min.time", "max.time"))
        wanted = pc.and_(
            pc.fill_null(pc.less_equal(low, pa.scalar(last, pa.timestamp("us"))), True),
            pc.fill_null(pc.greater_equal(high, pa.scalar(first, pa.timestamp("us"))), True),
        )
        return [str(self.path / path) for path in known["path"].filter(wanted).to_pylist()]

    def transaction(self, writer: str) -> int | None:
        """The number of the last transaction of a writer that was committed here; None where it made none."""
        if self.version() is None:
            return None
        return self.open().transaction_version(writer)

    def append(self, table: Any, metadata: dict[str, str], transaction: Transaction | None = None) -> None:
        """Add rows as one version."""
        self._write(table, metadata, transaction, mode="append")

    def replace_months(
        self, table: Any, months: Iterable[str], metadata: dict[str, str], transaction: Transaction | None = None
    ) -> None:
        """Put `table` in the place of all rows of `months`, as one version."""
        quoted = ", ".join(f"'{month}'" for month in sorted(months))
        predicate = f"month IN ({quoted})" if self.version() is not None else None
        self._write(table, metadata, transaction, mode="overwrite", predicate=predicate)

    def merge(
        self, table: Any, keys: Sequence[str], metadata: dict[str, str], transaction: Transaction | None = None
    ) -> None:
        """Put rows in the place of those with the same keys, add the others, as one version."""
        first, last = (moment.isoformat() for moment in _span(table))
        same = " and ".join(f'o."{name}" = f."{name}"' for name in ("month", *keys))
        within = f"o.time >= timestamp '{first}' and o.time <= timestamp '{last}'"
        with self._saying_what_failed():
            (
                self.open()
                .merge(
                    table,
                    f"{same} and {within}",
                    source_alias="f",
                    target_alias="o",
                    writer_properties=_writer_properties(),
                    commit_properties=_commit_properties(metadata, transaction),
                )
                .when_matched_update_all()
                .when_not_matched_insert_all()
                .execute()
            )

    def tidy(self) -> None:
        """Put small files together as a new version, and delete the files that no version of the last week has."""
        with self._saying_what_failed():
            table = self.open()
            table.optimize.compact(target_size=256 * 2**20, writer_properties=_writer_properties())
            table.vacuum(retention_hours=168, dry_run=False)

    @contextmanager
    def _saying_what_failed(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LantuError(
                Text(
                    f"写入失败，原有版本未受影响：{error}", f"writing failed; the older version is untouched: {error}"
                ),
                where=Place(self.path),
            ) from error

    def _write(self, table: Any, metadata: dict[str, str], transaction: Transaction | None, **how: Any) -> None:
        from deltalake import write_deltalake

        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.version() is not None:
            there = {field.name for field in self.open().schema().fields}
            if not set(table.column_names) <= there:
                how["schema_mode"] = "merge"  # columns that were declared since
        with self._saying_what_failed():
            write_deltalake(
                self._target(),
                table,
                partition_by=["month"],
                target_file_size=256 * 2**20,
                writer_properties=_writer_properties(),
                commit_properties=_commit_properties(metadata, transaction),
                **how,
            )

    def _target(self) -> Any:
        """What is written to, as `write_deltalake` wants it."""
        return str(self.path)

    def history(self) -> list[dict[str, Any]]:
        """The metadata of all commits, oldest first, each with its `version`."""
        log = self.path / "_delta_log"
        if not log.is_dir():
            return []
        commits = []
        for file in sorted(log.glob("*.json")):
            if not _LOG_NAME.search(file.name):
                continue
            for line in file.read_text(encoding="utf-8").splitlines():
                info = json.loads(line).get("commitInfo")
                if info is not None:
                    commits.append({**info, "version": int(file.stem)})
        return commits


class StreamStore(Store):
    """The store of a stream to which one writer adds again and again: its log is read on, not each time from the start.

    Not for two threads at once; who else writes the table is seen.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.moments = Moments()
        self._table: Any = None
        self._entry: tuple[int, int] | None = None
        """The version that was opened, and when its entry was written: another table may have taken its place."""

    def open(self, version: int | None = None) -> Any:
        """See `Store.open`; the latest version is the same object each time, which goes along."""
        from deltalake.exceptions import DeltaError

        latest = self.version() if version is None else None
        if latest is None:
            return super().open(version)
        if self._table is None or self._entry is None or not self._is_there(*self._entry):
            self._table = super().open()
        elif latest != self._table.version():
            try:
                self._table.update_incremental()
            except (DeltaError, OSError, ValueError):
                self._table = super().open()
        self._remember()
        return self._table

    @contextmanager
    def _saying_what_failed(self) -> Iterator[None]:
        with super()._saying_what_failed():
            try:
                yield
            except BaseException:
                self._table = None  # what it holds after a failure is not known
                raise

    def _target(self) -> Any:
        return str(self.path) if self.version() is None else self.open()

    def _remember(self) -> None:
        number = self._table.version()
        try:
            self._entry = number, self._log_entry(number).stat().st_mtime_ns
        except OSError:  # tidied away behind a checkpoint: opened anew next time
            self._entry = None

    def _is_there(self, number: int, written: int) -> bool:
        try:
            return self._log_entry(number).stat().st_mtime_ns == written
        except OSError:
            return False

    def _log_entry(self, number: int) -> Path:
        return self.path / "_delta_log" / f"{number:020}.json"


def _writer_properties() -> Any:
    from deltalake import WriterProperties

    return WriterProperties(compression="ZSTD", compression_level=3, max_row_group_size=200_000)


def _commit_properties(metadata: dict[str, str], transaction: Transaction | None) -> Any:
    from deltalake import CommitProperties, Transaction

    done = None if transaction is None else [Transaction(*transaction)]
    return CommitProperties(custom_metadata=metadata, app_transactions=done)


def _span(table: Any) -> tuple[Any, Any]:
    import pyarrow.compute as pc

    found = pc.min_max(table["time"]).as_py()
    return found["min"], found["max"]


@lru_cache(maxsize=64)
def _files_of_version(path: Path, version: int, _written: int) -> tuple[tuple[str, str], ...]:
    """`_written` tells a table from another that stood in its place before."""
    return Store(path)._files(version)


def _month_of(path: str) -> str:
    """The month that the folder of a file names."""
    return Path(path).parent.name.removeprefix("month=")
