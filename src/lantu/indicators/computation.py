"""From a name, an area and a period to values: the way that commands and the assessment take."""

from __future__ import annotations

from collections import OrderedDict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Period, Text, round_half_even
from lantu.indicators import cache
from lantu.indicators.family import Family, Sources, Target, Versions
from lantu.indicators.registry import Indicator, get_indicator
from lantu.indicators.values import Figure, IndicatorValue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lantu.indicators.exclusions import Exclusion
    from lantu.lake import Lake
    from lantu.ledgers import LedgerBook
    from lantu.places import AreaTree, SiteRegister

NO_DATA = Text("无数据", "no data")


def compute(
    lake: Lake,
    sites: SiteRegister,
    areas: AreaTree,
    name: str,
    selection: str | Sequence[str],
    period: Period,
    version: int | None = None,
    book: LedgerBook | None = None,
    left_out: Sequence[Exclusion] = (),
) -> list[IndicatorValue]:
    """The values of an indicator.

    Args:
        lake: where the observations are.
        sites: which station stands where and when.
        areas: the area tree.
        name: the indicator.
        selection: a code, a name, a level (`city`, `districts`, `streets`, `stations`), a station's or an object's
            name, or a list.
        period: the period.
        version: compute from an older version of the dataset.
        book: the ledgers, for indicators that read them.
        left_out: exclusions whose observations are not to be read.

    Returns:
        One value for each area, in the order asked for; without data the value is None and says so.

    Raises:
        LantuError: an unknown indicator or area, or a period that the indicator is not defined for.
    """
    found = get_indicator(name)
    _check_period(found, period)
    family = found.family
    sources = Sources(lake, sites, areas, book, tuple(each for each in left_out if each.dataset in family.datasets))
    targets = family.targets(sources, selection, period)
    versions = family.versions(sources, version)
    read = (period, period.years_before()) if found.needs_year_before else (period,)
    key = cache.key_of(sources, family, versions, name, period, targets, read)
    figures = cache.read(lake, key)
    if figures is None:
        figures = _figures(sources, found, targets, period, versions)
        cache.write(lake, key, figures)
    simulated = any(each is not None for each in versions.values()) and family.is_simulated(sources)
    decimals = found.decimals_at(period.end)
    return [
        IndicatorValue(
            found.name,
            target.code,
            target.title,
            period.label,
            figure.value,
            None if figure.value is None else _rounded(found, figure.value, decimals),
            found.unit,
            figure.n,
            figure.expected,
            figure.valid,
            figure.reason,
            simulated,
            {**versions, "lantu": cache.code_version()},
            figure.unverified,
        )
        for target, figure in zip(targets, figures, strict=True)
    ]


def _rounded(indicator: Indicator, value: Decimal, decimals: int) -> Decimal:
    """The value as it is published. A share just below all is never rounded to all (达标率 99.98 % is not 100 %)."""
    # Snapped to the sixth decimal first: the daily values carry nine, so that an exact half stays one.
    rounded = round_half_even(round_half_even(value, 6), decimals)
    if indicator.statistic == "share" and indicator.unit == "%" and value < 100 <= rounded:
        return rounded - Decimal(1).scaleb(-decimals)
    return rounded


def _check_period(indicator: Indicator, period: Period) -> None:
    if period.kind not in indicator.periods:
        known = " ".join(indicator.periods)
        raise LantuError(
            Text(
                f"指标 {indicator.name} 不按“{period.kind}”计算",
                f"{indicator.name} is not defined for a period of kind '{period.kind}'",
            ),
            mend=Text(f"可用：{known}", f"defined for: {known}"),
        )


def _figures(
    sources: Sources, indicator: Indicator, targets: Sequence[Target], period: Period, versions: Versions
) -> list[Figure]:
    if all(version is None for version in versions.values()):
        return [Figure(None, 0, period.days, False, NO_DATA) for _ in targets]
    now = _statistics(sources, indicator.family, targets, period, versions)
    if not indicator.needs_year_before:
        return [indicator.function(now[target.code]) for target in targets]
    before = _statistics(sources, indicator.family, targets, period.years_before(), versions)
    return [indicator.function(now[target.code], before[target.code]) for target in targets]


def daily_values(sources: Sources, family: Family, targets: Sequence[Target], period: Period) -> Mapping[str, Any]:
    """The daily values of a family that has such, by the target's code; kept while the files of these days stay."""
    assert family.daily is not None
    versions = family.versions(sources)
    key = cache.daily_key(sources, family, versions, period, targets)
    found = None if key is None else cache.read_daily(sources.lake, key)
    if found is None:
        found = family.daily(sources, targets, period, versions)
        if key is not None:
            cache.write_daily(sources.lake, key, found)
    return found


_recent: OrderedDict[str, Mapping[str, Any]] = OrderedDict()
_KEPT = 8


def _statistics(
    sources: Sources, family: Family, targets: Sequence[Target], period: Period, versions: Versions
) -> Mapping[str, Any]:
    """The statistics that several indicators pick from; the latest ones are kept while the process runs."""
    key = f"{sources.lake.path}|{cache.key_of(sources, family, versions, '', period, targets)}"
    if key not in _recent:
        _recent[key] = family.statistics(sources, targets, period, versions)
        while len(_recent) > _KEPT:
            _recent.popitem(last=False)
    return _recent[key]
