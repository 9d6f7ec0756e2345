"""Ambient air (环境空气): the index of HJ 633, the validity rules of GB 3095, the evaluation of HJ 663."""

from lantu.standards.air.aqi import (
    CATEGORIES,
    DAILY_ITEMS,
    POLLUTANTS,
    AqiEdition,
    AqiResult,
    Category,
    aqi_edition,
    edition_starts,
)
from lantu.standards.air.evaluation import (
    CompositeIndex,
    attains_year,
    change_percent,
    composite_index,
    decimals_for,
    exceedance_multiple,
    is_good_day,
    is_heavy_pollution_day,
    percentile,
    rank,
)
from lantu.standards.air.validity import Minimums, minimums

__all__ = [
    "CATEGORIES",
    "DAILY_ITEMS",
    "POLLUTANTS",
    "AqiEdition",
    "AqiResult",
    "Category",
    "CompositeIndex",
    "Minimums",
    "aqi_edition",
    "attains_year",
    "change_percent",
    "composite_index",
    "decimals_for",
    "edition_starts",
    "exceedance_multiple",
    "is_good_day",
    "is_heavy_pollution_day",
    "minimums",
    "percentile",
    "rank",
]
