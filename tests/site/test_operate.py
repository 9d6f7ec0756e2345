"""What docs/operate.md says is run on a simulated city; every setting that the program reads stands in it."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from benchmarks.transitions import _MAKE
from tests.docs.test_documents import blocks, run
from tests.postgres import own_cluster, programs

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "operate.md"
_READ = re.compile(r"environ[^\n]*?\"(LANTU_[A-Z_]+)\"|_VARIABLE = \"(LANTU_[A-Z_]+)\"")


def test_every_command_works_and_a_restored_copy_verifies(made_city: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    shutil.copytree(made_city, workspace)
    commands = "\n".join(text for _, text in blocks(PAGE, "sh"))
    assert "LANTU_WORKSPACE=restored lantu doctor" in commands
    run(commands, tmp_path, workspace)
    for name in ("lantu.sqlite", "evidence", "lake", "assessments", "secret.key"):
        assert (tmp_path / "restored" / name).exists(), name


def test_the_commands_for_postgresql_make_a_copy_that_verifies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = tmp_path / "workspace"
    with own_cluster() as cluster:
        url = cluster.new_database()
        here = programs()
        assert here is not None
        monkeypatch.setenv("LANTU_DATABASE_URL", url)
        monkeypatch.setenv("RESTORED_URL", f"{url.rsplit('/', 1)[0]}/restored")
        monkeypatch.setenv("PATH", f"{here}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.delenv("LANTU_JOBS", raising=False)
        workspace.mkdir()
        made = subprocess.run(
            [sys.executable, "-c", _MAKE, "25"],
            env={**os.environ, "LANTU_WORKSPACE": str(workspace)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        backup, restore = (text for _, text in blocks(PAGE, "bash"))
        run(backup, tmp_path, workspace)
        run(restore, tmp_path, workspace)
        with psycopg.connect(os.environ["RESTORED_URL"]) as copy:
            assert copy.execute("select count(*), max(version) from entry where ledger = 'cases'").fetchone() == (25, 1)
            with pytest.raises(psycopg.errors.RaiseException):  # what protects the journal came along
                copy.execute("update journal set person = 'somebody' where id = 1")


def test_a_copy_that_was_tampered_with_does_not_verify(made_city: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    shutil.copytree(made_city, workspace)
    run("\n".join(text for _, text in blocks(PAGE, "sh") if "vacuum" in text), tmp_path, workspace)
    with sqlite3.connect(tmp_path / "backup" / "lantu.sqlite") as database:
        for (trigger,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            database.execute(f"drop trigger {trigger}")
        database.execute("update journal set person = 'somebody' where id = (select max(id) from journal)")
    with pytest.raises(AssertionError, match="journal"):
        run("lantu doctor", tmp_path, tmp_path / "backup")


def test_every_setting_is_told() -> None:
    read = {
        name
        for path in (ROOT / "src" / "lantu").rglob("*.py")
        for found in _READ.findall(path.read_text(encoding="utf-8"))
        for name in found
        if name
    }
    assert len(read) > 10
    told = PAGE.read_text(encoding="utf-8")
    assert [name for name in sorted(read) if f"`{name}`" not in told] == []
