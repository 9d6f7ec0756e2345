"""The shipped plan of 2021 against a reading of the document by hand: the same duties, in other words."""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import lantu
from lantu.base import read_model
from lantu.plan.commitments import PlanFigure
from lantu.plan.declared import Measure, Plan

PLANS = sorted((Path(lantu.__file__).parent / "packs" / "beijing" / "2021" / "plan").glob("*.yaml"))
LONGEST_SHARED_RUN = 12
"""Characters in a row that a summary may have in common with the document: more would be a quotation."""

SCORED = {"lead": "lead", "responsible": "resp", "assisting": "assist"}

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def reading(shared_data: Path) -> dict[str, Any]:
    return json.loads((shared_data / "plans" / "beijing-2021.gold.json").read_text(encoding="utf-8"))


@pytest.fixture(params=PLANS, ids=lambda path: path.stem)
def plan(request: pytest.FixtureRequest) -> Plan:
    return read_model(request.param, Plan)


@pytest.fixture
def read(reading: dict[str, Any], plan: Plan) -> dict[str, Any]:
    """The same plan as read by hand."""
    return next(each for each in reading["plans"] if each["id"] == plan.id)


@pytest.fixture
def pairs(plan: Plan, read: dict[str, Any]) -> list[tuple[Measure, dict[str, Any]]]:
    """Every measure of the pack with its reading."""
    by_id = {measure["id"]: measure for measure in measures_of(read)}
    return [(measure, by_id[measure.id]) for measure in plan.measures()]


