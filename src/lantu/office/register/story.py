"""The story of an entry (条目沿革): its changes with what each made different, ready to be shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.timezone import localtime

from lantu.base import Text
from lantu.ledgers.values import shown
from lantu.office.desk import desk

if TYPE_CHECKING:
    from lantu.ledgers import Change, Ledger, LedgerField

_ACTIONS = {"enter": Text("录入", "entered"), "amend": Text("更改", "amended")}
_COMMON = {
    "area": Text("行政区划", "area"),
    "holder": Text("责任单位", "responsible unit"),
    "state": Text("状态", "state"),
    "place": Text("位置", "place"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that a change made different, as a reader sees it."""

    name: str
    title: Text
    before: str
    after: str

    def as_json(self) -> dict[str, Any]:
        return {"field": self.name, "title": self.title, "before": self.before, "after": self.after}


def action_title(ledger: Ledger, action: str) -> Text:
    """What was done, in words."""
    step = next((each for each in ledger.transitions if each.name == action), None)
    return step.title if step is not None else _ACTIONS.get(action, Text(action, action))


def area_title(code: str | None) -> Text:
    """An area's name, of a street with its district's."""
    areas = desk().pack.areas
    if code is None or code not in areas:
        return Text(code or "", code or "")
    area = areas.get(code)
    if area.level == "street" and area.parent is not None:
        upper = areas.get(area.parent)
        return Text(f"{upper.name}{area.name}", f"{area.english}, {upper.english}")
    return area.title


def body_title(name: str | None) -> Text:
    """A public body as a reader sees it; empty for nobody. What is no body of the pack stays as it is written."""
    return desk().pack.units.title(name) if name else Text("", "")


def shown_kept(field: LedgerField, kept: Any) -> str:
    """A kept value as a reader sees it."""
    if kept is None:
        return ""
    if field.type == "area":
        return str(area_title(str(kept)))
    if field.type == "unit":
        return str(body_title(str(kept)))
    return shown(field, kept)


def differences(ledger: Ledger, before: Change | None, after: Change) -> list[Difference]:
    """What a change made different; of the first one nothing."""
    if before is None:
        return []
    found = []
    for field in ledger.fields:
        old, new = before.data.get(field.name), after.data.get(field.name)
        if old != new:
            found.append(Difference(field.name, field.title, shown_kept(field, old), shown_kept(field, new)))
    for name in ("area", "holder", "place"):
        old, new = getattr(before, name), getattr(after, name)
        if old == new:
            continue
        if name == "area":
            old, new = area_title(old), area_title(new)
        elif name == "holder":
            old, new = body_title(old), body_title(new)
        found.append(Difference(name, _COMMON[name], str(old or ""), str(new or "")))
    return found


def since(ledger: Ledger, history: Sequence[Change], version: int) -> list[Difference]:
    """What became different after a version that somebody has read."""
    read = next((change for change in history if change.version == version), None)
    if read is None:
        return []
    found = differences(ledger, read, history[-1])
    if read.state != history[-1].state:
        old, new = ledger.states[read.state].title, ledger.states[history[-1].state].title
        found.insert(0, Difference("state", _COMMON["state"], str(old), str(new)))
    return found


def local_moment(recorded: str) -> str:
    """A moment that was recorded in UTC, as local time: 2021-06-30 15:04."""
    return localtime(dt.datetime.fromisoformat(recorded)).strftime("%Y-%m-%d %H:%M")


def journal_lines(ledger: str, key: str) -> Mapping[int, int]:
    """The line of the journal for each version."""
    rows = desk().book.store.database.read(
        "select version, line from change where ledger = ? and key = ?", [ledger, key]
    )
    return dict(rows)
