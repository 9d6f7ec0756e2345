"""Measured data (数据): declared datasets, readers for the layouts they come in, checks, quarantine, versioned store.

`Lake` is the way in and out: `import_files`, `write`, `table`, `rows`, `status`, `quality`. Observations lie in Delta
tables of Parquet, partitioned by month; each import is one atomic version. What is rejected is kept, with its reason.
"""

from lantu.lake.dataset import Dataset, get_dataset
from lantu.lake.lake import Lake
from lantu.lake.report import ImportReport
from lantu.lake.workspace import Workspace

__all__ = ["Dataset", "ImportReport", "Lake", "Workspace", "get_dataset"]
