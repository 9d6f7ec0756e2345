"""Places of entries on a map (位置): points, and lines and areas as GeoJSON, as `parts/map.html` draws them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import orjson

_DEPTH = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
MOST_CORNERS = 5000
"""A shape with more is not drawn on a page; its entry's place stays as it is kept."""


def point_of(place: str | None) -> tuple[float, float] | None:
    """Longitude and latitude of a kept place, in degrees (WGS 84); None where it has no point."""
    geometry = _geometry(place)
    if geometry is not None and geometry["type"] == "Point":
        return float(geometry["coordinates"][0]), float(geometry["coordinates"][1])
    parts = (place or "").split(",")
    try:
        longitude, latitude = (float(each) for each in parts)
    except ValueError:
        return None
    return (longitude, latitude) if _is_on_earth(longitude, latitude) else None


def shape_of(place: str | None) -> dict[str, Any] | None:
    """The line or area of a kept place as a GeoJSON geometry; None where it has none, or it is not whole."""
    found = _geometry(place)
    return found if found is not None and found["type"] != "Point" else None


def _geometry(place: str | None) -> dict[str, Any] | None:
    if not place or not place.lstrip().startswith("{"):
        return None
    try:
        found = orjson.loads(place)
    except orjson.JSONDecodeError:
        return None
    if isinstance(found, dict) and found.get("type") == "Feature":
        found = found.get("geometry")
    if not isinstance(found, dict) or found.get("type") not in _DEPTH:
        return None
    corners = list(_corners(found.get("coordinates"), _DEPTH[found["type"]]))
    if not corners or len(corners) > MOST_CORNERS or None in corners:
        return None
    return {"type": found["type"], "coordinates": found["coordinates"]}


def _corners(written: Any, depth: int) -> Iterator[tuple[float, float] | None]:
    """Every corner of a geometry; None for one that is none."""
    if not isinstance(written, list):
        yield None
    elif depth:
        for each in written:
            yield from _corners(each, depth - 1)
    elif len(written) >= 2 and all(isinstance(each, int | float) for each in written[:2]):
        yield (written[0], written[1]) if _is_on_earth(written[0], written[1]) else None
    else:
        yield None


def _is_on_earth(longitude: float, latitude: float) -> bool:
    return math.isfinite(longitude) and math.isfinite(latitude) and abs(longitude) <= 180 and abs(latitude) <= 90
