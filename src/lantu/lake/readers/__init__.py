"""One reader for each layout in which data come. A reader turns one file into a `Batch`.

A file that cannot be used at all raises `FileFault`; a cell that cannot is a `Finding` in the batch.
"""

from __future__ import annotations

from lantu.lake.readers.batch import Batch, Reader
from lantu.lake.readers.layouts import DeclaredLayout
from lantu.lake.readers.mapped_table import MappedTable
from lantu.lake.readers.mapping import TableMapping, TableRules, load_mapping
from lantu.lake.readers.members import FileFault, Member, members_of
from lantu.lake.readers.published_wide import PublishedWide

READERS: tuple[Reader, ...] = (MappedTable(), PublishedWide(), DeclaredLayout())
"""In the order in which they are asked."""

__all__ = [
    "READERS",
    "Batch",
    "FileFault",
    "Member",
    "Reader",
    "TableMapping",
    "TableRules",
    "load_mapping",
    "members_of",
]
