"""The ground floor (基础): language, errors, periods and deadlines, rounding by GB/T 8170, quantities, YAML with lines.

Nothing here knows of air, water or any city.
"""

from lantu.base.deadlines import Deadline, FoundTime, find_times, parse_deadline
from lantu.base.errors import LantuError, Place, SeveralErrors
from lantu.base.language import Text, current_language, use_language
from lantu.base.periods import Period, Season
from lantu.base.quantities import Quantity, Unit, parse_unit, unit_title
from lantu.base.rounding import as_decimal, round_half_even
from lantu.base.text_file import read_utf8
from lantu.base.yaml_source import ClosedModel, read_model, read_yaml

__all__ = [
    "ClosedModel",
    "Deadline",
    "FoundTime",
    "LantuError",
    "Period",
    "Place",
    "Quantity",
    "Season",
    "SeveralErrors",
    "Text",
    "Unit",
    "as_decimal",
    "current_language",
    "find_times",
    "parse_deadline",
    "parse_unit",
    "read_model",
    "read_utf8",
    "read_yaml",
    "round_half_even",
    "unit_title",
    "use_language",
]
