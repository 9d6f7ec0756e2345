"""Parsed YAML files of the program itself, kept between runs: a start then takes milliseconds instead of reading anew.

Kept in the user's cache folder (XDG_CACHE_HOME, else ~/.cache); it can be deleted at any time, nothing rests on it.
"""

from __future__ import annotations

import hashlib
import os
import pickle
from pathlib import Path
from typing import Any

_PROGRAM = Path(__file__).resolve().parent.parent
_FORM = 1
"""Raised when what is kept changes its form."""


def find(path: Path) -> tuple[Any, dict[Any, int]] | None:
    """Data and lines of a file as they were parsed before; None if it is new, has changed, or is not the program's."""
    try:
        place, state = _place(path)
        if place is None:
            return None
        kept_state, data, lines = pickle.loads(place.read_bytes())
        return (data, lines) if kept_state == state else None
    except Exception:  # whatever is wrong with what is kept, the file itself is read
        return None


def keep(path: Path, data: Any, lines: dict[Any, int]) -> None:
    """Keep what was parsed; where that is not possible only speed is lost."""
    try:
        place, state = _place(path)
        if place is None:
            return
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = place.with_suffix(f".{os.getpid()}.new")
        fresh.write_bytes(pickle.dumps((state, data, lines), protocol=pickle.HIGHEST_PROTOCOL))
        fresh.replace(place)
    except (OSError, RuntimeError, pickle.PickleError, RecursionError):
        return


def _place(path: Path) -> tuple[Path | None, tuple[int, str, int, int]]:
    """Where a file is kept, and what must be unchanged; no place for files that are not the program's."""
    full = path.resolve()
    if not full.is_relative_to(_PROGRAM):
        return None, (_FORM, "", 0, 0)
    stat = full.stat()
    cache = os.environ.get("XDG_CACHE_HOME")
    root = Path(cache) if cache else Path.home() / ".cache"
    name = hashlib.sha256(str(full).encode()).hexdigest()[:24]
    return root / "lantu" / "yaml" / f"{name}.pickle", (_FORM, str(full), stat.st_mtime_ns, stat.st_size)
