"""Files of evidence (佐证文件): what is known of those that are handed in, and how they are kept under their digest."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lantu.base import LantuError, Text
from lantu.ledgers.faults import EntryFault, not_kept
from lantu.ledgers.store import Evidence

if TYPE_CHECKING:
    from lantu.ledgers.schema import Ledger


def pieces_of(ledger: Ledger, files: Sequence[tuple[str, Path]]) -> tuple[list[Evidence], list[EntryFault]]:
    """What is known of the files that are handed in; a picture is read, a file that is none is refused."""
    pieces, faults = [], []
    for kind, given in files:
        path = Path(given)
        if not path.is_file():
            faults.append(EntryFault(kind, Text(f"找不到文件 {path}", f"there is no file {path}")))
            continue
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        piece = Evidence(kind, path.name, digest)
        if kind in ledger.pictures:
            from lantu.ledgers.pictures import read_picture

            try:
                piece = Evidence(kind, path.name, digest, **read_picture(path).as_evidence())
            except LantuError as error:
                faults.append(EntryFault(kind, error.what, error.mend))
        pieces.append(piece)
    return pieces, faults


def path_of(folder: Path, piece: Evidence) -> Path:
    """Where the file of a piece of evidence is kept: under its digest."""
    return folder / piece.sha256[:2] / f"{piece.sha256}{Path(piece.file).suffix.lower()[:10]}"


def keep(folder: Path, piece: Evidence, path: Path) -> None:
    """Keep a file before the change that names it: it is there as a whole, and on the disk, or not at all.

    Raises:
        LantuError: it cannot be written; nothing is left of it.
    """
    target = path_of(folder, piece)
    if target.exists():
        return
    fresh = target.with_suffix(f"{target.suffix}.{os.getpid()}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as given, fresh.open("wb") as out:
            shutil.copyfileobj(given, out)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(target)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise not_kept(path, error) from error
