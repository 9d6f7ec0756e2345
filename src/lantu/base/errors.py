"""Errors are part of the product: what is wrong, where, and how to mend it, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lantu.base.language import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file (or an archive's member), a line or row counted from 1, a field."""

    file: str | Path
    line: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        parts = [str(self.file)]
        if self.line is not None:
            parts.append(str(self.line))
        text = ":".join(parts)
        return f"{text} [{self.field}]" if self.field else text


class LantuError(Exception):
    """A user's mistake or a fault outside the program, said so that it can be mended.

    Args:
        what: what is wrong.
        where: the place, if there is one.
        mend: what to do about it.
    """

    def __init__(self, what: Text, *, where: Place | None = None, mend: Text | None = None) -> None:
        super().__init__(what.en)
        self.what = what
        self.where = where
        self.mend = mend

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        mend = f"\n  → {self.mend}" if self.mend else ""
        return f"{place}{self.what}{mend}"


class SeveralErrors(LantuError):
    """All that is wrong with one input, so that it can be mended in one go."""

    def __init__(self, errors: Sequence[LantuError]) -> None:
        if not errors:
            raise ValueError("SeveralErrors needs at least one error")
        first = errors[0]
        super().__init__(first.what, where=first.where, mend=first.mend)
        self.errors = tuple(errors)

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)
