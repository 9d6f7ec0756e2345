"""The indicators (指标): named, documented quantities by area and period, from the lake by the dated standards.

The engine (Ibis) brings hours to days and days to statistics of each area, in exact integers; the functions that are
registered here pick one figure from them, with its count, coverage and validity. Every figure names the versions of
data, standards and code that it rests on.
"""

from lantu.indicators.computation import compute
from lantu.indicators.registry import Indicator, all_indicators, get_indicator, units_of_indicators
from lantu.indicators.values import IndicatorValue

__all__ = ["Indicator", "IndicatorValue", "all_indicators", "compute", "get_indicator", "units_of_indicators"]
