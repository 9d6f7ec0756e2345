"""One reader for each layout in which data come. A reader turns one file into a `Batch`; `choose` finds the reader.

A file that cannot be used at all raises `FileFault`; a cell that cannot is a `Finding` in the batch.
"""

from __future__ import annotations

from lantu.lake.readers.batch import Batch, FileFault, Member, Reader
from lantu.lake.readers.published_wide import PublishedWide

READERS: tuple[Reader, ...] = (PublishedWide(),)
"""In the order in which they are asked."""

__all__ = ["READERS", "Batch", "FileFault", "Member", "Reader"]
