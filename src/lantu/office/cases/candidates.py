"""What a rule found (线索): where, about what, by which rows; and what comes in from outside as a clue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from lantu.base import Text

if TYPE_CHECKING:
    from lantu.lake import Lake
    from lantu.ledgers import LedgerBook
    from lantu.office.cases.rules import Rule
    from lantu.places import DueDay
    from lantu.plan.packs import Pack

MOST_ROWS = 24
MOST_LETTERS = 3900


class Clue(Protocol):
    """What somebody else noticed: its class, at which site, in which area, when, in words, by which rows.

    `rows` is a list of rows (text or mappings), or one object whose `as_json` says which rows it means. A clue may have
    a `key` that stays the same however often it is seen, a `device`, and `simulated`.
    """

    @property
    def clue_class(self) -> str: ...
    @property
    def site(self) -> str | None: ...
    @property
    def area(self) -> str | None: ...
    @property
    def time(self) -> dt.datetime: ...
    @property
    def words(self) -> Text: ...
    @property
    def rows(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """One hit of a rule. `hit` names it, so that it is never entered twice.

    `standing`: it is a state that lasts and is seen again every day, not an event of its own.
    """

    rule: Rule
    area: str
    subject: str
    occurred_on: dt.date
    found_on: dt.date
    due: DueDay
    unit: str | None
    what: Text
    hit: str
    rows: tuple[str, ...] = ()
    standing: bool = False
    simulated: bool = False

    @property
    def merge_key(self) -> str:
        """What all hits of one case share."""
        parts = {"area": self.area, "subject": self.subject}
        return "|".join([self.rule.rule, *(parts[name] for name in self.rule.merge_by)])

    def as_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule.rule,
            "case_class": self.rule.case_class,
            "area": self.area,
            "subject": self.subject,
            "occurred_on": self.occurred_on.isoformat(),
            "due_on": self.due.day.isoformat(),
            "due_stale": self.due.stale,
            "unit": self.unit,
            "what": {"zh": self.what.zh, "en": self.what.en},
            "rows": list(self.rows),
            "simulated": self.simulated,
        }


@dataclass(slots=True)
class Findings:
    """All that the rules found on a day, and of which rules nothing can be said (`unknown`), with the reason."""

    day: dt.date
    candidates: list[Candidate] = field(default_factory=list)
    unknown: dict[str, list[Text]] = field(default_factory=dict)

    def say(self, rule: str, why: Text) -> None:
        self.unknown.setdefault(rule, []).append(why)


@dataclass(slots=True)
class Ground:
    """What rules look at on a day."""

    pack: Pack
    lake: Lake
    book: LedgerBook
    day: dt.date
    findings: Findings
    _districts: dict[str, str | None] = field(default_factory=dict)

    def government(self, area: str) -> str | None:
        """The government of the district in which an area lies; None where the register names none."""
        if area not in self._districts:
            areas = self.pack.areas
            above = [areas.get(area), *areas.ancestors(area)] if area in areas else []
            found = [each.code for each in above if each.level == "district"]
            self._districts[area] = self.pack.units.government_of(found[0]) if found else None
        return self._districts[area]

    def candidate(
        self,
        rule: Rule,
        area: str,
        subject: str,
        occurred_on: dt.date,
        what: Text,
        hit: str,
        rows: Iterable[str] = (),
        holder: str | None = None,
        standing: bool = False,
        simulated: bool = False,
    ) -> None:
        """Note a hit of a rule."""
        unit = self.government(area) if rule.unit in ("district", "holder") else rule.unit
        if rule.unit == "holder" and holder is not None:
            unit = holder
        due = self.pack.working_days.after(self.day, rule.deadline_working_days)
        self.findings.candidates.append(
            Candidate(
                rule,
                area,
                subject,
                occurred_on,
                self.day,
                due,
                unit,
                what,
                f"{rule.rule}|{hit}",
                tuple(rows),
                standing,
                simulated,
            )
        )


def row_text(source: str, values: Mapping[str, Any]) -> str:
    """A row of data in one line, as a case keeps it: `dataset|time=…|station=…|tsp=812`."""
    return "|".join([source, *(f"{name}={_plain(value)}" for name, value in values.items() if value is not None)])


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="seconds" if value.second else "minutes")
    return str(value).replace("\n", " ").replace("|", "/")


def kept_rows(rows: Sequence[str]) -> str:
    """The rows as a case keeps them: as many as there is room for, and how many were left out."""
    kept: list[str] = []
    room = MOST_LETTERS
    for row in rows[:MOST_ROWS]:
        if len(row) + 1 > room:
            break
        kept.append(row)
        room -= len(row) + 1
    left = len(rows) - len(kept)
    return "\n".join([*kept, f"… +{left}"] if left else kept)
