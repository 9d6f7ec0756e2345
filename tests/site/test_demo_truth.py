"""Whoever makes the simulated city by the command and assesses it by the command gets its known truth."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def test_the_verdicts_of_the_command_are_the_true_ones(made_city: Path, tmp_path: Path) -> None:
    out = tmp_path / "assessment.json"
    environment = {**os.environ, "LANTU_WORKSPACE": str(made_city), "LANTU_LANG": "en"}
    command = [sys.executable, "-m", "lantu", "assess", "--json", str(out)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    found = {(row["commitment"], row["area"]): row["status"] for row in json.loads(out.read_text())["rows"]}
    truth = json.loads((made_city / "demo-truth.json").read_text(encoding="utf-8"))["truth"]
    wrong = [
        (row, found.get((row["commitment"], row["area"])))
        for row in truth
        if found.get((row["commitment"], row["area"])) != row["status"]
    ]
    assert len(truth) > 3000
    assert wrong == []
