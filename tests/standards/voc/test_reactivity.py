"""Ozone formation potential and OH reactivity of single VOC species."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from lantu.standards.voc.reactivity import (
    mass_concentration,
    oh_reactivity,
    ozone_formation,
    reference,
    voc_species,
)


def test_toluene_of_ten_micrograms() -> None:
    """OFP = 10 * 4.00 = 40 ug O3/m3; LOH = 5.63e-12 * 10 / 92.14 * 6.022e11 = 0.368 per second."""
    assert ozone_formation({"toluene": Decimal(10)}).total == 40
    assert ozone_formation({"toluene": Decimal(10)}, "china_2021").total == Decimal("21.2")
    assert round(oh_reactivity({"toluene": Decimal(10)}).total, 3) == Decimal("0.368")


def test_what_counts_most_comes_first() -> None:
    """Less propylene forms more ozone than much ethane."""
    found = ozone_formation({"ethane": Decimal(10), "propylene": Decimal(2), "benzene": Decimal(0), "styrene": None})
    assert found.ranked() == [("propylene", Decimal("23.4")), ("ethane", Decimal("2.8")), ("benzene", Decimal(0))]
    assert found.total == Decimal("26.2")


def test_xylenes_that_are_reported_together_are_split_in_equal_parts() -> None:
    """(9.75 + 5.84) / 2 = 7.795."""
    assert ozone_formation({"m_p_xylene": Decimal(2)}).total == Decimal("15.59")


def test_what_is_not_known_is_named() -> None:
    found = ozone_formation(
        {"total_voc": Decimal(300), "toluene": Decimal(1), "cyclopentane": Decimal(1)}, "china_2021"
    )
    assert found.unknown == ("total_voc", "cyclopentane")  # no MIR of China for cyclopentane
    assert list(found.by_species) == ["toluene"]


def test_the_measured_rate_constant_is_preferred() -> None:
    species = voc_species()
    assert species["toluene"].rate_constant == Decimal("5.63")
    assert species["acetylene"].rate_constant == Decimal("0.815")  # only estimated


@pytest.mark.parametrize(("ppb", "mass", "celsius", "found"), [(1, "92.14", 25, "3.766"), (1, "22.414", 0, "1.000")])
def test_mixing_ratios_become_mass(ppb: int, mass: str, celsius: int, found: str) -> None:
    assert round(mass_concentration(Decimal(ppb), Decimal(mass), Decimal(celsius)), 3) == Decimal(found)


def test_one_ppb_is_some_24_thousand_million_molecules_in_a_cubic_centimetre() -> None:
    """LOH of 1 ppb of a species = k * 2.46e10 at 25 degrees C and 1 atm."""
    ethylene = voc_species()["ethylene"]
    found = oh_reactivity({"ethylene": mass_concentration(Decimal(1), ethylene.molar_mass)}).total
    assert ethylene.rate_constant is not None
    assert round(found / ethylene.rate_constant / Decimal("1e-12") / Decimal("1e10"), 2) == Decimal("2.46")


def test_the_57_species_of_the_list_are_there_and_none_stands_twice() -> None:
    assert sum(each.pams for each in voc_species().values()) == 57
    assert len(voc_species()) == 79
    assert all(each.title.zh and each.title.en for each in voc_species().values())
    assert "Carter" in reference()


@pytest.mark.shared_data
def test_every_value_is_that_of_the_collected_table(shared_data: Path) -> None:
    path = shared_data.parent / "standards" / "air-mir.csv"
    if not path.exists():
        pytest.skip("the collected table is not beside the data")
    by_cas = {each.cas: each for each in voc_species().values()}
    with path.open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    for row in rows:
        species = by_cas[row["cas"]]
        columns = ("mw", "mir_carter2010", "mir_china_zhang2021", "koh_atkinson_1e-12", "koh_aopwin_1e-12")
        values = (species.molar_mass, species.mir, species.mir_china, species.oh_measured, species.oh_estimated)
        assert [None if row[c] in ("-", "") else Decimal(row[c]) for c in columns] == list(values), row["species"]
    assert len(rows) == len(by_cas)
