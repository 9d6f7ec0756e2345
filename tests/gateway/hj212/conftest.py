"""Sample frames and the reference splitter, read from the shared folder of protocols."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lantu.gateway.hj212.checksum import checksum


@pytest.fixture(scope="session")
def protocols(shared_data: Path) -> Path:
    """The folder of protocol facts beside that of the data."""
    folder = shared_data.parent / "protocols"
    if not folder.is_dir():
        pytest.skip(f"protocol facts not found in {folder}")
    return folder


@pytest.fixture(scope="session")
def samples(protocols: Path) -> dict[str, dict[str, Any]]:
    """The 50 sample frames by name; `frame` as bytes."""
    listed = json.loads((protocols / "hj212_samples.json").read_text("utf-8"))
    return {sample["id"]: {**sample, "frame": bytes.fromhex(sample["frame"])} for sample in listed}


@pytest.fixture(scope="session")
def hjcrc(protocols: Path) -> ModuleType:
    """The checksum as it was published with the facts."""
    return _load(protocols, "hjcrc")


@pytest.fixture(scope="session")
def hjsplit(protocols: Path, hjcrc: ModuleType) -> ModuleType:
    """The reference splitter, with a faster checksum (of which `test_checksum` shows that it is the same)."""
    module = _load(protocols, "hjsplit")
    module.crc16 = lambda data: checksum(data) if data else 0xFFFF
    return module


def _load(folder: Path, name: str) -> ModuleType:
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))
