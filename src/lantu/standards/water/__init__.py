"""Water (水): surface water by GB 3838-2002 and 环办[2011]22号, groundwater, lakes, black-odorous water, sources,
drinking and irrigation water, discharges, outfalls, means and changes of periods, and the compensation of Beijing.
Exact arithmetic throughout; what no source confirmed is an unverified parameter.
"""

from lantu.standards.water.black_odorous import (
    Blackness,
    Elimination,
    blackness_of,
    blackness_of_point,
    blackness_of_water,
    elimination,
    heavy_reaches,
    rural_black_odorous,
    survey_passes,
)
from lantu.standards.water.changes import Change, Trend, compare_grades, compare_shares, rank_trend
from lantu.standards.water.classes import WaterClass
from lantu.standards.water.compensation import compensation
from lantu.standards.water.discharge import DISCHARGE_GRADES, discharge_exceedances, discharge_verdict
from lantu.standards.water.drinking import drinking_verdict
from lantu.standards.water.groundwater import classify_groundwater, classify_groundwater_item, groundwater_items
from lantu.standards.water.irrigation import Crop, irrigation_verdict
from lantu.standards.water.lakes import Trophic, city_index, index_change, trophic_level, water_quality_index
from lantu.standards.water.limits import Judgement, Verdict
from lantu.standards.water.outfalls import (
    OUTFALL_CLASSES,
    outfall_class,
    outfall_code_fits,
    outfall_gaps,
    outfall_kinds,
    outfall_list,
)
from lantu.standards.water.periods import (
    InferiorSections,
    MonthState,
    PeriodMeans,
    inferior_sections,
    length_shares,
    months_of_samples,
    months_of_section,
    quarter_means,
    year_means,
)
from lantu.standards.water.sources import Attainment, attainment, preferred_items, source_exceedances
from lantu.standards.water.surface import (
    Exceedance,
    RiverEvaluation,
    RiverGrade,
    SectionClass,
    classify_item,
    classify_section,
    evaluate_river,
    evaluated_items,
    grade_of_class,
    half_detection_limit,
    main_pollutants_of_river,
    parse_measured,
    possible_classes,
    shares,
)

__all__ = [
    "DISCHARGE_GRADES",
    "OUTFALL_CLASSES",
    "Attainment",
    "Blackness",
    "Change",
    "Crop",
    "Elimination",
    "Exceedance",
    "InferiorSections",
    "Judgement",
    "MonthState",
    "PeriodMeans",
    "RiverEvaluation",
    "RiverGrade",
    "SectionClass",
    "Trend",
    "Trophic",
    "Verdict",
    "WaterClass",
    "attainment",
    "blackness_of",
    "blackness_of_point",
    "blackness_of_water",
    "city_index",
    "classify_groundwater",
    "classify_groundwater_item",
    "classify_item",
    "classify_section",
    "compare_grades",
    "compare_shares",
    "compensation",
    "discharge_exceedances",
    "discharge_verdict",
    "drinking_verdict",
    "elimination",
    "evaluate_river",
    "evaluated_items",
    "grade_of_class",
    "groundwater_items",
    "half_detection_limit",
    "heavy_reaches",
    "index_change",
    "inferior_sections",
    "irrigation_verdict",
    "length_shares",
    "main_pollutants_of_river",
    "months_of_samples",
    "months_of_section",
    "outfall_class",
    "outfall_code_fits",
    "outfall_gaps",
    "outfall_kinds",
    "outfall_list",
    "parse_measured",
    "possible_classes",
    "preferred_items",
    "quarter_means",
    "rank_trend",
    "rural_black_odorous",
    "shares",
    "source_exceedances",
    "survey_passes",
    "trophic_level",
    "water_quality_index",
    "year_means",
]
