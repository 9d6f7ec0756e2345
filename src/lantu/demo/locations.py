"""Where the simulated entries lie (模拟位置): near a real station of their district, the same for the same key.

The offsets are invented; an entry may lie a little outside the outline of its area.
"""

from __future__ import annotations

import json
import math
import zlib
from typing import TYPE_CHECKING

from lantu.demo.events import DEGREE_KM

if TYPE_CHECKING:
    from lantu.ledgers import Ledger
    from lantu.plan.packs import Pack

STREET_KM, ENTRY_KM, SHAPE_KM = 2.0, 0.6, 0.25
"""How far a street lies from the station, an entry from the middle of its street, and a corner from the entry."""


class Locations:
    """The places of one city's entries.

    Args:
        pack: its stations give the middle of each district.
    """

    def __init__(self, pack: Pack) -> None:
        self._areas = pack.areas
        self._stations: dict[str, list[tuple[float, float]]] = {}
        for site in pack.sites.rows():
            if site.area is not None and site.lon is not None and site.lat is not None:
                self._stations.setdefault(site.area, []).append((site.lon, site.lat))

    def place(self, ledger: Ledger, area: str, key: str) -> str | None:
        """The place of an entry as a ledger keeps it; None where the ledger has none, or the area is the whole city."""
        if ledger.geometry == "none" or area not in self._areas:
            return None
        codes = (area, *(each.code for each in self._areas.ancestors(area)))
        stations = next((self._stations[code] for code in codes if code in self._stations), None)
        if stations is None or self._areas.get(area).level == "city":
            return None
        middle = stations[_number(area) % len(stations)]
        if self._areas.get(area).level != "district":
            middle = _moved(middle, area, STREET_KM)
        middle = _moved(middle, f"{ledger.ledger}/{key}", ENTRY_KM)
        if ledger.geometry == "point":
            return f"{middle[0]},{middle[1]}"
        corners = [list(_around(middle, angle)) for angle in range(0, 360, 60)]
        shape = (
            {"type": "LineString", "coordinates": [corners[0], list(middle), corners[2]]}
            if ledger.geometry == "line"
            else {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}
        )
        return json.dumps(shape)


def _number(text: str) -> int:
    return zlib.crc32(text.encode())


def _moved(place: tuple[float, float], name: str, most: float) -> tuple[float, float]:
    """A place at most so many kilometres away, in a direction and distance that the name decides."""
    number = _number(name)
    distance = most * math.sqrt((number >> 16) / 65536)
    return _at(place, math.radians(number % 360), distance)


def _around(place: tuple[float, float], degrees: int) -> tuple[float, float]:
    return _at(place, math.radians(degrees), SHAPE_KM)


def _at(place: tuple[float, float], angle: float, distance: float) -> tuple[float, float]:
    longitude, latitude = place
    east = distance * math.cos(angle) / (DEGREE_KM * math.cos(math.radians(latitude)))
    return round(longitude + east, 5), round(latitude + distance * math.sin(angle) / DEGREE_KM, 5)
