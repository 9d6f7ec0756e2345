"""Streams (流): many rows at a time are added to a dataset of seconds, and only what is new or other is written.

The general way (`importing`) brings rows of any layout together cell by cell. A gateway brings hundreds of thousands of
whole rows every few seconds, most of them new; here they are compared with stored rows of the same times only.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Place, Text
from lantu.lake.checks import CLOCK_TOLERANCE, EARLIEST
from lantu.lake.importing import refuse_mixing
from lantu.lake.merging import arrow_schema
from lantu.lake.report import ImportReport

if TYPE_CHECKING:
    from lantu.lake.dataset import Dataset
    from lantu.lake.lake import Lake
    from lantu.lake.store import Transaction


def add_rows(
    lake: Lake, dataset: Dataset, table: Any, source: str, simulated: bool, transaction: Transaction | None
) -> ImportReport:
    """See `Lake.add`."""
    if dataset.cadence != "second":
        raise LantuError(Text(f"{dataset.name} 不是流", f"{dataset.name} is no stream"), where=Place(source))
    store = lake.stream(dataset.name)
    version = store.version()
    report = ImportReport(
        dataset.name, [source], members=1, rows_read=table.num_rows, version_before=version, version=version
    )
    refuse_mixing_in_stream(lake, dataset, simulated)
    if lacking := {"station", "time", *dataset.keys} - set(table.column_names):
        listed = ", ".join(sorted(lacking))
        raise LantuError(Text(f"缺少列：{listed}", f"the column {listed} is missing"), where=Place(source))
    table = _possible(table, dataset, report, simulated)
    if not table.num_rows:
        return report
    keys = ["station", "time", *dataset.keys]
    measured = [column.name for column in dataset.columns if not column.incidental]
    compared = [name for name in (*measured, *dataset.text_names) if name not in dataset.keys]
    fresh = _last_of_each(table, keys, report)
    times = fresh["time"].to_numpy().astype("datetime64[us]")
    span = times.min().item(), times.max().item()
    files = store.moments.files_with_any(store.files_in_span(*span), fresh)
    corrected = False
    if files:
        import duckdb

        with duckdb.connect(":memory:", config={"autoinstall_known_extensions": False, "threads": 2}) as engine:
            fresh, corrected = _compared(engine, fresh, files, span, keys, compared, report)
    else:
        report.rows_new = fresh.num_rows
    if fresh.num_rows:
        rows = _as_stored(fresh, dataset, source, simulated)
        metadata = {
            "lantu_action": "import",
            "sources": source,
            "hashes": "",
            "simulated": "true" if simulated else "false",
            "rows_new": str(report.rows_new),
            "rows_changed": str(report.rows_changed),
            "imported": dt.datetime.now().isoformat(timespec="seconds"),
        }
        if corrected:
            store.merge(rows, keys, metadata, transaction)
        else:
            store.append(rows, metadata, transaction)
    report.version = store.version()
    return report


def refuse_mixing_in_stream(lake: Lake, dataset: Dataset, simulated: bool) -> None:
    """As `refuse_mixing`, without reading the log of a stream, which is long."""
    if _mixing_is_possible(lake, dataset, simulated):
        refuse_mixing(lake, dataset, simulated)


def _mixing_is_possible(lake: Lake, dataset: Dataset, simulated: bool) -> bool:
    """Whether the dataset's imports have to be looked at: a stream has many, and what the last wrote they all wrote."""
    import json

    version = lake.version(dataset.name)
    if version is None:
        return False
    entry = lake.store(dataset.name).path / "_delta_log" / f"{version:020}.json"
    if not entry.exists():
        return True
    for line in entry.read_text(encoding="utf-8").splitlines():
        info = json.loads(line).get("commitInfo")
        if info is not None and info.get("lantu_action") == "import":
            return bool((info.get("simulated") == "true") != simulated)
    return True


