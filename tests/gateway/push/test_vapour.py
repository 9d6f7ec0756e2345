"""Vapour-recovery envelopes: bare, in SOAP, escaped, in Chinese encodings; hostile XML is refused."""

from __future__ import annotations

import base64
import datetime as dt
from html import escape
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lantu.gateway.arrivals import Kept
from lantu.gateway.push import Posted, Push, Reception, Source, signed_headers
from lantu.gateway.push.vapour import parse_xml

NOW = dt.datetime(2021, 8, 1, 2, 30, tzinfo=dt.UTC)
STATION = "1101010001"
FILL = (
    "<DATE>20210801101430</DATE><JYJID>1</JYJID><JYQID>3</JYQID><AL>108.0</AL><QLS>37.8</QLS><QLL>32.4</QLL>"
    "<YLS>35.0</YLS><YLL>30.0</YLL><YZ>NULL</YZ>"
)


def envelope(
    *rows: str, kind: str = "03", station: str = STATION, time: str = "20210801101500", content: bytes | None = None
) -> str:
    inner = "<rows>" + "".join(f"<row>{row}</row>" for row in rows) + "</rows>"
    business = base64.b64encode(inner.encode() if content is None else content).decode()
    return (
        f"<ROOT><VERSION>V1.1</VERSION><DATAID>000001</DATAID><USERID>{station}</USERID><TIME>{time}</TIME>"
        f"<TYPE>{kind}</TYPE><SEC>01</SEC><BUSINESSCONTENT>{business}</BUSINESSCONTENT><HMAC></HMAC></ROOT>"
    )


def receive(push: Push, xml: str | bytes) -> Reception:
    return push.receive(Posted({}, xml if isinstance(xml, bytes) else xml.encode()), NOW)


def rows(push: Push, xml: str | bytes) -> dict[str, list[dict[str, Any]]]:
    reception = receive(push, xml)
    assert reception.status == 200, reception.answer
    assert reception.arrival is not None
    found = push.decode(Kept([reception.arrival.raw], [0], [1]))
    return {name: table.to_pylist() for name, table in found.tables.items()}


def soap(root: str, escaped: bool) -> str:
    inner = escape(root) if escaped else root
    return (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope '
        'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Header/><soapenv:Body>'
        f'<post xmlns="urn:station"><arg0 xmlns="">{inner}</arg0></post></soapenv:Body></soapenv:Envelope>'
    )


@pytest.mark.parametrize(
    "xml",
    [
        envelope(FILL),
        "\ufeff" + envelope(FILL),
        soap(envelope(FILL), escaped=False),
        soap(envelope(FILL), escaped=True),
        f'<?xml version="1.0" encoding="GB2312"?><!-- 北京 -->{envelope(FILL)}'.encode("gb2312"),
    ],
    ids=["bare", "with a mark of byte order", "in SOAP", "in SOAP and escaped", "in GB 2312"],
)
def test_a_fill_in_any_wrapping(push: Push, xml: str | bytes) -> None:
    (fill,) = rows(push, xml)["vapour_recovery_fills"]
    assert (fill["device"], fill["dispenser"], fill["nozzle"]) == (STATION, "1", "3")
    assert fill["time"] == dt.datetime(2021, 8, 1, 10, 14, 30)
    assert (fill["gas_liquid_ratio"], fill["ratio_printed"], fill["liquid_resistance"]) == (1.08, "108.0", None)
    assert (fill["gas_volume"], fill["fuel_volume"]) == (32.4, 30.0)


def test_pressures_come_in_many_rows(push: Push) -> None:
    row = "<DATE>2021080110140{}</DATE><YGYL>-120.5</YGYL><YZYL>NULL</YZYL><YQKJ>8000</YQKJ>"
    found = rows(push, envelope(*(row.format(second) for second in range(3)), kind="04"))["vapour_recovery_pressures"]
    assert [(each["time"].second, each["tank_pressure"], each["resistance_pressure"]) for each in found] == [
        (0, -120.5, None), (1, -120.5, None), (2, -120.5, None),
    ]  # fmt: skip
    assert len({each["id"] for each in found}) == 3


def test_alarms_by_nozzle_and_part(push: Push) -> None:
    row = "<DATE>20210801000000</DATE><AL>1:0;2:1</AL><MB>2</MB><YZ>N</YZ><YGLY>NULL</YGLY><PVZT>0</PVZT>"
    found = rows(push, envelope(row, kind="02"))["vapour_recovery_alarms"]
    assert [(each["item"], each["nozzle"], each["state"]) for each in found] == [
        ("AL", "1", "0"), ("AL", "2", "1"), ("MB", "", "2"), ("YZ", "", "N"), ("PVZT", "", "0"),
    ]  # fmt: skip


