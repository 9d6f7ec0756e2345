"""Judging in two processes: commitments that read the same ledger stay together, so that each ledger is read once."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lantu.assessment.ground import CASES, DOCUMENTS
from lantu.indicators import get_indicator, units_of_indicators

if TYPE_CHECKING:
    from lantu.assessment.ground import Ground
    from lantu.assessment.model import AssessmentRow
    from lantu.plan.commitments import Commitment

Judge = Callable[[Sequence["Commitment"]], list["AssessmentRow"]]

LEAST_CHANGES = 100_000
"""With fewer changes in the ledgers one process is as fast."""
LEVEL_WEIGHT = 150_000
"""Judging by the indicators of one family takes about as long as so many changes of a ledger, on a new day."""


def _reads(commitment: Any) -> str:
    """The ledger that a commitment mainly reads, or the family of its indicator, which shares what was read."""
    rule = commitment.inner if commitment.kind == "each" else commitment
    if rule.kind == "level":
        known = rule.indicator in units_of_indicators()
        return f"level:{get_indicator(rule.indicator).family.name}" if known else "level:"
    if rule.kind == "deliverable":
        return DOCUMENTS
    return getattr(rule, "ledger", CASES)


def groups_of(commitments: Sequence[Commitment], changes: Mapping[str, int]) -> list[list[Commitment]]:
    """The commitments that read the same stay together; what takes longest comes first.

    Args:
        commitments: all of them.
        changes: how many changes each ledger has.
    """
    groups: dict[str, list[Commitment]] = {}
    for commitment in commitments:
        groups.setdefault(_reads(commitment), []).append(commitment)
    weights = {name: LEVEL_WEIGHT if name.startswith("level:") else changes.get(name, 0) for name in groups}
    return [groups[name] for name in sorted(groups, key=lambda each: (-weights[each], each))]


def judge_in_two(ground: Ground, commitments: Sequence[Commitment], judge: Judge) -> list[AssessmentRow]:
    """The rows of all commitments in their order; each of two processes takes the next group when it is done with one.

    What goes wrong in the second process is judged again in this one, and fails here in the usual way. Where processes
    cannot be forked, the ledgers are small, or this process has written to the lake (the threads of its runtime do not
    live on in a fork), everything is judged here. The caller must have no other threads.
    """
    changes = ground.book.store.changes() if ground.book is not None else {}
    if not hasattr(os, "fork") or "deltalake" in sys.modules or sum(changes.values()) < LEAST_CHANGES:
        return judge(commitments)
    groups = groups_of(commitments, changes)
    if ground.book is not None:
        ground.book.version("")  # looked up once, before there are two of them
    context = multiprocessing.get_context("fork")
    following = context.Value("i", 0)
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(sender, judge, groups, following), daemon=True)
    process.start()
    sender.close()
    done = {number: judge(groups[number]) for number in _turns(following, len(groups))}
    try:
        done.update(pickle.loads(receiver.recv_bytes()))
    except (EOFError, OSError):
        pass
    finally:
        receiver.close()
        process.join()
    rows = [row for number, group in enumerate(groups) for row in done.get(number) or judge(group)]
    order = {commitment.id: number for number, commitment in enumerate(commitments)}
    return sorted(rows, key=lambda row: order[row.commitment])


def _turns(following: Any, count: int) -> Iterator[int]:
    """The numbers that no other process has taken."""
    while True:
        with following.get_lock():
            number = following.value
            following.value = number + 1
        if number >= count:
            return
        yield number


def _work(sender: Any, judge: Judge, groups: Sequence[Sequence[Commitment]], following: Any) -> None:
    """The second process: an error leaves the pipe empty."""
    try:
        done = {number: judge(groups[number]) for number in _turns(following, len(groups))}
        found = pickle.dumps(done, protocol=pickle.HIGHEST_PROTOCOL)
    except BaseException:
        os._exit(1)
    sender.send_bytes(found)
    sender.close()
    os._exit(0)
