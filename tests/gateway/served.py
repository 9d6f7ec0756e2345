"""A gateway as an operator starts it: a process of its own, on a port that the system chooses."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def environment(folder: Path) -> dict[str, str]:
    """What a command needs to know of the workspace."""
    return {**os.environ, "LANTU_WORKSPACE": str(folder), "LANTU_LANG": "en"}


def lantu(folder: Path, *arguments: str) -> str:
    """Run a command in the workspace; gives what it says."""
    command = [sys.executable, "-m", "lantu", *arguments]
    done = subprocess.run(command, env=environment(folder), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def serving(folder: Path, port_of: str, devices: str, *options: str) -> Iterator[int]:
    """A running server of a protocol with a device register; gives its port."""
    folder.mkdir(exist_ok=True)
    (folder / "workspace.yaml").write_text("lantu_workspace: 1\n", encoding="utf-8")
    (folder / "devices.yaml").write_text(devices, encoding="utf-8")
    command = [sys.executable, "-m", "lantu", "gateway", port_of, "--port", "0", "--no-compact", *options]
    with subprocess.Popen(command, env=environment(folder), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        match = re.search(r":(\d+)", process.stdout.readline())
        assert match
        try:
            yield int(match[1])
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
