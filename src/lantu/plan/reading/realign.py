"""Rows of plain text that lost a tab or got one too many: each cell goes to the column that its content fits.

Only what tells columns apart is used: a number, a time, a long text, names of bodies. Columns of units look alike, so a
shift among them is left to `roles`, which knows who may lead whom.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lantu.plan.reading.rows import UNIT_ROLES, Role, folded
from lantu.plan.reading.seams import is_dash

_TIME = re.compile(r"年底|年内|全年|长期|持续|时间节点|月|季|每年|\d{4}年|按期|即时")
_BODY = re.compile(r"(?:局|委|办|政府|公司|集团|管委会|委员会|部门|单位|中心|院|部|银行|办公室|指挥部|区)(?:[,、(]|$)")
_MARGIN = 3.0
"""By how much another placing must fit better than the printed one."""


def realigned(texts: Sequence[str], roles: Sequence[Role]) -> list[int | None] | None:
    """For each column the number of the cell that belongs there (None for an empty column); None where the printed
    order fits as well as any other.

    Args:
        texts: the cells of the row as printed.
        roles: the columns of the header.
    """
    fits = [[_fit(text, role) for role in roles] for text in texts]
    printed = sum(fits[i][i] for i in range(min(len(texts), len(roles))))
    printed -= sum(5.0 for text in texts[len(roles) :] if text.strip())
    # best[i][j]: the first i cells placed in the first j columns
    best: list[list[tuple[float, tuple[int | None, ...]]]] = [[(0.0, ())]]
    for _ in roles:
        score, places = best[0][-1]
        best[0].append((score, (*places, None)))
    for i, text in enumerate(texts):
        dropped = -5.0 if text.strip() else 0.0
        row = [(best[i][0][0] + dropped, best[i][0][1])]
        for j in range(len(roles)):
            choices = [
                (best[i][j][0] + fits[i][j], (*best[i][j][1], i)),
                (best[i][j + 1][0] + dropped, best[i][j + 1][1]),
                (row[j][0], (*row[j][1], None)),
            ]
            row.append(max(choices, key=lambda choice: choice[0]))
        best.append(row)
    score, places = best[-1][-1]
    return list(places) if score >= printed + _MARGIN else None


def _fit(text: str, role: Role) -> float:
    plain = folded(text)
    if not plain:
        return 0.0
    number = re.fullmatch(r"\d{1,3}[.、]?", plain) is not None
    time = len(plain) <= 24 and _TIME.search(plain) is not None and not _BODY.search(plain)
    body = is_dash(plain) or (_BODY.search(plain) is not None and "。" not in plain and not number)
    long = "。" in plain or len(plain) > 40
    if role == "number":
        return 2.0 if number else -3.0
    if role == "task":
        return -2.0 if number or long or (body and is_dash(plain)) else -1.0 if time else 1.0
    if role == "measure":
        return 2.0 if long and not body else 0.0 if not (number or time or is_dash(plain)) else -3.0
    if role == "deadline":
        return 2.0 if time else -3.0
    if role in UNIT_ROLES:
        return 2.0 if body else -3.0 if number or long or time else -1.0
    return 0.0
