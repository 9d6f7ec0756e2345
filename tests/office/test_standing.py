"""Reasons of unknown verdicts are gathered by kind: names that stand in them are left out."""

from __future__ import annotations

import pytest

from lantu.base import Text
from lantu.office.standing import NO_DATA, NOT_YET_ENTERED, task_of, why_unknown


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (
            Text("无数据：本区域在台账“VOCs监测点台账”中没有条目", "no data: the area has no entry in 'VOC points'"),
            Text("无数据：本区域在台账…中没有条目", "no data: the area has no entry in …"),
        ),
        (
            Text("无数据：台账““一厂一策”治理台账”尚无条目", "no data: the ledger 'One plant, one policy' is empty"),
            Text("无数据：台账…尚无条目", "no data: the ledger … is empty"),
        ),
        (Text("无指标值：由计划之外的文件下达（单位 吨）", "no figure: set outside (unit t)"), NOT_YET_ENTERED),
        (
            Text("南沙河：未知，无数据：没有“南沙河”这个区域", "Nansha: unknown, no data: there is no area 'Nansha'"),
            NO_DATA,
        ),
        (Text("尚未开始", "not yet begun"), Text("尚未开始", "not yet begun")),
        (Text("数据不全；其余日不得超过 3 天", "incomplete; at most 3 more"), Text("数据不全", "incomplete")),
    ],
)
def test_a_reason_is_gathered_by_its_kind(reason: Text, kind: Text) -> None:
    assert why_unknown(reason) == kind


def test_a_measure_belongs_to_the_task_of_its_first_two_parts() -> None:
    assert task_of("air-2-1") == "air-2"
    assert task_of("air-12-3-2") == "air-12"
