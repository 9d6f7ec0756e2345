"""VOC content of products: the tables, equal to a limit, dates, what is not known."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantu.base import LantuError
from lantu.standards import Verified, catalogue
from lantu.standards.voc.products import (
    PRODUCTS,
    ContentVerdict,
    content_limit,
    is_low_voc,
    judge_content,
    judge_substance,
    substance_limit,
)

DAY = dt.date(2021, 12, 31)


@pytest.mark.parametrize(
    ("category", "limit", "unit", "verified"),
    [
        (("adhesive", "solvent", "packaging", "chloroprene"), 600, "g/L", Verified.SECONDARY),
        (("adhesive", "solvent", "special", "chloroprene"), 850, "g/L", Verified.UNVERIFIED),
        (("adhesive", "bulk", "construction", "ms"), 100, "g/kg", Verified.UNVERIFIED),
        (("adhesive", "bulk", "assembly", "ms"), 50, "g/kg", Verified.UNVERIFIED),
        (("cleaning_agent", "water"), 50, "g/L", Verified.SECONDARY),
        (("cleaning_agent", "semi_aqueous"), 300, "g/L", Verified.UNVERIFIED),
        (("industrial_coating", "electronics", "solvent", "top"), 700, "g/L", Verified.SECONDARY),
        (("industrial_coating", "containers", "solvent_free", "primer"), 100, "g/L", Verified.SECONDARY),
        (("vehicle_coating", "solvent", "truck", "effect_base_high_decoration"), 840, "g/L", Verified.SECONDARY),
        (("wall_coating", "interior", "water"), 80, "g/L", Verified.SECONDARY),
        (("wall_coating", "putty", "interior"), 10, "g/kg", Verified.UNVERIFIED),
        (("ink", "water_absorbent", "flexo"), 5, "%", Verified.SECONDARY),
        (("ink", "intaglio", "sheet"), 20, "%", Verified.SECONDARY),
    ],
)
def test_limits_of_the_tables(category: tuple[str, ...], limit: int, unit: str, verified: Verified) -> None:
    found = content_limit(*category, day=DAY)
    assert found is not None
    assert (found.limit, found.unit, found.verified) == (limit, unit, verified)
    assert found.is_unverified == (verified is Verified.UNVERIFIED)


@pytest.mark.parametrize(
    ("category", "day"),
    [
        (("ink", "solvent", "gravure"), dt.date(2021, 3, 31)),
        (("adhesive", "solvent", "other", "sbs"), dt.date(2020, 11, 30)),
        (("vehicle_coating", "solvent", "car", "base"), dt.date(2026, 6, 1)),
        (("vehicle_coating", "solvent", "car", "primer"), DAY),
        (("adhesive", "solvent", "special", "sbs"), DAY),
        (("wall_coating", "floor", "water"), DAY),
        (("ink", "solvent"), DAY),
    ],
)
def test_what_is_not_known_is_said(category: tuple[str, ...], day: dt.date) -> None:
    judged = judge_content(*category, content=Decimal(1), day=day)
    assert (judged.verdict, judged.limit, judged.unverified) == (ContentVerdict.UNKNOWN, None, ())


def test_first_and_last_day_of_a_standard() -> None:
    assert content_limit("ink", "solvent", "gravure", day=dt.date(2021, 4, 1)) is not None
    assert content_limit("vehicle_coating", "solvent", "car", "base", day=dt.date(2026, 5, 31)) is not None


def test_equal_to_the_limit_conforms() -> None:
    assert judge_content("ink", "solvent", "inkjet", content=Decimal(95), day=DAY).verdict is ContentVerdict.CONFORMING
    assert judge_content("ink", "solvent", "inkjet", content=Decimal("95.01"), day=DAY).verdict is ContentVerdict.OVER
    judged = judge_content("cleaning_agent", "organic_solvent", content=Decimal(901), day=DAY)
    assert (str(judged.verdict.title), judged.unverified) == ("over the limit", ("voc.content.cleaning_agent.others",))


def test_harmful_substances() -> None:
    assert judge_substance("wall_coating", "formaldehyde", content=Decimal(50), day=DAY).verdict.value == "conforming"
    judged = judge_substance("cleaning_agent", "water", "benzene_series", content=Decimal("0.6"), day=DAY)
    assert judged.verdict is ContentVerdict.OVER
    assert judged.unverified
    assert substance_limit("cleaning_agent", "organic_solvent", "formaldehyde", day=DAY) is None


def test_low_voc() -> None:
    def low(*category: str, content: str, day: dt.date = DAY) -> bool | None:
        return is_low_voc(*category, content=Decimal(content), day=day)

    assert low("ink", "offset", "sheet_fed", content="3")
    assert low("ink", "offset", "sheet_fed", content="3.1") is False
    assert low("ink", "solvent", "gravure", content="10") is False
    assert low("ink", "offset", "unknown", content="1") is None
    assert low("ink", "offset", "sheet_fed", content="1", day=dt.date(2021, 3, 1)) is None
    assert low("cleaning_agent", "semi_aqueous", content="100")
    assert low("cleaning_agent", "semi_aqueous", content="101") is False
    assert low("cleaning_agent", "organic_solvent", content="1") is None
    assert low("wall_coating", "interior", "water", content="1") is None


def test_an_unknown_product_is_an_error() -> None:
    with pytest.raises(LantuError, match="there is no product 'soap'"):
        content_limit("soap", day=DAY)


def _rows() -> list[tuple[str, tuple[str, ...], Decimal]]:
    return [
        (product, tuple(words), limit)
        for product in PRODUCTS
        for each in catalogue().parameters()
        if each.name.startswith(f"voc.content.{product}.")
        for *words, limit in each.values[-1].value
    ]


def test_no_category_stands_twice() -> None:
    keys = [(product, words) for product, words, _ in _rows()]
    assert len(keys) == len(set(keys))


@given(st.sampled_from(_rows()), st.decimals(0, 1000, places=2))
def test_a_row_judges_by_its_own_limit(row: tuple[str, tuple[str, ...], Decimal], content: Decimal) -> None:
    product, words, limit = row
    verdict = judge_content(product, *words, content=content, day=DAY).verdict
    assert verdict is (ContentVerdict.OVER if content > limit else ContentVerdict.CONFORMING)
