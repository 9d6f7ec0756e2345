"""One entry of a ledger (台账条目) as it stood on a day."""

from __future__ import annotations

import datetime as dt
from typing import Any

import orjson


class Entry:
    """One entry on the day asked for; its values are read from what is kept when they are first looked at."""

    __slots__ = (
        "_codes",
        "_decoders",
        "_raw",
        "_values",
        "area",
        "day",
        "happened",
        "holder",
        "key",
        "simulated",
        "state",
        "version",
    )

    def __init__(
        self,
        key: str,
        area: str,
        holder: str | None,
        state: str,
        day: dt.date,
        version: int,
        raw: str,
        decoders: list[tuple[str, Any]],
        simulated: bool,
        codes: frozenset[str] = frozenset(),
    ) -> None:
        self.key, self.area, self.holder, self.state = key, area, holder, state
        self.day, self.version, self.simulated = day, version, simulated
        self._raw, self._decoders, self._codes = raw, decoders, codes
        self._values: dict[str, Any] | None = None
        self.happened: dt.date | None = None
        """The day of its fact, once it was asked for; see `Entries.happened`."""

    @property
    def values(self) -> dict[str, Any]:
        """The declared fields that are filled."""
        if self._values is None:
            values = orjson.loads(self._raw)
            for name, decode in self._decoders:
                kept = values.get(name)
                if kept is not None:
                    values[name] = decode(kept)
            self._values = values
        return self._values

    def get(self, name: str) -> Any:
        """The value of a field, or of `key`, `area`, `holder`, `state`; None where it is not filled."""
        if name in ("area", "holder", "state", "key"):
            return getattr(self, name)
        if self._values is None and name in self._codes:
            # Codes are plain words: of hundreds of thousands of entries only this one word is read.
            _, found, rest = self._raw.partition(f'"{name}":"')
            if found:
                word = rest[: rest.index('"')]
                if "\\" not in word:
                    return word
        return self.values.get(name)
