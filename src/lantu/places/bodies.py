"""What `units.yaml` may say: public bodies with their names, and groups of bodies."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from lantu.base import ClosedModel


def _first_day(written: object) -> object:
    return dt.date(written, 1, 1) if isinstance(written, int) and 1000 <= written <= 9999 else written


def _last_day(written: object) -> object:
    return dt.date(written, 12, 31) if isinstance(written, int) and 1000 <= written <= 9999 else written


# A day, or a year alone: in the course of that year.
FirstDay = Annotated[dt.date | None, BeforeValidator(_first_day)]
LastDay = Annotated[dt.date | None, BeforeValidator(_last_day)]

BodyKind = Literal[
    "municipal_body",  # 市政府工作部门和直属机构
    "party_body",  # 党委部门
    "central_body",  # 中央驻地方机构: postal, tax, aviation, bank
    "district_government",  # 区政府
    "area_administration",  # 开发区、地区管理委员会
    "coordination_office",  # 联席会议、领导小组、指挥部的办公室
    "coordination_body",  # 联席会议、领导小组、委员会、指挥部本身
    "collective",  # 成员单位、有关部门: several bodies not named one by one
    "state_enterprise",  # 国有企业
    "judicial_body",  # 法院、检察院
]


class DatedName(ClosedModel):
    """Another official name of the same body, with the days on which it holds (both included) where they are known."""

    name: str
    valid_from: FirstDay = None
    valid_to: LastDay = None


class Slip(ClosedModel):
    """A misread or mistyped form that was met, and why it is taken for this body."""

    printed: str
    why: str
    confidence: float = Field(default=0.95, gt=0, lt=1)


class PublicBody(ClosedModel):
    """A public body (单位)."""

    name: str = Field(min_length=2)
    """Its canonical name (规范名称) in the year of the pack."""
    english: str
    kind: BodyKind
    area: str | None = None
    """Code of the area that a district's government governs."""
    valid_from: FirstDay = None
    valid_to: LastDay = None
    names: list[DatedName] = []
    """Its other official names, before and after."""
    aliases: list[str] = []
    """Other correct spellings: full, short."""
    slips: list[Slip] = []
    hosts: list[str] = []
    """For an office: the bodies at which it is kept, one after the other (办公室设在…)."""

    @property
    def official(self) -> list[DatedName]:
        return [DatedName(name=self.name, valid_from=self.valid_from, valid_to=self.valid_to), *self.names]


class UnitGroup(ClosedModel):
    """A wording that stands for several bodies.

    It begins with one of `heads`; what may be added in brackets after 含 stands in `including`.
    """

    name: str
    zh: str
    en: str
    heads: list[str] = []
    lost_heads: list[str] = []
    """Heads that lost a character: taken for the group only together with a bracket, and with a doubt."""
    including: list[str] = []
    bracket: Literal["none", "optional", "required"] = "none"
    members: str | None = None
    """The areas whose governments are meant, as `AreaTree.select` takes them; None where the plan names none."""
    open: bool = False
    """Whether it is the open end of a list (等部门)."""

    @model_validator(mode="after")
    def _fits(self) -> UnitGroup:
        if (self.bracket == "none") == bool(self.including):
            raise ValueError("'including' goes with bracket: optional or required")
        if self.open == bool(self.heads):
            raise ValueError("a group has heads, or is the open end of a list")
        return self


class WrittenUnits(ClosedModel):
    """All of `units.yaml`."""

    reference: str
    city_prefix: str = ""
    """The city's name before a body's name (北京市), which short names leave out but for 市."""
    units: list[PublicBody]
    groups: list[UnitGroup]
