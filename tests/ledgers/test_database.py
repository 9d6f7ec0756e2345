"""The store and its journal, on SQLite and PostgreSQL: nothing is altered unseen, nobody writes over another."""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.ledgers.conftest import book_in

from lantu.base import LantuError
from lantu.ledgers import Actor, LedgerBook
from lantu.ledgers.database import Database, PostgresDatabase, SqliteFile, database_of
from lantu.ledgers.tables import POSTGRES, SQLITE

SPRING = dt.date(2021, 3, 1)


def outfall(number: int) -> dict[str, Any]:
    return {"code": f"OF-{number}", "kind": "industrial", "found_on": "2021-03-01"}


def enter(book: LedgerBook, number: int, officer: Actor) -> None:
    book.enter("outfalls", outfall(number), "S1", officer, day=SPRING)


def tamper(database: Database, statement: str) -> None:
    """What somebody with the keys of the database can do: take the triggers away and write."""
    if isinstance(database, PostgresDatabase):
        with psycopg.connect(database.url) as connection:
            connection.execute("alter table change disable trigger all")
            connection.execute("alter table journal disable trigger all")
            connection.execute(statement.encode())
        return
    assert isinstance(database, SqliteFile)
    with database.writing() as cursor:
        for table in ("change", "journal"):
            for event in ("update", "delete"):
                cursor.execute(f"drop trigger {table}_{event}")
        cursor.execute(statement)


def faults(book: LedgerBook) -> list[str]:
    return [text.en for text in book.store.journal.verify()[1]]


def test_before_anything_is_written_there_is_nothing(book: LedgerBook) -> None:
    assert book.store.counts() == {}
    assert book.store.versions() == {}
    assert book.store.journal.verify() == (0, [])
    assert book.entries("outfalls", SPRING).rows == []


def test_what_is_written_is_there_with_its_line(book: LedgerBook, officer: Actor, database: Database) -> None:
    for number in (1, 2, 3):
        enter(book, number, officer)
    book.amend("outfalls", "OF-2", {"people": 5}, officer)
    assert book.store.counts() == {"outfalls": 3}
    assert book.store.changes() == {"outfalls": 4}
    assert [change.version for change in book.store.history("outfalls", "OF-2")] == [1, 2]
    assert book.store.latest("outfalls", ["OF-2"])["OF-2"].data["people"] == 5
    lines, found = book.store.journal.verify()
    assert (lines, found) == (4, [])
    newest = book.store.journal.lines(limit=1)[0]
    assert (newest.action, newest.subject, newest.person) == ("amend", "outfalls/OF-2", officer.person)
    assert database.kind in ("sqlite", "postgresql")


@pytest.mark.parametrize("table", ["change", "journal"])
@pytest.mark.parametrize("statement", ["update {} set person = 'somebody else'", "delete from {}"])
def test_lines_and_changes_refuse_to_be_altered(
    book: LedgerBook, officer: Actor, database: Database, table: str, statement: str
) -> None:
    enter(book, 1, officer)
    # a trigger's refusal is a broken constraint to SQLite, and an error of its own to PostgreSQL
    with pytest.raises(Exception, match="append-only"), database.writing() as cursor:
        cursor.execute(statement.format(table))
    assert book.store.changes() == {"outfalls": 1}
    assert book.store.journal.verify() == (1, [])


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("update change set state = 'closed' where key = 'OF-2'", "line 2 of the journal recorded"),
        ("update change set data = replace(data, 'industrial', 'farm') where key = 'OF-1'", "line 1 of the journal"),
        ("update change set day = '2021-01-01' where key = 'OF-3'", "line 3 of the journal recorded"),
        ("update change set line = 1 where key = 'OF-2'", "line 1 of the journal recorded"),
        ("delete from change where key = 'OF-3'", "the changes of line 3 of the journal are gone"),
        ("update journal set person = 'nobody' where id = 2", "line 2 of the journal does not follow"),
        ("update journal set detail = '{}' where id = 3", "line 3 of the journal does not follow"),
        ("delete from journal where id = 2", "line 3 of the journal does not follow"),
        ("delete from journal where id = 3", "line 3 of the journal recorded"),
    ],
)
def test_tampering_is_found(book: LedgerBook, officer: Actor, database: Database, statement: str, said: str) -> None:
    for number in (1, 2, 3):
        enter(book, number, officer)
    assert faults(book) == []
    tamper(database, statement)
    assert any(said in text for text in faults(book)), faults(book)


def test_a_version_that_is_taken_is_refused_and_leaves_nothing(book: LedgerBook, officer: Actor) -> None:
    enter(book, 1, officer)
    first = book.store.history("outfalls", "OF-1")[0]
    other = book.made(
        book.ledger("outfalls"), "OF-9", 1, SPRING, officer, "enter", "found", "S1", None, None, outfall(9)
    )
    with pytest.raises(LantuError, match="somebody else has changed the same entry"):
        book.store.add([other, first])
    assert book.store.counts() == {"outfalls": 1}
    assert book.store.journal.verify() == (1, [])


def test_two_who_read_the_same_version_do_not_write_over_each_other(
    book: LedgerBook, officer: Actor, folder: Path, database: Database
) -> None:
    enter(book, 1, officer)
    second = book_in(folder, database)
    seen = second.entry("outfalls", "OF-1").version
    book.amend("outfalls", "OF-1", {"people": 5}, officer)
    with pytest.raises(LantuError):
        second.amend("outfalls", "OF-1", {"people": 7}, officer, version=seen)
    assert second.entry("outfalls", "OF-1").data["people"] == 5


def test_two_writers_do_not_fork_the_chain(folder: Path, database: Database, officer: Actor) -> None:
    each, gate, errors = 15, threading.Barrier(2), []

    def write(first: int) -> None:
        try:
            book = book_in(folder, database)
            gate.wait(30)
            for number in range(first, first + each):
                enter(book, number, officer)
        except Exception as error:
            errors.append(error)

    writers = [threading.Thread(target=write, args=(first,)) for first in (100, 200)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert errors == []
    book = book_in(folder, database)
    assert book.store.counts() == {"outfalls": 2 * each}
    assert book.store.journal.verify() == (2 * each, [])


def test_a_failed_transaction_leaves_no_line(book: LedgerBook, officer: Actor, database: Database) -> None:
    enter(book, 1, officer)
    with pytest.raises(RuntimeError), database.writing() as cursor:
        book.store.journal.lock(cursor)
        book.store.journal.append(cursor, officer, "login", "somebody")
        raise RuntimeError
    assert book.store.journal.verify() == (1, [])


def test_the_database_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LANTU_DATABASE_URL", raising=False)
    assert database_of(tmp_path, SQLITE, POSTGRES).kind == "sqlite"
    monkeypatch.setenv("LANTU_DATABASE_URL", "postgresql://somebody:secret@127.0.0.1:1/nothing")
    found = database_of(tmp_path, SQLITE, POSTGRES)
    assert found.kind == "postgresql"
    assert "secret" not in str(found.place())
    with pytest.raises(LantuError, match="store of ledgers failed"):
        found.read("select 1")
    monkeypatch.setenv("LANTU_DATABASE_URL", "mysql://somewhere")
    with pytest.raises(LantuError, match="no PostgreSQL address"):
        database_of(tmp_path, SQLITE, POSTGRES)
