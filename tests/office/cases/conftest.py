"""The shipped pack with an empty workspace, and the people who handle a case."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from tests.office.cases.worked import book_of

from lantu.lake import Lake
from lantu.ledgers import Actor, LedgerBook
from lantu.plan.packs import Pack, load_pack


@pytest.fixture(scope="session")
def pack() -> Pack:
    return load_pack("beijing/2021")


@pytest.fixture
def book(pack: Pack, tmp_path: Path) -> LedgerBook:
    return book_of(pack, tmp_path)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def system() -> Actor:
    return Actor("规则", "市生态环境局")


@pytest.fixture
def district() -> Actor:
    return Actor("李四", "东城区政府")


@pytest.fixture
def checker() -> Actor:
    return Actor("王五", "市城管执法局")


def day(month: int, number: int) -> dt.date:
    return dt.date(2021, month, number)
