"""The lake: every dataset's store, the raw files, the quarantine, and the one lock under which it changes."""

from __future__ import annotations

import datetime as dt
import fcntl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lantu.base import LantuError, Place, Text
from lantu.lake.cadence import shown, span_sql
from lantu.lake.checks import runs_sql
from lantu.lake.dataset import Dataset, all_datasets, get_dataset
from lantu.lake.report import REASONS, ImportReport
from lantu.lake.store import Store, StreamStore, Transaction

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class DatasetStatus:
    """What the lake holds of one dataset."""

    dataset: str
    version: int
    rows: int
    stations: int
    first: str
    last: str
    simulated: bool
    sources: list[str]

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    def cells(self) -> list[str]:
        """The values as a table row."""
        nature = Text("模拟", "simulated") if self.simulated else Text("实测", "measured")
        sources = ", ".join(self.sources[-3:])
        return [
            self.dataset,
            str(self.version),
            str(self.rows),
            str(self.stations),
            self.first,
            self.last,
            str(nature),
            sources,
        ]


@dataclass(frozen=True, slots=True)
class QualityRow:
    """How often one reason set data of one dataset aside, with an example."""

    dataset: str
    reason: str
    count: int
    example: str

    def as_json(self) -> dict[str, Any]:
        return {**{name: getattr(self, name) for name in self.__slots__}, "title": str(REASONS[self.reason])}

    def cells(self) -> list[str]:
        """The values as a table row."""
        return [self.dataset, str(REASONS[self.reason]), str(self.count), self.example]


def _quoted(texts: Sequence[str]) -> str:
    """Texts as SQL writes them: with placeholders DuckDB imports pandas, which takes longer than most queries."""
    return ", ".join("'" + text.replace("'", "''") + "'" for text in texts)


