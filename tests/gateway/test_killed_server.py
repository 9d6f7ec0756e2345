"""The real server process is killed under load: nothing that it acknowledged is lost, nothing is there twice."""

from __future__ import annotations

from pathlib import Path

from tests.gateway.killing import kill_often


def test_a_killed_server_loses_and_doubles_nothing(tmp_path: Path) -> None:
    found = kill_often(tmp_path, moments=4, devices=20)
    assert found.kills == 4
    assert found.acknowledged > 100
    assert found.lost == []
    assert found.doubled == 0
    assert found.rows >= found.acknowledged * 8
