"""Fields that a standard decides (按标准判定): where an entry holds the measured values, its verdict is computed.

A ledger names the rule and the date whose edition of the standard holds; the rule reads the entry's fields by the names
of the measured items. An empty verdict is filled in; one that contradicts the values is refused. Where nothing was
measured the verdict is what was reported.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lantu.base import Text
from lantu.standards.emissions import failing_duties
from lantu.standards.items import items_of
from lantu.standards.soil import classify_farmland, crop_within, evaluate_soil
from lantu.standards.soil.crops import FOODS, METALS
from lantu.standards.soil.farmland import SCREENED, USES
from lantu.standards.voc.products import PRODUCTS, ContentVerdict, content_limit, judge_content
from lantu.standards.water import blackness_of
from lantu.standards.water.black_odorous import INDICATORS
from lantu.standards.water.irrigation import Crop, irrigation_verdict

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class JudgingRule:
    """A rule by which a standard decides a field.

    Args:
        title: what it decides.
        reference: the standard.
        needs: fields without which nothing can be said, with the codes that they may have (none: any value).
        reads: the measured fields that it knows; an entry needs one of them.
        outcomes: the codes that it gives; none where it answers yes or no.
        judge: from the values and the day to the outcome; None where it cannot be told.
    """

    title: Text
    reference: str
    needs: Mapping[str, tuple[str, ...]]
    reads: tuple[str, ...]
    outcomes: tuple[str, ...]
    judge: Callable[[Values, dt.date], str | bool | None]


def _measured(values: Values, names: tuple[str, ...]) -> dict[str, Decimal | None]:
    return {name: Decimal(values[name]) for name in names if values.get(name) is not None}


def _crop(values: Values, day: dt.date) -> bool | None:
    return crop_within(_measured(values, METALS), values["food"], day)


def _farmland(values: Values, day: dt.date) -> str | None:
    measured = _measured(values, SCREENED)
    found = classify_farmland(measured, Decimal(values["soil_ph"]), values["land_use"], day).land_class
    return None if found is None else found.name.casefold()


def _construction(values: Values, day: dt.date) -> str | None:
    risk, _ = evaluate_soil(_measured(values, _SOIL), 1 if values["land_kind"] == "class_1" else 2, day)
    return None if risk is None else risk.name.casefold()


def _irrigation(values: Values, day: dt.date) -> str | None:
    complies = irrigation_verdict(_measured(values, _IRRIGATION), Crop(values["crop_class"]), day).complies
    return None if complies is None else "within" if complies else "above"


def _black_odorous(values: Values, day: dt.date) -> str | None:
    found = blackness_of(_measured(values, (*INDICATORS, "depth")), day)
    return max(found.values()).name.casefold() if found else None


def _content(values: Values, day: dt.date) -> str | None:
    product = values["product"]
    words = [values[name] for name in _CATEGORIES[product] if values.get(name) is not None]
    if len(words) < len(_CATEGORIES[product]):
        return None
    limit = content_limit(product, *words, day=day)
    content = None if limit is None else values.get(_CONTENTS[limit.unit])
    if content is None:
        return None
    verdict = judge_content(product, *words, content=Decimal(content), day=day).verdict
    return None if verdict is ContentVerdict.UNKNOWN else verdict.value


def _duties(values: Values, day: dt.date) -> bool | None:
    failing = failing_duties(values, day)
    return None if failing is None else not failing


_CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "adhesive": ("form", "use", "kind"),
    "cleaning_agent": ("form",),
    "industrial_coating": ("use", "form", "layer"),
    "vehicle_coating": ("form", "use", "layer"),
    "wall_coating": ("use", "form"),
    "ink": ("form", "use"),
}
"""The fields whose words make the category of a product, in the order of the parameters."""
_CONTENTS = {"g/L": "voc_per_litre", "g/kg": "voc_per_kilogram", "%": "voc_share"}
_SOIL = tuple(items_of("soil"))
_IRRIGATION = tuple(items_of("irrigation_water"))

RULES: Mapping[str, JudgingRule] = {
    "crop_limits": JudgingRule(
        Text("农产品重金属限量", "metals in crops"), "GB 2762", {"food": FOODS}, METALS, (), _crop
    ),
    "farmland_class": JudgingRule(
        Text("农用地土壤类别", "class of farmland soil"),
        "GB 15618-2018",
        {"soil_ph": (), "land_use": USES},
        SCREENED,
        ("priority", "safe_use", "strict"),
        _farmland,
    ),
    "construction_soil": JudgingRule(
        Text("建设用地土壤风险", "risk of soil of construction land"),
        "GB 36600-2018",
        {"land_kind": ("class_1", "class_2")},
        _SOIL,
        ("negligible", "assess", "unacceptable"),
        _construction,
    ),
    "irrigation_water": JudgingRule(
        Text("农田灌溉水质", "irrigation water"),
        "GB 5084",
        {"crop_class": tuple(each.value for each in Crop)},
        _IRRIGATION,
        ("within", "above"),
        _irrigation,
    ),
    "black_odorous_water": JudgingRule(
        Text("黑臭水体分级", "degree of black-odorous water"),
        "guide of 2015",
        {},
        INDICATORS,
        ("none", "light", "heavy"),
        _black_odorous,
    ),
    "voc_content": JudgingRule(
        Text("产品VOC含量", "VOC content of a product"),
        "GB 33372, GB 38508, GB 38507, GB 30981, GB 24409, GB 18582",
        {"product": PRODUCTS, "form": ()},
        tuple(_CONTENTS.values()),
        ("conforming", "over"),
        _content,
    ),
    "site_duties": JudgingRule(
        Text("工地“六个百分之百”", "the six duties of a construction site"),
        "DB11/513 (unverified)",
        {},
        ("fence", "cover", "wash", "hard_road", "wet_work", "sealed_trucks"),
        (),
        _duties,
    ),
}


def outcome(rule: str, values: Values, day: dt.date | None) -> str | bool | None:
    """What a rule says of an entry's values; None where something that it needs is missing, or nothing was measured.

    Raises:
        LantuError: the standard was not in force on the day.
    """
    found = RULES[rule]
    if day is None or any(values.get(name) is None for name in found.needs):
        return None
    return found.judge(values, day)