class Lake:
    """All datasets of one workspace.

    Args:
        path: the lake's folder; it is made at the first import.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._streams: dict[str, StreamStore] = {}

    def store(self, dataset: str) -> Store:
        return Store(self.path / get_dataset(dataset).name)

    def stream(self, dataset: str) -> StreamStore:
        """The store of a stream, with what this lake remembers of it from one `add` to the next."""
        if dataset not in self._streams:
            self._streams[dataset] = StreamStore(self.path / get_dataset(dataset).name)
        return self._streams[dataset]

    @property
    def quarantine(self) -> Store:
        return Store(self.path / "_quarantine")

    def version(self, dataset: str) -> int | None:
        """The dataset's latest version; None where nothing was ever imported."""
        return self.store(dataset).version()

    def is_simulated(self, dataset: str) -> bool:
        """Whether the rows of the dataset are simulated."""
        current = self.current_imports(dataset)
        return any(commit.get("simulated") == "true" for commit in current)

    def imports(self, dataset: str) -> list[dict[str, Any]]:
        """The imports of a dataset, oldest first: version, time, sources, hashes, counts."""
        return self.store(dataset).history()

    def current_imports(self, dataset: str) -> list[dict[str, Any]]:
        """The imports since the dataset was last cleared."""
        current: list[dict[str, Any]] = []
        for commit in self.store(dataset).history():
            if commit.get("lantu_action") == "clear":
                current = []
            elif commit.get("lantu_action") == "import":
                current.append(commit)
        return current

    def import_files(
        self,
        dataset: str,
        paths: Sequence[Path],
        mapping: Path | Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> ImportReport:
        """Read files into a dataset as one new version.

        Args:
            dataset: its name.
            paths: files, archives or folders.
            mapping: for plain tables, which column is what and in which unit.
            progress: called with files done, files in all, and the file's name.

        Raises:
            LantuError: nothing could be used, or the dataset holds simulated rows; the stored rows are as they were.
        """
        from lantu.lake.importing import import_files

        declared = get_dataset(dataset)
        with self._locked():
            return import_files(self, declared, [Path(path) for path in paths], mapping, progress)

    def write(
        self, dataset: str, table: Any, source: str, simulated: bool, transaction: Transaction | None = None
    ) -> ImportReport:
        """Put an Arrow table of rows (station, time, measured columns, texts) into a dataset as one new version.

        Where the dataset has detection limits a column `below` may list each row's items that were below theirs,
        joined by `|`; their values are half the limit. A `transaction` (a writer's name, the number of its work) that
        was committed before, or a later one of that writer, is not done again.

        Raises:
            LantuError: a column is missing or not declared, nothing is usable, or measured would mix with simulated.
        """
        from lantu.lake.importing import write_rows

        declared = get_dataset(dataset)
        with self._locked():
            if self._is_done(self.store(dataset), transaction):
                return self._nothing_to_do(dataset, source)
            return write_rows(self, declared, table, source, simulated, transaction)

    def add(
        self, dataset: str, table: Any, source: str, simulated: bool, transaction: Transaction | None = None
    ) -> ImportReport:
        """Add an Arrow table of rows to a stream (cadence `second`) as one new version, made for many rows at a time.

        A row that is there already stays; one with other values takes its place. Only files with rows of the same
        times are looked at. For `transaction` see `write`.

        Raises:
            LantuError: the dataset is no stream, a column is missing, or measured would mix with simulated.
        """
        from lantu.lake.streams import add_rows

        declared = get_dataset(dataset)
        with self._locked():
            if self._is_done(self.stream(dataset), transaction):
                return self._nothing_to_do(dataset, source)
            return add_rows(self, declared, table, source, simulated, transaction)

    def tidy(self, dataset: str) -> None:
        """Put the many small files of a stream together; versions that are older than a week lose their files."""
        with self._locked():
            self.store(dataset).tidy()

    def _is_done(self, store: Store, transaction: Transaction | None) -> bool:
        done = None if transaction is None else store.transaction(transaction[0])
        return done is not None and transaction is not None and done >= transaction[1]

    def _nothing_to_do(self, dataset: str, source: str) -> ImportReport:
        version = self.version(dataset)
        return ImportReport(dataset, [source], already_imported=True, version_before=version, version=version)

    def clear(self, dataset: str) -> None:
        """Empty a dataset; its older versions stay."""
        import pyarrow as pa

        from lantu.lake.merging import arrow_schema

        store = self.store(dataset)
        if store.version() is None:
            return
        with self._locked():
            empty = pa.Table.from_batches([], schema=arrow_schema(get_dataset(dataset)))
            months = store.open().partitions()
            store.replace_months(empty, {part["month"] for part in months} or {"none"}, {"lantu_action": "clear"})

    def table(
        self,
        dataset: str,
        connection: Any,
        start: dt.date | None = None,
        end: dt.date | None = None,
        version: int | None = None,
    ) -> Any:
        """The dataset as an Ibis table, with at least the rows of the days `start` to `end` (both included).

        An empty, typed table where there is nothing. Of hourly data the last hour of `end` lies on the next day; a
        month's row lies on its first day.
        """
        import ibis
        import pyarrow as pa

        from lantu.lake.merging import arrow_schema

        schema = arrow_schema(get_dataset(dataset))
        names = [name for name in schema.names if name != "month"]
        files = self.files(dataset, start, end, version)
        if not files:
            return ibis.memtable(pa.Table.from_batches([], schema=schema).select(names))
        # A file that was written before a column was declared does not have it.
        together = {"union_by_name": True} if connection.name == "duckdb" else {"mergeSchema": True}
        table = connection.read_parquet(files, **together)
        kinds = {name: "string" if schema.field(name).type == pa.string() else "float64" for name in names}
        absent = {name: ibis.null(kinds[name]) for name in names if name not in table.columns}
        return table.mutate(**absent).select(names) if absent else table.select(names)

    def files(
        self, dataset: str, start: dt.date | None = None, end: dt.date | None = None, version: int | None = None
    ) -> list[str]:
        """The Parquet files that hold the rows of the days `start` to `end`."""
        if start is None or end is None:
            return self.store(dataset).files(None, version)
        months, month = [], start.replace(day=1)
        while month <= end:
            months.append(month.strftime("%Y-%m"))
            month = (month + dt.timedelta(days=32)).replace(day=1)
        return self.store(dataset).files(months, version)

    def status(self) -> list[DatasetStatus]:
        """What is in the lake, dataset by dataset; those without any version are left out."""
        import duckdb

        result = []
        for name, declared in all_datasets().items():
            version = self.version(name)
            if version is None:
                continue
            files = self.files(name)
            row: Any = (0, 0, None, None)
            if files:
                query = "select count(*), count(distinct station), min(time), max(time) from read_parquet(?)"
                row = duckdb.execute(query, [files]).fetchone()
            sources = [source for commit in self.current_imports(name) for source in commit["sources"].split("|")]
            first, last = (shown(moment, declared.cadence) for moment in row[2:])
            result.append(DatasetStatus(name, version, row[0], row[1], first, last, self.is_simulated(name), sources))
        return result

    def quality(self) -> list[QualityRow]:
        """How much was set aside, by dataset and reason."""
        import duckdb

        files = self.quarantine.files()
        if not files:
            return []
        query = """
            select dataset, reason, count(*),
                   any_value(source || coalesce(':' || line, '') || coalesce(' [' || field || ']', '')
                             || coalesce(' ' || value, '') || coalesce(' ' || station, ''))
            from (select distinct on (id) * from read_parquet(?)) group by all order by dataset, count(*) desc
        """
        return [QualityRow(*row) for row in duckdb.execute(query, [files]).fetchall()]

    def stuck(
        self, dataset: str, start: dt.date | None = None, end: dt.date | None = None
    ) -> list[tuple[str, str, dt.datetime, dt.datetime, int, float]]:
        """Where a value does not change for longer than the dataset allows: (station, column, from, to, rows, value).

        Such values are kept: whether the instrument hangs or the air stands still is a question to its keeper.
        """
        import duckdb

        files = self.files(dataset, start, end)
        found: list[tuple[str, str, dt.datetime, dt.datetime, int, float]] = []
        if not files:
            return found
        described = "select column_name from (describe select * from read_parquet(?, union_by_name = true))"
        stored = {row[0] for row in duckdb.execute(described, [files]).fetchall()}
        for column in get_dataset(dataset).columns:
            if column.stuck_hours is None or column.name not in stored:
                continue
            relation = f"""(select station, time, {column.name} from read_parquet($files, union_by_name = true)
                            where {column.name} is not null
                              and ($first is null or time > $first) and ($after is null or time <= $after))"""
            query = runs_sql(relation, ["station"], column.name, column.stuck_hours)
            first = None if start is None else dt.datetime.combine(start, dt.time())
            after = None if end is None else dt.datetime.combine(end + dt.timedelta(days=1), dt.time())
            runs = duckdb.execute(query, {"files": files, "first": first, "after": after}).fetchall()
            found += [(station, column.name, *run) for station, *run in runs]
        return sorted(found)

    def rows(self, dataset: str, stations: Sequence[str], start: dt.datetime, end: dt.datetime) -> Any:
        """The raw rows of some stations in the span `start` to `end`, as an Arrow table sorted by station and time.

        An hour lies in it by its end (`start` < time <= `end`); days, months, moments and seconds by their first
        moment (`start` <= time < `end`). None where nothing is stored.
        """
        import duckdb

        files = self.files(dataset, (start - dt.timedelta(hours=1)).date(), end.date())
        if not files:
            return None
        span = span_sql(get_dataset(dataset).cadence)
        for moment in (start, end):
            span = span.replace("?", f"timestamp '{moment.isoformat(sep=' ')}'", 1)
        query = f"""
            select * exclude (month)
            from read_parquet([{_quoted(files)}], hive_partitioning = true, union_by_name = true)
            where station in ({_quoted(stations) or "null"}) and {span} order by station, time
        """
        return duckdb.execute(query).to_arrow_table()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One change at a time: a second process waits until the first has committed."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            handle = (self.path / ".lock").open("w")
        except OSError as error:
            raise LantuError(
                Text(f"数据文件夹不可写：{error.strerror}", f"the folder of data cannot be written: {error.strerror}"),
                where=Place(self.path),
            ) from error
        with handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


__all__ = ["Dataset", "DatasetStatus", "Lake", "QualityRow"]
