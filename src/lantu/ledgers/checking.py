"""What is given of an entry, read and checked (条目校验): values, area, body, references, what a standard decides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Text
from lantu.ledgers.faults import EntryFault, no_entry
from lantu.ledgers.judging import RULES, outcome
from lantu.ledgers.schema import Ledger, LedgerField
from lantu.ledgers.values import Registers, Unfit, decoder, read_area, read_unit, read_value, shown, to_json

if TYPE_CHECKING:
    from lantu.ledgers.store import LedgerStore
    from lantu.places import AreaTree

_LEVELS = ("city", "district", "street")


class Checks:
    """The declared ledgers with the registers by which what is given is read.

    Args:
        ledgers: the declared ledgers.
        areas: the area tree.
        registers: areas, bodies, and the day that counts as today.
        store: where entries are kept, for what refers to them.
    """

    def __init__(
        self, ledgers: Mapping[str, Ledger], areas: AreaTree, registers: Registers, store: LedgerStore
    ) -> None:
        self.ledgers = dict(ledgers)
        self.areas = areas
        self.registers = registers
        self.store = store

    @property
    def today(self) -> dt.date:
        return self.registers.today

    def ledger(self, name: str) -> Ledger:
        """One declared ledger.

        Raises:
            LantuError: the pack declares none of that name; near names are offered.
        """
        if name in self.ledgers:
            return self.ledgers[name]
        for ledger in self.ledgers.values():
            if name in (ledger.title.zh, ledger.title.en):
                return ledger
        import difflib

        near = difflib.get_close_matches(name, self.ledgers, n=3)
        raise LantuError(
            Text(f"没有台账“{name}”", f"there is no ledger '{name}'"),
            mend=Text(f"是否为：{'、'.join(near)}", f"did you mean {', '.join(near)}") if near else None,
        )

    def read_values(
        self,
        ledger: Ledger,
        given: Mapping[str, Any],
        units: Mapping[str, str | None] | None = None,
        registers: Registers | None = None,
    ) -> tuple[dict[str, Any], list[EntryFault]]:
        """The values of an entry from what was given, by field name, and what is wrong with them."""
        values: dict[str, Any] = {}
        faults: list[EntryFault] = []
        for name, raw in given.items():
            field = ledger.field(name)
            if field is None:
                known = "、".join(each.name for each in ledger.fields)
                faults.append(
                    EntryFault(
                        name,
                        Text(
                            f"台账 {ledger.ledger} 没有字段“{name}”",
                            f"the ledger {ledger.ledger} has no field '{name}'",
                        ),
                        Text(f"字段有：{known}", f"its fields: {known.replace('、', ', ')}"),
                    )
                )
                continue
            try:
                value = read_value(field, raw, registers or self.registers, (units or {}).get(name))
            except Unfit as unfit:
                faults.append(EntryFault(name, unfit.what, unfit.mend))
                continue
            if value is not None:
                values[name] = value
        return values, faults

    def check_values(self, ledger: Ledger, values: dict[str, Any], given: Collection[str]) -> list[EntryFault]:
        """What is wrong with an entry as a whole: missing values, dates out of order, verdicts against the standard.

        Args:
            ledger: its declaration.
            values: the entry's values; verdicts that a standard decides are filled in.
            given: the fields that were given now.
        """
        faults = []
        for field in ledger.fields:
            if field.judged_by is not None:
                faults += self._judge(field, values, given)
            value = values.get(field.name)
            if value is None:
                if field.required:
                    faults.append(EntryFault(field.name, Text("必填项为空", "a required value is missing")))
                continue
            if field.not_before is not None:
                first = values.get(field.not_before)
                if first is not None and value < first:
                    other = ledger.field(field.not_before)
                    assert other is not None
                    faults.append(
                        EntryFault(
                            field.name,
                            Text(
                                f"{value} 早于“{other.title.zh}”（{first}）",
                                f"{value} is before '{other.title.en}' ({first})",
                            ),
                            Text("核对两个日期", "check the two dates"),
                        )
                    )
        return faults

    def _judge(self, field: LedgerField, values: dict[str, Any], given: Collection[str]) -> list[EntryFault]:
        """Fill in the verdict that a standard gives; one that was given must not contradict it."""
        assert field.judged_by is not None
        rule = RULES[field.judged_by.rule]
        try:
            found = outcome(field.judged_by.rule, values, values.get(field.judged_by.day))
        except LantuError as error:
            return [EntryFault(field.name, error.what, error.mend)]
        written = values.get(field.name)
        if found is None or found == written:
            return []
        if written is None or field.name not in given:
            values[field.name] = found
            return []
        right, wrong = shown(field, found), shown(field, written)
        return [
            EntryFault(
                field.name,
                Text(
                    f"“{wrong}”与实测值不符：按 {rule.reference}（{rule.title.zh}）为“{right}”",
                    f"'{wrong}' contradicts the measured values: by {rule.reference} ({rule.title.en}) it is '{right}'",
                ),
                Text("核对实测值，或留空由程序判定", "check the values, or leave it empty to have it computed"),
            )
        ]

    def check_area(self, ledger: Ledger, raw: Any) -> str:
        """The code of an entry's area.

        Raises:
            Unfit: there is no such area, or it is coarser than the ledger asks.
        """
        if raw is None or str(raw).strip() == "":
            raise Unfit(Text("没有填行政区划", "the area is missing"))
        code = read_area(raw, self.registers)
        area = self.areas.get(code)
        # a development area has no streets of its own: there an entry lies in the area itself
        finest = area.level == "district" and not self.areas.children(code)
        if _LEVELS.index(area.level) < _LEVELS.index(ledger.area) and not finest:
            level = {"district": Text("区", "district"), "street": Text("街道（乡镇）", "street or town")}[ledger.area]
            raise Unfit(
                Text(f"“{area.name}”不够细", f"'{area.english}' is too coarse"),
                Text(f"本台账要填到{level.zh}", f"this ledger asks for a {level.en}"),
            )
        return code

    def missing_references(self, ledger: Ledger, entries: Sequence[Mapping[str, Any]]) -> dict[str, set[str]]:
        """For each reference field the keys that the other ledger does not have."""
        missing: dict[str, set[str]] = {}
        for field in ledger.fields:
            if field.ledger is None:
                continue
            named = {values[field.name] for values in entries if values.get(field.name) is not None}
            if named:
                known = (
                    set(self.store.latest(field.ledger, sorted(named)))
                    if len(named) <= 500
                    else self.store.keys(field.ledger)
                )
                missing[field.name] = named - known
        return missing

    def key_of(self, ledger: Ledger, values: Mapping[str, Any]) -> str:
        """The key of an entry: the values of its key fields."""
        return "/".join(str(to_json(values[name])) for name in ledger.key)

    def decoded(self, ledger: Ledger, data: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a kept entry."""
        values = dict(data)
        for field in ledger.fields:
            decode = decoder(field)
            if decode is not None and values.get(field.name) is not None:
                values[field.name] = decode(values[field.name])
        return values

    def area_and_holder(
        self, ledger: Ledger, area: Any, holder: Any, faults: list[EntryFault]
    ) -> tuple[str, str | None]:
        """The code of an area and the body that was given; what is wrong with them is added to `faults`."""
        code, unit = "", None
        try:
            code = self.check_area(ledger, area)
        except Unfit as unfit:
            faults.append(EntryFault("area", unfit.what, unfit.mend))
        if holder not in (None, ""):
            try:
                unit = read_unit(holder, self.registers)
            except Unfit as unfit:
                faults.append(EntryFault("holder", unfit.what, unfit.mend))
        return code, unit

    def reference_faults(self, ledger: Ledger, values: Mapping[str, Any], own: str | None = None) -> list[EntryFault]:
        """What is wrong with the entries that an entry refers to; `own` is its own key."""
        itself = [
            EntryFault(field.name, Text("不能引用自己", "an entry cannot refer to itself"))
            for field in ledger.fields
            if field.ledger == ledger.ledger and own is not None and values.get(field.name) == own
        ]
        return itself + [
            no_entry(ledger, name, key)
            for name, keys in self.missing_references(ledger, [values]).items()
            for key in keys
        ]
