"""The register of sources (推送来源登记): who may push what, in `sources.yaml` of the workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from lantu.base import ClosedModel, LantuError, Place, Text, read_model
from lantu.gateway.push.signing import SHORTEST_KEY, Form, Source

FILE_NAME = "sources.yaml"


class WrittenSource(ClosedModel):
    """One source as it is written. `devices` and `datasets` limit it to these; without them it may speak for all."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    key: str | None = None
    forms: Annotated[list[Form], Field(min_length=1)]
    devices: list[str] | None = None
    datasets: list[str] | None = None
    unsigned: bool = False
    ratio_in_percent: bool = True
    vapour_answer: Literal["01", "ok"] = "01"


class _SourcesFile(ClosedModel):
    sources: list[WrittenSource]


def read_sources(workspace: Path) -> dict[str, Source]:
    """The sources of a workspace by name; none where there is no file.

    Raises:
        LantuError: the file does not fit, a name stands twice, or a key is missing or too short.
    """
    path = workspace / FILE_NAME
    if not path.exists():
        return {}
    found: dict[str, Source] = {}
    for each in read_model(path, _SourcesFile).sources:
        key = each.key.encode() if each.key is not None else None
        if each.name in found:
            raise LantuError(
                Text(f"来源“{each.name}”登记了两次", f"the source '{each.name}' stands twice"), where=Place(path)
            )
        if not each.unsigned and (key is None or len(key) < SHORTEST_KEY):
            raise LantuError(
                Text(f"来源“{each.name}”的密钥缺失或太短", f"the key of '{each.name}' is missing or too short"),
                where=Place(path),
                mend=Text(f"密钥至少 {SHORTEST_KEY} 个字节", f"a key has at least {SHORTEST_KEY} bytes"),
            )
        found[each.name] = Source(
            each.name,
            key,
            frozenset(each.forms),
            None if each.devices is None else frozenset(each.devices),
            None if each.datasets is None else frozenset(each.datasets),
            each.unsigned,
            each.ratio_in_percent,
            each.vapour_answer,
        )
    return found
