"""What goes into a reader (one file, perhaps out of an archive) and what comes out of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lantu.base import Text

if TYPE_CHECKING:
    from lantu.lake.dataset import Dataset
    from lantu.lake.report import Finding


class FileFault(Exception):
    """One file cannot be used; the others go on."""

    def __init__(self, what: Text, line: int | None = None) -> None:
        super().__init__(what.en)
        self.what = what
        self.line = line


@dataclass
class Member:
    """One file to read: its label (`archive!member` inside an archive) and its bytes."""

    source: str
    content: bytes
    suffix: str

    @cached_property
    def text(self) -> str:
        """The text, from UTF-8 (with or without BOM) or GB18030.

        Raises:
            FileFault: it is empty, an HTML page, binary, or in no known encoding.
        """
        if not self.content.strip():
            raise FileFault(Text("文件是空的", "the file is empty"))
        head = self.content[:512].lstrip().lower()
        if head.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
            raise FileFault(Text("是网页，不是数据文件", "this is a web page, not a data file"))
        if b"\0" in self.content[:4096]:
            raise FileFault(Text("不是文本文件", "not a text file"))
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                text = self.content.decode(encoding)
            except UnicodeDecodeError:
                continue
            self.encoding = encoding
            return text
        raise FileFault(Text("编码既不是 UTF-8 也不是 GB18030", "the encoding is neither UTF-8 nor GB18030"))

    encoding: str = "utf-8-sig"


@dataclass(slots=True)
class Batch:
    """The rows of one file, column by column; all arrays have one length.

    `values` holds float64 arrays with nan for what is missing, in the dataset's units; `lines` the line of each cell.
    """

    source: str
    stations: Any
    times: Any
    values: dict[str, Any]
    lines: dict[str, Any]
    findings: list[Finding] = field(default_factory=list)
    derived_rows_skipped: int = 0
    notes: list[Text] = field(default_factory=list)


class Reader(Protocol):
    """Reads files of one layout."""

    name: str

    def matches(self, member: Member, dataset: Dataset, mapping: Mapping[str, Any] | None) -> bool:
        """Whether the file has this layout and it can hold rows of the dataset."""
        ...

    def read(self, member: Member, dataset: Dataset, mapping: Mapping[str, Any] | None) -> Batch:
        """Read one file.

        Raises:
            FileFault: nothing of it can be used.
        """
        ...


_TAR = (".tar", ".tar.xz", ".tar.gz", ".tgz", ".txz", ".tar.bz2")


def members_of(path: Path) -> Iterator[Member]:
    """The files of a folder or archive in the order of their names, or the one file itself.

    Raises:
        FileFault: the path does not exist, or an archive is damaged (then none of its members is used).
    """
    import tarfile
    import zipfile
    import zlib
    from lzma import LZMAError

    if not path.exists():
        raise FileFault(Text("文件不存在", "the file does not exist"))
    try:
        if path.is_dir():
            for file in sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith(".")):
                yield Member(f"{path.name}!{file.relative_to(path)}", file.read_bytes(), file.suffix.lower())
        elif path.name.lower().endswith(_TAR):
            with tarfile.open(path) as archive:
                found = []
                for entry in archive:
                    handle = archive.extractfile(entry) if entry.isfile() else None
                    if handle is not None:
                        found.append((entry.name.rsplit("/", 1)[-1], handle.read()))
            for name, content in sorted(found):
                yield Member(f"{path.name}!{name}", content, Path(name).suffix.lower())
        elif path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as bundle:
                for name in sorted(n for n in bundle.namelist() if not n.endswith("/")):
                    yield Member(f"{path.name}!{name.rsplit('/', 1)[-1]}", bundle.read(name), Path(name).suffix.lower())
        else:
            yield Member(path.name, path.read_bytes(), path.suffix.lower())
    except (tarfile.TarError, EOFError, LZMAError, zlib.error, zipfile.BadZipFile) as error:
        raise FileFault(
            Text(
                "压缩包损坏或不完整，其中的文件都未使用；请重新获取",
                "the archive is damaged or cut short; none of its files was used; fetch it again",
            )
        ) from error
    except OSError as error:
        raise FileFault(Text(f"读不了：{error.strerror}", f"cannot be read: {error.strerror}")) from error
