"""Signed JSON: what is taken, what becomes of it, and how a refusal is said."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lantu.gateway.arrivals import Kept
from lantu.gateway.push import ODDITIES, Posted, Push, Reception, Source, signed_headers
from lantu.gateway.push.envelope import Envelope
from lantu.lake import Lake

NOW = dt.datetime(2021, 8, 1, 2, 30, tzinfo=dt.UTC)
JPEG = b"\xff\xd8\xff\xe0 a small picture"
EVENT: dict[str, Any] = {
    "form": "event",
    "id": "cam-7-1",
    "kind": "uncovered_soil",
    "site": "CS-0001",
    "time": "2021-08-01T10:15:00+08:00",
}
ROWS: dict[str, Any] = {
    "form": "rows",
    "id": "d-1",
    "dataset": "street_dust_hourly",
    "rows": [{"station": "T-1", "time": "2021-08-01T10:00:00"}],
}


def send(
    push: Push,
    sources: dict[str, Source],
    message: Any,
    source: str = "maker",
    parts: dict[str, bytes] | None = None,
    sent: dt.datetime = NOW,
    now: dt.datetime = NOW,
) -> Reception:
    body = message if isinstance(message, bytes) else json.dumps(message, ensure_ascii=False).encode()
    return push.receive(Posted(signed_headers(sources[source], body, sent), body, parts or {}), now)


def decoded(push: Push, *receptions: Reception) -> dict[str, list[dict[str, Any]]]:
    raw = [reception.arrival.raw for reception in receptions if reception.arrival is not None]
    assert len(raw) == len(receptions)
    found = push.decode(Kept(raw, [0] * len(raw), list(range(len(raw)))))
    assert found.undecoded == {}
    return {name: table.to_pylist() for name, table in found.tables.items()}


def errors(reception: Reception) -> list[tuple[str, str]]:
    """Where and what, in English; everything is said in both languages and with a mend."""
    answer = json.loads(reception.answer)
    assert answer["accepted"] is False
    for each in answer["errors"]:
        assert each["what"]["zh"] and each["mend"]["zh"] and each["mend"]["en"]
        assert "hould" not in each["what"]["zh"], "the Chinese is Chinese"
    return [(each["where"], each["what"]["en"]) for each in answer["errors"]]


def test_an_event_with_a_picture_in_the_message(push: Push, sources: dict[str, Source]) -> None:
    digest = hashlib.sha256(JPEG).hexdigest()
    picture = {"name": "a.jpg", "sha256": digest, "base64": base64.b64encode(JPEG).decode()}
    reception = send(push, sources, {**EVENT, "confidence": 0.9, "pictures": [picture]})
    assert reception.status == 200
    assert json.loads(reception.answer) == {"accepted": True, "stored_before": False, "oddities": []}
    assert reception.arrival is not None and reception.arrival.kept and reception.arrival.device == "CS-0001"
    tables = decoded(push, reception)
    (event,) = tables["events"]
    assert (event["kind"], event["time"], event["pictures"]) == (
        "uncovered_soil",
        dt.datetime(2021, 8, 1, 10, 15),
        [digest],
    )
    assert (event["source"], event["id"], event["simulated"]) == ("maker", "cam-7-1", False)
    (evidence,) = tables["evidence"]
    assert (evidence["content"], evidence["media_type"], evidence["sha256"]) == (JPEG, "image/jpeg", digest)


def test_a_picture_as_a_part_is_bound_by_its_hash(push: Push, sources: dict[str, Source]) -> None:
    said = {"name": "a.jpg", "sha256": hashlib.sha256(JPEG).hexdigest(), "part": "photo"}
    message = {**EVENT, "pictures": [said]}
    good = send(push, sources, message, parts={"photo": JPEG})
    assert decoded(push, good)["evidence"][0]["content"] == JPEG
    changed = send(push, sources, message, parts={"photo": JPEG + b"!"})
    assert (changed.status, errors(changed)) == (
        422,
        [("pictures[0].sha256", "the picture is not what its SHA-256 says")],
    )
    assert errors(send(push, sources, message)) == [("pictures[0].part", "there is no part 'photo'")]
    extra = send(push, sources, EVENT, parts={"other": JPEG})
    assert errors(extra) == [("pictures", "the message does not name the part 'other'")]
    text = b"<script>"
    disguised = {**EVENT, "pictures": [{**said, "sha256": hashlib.sha256(text).hexdigest()}]}
    assert errors(send(push, sources, disguised, parts={"photo": text})) == [
        ("pictures[0]", "the picture is of no known kind")
    ]


def test_what_is_kept_is_what_was_sent_byte_for_byte(push: Push, sources: dict[str, Source]) -> None:
    body = json.dumps(EVENT, indent=3).encode() + b"\n\n"
    reception = send(push, sources, body)
    assert reception.arrival is not None
    envelope = Envelope.unpack(reception.arrival.raw)
    assert envelope.body == body
    assert envelope.signature == signed_headers(sources["maker"], body, NOW)["X-Lantu-Signature"]


def test_a_weighing_in_kilograms_becomes_tonnes(push: Push, sources: dict[str, Source]) -> None:
    message = {
        "form": "weighing", "id": "w1", "site": "S", "time": "2021-08-01T10:20:00", "plate": "京A12345",
        "gross": 31200, "tare": 13400, "net": 17900, "unit": "kg",
    }  # fmt: skip
    reception = send(push, sources, message)
    assert reception.arrival is not None and reception.arrival.oddities == ("net_differs",)
    (event,) = decoded(push, reception)["events"]
    assert (event["kind"], event["plate"]) == ("weighing", "京A12345")
    assert (event["gross"], event["tare"], event["net"]) == (31.2, 13.4, 17.9)
    del message["gross"], message["net"]
    assert errors(send(push, sources, message)) == [("body", "the value does not fit: give `gross` or `net`")]


def test_readings_by_factor(push: Push, sources: dict[str, Source]) -> None:
    message = {
        "form": "readings", "id": "r1", "device": "S-17", "kind": "hour", "time": "2021-08-01T10:00:00Z",
        "simulated": True, "factors": {"a34004": {"value": 35, "flag": "N"}, "a34002": {"flag": "D"}},
    }  # fmt: skip
    rows = decoded(push, send(push, sources, message))["readings"]
    assert [(row["factor"], row["value"], row["flag"]) for row in rows] == [
        ("a34004", 35.0, "N"),
        ("a34002", None, "D"),
    ]
    assert {(row["device"], row["time"], row["simulated"]) for row in rows} == {
        ("S-17", dt.datetime(2021, 8, 1, 18), True)
    }


def test_rows_can_be_written_to_their_dataset(push: Push, sources: dict[str, Source], tmp_path: Any) -> None:
    message = {
        "form": "rows", "id": "c1", "dataset": "cems_hourly", "units": {"nox": "μg/m³"},
        "rows": [
            {"station": "boiler-1", "time": "2021-08-01T10:00:00", "nox": 31500, "O2": 3.5},
            {"station": "boiler-1", "time": "2021-08-01T11:00:00", "nox": None},
        ],
    }  # fmt: skip
    reception = send(push, sources, message)
    assert reception.arrival is not None
    (table,) = push.decode(Kept([reception.arrival.raw], [0], [1])).tables.values()
    assert [(row["nox"], row["oxygen"]) for row in table.to_pylist()] == [(31.5, 3.5), (None, None)]
    lake = Lake(tmp_path / "lake")
    own = table.drop_columns(["device", "frame", "source", "simulated"])
    report = lake.write("cems_hourly", own, source="push", simulated=False)
    assert report.rows_read == 2 and lake.version("cems_hourly") == 0


def test_below_a_detection_limit(push: Push, sources: dict[str, Source]) -> None:
    message = {
        "form": "rows", "id": "w1", "dataset": "surface_water",
        "rows": [{"station": "X", "time": "2021-08-01T10:00:00", "氨氮": "<0.02", "总磷": "0.01L"}],
    }  # fmt: skip
    (row,) = decoded(push, send(push, sources, message))["surface_water"]
    named = set(row["below"].split("|"))
    assert len(named) == 2
    assert {row[name] for name in named} == {0.01, 0.005}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"form": "poem"}, ("form", "the form is missing or not known")),
        ({"pictrues": []}, ("pictrues", "unknown key 'pictrues'")),
        ({"site": None}, ("site", "the value does not fit: Input should be a valid string")),
        ({"time": "yesterday"}, ("time", "the value does not fit: 'yesterday' is no time such as")),
        ({"time": "20210801"}, ("time", "the value does not fit: '20210801' is no time such as")),
        ({"time": "2021-08-01"}, ("time", "the value does not fit: the time of day is missing")),
        ({"time": "0001-01-01T00:00:00+23:00"}, ("time", "the value does not fit: '0001-01-01T00:00:00+23:00' is no")),
        ({"confidence": "0.9"}, ("confidence", "the value does not fit: Input should be a valid number")),
        ({"confidence": True}, ("confidence", "the value does not fit: Input should be a valid number")),
        ({"confidence": 1.5}, ("confidence", "the value does not fit: Input should be less than or equal to 1")),
        ({"pictures": 3}, ("pictures", "the value does not fit: Input should be a valid tuple")),
        ({"simulated": "perhaps"}, ("simulated", "the value does not fit: Input should be a valid boolean")),
        ({"id": ""}, ("id", "the value does not fit: String should have at least 1 character")),
        ({"note": "x" * 3000}, ("note", "the value does not fit: String should have at most 2000 characters")),
        ({"kind": "Uncovered soil"}, ("kind", "the value does not fit: String should match pattern")),
    ],
)
def test_what_does_not_fit_is_named(
    push: Push, sources: dict[str, Source], change: dict[str, Any], expected: tuple[str, str]
) -> None:
    reception = send(push, sources, EVENT | change)
    ((where, what),) = errors(reception)
    assert (reception.status, reception.arrival, where) == (422, None, expected[0])
    assert what.startswith(expected[1])


def test_a_picture_comes_in_one_way(push: Push, sources: dict[str, Source]) -> None:
    reception = send(push, sources, {**EVENT, "pictures": [{"name": "a", "sha256": "0" * 64}]})
    assert errors(reception) == [("pictures[0]", "the value does not fit: give `base64` or `part`, one of them")]
    assert "应有 `base64` 或 `part` 之一" in reception.answer.decode()


def test_every_fault_of_the_rows_is_named_at_once(push: Push, sources: dict[str, Source]) -> None:
    rows = [
        {"station": "", "time": "2021-08-01T10:00:00"},
        {"station": "T", "time": "2021-08-01T10:30:00"},
        {"station": "T", "time": "2021-08-01", "weather": 3},
        {"station": "T", "time": "2021-08-01T11:00:00", "tsp": "much"},
    ]
    reception = send(push, sources, {**ROWS, "rows": rows, "units": {"tsp": "km"}})
    assert [where for where, _ in errors(reception)] == [
        "units.tsp", "rows[2].weather", "rows[0].station", "rows[1].time", "rows[2].time", "rows[3].tsp",
    ]  # fmt: skip
    assert errors(send(push, sources, {**ROWS, "dataset": "dreams"})) == [("dataset", "there is no dataset 'dreams'")]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b'{"form": "event"', "not JSON"),
        (b'{"id": 1, "id": 2}', "not JSON: the key 'id' appears twice"),
        (b'{"confidence": NaN}', "not JSON: NaN is no number"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_json(push: Push, sources: dict[str, Source], body: bytes, said: str) -> None:
    reception = send(push, sources, body)
    ((where, what),) = errors(reception)
    assert (reception.status, where) == (400, "body")
    assert what.startswith(said)


def test_who_may_send_what(push: Push, sources: dict[str, Source]) -> None:
    assert send(push, sources, EVENT, source="camera").status == 200
    elsewhere = send(push, sources, {**EVENT, "site": "CS-0002"}, source="camera")
    assert (elsewhere.status, errors(elsewhere)) == (
        403,
        [("site", "the source camera may not speak for 'CS-0002'")],
    )
    assert errors(send(push, sources, ROWS, source="camera")) == [("form", "the source camera may not send rows")]
    assert send(push, sources, ROWS, source="dust").status == 200
    other = send(push, sources, {**ROWS, "dataset": "cems_hourly"}, source="dust")
    assert (other.status, errors(other)[0][0]) == (403, "dataset")


def test_a_signature_that_is_not_good(push: Push, sources: dict[str, Source]) -> None:
    body = json.dumps(EVENT).encode()
    headers = signed_headers(sources["maker"], body, NOW)

    def refused(change: dict[str, str], sent: bytes = body) -> list[tuple[str, str]]:
        reception = push.receive(Posted(headers | change, sent), NOW)
        assert (reception.status, reception.arrival) == (401, None)
        return errors(reception)

    wrong = [("X-Lantu-Signature", "the source is not known, or the signature is not its own")]
    assert refused({"X-Lantu-Signature": "0" * 64}) == wrong
    assert refused({"X-Lantu-Signature": "é"}) == wrong
    assert refused({"X-Lantu-Source": "nobody"}) == wrong
    assert refused({"X-Lantu-Source": "1101010001"}) == wrong
    assert refused({}, body.replace(b"CS-0001", b"CS-0002")) == wrong
    assert refused({"X-Lantu-Time": str(int(NOW.timestamp()) + 1)}) == wrong
    assert refused({"X-Lantu-Time": ""}) == [("X-Lantu-Time", "the header X-Lantu-Time is missing")]
    assert refused({"X-Lantu-Time": "noon"}) == [("X-Lantu-Time", "the time 'noon' is no number of seconds")]
    lower = {key.lower(): value for key, value in headers.items()}
    assert push.receive(Posted(lower, body), NOW).status == 200


def test_a_signature_is_good_for_five_minutes(push: Push, sources: dict[str, Source]) -> None:
    for minutes, status in ((4, 200), (-4, 200), (6, 401), (-6, 401)):
        assert send(push, sources, EVENT, now=NOW + dt.timedelta(minutes=minutes)).status == status


def test_a_repeated_push_is_answered_and_stored_once_it_was_confirmed(push: Push, sources: dict[str, Source]) -> None:
    first = send(push, sources, EVENT)
    lost = send(push, sources, EVENT)
    assert lost.arrival is not None and lost.arrival.kept, "what was never confirmed is stored again"
    push.confirm(first, NOW)
    again = send(push, sources, EVENT)
    assert (again.status, json.loads(again.answer)["stored_before"]) == (200, True)
    assert again.arrival is not None and not again.arrival.kept
    assert "repeated" in again.arrival.oddities


def test_a_time_ahead_is_odd(push: Push, sources: dict[str, Source]) -> None:
    reception = send(push, sources, {**EVENT, "time": "2021-08-01T10:45:00"})
    assert reception.arrival is not None and reception.arrival.oddities == ("clock",)
    assert ODDITIES["clock"].zh


def test_too_large(push: Push, sources: dict[str, Source]) -> None:
    reception = send(push, sources, b" " * (16 * 2**20 + 1))
    assert reception.status == 413
    assert errors(reception)[0][0] == "body"


def test_a_source_needs_a_key() -> None:
    with pytest.raises(ValueError, match="needs a key"):
        Source("x", None, frozenset({"event"}))
    with pytest.raises(ValueError, match="shorter than 16"):
        Source("x", b"short", frozenset({"event"}))


def test_kept_pushes_are_examined_as_any_frames(push: Push, sources: dict[str, Source]) -> None:
    reception = send(push, sources, EVENT)
    assert reception.arrival is not None
    session = push.session()
    (raw,) = session.split(reception.arrival.raw)
    good, bad = push.examine([(session, raw), (session, b"no push")], NOW)
    assert (good.kept, good.device, good.raw) == (True, "CS-0001", reception.arrival.raw)
    assert not bad.kept
    assert session.due(NOW) == [] and session.split(b"") == []
    assert push.decode(Kept([b"no push", raw[:-1]], [0, 0], [1, 2])).undecoded.keys() == {0, 1}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([EVENT, ROWS]),
    st.dictionaries(
        st.sampled_from(["form", "id", "time", "site", "kind", "rows", "units", "dataset", "pictures", "x"]),
        json_values,
    ),
)
def test_nothing_that_is_sent_raises(
    push: Push, sources: dict[str, Source], base: dict[str, Any], change: dict[str, Any]
) -> None:
    body = json.dumps(base | change).encode()
    reception = push.receive(Posted(signed_headers(sources["maker"], body, NOW), body), NOW)
    assert reception.status in (200, 400, 422)
    if reception.arrival is not None:
        assert push.decode(Kept([reception.arrival.raw], [0], [1])).undecoded == {}
