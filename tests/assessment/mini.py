"""A city of one district with two streets, and whatever commitments and ledgers a test declares for it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lantu.assessment.assess import judgement
from lantu.assessment.ground import Ground
from lantu.assessment.model import AssessmentRow
from lantu.lake import Lake
from lantu.ledgers import Actor, LedgerBook
from lantu.plan.packs import Pack, load_pack

AREAS = """code,name,english,level,kind,parent,valid_from,valid_to,aliases,note
C,甲市,Jia City,city,city,,,,,
D,乙区,Yi District,district,district,C,,,,
D2,丙区,Bing District,district,district,C,,,,
S1,东街道,East Subdistrict,street,subdistrict,D,,,,
S2,西街道,West Subdistrict,street,subdistrict,D,,,,
"""
UNITS = "reference: a test\ngroups: []\nunits:\n  - {name: 市水务局, english: Water Authority, kind: municipal_body}\n"
SITES_HEAD = Path(__file__).parents[2] / "src/lantu/packs/beijing/2021/sites.csv"
TODAY = dt.date(2023, 1, 1)
WHO = Actor("张三", "市水务局")


def text(word: str) -> dict[str, str]:
    return {"zh": f"{word}（中）", "en": word}


def ledger(name: str, **more: Any) -> dict[str, Any]:
    """A ledger with the fields that the tests need; `more` replaces or adds keys."""
    return {
        "ledger": name,
        "title": text(name),
        "purpose": text("a test"),
        "key": ["number"],
        "area": "city",
        "unit": "处",
        "fields": [
            {"name": "number", "title": text("number"), "type": "text", "required": True},
            {"name": "on", "title": text("on"), "type": "date"},
            {"name": "done_on", "title": text("done on"), "type": "date"},
            {"name": "length", "title": text("length"), "type": "number", "unit": "公里"},
            {"name": "electric", "title": text("electric"), "type": "yes_no"},
        ],
        "dated_by": "on",
        "states": {
            "open": {"title": text("open"), "initial": True},
            "done": {"title": text("done")},
        },
        "transitions": [{"name": "finish", "title": text("finish"), "from": ["open"], "to": "done"}],
        "selections": {
            "every": {"title": text("every"), "where": {"number": {"present": True}}},
            "electric": {"title": text("electric"), "where": {"electric": {"equals": True}}},
        },
        **more,
    }


def reference(name: str, to: str) -> dict[str, Any]:
    """A ledger of records that refer to entries of another."""
    base = ledger(name)
    base["fields"] = [
        *base["fields"][:2],
        {"name": "about", "title": text("about"), "type": "reference", "ledger": to},
    ]
    base.update(states={"kept": {"title": text("kept"), "initial": True}}, transitions=[], selections={})
    return base


def coded(name: str, field: str, codes: list[str], states: dict[str, Any], steps: list[Any], **more: Any) -> Any:
    """A ledger with a field of codes: cases, documents, alerts."""
    base = ledger(name)
    base["fields"] = [
        *base["fields"][:2],
        {"name": field, "title": text(field), "type": "code", "codes": {code: text(code) for code in codes}},
        *more.pop("fields", []),
    ]
    base.update(states=states, transitions=steps, selections=more.pop("selections", {}), **more)
    return base


CASES = coded(
    "cases",
    "case_class",
    ["spill"],
    {
        "raised": {"title": text("raised"), "initial": True},
        "closed": {"title": text("closed")},
        "rejected": {"title": text("rejected")},
    },
    [
        {"name": "close", "title": text("close"), "from": ["raised"], "to": "closed"},
        {"name": "reject", "title": text("reject"), "from": ["raised"], "to": "rejected"},
    ],
    fields=[{"name": "due_on", "title": text("due on"), "type": "date", "future": True}],
    selections={"established": {"title": text("true ones"), "state": ["raised", "closed"]}},
)
DOCUMENTS = coded(
    "documents",
    "document",
    ["master_plan", "other"],
    {"drafting": {"title": text("drafting"), "initial": True}, "issued": {"title": text("issued")}},
    [{"name": "issue", "title": text("issue"), "from": ["drafting"], "to": "issued"}],
    fields=[
        {"name": "issued_on", "title": text("issued on"), "type": "date"},
        {"name": "subject", "title": text("subject"), "type": "text"},
    ],
    own_area=True,
)
ALERTS = coded(
    "alerts",
    "level",
    ["red", "blue"],
    {"in_force": {"title": text("in force"), "initial": True}},
    [],
    fields=[
        {"name": "begins_on", "title": text("from"), "type": "date"},
        {"name": "ends_on", "title": text("to"), "type": "date"},
    ],
    selections={"red_alert": {"title": text("red"), "where": {"level": {"equals": "red"}}}},
    own_area=True,
)
NIL = ledger("nil_returns", own_area=True, key=["number"])
NIL["fields"] = [
    NIL["fields"][0],
    {"name": "about", "title": text("about"), "type": "text", "required": True},
    {"name": "from_day", "title": text("from"), "type": "date", "required": True},
    {"name": "to_day", "title": text("to"), "type": "date", "required": True},
]
NIL.update(dated_by=None, selections={})


@dataclass
class Mini:
    """The pack, its book, and the verdicts."""

    pack: Pack
    book: LedgerBook
    lake: Lake

    def enter(self, name: str, number: str, area: str = "S1", day: str = "2021-01-05", **given: Any) -> None:
        self.book.enter(name, {"number": number, **given}, area, WHO, dt.date.fromisoformat(day))

    def step(self, name: str, number: str, transition: str, day: str) -> None:
        self.book.advance(name, number, transition, WHO, dt.date.fromisoformat(day))

    def nil(self, about: str, area: str, first: str = "2021-01-01", last: str = "2021-12-31") -> None:
        number = f"{about}-{area}-{first}"
        self.enter("nil_returns", number, area, about=about, from_day=first, to_day=last)

    def judge(self, as_of: str, area: str = "D", commitment: str = "water-1-1/x") -> AssessmentRow:
        ground = Ground(self.pack, self.lake, dt.date.fromisoformat(as_of), self.book)
        rows = judgement(ground, self.pack.commitment(commitment)).rows
        return next(row for row in rows if row.area == area)


def make(folder: Path, commitment: dict[str, Any], *ledgers: dict[str, Any]) -> Mini:
    """Write the pack into a folder and open it."""
    head = {
        "id": "mini/2021",
        "title": text("mini"),
        "city": text("Jia"),
        "area": "C",
        "year": 2021,
        "time_zone": "Asia/Shanghai",
        "documents": [],
        "plans": ["water"],
    }
    whole = {
        "id": "water-1-1/x",
        "title": text("what is asked"),
        "areas": ["C", "D", "D2"],
        "period": "2021",
        **commitment,
    }
    measure = {
        "id": "water-1-1",
        "summary": text("what is to be done"),
        "deadline": {"type": "year_end", "raw": "年底前", "date": dt.date(2021, 12, 31)},
        "lead": ["市水务局"],
        "commitments": [whole],
    }
    plan = {
        "plan": "water",
        "title": text("water"),
        "sections": [
            {
                "number": "一",
                "title": text("one"),
                "tasks": [{"number": 1, "title": text("task"), "measures": [measure]}],
            }
        ],
    }
    pack = folder / "pack"
    (pack / "plan").mkdir(parents=True)
    (pack / "ledgers").mkdir()

    def write(name: str, data: Any) -> None:
        (pack / name).write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")

    write("pack.yaml", head)
    write("plan/water.yaml", plan)
    write("calendar.yaml", {"seasons": {}})
    (pack / "areas.csv").write_text(AREAS, encoding="utf-8")
    (pack / "units.yaml").write_text(UNITS, encoding="utf-8")
    (pack / "sites.csv").write_text(SITES_HEAD.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    for each in ledgers:
        write(f"ledgers/{each['ledger']}.yaml", {key: value for key, value in each.items() if value is not None})
    read = load_pack(str(pack))
    book = LedgerBook(read.ledgers, read.areas, read.units, folder / "workspace", today=TODAY)
    return Mini(read, book, Lake(folder / "lake"))
