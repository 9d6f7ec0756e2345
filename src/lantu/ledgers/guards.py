"""The guards of a step: filled fields, evidence, conditions, who may take it, and the recipe of closing (销号)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lantu.base import Text
from lantu.ledgers.faults import EntryFault
from lantu.ledgers.schema import Closing, Ledger, Transition
from lantu.ledgers.values import Registers, Unfit, read_unit, read_value

if TYPE_CHECKING:
    from lantu.ledgers.store import Change


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a change: a person and the unit for which the person acts."""

    person: str
    unit: str


StateOf = Callable[[str, str], str | None]
"""The state of an entry of a ledger by its key; None where there is none."""


def last_move(history: Sequence[Change]) -> Change:
    """The change that brought an entry to the state in which it is."""
    for before, change in zip(reversed(history[:-1]), reversed(history), strict=False):
        if before.state != change.state:
            return change
    return history[0]


def guard_faults(
    ledger: Ledger,
    history: Sequence[Change],
    step: Transition,
    values: Mapping[str, Any],
    kinds: Sequence[str],
    note: str | None,
    actor: Actor,
    when: dt.date,
    before: Mapping[str, Any] | None = None,
    state_of: StateOf | None = None,
) -> list[EntryFault]:
    """Whatever keeps a step from being taken: the transition's guards and, where it closes the entry, the recipe.

    Args:
        ledger: its declaration.
        history: the entry's changes so far, oldest first.
        step: the transition.
        values: the entry's values as they would stand.
        kinds: the kinds of evidence that are handed in.
        note: the words that go with it.
        actor: who takes the step.
        when: on which day.
        before: the entry's values as they stand, to see what the step changes.
        state_of: finds the states of entries that the step refers to.
    """
    closing = ledger.closing if ledger.closing is not None and ledger.closing.state == step.to else None
    faults = [*unknown_kinds(ledger, kinds), *_missing(ledger, step, closing, values, kinds)]
    for name, test in step.where.items():
        if not test.holds(values.get(name), when, when):
            title = _title(ledger, name)
            faults.append(
                EntryFault(name, Text(f"“{title.zh}”不满足这一步的条件", f"'{title.en}' does not allow this step"))
            )
    if step.reason and not (note or "").strip():
        faults.append(EntryFault("note", Text("这一步须写明理由", "this step needs a reason in words")))
    faults += _who(step, history, actor)
    faults += _how_often(step, history)
    if before is not None:
        faults += _postponed(ledger, step, before, values)
        faults += _only_by_steps(ledger, step, before, values)
    if state_of is not None:
        faults += _referred(ledger, step, values, state_of)
    if closing is not None:
        faults += _recipe(closing, history, values, actor, when)
    return faults


def _title(ledger: Ledger, name: str) -> Text:
    field = ledger.field(name)
    assert field is not None
    return field.title


def unknown_kinds(ledger: Ledger, kinds: Sequence[str]) -> list[EntryFault]:
    """Kinds of evidence that the ledger does not declare."""
    allowed = "、".join(f"{n}（{t.zh}）" for n, t in ledger.evidence.items())
    return [
        EntryFault(
            kind,
            Text(f"没有佐证类别“{kind}”", f"there is no kind of evidence '{kind}'"),
            Text(f"可用：{allowed}", f"there are: {', '.join(ledger.evidence)}"),
        )
        for kind in kinds
        if kind not in ledger.evidence
    ]


def _missing(
    ledger: Ledger, step: Transition, closing: Closing | None, values: Mapping[str, Any], kinds: Sequence[str]
) -> list[EntryFault]:
    faults = []
    for name in step.fields:
        if values.get(name) is None:
            title = _title(ledger, name)
            faults.append(
                EntryFault(name, Text(f"这一步须填“{title.zh}”", f"this step needs '{title.en}' to be filled"))
            )
    for kind in dict.fromkeys([*step.evidence, *(closing.evidence if closing else [])]):
        if kind not in kinds:
            title = ledger.evidence[kind]
            faults.append(
                EntryFault(
                    kind,
                    Text(f"缺少佐证“{title.zh}”", f"the evidence '{title.en}' is missing"),
                    Text(f"附上文件：{kind}=文件", f"hand in a file: {kind}=FILE"),
                )
            )
    return faults


def _who(step: Transition, history: Sequence[Change], actor: Actor) -> list[EntryFault]:
    """The unit that holds the entry must take the step, or must not."""
    holder = history[-1].holder
    if step.by == "holder" and holder is not None and actor.unit != holder:
        return [
            EntryFault(
                "unit",
                Text(f"这一步由承办单位 {holder} 办理", f"{holder} holds the entry and must take this step"),
            )
        ]
    kept_from = holder or last_move(history).unit
    if step.by == "another" and actor.unit == kept_from:
        return [
            EntryFault(
                "unit",
                Text(f"这一步须由 {kept_from} 以外的单位办理", f"a unit other than {kept_from} must take this step"),
            )
        ]
    return []


def _how_often(step: Transition, history: Sequence[Change]) -> list[EntryFault]:
    taken = sum(change.action == step.name for change in history)
    if step.times is None or taken < step.times:
        return []
    return [
        EntryFault(
            "state",
            Text(
                f"“{step.title.zh}”最多 {step.times} 次，已办 {taken} 次",
                f"'{step.title.en}' may be taken {step.times} times at most; it was {taken} times",
            ),
        )
    ]


