"""One duty graph: who owes what by the plan; groups, names with brackets, wordings that name nobody."""

from __future__ import annotations

import dataclasses

import pytest

from lantu.office.duties import Duties, bodies_of, duties_in, duties_of, must_report, unnamed
from lantu.plan.packs import Pack, load_pack

ECONOMY = "市经济和信息化局"
BRACKETED = "市经济和信息化局(市新能源汽车联席会议办公室)"


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("beijing/2021")


def with_units(pack: Pack, **units: list[str]) -> Pack:
    """The pack with other units on its first measure."""
    changed = dataclasses.replace(pack)
    first, *others = pack.measures.values()
    bare = first.model_copy(update={"lead": [], "responsible": [], "assisting": [], **units})
    changed.__dict__["measures"] = {bare.id: bare, **{each.id: each for each in others}}
    return changed


def test_a_name_with_brackets_obliges_the_body_before_them(pack: Pack) -> None:
    changed = with_units(pack, lead=[BRACKETED])
    measure = next(iter(changed.measures))
    assert bodies_of(changed, BRACKETED) == [ECONOMY]
    (reporting,) = [duty for duty in must_report(changed) if duty.measure == measure]
    assert (reporting.unit, reporting.role, reporting.through) == (ECONOMY, "lead", BRACKETED)
    assert reporting in duties_of(changed, ECONOMY), "the same body finds it under its own name"
    assert duties_of(changed, BRACKETED) == []
    graph = Duties(changed)
    assert measure in [duty.measure for duty in graph.of(ECONOMY)]
    assert BRACKETED not in graph.units()
    assert graph.ledgers_of_measure(measure) <= graph.ledgers(ECONOMY)


def test_a_body_named_twice_has_the_first_of_its_roles(pack: Pack) -> None:
    changed = with_units(pack, lead=[BRACKETED], responsible=[ECONOMY], assisting=["ALL_DISTRICTS_AND_BDA"])
    measure = next(iter(changed.measures))
    roles = {duty.unit: duty.role for duty in duties_in(changed) if duty.measure == measure}
    assert roles[ECONOMY] == "lead"
    assert len(roles) == 18, "the body, 16 districts and the development area"
    (duty,) = [duty for duty in duties_in(changed) if duty.measure == measure and duty.unit == "东城区政府"]
    assert (duty.role, duty.area, duty.through) == ("assisting", "110101", "ALL_DISTRICTS_AND_BDA")


@pytest.mark.parametrize("wording", ["市有关部门", "OPEN_LIST", "DISTRICTS_CONCERNED", "没有这个单位"])
def test_a_wording_that_names_no_body_obliges_nobody(pack: Pack, wording: str) -> None:
    changed = with_units(pack, lead=[wording])
    measure = next(iter(changed.measures))
    assert [duty for duty in duties_in(changed) if duty.measure == measure] == []
    assert (measure, wording) in unnamed(changed)


def test_who_reports_has_the_duty_and_may_see_its_ledgers(pack: Pack) -> None:
    graph = Duties(pack)
    for duty in must_report(pack):
        assert duty.measure in [each.measure for each in graph.of(duty.unit)], duty
