"""Which stations have rows of which seconds in which file of a stream, so that most rows are known to be new at once.

A file of a version is never changed, so what was read of it holds. The answer is exact: a station and a second are one
whole number.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

MOST_HELD = 2_000_000
"""So many moments are held in memory (8 bytes each); of files that were not asked for lately they are read again."""
MOST_STATIONS = 1_000_000
_SECONDS = 34
"""Bits of a second: 272 years before and after 1970."""


class Moments:
    """The moments of the files that were asked for lately. Not for two threads at once."""

    def __init__(self) -> None:
        self._stations: dict[str, int] = {}
        self._of_file: OrderedDict[str, Any] = OrderedDict()
        self._held = 0

    def files_with_any(self, files: Sequence[str], table: Any) -> list[str]:
        """The files that have a row of a station and second of `table`; all others have none of its keys."""
        import numpy as np

        if len(self._stations) > MOST_STATIONS:
            self._forget()
        wanted = self._numbers(table)
        found = []
        for file in files:
            there = self._moments(file)
            places = np.minimum(np.searchsorted(there, wanted), len(there) - 1)
            if len(there) and bool((there[places] == wanted).any()):
                found.append(file)
        return found

    def _moments(self, file: str) -> Any:
        import pyarrow.parquet as pq

        there = self._of_file.get(file)
        if there is None:
            # The month is the folder's name; the file by itself has all else.
            with pq.ParquetFile(file, read_dictionary=["station"]) as opened:
                there = self._numbers(opened.read(columns=["station", "time"], use_threads=False))
            self._of_file[file] = there
            self._held += len(there)
            while self._held > MOST_HELD and len(self._of_file) > 1:
                self._held -= len(self._of_file.popitem(last=False)[1])
        self._of_file.move_to_end(file)
        return there

    def _numbers(self, table: Any) -> Any:
        """Station and second of each row as one number, in order, each once."""
        import numpy as np
        import pyarrow as pa

        column = table["station"]
        together = column.unify_dictionaries() if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        array = together.combine_chunks()
        array = pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array
        stations = self._stations
        names = [*array.dictionary.to_pylist(), None]
        numbers = np.array([stations.setdefault(name or "", len(stations)) for name in names], np.int64)
        station = numbers[array.indices.fill_null(len(names) - 1).to_numpy()]
        seconds = table["time"].to_numpy().astype("datetime64[s]").astype(np.int64)
        return np.unique((station << _SECONDS) + seconds + (1 << (_SECONDS - 1)))

    def _forget(self) -> None:
        self._stations.clear()
        self._of_file.clear()
        self._held = 0
