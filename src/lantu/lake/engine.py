"""The engine of expressions (引擎): Ibis on DuckDB inside this process, or Spark Connect beyond one machine."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Mapping
from typing import Any

from lantu.base import LantuError, Text


def connect() -> Any:
    """An Ibis connection: DuckDB, or what `LANTU_ENGINE=sc://HOST:PORT` names.

    Raises:
        LantuError: the address has another form, or the client for it is not installed.
    """
    address = os.environ.get("LANTU_ENGINE", "")
    if not address:
        return _duckdb()
    if not address.startswith("sc://"):
        raise LantuError(
            Text(f"LANTU_ENGINE“{address}”不认识", f"LANTU_ENGINE '{address}' is not known"),
            mend=Text("写成 sc://主机:端口，或不设", "write sc://HOST:PORT, or leave it unset"),
        )
    try:
        import ibis
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise LantuError(
            Text("没有安装 Spark 客户端", "the Spark client is not installed"),
            mend=Text("安装 lantu[spark]", "install lantu[spark]"),
        ) from error
    return ibis.pyspark.connect(SparkSession.builder.remote(address).getOrCreate())


def is_local() -> bool:
    """Whether the engine runs inside this process."""
    return not os.environ.get("LANTU_ENGINE", "")


def sql_literal(value: Any) -> str:
    """A value as SQL writes it: with placeholders DuckDB imports pandas, which takes longer than most queries."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(sql_literal, value))}]"
    if isinstance(value, dt.datetime):
        return f"timestamp '{value.isoformat(sep=' ')}'"
    if isinstance(value, dt.date):
        return f"date '{value.isoformat()}'"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"cast({value!r} as double)"
    return f"cast('{value}' as decimal(38, 12))"


_PLACEHOLDER = re.compile(r"\$([a-z_]\w*)")


def with_literals(sql: str, values: Mapping[str, Any]) -> str:
    """SQL with its named placeholders (`$name`) written out."""
    return _PLACEHOLDER.sub(lambda found: sql_literal(values[found[1]]), sql)


def _duckdb() -> Any:
    import ibis

    # No extension is ever looked for: everything is read from local Parquet, and there may be no network.
    return ibis.duckdb.connect(
        ":memory:",
        threads=os.cpu_count() or 1,
        autoinstall_known_extensions=False,
        autoload_known_extensions=False,
        preserve_insertion_order=False,
    )
