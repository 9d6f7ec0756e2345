"""VOC content of products (产品VOC含量): adhesives, cleaning agents, coatings, inks, each against its dated limit.

A category is a tuple of words, as the rows of `parameters/voc/products.yaml` have them: for an adhesive its state, use
and kind; for a cleaning agent its type; for an industrial coating use, kind and layer; for a vehicle coating kind, use
and layer; for a wall coating place and kind; for an ink kind and printing. What has no row has no known limit.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from lantu.base import LantuError, Text
from lantu.standards.catalogue import catalogue
from lantu.standards.parameter import Value, Verified

PRODUCTS = ("adhesive", "cleaning_agent", "industrial_coating", "vehicle_coating", "wall_coating", "ink")
ANY = "any"


class ContentVerdict(Enum):
    """Whether a product keeps its limit; a content equal to the limit does."""

    CONFORMING = "conforming"
    OVER = "over"
    UNKNOWN = "no_limit_known"

    @property
    def title(self) -> Text:
        return _VERDICTS[self]


_VERDICTS = {
    ContentVerdict.CONFORMING: Text("合格", "conforming"),
    ContentVerdict.OVER: Text("超过限量", "over the limit"),
    ContentVerdict.UNKNOWN: Text("无已知限量", "no limit known"),
}


@dataclass(frozen=True, slots=True)
class ContentLimit:
    """A limit with its unit (g/L, g/kg, mg/kg or %) and the parameter that it stands in."""

    limit: Decimal
    unit: str
    parameter: str
    verified: Verified
    reference: str

    @property
    def is_unverified(self) -> bool:
        return self.verified is Verified.UNVERIFIED


@dataclass(frozen=True, slots=True)
class ContentJudgement:
    """The verdict on a product and the limit behind it; no limit where none is known."""

    verdict: ContentVerdict
    limit: ContentLimit | None

    @property
    def unverified(self) -> tuple[str, ...]:
        """The parameters behind the verdict that no source has confirmed."""
        return (self.limit.parameter,) if self.limit is not None and self.limit.is_unverified else ()


def _check(product: str) -> None:
    if product not in PRODUCTS:
        raise LantuError(
            Text(f"没有产品“{product}”", f"there is no product '{product}'"),
            mend=Text(f"可用：{'、'.join(PRODUCTS)}", f"there are: {', '.join(PRODUCTS)}"),
        )


def _held(prefix: str, day: dt.date) -> dict[str, Value]:
    """The parameters under a prefix that hold on a day; one that has ended or not begun holds no more, or not yet."""
    found = {
        each.name: each.at(day)
        for each in catalogue().parameters()
        if each.name.startswith(f"{prefix}.") and each.values[0].from_ <= day
    }
    return {name: value for name, value in found.items() if not value.stale}


def _limit(prefix: str, category: tuple[str, ...], day: dt.date) -> ContentLimit | None:
    """The row of a category: the one with the fewest `any` wins."""
    best: tuple[int, ContentLimit] | None = None
    for name, held in _held(prefix, day).items():
        for *words, limit in held.value:
            fits = len(words) == len(category) and all(
                word in (ANY, own) for word, own in zip(words, category, strict=True)
            )
            loose = words.count(ANY)
            if fits and (best is None or loose < best[0]):
                best = loose, ContentLimit(limit, held.unit, name, held.verified, held.reference)
    return None if best is None else best[1]


def _judge(limit: ContentLimit | None, content: Decimal) -> ContentJudgement:
    if limit is None:
        return ContentJudgement(ContentVerdict.UNKNOWN, None)
    return ContentJudgement(ContentVerdict.OVER if content > limit.limit else ContentVerdict.CONFORMING, limit)


def content_limit(product: str, *category: str, day: dt.date) -> ContentLimit | None:
    """The VOC limit of a product on a day; None where none is known (no row, standard not begun or replaced).

    Raises:
        LantuError: the product is none of `PRODUCTS`.
    """
    _check(product)
    return _limit(f"voc.content.{product}", category, day)


def judge_content(product: str, *category: str, content: Decimal, day: dt.date) -> ContentJudgement:
    """The verdict on a VOC content, which is in the unit of the limit and of the state that the standard tests."""
    return _judge(content_limit(product, *category, day=day), content)


def substance_limit(product: str, *category: str, day: dt.date) -> ContentLimit | None:
    """The limit of a harmful substance: of a wall coating (substance), of a cleaning agent (type, substance)."""
    _check(product)
    return _limit(f"voc.substance.{product}", category, day)


def judge_substance(product: str, *category: str, content: Decimal, day: dt.date) -> ContentJudgement:
    """The verdict on the content of a harmful substance, in the unit of its limit."""
    return _judge(substance_limit(product, *category, day=day), content)


def is_low_voc(product: str, *category: str, content: Decimal, day: dt.date) -> bool | None:
    """Whether a product counts as low-VOC (低VOCs); None where no rule is known.

    Adhesives and inks of the listed kinds count where they keep their limit; cleaning agents have limits of their own.
    """
    _check(product)
    held = catalogue()
    name = f"voc.low_content.{product}"
    if all(each.name != name for each in held.parameters()) or held.get(name).values[0].from_ > day:
        return None
    value = held.get(name).at(day)
    if value.stale:
        return None
    if product == "cleaning_agent":
        limits = {row[0]: row[1] for row in value.value}
        return content <= limits[category[0]] if category and category[0] in limits else None
    verdict = judge_content(product, *category, content=content, day=day).verdict
    if verdict is ContentVerdict.UNKNOWN:
        return None
    return category[0] in value.value and verdict is ContentVerdict.CONFORMING
