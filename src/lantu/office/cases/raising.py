"""From what rules found to cases: entered once, added to an open case, or a case opened again after a rebound."""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Text
from lantu.ledgers.guards import last_move
from lantu.office.cases.candidates import kept_rows
from lantu.office.cases.rules import CASES

if TYPE_CHECKING:
    from lantu.ledgers import Actor, Change, LedgerBook
    from lantu.office.cases.candidates import Candidate

OPEN = ("raised", "assigned", "accepted", "rectified")
LOCK_NAME = "raising.lock"
_MARK = "rule:"
"""Begins the source of a change that a rule made; the hits follow, one in a line."""


@dataclass(slots=True)
class RaiseReport:
    """What became of the hits: cases by number."""

    entered: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    """Open cases that got a hit more."""
    reopened: list[str] = field(default_factory=list)
    known: int = 0
    """Hits that were entered before, or that lie before their case was closed."""
    refused: list[str] = field(default_factory=list)
    """Cases that were found not to be so, and not long enough ago to raise it again."""

    @property
    def summary(self) -> Text:
        return Text(
            f"新立 {len(self.entered)} 件，并入 {len(self.added)} 次，反弹重开 {len(self.reopened)} 件，"
            f"已有 {self.known} 次，驳回期内 {len(self.refused)} 次",
            f"{len(self.entered)} cases raised, {len(self.added)} hits added, {len(self.reopened)} reopened, "
            f"{self.known} known already, {len(self.refused)} within the time after a refusal",
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "entered": self.entered,
            "added": self.added,
            "reopened": self.reopened,
            "known": self.known,
            "refused": self.refused,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one hit: a new case, or the case that it is added to, that it reopens, or that knows it."""

    candidate: Candidate
    kind: str
    """`entered`, `joined` (a case that another hit of the call makes), `added`, `reopened`, `known` or `refused`."""
    case: str | None
    """The number of the case that is there already; None of a new one."""


def raise_cases(
    book: LedgerBook,
    candidates: Sequence[Candidate],
    actor: Actor,
    step: Callable[[int, int], None] | None = None,
) -> RaiseReport:
    """Enter what the rules found. To do it again changes nothing, nor do two who do it at once.

    Args:
        book: the ledgers.
        candidates: what `find_cases` gave.
        actor: in whose name it is entered.
        step: told how many of how many hits with a case of their own are done.

    Raises:
        LantuError: a case cannot be entered; the new cases of one call are entered together or not at all.
    """
    with _alone(book):
        try:
            return _Raising(book, actor, step).run(candidates)
        except LantuError:
            # somebody may have worked on one of the cases in the same moment: it is read anew, once
            return _Raising(book, actor, step).run(candidates)


def foresee(book: LedgerBook, candidates: Sequence[Candidate], actor: Actor) -> list[Outcome]:
    """What `raise_cases` would do with the hits now, one by one. Nothing is entered."""
    seen = _Foreseeing(book, actor)
    seen.run(candidates)
    return seen.outcomes


@contextmanager
def _alone(book: LedgerBook) -> Iterator[None]:
    """One at a time in a workspace: two who look on different days would each enter a case of their own."""
    folder = book.evidence_folder.parent
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK_NAME).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


class _Raising:
    def __init__(self, book: LedgerBook, actor: Actor, step: Callable[[int, int], None] | None = None) -> None:
        self.book, self.actor, self.report, self._step = book, actor, RaiseReport(), step

    def run(self, candidates: Sequence[Candidate]) -> RaiseReport:
        by_key: dict[str, list[Candidate]] = {}
        for candidate in sorted(candidates, key=lambda each: (each.occurred_on, each.hit)):
            by_key.setdefault(candidate.merge_key, []).append(candidate)
        hits = self._hits() if by_key else set()
        cases = self._cases(list(by_key))
        fresh: list[tuple[list[Candidate], Change]] = []
        for number, (key, found) in enumerate(by_key.items(), 1):
            new = self._old_case(cases.get(key), found, hits)
            if new:
                fresh.append((new, self._entering(key, new)))
            if self._step is not None:
                self._step(number, len(by_key))
        self._enter(fresh)
        return self.report

    def _enter(self, fresh: list[tuple[list[Candidate], Change]]) -> None:
        self.book.store.add([change for _, change in fresh])
        for found, change in fresh:
            self.report.entered.append(change.key)
            self._dispatch(found[0], change)

    def _dispatch(self, candidate: Candidate, case: Change) -> None:
        """Dispatch a case that nobody has touched, where its rule says so."""
        if candidate.rule.dispatch == "at_once" and case.holder is not None and case.version == 1:
            self.book.advance(CASES, case.key, "assign", self.actor, case.day)

    def _hits(self) -> set[str]:
        """All hits that were ever entered."""
        rows = self.book.store.select("select source from change where ledger = ? and source like 'rule:%'", [CASES])
        return {hit for (source,) in rows for hit in source.removeprefix(_MARK).split("\n")}

    def _cases(self, keys: list[str]) -> dict[str, str]:
        """The latest case of each merge key."""
        store = self.book.store
        rows = store.select(
            f"select {store.field_sql('rule_key')}, key from entry where ledger = ? "
            f"and {store.field_sql('rule_key')} in ({store.listed_sql()}) order by id",
            [CASES, json.dumps(keys, ensure_ascii=False)],
        )
        return dict(rows)

    def _old_case(self, number: str | None, found: list[Candidate], hits: set[str]) -> list[Candidate]:
        """Put hits with the case that is there; gives those for which a new one must be entered."""
        if number is None:
            return found
        case = self._followed(number)
        if case.state == "raised":
            # one who was cut off between entering a case and dispatching it is finished here
            self._dispatch(found[0], case)
        left = []
        for candidate in found:
            again = candidate.hit in hits
            seen = candidate.found_on if candidate.standing else candidate.occurred_on
            if again and (case.state in OPEN or not candidate.standing):
                self._know(case, candidate)
            elif case.state in OPEN:
                case = self._add(case, candidate, seen)
            else:
                ended = last_move(self.book.store.history(CASES, case.key)).day
                if seen <= ended:
                    self._know(case, candidate)
                elif case.state == "closed" and (seen - ended).days <= int(case.data.get("rebound_days") or 0):
                    case = self._reopen(case, candidate, seen)
                elif case.state == "rejected" and (seen - ended).days <= candidate.rule.refusal_days:
                    self._refuse(case, candidate)
                else:
                    left.append(candidate)
        return left

    def _know(self, case: Change, candidate: Candidate) -> None:
        self.report.known += 1

    def _refuse(self, case: Change, candidate: Candidate) -> None:
        self.report.refused.append(case.key)

    def _followed(self, number: str) -> Change:
        """The case that a merged one went into, at the end of the chain."""
        case, seen = self.book.entry(CASES, number), {number}
        while case.state == "merged":
            other = str(case.data["merged_into"])
            if other in seen:
                break
            seen.add(other)
            case = self.book.entry(CASES, other)
        return case

    def _add(self, case: Change, candidate: Candidate, seen: dt.date) -> Change:
        day = max(candidate.found_on, case.day)
        given = {"last_hit_on": _later(case, seen), "data_rows": self._rows(candidate, case)}
        self.report.added.append(case.key)
        return self.book.advance(
            CASES, case.key, "add_hit", self.actor, day, given, note=candidate.what.zh, source=_MARK + candidate.hit
        )

    def _reopen(self, case: Change, candidate: Candidate, seen: dt.date) -> Change:
        day = max(candidate.found_on, case.day)
        due = candidate.due.day
        if case.data.get("due_on") is not None:
            due = max(due, dt.date.fromisoformat(case.data["due_on"]) + dt.timedelta(days=1))
        given = {
            "due_on": due,
            "last_hit_on": _later(case, seen),
            "data_rows": self._rows(candidate, case),
            "hits": int(case.data.get("hits") or 0) + 1,
        }
        self.report.reopened.append(case.key)
        note = f"反弹：{candidate.what.zh}"
        return self.book.advance(
            CASES, case.key, "reopen", self.actor, day, given, note=note, source=_MARK + candidate.hit
        )

    def _rows(self, candidate: Candidate, case: Change) -> str:
        """The newest rows first, as many as there is room for."""
        before = str(case.data.get("data_rows") or "").split("\n")
        return kept_rows([*candidate.rows, *(row for row in before if row and not row.startswith("… +"))])

    def _entering(self, key: str, found: list[Candidate]) -> Change:
        first, last = found[0], found[-1]
        rule = first.rule
        digest = hashlib.sha256(f"{key}|{first.found_on}".encode()).hexdigest()[:8]
        values = {
            "number": f"{first.found_on:%Y%m%d}-{digest}",
            "case_class": rule.case_class,
            "occurred_on": first.occurred_on,
            "source": rule.source,
            "subject": first.subject,
            "what": f"{first.what.zh}\n{first.what.en}",
            "due_on": first.due.day,
            "rule": rule.rule,
            "rule_key": key,
            "hits": len(found),
            "last_hit_on": last.found_on if last.standing else last.occurred_on,
            "data_rows": kept_rows([row for each in reversed(found) for row in each.rows]),
            "quiet_days": rule.quiet_days,
            "rebound_days": rule.rebound_days,
        }
        return self.book.entering(
            CASES,
            values,
            first.area,
            self.actor,
            first.found_on,
            first.unit,
            note=str(first.due.words.zh) if first.due.stale else None,
            simulated=any(each.simulated for each in found),
            source=_MARK + "\n".join(each.hit for each in found),
        )


class _Foreseeing(_Raising):
    """The same decisions, with nothing written."""

    def __init__(self, book: LedgerBook, actor: Actor) -> None:
        super().__init__(book, actor)
        self.outcomes: list[Outcome] = []

    def _note(self, candidate: Candidate, kind: str, case: str | None) -> None:
        self.outcomes.append(Outcome(candidate, kind, case))

    def _dispatch(self, candidate: Candidate, case: Change) -> None:
        pass

    def _know(self, case: Change, candidate: Candidate) -> None:
        self._note(candidate, "known", case.key)

    def _refuse(self, case: Change, candidate: Candidate) -> None:
        self._note(candidate, "refused", case.key)

    def _add(self, case: Change, candidate: Candidate, seen: dt.date) -> Change:
        self._note(candidate, "added", case.key)
        return case

    def _reopen(self, case: Change, candidate: Candidate, seen: dt.date) -> Change:
        self._note(candidate, "reopened", case.key)
        return replace(case, state="assigned")

    def _enter(self, fresh: list[tuple[list[Candidate], Change]]) -> None:
        for found, _ in fresh:
            # the first hit makes the case, the others of one call go into it
            for number, candidate in enumerate(found):
                self._note(candidate, "joined" if number else "entered", None)


def _later(case: Change, day: dt.date) -> dt.date:
    before = case.data.get("last_hit_on")
    return day if before is None else max(day, dt.date.fromisoformat(before))
