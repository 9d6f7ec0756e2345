"""Questions (疑问) to a device's owner, and the rows that lead to one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from lantu.base import Text
from lantu.standards import catalogue


@dataclass(frozen=True, slots=True)
class RowsOf:
    """Rows of a dataset that lead to a question or a clue: `station` from `first` to `last`, `count` of them."""

    dataset: str
    station: str
    factor: str
    kind: str
    first: dt.datetime
    last: dt.datetime
    count: int

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Question:
    """Something that a device's owner should explain."""

    device: str
    kind: str
    text: Text
    rows: RowsOf

    def as_json(self) -> dict[str, Any]:
        return {
            "device": self.device,
            "kind": self.kind,
            "zh": self.text.zh,
            "en": self.text.en,
            "rows": self.rows.as_json(),
        }


KINDS: dict[str, Text] = {
    "stuck": Text("数值不变", "stuck"),
    "decimals": Text("小数重复", "repeated decimals"),
    "copied": Text("时段雷同", "copied period"),
    "hugging": Text("紧贴限值", "hugging the limit"),
    "replayed": Text("报文重放", "replayed reports"),
    "clock": Text("时钟偏差", "wrong clock"),
    "silent": Text("在线无数据", "online but silent"),
    "track": Text("轨迹不可能", "impossible track"),
    "even_ratio": Text("气液比过于规整", "gas-liquid ratios too even"),
}
"""What may be asked about."""


def parameter(name: str, day: dt.date) -> Any:
    """A figure of `gateway.honesty` on a day."""
    return catalogue().get(f"gateway.honesty.{name}").at(day).value
