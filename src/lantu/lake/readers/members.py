"""The files to read: one by itself, those of a folder, or those of an archive, each with its text."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from lantu.base import Text


class FileFault(Exception):
    """One file cannot be used; the others go on."""

    def __init__(self, what: Text, line: int | None = None, mend: Text | None = None) -> None:
        super().__init__(what.en)
        self.what = what
        self.line = line
        self.mend = mend


_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# What no table holds: control characters, and the private characters that GB18030 makes of random bytes.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ue000-\uf8ff]")


@dataclass
class Member:
    """One file to read: its label (`archive!member` inside an archive) and its bytes."""

    source: str
    content: bytes
    suffix: str
    encoding: str = "utf-8-sig"

    @cached_property
    def text(self) -> str:
        """The text, from UTF-8 (with or without BOM), UTF-16 with BOM, or GB18030.

        Raises:
            FileFault: it is empty, a web page, binary, or in no known encoding.
        """
        if not self.content.strip():
            raise FileFault(Text("文件是空的", "the file is empty"))
        if self.content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
            raise FileFault(
                Text("是网页，不是数据文件；请重新获取", "this is a web page, not a data file; fetch it again")
            )
        encodings = ("utf-16",) if self.content.startswith(_UTF16_MARKS) else ("utf-8-sig", "gb18030")
        if encodings != ("utf-16",) and b"\0" in self.content[:4096]:
            raise FileFault(Text("不是文本文件", "not a text file"))
        for encoding in encodings:
            try:
                text = self.content.decode(encoding)
            except UnicodeDecodeError:
                continue
            if encoding != "utf-8-sig" and _NOT_TEXT.search(text):
                continue
            self.encoding = encoding
            return text
        raise FileFault(
            Text(
                "编码不认识（既不是 UTF-8 也不是 GB18030）；请另存为 UTF-8",
                "an unknown encoding (neither UTF-8 nor GB18030); save it as UTF-8",
            )
        )


_TAR = (".tar", ".tar.xz", ".tar.gz", ".tgz", ".txz", ".tar.bz2", ".tbz2")
_COMPRESSED = (".gz", ".xz", ".bz2")


def is_archive(name: str) -> bool:
    """Whether a file of that name holds other files."""
    return name.lower().endswith((*_TAR, ".zip"))


def members_of(path: Path) -> Iterator[Member]:
    """The files of a folder or archive in the order of their names, or the one file itself, unpacked.

    Hidden files (a name that begins with a dot) are left out.

    Raises:
        FileFault: the path does not exist, holds no file, cannot be read, or an archive is damaged or cut short (then
            none of its members is used).
    """
    import tarfile
    import zipfile
    import zlib
    from lzma import LZMAError

    damaged = FileFault(
        Text(
            "压缩包损坏或不完整，其中的文件都未使用；请重新获取",
            "the archive is damaged or cut short; none of its files was used; fetch it again",
        )
    )
    if not path.exists():
        raise FileFault(Text("文件不存在", "the file does not exist"))
    try:
        if path.is_dir():
            members = [
                Member(f"{path.name}!{file.relative_to(path).as_posix()}", file.read_bytes(), file.suffix.lower())
                for file in sorted(file for file in path.rglob("*") if file.is_file())
                if not any(part.startswith(".") for part in file.relative_to(path).parts)
            ]
        elif path.stat().st_size == 0:
            raise FileFault(Text("文件是空的", "the file is empty"))
        elif path.name.lower().endswith(_TAR):
            members = list(_tar_members(path, damaged))
        elif path.suffix.lower() == ".zip":
            members = list(_zip_members(path))
        elif path.suffix.lower() in _COMPRESSED:
            members = [Member(path.name, _unpacked(path), Path(path.stem).suffix.lower())]
        else:
            members = [Member(path.name, path.read_bytes(), path.suffix.lower())]
    except (tarfile.TarError, EOFError, LZMAError, zlib.error, zipfile.BadZipFile) as error:
        raise damaged from error
    except (RuntimeError, NotImplementedError) as error:  # what zipfile raises for a password or a rare method
        raise FileFault(
            Text("压缩包有密码或用了不支持的方法", "the archive has a password or an unsupported method")
        ) from error
    except OSError as error:
        if error.strerror is None:  # the decompressors' own complaints
            raise damaged from error
        raise FileFault(Text(f"读不了：{error.strerror}", f"cannot be read: {error.strerror}")) from error
    if not members:
        raise FileFault(
            Text("文件夹中没有文件", "the folder holds no file")
            if path.is_dir()
            else Text("压缩包中没有文件", "the archive holds no file")
        )
    yield from members


def _tar_members(path: Path, damaged: FileFault) -> list[Member]:
    import tarfile

    # Unpacked to the end before it is read: tarfile stops at the end mark and would not see that the rest is cut off.
    # A plain tar that is cut between two members reads without complaint; only its end mark is missing.
    content = _unpacked(path)
    if content[-1024:].strip(b"\0") or len(content) < 1024:
        raise damaged
    found: list[tuple[str, bytes]] = []
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
        for entry in archive:
            handle: Any = archive.extractfile(entry) if entry.isfile() else None
            if handle is not None and _counts(entry.name):
                found.append((entry.name, handle.read()))
    return [_member(path, name, content) for name, content in sorted(found)]


def _zip_members(path: Path) -> list[Member]:
    import zipfile

    with zipfile.ZipFile(path) as bundle:
        names = sorted(name for name in bundle.namelist() if not name.endswith("/") and _counts(name))
        return [_member(path, name, bundle.read(name)) for name in names]


def _counts(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return not any(part.startswith(".") or part == "__MACOSX" for part in parts)


def _member(path: Path, name: str, content: bytes) -> Member:
    plain = PurePosixPath(name)
    return Member(f"{path.name}!{plain.name}", content, plain.suffix.lower())


def _unpacked(path: Path) -> bytes:
    """The content of a file that is compressed, whatever its name says, or its bytes."""
    import bz2
    import gzip
    import lzma

    openers: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"\xfd7zXZ": lzma.open, b"BZh": bz2.open}
    content = path.read_bytes()
    for mark, opener in openers.items():
        if content.startswith(mark):
            with opener(io.BytesIO(content), "rb") as handle:
                unpacked: bytes = handle.read()
            return unpacked
    if path.suffix.lower() == ".tar":
        return content
    raise EOFError
