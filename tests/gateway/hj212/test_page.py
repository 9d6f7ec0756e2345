"""The page for operators says of every oddity, reason and result what the code says of it."""

from __future__ import annotations

from pathlib import Path

from lantu.base import Text
from lantu.gateway.hj212.commands import EXE_RESULTS, QN_RESULTS
from lantu.gateway.hj212.oddities import OF_CONTENTS, OF_FRAMES, UNDECODED
from lantu.gateway.hj212.rows import COLUMNS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "hj212.md").read_text("utf-8")


def rows(texts: dict[str, Text]) -> list[str]:
    return [f"| `{name}` | {text.zh} | {text.en} |" for name, text in texts.items()]


def test_every_oddity_and_reason_is_explained() -> None:
    for texts in (OF_FRAMES, OF_CONTENTS, UNDECODED):
        assert "\n".join(rows(texts)) in PAGE


def test_every_result_is_explained() -> None:
    for results in (QN_RESULTS, EXE_RESULTS):
        assert "\n".join(f"| {code} | {text.zh} | {text.en} |" for code, text in results.items()) in PAGE


def test_the_columns_are_named() -> None:
    for name in COLUMNS[:5]:
        assert f"`{name}`" in PAGE
