"""Text files that people write: UTF-8, and a plain word where they cannot be read."""

from __future__ import annotations

from pathlib import Path

from lantu.base.errors import LantuError, Place
from lantu.base.language import Text


def read_utf8(path: Path) -> str:
    """The text of a file, without a byte order mark.

    Raises:
        LantuError: the file is missing, cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise LantuError(Text("文件不存在", "the file does not exist"), where=Place(path)) from error
    except UnicodeDecodeError as error:
        raise LantuError(
            Text("文件不是 UTF-8 编码", "the file is not UTF-8"),
            where=Place(path),
            mend=Text("请另存为 UTF-8", "save it as UTF-8"),
        ) from error
    except OSError as error:
        raise LantuError(
            Text(f"读不了：{error.strerror}", f"the file cannot be read: {error.strerror}"), where=Place(path)
        ) from error
