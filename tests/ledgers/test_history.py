"""What is kept of a ledger between runs gives what the database gives, on every day, and is proved by the journal."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import pytest

from lantu.ledgers import Actor, LedgerBook
from lantu.ledgers import history as histories
from lantu.ledgers.history import History
from lantu.ledgers.store import Change

FIRST = dt.date(2021, 1, 1)
DAYS = [FIRST + dt.timedelta(days=n) for n in range(0, 120, 7)]


@pytest.fixture(autouse=True)
def _keep_small_ledgers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histories, "LEAST_KEPT", 1)


def write(book: LedgerBook, first: int, count: int, actor: Actor) -> None:
    """Entries with one to four versions, some of them moved to another street and with other values."""
    draw = random.Random(first)
    ledger, changes = book.ledger("outfalls"), []
    for number in range(first, first + count):
        day = FIRST + dt.timedelta(days=draw.randrange(40))
        for version in range(1, draw.randint(1, 4) + 1):
            state = draw.choice(["found", "mended", "closed"])
            values = {"code": f"OF-{number}", "kind": draw.choice(["industrial", "farm"]), "people": draw.randint(1, 9)}
            area, holder = draw.choice(["S1", "S2"]), draw.choice([None, "市水务局"])
            changes.append(
                book.made(
                    ledger, f"OF-{number}", version, day, actor, "enter", state, area, holder, None,
                    {**values, "found_on": FIRST},
                )
            )  # fmt: skip
            day += dt.timedelta(days=draw.randint(1, 20))
    book.store.add(changes)


def seen(history: History) -> list[object]:
    found: list[object] = []
    closed = frozenset(["closed", "mended"])
    for day in DAYS:
        for entry in history.at(day):
            found.append((entry.key, entry.area, entry.holder, entry.state, entry.day, entry.version, entry.values))
            found.append((history.timeline(entry.key, day), history.reached(entry, closed), history.happened(entry)))
        found.append(sorted(each.key for each in history.facts(FIRST, day, day)))
    return found


def kept(book: LedgerBook, folder: Path) -> History:
    return History(book.store, book.ledger("outfalls"), kept_in=folder)


def fresh(book: LedgerBook) -> History:
    return History(book.store, book.ledger("outfalls"))


def test_both_ways_give_the_same(book: LedgerBook, officer: Actor, tmp_path: Path) -> None:
    write(book, 100, 60, officer)
    expected = seen(fresh(book))
    assert len(expected) > 500
    assert seen(kept(book, tmp_path)) == expected  # writes it
    assert (tmp_path / "outfalls.txt").exists()
    assert seen(kept(book, tmp_path)) == expected  # reads it


def test_an_entry_on_a_day_is_the_last_of_its_changes_until_then(book: LedgerBook, officer: Actor) -> None:
    write(book, 100, 30, officer)
    by_key: dict[str, list[Change]] = {}
    for number in range(100, 130):
        by_key[f"OF-{number}"] = book.store.history("outfalls", f"OF-{number}")
    history = fresh(book)
    for day in DAYS:
        until = {key: [c for c in changes if c.day <= day] for key, changes in by_key.items()}
        expected = sorted((key, c[-1].state, c[-1].area, len(c)) for key, c in until.items() if c)
        assert [(e.key, e.state, e.area, e.version) for e in history.at(day)] == expected


def test_later_changes_are_read_from_the_database(
    book: LedgerBook, officer: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(book, 100, 60, officer)
    kept(book, tmp_path)
    before = (tmp_path / "outfalls.txt").read_bytes()
    write(book, 300, 2, officer)
    read: list[object] = []
    rows = book.store.rows
    monkeypatch.setattr(book.store, "rows", lambda *a, **k: read.append(k.get("since")) or rows(*a, **k))
    assert seen(kept(book, tmp_path)) == seen(fresh(book))
    assert read[0] is not None  # only what came later
    assert (tmp_path / "outfalls.txt").read_bytes() == before  # too few to write it anew
    write(book, 400, 30, officer)
    assert seen(kept(book, tmp_path)) == seen(fresh(book))
    assert (tmp_path / "outfalls.txt").read_bytes() != before


@pytest.mark.parametrize("harm", ["cut", "bit", "empty", "other form"])
def test_what_is_damaged_is_not_used(book: LedgerBook, officer: Actor, tmp_path: Path, harm: str) -> None:
    write(book, 100, 40, officer)
    kept(book, tmp_path)
    path = tmp_path / "outfalls.txt"
    content = bytearray(path.read_bytes())
    if harm == "bit":
        content[-20] ^= 1
    path.write_bytes(
        {"cut": content[:-7], "bit": content, "empty": b"", "other form": content.replace(b"[1,", b"[99,", 1)}[harm]
    )
    assert seen(kept(book, tmp_path)) == seen(fresh(book))


def test_what_another_store_kept_is_not_used(book: LedgerBook, officer: Actor, tmp_path: Path) -> None:
    """After a backup was put back, the same numbers may stand for other changes: the journal's hash tells."""
    write(book, 100, 40, officer)
    kept(book, tmp_path)
    path = tmp_path / "outfalls.txt"
    head, _, body = path.read_bytes().partition(b"\n")
    hash_kept = book.store.mark("outfalls")
    assert hash_kept is not None and hash_kept[1].encode() in head
    path.write_bytes(head.replace(hash_kept[1].encode(), b"0" * 64) + b"\n" + body.replace(b"S1", b"S2"))
    assert seen(kept(book, tmp_path)) == seen(fresh(book))


def test_a_code_is_read_without_the_rest(book: LedgerBook, officer: Actor) -> None:
    write(book, 100, 40, officer)
    entries = book.entries("outfalls", DAYS[-1])
    by_kind = entries.by("kind")
    assert {kind: len(rows) for kind, rows in by_kind.items()} == {
        kind: sum(row.values["kind"] == kind for row in entries.rows) for kind in ("industrial", "farm")
    }


def test_the_entries_of_one_code_are_those_that_have_or_had_it(
    book: LedgerBook, officer: Actor, tmp_path: Path
) -> None:
    write(book, 100, 40, officer)
    whole = fresh(book)
    part = History(book.store, book.ledger("outfalls"), kept_in=tmp_path, code=("kind", "farm"))
    assert 0 < len(part) <= len(whole)
    for day in DAYS:
        of_kind = [(e.key, e.version) for e in whole.at(day) if e.values["kind"] == "farm"]
        assert [(e.key, e.version) for e in part.at(day) if e.values["kind"] == "farm"] == of_kind
