"""Readings (读取结果): what was read from a plan's document, its doubts settled one by one, accepted by a person.

A reading is one JSON file in the workspace; what people decide about it is added, never mixed into what was read.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Text

if TYPE_CHECKING:
    from lantu.plan.packs import Pack

FOLDER = "readings"
CHOICES = {
    "right": Text("读取无误", "it was read right"),
    "document": Text("文件本身有误", "the document itself is wrong"),
    "wrong": Text("读取有误，见说明", "it was read wrong, as the words say"),
}


@dataclass
class Reading:
    """One reading of one document: `document` is the plan's JSON, `settled` what was decided on each doubt."""

    name: str
    title: str
    sha256: str
    read: str
    document: dict[str, Any]
    path: Path
    settled: dict[str, dict[str, str]] = field(default_factory=dict)
    accepted: dict[str, str] | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "sha256": self.sha256,
            "read": self.read,
            "year": self.document["source"]["year"],
            "counts": self.document["counts"],
            "open_doubts": len(self.document["doubts"]) - len(self.settled),
            "accepted": self.accepted,
        }

    def save(self) -> None:
        """Write the file anew, whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        kept = {
            "title": self.title,
            "sha256": self.sha256,
            "read": self.read,
            "settled": self.settled,
            "accepted": self.accepted,
            "document": self.document,
        }
        fresh.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
        fresh.replace(self.path)


def read_document(pack: Pack, workspace: Path, file: Path, title: str, year: int | None) -> Reading:
    """Read a document and keep the reading; the same file read again gives the reading that is there.

    Raises:
        LantuError: the document cannot be read.
    """
    from lantu.plan.reading import read_plan

    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    name = f"r-{digest[:12]}"
    found = one(workspace, name)
    if found is not None:
        return found
    document = read_plan(file, pack.units, pack.seasons, year).as_json()
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    reading = Reading(name, title, digest, now, document, workspace / FOLDER / f"{name}.json")
    reading.save()
    return reading


def one(workspace: Path, name: str) -> Reading | None:
    """A kept reading; None if there is none of that name."""
    path = workspace / FOLDER / f"{name}.json"
    if not path.is_file():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))
    return Reading(
        name, kept["title"], kept["sha256"], kept["read"], kept["document"], path, kept["settled"], kept["accepted"]
    )


def all_readings(workspace: Path) -> list[Reading]:
    """Every kept reading, the newest first."""
    found = [one(workspace, path.stem) for path in (workspace / FOLDER).glob("r-*.json")]
    return sorted((each for each in found if each is not None), key=lambda each: each.read, reverse=True)


def settle(reading: Reading, number: str, choice: str, words: str, person: str) -> None:
    """Decide a doubt.

    Raises:
        LantuError: there is no such doubt or choice, the words are missing, or the reading was accepted already.
    """
    if reading.accepted is not None:
        raise LantuError(Text("读取结果已采纳，不能再改", "the reading was accepted and stands"))
    if number not in {str(n) for n in range(1, len(reading.document["doubts"]) + 1)}:
        raise LantuError(Text(f"没有疑点 {number}", f"there is no doubt {number}"))
    if choice not in CHOICES:
        raise LantuError(Text("请选择一个结论", "choose an outcome"))
    if choice == "wrong" and not words.strip():
        raise LantuError(
            Text("请写明应当怎样读", "say how it should be read"), mend=Text("填写说明", "write it in the words")
        )
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    reading.settled[number] = {"choice": choice, "words": words.strip()[:2000], "person": person, "time": now}
    reading.save()


def accept(reading: Reading, person: str) -> None:
    """Accept a reading.

    Raises:
        LantuError: doubts are open.
    """
    left = len(reading.document["doubts"]) - len(reading.settled)
    if left:
        raise LantuError(
            Text(f"还有 {left} 处疑点没有处理", f"{left} doubts are not settled"),
            mend=Text("逐条选择结论后再采纳", "choose an outcome for each, then accept"),
        )
    if reading.accepted is None:
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        reading.accepted = {"person": person, "time": now}
        reading.save()


def printed_text(workspace: Path, measure: str) -> tuple[Reading, str] | None:
    """The words of a measure as an accepted reading has them; None if there is none."""
    for reading in all_readings(workspace):
        if reading.accepted is None:
            continue
        for found in _measures(reading.document):
            if found["id"] == measure:
                return reading, str(found["text"])
    return None


def _measures(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        measure
        for plan in document["plans"]
        for section in plan["sections"]
        for task in section["tasks"]
        for measure in task["measures"]
    ]


def side_by_side(reading: Reading) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Passages of the text and doubts, as `parts/reader.html` shows them.

    A doubt that names a measure is marked at its passage, one that names a task at its title; others stand first.
    """
    doubts: list[dict[str, Any]] = []
    at: dict[str, list[str]] = {}
    for number, doubt in enumerate(reading.document["doubts"], 1):
        where = doubt.get("measure") or (f"{doubt.get('plan')}-{doubt['task']}" if doubt.get("task") else "head")
        at.setdefault(where, []).append(str(number))
        line, page = doubt.get("line"), doubt.get("page")
        place: Any = (
            Text(f"第 {line} 行", f"line {line}") if line else Text(f"第 {page} 页", f"page {page}") if page else ""
        )
        settled = reading.settled.get(str(number))
        shown = f"“{doubt['printed']}” → “{doubt['read_as']}”" if doubt.get("read_as") else doubt.get("printed", "")
        outcome: Any = ""
        if settled:
            chosen = CHOICES[settled["choice"]]
            words, person = settled["words"], settled["person"]
            outcome = Text(f"{chosen.zh} {words}（{person}）", f"{chosen.en} {words} ({person})")
        doubts.append(
            {
                "id": str(number),
                "passage": where,
                "place": place,
                "title": Text(**doubt["what"]),
                "text": shown,
                "settled": bool(settled),
                "outcome": outcome,
                "choices": list(CHOICES.items()),
                "free": True,
                "value": settled["choice"] if settled else "",
            }
        )
    passages: list[dict[str, Any]] = []

    def passage(name: str, text: str, page: int | None) -> None:
        pieces = [{"text": text, "doubt": "", "settled": False}]
        pieces += [{"text": " ", "doubt": n, "settled": n in reading.settled} for n in at.pop(name, [])]
        passages.append({"id": name, "page": page, "pieces": pieces})

    last_page = None
    for plan in reading.document["plans"]:
        for section in plan["sections"]:
            heading = _plain(f"{section['no']}、{section['title']}")
            passages.append({"id": f"{plan['id']}-{section['no']}", "page": None, "pieces": [heading]})
            for task in section["tasks"]:
                passage(f"{plan['id']}-{task['no']}", f"{task['no']}. {task['title']}", None)
                for measure in task["measures"]:
                    page = measure.get("page")
                    text = f"{measure['id']}：{measure['text']}（{measure['deadline_raw']}）"
                    passage(measure["id"], text, page if page != last_page else None)
                    last_page = page
    rest = [number for numbers in at.values() for number in numbers]
    if rest:
        whole = str(Text("全文", "the whole document"))
        pieces = [_plain(whole)] + [{"text": " ", "doubt": n, "settled": n in reading.settled} for n in rest]
        passages.insert(0, {"id": "head", "page": None, "pieces": pieces})
        for doubt in doubts:
            if doubt["id"] in rest:
                doubt["passage"] = "head"
    return passages, doubts


def _plain(text: str) -> dict[str, Any]:
    return {"text": text, "doubt": "", "settled": False}
