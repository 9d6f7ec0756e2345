"""The scenario of the simulated city: which commitments hold where, and the entries that make it so.

For every commitment and area a wish is drawn (held, failed, nobody entered anything); the ledgers are filled so that
the wishes come true as far as they can together. What came of it is reckoned in `truth`.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lantu.base import Period, Quantity
from lantu.demo.planned import DAY, Planned
from lantu.demo.planner import Planner
from lantu.ledgers.values import to_json

if TYPE_CHECKING:
    from lantu.demo.truth import PlannedCity
    from lantu.ledgers import Ledger

SPECIAL = (
    "nil_returns",
    "progress_reports",
    "site_declarations",
    "cases",
    "documents",
    "alerts",
    "exclusions",
    "annual_accounts",
    "emission_reduction_projects",
    "freight_volumes",
    "monitoring_points",
    "water_sections",
    "compensation_accounts",
    "raw_materials",
    "over_limit_vehicles",
    "entry_passes",
)
"""Ledgers that are not filled entry by entry for their selections."""


@dataclass(slots=True)
class Scenario(Planner):
    """Draws the wishes and plans the entries of one city."""

    wishes: dict[tuple[str, str], str] = field(default_factory=dict)

    def wish(self, commitment: Any, area: str) -> str:
        """Whether a commitment is to hold in an area: mostly yes; drawn by its name, so that order is no matter."""
        key = (commitment.id, area)
        if key not in self.wishes:
            number = random.Random(f"{self.seed}|{commitment.id}|{area}").random()
            self.wishes[key] = "missed" if number < 0.2 else "unknown" if number < 0.28 else "met"
        return self.wishes[key]

    def build(self) -> PlannedCity:
        """Plan the entries of all ledgers."""
        by_ledger: dict[str, list[Any]] = {}
        for commitment in self.pack.commitments.values():
            rule = commitment.inner if commitment.kind == "each" else commitment
            if rule.kind in ("count", "ratio") or (rule.kind == "cadence" and rule.of_each is None):
                by_ledger.setdefault(rule.ledger, []).append((commitment, rule))
            elif rule.kind == "cadence" and rule.of_each is not None:
                by_ledger.setdefault(rule.of_each, [])
        for name in self._in_order(by_ledger):
            self._fill(name, by_ledger[name])
        for commitment in self.pack.commitments.values():
            if commitment.kind == "cadence" and commitment.of_each is not None:
                self._records_of_each(commitment)
            elif commitment.kind == "deliverable":
                self._documents(commitment)
            elif commitment.kind in ("closure", "absence"):
                self._incidents(commitment)
        self._alerts()
        self._related_records()
        self._rest()
        return self.city

    def _in_order(self, names: Iterable[str]) -> list[str]:
        """Ledgers after those that they refer to."""
        found: list[str] = []

        def visit(name: str, above: tuple[str, ...]) -> None:
            if name in found or name in above or name in SPECIAL:
                return
            for declared in self.pack.ledgers[name].fields:
                if declared.ledger is not None:
                    visit(declared.ledger, (*above, name))
            if name in wanted:
                found.append(name)

        wanted = list(names)
        for name in wanted:
            visit(name, ())
        return found

    def _areas(self, commitment: Any) -> list[str]:
        return [area.code for area in self.pack.areas_of(commitment)]

    def _leaves(self, ledger: Ledger, area: str) -> list[str]:
        """The areas under `area` where entries of a ledger lie: streets, districts, or the area itself."""
        if ledger.own_area:
            return [area]
        found = self.pack.areas.get(area)
        if found.level == "city" and ledger.area != "city":
            districts = [each.code for each in self.pack.areas.select("districts", self.year.end)]
            return [leaf for district in districts for leaf in self._leaves(ledger, district)]
        if found.level == "district" and ledger.area == "street":
            streets = [each for each in self.pack.areas.children(area) if each.kind != "zone"]
            return [each.code for each in streets] or [area]
        return [area]

    def _fill(self, name: str, users: list[Any]) -> None:
        """Fill a ledger so that the commitments that count in it get what is wished for them."""
        ledger = self.pack.ledgers[name]
        counts = [(c, r) for c, r in users if r.kind == "count"]
        ratios = [(c, r) for c, r in users if r.kind == "ratio"]
        for commitment, rule in counts:
            self._fill_count(ledger, commitment, rule)
        for commitment, rule in users:
            if rule.kind == "cadence":
                self._fill_cadence(ledger, commitment, rule)
        if ratios or not users:
            self._fill_ratios(ledger, ratios, bool(counts))

    def _fill_count(self, ledger: Ledger, commitment: Any, rule: Any) -> None:
        due = self.pack.due_of(commitment)
        period = self.pack.period_of(commitment)
        span = period if due is None else Period.between(period.start, min(max(due, period.start), period.end))
        other = {rule.state: False}
        if commitment.kind == "each":
            area = next((m.area for m in commitment.members if m.area), self._areas(commitment)[0])
            good = self.wish(commitment, self._areas(commitment)[0]) == "met"
            for index, member in enumerate(commitment.members):
                key = {ledger.key[0]: member.name.zh}
                where = self._leaves(ledger, member.area or area)[0]
                self.plan_entry(ledger.ledger, where, {rule.state: good or index > 0}, key, span)
            return
        quotas = dict(rule.quotas)
        if not quotas:
            areas = self._areas(commitment)
            wanted = rule.quota.quantity.to(rule.unit).value if rule.quota is not None else Decimal(3)
            if len(areas) > 1 or rule.comparator in ("<", "<="):
                quotas = {area: wanted for area in areas if len(areas) == 1 or area != self.pack.head.area}
            else:
                quotas = {areas[0]: wanted}
        for area, quota in quotas.items():
            wish = self.wish(commitment, area)
            leaves = self._leaves(ledger, area)
            if wish == "unknown" and len(quotas) > 1:
                continue
            if rule.comparator in ("<", "<="):
                for leaf in leaves[: self.scale.per_area]:
                    self.plan_entry(ledger.ledger, leaf, other, None, span)
                if wish == "missed":
                    self.plan_entry(ledger.ledger, leaves[0], {rule.state: True}, None, span)
                continue
            if rule.sum_of is not None:
                self._amounts(ledger, rule, leaves, quota, wish, span)
                continue
            number = int(quota) if wish != "missed" else max(int(quota) - 1 - int(quota) // 20, 0)
            if rule.comparator == ">=" and wish == "met" and quota > 20:
                number += int(quota) // 25
            for index in range(number):
                self.plan_entry(ledger.ledger, leaves[index % len(leaves)], {rule.state: True}, None, span)
            if rule.comparator != "=" or wish == "missed":
                self.plan_entry(ledger.ledger, leaves[-1], other, None, span)

    def _amounts(self, ledger: Ledger, rule: Any, leaves: list[str], quota: Decimal, wish: str, span: Period) -> None:
        declared = ledger.field(rule.sum_of)
        assert declared is not None
        parts = max(12, self.scale.per_area * min(len(leaves), 17))
        total = quota * (Decimal("0.93") if wish == "missed" else Decimal("1.04"))
        if declared.unit is not None:
            total = Quantity.of(total, rule.unit).to(declared.unit).value
        elif rule.quota is not None:
            total = total * rule.quota.quantity.unit.factor / Quantity.of(1, rule.unit).unit.factor
        share = total / parts
        for index in range(parts):
            amount: Any = share.quantize(Decimal("0.001"))
            if declared.type == "integer":
                amount = int(total * (index + 1) / parts) - int(total * index / parts)
            leaf = leaves[index * len(leaves) // parts]
            self.plan_entry(ledger.ledger, leaf, {rule.state: True}, {rule.sum_of: amount}, span)
        self.plan_entry(ledger.ledger, leaves[0], {rule.state: False}, None, span)

    def _fill_cadence(self, ledger: Ledger, commitment: Any, rule: Any) -> None:
        from lantu.demo.truth import _spans

        period = self.pack.period_of(commitment)
        due = self.pack.due_of(commitment)
        last = period.end if due is None else min(max(due, period.start), period.end)
        spans = [span for span in _spans(period, rule) if span[0] <= last]
        for area in self._areas(commitment):
            wish = self.wish(commitment, area)
            if wish == "unknown":
                continue
            skipped = self.draw.randrange(len(spans)) if wish == "missed" else None
            for index, (first, final) in enumerate(spans):
                day = first + DAY * self.draw.randint(0, min(27, (min(final, last) - first).days))
                if index == skipped:
                    day = period.start - DAY * 40  # something was entered, but not in this part
                self._dated(ledger, self._leaves(ledger, area)[0], rule.state, day)

    def _dated(
        self, ledger: Ledger, area: str, state: str | None, day: dt.date, fixed: Mapping[str, Any] | None = None
    ) -> Planned:
        """An entry whose fact happened on a day."""
        given = dict(fixed or {})
        if ledger.dated_by is not None:
            given[ledger.dated_by] = day
        flags = {} if state is None else {state: True}
        span = Period.between(day, max(day, self.year.end))
        return self.plan_entry(ledger.ledger, area, flags, given, span, begin=day)

    def _fill_ratios(self, ledger: Ledger, users: list[Any], filled: bool) -> None:
        """Entries for all shares that are taken of a ledger: which of them are covered decides each share."""
        lowest = sorted(
            {leaf for c, _ in users for area in self._areas(c) for leaf in self._leaves(ledger, area)}
            or set(self._leaves(ledger, self.pack.head.area))
        )
        monthly = any(r.every is not None for _, r in users)
        for leaf in lowest:
            above = [leaf, *(each.code for each in self.pack.areas.ancestors(leaf))]
            mine = [(c, r, self._wished(c, above)) for c, r in users if set(above) & set(self._areas(c))]
            if mine and all(wish == "unknown" for _, _, wish in mine) and not filled:
                continue
            number = self._number(ledger, len(lowest), monthly)
            for index in range(number):
                flags: dict[str, bool] = {}
                for _, rule, wish in mine:
                    share = 100 if rule.limit is None else float(rule.limit.value)
                    fails = wish == "missed" and (index == 0 or index / number * 100 >= share - 20)
                    flags.setdefault(rule.of, True)
                    flags[rule.covered] = flags.get(rule.covered, True) and not fails
                entry = self.plan_entry(ledger.ledger, leaf, flags)
                for _, rule, wish in mine:
                    if rule.every is not None and wish == "missed" and index == 0:
                        for days in entry.related.values():
                            del days[self.draw.randrange(len(days)) :]

    def _number(self, ledger: Ledger, leaves: int, monthly: bool) -> int:
        """How many entries each leaf area gets: few, or what the pack expects of the whole ledger."""
        few = self.scale.per_area if not monthly else max(2, self.scale.per_area // 2)
        if not self.scale.large or ledger.expected is None:
            return few
        return max(few, -(-ledger.expected // leaves))

    def _wished(self, commitment: Any, above: list[str]) -> str:
        areas = set(self._areas(commitment))
        nearest = next(code for code in above if code in areas)
        if nearest == self.pack.head.area:
            # for a share of the whole city one district fails
            if self.wish(commitment, nearest) != "missed":
                return "met"
            return "missed"
        return self.wish(commitment, nearest)

    def _records_of_each(self, commitment: Any) -> None:
        from lantu.demo.truth import _spans

        rule = commitment
        ledger = self.pack.ledgers[rule.ledger]
        listed = self.pack.ledgers[rule.of_each]
        refers = next(each.name for each in ledger.fields if each.ledger == rule.of_each)
        period = self.pack.period_of(commitment)
        from lantu.demo.planned import happened

        for member in self.city.entries.get(rule.of_each, []):
            above = [member.area, *(each.code for each in self.pack.areas.ancestors(member.area))]
            nearest = next((code for code in above if code in self._areas(commitment)), None)
            if nearest is None:
                continue
            fails = self.wish(commitment, nearest) == "missed" and self.draw.random() < 0.3
            begun = happened(listed, member)
            for index, (first, final) in enumerate(_spans(period, rule)):
                if begun > final or (fails and index == 0):
                    continue
                start = max(first, begun)
                day = start + DAY * self.draw.randint(0, min(25, (final - start).days))
                self._dated(ledger, member.area, rule.state, day, {refers: member.key})

    def _documents(self, commitment: Any) -> None:
        ledger = self.pack.ledgers["documents"]
        due = self.pack.due_of(commitment) or self.year.end
        subjects: list[str] = [""]
        if commitment.of_each is not None:
            subjects = [row.key for row in self.city.entries.get(commitment.of_each, [])]
        for area in self._areas(commitment):
            wish = self.wish(commitment, area)
            if wish == "unknown":
                continue
            for index, subject in enumerate(subjects):
                name = subject or self.pack.areas.get(area).name
                late = wish == "missed" and index == 0
                day = due + DAY * 9 if late else due - DAY * self.draw.randint(3, 50)
                fixed = {"document": commitment.document, "subject": name, "issued_on": day}
                entry = Planned(
                    "documents",
                    "",
                    area,
                    [(min(day, due) - DAY * 60, "drafting"), (day, "issued")],
                    {**fixed, "issuer": self._unit(area)},
                )
                entry.key = "/".join(str(to_json(entry.values[part])) for part in ledger.key)
                self.city.add(entry)

    def _incidents(self, commitment: Any) -> None:
        rule = commitment
        name = rule.cases if rule.kind == "closure" else rule.event
        period = self.pack.period_of(commitment)
        if rule.kind == "absence" and rule.window is not None:
            period = Period.parse(rule.window, self.pack.seasons)
        for area in self._areas(commitment):
            if area == self.pack.head.area and len(self._areas(commitment)) > 1:
                continue
            wish = self.wish(commitment, area)
            if rule.kind == "closure" and wish != "unknown":
                for index in range(self.scale.cases):
                    self._case(name, area, period, rule.within, late=wish == "missed" and index == 0)
            elif rule.kind == "absence" and wish == "missed":
                self._case(name, area, period, None, late=False)
            if rule.kind == "absence" and wish == "met":
                self._case(name, area, period, None, late=False, rejected=True)
            if wish == "unknown" or rule.watch is None:
                continue
            watched = self.pack.ledgers[rule.watch.ledger]
            months = {"month": 1, "quarter": 3, "year": 12, "periodic": 12}[rule.watch.every]
            parts = period.months()[::months]
            for leaf in self._leaves(watched, area)[:1]:
                for part in parts:
                    self._dated(watched, leaf, rule.watch.selection, self._day_in(part))

    def _case(self, name: str, area: str, period: Period, within: Any, late: bool, rejected: bool = False) -> Planned:
        count = self.numbers["cases"] = self.numbers.get("cases", 0) + 1
        number = f"M{count:06d}"
        days = 20 if within is None else int(within.quantity.to("天").value)
        room = max(period.days - days - 12, 1)
        occurred = period.start + DAY * self.draw.randint(0, room)
        due = occurred + DAY * days
        if rejected:
            states = [(occurred, "raised"), (occurred + DAY, "rejected")]
        else:
            closed = due + DAY * 3 if late else occurred + DAY * self.draw.randint(4, max(4, days))
            steps = [(DAY, "assigned"), (2 * DAY, "accepted"), (3 * DAY, "rectified"), (closed - occurred, "closed")]
            # of the late ones some are never closed: they stop at any step
            taken = count % len(steps) if late else 0
            states = [(occurred, "raised"), *((occurred + after, state) for after, state in steps[: taken or None])]
        leaf = self.leaf_of("cases", area)
        values = {
            "number": number,
            "case_class": name,
            "occurred_on": occurred,
            "due_on": due,
            "measure_taken": "模拟整改",
            "what": "模拟问题",
            "source": "inspection",
        }
        known = {declared.name for declared in self.pack.ledgers["cases"].fields}
        kept = {name: value for name, value in values.items() if name in known}
        return self.city.add(Planned("cases", number, leaf, states, kept, holder=self._unit(leaf)))

    def _alerts(self) -> None:
        if "alerts" not in self.pack.ledgers:
            return
        for index, (level, month) in enumerate((("yellow", 1), ("orange", 3), ("orange", 11)), start=1):
            first = dt.date(self.pack.year, month, 10)
            number = f"YJ-{index}"
            values = {"number": number, "level": level, "begins_on": first, "ends_on": first + DAY * 3}
            states = [(first, "in_force"), (first + DAY * 3, "lifted")]
            self.city.add(Planned("alerts", number, self.pack.head.area, states, values))

    def _related_records(self) -> None:
        """The entries of other ledgers that selections ask for."""
        for rows in list(self.city.entries.values()):
            for row in list(rows):
                for (name, refers), days in row.related.items():
                    ledger = self.pack.ledgers[name]
                    for day in days:
                        selection = next(
                            (
                                each.selection
                                for declared in self.pack.ledgers[row.ledger].selections.values()
                                for each in declared.related
                                if (each.ledger, each.field) == (name, refers)
                            ),
                            None,
                        )
                        self._dated(ledger, row.area, selection, day, {refers: row.key})

    def _rest(self) -> None:
        """A few entries in ledgers that no commitment counts, so that none is empty."""
        for name, ledger in self.pack.ledgers.items():
            if name in SPECIAL or name in self.city.entries:
                continue
            leaves = self._leaves(ledger, self.pack.head.area)
            for leaf in leaves[: 3 * self.scale.per_area]:
                self.plan_entry(name, leaf, {})