def _postponed(
    ledger: Ledger, step: Transition, before: Mapping[str, Any], values: Mapping[str, Any]
) -> list[EntryFault]:
    """The date that a step postpones must lie later than before, and not by too many days."""
    if step.postpones is None:
        return []
    name = step.postpones.field
    title, old, new = _title(ledger, name), before.get(name), values.get(name)
    if new is None or new == old:
        return [EntryFault(name, Text(f"这一步须给出新的“{title.zh}”", f"this step needs a new '{title.en}'"))]
    if old is None:
        return []
    most = step.postpones.most_days
    if new < old:
        return [
            EntryFault(
                name,
                Text(f"{new} 早于原来的 {old}", f"{new} is before {old}"),
                Text("只能延后", "only later"),
            )
        ]
    if most is not None and (new - old).days > most:
        last = old + dt.timedelta(days=most)
        return [
            EntryFault(
                name,
                Text(f"一次最多延后 {most} 天", f"it may be {most} days later at most"),
                Text(f"不晚于 {last}", f"{last} at the latest"),
            )
        ]
    return []


def _only_by_steps(
    ledger: Ledger, step: Transition, before: Mapping[str, Any], values: Mapping[str, Any]
) -> list[EntryFault]:
    return [
        changed_outside(field.title, field.name)
        for field in ledger.fields
        if field.by_step and values.get(field.name) != before.get(field.name) and not step.may_change(field.name)
    ]


def left_to_steps(ledger: Ledger, values: Mapping[str, Any]) -> list[EntryFault]:
    """Fields that only steps fill, and that a person has typed into a new entry."""
    return [
        EntryFault(
            field.name,
            Text(f"“{field.title.zh}”由后续步骤填写，录入时不填", f"'{field.title.en}' is filled by later steps"),
            Text("留空", "leave it empty"),
        )
        for field in ledger.fields
        if field.by_step and values.get(field.name) not in (None, field.default)
    ]


def changed_outside(title: Text, name: str) -> EntryFault:
    """A field that only certain steps change."""
    return EntryFault(
        name,
        Text(f"“{title.zh}”只能由规定的步骤更改", f"'{title.en}' is changed only by the steps that name it"),
    )


def _referred(ledger: Ledger, step: Transition, values: Mapping[str, Any], state_of: StateOf) -> list[EntryFault]:
    """The entry that a step refers to must be in one of the states that it asks for."""
    faults = []
    for name, states in step.refers.items():
        field = ledger.field(name)
        assert field is not None and field.ledger is not None
        key = values.get(name)
        found = state_of(field.ledger, key) if key is not None else None
        if found is not None and found not in states:
            faults.append(
                EntryFault(
                    name,
                    Text(f"“{key}”的状态是 {found}，不能这样引用", f"'{key}' is in the state {found}"),
                    Text(f"状态须为：{'、'.join(states)}", f"its state must be one of {', '.join(states)}"),
                )
            )
    return faults


def _recipe(
    closing: Closing, history: Sequence[Change], values: Mapping[str, Any], actor: Actor, when: dt.date
) -> list[EntryFault]:
    """The recipe of closing: a person of another unit, and a quiet period since the last step of any kind."""
    faults = []
    run = last_move(history)
    if closing.another_unit and (run.unit == actor.unit or run.person == actor.person):
        faults.append(
            EntryFault(
                "unit",
                Text(
                    f"销号须由另一单位的人办理，{run.unit} 的 {run.person} 报的是上一步",
                    f"somebody of another unit must close it; {run.person} of {run.unit} took the last step",
                ),
            )
        )
    given = values.get(closing.quiet_field) if closing.quiet_field is not None else None
    days = closing.quiet_days if given is None else int(given)
    last = next((change for change in reversed(history) if change.action != "amend"), history[-1])
    if (when - last.day).days < days:
        until = last.day + dt.timedelta(days=days)
        faults.append(
            EntryFault(
                "day",
                Text(f"观察期 {days} 天未满，{until} 起可以销号", f"the quiet period of {days} days ends on {until}"),
            )
        )
    return faults


def written_by(
    ledger: Ledger, step: Transition, values: Mapping[str, Any], actor: Actor, when: dt.date, registers: Registers
) -> tuple[dict[str, Any], list[EntryFault]]:
    """The values after a step has written what it sets by itself, and what is wrong with that."""
    after = dict(values)
    faults = []
    for name, setting in step.sets.items():
        field = ledger.field(name)
        assert field is not None
        raw: Any = setting.value
        if setting.clear:
            after.pop(name, None)
            continue
        if setting.plus is not None:
            raw = int(after.get(name) or 0) + setting.plus
        elif setting.day:
            raw = when
        elif setting.unit:
            raw = actor.unit
        try:
            after[name] = read_value(field, raw, registers)
        except Unfit as unfit:
            faults.append(EntryFault(name, unfit.what, unfit.mend))
    return after, faults


def holder_after(
    step: Transition, before: str | None, given: Any, actor: Actor, registers: Registers
) -> tuple[str | None, list[EntryFault]]:
    """Who holds an entry after a step, and what is wrong with that."""
    if given not in (None, "") and step.holder != "given":
        return before, [
            EntryFault("holder", Text("这一步不改承办单位", "this step does not change who holds the entry"))
        ]
    if step.holder == "none":
        return None, []
    if step.holder == "kept" or (step.holder == "given" and given in (None, "") and before is not None):
        return before, []
    try:
        return read_unit(actor.unit if step.holder == "actor" else given or "", registers), []
    except Unfit as unfit:
        return before, [
            EntryFault(
                "holder",
                unfit.what if given else Text("没有填承办单位", "nobody is named who is to hold it"),
                unfit.mend,
            )
        ]
