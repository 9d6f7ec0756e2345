"""The known truth (预设真值) of the simulated city: what every verdict has to be at the end of the plan's year.

It is reckoned from the plan of the entries alone, one by one and without store, selections' engine or assessment: a
slow second way, so that a test can hold the assessment against it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lantu.base import Period, Quantity
from lantu.demo.planned import Planned, happened, holds, since

if TYPE_CHECKING:
    from lantu.plan.packs import Pack

Status = str  # met, missed, at_risk, unknown


@dataclass(slots=True)
class PlannedCity:
    """All planned entries of all ledgers."""

    pack: Pack
    entries: dict[str, list[Planned]] = field(default_factory=dict)
    _codes: dict[str, set[str]] = field(default_factory=dict)

    def add(self, entry: Planned) -> Planned:
        self.entries.setdefault(entry.ledger, []).append(entry)
        return entry

    def of(self, ledger: str, area: str) -> list[Planned]:
        """The entries that speak for an area."""
        rows = self.entries.get(ledger, [])
        if self.pack.ledgers[ledger].own_area:
            return [row for row in rows if row.area == area]
        within = self.codes(area)
        return [row for row in rows if row.area in within]

    def codes(self, area: str) -> set[str]:
        """An area and all that lies in it."""
        if area not in self._codes:
            found, todo = {area}, [area]
            while todo:
                for child in self.pack.areas.children(todo.pop()):
                    if child.code not in found:
                        found.add(child.code)
                        todo.append(child.code)
            self._codes[area] = found
        return self._codes[area]


def truth_of(city: PlannedCity, commitment: Any, area: str) -> Status | None:
    """What the verdict has to be once the period is over; None for a kind that entries alone do not decide."""
    rule = commitment
    kinds = {
        "count": _count,
        "ratio": _ratio,
        "cadence": _cadence,
        "deliverable": _deliverable,
        "closure": _closure,
        "absence": _absence,
    }
    if commitment.kind == "each":
        parts = [
            kinds[commitment.inner.kind](city, commitment, commitment.inner, area, member.name.zh)
            for member in commitment.members
            if member.area is None or member.area in city.codes(area)
            if commitment.inner.kind in kinds
        ]
        order = ("missed", "unknown", "at_risk", "met")
        return min(parts, key=order.index) if parts else None if commitment.inner.kind == "level" else "unknown"
    if commitment.kind not in kinds:
        return None
    return kinds[commitment.kind](city, commitment, rule, area, None)


def _last_day(city: PlannedCity, commitment: Any) -> tuple[Period, dt.date]:
    period = city.pack.period_of(commitment)
    due = city.pack.due_of(commitment)
    return period, period.end if due is None else min(max(due, period.start), period.end)


def _nil(city: PlannedCity, about: str, area: str, period: Period) -> bool:
    return any(
        row.values["about"] == about
        and row.area == area
        and row.values["from_day"] <= period.start
        and row.values["to_day"] >= period.end
        for row in city.entries.get("nil_returns", [])
    )


def _compare(value: Decimal, comparator: str, limit: Decimal, commitment: Any) -> Status:
    kept = {
        "<": value < limit,
        "<=": value <= limit,
        "=": value == limit,
        ">=": value >= limit,
        ">": value > limit,
        "about": value == limit,
    }[comparator]
    if kept:
        return "met"
    if commitment.tolerance is not None:
        return "met" if abs(value - limit) <= commitment.tolerance else "missed"
    return "unknown" if commitment.softness in ("about", "basically") or comparator == "about" else "missed"


def _count(city: PlannedCity, commitment: Any, rule: Any, area: str, only: str | None) -> Status:
    ledger = city.pack.ledgers[rule.ledger]
    period, day = _last_day(city, commitment)
    rows = [row for row in city.of(rule.ledger, area) if row.states[0][0] <= day and only in (None, row.key)]
    if not rows and not _nil(city, rule.ledger, area, period):
        return "unknown"
    total = Decimal(0)
    for row in rows:
        if not holds(ledger, rule.state, row, period.start, day):
            continue
        first = since(ledger, rule.state, row)
        if not rule.cumulative and first is not None and not period.start <= first <= period.end:
            continue
        if rule.sum_of is None:
            total += 1
        elif row.values.get(rule.sum_of) is not None:
            declared = ledger.field(rule.sum_of)
            assert declared is not None
            amount = Decimal(str(row.values[rule.sum_of]))
            total += amount if declared.unit is None else Quantity.of(amount, declared.unit).to(rule.unit).value
    if area in rule.quotas:
        limit = rule.quotas[area]
    elif rule.quota is None:
        return "unknown"
    else:
        limit = rule.quota.quantity.to(rule.unit).value
    return _compare(total, rule.comparator, limit, commitment)


def _ratio(city: PlannedCity, commitment: Any, rule: Any, area: str, _only: str | None) -> Status:
    ledger = city.pack.ledgers[rule.ledger]
    period, day = _last_day(city, commitment)
    rows = [row for row in city.of(rule.ledger, area) if row.states[0][0] <= day]
    if not rows and not _nil(city, rule.ledger, area, period):
        return "unknown"
    parts = [(period.start, day)] if rule.every is None else [(m.start, m.end) for m in _parts(period, rule.every)]
    found: list[Status] = []
    for first, last in parts:
        if last > day:
            continue
        of = [row for row in rows if holds(ledger, rule.of, row, first, last)]
        if not of:
            continue
        covered = [row for row in of if holds(ledger, rule.covered, row, first, last)]
        weights = [Decimal(1) if rule.sum_of is None else Decimal(str(row.values.get(rule.sum_of) or 0)) for row in of]
        whole = sum(weights, Decimal(0))
        part = sum((w for row, w in zip(of, weights, strict=True) if row in covered), Decimal(0))
        if whole == 0:
            return "unknown"
        if rule.limit is None:
            return "unknown"
        share = part / whole * (100 if rule.unit == "%" else 1)
        rounded = share.quantize(Decimal("0.1") if rule.unit == "%" else Decimal("0.001"))
        if part != whole and rounded == (100 if rule.unit == "%" else 1):
            rounded -= Decimal("0.1")
        found.append(_compare(rounded, rule.comparator, rule.limit.value, commitment))
    if not found:
        return "met"
    return min(found, key=("missed", "unknown", "met").index)


def _parts(period: Period, every: str) -> list[Period]:
    months = {"month": 1, "quarter": 3, "year": 12}[every]
    all_months = period.months()
    return [
        Period.between(all_months[i].start, all_months[min(i + months, len(all_months)) - 1].end)
        for i in range(0, len(all_months), months)
    ]


def _spans(period: Period, rule: Any) -> list[tuple[dt.date, dt.date]]:
    if rule.every in ("periodic", "crop_season"):
        return [(period.start, period.end)]
    if rule.every in ("day", "week"):
        step = rule.interval * (7 if rule.every == "week" else 1)
        firsts = [period.start + dt.timedelta(days=i) for i in range(0, period.days, step)]
        return [(day, min(day + dt.timedelta(days=step - 1), period.end)) for day in firsts]
    whole = _parts(period, rule.every)
    groups = [whole[i : i + rule.interval] for i in range(0, len(whole), rule.interval)]
    return [(group[0].start, group[-1].end) for group in groups]


def _cadence(city: PlannedCity, commitment: Any, rule: Any, area: str, _only: str | None) -> Status:
    ledger = city.pack.ledgers[rule.ledger]
    period, day = _last_day(city, commitment)
    spans = _spans(period, rule)
    if rule.of_each is None:
        rows = [row for row in city.of(rule.ledger, area) if row.states[0][0] <= day]
        if not rows:
            return "unknown"
        days = _days(ledger, rule, rows, period, day)
        return "met" if all(any(a <= d <= b for d in days) for a, b in spans) else "missed"
    listed = city.pack.ledgers[rule.of_each]
    members = [row for row in city.of(rule.of_each, area) if row.states[0][0] <= day]
    if not members:
        return "met" if _nil(city, rule.of_each, area, period) else "unknown"
    records = [row for row in city.entries.get(rule.ledger, []) if row.states[0][0] <= day]
    if not records:
        return "unknown"
    refers = next(each.name for each in ledger.fields if each.ledger == rule.of_each)
    for member in members:
        begun = happened(listed, member)
        own = [row for row in records if row.values.get(refers) == member.key]
        days = _days(ledger, rule, own, period, day)
        if any(begun <= b and not any(a <= d <= b for d in days) for a, b in spans):
            return "missed"
    return "met"


def _days(ledger: Any, rule: Any, rows: Iterable[Planned], period: Period, day: dt.date) -> list[dt.date]:
    return [
        happened(ledger, row) for row in rows if rule.state is None or holds(ledger, rule.state, row, period.start, day)
    ]


def _deliverable(city: PlannedCity, commitment: Any, rule: Any, area: str, _only: str | None) -> Status:
    _, due = _last_day(city, commitment)
    own = city.of("documents", area)
    if not own:
        return "unknown"
    in_time = [
        row
        for row in own
        if row.values["document"] == rule.document
        and row.states[-1][1] == "issued"
        and row.values.get("issued_on") is not None
        and row.values["issued_on"] <= due
    ]
    if rule.of_each is None:
        return "met" if len(in_time) >= rule.count else "missed"
    subjects = {row.key for row in city.entries.get(rule.of_each, [])}
    if not subjects:
        return "unknown"
    return "met" if subjects <= {row.values.get("subject") for row in in_time} else "missed"


def _cases(city: PlannedCity, name: str, area: str, last: dt.date) -> list[Planned]:
    within = city.codes(area)
    return [
        row
        for row in city.entries.get("cases", [])
        if row.values["case_class"] == name
        and row.area in within
        and row.states[-1][1] != "rejected"
        and row.values["occurred_on"] <= last
    ]


def _watched(city: PlannedCity, rule: Any, name: str, area: str, period: Period) -> bool:
    if _nil(city, name, area, period):
        return True
    watch = rule.watch
    if watch is None:
        return False
    ledger = city.pack.ledgers[watch.ledger]
    rows = [
        row
        for row in city.of(watch.ledger, area)
        if watch.selection is None or holds(ledger, watch.selection, row, period.start, period.end)
    ]
    days = [happened(ledger, row) for row in rows if row.states[0][0] <= period.end]
    parts = [period] if watch.every == "periodic" else _parts(period, watch.every)
    return all(any(part.start <= day <= part.end for day in days) for part in parts)


def _closure(city: PlannedCity, commitment: Any, rule: Any, area: str, _only: str | None) -> Status:
    period, _ = _last_day(city, commitment)
    cases = _cases(city, rule.cases, area, period.end)
    if not cases:
        return "met" if _watched(city, rule, rule.cases, area, period) else "unknown"
    ledger = city.pack.ledgers["cases"]
    days = None if rule.within is None else int(rule.within.quantity.to("天").value)
    open_in_time = False
    for row in cases:
        closed = row.since(ledger.states_of("closed"))
        due = row.values.get("due_on") if days is None else row.values["occurred_on"] + dt.timedelta(days=days)
        due = due or period.end
        if closed is not None and closed <= due:
            continue
        if closed is not None or due <= period.end:
            return "missed"
        open_in_time = True
    return "at_risk" if open_in_time else "met"


def _absence(city: PlannedCity, commitment: Any, rule: Any, area: str, _only: str | None) -> Status:
    pack = city.pack
    period = pack.period_of(commitment) if rule.window is None else Period.parse(rule.window, pack.seasons)
    cases = [row for row in _cases(city, rule.event, area, period.end) if row.values["occurred_on"] >= period.start]
    if rule.during is not None:
        alerts = city.entries.get("alerts", [])
        if not alerts:
            return "unknown"
        spans = [
            (row.values["begins_on"], row.values.get("ends_on") or period.end)
            for row in alerts
            if holds(pack.ledgers["alerts"], rule.during, row, period.start, period.end)
        ]
        spans = [(a, b) for a, b in spans if a <= period.end and b >= period.start]
        if not spans:
            return "met"
        cases = [row for row in cases if any(a <= row.values["occurred_on"] <= b for a, b in spans)]
    if cases:
        return "missed"
    return "met" if _watched(city, rule, rule.event, area, period) else "unknown"
