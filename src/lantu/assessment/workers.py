"""Judging in two processes: commitments that read the same ledger stay together, so that each ledger is read once."""

from __future__ import annotations

import multiprocessing
import os
import pickle
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lantu.assessment.ground import CASES, DOCUMENTS

if TYPE_CHECKING:
    from lantu.assessment.ground import Ground
    from lantu.assessment.model import AssessmentRow
    from lantu.plan.commitments import Commitment

Judge = Callable[[Sequence["Commitment"]], list["AssessmentRow"]]

LEAST_CHANGES = 100_000
"""With fewer changes in the ledgers one process is as fast."""
LEVEL_WEIGHT = 550_000
"""Judging by indicators takes about as long as so many changes: less when the figures are kept, more on a new day."""


def _reads(commitment: Any) -> str:
    """The ledger that a commitment mainly reads; indicators stay together too, for they share what was read."""
    rule = commitment.inner if commitment.kind == "each" else commitment
    if rule.kind == "level":
        return ""
    if rule.kind == "deliverable":
        return DOCUMENTS
    return getattr(rule, "ledger", CASES)


def halves(commitments: Sequence[Commitment], changes: Mapping[str, int]) -> tuple[list[Commitment], list[Commitment]]:
    """The commitments in two parts of about equal work.

    Args:
        commitments: all of them.
        changes: how many changes each ledger has.
    """
    groups: dict[str, list[Commitment]] = {}
    for commitment in commitments:
        groups.setdefault(_reads(commitment), []).append(commitment)
    weights = {name: LEVEL_WEIGHT if name == "" else changes.get(name, 0) for name in groups}
    parts: tuple[list[Commitment], list[Commitment]] = ([], [])
    loads = [0, 0]
    for name in sorted(groups, key=lambda each: (-weights[each], each)):
        lighter = int(loads[1] < loads[0])
        parts[lighter].extend(groups[name])
        loads[lighter] += weights[name]
    return parts


def judge_in_two(ground: Ground, commitments: Sequence[Commitment], judge: Judge) -> list[AssessmentRow]:
    """The rows of all commitments in their order, half of them judged by a second process.

    What goes wrong in the second process is judged again in this one, and fails here in the usual way. Where processes
    cannot be forked, or the ledgers are small, everything is judged here. The caller must have no other threads.
    """
    changes = ground.book.store.changes() if ground.book is not None else {}
    if not hasattr(os, "fork") or sum(changes.values()) < LEAST_CHANGES:
        return judge(commitments)
    own, other = halves(commitments, changes)
    if ground.book is not None:
        ground.book.version("")  # looked up once, before there are two of them
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(sender, judge, other), daemon=True)
    process.start()
    sender.close()
    rows = judge(own)
    try:
        rows += pickle.loads(receiver.recv_bytes())
    except (EOFError, OSError):
        rows += judge(other)
    finally:
        receiver.close()
        process.join()
    order = {commitment.id: number for number, commitment in enumerate(commitments)}
    return sorted(rows, key=lambda row: order[row.commitment])


def _work(sender: Any, judge: Judge, commitments: Sequence[Commitment]) -> None:
    """The second process: an error leaves the pipe empty."""
    try:
        found = pickle.dumps(judge(commitments), protocol=pickle.HIGHEST_PROTOCOL)
    except BaseException:
        os._exit(1)
    sender.send_bytes(found)
    sender.close()
    os._exit(0)
