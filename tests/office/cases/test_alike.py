"""Cases that may be the same: by subject, place and words, never by the class alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from lantu.office.cases.alike import alike_cases


@dataclass
class Row:
    key: str
    area: str = "S1"
    place: str | None = None
    state: str = "raised"
    values: dict[str, Any] = field(default_factory=dict)


GIVEN = {"occurred_on": "2021-06-20", "subject": "某汽修厂", "what": "院内露天喷漆，没有治理设施"}


@pytest.mark.parametrize(
    ("row", "reasons"),
    [
        (Row("1", values={"occurred_on": "2021-06-01", "subject": "某汽修厂"}), ["the same area", "the same subject"]),
        (Row("2", area="S2", place="116.4010,39.9000", values={"occurred_on": "2021-06-01"}), ["85 m apart"]),
        (
            Row("3", values={"occurred_on": "2021-06-01", "what": "院内露天喷漆，没有治理设备"}),
            ["the same area", "described alike (92%)"],
        ),
    ],
)
def test_what_makes_two_cases_alike(row: Row, reasons: list[str]) -> None:
    (found,) = alike_cases([row], GIVEN, "S1", "116.4,39.9", 500)
    assert [reason.en for reason in found.reasons] == reasons


@pytest.mark.parametrize(
    "row",
    [
        Row("same area only", values={"occurred_on": "2021-06-01", "subject": "别家"}),
        Row("far away", area="S2", place="116.5,39.9", values={"occurred_on": "2021-06-01"}),
        Row("long ago", values={"occurred_on": "2021-01-01", "subject": "某汽修厂"}),
        Row("nothing known", area="S2"),
    ],
)
def test_what_does_not(row: Row) -> None:
    assert alike_cases([row], GIVEN, "S1", "116.4,39.9", 500) == []


def test_the_likeliest_come_first_and_only_a_few() -> None:
    rows = [Row(str(n), area="S2", values={"subject": "某汽修厂"}) for n in range(9)]
    rows.append(Row("near", place="116.4,39.9", values={"subject": "某汽修厂"}))
    found = alike_cases(rows, GIVEN, "S1", "116.4,39.9", 500)
    assert [each.number for each in found] == ["near", "0", "1", "2", "3"]
