"""Water (水): surface water by GB 3838-2002 and 环办[2011]22号, groundwater, lakes, black-odorous water, sources,
drinking and irrigation water, discharges, and the compensation of Beijing. Exact arithmetic throughout; what no source
confirmed is an unverified parameter.
"""

from lantu.standards.water.black_odorous import Blackness, blackness_of, blackness_of_point, blackness_of_water
from lantu.standards.water.classes import WaterClass
from lantu.standards.water.compensation import compensation
from lantu.standards.water.discharge import DISCHARGE_GRADES, discharge_exceedances, discharge_verdict
from lantu.standards.water.drinking import drinking_verdict
from lantu.standards.water.groundwater import classify_groundwater, classify_groundwater_item, groundwater_items
from lantu.standards.water.irrigation import Crop, irrigation_verdict
from lantu.standards.water.lakes import Trophic, city_index, index_change, trophic_level, water_quality_index
from lantu.standards.water.limits import Judgement, Verdict
from lantu.standards.water.sources import preferred_items, source_exceedances
from lantu.standards.water.surface import (
    Exceedance,
    RiverEvaluation,
    RiverGrade,
    SectionClass,
    classify_item,
    classify_section,
    evaluate_river,
    evaluated_items,
    half_detection_limit,
    main_pollutants_of_river,
    parse_measured,
    possible_classes,
    shares,
)

__all__ = [
    "DISCHARGE_GRADES",
    "Blackness",
    "Crop",
    "Exceedance",
    "Judgement",
    "RiverEvaluation",
    "RiverGrade",
    "SectionClass",
    "Trophic",
    "Verdict",
    "WaterClass",
    "blackness_of",
    "blackness_of_point",
    "blackness_of_water",
    "city_index",
    "classify_groundwater",
    "classify_groundwater_item",
    "classify_item",
    "classify_section",
    "compensation",
    "discharge_exceedances",
    "discharge_verdict",
    "drinking_verdict",
    "evaluate_river",
    "evaluated_items",
    "groundwater_items",
    "half_detection_limit",
    "index_change",
    "irrigation_verdict",
    "main_pollutants_of_river",
    "parse_measured",
    "possible_classes",
    "preferred_items",
    "shares",
    "source_exceedances",
    "trophic_level",
    "water_quality_index",
]
