"""Materials with VOC (VOCs原辅材料): the share of what enterprises bought that keeps its limit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from lantu.base import Period, Text
from lantu.indicators.registers.family import register_family
from lantu.indicators.registry import AREA_LEVELS, indicator
from lantu.indicators.values import Figure
from lantu.ledgers import Entries, Entry


@dataclass(frozen=True, slots=True)
class Materials:
    """Batches bought in the period, and those of them with each outcome."""

    bought: int
    conforming: int
    over: int


def _materials(rows: list[Entry], _entries: Entries, period: Period) -> Materials:
    inside = [row for row in rows if row.values["bought_on"] in period]
    verdicts = [row.values.get("verdict") for row in inside]
    return Materials(len(inside), verdicts.count("conforming"), verdicts.count("over"))


MATERIALS = register_family("raw_materials", "raw_materials", _materials)


@indicator(
    name="raw_materials_conforming_share",
    title=Text("原辅材料VOCs含量合格率", "share of materials that keep their VOC limit"),
    unit="%",
    statistic="share",
    quantity=1,
    reference="GB 33372, GB 38508, GB 38507, GB 30981, GB 24409, GB 18582 of 2020, each limit with its own mark",
    family=MATERIALS,
    levels=AREA_LEVELS,
)
def raw_materials_conforming_share(found: Materials | None) -> Figure:
    """batches bought in the period that keep the limit of their category / batches with an outcome * 100 %

    A batch has an outcome where its VOC content and category are entered and a limit is known on the day of purchase.
    """
    if found is None or not found.bought:
        return Figure(None, 0, 0, False, Text("本期没有购入记录", "no batch was bought in the period"))
    judged = found.conforming + found.over
    if not judged:
        return Figure(None, 0, found.bought, False, Text("没有可判定的批次", "no batch can be judged"))
    open_ones = found.bought - judged
    reason = Text(f"{open_ones} 批未能判定", f"{open_ones} batches cannot be judged") if open_ones else None
    return Figure(Decimal(100 * found.conforming) / judged, judged, found.bought, not open_ones, reason)
