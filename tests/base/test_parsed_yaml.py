"""Parsed YAML is kept for the program's own files, and only while they are unchanged."""

import os
from pathlib import Path

import pytest

import lantu
from lantu.base import parsed_yaml
from lantu.base.yaml_source import read_yaml

SHIPPED = Path(lantu.__file__).parent / "packs" / "beijing" / "2021" / "pack.yaml"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_a_shipped_file_is_found_again_as_it_was_read() -> None:
    first = read_yaml(SHIPPED)
    assert parsed_yaml.find(SHIPPED) == (first.data, first.lines)
    assert read_yaml(SHIPPED).data == first.data


def test_files_of_users_are_always_read(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("a: 1\n")
    read_yaml(path)
    assert parsed_yaml.find(path) is None
    assert not (tmp_path / "cache").exists()


def test_what_changed_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsed_yaml, "_PROGRAM", tmp_path.resolve())
    path = tmp_path / "a.yaml"
    path.write_text("a: 1\n")
    assert read_yaml(path).data == {"a": 1}
    path.write_text("a: 2\n")
    os.utime(path, ns=(1, 1))
    assert read_yaml(path).data == {"a": 2}


@pytest.mark.parametrize("damage", [b"", b"not a pickle", b"\x80\x04N."])
def test_damage_to_what_is_kept_only_costs_time(tmp_path: Path, damage: bytes) -> None:
    data = read_yaml(SHIPPED).data
    for kept in (tmp_path / "cache").rglob("*.pickle"):
        kept.write_bytes(damage)
    assert read_yaml(SHIPPED).data == data


def test_a_cache_that_cannot_be_written_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert read_yaml(SHIPPED).data
