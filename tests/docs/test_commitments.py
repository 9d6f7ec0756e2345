"""The page of the kinds of commitment: every example can be read, and every kind has one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from lantu.plan.commitments import Commitment

PAGE = Path(__file__).resolve().parents[2] / "docs" / "commitments.md"
EXAMPLES = [
    yaml.safe_load(text)
    for text in re.findall(
        r"^```yaml pack-example\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
]


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["kind"] for example in EXAMPLES])
def test_every_example_is_a_commitment(example: dict[str, Any]) -> None:
    head = {"id": "air-1-1/x", "title": {"zh": "甲", "en": "a"}, "areas": "city", "period": "2021"}
    assert TypeAdapter(Commitment).validate_python({**head, **example}).kind == example["kind"]


def test_every_kind_has_an_example() -> None:
    kinds = {"level", "count", "ratio", "cadence", "deliverable", "closure", "absence", "each"}
    assert {example["kind"] for example in EXAMPLES} == kinds
