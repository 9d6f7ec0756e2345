"""Places of entries: points, lines and areas as they are kept, and what is not one of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.site.test_entries import Browsers, streets_of

from lantu.site.places import MOST_CORNERS, point_of, shape_of

SQUARE = {"type": "Polygon", "coordinates": [[[116.3, 39.9], [116.4, 39.9], [116.4, 40.0], [116.3, 39.9]]]}
LINE = {"type": "LineString", "coordinates": [[116.3, 39.9], [116.5, 39.95]]}


def test_a_point_is_read_in_both_ways_of_writing_it() -> None:
    assert point_of("116.41,39.92") == (116.41, 39.92)
    assert point_of(json.dumps({"type": "Point", "coordinates": [116.41, 39.92, 44.0]})) == (116.41, 39.92)
    assert shape_of("116.41,39.92") is None


@pytest.mark.parametrize("geometry", [SQUARE, LINE, {"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"]]}])
def test_lines_and_areas_are_drawn_as_they_are(geometry: dict[str, Any]) -> None:
    assert shape_of(json.dumps(geometry)) == geometry
    assert shape_of(json.dumps({"type": "Feature", "properties": {"x": "<b>"}, "geometry": geometry})) == geometry
    assert point_of(json.dumps(geometry)) is None


@pytest.mark.parametrize(
    "place",
    [
        None,
        "",
        "116.4",
        "116.4,here",
        "nan,39.9",
        "399.1,39.9",
        "{",
        "{}",
        '{"type": "Polygon"}',
        '{"type": "Polygon", "coordinates": [[["<script>", 39.9]]]}',
        '{"type": "LineString", "coordinates": [[116.3], [116.4]]}',
        '{"type": "LineString", "coordinates": [[116.3, 139.9], [116.4, 39.9]]}',
        '{"type": "GeometryCollection", "geometries": []}',
        json.dumps({"type": "LineString", "coordinates": [[116.3, 39.9]] * (MOST_CORNERS + 1)}),
    ],
)
def test_what_is_no_place_is_not_drawn(place: str | None) -> None:
    assert point_of(place) is None
    assert shape_of(place) is None


def test_an_area_and_a_point_stand_on_the_map_and_in_the_list_beside_it(city: Any, signed_in: Browsers) -> None:
    browser, area = signed_in("district1"), streets_of("district1")[0]
    values = {"name": "一号口", "kind": "industrial", "river": "清河", "found_on": "2021-05-01", "problem": "yes"}
    for number, place in (("TU-1", json.dumps(SQUARE)), ("TU-2", "116.41,39.92"), ("TU-3", None)):
        given = {"area": area, "place": place, "values": {**values, "number": number}}
        entered = browser.post("/api/ledgers/outfalls/entries", given, content_type="application/json")
        assert entered.status_code == 201, entered.content.decode()
    data = browser.get("/ledgers/outfalls.json", {"view": "map", "q": "TU-"}).json()["map"]
    (shape,), (point,) = data["shapes"], data["points"]
    assert shape["geometry"] == SQUARE
    assert shape["url"] == "/ledgers/outfalls/TU-1"
    assert (point["lon"], point["lat"]) == (116.41, 39.92)
    assert [each["url"] for each in data["listed"]] == ["/ledgers/outfalls/TU-2", "/ledgers/outfalls/TU-1"]
    page = browser.get("/ledgers/outfalls", {"view": "map", "q": "TU-"}).content.decode()
    assert page.count('href="/ledgers/outfalls/TU-') == 2
    entry = browser.get("/ledgers/outfalls/TU-1.json").json()
    assert entry["entry"]["place"]
    assert "place-shapes" in browser.get("/ledgers/outfalls/TU-1").content.decode()
