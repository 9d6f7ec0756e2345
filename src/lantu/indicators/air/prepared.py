"""Days and statistics on DuckDB without writing any statement anew: what Ibis wrote is kept, and so are hours' sums.

To load Ibis and to write the statements takes longer than to run them. They depend on the rules alone, which change on
known days; so one set serves all periods between two such days. The sums of the hours of a month are kept beside the
data, under the names of its files: after one more day only the last month is read again. All of it can be deleted.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lantu.base import Period
from lantu.indicators.air.places import AIR_CODE, Membership, expected_stations
from lantu.indicators.cache import COMMON, code_of
from lantu.indicators.exclusions import as_sql
from lantu.lake.engine import sql_literal, with_literals
from lantu.standards import catalogue
from lantu.standards.air import POLLUTANTS, edition_starts

if TYPE_CHECKING:
    from lantu.indicators.exclusions import Exclusion
    from lantu.indicators.family import Target
    from lantu.lake import Lake

DATASET = "air_hourly"
_COLUMNS = {"station": "varchar", "time": "timestamp", **dict.fromkeys(POLLUTANTS, "double")}
_MEMBERS = {"target": "varchar", "site": "varchar", "station": "varchar", "first_day": "date", "last_day": "date"}
_EXPECTED = {"target": "varchar", "day": "date", "expected": "bigint"}
_SPANS = {"target": "varchar", "first_day": "date", "last_day": "date", "expected": "bigint"}
_IBIS = {"varchar": "string", "double": "float64", "bigint": "int64"}


def _code() -> str:
    """What statements and sums depend on."""
    return code_of((*COMMON, *AIR_CODE))


class PreparedDays:
    """The daily values of targets in one period, as tables `station_days` and `days` of a connection of its own.

    Args:
        lake: the data, and where statements and sums are kept.
        targets: areas and stations.
        members: which station counts for them when.
        period: the days.
        version: of the dataset.
        left_out: exclusions whose hours are not read.
    """

    def __init__(
        self,
        lake: Lake,
        targets: Sequence[Target],
        members: Sequence[Membership],
        period: Period,
        version: int,
        left_out: Sequence[Exclusion] = (),
    ) -> None:
        import duckdb

        self._lake, self._version, self._left_out = lake, version, left_out
        self._kept = _Statements(lake.path / "_cache" / "statements", period)
        self.connection = duckdb.connect(config={"preserve_insertion_order": False})
        areas = {target.code for target in targets if target.level != "station"}
        of_areas = [member for member in members if member.target in areas]
        self._table("members", _MEMBERS, (_row(member) for member in members))
        self._table("area_members", _MEMBERS, (_row(member) for member in of_areas))
        self._table("expected_spans", _SPANS, _spans(expected_stations(of_areas, period), period.start))
        self._run(
            "create temp view expected as select target, "
            "cast(unnest(generate_series(first_day, last_day, interval 1 day)) as date) as day, expected "
            "from expected_spans"
        )
        single = ([target.code] for target in targets if target.level == "station")
        self._table("single_sites", {"site": "varchar"}, single)
        self._sums(period)
        for name in ("station_days", "days"):
            self._run(f"create temp table {name} as {self._kept.read(self.connection, name)}")

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of a kept statement: `statistics`, `station_means`, `months`, or of all `days`."""
        found = self._run("select * from days" if name == "days" else self._kept.read(self.connection, name))
        names = [each[0] for each in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def _run(self, statement: str) -> Any:
        return self.connection.execute(statement)

    def _table(self, name: str, columns: dict[str, str], rows: Iterable[Sequence[Any]]) -> None:
        self._run(f"create temp table {name} ({', '.join(f'{each} {kind}' for each, kind in columns.items())})")
        written = ", ".join(f"({', '.join(map(sql_literal, row))})" for row in rows)
        if written:
            self._run(f"insert into {name} values {written}")

    def _sums(self, period: Period) -> None:
        """The view `sums` of the period's days: the months that are kept, and those that are read now."""
        places: list[str] = []
        missing: list[tuple[Period, list[str], Path]] = []
        for month in Period.between(period.start.replace(day=1), period.end).months():
            files = self._lake.files(DATASET, month.start, month.end, self._version)
            if not files:
                continue
            path = self._place(month, files)
            if path.exists():
                places.append(str(path))
            else:
                missing.append((month, files, path))
        parts = [f"select * from read_parquet([{', '.join(map(sql_literal, places))}])"] if places else []
        if missing or not parts:
            self._read_hours(missing)
            self._run(f"create temp table fresh_sums as {self._kept.read(self.connection, 'sums')}")
            parts.append("select * from fresh_sums")
            for month, _, path in missing:
                self._keep(month, path)
        first, last = sql_literal(period.start), sql_literal(period.end)
        # A station's sums of a month that was kept when it was not over are in a file of another name.
        self._run(
            f"create temp view sums as select * from ({' union all by name '.join(parts)}) "
            f"where day >= {first} and day <= {last}"
        )

    def _read_hours(self, months: Sequence[tuple[Period, list[str], Path]]) -> None:
        files = list(dict.fromkeys(file for _, files, _ in months for file in files))
        names = ", ".join(_COLUMNS)
        if not files:
            columns = ", ".join(f"null::{kind} as {name}" for name, kind in _COLUMNS.items())
            self._run(f"create temp view observations as select {columns} limit 0")
            return
        absent = self._run(f"describe select * from read_parquet({sql_literal(files)}, union_by_name = true)")
        there = {row[0] for row in absent.fetchall()}
        names = ", ".join(n if n in there else f"null::{kind} as {n}" for n, kind in _COLUMNS.items())
        spans = " or ".join(
            f"(time > {sql_literal(dt.datetime.combine(month.start, dt.time()))} and "
            f"time <= {sql_literal(dt.datetime.combine(month.end + dt.timedelta(days=1), dt.time()))})"
            for month, _, _ in months
        )
        staying, out = as_sql(DATASET, self._left_out)
        self._run(
            f"create temp view observations as select {names} from "
            f"read_parquet({sql_literal(files)}, union_by_name = true) where ({spans}) "
            f"and {with_literals(staying, out)}"
        )

    def _place(self, month: Period, files: Sequence[str]) -> Path:
        out = [each for each in self._left_out if each.first <= month.end and each.last >= month.start]
        parts = [_code(), month.start.isoformat(), month.end.isoformat(), *files, *map(repr, out)]
        name = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
        return self._lake.path / "_cache" / "air_days" / f"{name}.parquet"

    def _keep(self, month: Period, path: Path) -> None:
        """Keep a month's sums; a workspace that cannot be written only loses speed."""
        import duckdb

        fresh = path.with_suffix(f".{os.getpid()}.new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._run(
                f"copy (select * from fresh_sums where day between {sql_literal(month.start)} and "
                f"{sql_literal(month.end)}) to {sql_literal(str(fresh))} (format parquet)"
            )
            fresh.replace(path)
        except (OSError, duckdb.IOException):
            fresh.unlink(missing_ok=True)


def _row(member: Membership) -> tuple[Any, ...]:
    return member.target, member.site, member.station, member.start, member.end


def _spans(expected: Mapping[str, Sequence[int]], start: dt.date) -> Iterator[tuple[str, dt.date, dt.date, int]]:
    """The runs of days in which as many stations are expected."""
    for target, counts in expected.items():
        first = 0
        for count, run in groupby(counts):
            after = first + len(list(run))
            if count:
                yield target, start + dt.timedelta(first), start + dt.timedelta(after - 1), count
            first = after


@cache
def _days_of_change() -> list[dt.date]:
    """The days on which a rule of the air's evaluation changes."""
    days = set(edition_starts())
    for parameter in catalogue().parameters():
        if parameter.name.startswith("air."):
            for value in parameter.values:
                days.add(value.from_)
                if value.to is not None:
                    days.add(value.to + dt.timedelta(days=1))
    return sorted(days)


class _Statements:
    """The statements for all periods that begin, and end, under the same rules; written by Ibis where none are kept."""

    def __init__(self, folder: Path, period: Period) -> None:
        changes = _days_of_change()
        spans = (bisect_right(changes, period.start), bisect_right(changes, period.end))
        self._folder = folder / hashlib.sha256(f"{_code()}|{spans}".encode()).hexdigest()[:32]
        self._period = period
        self._shown: set[str] = set()
        self._written: dict[str, Any] | None = None

    def read(self, connection: Any, name: str) -> str:
        """A statement by its name; the tables of the rules that it reads are there afterwards."""
        if self._written is None:
            self._written = self._read() or self._write()
        entry = self._written[name]
        for table, columns in entry["tables"].items():
            if table not in self._shown:
                self._shown.add(table)
                names = ", ".join(columns)
                values = ", ".join(f"unnest({each}) as {column}" for column, each in columns.items())
                connection.execute(f"create temp table {table} as select {names} from (select {values})")
        statement: str = entry["statement"]
        return statement

    def _read(self) -> dict[str, Any] | None:
        try:
            found = json.loads((self._folder / "statements.json").read_text(encoding="utf-8"))
            return found if isinstance(found, dict) else None
        except (OSError, ValueError):
            return None

    def _write(self) -> dict[str, Any]:
        written = {name: _compiled(expression) for name, expression in _expressions(self._period).items()}
        fresh = self._folder.with_name(f"{self._folder.name}.{os.getpid()}.new")
        try:
            fresh.mkdir(parents=True, exist_ok=True)
            (fresh / "statements.json").write_text(json.dumps(written), encoding="utf-8")
            fresh.rename(self._folder)
        except OSError:  # another process has kept them, or nothing can be written
            shutil.rmtree(fresh, ignore_errors=True)
        return written


def _compiled(expression: Any) -> dict[str, Any]:
    """An expression as a statement of DuckDB, with the small tables of whole numbers that it carries."""
    import ibis
    from ibis.expr import operations

    tables = {}
    for node in expression.op().find(operations.InMemoryTable):
        table = node.data.to_pyarrow(node.schema)
        tables[node.name] = {name: table.column(name).to_pylist() for name in table.column_names}
    return {"statement": str(ibis.to_sql(expression, dialect="duckdb")), "tables": tables}


def _expressions(period: Period) -> dict[str, Any]:
    """Every statement as an expression on tables that are there only when it is run."""
    import ibis

    from lantu.indicators.air.days import days_of_sums, hour_sums
    from lantu.indicators.air.statistics import (
        days_by_month,
        means_of_stations,
        period_statistics,
        target_days,
    )

    def table(name: str, columns: dict[str, str]) -> Any:
        return ibis.table({each: _IBIS.get(kind, kind) for each, kind in columns.items()}, name=name)

    sums = hour_sums(table("observations", _COLUMNS))
    # Ibis takes a rounded number for a whole one; DuckDB leaves it a float, and adds such up as floats.
    kinds = {name: "float64" if name.startswith("w") else kind for name, kind in sums.schema().items()}
    stations = days_of_sums(ibis.table(kinds, name="sums"), table("members", _MEMBERS), period.end)
    known = ibis.table(stations.schema(), name="station_days")
    of_areas = table("area_members", _MEMBERS)
    days = target_days(
        known, of_areas, table("expected", _EXPECTED), table("single_sites", {"site": "varchar"}), period
    )
    kept = ibis.table(days.schema(), name="days")
    return {
        "sums": sums,
        "station_days": stations,
        "days": days,
        "statistics": period_statistics(kept, period),
        "station_means": means_of_stations(known, of_areas),
        "months": days_by_month(kept),
    }
