"""A process that dies in the middle of an import leaves the old version whole, and doing it again ends the same."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lantu.lake import Lake, importing

STEPS = re.findall(r'_step\("(\w+)"\)', Path(importing.__file__).read_text(encoding="utf-8"))

DIES = """
import os, signal, sys
from pathlib import Path
from lantu.lake import Lake, importing

def die(step):
    if step == sys.argv[1]:
        os.kill(os.getpid(), signal.SIGKILL)

importing._step = die
Lake(Path(sys.argv[2])).import_files("air_hourly", [Path(name) for name in sys.argv[3:]])
"""


def test_there_are_seams() -> None:
    assert STEPS == ["before_raw", "before_quarantine", "after_quarantine", "before_commit", "after_commit"]


@pytest.mark.parametrize("step", STEPS)
def test_killed_import_harms_nothing(
    step: str, tmp_path: Path, publish: Callable[..., Path], stored: Callable[..., list[tuple[Any, ...]]]
) -> None:
    old = publish("old.csv", [["20210801", 1, "PM2.5", 10, 20], ["20210701", 1, "PM2.5", 1, 2]])
    new = publish("new.csv", [["20210801", 1, "PM2.5", 11, 99999], ["20210901", 1, "PM2.5", 5, 6]])
    calm, struck = Lake(tmp_path / "calm"), Lake(tmp_path / "struck")
    for lake in (calm, struck):
        lake.import_files("air_hourly", [old])
    calm.import_files("air_hourly", [new])

    done = subprocess.run(
        [sys.executable, "-c", DIES, step, str(struck.path), str(new)], timeout=120, check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr

    expected = calm if step == "after_commit" else None
    assert stored(struck, version=0) == stored(calm, version=0)
    assert stored(struck) == (stored(expected) if expected else stored(calm, version=0))

    report = struck.import_files("air_hourly", [new])
    assert report.already_imported == (step == "after_commit")
    assert stored(struck, "pm25", "source") == stored(calm, "pm25", "source")
    assert struck.version("air_hourly") == calm.version("air_hourly") == 1
    assert struck.quality() == calm.quality()
    assert struck.import_files("air_hourly", [new]).already_imported
    raw = [sorted(file.name for file in (lake.path / "raw").rglob("*")) for lake in (calm, struck)]
    assert raw[0] == raw[1]
