"""The keys of a mapped table's rows: times, names of stations, and the texts that are kept beside the values."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from lantu.base import Text
from lantu.lake.cadence import Cadence, on_cadence
from lantu.lake.readers.batch import MISSING
from lantu.lake.readers.cells import Cells
from lantu.lake.readers.members import FileFault
from lantu.lake.readers.times import date_in_name, parse_time, settled, time_pattern

if TYPE_CHECKING:
    from lantu.lake.readers.mapping import TableMapping, TimeRule


def plain(column: Any) -> Any:
    """A column's cells as Python values; Arrow's empty cells become blanks."""
    if hasattr(column, "to_pylist"):
        return ["" if cell is None else cell for cell in column.to_pylist()]
    return column


def text_of(cell: Any) -> str:
    """A cell as it would be written."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return str(cell).strip()


def time_texts(cells: Cells, rule: TimeRule) -> list[str]:
    """What stands in the columns of time, row by row."""
    if rule.start is not None:
        return [str(time.astype("datetime64[s]")) for time in _counted(cells, rule)]
    columns = [plain(cells.column(name)) for name in rule.columns]
    return [" ".join(map(text_of, parts)) for parts in zip(*columns, strict=True)]


def times_of(cells: Cells, rule: TimeRule, cadence: Cadence, source: str) -> Any:
    """The time of each row as it is stored (of an hour its end); NaT where there is no such time.

    Raises:
        FileFault: a column is missing or has a time zone, or the year should stand in the file's name and does not.
    """
    import numpy as np

    result = _counted(cells, rule) if rule.start is not None else _written(cells, rule, cadence, source)
    result = np.where(on_cadence(result, cadence), result, np.datetime64("NaT"))
    return result + np.timedelta64(1, "h") if rule.marks == "start" else result


def _counted(cells: Cells, rule: TimeRule) -> Any:
    """The times of a table without any: the first line under the header is `start`, each line one step later."""
    import numpy as np

    steps = cells.lines.astype("int64") - cells.first_line
    return np.datetime64(rule.start, "us") + steps * np.timedelta64(rule.step_length, "us")


def _written(cells: Cells, rule: TimeRule, cadence: Cadence, source: str) -> Any:
    import numpy as np

    pattern = time_pattern(rule.format, cadence, with_year=rule.year is None)
    columns = [cells.column(name) for name in rule.columns]
    for name, column in zip(rule.columns, columns, strict=True):
        if getattr(getattr(column, "type", None), "tz", None):
            raise FileFault(
                Text(
                    f"列“{name}”带时区；请改为不带时区的当地标准时",
                    f"the column '{name}' has a time zone; give local standard time without one",
                )
            )
    if len(columns) == 1 and str(getattr(columns[0], "type", "")).startswith("timestamp"):
        return columns[0].cast("timestamp[us]", safe=False).to_numpy(zero_copy_only=False)
    near = None if rule.year is None else _date_of(source)
    read: dict[Any, dt.datetime | None] = {}

    def moment(parts: tuple[Any, ...]) -> dt.datetime | None:
        if len(parts) == 1 and isinstance(parts[0], dt.datetime):
            return settled(parts[0], cadence)
        if len(parts) == 1 and isinstance(parts[0], dt.date):  # a workbook's midnight
            return dt.datetime.combine(parts[0], dt.time())
        return parse_time(" ".join(map(text_of, parts)), pattern, rule.hour_24, cadence, near)

    times = []
    for parts in zip(*map(plain, columns), strict=True):
        if parts not in read:
            read[parts] = moment(parts)
        times.append(read[parts])
    return np.array(times, dtype="datetime64[us]")


def _date_of(source: str) -> dt.date:
    found = date_in_name(source)
    if found is None:
        raise FileFault(
            Text(
                "时间没有年份，文件名中也没有（唯一的）日期",
                "the times have no year, and the file's name does not hold one date",
            ),
            mend=Text(
                "在文件名中写明发布日期，如 sections-2026-02-04.csv",
                "name the file with the date of its publication, e.g. sections-2026-02-04.csv",
            ),
        )
    return found


def stations_of(cells: Cells, mapping: TableMapping) -> Any:
    """The name that each row is stored under."""
    import numpy as np

    result = np.empty(len(cells.lines), dtype=object)
    rule = mapping.station_rule
    if rule.value is not None:
        result[:] = rule.value
        return result
    columns = [plain(cells.column(name)) for name in rule.columns]
    names: dict[Any, str] = {}
    for index, parts in enumerate(zip(*columns, strict=True)):
        if parts not in names:
            written = [text_of(part) for part in parts]
            # Half a name would be another station's: a row needs all parts.
            name = rule.joined_by.join(written) if all(written) else ""
            names[parts] = mapping.stations.get(name, name)
        result[index] = names[parts]
    return result


def texts_of(cells: Cells, mapping: TableMapping, texts: dict[str, str]) -> dict[str, Any]:
    """The text columns, by the dataset's names; None where nothing stands.

    Args:
        texts: the dataset's name of each, and its name in the table.
    """
    import numpy as np

    missing = {*MISSING, *mapping.missing}
    result = {}
    for name, named in texts.items():
        written = [text_of(cell) for cell in plain(cells.column(named))]
        result[name] = np.array([None if text in missing else text for text in written], dtype=object)
    return result
