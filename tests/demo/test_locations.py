"""Simulated entries lie near a station of their district, each at a place of its own that stays."""

from __future__ import annotations

import json

from lantu.demo.locations import Locations
from lantu.plan.packs import load_pack

PACK = load_pack("beijing/2021")


def test_every_street_has_a_place_in_its_district() -> None:
    locations = Locations(PACK)
    ledger = PACK.ledgers["construction_sites"]
    for street in PACK.areas.select("streets"):
        place = locations.place(ledger, street.code, "甲")
        assert place is not None, street.code
        longitude, latitude = (float(each) for each in place.split(","))
        assert 115.4 < longitude < 117.6, street.code
        assert 39.4 < latitude < 41.1, street.code


def test_places_are_the_same_for_the_same_key_only() -> None:
    ledger = PACK.ledgers["construction_sites"]
    first, again = (Locations(PACK).place(ledger, "110101001", "甲") for _ in range(2))
    assert first == again != Locations(PACK).place(ledger, "110101001", "乙")


def test_lines_and_areas_are_whole_and_ledgers_without_geometry_have_none() -> None:
    locations = Locations(PACK)
    for name, kind in (("black_odorous_waters", "LineString"), ("soil_plots", "Polygon")):
        place = locations.place(PACK.ledgers[name], "110101001", "甲")
        assert place is not None
        found = json.loads(place)
        assert found["type"] == kind
        corners = found["coordinates"] if kind == "LineString" else found["coordinates"][0]
        assert len({tuple(each) for each in corners}) == (3 if kind == "LineString" else 6)
        assert kind == "LineString" or corners[0] == corners[-1]
    assert locations.place(PACK.ledgers["fuel_samples"], "110101001", "甲") is None
    assert locations.place(PACK.ledgers["construction_sites"], "110000", "甲") is None
