"""Figures that a plan leaves to another document (完成国家和本市下达的任务): entered later, each with its reference.

They stand in `targets.yaml` of the workspace. A later entry for the same commitment and area replaces an earlier one
in use; the earlier one stays in the file.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from pydantic import Field

from lantu.base import ClosedModel, LantuError, Place, Text, parse_unit, read_model

if TYPE_CHECKING:
    from lantu.lake import Workspace
    from lantu.plan.packs import Pack

FILE_NAME = "targets.yaml"


class Target(ClosedModel):
    """One entered figure."""

    commitment: str
    area: str
    pack: str = ""
    """The pack whose commitment it is; entries of other packs are left alone."""
    value: Decimal
    unit: str
    reference: str = Field(min_length=1)
    entered: dt.date

    def __str__(self) -> str:
        return f"{self.commitment} {self.area}: {self.value} {self.unit} ({self.reference}, {self.entered})"


class _TargetFile(ClosedModel):
    targets: list[Target]


class Targets:
    """The entered figures, looked up by commitment and area."""

    def __init__(self, entries: list[Target]) -> None:
        self.entries = entries
        self._latest = {(target.commitment, target.area): target for target in entries}

    def get(self, commitment: str, area: str) -> Target | None:
        return self._latest.get((commitment, area))


def read_targets(workspace: Workspace, pack: Pack) -> Targets:
    """The workspace's entered figures; none if nothing was entered.

    Raises:
        LantuError: the file has a fault, or names a commitment that the pack does not have.
    """
    path = workspace.path / FILE_NAME
    entries = [entry for entry in _all(path) if entry.pack in ("", pack.id)]
    known = pack.commitments
    for entry in entries:
        if entry.commitment not in known:
            raise LantuError(
                Text(f"规则包没有承诺“{entry.commitment}”", f"the pack has no commitment '{entry.commitment}'"),
                where=Place(path),
            )
    return Targets(entries)


def _all(path: Path) -> list[Target]:
    return read_model(path, _TargetFile).targets if path.exists() else []


def write_target(
    workspace: Workspace, pack: Pack, commitment: str, area: str, value: str, unit: str, reference: str
) -> Target:
    """Enter a figure for one commitment and area.

    Raises:
        LantuError: no such commitment or area, the commitment has no outside target, the figure is no number, or the
            unit does not fit the one that the commitment declares.
    """
    from lantu.assessment.level import external_unit

    declared = external_unit(pack.commitment(commitment))
    if declared is None:
        raise LantuError(
            Text(
                f"承诺“{commitment}”的指标值在计划中已定", f"the figure of '{commitment}' is fixed by the plan itself"
            ),
            mend=Text("只能录入计划之外下达的指标值", "only figures that are set outside the plan can be entered"),
        )
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise LantuError(Text(f"“{value}”不是数", f"'{value}' is not a number")) from error
    if not number.is_finite():
        raise LantuError(Text(f"“{value}”不是有限的数", f"'{value}' is not a finite number"))
    if not parse_unit(unit).fits(parse_unit(declared)):
        raise LantuError(
            Text(
                f"单位“{unit}”与承诺的单位“{declared}”不合", f"'{unit}' does not fit the commitment's unit '{declared}'"
            )
        )
    target = Target(
        commitment=commitment,
        area=pack.areas.find(area).code if area != "city" else pack.areas.select("city")[0].code,
        pack=pack.id,
        value=number,
        unit=unit,
        reference=reference,
        entered=dt.date.today(),
    )
    read_targets(workspace, pack)
    path = workspace.path / FILE_NAME
    _write(path, [*_all(path), target])
    return target


def _write(path: Path, entries: list[Target]) -> None:
    data = {"targets": [{**entry.model_dump(), "value": str(entry.value)} for entry in entries]}
    fresh = path.with_suffix(".new")
    fresh.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
    fresh.replace(path)
