"""A push as the inbox keeps it: one line of JSON that says who sent it and how, then the bytes exactly as they came.

The body and the pictures are not changed, so that the signature and the hashes can be checked again at any time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

VERSION = 1


@dataclass(frozen=True, slots=True)
class Envelope:
    """A push with its sender. `seconds` and `signature` are those of its headers, 0 and "" of an unsigned one."""

    form: str
    source: str
    body: bytes
    seconds: int = 0
    signature: str = ""
    parts: dict[str, bytes] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    """What was declared of the source that decoding needs."""

    def pack(self) -> bytes:
        """The bytes that are kept."""
        head = {
            "lantu_push": VERSION, "form": self.form, "source": self.source, "seconds": self.seconds,
            "signature": self.signature, "body": len(self.body), "options": self.options,
            "parts": [[name, len(content)] for name, content in self.parts.items()],
        }  # fmt: skip
        return b"".join((orjson.dumps(head), b"\n", self.body, *self.parts.values()))

    @classmethod
    def unpack(cls, raw: bytes) -> Envelope:
        """Read kept bytes.

        Raises:
            ValueError: they are no push.
        """
        line, newline, rest = raw.partition(b"\n")
        try:
            head = orjson.loads(line)
            if not newline or head["lantu_push"] != VERSION:
                raise ValueError("no push of this version")
            size, at = head["body"], head["body"]
            parts = {}
            for name, length in head["parts"]:
                parts[name] = rest[at : at + length]
                at += length
            if at != len(rest):
                raise ValueError(f"{len(rest)} bytes instead of {at}")
            return cls(
                head["form"], head["source"], rest[:size], head["seconds"], head["signature"], parts, head["options"]
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"no push: {error}") from error
