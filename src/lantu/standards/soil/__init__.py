"""Soil (土壤): farmland by GB 15618-2018, construction land by GB 36600-2018, crops by GB 2762."""

from lantu.standards.soil.construction import (
    SoilItem,
    SoilRisk,
    basic_items,
    evaluate_soil,
    evaluate_soil_item,
    land_class_of_use,
    missing_basic_items,
)
from lantu.standards.soil.crops import CropMetal, crop_within, crops_of_plot_within, evaluate_crop
from lantu.standards.soil.farmland import (
    FarmlandItem,
    FarmlandSample,
    LandClass,
    class_of_unit,
    classify_farmland,
    evaluate_farmland_item,
)

__all__ = [
    "CropMetal",
    "FarmlandItem",
    "FarmlandSample",
    "LandClass",
    "SoilItem",
    "SoilRisk",
    "basic_items",
    "class_of_unit",
    "classify_farmland",
    "crop_within",
    "crops_of_plot_within",
    "evaluate_crop",
    "evaluate_farmland_item",
    "evaluate_soil",
    "evaluate_soil_item",
    "land_class_of_use",
    "missing_basic_items",
]
