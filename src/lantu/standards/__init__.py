"""The law as dated data (标准): parameters with unit, dates, reference and certainty, and the methods of the standards.

`catalogue()` holds every parameter; `lantu.standards.air` the methods for ambient air (GB 3095, HJ 633, HJ 663).
A value that a source could not confirm is marked unverified and stays editable in a pack's own folder of parameters.
"""

from lantu.standards.catalogue import Catalogue, catalogue
from lantu.standards.parameter import DatedValue, Parameter, Readings, Value, Verified, parameters_read

__all__ = [
    "Catalogue",
    "DatedValue",
    "Parameter",
    "Readings",
    "Value",
    "Verified",
    "catalogue",
    "parameters_read",
]
