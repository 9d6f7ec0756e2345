"""Why a push is not taken: the HTTP status, and for each fault what, where and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic_core import PydanticCustomError

from lantu.base import LantuError, Place, Text

MALFORMED, NOT_SIGNED, NOT_ALLOWED, TOO_LARGE, NOT_FITTING = 400, 401, 403, 413, 422


class Refusal(Exception):
    """A push that is not taken.

    Args:
        status: the HTTP status of the answer.
        errors: what is wrong with it, all of it as far as it could be read.
    """

    def __init__(self, status: int, *errors: LantuError) -> None:
        super().__init__("; ".join(error.what.en for error in errors))
        self.status = status
        self.errors: Sequence[LantuError] = errors

    def as_json(self) -> dict[str, Any]:
        """The answer's body: everything in both languages, as the reader is a machine's maintainer."""
        return {
            "accepted": False,
            "errors": [
                {
                    "what": _both(error.what),
                    "where": str(error.where) if error.where else None,
                    "mend": _both(error.mend) if error.mend else None,
                }
                for error in self.errors
            ],
        }


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def fault(zh: str, en: str, where: str, mend_zh: str, mend_en: str) -> LantuError:
    """A fault of one place of a message; `where` is a header or a path such as `rows[3].time`."""
    return LantuError(Text(zh, en), where=Place(where), mend=Text(mend_zh, mend_en))


def misfit(zh: str, en: str) -> PydanticCustomError:
    """What a validator of a message raises, with the saying in both languages."""
    return PydanticCustomError("misfit", "{en}", {"zh": zh, "en": en})
