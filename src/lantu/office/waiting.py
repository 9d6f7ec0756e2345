"""What waits for an account (待办): duties that are due or at risk, reports to hand in, entries and cases to handle."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from lantu.assessment import AssessmentRow, Status
from lantu.assessment.ground import CASES, PROGRESS_REPORTS
from lantu.assessment.verdict import WORST_FIRST, worst
from lantu.office import rights
from lantu.office.accounts.roles import Role
from lantu.office.desk import desk
from lantu.office.duties import ROLES
from lantu.office.register.counts import counts_by_state
from lantu.office.register.fields import DataValue

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from lantu.ledgers import Ledger
    from lantu.office.duties import RoleName
    from lantu.office.register.models import Entry
    from lantu.office.standing import Standing
    from lantu.plan.commitments import Commitment

SOON_DAYS = 30


@dataclass(frozen=True, slots=True)
class Owed:
    """A commitment that an account owes: its last day, the verdicts in the account's areas, the worst of them."""

    commitment: Commitment
    role: RoleName | Literal[""]
    """The unit's part in the measure; empty where an area alone makes it the account's."""
    due: dt.date | None
    status: Status
    rows: tuple[AssessmentRow, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Entries of a ledger in a state from which the account may take a step."""

    ledger: Ledger
    state: str
    count: int
    to_verify: bool
    """Whether the next step ends them or sends them back, so that somebody has to look first."""


def owed(account: Any, now: Standing) -> list[Owed]:
    """The commitments of the account's duties, judged where the account answers for them."""
    at, role = desk(), rights.role_of(account)
    parts = {duty.measure: duty.role for duty in at.duties.of(account.unit)}
    if role in (Role.DISTRICT, Role.STREET):
        mine = rights.areas_of(account)
        measures = dict.fromkeys(row.measure for code in mine for row in now.by_area.get(code, ()))
    else:
        mine = None
        measures = dict.fromkeys(parts)
    found = []
    for measure in at.pack.measures:
        if measure not in measures:
            continue
        for commitment in at.pack.measures[measure].commitments:
            every = now.snapshot.assessment.of(commitment.id)
            rows = tuple(row for row in every if mine is None or row.area in mine)
            if rows:
                due, status = at.pack.due_of(commitment), worst([row.status for row in rows])
                found.append(Owed(commitment, parts.get(measure, ""), due, status, rows))
    return found


def by_urgency(every: list[Owed], day: dt.date) -> dict[str, list[Owed]]:
    """Duties in the groups in which they press: overdue, due within 30 days, at risk, unknown; the rest is left out.

    Overdue is what was not kept by its last day; a standing duty has none and is at risk where it is broken. In a group
    what a unit leads comes first, what it assists in last.
    """
    groups: dict[str, list[Owed]] = {"overdue": [], "due": [], "at_risk": [], "unknown": []}
    for each in every:
        if each.status in (Status.MET, Status.ON_COURSE) and not (each.due and day < each.due <= _soon(day)):
            continue
        if each.due is not None and each.due <= day:
            groups["overdue" if each.status is not Status.UNKNOWN else "unknown"].append(each)
        elif each.due is not None and each.due <= _soon(day) and each.status is not Status.MET:
            groups["due"].append(each)
        elif each.status in (Status.MISSED, Status.AT_RISK):
            groups["at_risk"].append(each)
        elif each.status is Status.UNKNOWN:
            groups["unknown"].append(each)
    for group in groups.values():
        group.sort(key=lambda each: (_part(each), each.due or dt.date.max, WORST_FIRST.index(each.status)))
    return groups


def _part(each: Owed) -> int:
    return list(ROLES).index(each.role) if each.role in ROLES else len(ROLES)


def _soon(day: dt.date) -> dt.date:
    return day + dt.timedelta(days=SOON_DAYS)


def to_report(account: Any, month: str) -> list[tuple[str, RoleName, str | None]]:
    """The measures on which the account's unit reports each month: (measure, its part, state of this month's report).

    Units that lead or answer for a measure report; the state is None where nothing was handed in.
    """
    duties = [duty for duty in desk().duties.of(account.unit) if duty.role != "assisting"]
    if not duties or rights.role_of(account) not in rights.OFFICERS:
        return []
    keys = {f"{duty.measure}/{account.unit}/{month}": duty.measure for duty in duties}
    rows = rights.visible_entries(account).filter(ledger=PROGRESS_REPORTS, key__in=list(keys))
    states = {keys[key]: state for key, state in rows.values_list("key", "state")}
    return [(duty.measure, duty.role, states.get(duty.measure)) for duty in duties]


def waiting_entries(account: Any) -> list[Waiting]:
    """Entries that the account sees in states from which it may take a step that somebody waits for."""
    ledgers = {ledger.ledger: ledger for ledger in rights.visible_ledgers(account)}
    waits = {name: found for name, ledger in ledgers.items() if (found := _states(account, ledger))}
    counts = counts_by_state(account, waits)
    return [
        Waiting(ledgers[name], state, count, to_verify)
        for name, states in waits.items()
        for state, to_verify in states.items()
        if (count := counts.get(name, {}).get(state, 0))
    ]


def _states(account: Any, ledger: Ledger) -> dict[str, bool]:
    """The states that wait for the account's role, and whether they wait to be verified.

    A state is verified where a step closes the entry by the ledger's recipe, or where it is ended or else sent back
    with a reason. What is sent back, and what was found or raised in a ledger with a recipe, waits to be handled.
    """
    found: dict[str, bool] = {}
    returned = {step.to for step in ledger.transitions if step.reason}
    for name, state in ledger.states.items():
        steps = [step for step in ledger.transitions if name in step.from_ and rights.takes_step(account, ledger, step)]
        if not steps or state.final:
            continue
        closes = ledger.closing is not None and any(step.to == ledger.closing.state for step in steps)
        decides = any(step.reason for step in steps) and any(
            not step.reason and step.to in ledger.states and ledger.states[step.to].final for step in steps
        )
        if closes or decides:
            found[name] = True
        elif name in returned or (ledger.closing is not None and state.initial):
            found[name] = False
    return found


def late_cases(account: Any, day: dt.date) -> QuerySet[Entry]:
    """Open cases that the account sees and whose day to be mended has passed; those that are longest late first."""
    ledger = desk().pack.ledgers.get(CASES)
    every = rights.visible_entries(account)
    if ledger is None:
        return every.none()
    open_states = [name for name, state in ledger.states.items() if not state.final]
    rows = every.filter(ledger=CASES, state__in=open_states).annotate(due=DataValue("due_on"))
    return rows.filter(due__lt=day.isoformat()).order_by("due", "id")
