"""Targets in the words of plans: what is found, what is left alone. The sentences are made up for the test."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path

import pytest

from lantu.base import Deadline, parse_deadline
from lantu.plan.model import ReadCommitment
from lantu.plan.reading.commitments import commitments_in

YEAR_END = Deadline("year_end", "年底前", dt.date(2024, 12, 31))


def found(text: str) -> list[ReadCommitment]:
    return commitments_in("air-1-1", text, YEAR_END, 2024)


def figures(text: str) -> list[tuple[str, object, str]]:
    return [(c.comparator, c.value, c.unit) for c in found(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("全市道路积尘控制在8克/平方米以内。", ("<=", 8, "克/平方米")),
        ("裸地抽查率达到35%左右。", ("~=", 35, "%")),
        ("力争推广氢能车3万辆。", (">=", 30000, "辆")),
        ("年内完成2.5亿立方米以上的中水回用。", (">=", 250000000, "立方米")),
        ("检测样品不低于120组。", (">=", 120, "组")),
        ("扬尘投诉率不超过5%。", ("<=", 5, "%")),
        ("组织80家印刷企业开展核查。", ("=", 80, "家")),
        ("氮氧化物排放强度同比下降3%左右。", ("~=", 3, "%")),
        ("新增网约车全部为纯电动车。", ("=", 100, "%")),
        ("新增班车基本为新能源车。", ("~=", 100, "%")),
        ("基本消除黑臭水体。", ("~=", 0, "条")),
        ("禁止使用冒黑烟机械。", ("=", 0, "台")),
        ("臭氧浓度持续下降。", ("<baseline", None, "μg/m³")),
        ("近岸水质总体稳定。", (">=baseline", None, "")),
        ("水源水质稳定达标。", ("=", 100, "%")),
        ("完成国家下达的氮氧化物减排任务。", (">=", None, "吨")),
        ("每季度公布一次监测结果。", ("every", 1, "季度")),
        ("两年一评估。", ("every", 2, "年")),
        ("定期公布企业名单。", ("periodic", None, "")),
        ("西区浓度排名退出全市后20名。", ("not in last", 20, "名")),
        ("30%的城区实现雨水就地利用。", (">=", 30, "%")),
        ("夏季(5—8月)实施错峰作业。", ("in", "5-8", "月")),
    ],
)
def test_one_clause_one_target(text: str, expected: tuple[str, object, str]) -> None:
    assert figures(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "落实《锅炉大气污染物排放标准》(DB11/139-2015)和《行动方案(2019—2025年)》。",
        "3.5吨以下的货车优先通行。",
        "五环路以内加强巡查。",
        "按照2025年新能源车达到80%的目标推进工作。",
        "在完成国家目标任务基础上继续改善。",
        "研究制定鼓励政策。",
        "加大执法力度,定期开展自查。",
        "修订《产业禁止和限制目录》。",
        "曝光排名后10位的街道。",
        "巩固2020年成果。",
    ],
)
def test_what_is_no_target_is_left_alone(text: str) -> None:
    assert figures(text) == []


def test_a_document_is_due_at_its_own_time() -> None:
    (document,) = found("3月底前,市交通委制定绿色货运实施方案。")
    assert (document.kind, document.value, document.unit, document.due) == ("deliverable", 1, "份", "2024-03-31")


def test_quotas_belong_to_the_figure_before_them_and_are_added_up() -> None:
    (whole,) = found("组织9家企业开展治理,其中:东区4家、西区3家、北区2家。")
    assert whole.quotas == {"东区": 4, "西区": 3, "北区": 2}
    assert whole.note is None
    (short,) = found("组织10家企业开展治理,其中:东区4家、西区3家、北区2家。")
    assert short.note == "the quotas add up to 9, not to 10"
    (alone,) = found("东区完成4辆、西区完成3辆、北区完成2辆。")
    assert (alone.value, alone.note) == (9, "no total is printed: the value is the sum of the quotas")


def test_two_subjects_that_reach_one_figure_are_two_targets() -> None:
    assert figures("工业、生活污水处理率均达到95%。") == [(">=", 95, "%")] * 2


def test_the_words_are_kept() -> None:
    (target,) = found("加强监管,检查率力争达到60%。")
    assert target.quote == "检查率力争达到60%"
    assert target.qualifier == "力争"
    assert target.due == "2024-12-31"


@pytest.mark.shared_data
def test_the_founding_plan(shared_data: Path) -> None:
    """Measured against the reading by hand: F1 of measure, comparator, value and unit."""
    gold = json.loads((shared_data / "plans" / "beijing-2021.gold.json").read_text(encoding="utf-8"))
    want = Counter((c["measure"], c["comparator"], c["value"], c["unit"]) for c in gold["commitments"])
    have: Counter[tuple[object, ...]] = Counter()
    for plan in gold["plans"]:
        for section in plan["sections"]:
            for task in section["tasks"]:
                for measure in task["measures"]:
                    deadline = parse_deadline(measure["deadline_raw"], 2021)
                    for c in commitments_in(measure["id"], measure["text"], deadline, 2021):
                        have[c.measure, c.comparator, c.value, c.unit] += 1
    hits = sum((want & have).values())
    score = 2 * hits / (sum(want.values()) + sum(have.values()))
    print(f"commitments F1 {score:.3f}")
    assert score >= 0.9


@pytest.mark.shared_data
@pytest.mark.parametrize("year", [2022, 2023])
def test_other_years_give_no_nonsense(shared_data: Path, year: int) -> None:
    """Nothing that is a year, a standard's number or a limit of what is meant comes out as a target."""
    gold = json.loads((shared_data / "plans" / f"beijing-{year}-air.gold.json").read_text(encoding="utf-8"))
    targets = [
        c
        for section in gold["plan"]["sections"]
        for task in section["tasks"]
        for measure in task["measures"]
        for c in commitments_in(measure["id"], measure["text"], parse_deadline(measure["deadline_raw"], year), year)
    ]
    assert len(targets) > 20
    for target in targets:
        assert target.value not in (year, year - 1, year + 2, 4.5, 3.5), target
        assert 0 < target.confidence < 1
