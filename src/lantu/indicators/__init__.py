"""The indicators (指标): named, documented quantities by area and period, by the dated standards.

A family brings data to statistics: the air family in the engine (Ibis), in exact integers; others from samples and
ledgers. The functions that are registered here pick one figure from them, with its count, coverage and validity.
Every figure names the versions of data, standards and code that it rests on.
"""

from lantu.indicators.computation import compute, daily_values
from lantu.indicators.exclusions import Exclusion, exclusions_in_effect
from lantu.indicators.family import Family, Sources, Target, Trace
from lantu.indicators.registry import Indicator, all_indicators, get_indicator, units_of_indicators
from lantu.indicators.values import IndicatorValue

__all__ = [
    "Exclusion",
    "Family",
    "Indicator",
    "IndicatorValue",
    "Sources",
    "Target",
    "Trace",
    "all_indicators",
    "compute",
    "daily_values",
    "exclusions_in_effect",
    "get_indicator",
    "units_of_indicators",
]
