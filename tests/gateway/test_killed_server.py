"""The real server process is killed under load: nothing that it acknowledged is lost, nothing is there twice."""

from __future__ import annotations

from pathlib import Path

from tests.gateway.killing import kill_often


def test_killed_servers_and_compactors_lose_and_double_nothing(tmp_path: Path) -> None:
    found = kill_often(tmp_path, moments=10, devices=20)
    assert found.kills == 10
    assert found.acknowledged > 100
    assert (found.not_kept, found.lost, found.doubled, found.undecoded) == (0, 0, 0, 0)
    assert found.rows >= found.acknowledged * 8
