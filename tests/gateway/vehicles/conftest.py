"""Sample frames and the slow reference of the vehicle protocols, beside the real data."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(scope="session")
def protocols(shared_data: Path) -> Path:
    """The folder with the sample frames; the test is skipped, saying so, where there is none."""
    folder = shared_data.parent / "protocols"
    if not (folder / "vehicle_samples.json").is_file():
        pytest.skip(f"sample frames not found in {folder}")
    return folder


@pytest.fixture(scope="session")
def samples(protocols: Path) -> dict[str, dict[str, Any]]:
    """The sample frames by their names V01 to V20; `frame` as bytes."""
    listed = json.loads((protocols / "vehicle_samples.json").read_text(encoding="utf-8"))
    return {each["id"]: {**each, "frame": bytes.fromhex(each["frame"])} for each in listed}


@pytest.fixture(scope="session")
def reference(protocols: Path) -> ModuleType:
    """The slow reference: `split`, `decode`, `frame`."""
    spec = importlib.util.spec_from_file_location("vehicle_reference", protocols / "vehref.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
