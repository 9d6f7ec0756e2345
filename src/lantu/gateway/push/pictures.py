"""Pictures as evidence: each is named with its SHA-256, and comes in the message (base64) or as a part of its own."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import Field, model_validator

from lantu.base import ClosedModel
from lantu.gateway.push.refusal import NOT_FITTING, TOO_LARGE, Refusal, fault, misfit

MOST_PICTURES = 8
LARGEST_PICTURE = 5 * 2**20
"""Bytes."""
_KINDS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


class PictureSaid(ClosedModel):
    """A picture as the message tells of it: with its content, or with the name of the part that has it."""

    name: str = Field(min_length=1, max_length=200)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    base64: str | None = None
    part: str | None = None

    @model_validator(mode="after")
    def _in_one_way(self) -> PictureSaid:
        if (self.base64 is None) == (self.part is None):
            raise misfit("应有 `base64` 或 `part` 之一", "give `base64` or `part`, one of them")
        return self


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is what its message says. `media_type` is by its first bytes, not by its name."""

    name: str
    sha256: str
    media_type: str
    content: bytes


def take_picture(said: PictureSaid, parts: Mapping[str, bytes], where: str) -> Picture:
    """The picture that the message tells of.

    Raises:
        Refusal: it is missing, too large, not what its hash says, or neither JPEG nor PNG.
    """
    if said.part is not None:
        if said.part not in parts:
            raise Refusal(
                NOT_FITTING,
                fault(
                    f"没有名为“{said.part}”的部分", f"there is no part '{said.part}'", f"{where}.part",
                    f"收到：{'、'.join(parts) or '无'}", f"there came: {', '.join(parts) or 'none'}",
                ),
            )  # fmt: skip
        content = parts[said.part]
    else:
        try:
            content = base64.b64decode(said.base64 or "", validate=True)
        except (binascii.Error, ValueError) as error:
            raise Refusal(
                NOT_FITTING,
                fault(
                    "不是 base64", "it is not base64", f"{where}.base64",
                    "用标准 base64，不换行", "use standard base64 without line breaks",
                ),
            ) from error  # fmt: skip
    if len(content) > LARGEST_PICTURE:
        raise Refusal(
            TOO_LARGE,
            fault(
                f"图片有 {len(content)} 字节", f"the picture has {len(content)} bytes", where,
                f"至多 {LARGEST_PICTURE} 字节，请压缩", f"at most {LARGEST_PICTURE} bytes; compress it",
            ),
        )  # fmt: skip
    if hashlib.sha256(content).hexdigest() != said.sha256:
        raise Refusal(
            NOT_FITTING,
            fault(
                "图片与其 SHA-256 不符", "the picture is not what its SHA-256 says", f"{where}.sha256",
                "对图片文件原样计算", "compute it over the file as it is",
            ),
        )  # fmt: skip
    media_type = next((kind for start, kind in _KINDS.items() if content.startswith(start)), None)
    if media_type is None:
        raise Refusal(
            NOT_FITTING,
            fault("图片格式未知", "the picture is of no known kind", where, "用 JPEG 或 PNG", "send JPEG or PNG"),
        )
    return Picture(said.name, said.sha256, media_type, content)
