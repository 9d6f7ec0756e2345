"""How a pack wants cases handled (`case_handling.yaml`): escalation, checks on photos, reports, when rules raise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from lantu.base import ClosedModel, LantuError, Text, read_model

if TYPE_CHECKING:
    from lantu.plan.packs import Pack

Basis = Literal["own_choice", "document"]
"""Where a figure comes from: the pack's own choice, or a document that `reference` names."""
FILE = "case_handling.yaml"


class EscalationLevel(ClosedModel):
    """A colour of the escalation (督办): from so many working days after the deadline on; negative: before it."""

    name: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    title: Text
    from_days: int


class Escalation(ClosedModel):
    """The colours, mildest first."""

    basis: Basis
    reference: str = ""
    levels: Annotated[list[EscalationLevel], Field(min_length=1)]

    @model_validator(mode="after")
    def _rising(self) -> Escalation:
        days = [level.from_days for level in self.levels]
        if days != sorted(set(days)):
            raise ValueError("each level begins later than the one before")
        return self

    def level_of(self, days_late: int) -> EscalationLevel | None:
        """The level for so many working days after the deadline; None where there is nothing to say yet."""
        return next((level for level in reversed(self.levels) if days_late >= level.from_days), None)


class PhotoChecks(ClosedModel):
    """When a photo raises a question. None of this refuses a photo."""

    basis: Basis
    reference: str = ""
    near_bits: Annotated[int, Field(ge=0, le=24)]
    """Two pictures are near-same where their hashes of 64 bits differ in at most so many."""
    far_metres: Annotated[int, Field(ge=1)]
    """A photo taken farther than this from the case's point is asked about."""
    days_before: Annotated[int, Field(ge=0)] = 0
    """So many days before the case was raised a photo may have been taken."""


class Reporting(ClosedModel):
    """When a month's report is due: so many working days after the month."""

    basis: Basis
    reference: str = ""
    due_working_days: Annotated[int, Field(ge=1)]
    first_month: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
    last_month: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
    roles: Annotated[list[Literal["lead", "responsible", "assisting"]], Field(min_length=1)]
    """Which roles in a measure must report on it."""


class Raising(ClosedModel):
    """When rules raise cases by themselves: each morning, after an import of data; without this, only when asked.

    Each time the last whole day and those before it are looked at, `days` in all, for what came late.
    """

    every_morning: bool = False
    after_import: bool = False
    days: Annotated[int, Field(ge=1, le=31)] = 1


class Handling(ClosedModel):
    """All of `case_handling.yaml`."""

    escalation: Escalation
    photos: PhotoChecks
    reports: Reporting
    raising: Raising = Raising()


def read_handling(pack: Pack) -> Handling:
    """How a pack wants cases handled.

    Raises:
        LantuError: the pack does not say, or its file does not fit.
    """
    path = pack.nearest(FILE)
    if path is None:
        raise LantuError(
            Text(f"规则包 {pack.id} 没有 {FILE}", f"the pack {pack.id} has no {FILE}"),
            mend=Text("补上督办、照片和填报的约定", "add what it wants of escalation, photos and reports"),
        )
    return read_model(path, Handling)