def _possible(table: Any, dataset: Dataset, report: ImportReport, simulated: bool) -> Any:
    """Without rows whose time is impossible; values outside their range are blanked. Both are counted."""
    import numpy as np
    import pyarrow as pa

    times = table["time"].to_numpy().astype("datetime64[us]")
    # The simulated city may lie ahead of this machine's clock; measured rows may not.
    future = np.zeros(len(times), bool) if simulated else times > np.datetime64(dt.datetime.now() + CLOCK_TOLERANCE)
    bad = np.isnat(times) | (times < np.datetime64(EARLIEST)) | (times != times.astype("datetime64[s]"))
    for reason, mask in (("future", future & ~bad), ("bad_time", bad)):
        if mask.any():
            report.quarantined[reason] += int(mask.sum())
    if (drop := future | bad).any():
        table = table.filter(pa.array(~drop))
    for column in dataset.columns:
        if column.name not in table.column_names:
            continue
        values = table[column.name].to_numpy()
        wrong = np.isinf(values)
        with np.errstate(invalid="ignore"):
            if column.minimum is not None:
                wrong |= values < column.minimum
            if column.maximum is not None:
                wrong |= values > column.maximum
        if wrong.any():
            report.quarantined["out_of_range"] += int(wrong.sum())
            place = table.column_names.index(column.name)
            table = table.set_column(place, column.name, pa.array(np.where(wrong, np.nan, values), from_pandas=True))
    return table


def _last_of_each(table: Any, keys: list[str], report: ImportReport) -> Any:
    """The arriving rows; of those with the same key the last, for a device that corrects itself."""
    import numpy as np
    import pyarrow as pa

    seconds = table["time"].to_numpy().astype("datetime64[s]").astype(np.int64)
    key = seconds - seconds.min()
    room = int(key.max()) + 1
    for name in keys:
        if name == "time":
            continue
        codes, count = _codes(table[name])
        if room > 2**62 // count:  # more keys than whole numbers: numbered anew
            _, key = np.unique(key, return_inverse=True)
            room = int(key.max()) + 1
        key, room = key * count + codes, room * count
    backwards, first_from_behind = np.unique(key[::-1], return_index=True)
    if len(backwards) == table.num_rows:
        return table
    report.duplicates = table.num_rows - len(backwards)
    return table.take(pa.array(np.sort(table.num_rows - 1 - first_from_behind)))


def _codes(column: Any) -> tuple[Any, int]:
    """A text column as indices into its distinct texts, and how many there may be; a missing text is one of them."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    together = column.unify_dictionaries() if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    array = together.combine_chunks()
    array = pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array
    count = len(array.dictionary)
    return np.asarray(pc.fill_null(array.indices.cast(pa.int64()), count)), count + 1


def _compared(
    engine: Any,
    fresh: Any,
    files: list[str],
    span: tuple[Any, Any],
    keys: list[str],
    compared: list[str],
    report: ImportReport,
) -> tuple[Any, bool]:
    """The rows that are new or other than stored ones, and whether there are any of the latter."""
    import numpy as np
    import pyarrow as pa

    engine.register("fresh", fresh.append_column("row", pa.array(np.arange(fresh.num_rows))))
    there = set(
        engine.execute(
            "select column_name from (describe select * from read_parquet(?, union_by_name = true))", [files]
        )
        .fetchnumpy()["column_name"]
        .tolist()
    )
    same = " and ".join(f'o."{name}" = f."{name}"' for name in keys)
    other = [
        f'f."{name}" is distinct from o."{name}"' for name in compared if name in there and name in fresh.column_names
    ]
    found = engine.execute(
        f"""select f.row as row, {" or ".join(f"({each})" for each in other) or "false"} as other
        from fresh f join (select * from read_parquet($files, union_by_name = true)
                           where time between $first and $last) o on {same}""",
        {"files": files, "first": span[0], "last": span[1]},
    ).fetchnumpy()
    if not len(found["row"]):
        report.rows_new = fresh.num_rows
        return fresh, False
    changed = found["row"][found["other"].astype(bool)]
    wanted = np.ones(fresh.num_rows, bool)
    wanted[found["row"]] = False
    report.rows_new = int(wanted.sum())
    report.rows_unchanged = len(found["row"]) - len(changed)
    report.rows_changed = len(changed)
    wanted[changed] = True
    return fresh.filter(pa.array(wanted)), bool(len(changed))


def _as_stored(fresh: Any, dataset: Dataset, source: str, simulated: bool) -> Any:
    import numpy as np
    import pyarrow as pa

    count = fresh.num_rows
    schema = arrow_schema(dataset)
    months, month_of = np.unique(fresh["time"].to_numpy().astype("datetime64[M]"), return_inverse=True)
    given = {
        "source": pa.repeat(pa.scalar(source), count),
        "simulated": pa.repeat(pa.scalar(simulated), count),
        "month": pa.DictionaryArray.from_arrays(
            month_of.astype(np.int32), np.datetime_as_string(months).astype(object)
        ),
        **{name: fresh[name] for name in fresh.column_names},
    }
    columns = [
        given[field.name].cast(field.type) if field.name in given else pa.nulls(count, field.type) for field in schema
    ]
    return pa.table(columns, schema=schema)
