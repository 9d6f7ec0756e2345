"""What users see is said in Chinese and in English; `Text` carries both and shows the chosen one."""

from __future__ import annotations

import os
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")

_chosen: ContextVar[Language | None] = ContextVar("lantu_language", default=None)


@dataclass(frozen=True, slots=True)
class Text:
    """One saying in both languages. `str()` gives the one of the current language."""

    zh: str
    en: str

    __pydantic_config__ = {"extra": "forbid"}  # pydantic reads it: in YAML a third key is a fault

    def __str__(self) -> str:
        return self.in_language(current_language())

    def in_language(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en

    def format(self, **values: object) -> Text:
        """Fill the named places in both languages; a `Text` among the values is shown in each language's own form."""

        def filled(language: Language) -> str:
            own = {k: v.in_language(language) if isinstance(v, Text) else v for k, v in values.items()}
            return self.in_language(language).format(**own)

        return Text(filled("zh"), filled("en"))


def current_language() -> Language:
    """The language of this context: what `use_language` set, else `LANTU_LANG` (zh or en), else the locale's."""
    chosen = _chosen.get()
    if chosen is not None:
        return chosen
    wanted = os.environ.get("LANTU_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "zh" if wanted.lower().startswith("zh") else "en"


@contextmanager
def use_language(language: Language) -> Iterator[None]:
    """Speak `language` inside the block."""
    token = _chosen.set(language)
    try:
        yield
    finally:
        _chosen.reset(token)
