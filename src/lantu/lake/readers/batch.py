"""What comes out of a reader, and what a reader is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from lantu.base import Text
from lantu.lake.readers.members import Member

if TYPE_CHECKING:
    from lantu.lake.dataset import Dataset
    from lantu.lake.readers.mapping import TableRules
    from lantu.lake.report import Finding


@dataclass(slots=True)
class Batch:
    """The rows of one file, column by column; all arrays have one length.

    `values` holds float64 arrays with nan for what is missing, in the dataset's units; `lines` the line of each cell;
    `texts` object arrays with None; `below` for some columns which values stand for "below the detection limit".
    """

    source: str
    stations: Any
    times: Any
    values: dict[str, Any]
    lines: dict[str, Any]
    findings: list[Finding] = field(default_factory=list)
    derived_rows_skipped: int = 0
    notes: list[Text] = field(default_factory=list)
    texts: dict[str, Any] = field(default_factory=dict)
    below: dict[str, Any] = field(default_factory=dict)

    def keep(self, mask: Any) -> None:
        """Drop the rows where the mask is not set."""
        self.stations, self.times = self.stations[mask], self.times[mask]
        for columns in (self.values, self.lines, self.texts, self.below):
            for name, array in columns.items():
                columns[name] = array[mask]


class Reader(Protocol):
    """Reads files of one layout."""

    name: str

    def matches(self, member: Member, dataset: Dataset, rules: TableRules | None) -> bool:
        """Whether the file has this layout and it can hold rows of the dataset."""
        ...

    def read(self, member: Member, dataset: Dataset, rules: TableRules | None) -> Batch:
        """Read one file.

        Raises:
            FileFault: nothing of it can be used.
        """
        ...


MISSING = frozenset({"", "-", "--", "—", "NA", "N/A", "null", "NULL", "NaN", "nan"})
"""How the absence of a value is written."""


def number(cell: str) -> float:
    """The number that a cell holds.

    Raises:
        ValueError: it holds none. An underscore between digits, which Python allows, is no number here.
    """
    if "_" in cell:
        raise ValueError(cell)
    return float(cell)
