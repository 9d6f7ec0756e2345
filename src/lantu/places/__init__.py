"""The places (地方): the tree of areas, the register of public bodies, monitoring sites and the calendar of a city.

All that is particular to one city stands in its pack; here is only how it is read, found and resolved.
"""

from lantu.places.areas import Area, AreaTree
from lantu.places.calendar import load_calendar, read_calendar
from lantu.places.sites import DatedSite, SiteRegister
from lantu.places.units import Resolution, UnitRegister
from lantu.places.working_days import DueDay, WorkingDays

__all__ = [
    "Area",
    "AreaTree",
    "DatedSite",
    "DueDay",
    "Resolution",
    "SiteRegister",
    "UnitRegister",
    "WorkingDays",
    "load_calendar",
    "read_calendar",
]