def test_other_kinds_keep_their_fields(push: Push) -> None:
    (found,) = rows(push, envelope("<TYPE>030001</TYPE>", kind="05"))["vapour_recovery_messages"]
    assert (found["kind"], found["fields"]) == ("fault", '{"TYPE":"030001"}')


def test_what_is_encrypted_is_kept_and_not_read(push: Push) -> None:
    reception = receive(push, envelope(content=b"\x8a\x91 cipher"))
    assert reception.arrival is not None and reception.arrival.kept
    assert reception.arrival.oddities == ("encrypted", "unsigned")
    assert push.decode(Kept([reception.arrival.raw], [0], [1])).undecoded == {0: "encrypted"}


def test_the_answer_is_what_the_controller_reads(sources: dict[str, Source]) -> None:
    def last_text(answer: bytes) -> str:
        return list(parse_xml(answer))[-1].text or ""

    assert last_text(receive(Push(sources), envelope(FILL)).answer) == "01"
    other = Source(STATION, None, frozenset({"vapour_recovery"}), unsigned=True, vapour_answer="ok")
    assert last_text(receive(Push({STATION: other}), envelope(FILL)).answer) == "ok"
    refused = receive(Push({}), envelope(FILL))
    assert refused.status == 401
    assert last_text(refused.answer) == "00"
    where, *told = [
        element.text for element in parse_xml(refused.answer).iter() if element.tag in ("WHERE", "WHAT", "MEND")
    ]
    assert where == "USERID"
    assert told == [
        "站点“1101010001”未登记为可不签名",
        "'1101010001' is not entered as one that cannot sign",
        "登记该站点，或按 docs/gateway-push.md 签名",
        "enter it, or sign as docs/gateway-push.md says",
    ]


def test_a_ratio_that_is_no_percentage(sources: dict[str, Source]) -> None:
    plain = Source(STATION, None, frozenset({"vapour_recovery"}), unsigned=True, ratio_in_percent=False)
    (fill,) = rows(Push({STATION: plain}), envelope(FILL.replace("108.0", "1.08")))["vapour_recovery_fills"]
    assert fill["gas_liquid_ratio"] == 1.08


def test_a_source_that_signs_may_speak_for_many_stations(push: Push, sources: dict[str, Source]) -> None:
    body = envelope(FILL, station="1101019999").encode()
    reception = push.receive(Posted(signed_headers(sources["maker"], body, NOW), body), NOW)
    assert reception.arrival is not None
    assert (reception.arrival.device, reception.arrival.oddities) == ("1101019999", ())
    assert receive(push, body).status == 401


BOMB = (
    '<!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n} "{"&lol;" * 10}">' for n in range(9))
    + "]><ROOT><USERID>&lol8;</USERID></ROOT>"
)


@pytest.mark.parametrize(
    "xml",
    [
        BOMB,
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><ROOT><USERID>&x;</USERID></ROOT>',
        '<!DOCTYPE ROOT SYSTEM "http://127.0.0.1/x.dtd"><ROOT><USERID>1</USERID></ROOT>',
        "<ROOT><USERID>&unknown;</USERID></ROOT>",
        "<a>" * 40 + "</a>" * 40,
        "<a>" + "<b/>" * 60_000 + "</a>",
        "<ROOT><USERID>1",
        "<ROOT/>",
        '<?xml version="1.0" encoding="klingon"?><ROOT/>',
        '<?xml version="1.0" encoding="gbk"?><ROOT>\u00ff</ROOT>',
    ],
    ids=["bomb", "file", "dtd", "entity", "deep", "long", "cut", "nothing", "encoding", "bad gbk"],
)
def test_hostile_or_broken_xml_is_refused(push: Push, xml: str) -> None:
    reception = receive(push, xml.encode("latin-1"))
    assert (reception.status, reception.arrival) == (400, None)


@pytest.mark.parametrize(
    ("xml", "named"),
    [
        (envelope(FILL, kind="09"), b"TYPE"),
        (envelope(FILL, time="20210832101500"), b"TIME"),
        (envelope(FILL).replace("<DATAID>000001</DATAID>", ""), b"DATAID"),
    ],
)
def test_what_is_missing_or_wrong_is_named(push: Push, xml: str, named: bytes) -> None:
    reception = receive(push, xml)
    assert reception.status == 422
    assert named in reception.answer


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60), st.integers(0, 400), st.integers(0, 20))
def test_damaged_xml_never_raises(push: Push, junk: bytes, place: int, lost: int) -> None:
    whole = soap(envelope(FILL), escaped=True).encode()
    reception = receive(push, whole[:place] + junk + whole[place + lost :])
    assert reception.status in (200, 400, 401, 413, 422)
