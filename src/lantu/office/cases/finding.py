"""From the rules of a pack to what they find on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Text
from lantu.office.cases import finders
from lantu.office.cases.candidates import Findings, Ground
from lantu.office.cases.rules import read_case_rules

if TYPE_CHECKING:
    from lantu.lake import Lake
    from lantu.ledgers import LedgerBook
    from lantu.office.cases.candidates import Clue
    from lantu.office.cases.rules import Rule
    from lantu.plan.packs import Pack

_FINDERS: Mapping[str, Callable[[Ground, Any], None]] = {
    "indicator": finders.find_indicator,
    "dataset": finders.find_dataset,
    "entry": finders.find_entries,
    "overdue": finders.find_overdue,
    "device": finders.find_devices,
}


def find_cases(
    pack: Pack,
    lake: Lake,
    book: LedgerBook,
    day: dt.date,
    names: Collection[str] | None = None,
    clues: Sequence[Clue] = (),
    rules: Mapping[str, Rule] | None = None,
) -> Findings:
    """What the rules of a pack find as of the end of a day. Nothing is entered.

    Args:
        pack: its rules, calendar, units and areas.
        lake: the observations.
        book: the ledgers.
        day: the day that is looked at.
        names: only these rules.
        clues: what came in from outside.
        rules: the rules, if they were read already.

    Returns:
        the hits in the order of rules and days, and of which rules nothing can be said.

    Raises:
        LantuError: a rule does not fit, or there is none of a name.
    """
    known = rules if rules is not None else read_case_rules(pack)
    missing = [name for name in names or () if name not in known]
    if missing:
        raise LantuError(
            Text(f"没有规则“{missing[0]}”", f"there is no rule '{missing[0]}'"),
            mend=Text(f"规则有：{'、'.join(known)}", f"there are: {', '.join(known)}"),
        )
    findings = Findings(day)
    ground = Ground(pack, lake, book, day, findings)
    for rule in known.values():
        if names is not None and rule.rule not in names:
            continue
        if rule.kind == "clue":
            finders.find_clues(ground, rule, clues)
        else:
            _FINDERS[rule.kind](ground, rule)
    findings.candidates.sort(key=lambda each: (each.rule.rule, each.occurred_on, each.hit))
    return findings
