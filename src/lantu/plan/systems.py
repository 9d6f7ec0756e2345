"""The systems that a plan names (计划点名的系统): databases, ledgers, lists, mechanisms; and what realises each.

They stand in `systems.yaml` of a pack. What is not there yet is said in `later` and never claimed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator

from lantu.base import ClosedModel, LantuError, Place, SeveralErrors, Text, read_model

if TYPE_CHECKING:
    from lantu.plan.packs import Pack

FILE_NAME = "systems.yaml"

_CODED = {
    "document": ("documents", "document", Text("成果文件", "document")),
    "publication": ("publications", "series", Text("通报公开", "publication")),
    "cases": ("cases", "case_class", Text("问题类别", "class of cases")),
    "activity": ("activities", "kind", Text("行动巡查", "activity")),
    "project": ("projects", "kind", Text("工程试点", "project")),
}


class Realisation(ClosedModel):
    """What realises a system: exactly one of a ledger, an indicator, or a code of one of the shared ledgers."""

    ledger: str | None = None
    indicator: str | None = None
    document: str | None = None
    publication: str | None = None
    cases: str | None = None
    activity: str | None = None
    project: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Realisation:
        if len(self.model_fields_set) != 1:
            raise ValueError("give exactly one of ledger, indicator, document, publication, cases, activity, project")
        return self

    @property
    def kind(self) -> str:
        return next(iter(self.model_fields_set))

    @property
    def name(self) -> str:
        return str(getattr(self, self.kind))


class NamedSystem(ClosedModel):
    """One named system: its number, the tasks that name it, its name as printed, what it is for."""

    number: Annotated[int, Field(ge=1)]
    plan: str
    tasks: Annotated[list[int], Field(min_length=1)]
    kind: str
    name: str
    purpose: str
    realised_by: list[Realisation]
    later: Text | None = None

    @model_validator(mode="after")
    def _said(self) -> NamedSystem:
        if not self.realised_by and self.later is None:
            raise ValueError("a system that nothing realises says in `later` what it waits for")
        return self


class _SystemsFile(ClosedModel):
    systems: list[NamedSystem]


def read_systems(pack: Pack, indicators: Mapping[str, Any]) -> list[NamedSystem]:
    """The named systems of a pack, each reference checked.

    Args:
        pack: the pack.
        indicators: the indicators that can be computed, by name.

    Raises:
        LantuError: the pack has no such file.
        SeveralErrors: a reference to what is not there, or a ledger that names a system which does not name it.
    """
    path = pack.path / FILE_NAME
    if not path.is_file():
        raise LantuError(Text("规则包没有系统清单", "the pack has no list of systems"), where=Place(path))
    systems = read_model(path, _SystemsFile).systems
    faults = list(_faults(pack, systems, indicators, path))
    if faults:
        raise SeveralErrors(faults)
    return systems


def _faults(pack: Pack, systems: list[NamedSystem], indicators: Mapping[str, Any], path: Path) -> Iterator[LantuError]:
    def fault(number: int, zh: str, en: str) -> LantuError:
        return LantuError(Text(zh, en), where=Place(path, None, str(number)))

    named: dict[int, set[str]] = {}
    for system in systems:
        for each in system.realised_by:
            if each.kind == "ledger":
                named.setdefault(system.number, set()).add(each.name)
                known: Any = pack.ledgers
            elif each.kind == "indicator":
                known = indicators
            else:
                ledger, field, _ = _CODED[each.kind]
                declared = pack.ledgers[ledger].field(field) if ledger in pack.ledgers else None
                known = declared.codes if declared is not None else {}
            if each.name not in known:
                yield fault(system.number, f"没有 {each.kind}“{each.name}”", f"there is no {each.kind} '{each.name}'")
    for name, declaring in pack.ledgers.items():
        for number in declaring.systems:
            if name not in named.get(number, ()):
                yield fault(
                    number,
                    f"台账 {name} 写明实现系统 {number}，清单中没有写",
                    f"the ledger {name} says that it realises {number}, the list does not",
                )


def shown(pack: Pack, each: Realisation) -> Text:
    """What realises a system, for a reader."""
    if each.kind == "ledger":
        title = pack.ledgers[each.name].title
        return Text(f"台账：{title.zh}", f"ledger: {title.en}")
    if each.kind == "indicator":
        from lantu.indicators import get_indicator

        title = get_indicator(each.name).title
        return Text(f"指标：{title.zh}", f"indicator: {title.en}")
    ledger, field, word = _CODED[each.kind]
    declared = pack.ledgers[ledger].field(field)
    assert declared is not None
    title = declared.codes[each.name]
    return Text(f"{word.zh}：{title.zh}", f"{word.en}: {title.en}")


def as_json(pack: Pack, systems: list[NamedSystem]) -> list[dict[str, Any]]:
    """The list for programs."""
    return [
        {
            "number": system.number,
            "plan": system.plan,
            "tasks": system.tasks,
            "kind": system.kind,
            "name": system.name,
            "purpose": system.purpose,
            "realised_by": [{"kind": each.kind, "name": each.name} for each in system.realised_by],
            "later": None if system.later is None else {"zh": system.later.zh, "en": system.later.en},
        }
        for system in systems
    ]
