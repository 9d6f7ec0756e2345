"""How the time of a dataset's rows is meant (时间含义), and what follows from it for months, spans and texts.

`hour`: the end of an hour, so that a row at 00:00 belongs to the day before. `day`, `month`: a calendar day or month,
stored as its first moment. `moment`: when a sample was taken. `second`: a stream of one row for each second.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

Cadence = Literal["hour", "day", "month", "moment", "second"]

_NUMPY_UNIT = {"hour": "h", "day": "D", "month": "M", "second": "s"}
_WIDTH = {"hour": 16, "day": 10, "month": 7, "moment": 16, "second": 19}


def month_sql(cadence: Cadence) -> str:
    """The SQL expression of the month that a row is stored under; the last hour of August lies on 1 September."""
    time = "time - interval 1 hour" if cadence == "hour" else "time"
    return f"strftime({time}, '%Y-%m')"


def span_sql(cadence: Cadence) -> str:
    """The SQL condition of the rows that lie in a span (two parameters: its start and its end)."""
    return "time > ? and time <= ?" if cadence == "hour" else "time >= ? and time < ?"


def on_cadence(times: Any, cadence: Cadence) -> Any:
    """Which of an array of times can be a row's: full hours, first moments of a day or month, full seconds."""
    import numpy as np

    if cadence == "moment":
        return ~np.isnat(times)
    return times == times.astype(f"datetime64[{_NUMPY_UNIT[cadence]}]")


def is_on_cadence(moment: dt.datetime, cadence: Cadence) -> bool:
    """`on_cadence` for one time."""
    if cadence in ("moment", "second"):
        return not moment.microsecond
    if cadence == "hour":
        return (moment.minute, moment.second, moment.microsecond) == (0, 0, 0)
    return moment.time() == dt.time() and (cadence == "day" or moment.day == 1)


def time_text(time: Any, cadence: Cadence) -> str:
    """A time of an array as the findings write it: to the minute, in streams to the second."""
    return str(time.astype("datetime64[s]" if cadence == "second" else "datetime64[m]"))


def shown(moment: dt.datetime | None, cadence: Cadence) -> str:
    """A stored time as a reader sees it; "" for none."""
    return str(moment or "")[: _WIDTH[cadence]]
