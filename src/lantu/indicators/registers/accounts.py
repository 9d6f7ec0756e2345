"""Yearly accounts (年度核算): totals that another body states for a year, entered with their source and their unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from lantu.base import LantuError, Period, Quantity, Text, as_decimal
from lantu.indicators.registers.family import register_family
from lantu.indicators.registry import AREA_LEVELS, indicator
from lantu.indicators.values import Figure
from lantu.ledgers import Entries, Entry

LEDGER = "annual_accounts"
NO_WATER = Text("缺用水总量", "water use is missing")
NO_PRODUCT = Text("缺地区生产总值", "the gross domestic product is missing")
NOT_ENTERED = Text("该年数据尚未录入", "the figure of the year was not entered yet")


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of one place: (account, year, month) to the latest entry."""

    entries: dict[tuple[str, int, int], Entry]
    period: Period

    def amount(self, account: str, unit: str) -> tuple[Decimal | None, int, bool, Text | None]:
        """An account's total over the period in `unit`: the year's entry, else the sum of its months.

        Returns:
            the amount, how many months it covers, whether all of them are there, and why not.
        """
        year = self.period.start.year
        months = [month.start.month for month in self.period.months()]
        whole = self.entries.get((account, year, 0))
        if whole is not None and len(months) == 12:
            return self._in(whole, unit), 12, True, None
        rows = [row for month in months if (row := self.entries.get((account, year, month))) is not None]
        if not rows:
            return None, 0, False, NOT_ENTERED
        total = sum((self._in(row, unit) for row in rows), Decimal(0))
        complete = len(rows) == len(months)
        reason = (
            None
            if complete
            else Text(f"{len(months)} 个月中有 {len(rows)} 个月", f"{len(rows)} of {len(months)} months")
        )
        return total, len(rows), complete, reason

    @staticmethod
    def _in(row: Entry, unit: str) -> Decimal:
        return Quantity.of(as_decimal(row.values["amount"]), row.values["unit"]).to(unit).value


def _accounts(rows: list[Entry], _entries: Entries, period: Period) -> Accounts:
    found: dict[tuple[str, int, int], Entry] = {}
    for row in rows:
        values = row.values
        key = (values["account"], values["year"], values["month"])
        # a final figure replaces a preliminary one
        if key not in found or row.state == "final":
            found[key] = row
    return Accounts(found, period)


def _chosen(entries: Entries, area: str, _period: Period) -> list[Entry]:
    return entries.by("place").get(area, [])


ACCOUNTS = register_family("annual_accounts", LEDGER, _accounts, _chosen)


def _figure(of: Callable[[Accounts], Figure]) -> Callable[[Accounts | None], Figure]:
    def function(accounts: Accounts | None) -> Figure:
        if accounts is None:
            return Figure(None, 0, 12, False, NOT_ENTERED)
        try:
            return of(accounts)
        except LantuError as error:
            return Figure(None, 0, 12, False, error.what)

    return function


def _total(account: str, unit: str) -> Callable[[Accounts], Figure]:
    def of(accounts: Accounts) -> Figure:
        amount, months, complete, reason = accounts.amount(account, unit)
        return Figure(amount, months, len(accounts.period.months()), complete, reason)

    return of


_TOTALS: tuple[tuple[str, Text, str, str, int], ...] = (
    ("energy_consumption", Text("能源消耗总量", "energy consumption"), "energy_consumption", "万吨标煤", 1),
    ("water_use", Text("用水总量", "water use"), "water_use", "亿立方米", 2),
    ("reclaimed_water_use", Text("再生水利用量", "use of reclaimed water"), "reclaimed_water_use", "亿立方米", 2),
    ("green_power_brought_in", Text("外调绿电量", "green power brought in"), "green_power_brought_in", "亿千瓦时", 1),
    (
        "petrochemical_voc_emission",
        Text("石化企业VOCs排放量", "VOC emission of petrochemical plants"),
        "petrochemical_voc_emission",
        "吨",
        1,
    ),
)

for _name, _title, _account, _unit, _decimals in _TOTALS:
    indicator(
        name=_name,
        title=_title,
        unit=_unit,
        statistic="total",
        quantity=_decimals,
        reference="the body that states the total, named in each entry",
        family=ACCOUNTS,
        levels=AREA_LEVELS,
        definition=f"the account {_account} of the year, else the sum of its months, converted to {_unit}",
    )(_figure(_total(_account, _unit)))


@indicator(
    name="water_use_per_gdp",
    title=Text("万元地区生产总值用水量", "water use per 10⁴ yuan of product"),
    unit="立方米/万元",
    statistic="ratio",
    quantity=2,
    reference="practice of the water bulletins: total water use / gross domestic product",
    family=ACCOUNTS,
    levels=AREA_LEVELS,
    periods=("year",),
    definition="water use of the year / gross domestic product of the year",
)
def water_use_per_gdp(accounts: Accounts | None) -> Figure:
    """water use of the year / gross domestic product of the year"""

    def of(known: Accounts) -> Figure:
        water, _, whole_water, _ = known.amount("water_use", "立方米")
        product, _, whole_product, _ = known.amount("gross_domestic_product", "万元")
        if water is None or not product:
            return Figure(None, 0, 2, False, NO_WATER if water is None else NO_PRODUCT)
        return Figure(water / product, 2, 2, whole_water and whole_product)

    return _figure(of)(accounts)
