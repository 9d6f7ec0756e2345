"""The ledgers that a pack declares, read from its folder and checked against each other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lantu.base import LantuError, Place, SeveralErrors, Text, read_yaml
from lantu.base.yaml_source import validate
from lantu.ledgers.schema import Ledger


def read_ledgers(folder: Path, inherited: Mapping[str, Ledger] | None = None) -> dict[str, Ledger]:
    """The declared ledgers of a folder, by name.

    Args:
        folder: where the YAML files stand; one that does not exist has none.
        inherited: ledgers of the pack that is inherited; those of the folder may refer to them.

    Raises:
        SeveralErrors: faults in the files, each with file, line and key; references to ledgers that are not there.
    """
    found: dict[str, Ledger] = {}
    faults: list[LantuError] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            source = read_yaml(path)
            ledger = validate(source, source.data, Ledger, ())
        except SeveralErrors as error:
            faults.extend(error.errors)
            continue
        except LantuError as error:
            faults.append(error)
            continue
        if ledger.ledger != path.stem:
            faults.append(
                LantuError(
                    Text(
                        f"文件名应与台账名“{ledger.ledger}”相同",
                        f"the file must be named as its ledger {ledger.ledger}",
                    ),
                    where=Place(path, source.line_of(("ledger",)), "ledger"),
                )
            )
        found[ledger.ledger] = ledger
    known = {**(inherited or {}), **found}
    for ledger in found.values():
        faults += _references(ledger, known, folder / f"{ledger.ledger}.yaml")
    if faults:
        raise SeveralErrors(faults)
    return found


def _references(ledger: Ledger, known: Mapping[str, Ledger], path: Path) -> list[LantuError]:
    faults = []

    def fault(zh: str, en: str, field: str) -> None:
        faults.append(LantuError(Text(zh, en), where=Place(path, None, field)))

    for field in ledger.fields:
        if field.ledger is not None and field.ledger not in known:
            fault(f"没有台账“{field.ledger}”", f"there is no ledger '{field.ledger}'", field.name)
    for step in ledger.transitions:
        for name, states in step.refers.items():
            other = known.get((ledger.field(name) or ledger.fields[0]).ledger or "")
            for state in states:
                if other is not None and state not in other.states:
                    fault(f"{other.ledger} 没有状态“{state}”", f"{other.ledger} has no state '{state}'", step.name)
    for name, selection in ledger.selections.items():
        for related in selection.related:
            other = known.get(related.ledger)
            if other is None:
                fault(f"没有台账“{related.ledger}”", f"there is no ledger '{related.ledger}'", name)
                continue
            field_ = other.field(related.field)
            if field_ is None or field_.ledger != ledger.ledger:
                fault(
                    f"{related.ledger} 的字段“{related.field}”不指向本台账",
                    f"the field '{related.field}' of {related.ledger} does not refer to this ledger",
                    name,
                )
            if related.selection is not None and related.selection not in other.names():
                fault(
                    f"{related.ledger} 没有口径“{related.selection}”",
                    f"{related.ledger} has no selection '{related.selection}'",
                    name,
                )
    return faults
