"""Looking (巡查): what the rules of a pack find over the last days, in ledgers, observations and through the gateway.

Events (days above a limit, months, clues) are looked for on each of the days, since data may come late; what lasts
(overdue entries, silent or stuck devices) only on the last one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lantu.base import Text
from lantu.gateway.clues import find_clues
from lantu.gateway.devices import FILE_NAME, DeviceRegister
from lantu.indicators.registry import get_indicator
from lantu.office.cases.candidates import Candidate, Findings
from lantu.office.cases.finders import last_whole
from lantu.office.cases.finding import find_cases
from lantu.office.cases.rules import Rule, read_case_rules

if TYPE_CHECKING:
    from lantu.gateway.honesty import RowsOf
    from lantu.lake import Lake, Workspace
    from lantu.ledgers import LedgerBook
    from lantu.plan.packs import Pack

_BEGAN = dt.timedelta(days=7)
"""A clue's key is the moment at which it began; one that goes on is followed back so far."""

_READ: dict[Path, dict[str, Rule]] = {}
Step = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class DeviceClue:
    """A clue of the gateway with what a case needs besides: whether its rows are simulated."""

    clue_class: str
    key: str
    device: str
    site: str | None
    area: str | None
    time: dt.datetime
    rows: RowsOf
    words: Text
    simulated: bool


def rules_of(pack: Pack) -> dict[str, Rule]:
    """The rules of a pack, read once in a process."""
    if pack.path not in _READ:
        _READ[pack.path] = read_case_rules(pack)
    return _READ[pack.path]


def last_whole_day(workspace: Workspace) -> dt.date:
    """Yesterday; of a simulated city the day on which it stands still, whose data are whole."""
    return workspace.fixed_today or dt.date.today() - dt.timedelta(days=1)


def gateway_clues(lake: Lake, workspace: Workspace, first: dt.date, last: dt.date) -> list[DeviceClue]:
    """The clues in what devices sent between two days, both whole; none where no device is registered.

    Raises:
        LantuError: the device register cannot be read.
    """
    register = DeviceRegister.read(workspace.path / FILE_NAME)
    if not register.devices:
        return []
    begin, end = dt.datetime.combine(first, dt.time()), dt.datetime.combine(last + dt.timedelta(days=1), dt.time())
    simulated: dict[str, bool] = {}
    found = []
    for clue in find_clues(lake, register, begin - _BEGAN, end):
        if clue.rows.last < begin:
            continue
        dataset = clue.rows.dataset
        if dataset not in simulated:
            simulated[dataset] = lake.is_simulated(dataset)
        found.append(
            DeviceClue(
                clue.clue_class, clue.key, clue.device, clue.site, clue.area, clue.time, clue.rows, clue.words,
                simulated[dataset],
            )
        )  # fmt: skip
    return found


def rules_about(pack: Pack, dataset: str) -> list[str]:
    """The rules that look at a dataset: those that may find something new when its data come."""
    found = []
    for name, rule in rules_of(pack).items():
        if rule.kind in ("dataset", "device"):
            reads: tuple[str, ...] = (rule.dataset,)
        elif rule.kind == "indicator":
            reads = get_indicator(rule.indicator).family.datasets
        else:
            reads = ()
        if dataset in reads:
            found.append(name)
    return found


def look_over(
    pack: Pack,
    lake: Lake,
    book: LedgerBook,
    workspace: Workspace,
    last: dt.date,
    days: int = 1,
    names: Collection[str] | None = None,
    step: Step | None = None,
) -> Findings:
    """What the rules find in the days that end with `last`. Each hit is there once, as found on the last day.

    Args:
        pack: its rules, calendar, units and areas.
        lake: the observations.
        book: the ledgers.
        workspace: its device register tells the gateway's clues apart.
        last: the last day that is looked at.
        days: so many days are looked at.
        names: only these rules; all of them without.
        step: told how many of how many looks are done, and which rule is next.

    Raises:
        LantuError: a rule or the device register does not fit, or there is no rule of a name.
    """
    rules = rules_of(pack)
    wanted = list(rules) if names is None else list(names)
    looks = [(last, name) for name in wanted]
    for back in range(1, days):
        day = last - dt.timedelta(days=back)
        looks += [(day, name) for name in wanted if name in rules and _looks_back(rules[name], day, last)]
    takes_clues = any(name in rules and rules[name].kind == "clue" for name in wanted)
    first = last - dt.timedelta(days=days - 1)
    clues = gateway_clues(lake, workspace, first, last) if takes_clues else []
    whole = Findings(last)
    found: dict[str, Candidate] = {}
    for number, (day, name) in enumerate(looks):
        if step is not None:
            step(number, len(looks), str(rules[name].title) if name in rules else name)
        part = find_cases(pack, lake, book, day, [name], clues if day == last else (), rules)
        for candidate in part.candidates:
            found.setdefault(candidate.hit, _found_on(candidate, last, pack))
        for rule, reasons in part.unknown.items():
            for why in reasons:
                if why not in whole.unknown.get(rule, ()):
                    whole.say(rule, why)
    if step is not None:
        step(len(looks), len(looks), "")
    whole.candidates = sorted(found.values(), key=lambda each: (each.rule.rule, each.occurred_on, each.hit))
    return whole


def _looks_back(rule: Any, day: dt.date, last: dt.date) -> bool:
    if rule.kind == "indicator":
        return last_whole(rule.period, day) != last_whole(rule.period, last)
    return bool(rule.kind == "dataset")


def _found_on(candidate: Candidate, day: dt.date, pack: Pack) -> Candidate:
    """The deadline runs from the day on which it was found, not from the day of data that came late."""
    if candidate.found_on == day:
        return candidate
    due = pack.working_days.after(day, candidate.rule.deadline_working_days)
    return replace(candidate, found_on=day, due=due)
