"""How likely a figure is kept, by the seasons of past years."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from lantu.assessment.projection import project
from lantu.assessment.verdict import Limit
from lantu.base import Period, Text
from lantu.indicators import IndicatorValue, get_indicator

YEAR = Period.year(2021)
AS_OF = dt.date(2021, 9, 30)  # 273 days are known, 92 are to come
PM25 = get_indicator("pm25_mean")
HEAVY = get_indicator("heavy_pollution_days")


def value(number: float, n: int = 273) -> IndicatorValue:
    exact = Decimal(str(number))
    return IndicatorValue("x", "C", Text("市", "city"), "2021", exact, exact, "1", n, 273, True)


def limit(number: int, comparator: str = "<=") -> Limit:
    return Limit(Decimal(number), comparator, Text("限值", "the limit"))


def past(*levels: float, first: int = 2020) -> dict[dt.date, float]:
    """Years of the same value every day."""
    days: dict[dt.date, float] = {}
    for index, level in enumerate(levels):
        start = dt.date(first - index, 1, 1)
        days.update({start + dt.timedelta(days=i): level for i in range(365)})
    return days


def likely(found: object) -> float:
    assert found is not None
    return found.probability  # type: ignore[attr-defined,no-any-return]


def test_a_past_that_never_varies_gives_a_certain_answer() -> None:
    # 273 days of 30 and 92 of 60: the year would be 37.6
    for bound, probability in ((38, 1.0), (37, 0.0)):
        assert likely(project(past(60), YEAR, AS_OF, PM25, value(30), limit(bound), "s")) == probability


def test_two_pasts_share_the_draws() -> None:
    # nineteen blocks of five days, each from a year of 20 or of 60: 40 on average, the year about 32.5
    found = likely(project(past(20, 60), YEAR, AS_OF, PM25, value(30), limit(32), "s"))
    assert 0.2 < found < 0.8
    assert likely(project(past(20, 60), YEAR, AS_OF, PM25, value(30), limit(36), "s")) == 1.0


def test_days_are_counted_on() -> None:
    episodes = {day: float(day.day == 1) for day in past(0)}
    # October to December have three first days of a month; drawn with replacement there are between none and many
    assert 0 < likely(project(episodes, YEAR, AS_OF, HEAVY, value(5), limit(8), "s")) < 1
    assert likely(project(episodes, YEAR, AS_OF, HEAVY, value(9), limit(8), "s")) == 0.0


def test_without_a_past_season_nothing_is_said() -> None:
    assert project({}, YEAR, AS_OF, PM25, value(30), limit(38), "s") is None
    spring = {day: 30.0 for day in past(30) if day.month < 6}
    assert project(spring, YEAR, AS_OF, PM25, value(30), limit(38), "s") is None
    assert project(past(30), YEAR, YEAR.end, PM25, value(30), limit(38), "s") is None


@settings(deadline=None)  # a busy machine takes longer now and then
@given(level=st.floats(5, 300), seed=st.text(max_size=8))
def test_the_same_seed_gives_the_same_answer(level: float, seed: str) -> None:
    days = past(level, level / 2)
    first = project(days, YEAR, AS_OF, PM25, value(35), limit(38), seed)
    assert first == project(days, YEAR, AS_OF, PM25, value(35), limit(38), seed)
    assert first is not None
    assert 0 <= first.probability <= 1
    assert first.years == (2019, 2020)
