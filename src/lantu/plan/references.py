"""Whether what commitments refer to is there: ledgers, states and selections, documents, classes of cases, alerts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Text, parse_unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lantu.ledgers import Ledger

DOCUMENTS, CASES, ALERTS = "documents", "cases", "alerts"


def reference_faults(rule: Any, ledgers: Mapping[str, Ledger]) -> Iterator[tuple[str, Text, Text | None]]:
    """What a rule refers to and the ledgers do not declare: (key, what is wrong, mend)."""
    kind = rule.kind
    if kind in ("count", "ratio", "cadence"):
        ledger = ledgers.get(rule.ledger)
        if ledger is None:
            yield "ledger", *_no_ledger(rule.ledger, ledgers)
            return
        for key in ("state", "covered", "of"):
            name = getattr(rule, key, None)
            if name is not None and name not in ledger.names():
                yield key, *_no_name(ledger, name)
        yield from _amount(rule, ledger)
        if getattr(rule, "of_each", None) is not None:
            yield from _of_each(rule, ledger, ledgers)
    elif kind == "deliverable":
        yield from _code(ledgers, DOCUMENTS, "document", rule.document, "document")
        if rule.of_each is not None and rule.of_each not in ledgers:
            yield "of_each", *_no_ledger(rule.of_each, ledgers)
    elif kind in ("closure", "absence"):
        key = "cases" if kind == "closure" else "event"
        yield from _code(ledgers, CASES, "case_class", getattr(rule, key), key)
        if rule.watch is not None:
            watched = ledgers.get(rule.watch.ledger)
            if watched is None:
                yield "watch", *_no_ledger(rule.watch.ledger, ledgers)
            elif rule.watch.selection is not None and rule.watch.selection not in watched.names():
                yield "watch", *_no_name(watched, rule.watch.selection)
        during = getattr(rule, "during", None)
        if during is not None:
            alerts = ledgers.get(ALERTS)
            if alerts is None:
                yield "during", *_no_ledger(ALERTS, ledgers)
            elif during not in alerts.names():
                yield "during", *_no_name(alerts, during)


def _no_ledger(name: str, ledgers: Mapping[str, Ledger]) -> tuple[Text, Text | None]:
    import difflib

    near = difflib.get_close_matches(name, ledgers, n=3)
    mend = Text(f"是否为：{'、'.join(near)}", f"did you mean {', '.join(near)}") if near else None
    return Text(f"没有台账“{name}”", f"there is no ledger '{name}'"), mend


def _no_name(ledger: Ledger, name: str) -> tuple[Text, Text]:
    return (
        Text(
            f"台账 {ledger.ledger} 没有口径或状态“{name}”",
            f"the ledger {ledger.ledger} has no selection or state '{name}'",
        ),
        Text(f"可用：{'、'.join(ledger.names())}", f"there are: {', '.join(ledger.names())}"),
    )


def _code(
    ledgers: Mapping[str, Ledger], ledger: str, field: str, code: str, key: str
) -> Iterator[tuple[str, Text, Text | None]]:
    declared = ledgers[ledger].field(field) if ledger in ledgers else None
    if declared is None:
        yield key, *_no_ledger(ledger, ledgers)
    elif code not in declared.codes:
        yield (
            key,
            Text(f"台账 {ledger} 的“{declared.title.zh}”没有“{code}”", f"the ledger {ledger} has no '{code}'"),
            Text(f"在 ledgers/{ledger}.yaml 中声明", f"declare it in ledgers/{ledger}.yaml"),
        )


def _amount(rule: Any, ledger: Ledger) -> Iterator[tuple[str, Text, Text | None]]:
    """The amount that is added up exists and fits; without one, what is counted fits what an entry counts as."""
    name = getattr(rule, "sum_of", None)
    stated = getattr(rule, "unit", None)
    if name is None:
        if rule.kind == "count" and stated and not _fits(ledger.unit, stated):
            yield (
                "quota",
                Text(
                    f"单位“{stated}”与台账的“{ledger.unit}”不合",
                    f"'{stated}' does not fit the ledger's '{ledger.unit}'",
                ),
                Text("改 unit，或用 sum_of 指出数量字段", "change the unit, or name the amount with sum_of"),
            )
        return
    field = ledger.field(name)
    if field is None or field.type not in ("number", "integer"):
        amounts = [each.name for each in ledger.fields if each.type in ("number", "integer")]
        yield (
            "sum_of",
            Text(f"台账 {ledger.ledger} 没有数量字段“{name}”", f"the ledger {ledger.ledger} has no amount '{name}'"),
            Text(f"数量字段有：{'、'.join(amounts)}", f"its amounts: {', '.join(amounts)}"),
        )
    elif rule.kind == "count" and field.unit is not None and stated and not _fits(field.unit, stated):
        yield (
            "quota",
            Text(f"单位“{stated}”与字段的“{field.unit}”不合", f"'{stated}' does not fit the field's '{field.unit}'"),
            None,
        )


def _fits(one: str, other: str) -> bool:
    try:
        return parse_unit(one).fits(parse_unit(other))
    except LantuError:
        return False


def _of_each(rule: Any, ledger: Ledger, ledgers: Mapping[str, Ledger]) -> Iterator[tuple[str, Text, Text | None]]:
    if rule.of_each not in ledgers:
        yield "of_each", *_no_ledger(rule.of_each, ledgers)
    elif all(field.ledger != rule.of_each for field in ledger.fields):
        yield (
            "of_each",
            Text(
                f"台账 {ledger.ledger} 没有指向 {rule.of_each} 的字段",
                f"the ledger {ledger.ledger} has no field that refers to {rule.of_each}",
            ),
            Text("加一个 type: reference 的字段", "add a field of type reference"),
        )
