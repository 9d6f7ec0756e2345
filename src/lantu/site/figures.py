"""Verdicts as pages and JSON show them: a figure with its sign and unit, a row of a list, a set of counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lantu.assessment import AssessmentRow, Status
from lantu.base import Text, unit_title
from lantu.site.links import explain_link
from lantu.site.templatetags.lantu import number

if TYPE_CHECKING:
    from collections.abc import Mapping

COMPARATORS = {"<": "<", "<=": "≤", "=": "=", ">=": "≥", ">": ">", "about": "≈"}
SOFTNESS = {
    "strive": Text("力争", "strive"),
    "basically": Text("基本", "basically"),
    "about": Text("左右", "about"),
}


def with_unit(value: Any, unit: str, sign: str = "") -> str:
    """A figure with its sign and unit in the reader's language; nothing where there is none."""
    if value is None:
        return ""
    figure = f"{COMPARATORS.get(sign, sign)} {number(value)}".strip()
    title = str(unit_title(unit)) if unit else ""
    return f"{figure}{'' if title == '%' else ' '}{title}".strip()


def limit_words(row: AssessmentRow) -> str:
    """What the value is held against."""
    return with_unit(row.limit, row.unit, row.comparator)


def verdict(row: AssessmentRow, day: str = "") -> dict[str, Any]:
    """A verdict as a row of a list; `value` and `limit` are plain figures, `url` leads to where it comes from."""
    return {
        "commitment": row.commitment,
        "title": row.title,
        "area": row.area,
        "area_name": row.area_name,
        "status": row.status.value,
        "indication": row.indication.value if row.indication else None,
        "value": row.value,
        "comparator": row.comparator,
        "limit": row.limit,
        "unit": row.unit,
        "reason": row.reason,
        "coverage": row.coverage,
        "projection": row.projection,
        "probability": row.probability,
        "since": row.since,
        "unverified": list(row.unverified),
        "url": explain_link(row.commitment, row.area, day),
    }


def five_counts(counts: Mapping[Status, int], link: Any = None, current: str = "") -> list[dict[str, Any]]:
    """Counts by status as `parts/counts.html` shows them; `link` gives the address for a status."""
    return [
        {
            "status": status.value,
            "count": counts.get(status, 0),
            "url": link(status.value) if link else "",
            "current": current == status.value,
        }
        for status in Status
    ]
