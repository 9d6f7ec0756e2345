"""Units and sites that make themselves look better in the simulated city are found, and only they."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from lantu.assessment import Target, Targets, assess
from lantu.base import Period
from lantu.demo import SimulatedCity
from lantu.indicators.points.site_claims import contradicted_sites
from lantu.lake import Lake
from lantu.ledgers import LedgerBook
from lantu.plan.packs import load_pack

PACK = load_pack("beijing/2021")
OCTOBER = Period.parse("2021-10")


def book_of(folder: Path) -> LedgerBook:
    return LedgerBook(PACK.ledgers, PACK.areas, PACK.units, folder)


def test_the_sites_that_lie_are_those_of_the_truth(made: tuple[Lake, LedgerBook, SimulatedCity]) -> None:
    lake, book, city = made
    found = contradicted_sites(lake, PACK.sites, PACK.areas, book, OCTOBER)
    assert sorted((each.site, each.by) for each in found) == sorted(
        (each["site"], each["by"]) for each in city.events.lying
    )
    assert {each.by for each in found} == {"check", "dust"}
    assert all(each.month == "2021-10" for each in found)
    assert "not kept: cover" in next(each.evidence.en for each in found if each.by == "check")
    assert len(book.entries("site_declarations").rows) > 2 * len(found)


def test_a_dusty_site_that_says_so_does_not_lie(made: tuple[Lake, LedgerBook, SimulatedCity]) -> None:
    lake, book, _ = made
    honest = {row.values["site"] for row in book.entries("site_declarations").rows if not row.values["in_order"]}
    assert honest
    assert not honest & {each.site for each in contradicted_sites(lake, PACK.sites, PACK.areas, book, OCTOBER)}


def test_other_months_and_a_workspace_without_declarations_have_none(
    made: tuple[Lake, LedgerBook, SimulatedCity], tmp_path: Path
) -> None:
    lake, book, _ = made
    assert contradicted_sites(lake, PACK.sites, PACK.areas, book, Period.parse("2021-09")) == []
    assert contradicted_sites(Lake(tmp_path), PACK.sites, PACK.areas, book_of(tmp_path), OCTOBER) == []


def test_what_is_declared_stands_beside_what_is_found(made: tuple[Lake, LedgerBook, SimulatedCity]) -> None:
    lake, book, city = made
    day = dt.date(2021, 1, 1)
    figures = [
        Target(commitment=t.commitment, area=t.area, value=t.value, unit=t.unit, reference="simulated", entered=day)
        for t in city.targets
    ]
    result = assess(PACK, lake, dt.date(2022, 12, 31), Targets(figures), book=book)
    assert city.events.rosy
    by_measure: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in result.rows:
        declared = row.clocks.declared.en if row.clocks else ""
        by_measure.setdefault((row.measure, row.area), []).append((row.status.value, declared))
    for rosy in city.events.rosy:
        found = by_measure[rosy["measure"], rosy["area"]]
        assert all(": done" in declared for _, declared in found), rosy
        assert "missed" in {status for status, _ in found}, rosy
    reported = [declared for pairs in by_measure.values() for _, declared in pairs if "reported" not in declared]
    assert {"delayed", "done"} <= {words.split(": ")[-1].split(" ")[0] for words in reported}
