"""One link of an explanation: a title, and facts of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lantu.base import Text


@dataclass(frozen=True, slots=True)
class Step:
    """One link of the chain."""

    title: Text
    facts: tuple[tuple[Text, Text], ...]
    entries: bool = False
    """Whether it tells of single entries, which not everybody may see."""


def fact(zh: str, en: str, value: Any) -> tuple[Text, Text]:
    """A named fact; what is no `Text` reads the same in both languages."""
    shown = value if isinstance(value, Text) else Text(str(value), str(value))
    return Text(zh, en), shown
