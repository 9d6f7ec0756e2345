"""Areas: map, ranks with ties, streets within rights, ledgers and sites."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.site.test_tasks import alike

Browser = Callable[[str], Any]


def test_the_city_has_a_map_by_a_chosen_commitment(city: Any, signed_in: Browser) -> None:
    browser = signed_in("auditor")
    data = browser.get("/areas.json?commitment=air-2-1/points_online").json()
    assert data["map"]["commitment"] == "air-2-1/points_online"
    assert len(data["map"]["areas"]) == 16, "the development area has no streets"
    for each in data["map"]["areas"]:
        rows = [
            r for r in city.snapshots.latest().assessment.of("air-2-1/points_online") if r.area.startswith(each["code"])
        ]
        worst = min(rows, key=lambda r: ["missed", "unknown", "at_risk", "on_course", "met"].index(r.status.value))
        assert each["status"] == worst.status.value
    assert browser.get("/areas.json?commitment=nonsense").json()["map"]["commitment"] == "air-1-1/pm25"
    assert "Show as a table" in browser.get("/areas").content.decode()


def test_ranks_share_a_place_where_figures_are_equal(city: Any, signed_in: Browser) -> None:
    data = signed_in("auditor").get("/areas/110101.json?q=pm25").json()
    row = next(each for each in data["rows"] if each["commitment"] == "air-1-1/pm25")
    values = [
        Decimal(each.value)
        for each in city.snapshots.latest().assessment.of("air-1-1/pm25")
        if each.area != "110000" and each.value is not None
    ]
    own = Decimal(str(row["value"]))
    assert row["rank"] == {
        "place": sum(value < own for value in values) + 1,
        "among": len(values),
        "shared": values.count(own) > 1,
    }
    assert row["rank"]["among"] == 17


def test_streets_are_seen_by_their_own_district_and_the_city(signed_in: Browser) -> None:
    for name in ("coordinator", "auditor", "bureau", "district1"):
        assert signed_in(name).get("/areas/110101001").status_code == 200, name
    assert signed_in("street1").get("/areas/110101001").status_code == 200
    for name in ("district2", "street2"):
        foreign = signed_in(name).get("/areas/110101001")
        absent = signed_in(name).get("/areas/119999999")
        assert foreign.status_code == absent.status_code == 404
        assert alike(foreign, "110101001") == alike(absent, "119999999")
        district = signed_in(name).get("/areas/110101.json").json()
        assert district["inside"] == []
    assert signed_in("street1").get("/areas/110101002").status_code == 404, "a street sees no other street"
    assert len(signed_in("district1").get("/areas/110101.json").json()["inside"]) > 10


def test_ledgers_are_counted_in_the_area_within_rights(city: Any, signed_in: Browser) -> None:
    from lantu.office.accounts.models import Account
    from lantu.office.rights import visible_entries

    inside = ["110101", *(area.code for area in city.pack.areas.children("110101"))]
    for name in ("coordinator", "district1", "district2", "department"):
        account = Account.objects.get(username=name)
        data = signed_in(name).get("/areas/110101.json").json()
        seen = visible_entries(account).filter(area__in=inside)
        ledgers = {ledger["ledger"] for ledger in data["ledgers"]}
        assert sum(ledger["count"] for ledger in data["ledgers"]) == seen.filter(ledger__in=ledgers).count()
        assert (name == "district2") == (not ledgers)


def test_a_district_names_its_monitoring_sites(city: Any, signed_in: Browser) -> None:
    sites = signed_in("auditor").get("/areas/110101.json").json()["sites"]
    assert sites
    assert {each["site"] for each in sites} <= set(city.pack.sites.sites())


def test_enterprises_see_no_verdicts(signed_in: Browser) -> None:
    for address in ("/areas", "/areas/110101", "/tasks", "/tasks/air-1", "/changes", "/commitments/air-1-1/pm25"):
        assert signed_in("enterprise").get(address).status_code == 403, address
        assert signed_in("").get(address).status_code == 302, address


def test_a_share_that_has_to_be_whole_is_ranked_from_the_top(city: Any) -> None:
    from lantu.office.ranks import rank_of
    from lantu.office.standing import standing

    now = standing(city.snapshots.latest())
    rows = [row for row in now.snapshot.assessment.of("air-2-1/points_online") if row.value is not None]
    best = max(rows, key=lambda row: row.value)
    worst = min(rows, key=lambda row: row.value)
    first, last = rank_of(best, now), rank_of(worst, now)
    assert first is not None
    assert last is not None
    assert (first.place, first.among, first.shared) == (1, len(rows), True)
    assert last.place == 1 + sum(row.value > worst.value for row in rows)
    counted = now.snapshot.assessment.of("air-5-3/enterprises")[0]
    assert rank_of(counted, now) is None, "numbers of entries are not ranked"