def measures_of(read_plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for section in read_plan["sections"]:
        for task in section["tasks"]:
            yield from task["measures"]


def plain(text: str, unit_names: list[str], gap: str) -> str:
    """Letters and figures only; names of standards and plans in 《》 and names of units are gaps."""
    text = re.sub(r"《[^》]*》", gap, unicodedata.normalize("NFKC", text))
    for name in unit_names:
        text = text.replace(name, gap)
    return "".join(char for char in text if char.isalnum() or char == gap)


def shared_runs(text: str, document: str, length: int) -> list[str]:
    """Every run of `length` characters of a text that stands in the document too."""
    return [text[at : at + length] for at in range(len(text) - length + 1) if text[at : at + length] in document]


def test_a_copied_sentence_is_found_and_a_name_is_not():
    document = plain("各区应当按照《某项防治规定》每月公布本区的空气质量状况。", ["市生态环境局"], "\ue001")
    assert shared_runs(plain("按照《某项防治规定》，每月公布本区的空气质量状况", [], "\ue000"), document, 13)
    assert not shared_runs(plain("市生态环境局按《某项防治规定》逐月通报", ["市生态环境局"], "\ue000"), document, 13)


def test_summaries_and_notes_are_in_other_words(plan, reading):
    units = sorted(reading["canonical_units"], key=len, reverse=True)
    document = "\ue001".join(
        plain(measure["text"], units, "\ue001") for each in reading["plans"] for measure in measures_of(each)
    )
    texts = [(measure.id, measure.summary.zh) for measure in plan.measures()]
    texts += [(measure.id, measure.note.zh) for measure in plan.measures() if measure.note]
    for measure in plan.measures():
        for commitment in measure.commitments:
            texts.append((commitment.id, commitment.title.zh))
            texts += [(commitment.id, commitment.note.zh)] if commitment.note else []
    copied = {
        name: runs
        for name, text in texts
        if (runs := shared_runs(plain(text, units, "\ue000"), document, LONGEST_SHARED_RUN + 1))
    }
    assert copied == {}


def test_every_text_stands_in_both_languages(plan):
    for measure in plan.measures():
        texts = [measure.summary, *(commitment.title for commitment in measure.commitments)]
        texts += [each.note for each in (measure, *measure.commitments) if each.note]
        for text in texts:
            assert re.search(r"[\u4e00-\u9fff]", text.zh), (measure.id, text.zh)
            assert re.search(r"[A-Za-z]", text.en), (measure.id, text.en)
            assert not re.search(r"[\u4e00-\u9fff]", text.en), (measure.id, text.en)


def test_sections_tasks_and_measures_are_those_of_the_document(plan, read):
    assert plan.title.zh == read["title"]
    assert [(s.no, s.title.zh) for s in plan.sections] == [(s["no"], s["title"]) for s in read["sections"]]
    assert [(task.no, task.title.zh, [measure.id for measure in task.measures]) for task in plan.tasks] == [
        (task["no"], task["title"], [measure["id"] for measure in task["measures"]])
        for section in read["sections"]
        for task in section["tasks"]
    ]


def test_roles_are_those_of_the_reading_and_doubts_are_marked(pairs):
    for measure, gold in pairs:
        for role, scored in SCORED.items():
            assert getattr(measure, role) == gold[role], (measure.id, role)
            assert (role in measure.doubtful) == (scored not in (gold["score_units"] or ())), (measure.id, role)
        assert list(measure.proof) == gold["proof_kinds"], measure.id
        assert measure.note or not measure.doubtful, measure.id


def test_deadlines_and_times_are_those_of_the_reading(pairs):
    for measure, gold in pairs:
        assert measure.deadline.raw == gold["deadline_raw"], measure.id
        assert measure.deadline.type == gold["deadline"]["type"], measure.id
        assert day(measure.deadline.date) == gold["deadline"]["date"], measure.id
        assert [time.raw for time in measure.times] == [time["raw"] for time in gold["inner_times"]], measure.id
        for time, found in zip(measure.times, gold["inner_times"], strict=True):
            if re.fullmatch(r"\d{4}-\d\d-\d\d", found["value"]):
                assert (time.type, day(time.date)) == (found["type"], found["value"]), measure.id


def day(date: dt.date | None) -> str | None:
    return date.isoformat() if date else None


def figure_key(commitment: dict[str, Any]) -> tuple[Any, ...]:
    value = commitment["value"]
    if isinstance(value, int | float):
        value = Decimal(str(value))
    return PlanFigure(commitment["comparator"], value, commitment["unit"]).key


def test_every_quantified_commitment_is_declared_once_with_its_figure(plan, reading):
    wanted = Counter(
        (each["measure"], *figure_key(each))
        for each in reading["commitments"]
        if each["measure"].partition("-")[0] == plan.id
    )
    declared = Counter(
        (measure.id, *commitment.figure().key)
        for measure in plan.measures()
        for commitment in measure.commitments
        if commitment.basis == "figure"
    )
    assert wanted
    assert declared == wanted


def test_a_commitment_belongs_to_its_measure_and_bears_no_number_of_the_reading(plan):
    for measure in plan.measures():
        for commitment in measure.commitments:
            assert commitment.measure == measure.id
            assert not re.search(r"\bC\d{3}\b", commitment.model_dump_json())


def test_district_quotas_are_those_of_the_document(plan, reading, beijing_names):
    declared = {
        measure.id: {beijing_names[code]: value for code, value in commitment.quotas.items()}
        for measure in plan.measures()
        for commitment in measure.commitments
        if commitment.kind == "count" and commitment.quotas
    }
    for each in reading["commitments"]:
        if each["measure"].partition("-")[0] == plan.id and isinstance(each.get("quotas"), dict):
            assert declared[each["measure"]] == each["quotas"]


def test_soft_words_of_the_document_are_kept(plan, reading):
    words = {"力争": "strive", "左右": "about", "基本": "basically"}
    for each in reading["commitments"]:
        if each["measure"].partition("-")[0] != plan.id:
            continue
        wanted = {soft for word, soft in words.items() if word in (each["qualifier"] or "")}
        same = [
            commitment
            for measure in plan.measures()
            if measure.id == each["measure"]
            for commitment in measure.commitments
            if commitment.figure().key == figure_key(each)
        ]
        assert wanted <= {commitment.softness for commitment in same}, each["measure"]


@pytest.fixture(scope="module")
def beijing_names() -> dict[str, str]:
    """Names of the pack's areas by code."""
    from lantu.places import AreaTree

    return {area.code: area.name for area in AreaTree.from_csv(PLANS[0].parent.parent / "areas.csv")}
