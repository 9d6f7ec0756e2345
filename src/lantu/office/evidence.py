"""Evidence files (佐证文件): what is taken in, where it is kept, and a small copy of pictures.

A file's kind is read from its content, never from its name; its name is only shown, never used as a path.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from lantu.base import LantuError, Place, Text
from lantu.ledgers.faults import not_kept
from lantu.office.desk import desk

if TYPE_CHECKING:
    from lantu.ledgers import Evidence

PICTURES = ".jpg,.jpeg,.png,.webp"
ACCEPT = f"{PICTURES},.pdf,.xlsx,.docx,.xls,.doc"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TYPES = {
    ".jpg": ("JPEG", "image/jpeg"),
    ".png": ("PNG", "image/png"),
    ".webp": ("WEBP", "image/webp"),
    ".pdf": ("PDF", "application/pdf"),
    ".xlsx": ("Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ".docx": ("Word", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ".xls": ("Excel", "application/vnd.ms-excel"),
    ".doc": ("Word", "application/msword"),
}
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SMALL = 320


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is kept: where, its kind in words (JPEG, PDF), its media type, whether it is a picture."""

    path: Path
    kind: str
    media_type: str
    picture: bool

    @property
    def size(self) -> int:
        return self.path.stat().st_size


def sniff(path: Path, name: str) -> str:
    """The ending that fits a file's content.

    Args:
        path: the file.
        name: how its sender calls it, for the message.

    Raises:
        LantuError: it is of no kind that is taken.
    """
    with path.open("rb") as file:
        head = file.read(16)
    ending = ""
    if head.startswith(b"\xff\xd8\xff"):
        ending = ".jpg"
    elif head.startswith(b"\x89PNG\r\n\x1a\n"):
        ending = ".png"
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        ending = ".webp"
    elif head.startswith(b"%PDF-"):
        ending = ".pdf"
    elif head.startswith(_OLD_OFFICE):
        ending = ".xls" if name.lower().endswith(".xls") else ".doc"
    elif head.startswith(b"PK\x03\x04"):
        ending = _office_of(path)
    if ending in (".jpg", ".png", ".webp"):
        from lantu.ledgers.pictures import read_picture

        named = path.with_name(safe_name(name, ending))
        path.rename(named)
        try:
            read_picture(named)  # a file that only begins like a picture is refused
        finally:
            named.rename(path)
    if not ending:
        raise LantuError(
            Text(f"“{name}”不是可收的文件", f"'{name}' is no file that is taken"),
            mend=Text(
                "可交照片（JPG、PNG、WEBP）、PDF、Word、Excel", "pictures (JPG, PNG, WEBP), PDF, Word and Excel are"
            ),
        )
    return ending


def _office_of(path: Path) -> str:
    """Whether a ZIP file is a workbook or a text document; one with macros is neither."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return ""
    if "[Content_Types].xml" not in names or any(name.endswith("vbaProject.bin") for name in names):
        return ""
    if any(name.startswith("xl/") for name in names):
        return ".xlsx"
    return ".docx" if any(name.startswith("word/") for name in names) else ""


def safe_name(name: str, ending: str = "") -> str:
    """A file's name as it is shown: without folders and signs that mean something to a system."""
    stem = re.sub(r"[^\w\-. ]+", "_", Path(name.replace("\\", "/")).name).strip("._ ")
    if ending:
        stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", stem)
    return f"{stem[:80] or 'file'}{ending}"


@contextmanager
def received(uploads: list[tuple[str, Any]]) -> Iterator[list[tuple[str, Path]]]:
    """Uploaded files on disk, by kind, as long as the context lasts.

    Args:
        uploads: pairs of a kind and an uploaded file.

    Raises:
        LantuError: a file is too large, empty, or of no kind that is taken (its kind is named as the field), or the
            disk takes no more.
    """
    if not uploads:
        yield []
        return
    folder = desk().workspace.path / "incoming"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        here = Path(tempfile.mkdtemp(dir=folder))
    except OSError as error:
        raise not_kept(folder, error) from error
    try:
        yield [(kind, _put(here / str(number), kind, each)) for number, (kind, each) in enumerate(uploads)]
    finally:
        shutil.rmtree(here, ignore_errors=True)


def _put(folder: Path, kind: str, upload: Any) -> Path:
    most = settings.LANTU_LARGEST_FILE
    name = safe_name(str(upload.name))
    where = Place(name, None, kind)
    if upload.size > most:
        raise LantuError(
            Text(f"“{name}”大于 {most // 1048576} MB", f"'{name}' is larger than {most // 1048576} MB"),
            where=where,
            mend=Text("压缩后再交", "make it smaller"),
        )
    if upload.size == 0:
        raise LantuError(Text(f"“{name}”是空文件", f"'{name}' is empty"), where=where)
    path = folder / "upload"
    try:
        folder.mkdir()
        with path.open("wb") as out:
            for chunk in upload.chunks():
                out.write(chunk)
    except OSError as error:
        raise not_kept(Path(name), error) from error
    try:
        ending = sniff(path, name)
    except LantuError as error:
        raise LantuError(error.what, where=where, mend=error.mend) from error
    return path.rename(folder / safe_name(name, ending))


def kept(sha256: str) -> Kept | None:
    """The kept file of a digest; None if there is none."""
    if not _SHA256.fullmatch(sha256):
        return None
    found = sorted((desk().book.evidence_folder / sha256[:2]).glob(f"{sha256}*"))
    whole = [path for path in found if path.suffix != ".new"]
    if not whole:
        return None
    kind, media_type = _TYPES.get(whole[0].suffix.replace(".jpeg", ".jpg"), ("", "application/octet-stream"))
    return Kept(whole[0], kind or whole[0].suffix[1:].upper(), media_type, media_type.startswith("image/"))


def small_picture(sha256: str) -> Path | None:
    """A small JPEG of a kept picture, made at the first look; None where the file is no picture."""
    from lantu.ledgers.pictures import small_copy

    file = kept(sha256)
    if file is None or not file.picture:
        return None
    path = desk().workspace.path / "evidence-small" / sha256[:2] / f"{sha256}.jpg"
    if not path.exists():
        written_whole(path, small_copy(file.path, _SMALL))
    return path


def written_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there as a whole or not at all; nothing is left of one that found no room."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".new", delete=False) as fresh:
        try:
            fresh.write(content)
            fresh.flush()
        except OSError:
            Path(fresh.name).unlink(missing_ok=True)
            raise
    Path(fresh.name).replace(path)


def shown_size(size: int) -> str:
    """A file's size as people read it."""
    return f"{size / 1048576:.1f} MB" if size >= 1048576 else f"{max(1, round(size / 1024))} KB"


def facts_of(piece: Evidence) -> tuple[Text | None, list[Text]]:
    """What a picture's file says of time and place, and what it does not say."""
    if piece.phash is None:
        return None, []
    said, missing = [], []
    if piece.taken:
        said.append(piece.taken.replace("T", " "))
    else:
        missing.append(Text("照片无拍摄时间", "the picture does not say when it was taken"))
    if piece.longitude is not None and piece.latitude is not None:
        said.append(f"{piece.longitude:.5f}, {piece.latitude:.5f}")
    else:
        missing.append(Text("照片无位置", "the picture does not say where it was taken"))
    return (Text(" · ".join(said), " · ".join(said)) if said else None), missing
