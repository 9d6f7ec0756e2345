"""The kind `level`: what is said of a value against its limit, at every stage of a period."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from lantu.assessment.level import Limit, fulfils, judge, limit_of
from lantu.assessment.model import Status
from lantu.assessment.targets import Target, Targets
from lantu.base import Period, Text
from lantu.indicators import IndicatorValue, get_indicator
from lantu.plan.commitments import LevelCommitment

YEAR = Period.year(2021)
END = dt.date(2021, 12, 31)


def commitment(**more: object) -> LevelCommitment:
    return LevelCommitment.model_validate(
        {
            "id": "air-1-1/pm25",
            "title": Text("浓度", "concentration"),
            "kind": "level",
            "indicator": "pm25_mean",
            "comparator": "<",
            "limit": {"value": 40, "unit": "μg/m³"},
            "areas": "city",
            "period": 2021,
            **more,
        }
    )


def value(number: str | None, n: int = 365, valid: bool = True, name: str = "pm25_mean") -> IndicatorValue:
    exact = None if number is None else Decimal(number)
    rounded = None if exact is None else round(exact)
    reason = None if valid else Text("数据不足", "too few data")
    shown = None if rounded is None else Decimal(rounded)
    city = Text("市", "city")
    return IndicatorValue(name, "110000", city, "2021", exact, shown, "μg/m³", n, 365, valid, reason)


def limit(number: str, comparator: str = "<", **more: object) -> Limit:
    return Limit(Decimal(number), comparator, Text("限值", "the limit"), **more)  # type: ignore[arg-type]


def verdict(found: IndicatorValue, held: Limit, as_of: dt.date = END, accept: float | None = None, **more: object):
    return judge(commitment(**more), YEAR, as_of, get_indicator(found.indicator), found, held, accept)


@pytest.mark.parametrize(
    ("number", "bound", "status"),
    [
        ("38.6", "40", Status.MET),
        ("39.4", "40", Status.MET),
        ("39.6", "40", Status.MISSED),
        ("41", "40", Status.MISSED),
    ],
)
def test_rounded_values_are_compared(number: str, bound: str, status: Status) -> None:
    """39.6 rounds to 40, which is not below 40."""
    assert verdict(value(number), limit(bound)).status is status


def test_an_incomplete_year_is_unknown_but_points_somewhere() -> None:
    found = verdict(value("35", n=300, valid=False), limit("40"))
    assert found.status is Status.UNKNOWN
    assert found.indication is Status.MET
    # 300 days of 35 leave (39.5 * 365 - 35 * 300) / 65 for the others
    assert found.remaining == Decimal("60.2")
    assert "60.2" in str(found.reason)


def test_what_no_missing_day_can_turn_is_missed() -> None:
    found = verdict(value("52", n=300, valid=False), limit("40"))
    assert found.status is Status.MISSED
    assert "whatever the missing days were" in str(found.reason)


def test_a_declared_lower_coverage_gives_a_verdict_that_says_so() -> None:
    incomplete = value("35", n=300, valid=False)
    found = verdict(incomplete, limit("40"), accept=0.8)
    assert found.status is Status.MET
    assert "declared minimum coverage of 80%" in str(found.reason)
    assert verdict(incomplete, limit("40"), accept=0.9).status is Status.UNKNOWN
    weak_baseline = limit("40", coverage=0.5, complete=False)
    assert verdict(value("35"), weak_baseline, accept=0.8).status is Status.UNKNOWN


def test_an_incomplete_baseline_gives_no_verdict() -> None:
    found = verdict(value("35"), limit("40", complete=False))
    assert found.status is Status.UNKNOWN
    assert found.indication is Status.MET
    assert "baseline" in str(found.reason)


def test_under_way_it_is_on_course_at_risk_or_out_of_reach() -> None:
    june = dt.date(2021, 6, 30)
    assert verdict(value("35", n=181), limit("40"), june).status is Status.ON_COURSE
    assert verdict(value("45", n=181), limit("40"), june).status is Status.AT_RISK
    assert verdict(value("90", n=181), limit("40"), june).status is Status.MISSED


def test_days_that_are_left_of_a_count() -> None:
    days = value("4", n=181, name="heavy_pollution_days")
    found = verdict(days, limit("10"), dt.date(2021, 6, 30), indicator="heavy_pollution_days")
    assert found.status is Status.ON_COURSE
    assert found.remaining == 5
    too_many = value("10", n=181, name="heavy_pollution_days")
    assert verdict(too_many, limit("10"), dt.date(2021, 6, 30)).status is Status.MISSED


def test_no_data_is_unknown() -> None:
    found = verdict(value(None, n=0, valid=False), limit("40"))
    assert found.status is Status.UNKNOWN
    assert found.indication is None


def test_about_needs_a_tolerance() -> None:
    assert fulfils(Decimal("6"), limit("6", "about")) is True
    assert fulfils(Decimal("7"), limit("6", "about")) is None
    assert fulfils(Decimal("7"), limit("6", "about", tolerance=Decimal(1))) is True
    assert fulfils(Decimal("8"), limit("6", "about", tolerance=Decimal(1))) is False
    assert fulfils(Decimal("2"), limit("0", "<="), "basically") is None
    assert fulfils(Decimal("0"), limit("0", "<="), "basically") is True


def test_a_figure_that_another_document_sets() -> None:
    """Unknown until it is entered; then judged in the indicator's unit, with its reference."""
    promised = commitment(limit=None, target={"unit": "mg/m³"}, comparator="<=")
    indicator = get_indicator("pm25_mean")
    missing = limit_of(promised, "110000", indicator, None, Targets([]), END)
    assert "not entered yet" in str(missing)
    entered = Target(
        commitment="air-1-1/pm25",
        area="110000",
        value=Decimal("0.038"),
        unit="mg/m³",
        reference="a letter of the ministry",
        entered=dt.date(2021, 3, 1),
    )
    held = limit_of(promised, "110000", indicator, None, Targets([entered]), END)
    assert isinstance(held, Limit)
    assert held.value == 38
    found = judge(promised, YEAR, END, indicator, value("38.2"), held)
    assert found.status is Status.MET
    assert "a letter of the ministry" in str(found.reason)


def test_a_reduction_on_the_baseline() -> None:
    promised = commitment(limit=None, baseline={"period": 2020, "unit": "μg/m³", "change": -10}, comparator="<=")
    held = limit_of(promised, "110000", get_indicator("pm25_mean"), value("40"), Targets([]), END)
    assert isinstance(held, Limit)
    assert (held.value, held.complete) == (36, True)
