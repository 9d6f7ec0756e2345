"""What was measured behind the reports of the simulated city is what the indicators find."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from lantu.base import Period
from lantu.demo import SimulatedCity
from lantu.demo.measured import ENTERPRISES, MATERIALS, VEHICLES
from lantu.indicators import compute
from lantu.indicators.registers.land import crops_within, soil_fit_for_use
from lantu.indicators.registers.three_rates import rate_of
from lantu.indicators.water.black_odorous import stays_clean
from lantu.lake import Lake
from lantu.ledgers import LedgerBook
from lantu.ledgers.judging import outcome
from lantu.plan.packs import load_pack

Made = tuple[Lake, LedgerBook, SimulatedCity]
PACK = load_pack("beijing/2021")
YEAR = Period.parse("2021")


def figure(made: Made, name: str) -> Decimal | None:
    lake, book, _ = made
    (value,) = compute(lake, PACK.sites, PACK.areas, name, "city", YEAR, book=book)
    return value.value


@pytest.mark.parametrize(
    ("ledger", "reported", "measured", "event"),
    [
        ("soil_plots", "requirement_met", soil_fit_for_use, "unfit_plots"),
        ("polluted_farmland", "crops_within", crops_within, "failing_crops"),
    ],
)
def test_plots_that_report_what_their_samples_or_crops_deny(
    made: Made, ledger: str, reported: str, measured: Callable[..., bool | None], event: str
) -> None:
    _, book, city = made
    plots = book.entries(ledger)
    against = {
        row.key for row in plots.rows if row.values.get(reported) is True and measured(row, plots, YEAR) is False
    }
    assert against == {each["plot"] for each in getattr(city.events, event)}
    assert against


def test_materials_over_their_limit(made: Made) -> None:
    _, book, city = made
    rows = book.entries("raw_materials").rows
    over = {row.key for row in rows if row.values["verdict"] == "over"}
    assert over == {each["batch"] for each in city.events.over_limit_materials}
    assert over
    # the limits say the same of the contents as they were written
    assert all(outcome("voc_content", row.values, row.values["bought_on"]) == row.values["verdict"] for row in rows)
    assert len(rows) <= ENTERPRISES[False] * len(MATERIALS)
    assert figure(made, "raw_materials_conforming_share") == pytest.approx(
        Decimal(100 * (len(rows) - len(over))) / len(rows)
    )


def test_treatment_that_runs_less_than_is_reported(made: Made) -> None:
    _, book, city = made
    rows = book.entries("voc_facilities").rows
    idle = {row.key for row in rows if (rate_of(row, "running") or 0) < (row.values.get("running") or 0)}
    assert idle == {each["facility"] for each in city.events.idle_facilities}
    assert 0 < len(idle) < len(rows) / 4


def test_repeat_offenders_with_and_without_passes(made: Made) -> None:
    _, _, city = made
    truth = city.events.offenders
    assert figure(made, "repeat_offender_vehicles") == truth["repeated"] == VEHICLES[False] // 5
    assert figure(made, "repeat_offenders_with_pass") == truth["with_pass"]
    assert figure(made, "over_limit_vehicles_without_pass") == truth["without_pass"]
    assert figure(made, "repeat_offenders_listed_share") == 100
    assert 0 < truth["with_pass"] < truth["repeated"]


def test_waters_that_are_black_again(made: Made) -> None:
    _, book, city = made
    waters = book.entries("black_odorous_waters")
    found = {row.key: stays_clean(row, waters, YEAR) for row in waters.rows}
    assert sorted(key for key, clean in found.items() if clean is False) == sorted(city.events.waters_again)
    assert sorted(key for key, clean in found.items() if clean) == sorted(city.events.waters_clean)
    assert figure(made, "black_odorous_waters_again") == len(city.events.waters_again) > 0
