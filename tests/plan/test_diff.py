"""Two plans side by side."""

from __future__ import annotations

import datetime as dt

from lantu.base import Deadline
from lantu.plan.diff import diff
from lantu.plan.model import Measure, Plan, PlanDocument, Section, Task
from lantu.plan.packs import load_pack

YEAR_END = Deadline("year_end", "年底前", dt.date(2021, 12, 31))


def document(name: str, *measures: Measure) -> PlanDocument:
    tasks = [Task(number, f"任务{number}", [measure]) for number, measure in enumerate(measures, start=1)]
    return PlanDocument(name, 2021, [Plan("air", "大气", [Section("一", "目标", tasks)])])


def measure(name: str, text: str, **more: object) -> Measure:
    return Measure(name, text, "年底前", YEAR_END, **more)  # type: ignore[arg-type]


def test_same_changed_new_and_gone() -> None:
    before = document(
        "2021",
        measure("air-1-1", "加强施工扬尘治理，检查率达到百分之八十", lead=["市住房城乡建设委"]),
        measure("air-2-1", "推广新能源汽车五十万辆", lead=["市交通委"]),
        measure("air-3-1", "开展餐饮油烟专项执法"),
    )
    after = document(
        "2022",
        measure("air-1-1", "推广新能源汽车五十万辆", lead=["市交通委"]),
        measure("air-2-1", "加强施工扬尘治理，检查率达到百分之九十", lead=["市城市管理委"]),
        measure("air-3-1", "建设高空视频监控网络"),
    )
    found = diff(before, after)
    assert found.counts() == {"same": 1, "changed": 1, "new": 1, "gone": 1}
    (changed,) = [pair for pair in found.pairs if pair.change == "changed"]
    assert changed.differs["lead"] == (("市住房城乡建设委",), ("市城市管理委",))
    shown = "\n".join(found.lines())
    assert "市住房城乡建设委 → 市城市管理委" in shown
    assert "- air-3-1" in shown
    assert found.as_json()["counts"]["new"] == 1


def test_a_deadline_of_the_next_year_is_no_change() -> None:
    after = Measure("air-1-1", "开展执法", "年底前", Deadline("year_end", "年底前", dt.date(2022, 12, 31)))
    assert diff(document("2021", measure("air-1-1", "开展执法")), document("2022", after)).counts()["same"] == 1


def test_a_plan_is_the_same_as_itself() -> None:
    pack = load_pack("beijing/2021")
    assert diff(pack, pack).counts() == {"same": 153, "changed": 0, "new": 0, "gone": 0}
