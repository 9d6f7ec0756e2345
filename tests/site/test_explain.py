"""Where a verdict comes from: the chain, its rows, and that nobody sees entries of others through it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

Browser = Callable[[str], Any]
QUOTA = "/explain/air-5-3/enterprises"


def _rows(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    text = answer.getvalue().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_chain_leads_from_the_plan_to_the_entries(city: Any, signed_in: Browser) -> None:
    data = signed_in("auditor").get(f"{QUOTA}.json?area=110000").json()
    assert data["chain"][0]["title"]["en"] == "what the plan asks"
    assert data["same_as_kept"] is True
    assert data["hidden"] is False
    row = next(r for r in city.snapshots.latest().assessment.of("air-5-3/enterprises") if r.area == "110000")
    assert data["verdict"]["value"] == data["now"]["value"] == row.value
    counted = [each for each in _rows(signed_in("auditor").get(f"{QUOTA}.csv?area=110000")) if each["counts"] == "yes"]
    assert len(counted) == row.value, "the rows prove the figure"


def test_the_page_loads_the_chain_as_a_part_and_without_script_as_a_whole(signed_in: Browser) -> None:
    browser = signed_in("auditor")
    page = browser.get(f"{QUOTA}?area=110000").content.decode()
    assert f'hx-get="{QUOTA}?area=110000"' in page
    assert "whole=1" in page
    assert "what is counted" not in page
    part = browser.get(f"{QUOTA}?area=110000", headers={"HX-Request": "true"}).content.decode()
    assert "what is counted" in part
    assert "<html" not in part
    assert "what is counted" in browser.get(f"{QUOTA}?area=110000&whole=1").content.decode()


def test_an_indicator_leads_to_its_measured_rows(signed_in: Browser) -> None:
    data = signed_in("street1").get("/explain/air-1-1/pm25.json?area=110101").json()
    assert "period" in data["columns"]
    assert len(data["rows"]) == 20
    assert data["row_count"] is None, "there are more, and they were not all read"


def test_entries_outside_the_rights_are_left_out_and_said_to_be(city: Any, signed_in: Browser) -> None:
    whole = _rows(signed_in("coordinator").get(f"{QUOTA}.csv?area=110000"))
    browser = signed_in("district1")
    data = browser.get(f"{QUOTA}.json?area=110000").json()
    assert data["hidden"] is True
    own = _rows(browser.get(f"{QUOTA}.csv?area=110000"))
    assert 0 < len(own) < len(whole)
    assert {row["area"][:6] for row in own} == {"110101"}
    other = browser.get(f"{QUOTA}.json?area=110112")
    assert other.json()["rows"] == []
    assert other.json()["hidden"] is True
    foreign = {row["key"] for row in whole if not row["area"].startswith("110101")}
    body = browser.get(f"{QUOTA}?area=110000&whole=1").content.decode() + other.content.decode()
    assert foreign
    assert not [key for key in foreign if f'"{key}"' in body or f">{key}<" in body]


def test_an_indicator_from_ledgers_keeps_its_rows_from_other_districts(city: Any, signed_in: Browser) -> None:
    from lantu.indicators import get_indicator, units_of_indicators

    known = units_of_indicators()
    tested = 0
    for commitment in city.pack.commitments.values():
        if commitment.kind != "level" or commitment.indicator not in known:
            continue
        if not get_indicator(commitment.indicator).family.ledgers:
            continue
        judged = [area.code for area in city.pack.areas_of(commitment) if area.level != "street"]
        for area in [code for code in judged if code != "110101"][:1]:
            data = signed_in("district1").get(f"/explain/{commitment.id}.json?area={area}").json()
            assert data["rows"] == [], commitment.id
            assert data["hidden"] is True
            tested += 1
    assert tested > 5


def test_no_cell_is_a_formula(city: Any, signed_in: Browser) -> None:
    from lantu.site.pages.explain import _safe

    for bad in ("=1+1", "+1", "-1", "@x", "\tx"):
        assert _safe(bad) == f"'{bad}"
    assert _safe("模拟") == "模拟"
    assert _safe(-1) == -1


def test_where_the_account_may_not_look_there_is_nothing(signed_in: Browser) -> None:
    browser = signed_in("district1")
    for address in (
        "/explain/air-2-1/points_online?area=110102001",
        "/explain/air-2-1/points_online.csv?area=110102001",
        "/explain/air-2-1/points_online.json?area=110102001",
        "/explain/air-1-1/none?area=110101",
        f"{QUOTA}?area=110101001",
    ):
        assert browser.get(address).status_code == 404, address
    assert signed_in("enterprise").get(f"{QUOTA}.csv?area=110000").status_code == 403
    assert signed_in("").get(f"{QUOTA}.csv?area=110000").status_code == 302


def test_without_rows_the_file_is_refused_in_words(city: Any, signed_in: Browser) -> None:
    from lantu.assessment import Status

    row = next(
        each
        for each in city.snapshots.latest().assessment.rows
        if each.status is Status.UNKNOWN and each.kind == "ratio" and "entries" not in each.commitment
    )
    answer = signed_in("auditor").get(f"/explain/{row.commitment}.csv?area={row.area}")
    assert answer.status_code == 422
    assert "no rows that you may see" in answer.content.decode()
