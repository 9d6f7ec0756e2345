"""The guards of a step: filled fields, evidence, conditions, and the recipe by which an entry is closed (销号)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lantu.base import Text
from lantu.ledgers.faults import EntryFault
from lantu.ledgers.schema import Ledger, Transition

if TYPE_CHECKING:
    from lantu.ledgers.store import Change


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a change: a person and the unit for which the person acts."""

    person: str
    unit: str


def guard_faults(
    ledger: Ledger,
    history: Sequence[Change],
    step: Transition,
    values: Mapping[str, Any],
    kinds: Sequence[str],
    note: str | None,
    actor: Actor,
    when: dt.date,
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
    """
    faults = []
    for kind in kinds:
        if kind not in ledger.evidence:
            allowed = "、".join(f"{n}（{t.zh}）" for n, t in ledger.evidence.items())
            faults.append(
                EntryFault(
                    kind,
                    Text(f"没有佐证类别“{kind}”", f"there is no kind of evidence '{kind}'"),
                    Text(f"可用：{allowed}", f"there are: {', '.join(ledger.evidence)}"),
                )
            )
    closing = ledger.closing if ledger.closing is not None and ledger.closing.state == step.to else None
    for name in step.fields:
        if values.get(name) is None:
            field = ledger.field(name)
            assert field is not None
            faults.append(
                EntryFault(
                    name, Text(f"这一步须填“{field.title.zh}”", f"this step needs '{field.title.en}' to be filled")
                )
            )
    needed = dict.fromkeys([*step.evidence, *(closing.evidence if closing else [])])
    for kind in needed:
        if kind not in kinds:
            title = ledger.evidence[kind]
            faults.append(
                EntryFault(
                    kind,
                    Text(f"缺少佐证“{title.zh}”", f"the evidence '{title.en}' is missing"),
                    Text(f"附上文件：{kind}=文件", f"hand in a file: {kind}=FILE"),
                )
            )
    for name, test in step.where.items():
        if not test.holds(values.get(name), when, when):
            field = ledger.field(name)
            assert field is not None
            faults.append(
                EntryFault(
                    name,
                    Text(f"“{field.title.zh}”不满足这一步的条件", f"'{field.title.en}' does not allow this step"),
                )
            )
    if step.reason and not (note or "").strip():
        faults.append(EntryFault("note", Text("这一步须写明理由", "this step needs a reason in words")))
    if closing is not None:
        run = next((change for change in reversed(history) if change.action != "amend"), history[-1])
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
        quiet = (when - run.day).days
        if quiet < closing.quiet_days:
            until = run.day + dt.timedelta(days=closing.quiet_days)
            faults.append(
                EntryFault(
                    "day",
                    Text(
                        f"观察期 {closing.quiet_days} 天未满，{until} 起可以销号",
                        f"the quiet period of {closing.quiet_days} days ends on {until}",
                    ),
                )
            )
    return faults
