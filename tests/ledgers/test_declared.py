"""What a ledger's file may say: every fault is named with file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from lantu.base import SeveralErrors
from lantu.ledgers import read_ledgers


def faults(folder: Path, name: str, old: str, new: str) -> str:
    path = folder / "ledgers" / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SeveralErrors) as caught:
        read_ledgers(folder / "ledgers")
    error = caught.value.errors[0]
    assert error.where is not None
    assert Path(error.where.file).parent == folder / "ledgers"
    return "; ".join(each.what.en for each in caught.value.errors)


@pytest.mark.parametrize(
    ("name", "old", "new", "word"),
    [
        ("outfalls", "unit: 公里,", "", "a number needs a unit"),
        ("outfalls", "unit: 公里,", "unit: 光年,", "unknown unit"),
        ("outfalls", "required: true, pattern", "pattern", "must be required"),
        ("outfalls", "key: [code]", "key: [number]", "none of"),
        ("outfalls", "name: people,", "name: code,", "stands twice"),
        ("outfalls", "name: people,", "name: state,", "every entry has already"),
        ("outfalls", "name: people,", "name: People,", "small letters"),
        ("outfalls", "initial: true", "final: true", "no state is initial"),
        ("outfalls", "from: [found]", "from: [lost]", "none of"),
        ("outfalls", "evidence: [photo]", "evidence: [song]", "none of"),
        ("outfalls", "closing: {state: closed", "closing: {state: found", "cannot begin"),
        ("outfalls", "evidence: [report]", "evidence: []", "at least 1"),
        ("outfalls", "equals: true", "equal: true", "unknown key"),
        ("outfalls", "where: {listed: {equals: true}}", "where: {seen: {equals: true}}", "none of"),
        ("outfalls", "also: [industrial, sampled]", "also: [steel]", "none of"),
        ("outfalls", "ledger: samples, field: outfall", "ledger: sample, field: outfall", "no ledger"),
        ("outfalls", "ledger: samples, field: outfall", "ledger: samples, field: number", "does not refer"),
        ("samples", "ledger: outfalls", "ledger: pipes", "no ledger"),
        ("samples", "ledger: samples", "ledger: sample", "named as its ledger"),
        ("samples", "unit: 次", "unit: 次\ncolour: red", "unknown key"),
        ("samples", "dated_by: taken_on", "dated_by: number", "none of"),
    ],
)
def test_a_fault_in_a_file_is_named(folder: Path, name: str, old: str, new: str, word: str) -> None:
    assert word in faults(folder, name, old, new)


def test_a_state_that_nothing_leads_to(folder: Path) -> None:
    assert "never be reached" in faults(
        folder, "outfalls", "states:\n", "states:\n  lost: {title: {zh: 失, en: lost}}\n"
    )


def test_a_folder_without_ledgers_has_none(tmp_path: Path) -> None:
    assert read_ledgers(tmp_path / "ledgers") == {}
