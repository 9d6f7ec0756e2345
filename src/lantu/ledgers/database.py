"""Where the tables of a workspace are: one SQLite file, or the PostgreSQL database that `LANTU_DATABASE_URL` names.

Statements are written once, with `?` for values. The web site hands in its own connection, so that an entry's change,
its journal line and what the site keeps beside them are one transaction.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol

from lantu.base import LantuError, Place, Text

FILE_NAME = "lantu.sqlite"
URL_VARIABLE = "LANTU_DATABASE_URL"

Kind = Literal["sqlite", "postgresql"]


class Cursor(Protocol):
    """What a transaction offers: statements with `?` for values."""

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Any: ...

    def executemany(self, statement: str, rows: Sequence[Sequence[Any]]) -> Any: ...

    def fetchall(self) -> list[Any]: ...


class TakenError(Exception):
    """A row with this key is there already."""


class Database(Protocol):
    """A database that holds the tables of a workspace."""

    @property
    def kind(self) -> Kind:
        """Which dialect it speaks."""

    def place(self) -> Place:
        """Where it is, for error messages."""

    def exists(self) -> bool:
        """Whether anything was ever written."""

    def read(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows of a query.

        Raises:
            LantuError: the database cannot be read.
        """

    def writing(self) -> Any:
        """A transaction that holds all or nothing; a context that gives a `Cursor`.

        Raises:
            TakenError: a unique key is taken.
            LantuError: the database cannot be written.
        """


def failed(error: Exception, place: Place) -> LantuError:
    """A failure of the database as an error that says where, and what can be done."""
    return LantuError(
        Text(f"台账库出错：{error}", f"the store of ledgers failed: {error}"),
        where=place,
        mend=Text("检查磁盘空间与权限，或从备份恢复", "check disk space and rights, or restore from a backup"),
    )


class SqliteFile:
    """One SQLite file; it is made at the first write."""

    kind: Kind = "sqlite"

    def __init__(self, path: Path, schema: Sequence[str]) -> None:
        self.path = path
        self._schema = schema

    def place(self) -> Place:
        return Place(self.path)

    def exists(self) -> bool:
        return self.path.exists()

    def read(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        try:
            connection = sqlite3.connect(self.path, timeout=20, isolation_level=None)
            try:
                return connection.execute(query, values).fetchall()
            finally:
                connection.close()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):  # the site made the file; no entry was ever written
                return []
            raise failed(error, self.place()) from error
        except sqlite3.Error as error:
            raise failed(error, self.place()) from error

    @contextmanager
    def writing(self) -> Iterator[Cursor]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=20, isolation_level=None)
            try:
                connection.execute("pragma journal_mode = wal")
                connection.execute("begin immediate")
                try:
                    for statement in self._schema:
                        connection.execute(statement)
                    yield connection.cursor()
                    connection.execute("commit")
                except BaseException:
                    connection.execute("rollback")
                    raise
            finally:
                connection.close()
        except sqlite3.IntegrityError as error:
            raise TakenError(str(error)) from error
        except sqlite3.Error as error:
            raise failed(error, self.place()) from error


class Marked:
    """A cursor of a driver that writes `%s` where statements have `?`."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Any:
        return self._cursor.execute(marked(statement), list(values))

    def executemany(self, statement: str, rows: Sequence[Sequence[Any]]) -> Any:
        return self._cursor.executemany(marked(statement), rows)

    def fetchall(self) -> list[Any]:
        return self._cursor.fetchall()


def marked(statement: str) -> str:
    """A statement with `%s` for its values."""
    return statement.replace("%", "%%").replace("?", "%s")


class PostgresDatabase:
    """A PostgreSQL database by its URL; a connection per read or write."""

    kind: Kind = "postgresql"

    def __init__(self, url: str, schema: Sequence[str]) -> None:
        self.url = url
        self._schema = schema

    def place(self) -> Place:
        return Place(self.url.rsplit("@", 1)[-1])

    def exists(self) -> bool:
        return bool(self.read("select 1 from information_schema.tables where table_name = 'change'"))

    def read(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        import psycopg

        try:
            with psycopg.connect(self.url) as connection:
                return connection.execute(marked(query).encode(), list(values)).fetchall()
        except psycopg.errors.UndefinedTable:
            return []
        except psycopg.Error as error:
            raise failed(error, self.place()) from error

    @contextmanager
    def writing(self) -> Iterator[Cursor]:
        import psycopg

        try:
            with psycopg.connect(self.url) as connection, connection.cursor() as cursor:
                for statement in self._schema:
                    cursor.execute(statement.encode())
                yield Marked(cursor)
        except psycopg.errors.UniqueViolation as error:
            raise TakenError(str(error)) from error
        except psycopg.Error as error:
            raise failed(error, self.place()) from error


def database_of(folder: Path, sqlite_schema: Sequence[str], postgres_schema: Sequence[str]) -> Database:
    """The database of a workspace: the one that `LANTU_DATABASE_URL` names, or the SQLite file in its folder."""
    url = os.environ.get(URL_VARIABLE, "")
    if url.startswith(("postgres://", "postgresql://")):
        return PostgresDatabase(url, postgres_schema)
    if url:
        raise LantuError(
            Text(f"{URL_VARIABLE} 不是 PostgreSQL 地址", f"{URL_VARIABLE} is no PostgreSQL address"),
            mend=Text("写成 postgresql://用户:口令@主机/库名", "write postgresql://USER:PASSWORD@HOST/NAME"),
        )
    return SqliteFile(folder / FILE_NAME, sqlite_schema)
