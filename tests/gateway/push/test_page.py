"""Every example of docs/gateway-push.md does what the page says."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest

from lantu.gateway.arrivals import Kept
from lantu.gateway.push import Posted, Push, Source

PAGE = Path(__file__).resolve().parents[3] / "docs" / "gateway-push.md"
KEY = b"a key of the maker"
DAY = dt.datetime(2021, 8, 1)


def blocks(language: str, mark: str) -> dict[str, str]:
    """The blocks of the page in one language whose mark begins so, by what stands behind its `=`."""
    found = re.finditer(
        rf"^```{language} {mark}(?:=(\S+))?\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    return {match[1] or "": match[2] for match in found}


def post(push: Push, body: bytes, name: str = "maker") -> Any:
    """Post with the headers that the page's own lines of Python make."""
    lines: dict[str, Any] = {}
    exec(blocks("python", "push-example")[""], lines)
    headers = lines["headers"](name, KEY, body)
    return push.receive(Posted(headers, body), dt.datetime.now(dt.UTC))


def decoded(push: Push, reception: Any) -> dict[str, list[dict[str, Any]]]:
    assert reception.status == 200, reception.answer
    tables = push.decode(Kept([reception.arrival.raw], [0], [1])).tables
    return {name: table.to_pylist() for name, table in tables.items()}


@pytest.mark.parametrize(
    ("form", "table", "expected"),
    [
        ("event", "events", {"kind": "uncovered_soil", "time": DAY.replace(hour=10, minute=15), "device": "CS-0001"}),
        ("event", "evidence", {"media_type": "image/png", "name": "cam-7-000123.png"}),
        ("weighing", "events", {"gross": 31.2, "tare": 13.4, "net": 17.8, "kind": "weighing"}),
        ("readings", "readings", {"factor": "a34004", "value": 35.0, "maximum": 61.0, "device": "S-17"}),
        ("rows", "cems_hourly", {"nox": 31.5, "oxygen": 3.5, "station": "boiler-1", "time": DAY.replace(hour=10)}),
    ],
)
def test_the_json_examples(push: Push, form: str, table: str, expected: dict[str, Any]) -> None:
    body = blocks("json", "push-example")[form].encode()
    row = decoded(push, post(push, body))[table][0]
    assert {name: row[name] for name in expected} == expected


def test_every_form_has_an_example() -> None:
    assert blocks("json", "push-example").keys() == {"event", "weighing", "readings", "rows"}


def test_the_xml_example(push: Push) -> None:
    body = blocks("xml", "push-example")[""].encode()
    reception = push.receive(Posted({}, body), dt.datetime.now(dt.UTC))
    assert reception.answer.endswith(b"<ROOT><RESULT>01</RESULT></ROOT>")
    (fill,) = decoded(push, reception)["vapour_recovery_fills"]
    assert (fill["device"], fill["gas_liquid_ratio"]) == ("1101010001", 1.08)


def test_the_refusal_is_as_printed(push: Push) -> None:
    body = blocks("json", "push-example")["event"].replace('"pictures"', '"pictrues"').encode()
    refused = post(push, body)
    assert refused.status == 422
    assert json.loads(refused.answer) == json.loads(blocks("json", "push-refusal")[""])


def test_an_answer_of_what_was_stored_is_as_printed(push: Push) -> None:
    answer = json.loads(post(push, blocks("json", "push-example")["readings"].encode()).answer)
    assert json.dumps(answer) in PAGE.read_text(encoding="utf-8")


def test_the_page_tells_of_every_status(sources: dict[str, Source]) -> None:
    told = set(re.findall(r"^\| (\d{3}) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert told == {"200", "400", "401", "403", "413", "422"}
