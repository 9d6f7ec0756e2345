"""Steps (办理步骤): what may be done with an entry now, by whom, and what each step asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lantu.base import Text
from lantu.ledgers.guards import guard_faults
from lantu.office import rights
from lantu.office.accounts.roles import Role
from lantu.office.desk import desk

if TYPE_CHECKING:
    from lantu.ledgers import Change, Ledger, LedgerField, Transition
    from lantu.office.register.models import Entry

_NOT_YOURS = {
    Role.STREET: Text("由区级或市级人员办理", "for officers of the district or the city"),
    Role.ENTERPRISE: Text("由主管部门办理", "for the authorities"),
}


@dataclass(frozen=True)
class Asked:
    """What a step asks for: fields that must be filled, fields that may be, evidence, a reason, holder, area."""

    fields: tuple[LedgerField, ...]
    optional: tuple[LedgerField, ...]
    evidence: tuple[str, ...]
    other_evidence: tuple[str, ...]
    reason: bool
    holder: bool
    moves: bool


@dataclass(frozen=True)
class Offer:
    """A step that the entry's state allows, and why it cannot be taken now (None: it can)."""

    step: Transition
    blocked: Text | None
    closes: bool


def asked_by(ledger: Ledger, step: Transition) -> Asked:
    """What a step asks for, by its declaration and the recipe of closing."""
    required = [*step.fields, *([step.postpones.field] if step.postpones else [])]
    closing = ledger.closing if ledger.closing is not None and ledger.closing.state == step.to else None
    evidence = dict.fromkeys([*step.evidence, *(closing.evidence if closing else [])])
    wanted = dict.fromkeys(required)
    # kinds that some step asks for are handed in with that step; the others with any that asks for evidence
    asked_somewhere = {kind for each in ledger.transitions for kind in each.evidence}
    asked_somewhere |= set(ledger.closing.evidence) if ledger.closing else set()
    free = [kind for kind in ledger.evidence if kind not in asked_somewhere]
    found = {each.name: each for each in ledger.fields}
    return Asked(
        fields=tuple(found[name] for name in wanted),
        optional=tuple(found[name] for name in step.changes if name not in wanted),
        evidence=tuple(evidence),
        other_evidence=tuple(free) if evidence or not asked_somewhere else (),
        reason=step.reason,
        holder=step.holder == "given",
        moves=step.moves,
    )


def offers(account: Any, ledger: Ledger, entry: Entry, history: Sequence[Change]) -> list[Offer]:
    """The steps that the entry's state allows. Those that this account may not take now say why.

    Nothing is offered to somebody who changes no entries at all, such as an auditor.
    """
    if not rights.may_amend(account, entry):
        return []
    allowed = [step for step in ledger.transitions if entry.state in step.from_]
    return [Offer(step, blocked_by(account, ledger, step, history), _closes(ledger, step)) for step in allowed]


def _closes(ledger: Ledger, step: Transition) -> bool:
    return step.to is not None and ledger.states[step.to].final


def blocked_by(account: Any, ledger: Ledger, step: Transition, history: Sequence[Change]) -> Text | None:
    """Why an account cannot take a step whatever it fills in; None if it can."""
    if not rights.takes_step(account, ledger, step):
        return _NOT_YOURS.get(rights.role_of(account), Text("您的账号不能办理", "not for your account"))
    asked = asked_by(ledger, step)
    in_form = {each.name for each in (*asked.fields, *asked.optional)} | {"note"}
    book = desk().book
    values = book.decoded(ledger, history[-1].data)
    when = max(book.today, history[-1].day)
    faults = guard_faults(ledger, history, step, values, asked.evidence, "…", account.actor(), when)
    left = [fault for fault in faults if fault.field not in in_form]
    if not left:
        return None
    return Text("；".join(fault.what.zh for fault in left), "; ".join(fault.what.en for fault in left))
