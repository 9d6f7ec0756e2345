"""What lantu.js does, in a real browser and under a policy without inline script or style."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from tests.site.rendering import render
from tests.site.serving import Server

DISTRICTS = ("110101", "110105", "BDA")


@pytest.fixture
def server() -> Iterator[Server]:
    started = Server()
    yield started
    started.http.shutdown()
    started.http.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on which an error of a script, or a refusal by the policy, is a fault of the test."""
    opened = browser.new_page(viewport={"width": 1366, "height": 768})
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    yield opened
    opened.close()
    assert faults == []


def hand_in(**more: Any) -> tuple[str, dict[str, Any]]:
    return "parts/form.html", {"form": "FORM", "submit": "Hand in", "action": "/take", **more}


def fill(page: Page) -> None:
    page.fill("#id_reason", "covered with nets")
    page.check("input[name=how][value=a]")
    page.check("#id_sure")


def test_a_double_click_hands_in_once(server: Server, page: Page) -> None:
    server.put("/", hand_in())
    server.put("/done")
    server.answers["/take"] = lambda: (303, "/done")
    page.goto(server.address)
    fill(page)
    page.dblclick("main button[type=submit]")
    page.wait_for_url("**/done")
    assert len(server.posted) == 1
    assert b"covered with nets" in server.posted[0][2]


def test_what_cannot_be_undone_is_asked_about(server: Server, page: Page) -> None:
    server.put("/", hand_in(confirm="This cannot be undone.", danger=True))
    server.put("/done")
    server.answers["/take"] = lambda: (303, "/done")
    page.goto(server.address)
    fill(page)
    page.click("main button[type=submit]")
    expect(page.locator("dialog[open]")).to_contain_text("This cannot be undone.")
    page.click("dialog[open] >> text=Cancel")
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert server.posted == []
    page.click("main button[type=submit]")
    page.click("dialog[open] >> text=Yes, go on")
    page.wait_for_url("**/done")
    assert len(server.posted) == 1


def test_files_travel_with_progress_and_a_refusal_keeps_the_page(server: Server, page: Page) -> None:
    server.put("/", hand_in())
    server.put("/refused", ("parts/form.html", {"form": "REFUSED", "submit": "Hand in", "action": "/take"}))
    server.put("/done")
    answers = [(422, server.pages["/refused"]), (303, "/done")]
    server.answers["/take"] = lambda: answers[len(server.posted) - 1]
    page.goto(server.address)
    photo = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"\xff" * 300_000}
    for turn in ("refused", "taken"):
        fill(page)
        page.set_input_files("#id_file", photo)
        expect(page.locator("[data-chosen]")).to_contain_text("photo.jpg  293 kB")
        page.click("main button[type=submit]")
        if turn == "refused":
            expect(page.locator("[role=alert]")).to_be_focused()
    page.wait_for_url("**/done")
    assert [b"\xff" * 300_000 in body for _, _, body in server.posted] == [True, True]


def test_a_broken_connection_loses_nothing_that_was_written(server: Server, page: Page) -> None:
    server.put("/", hand_in())
    page.goto(server.address)
    fill(page)
    page.set_input_files("#id_file", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"})
    page.route("**/take", lambda route: route.abort())
    page.click("main button[type=submit]")
    expect(page.locator("[role=alert]")).to_contain_text("nothing was sent")
    assert page.input_value("#id_reason") == "covered with nets"
    expect(page.locator("main button[type=submit]")).to_be_enabled()


def test_a_step_opens_its_form_and_a_refused_one_opens_by_itself(server: Server, page: Page) -> None:
    steps = [{"name": "hand", "title": "Hand in", "url": "/take", "form": "FORM"}]
    server.put("/", ("parts/steps.html", {"steps": steps}))
    server.put("/refused", ("parts/steps.html", {"steps": [{**steps[0], "form": "REFUSED"}]}))
    page.goto(server.address)
    page.click("main a.button")
    expect(page.locator("dialog[open] #id_reason")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("main a.button")).to_be_focused()
    page.goto(server.address + "/refused")
    expect(page.locator("dialog[open] [role=alert]")).to_be_focused()


def test_arrow_keys_move_in_the_matrix(server: Server, page: Page) -> None:
    rows = [
        {
            "title": f"task {row}",
            "url": f"/t{row}",
            "cells": [{"status": "met", "url": f"/c{row}-{c}"} for c in range(18)],
        }
        for row in range(40)
    ]
    columns = [{"title": f"D{c}", "url": f"/d{c}"} for c in range(18)]
    server.put(
        "/", ("parts/matrix.html", {"caption": "m", "corner": "Task", "columns": columns, "groups": [{"rows": rows}]})
    )
    page.goto(server.address)
    assert page.locator("td > a[tabindex='0']").count() == 1
    page.focus("td > a[href='/c0-0']")
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft", "ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
    expect(page.locator("td > a[href='/c1-0']")).to_be_focused()
    for _ in range(30):
        page.keyboard.press("ArrowDown")
    cell = page.locator("td > a[href='/c31-0']")
    expect(cell).to_be_focused()
    box, seen = cell.bounding_box(), page.locator(".matrix-box").bounding_box()
    assert box is not None
    assert seen is not None
    assert box["y"] + box["height"] <= seen["y"] + seen["height"] + 1


def test_columns_sort_as_numbers_with_the_empty_last(server: Server, page: Page) -> None:
    rows = [
        {"cells": [{"text": name}, {"text": value, "numeric": True}]}
        for name, value in (("a", "9.5"), ("b", "—"), ("c", "1,200"), ("d", "10"))
    ]
    table = {"caption": "t", "columns": [{"title": "Name"}, {"title": "Value", "numeric": True}], "rows": rows}
    server.put("/", ("parts/table.html", {**table, "sortable": True}))
    page.goto(server.address)
    page.click("th >> text=Value")
    assert page.locator("tbody th").all_inner_texts() == ["a", "d", "c", "b"]
    page.click("th >> text=Value")
    assert page.locator("tbody th").all_inner_texts() == ["c", "d", "a", "b"]
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("Value")


def test_tabs_show_one_panel_and_follow_the_arrows(server: Server, page: Page) -> None:
    tabs = [{"title": "One", "url": "#one", "current": True}, {"title": "Two", "url": "#two"}]
    server.put("/", ("parts/tabs.html", {"tabs": tabs, "label": "Views"}))
    server.pages["/"] = server.pages["/"].replace("</main>", '<div id="one">1</div><div id="two">2</div></main>')
    page.goto(server.address)
    expect(page.locator("#two")).to_be_hidden()
    page.focus("[role=tab] >> text=One")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#two")).to_be_visible()
    expect(page.locator("#one")).to_be_hidden()


CHART = {
    "kind": "line",
    "x": ["Jan", "Feb", "Mar"],
    "unit": "µg/m³",
    "series": [{"name": "PM2.5", "values": [52, None, 48]}],
    "limits": [{"value": 38, "name": "limit"}],
}


def test_a_chart_is_drawn_and_its_table_says_the_same(server: Server, page: Page) -> None:
    server.put("/", ("parts/chart.html", {"id": "c", "title": "By month", "chart": CHART}))
    page.goto(server.address)
    expect(page.locator(".canvas svg")).to_contain_text("limit 38 µg/m³")
    page.click("figure summary")
    assert page.locator("figure tbody tr").all_inner_texts() == ["Jan\t52", "Feb\t—", "Mar\t48"]


def test_without_the_library_the_table_stands_in(server: Server, page: Page) -> None:
    server.put("/", ("parts/chart.html", {"id": "c", "title": "By month", "chart": CHART}))
    page.route("**/echarts*", lambda route: route.abort())
    page.goto(server.address)
    expect(page.locator("figure tbody tr").first).to_have_text("Jan52")


def test_the_map_draws_districts_and_names_the_area_without_outline(server: Server, page: Page) -> None:
    areas = [
        {"code": code, "name": code, "url": f"/areas/{code}", "status": "missed", "value": "40"} for code in DISTRICTS
    ]
    server.put("/", ("parts/map.html", {"id": "m", "title": "Districts", "areas": areas}))
    server.put("/areas/110105")
    page.goto(server.address)
    expect(page.locator(".map path.leaflet-interactive")).to_have_count(16)
    expect(page.locator("[data-without]")).to_contain_text("BDA ✗ missed 40")
    assert page.get_attribute("[data-without] a", "href") == "/areas/BDA"
    page.locator(".map path.leaflet-interactive").nth(2).click(position={"x": 40, "y": 30})
    page.wait_for_url("**/areas/110105")


def test_near_points_are_one_until_one_comes_nearer(server: Server, page: Page) -> None:
    areas = [{"code": code, "name": code, "url": "", "status": "", "value": ""} for code in DISTRICTS]
    points = [
        {
            "lat": 39.9 + number % 10 / 1000,
            "lon": 116.4 + number // 10 / 1000,
            "name": f"P{number}",
            "url": f"/p/{number}",
            "status": "",
        }
        for number in range(60)
    ]
    points += [
        {"lat": 40.4, "lon": 116.9, "name": f"Q{number}", "url": f"/q/{number}", "status": ""} for number in range(30)
    ]
    points.append({"lat": 40.5, "lon": 115.95, "name": "alone", "url": "/alone", "status": ""})
    square = {"type": "Polygon", "coordinates": [[[116.0, 39.7], [116.2, 39.7], [116.2, 39.8], [116.0, 39.7]]]}
    shapes = [{"geometry": square, "name": "an area", "url": "/area"}]
    listed = [{"name": each["name"], "url": each["url"], "note": ""} for each in points[:5]]
    context = {"id": "m", "title": "Entries", "areas": areas, "points": points, "shapes": shapes, "listed": listed}
    server.put("/", ("parts/map.html", context))
    server.put("/p/0")
    page.goto(server.address)
    many = page.locator(".map-many")
    expect(many.first).to_be_visible()
    before = sorted(int(each) for each in many.all_inner_texts())
    assert sum(before) == 90
    assert page.locator(".map path.leaflet-interactive").count() == 16 + 1 + 1, "districts, the area, the lone point"
    expect(many.first).to_have_attribute("aria-label", re.compile(r"\d+ entries, click to come nearer"))
    twin = page.locator(".map-many", has_text=re.compile(r"^30$"))
    twin.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup-content li")).to_have_count(21)
    expect(page.locator(".leaflet-popup-content")).to_contain_text("and 10 more")
    page.keyboard.press("Escape")
    page.locator(".map-many").filter(has_not_text=re.compile(r"^30$")).first.dispatch_event("click")
    expect(page.locator(".map path.leaflet-interactive")).not_to_have_count(18)
    page.locator(".map-list a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/p/0")


def test_a_job_is_followed_until_it_has_ended(server: Server, page: Page) -> None:
    job = {"id": "9", "title": "Import", "url": "/jobs/9", "state": "running", "done": 1, "total": 2}
    ended = {**job, "state": "done", "result_url": "/file", "result_title": "Open it"}
    (done,) = render(("parts/job.html", {"job": ended}))
    server.put("/", ("parts/job.html", {"job": job}))
    server.answers["/jobs/9"] = lambda: (200, done)
    page.goto(server.address)
    expect(page.locator("main a.button")).to_have_text("Open it", timeout=8000)
    expect(page.locator("main progress")).to_have_count(0)


def test_without_script_every_part_can_still_be_read(server: Server, browser: Browser) -> None:
    tabs = [{"title": "One", "url": "#one", "current": True}, {"title": "Two", "url": "#two"}]
    steps = [{"name": "hand", "title": "Hand in", "url": "/take", "form": "FORM"}]
    server.put("/", ("parts/tabs.html", {"tabs": tabs, "label": "Views"}), ("parts/steps.html", {"steps": steps}))
    server.pages["/"] = server.pages["/"].replace("</main>", '<div id="one">1</div><div id="two">2</div></main>')
    server.put("/take", hand_in())
    page = browser.new_page(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page.goto(server.address)
    for seen in ("#one", "#two", "nav#navigation a >> nth=1"):
        expect(page.locator(seen)).to_be_visible()
    page.click("main a.button")
    expect(page.locator("#id_reason")).to_be_visible()
    page.close()


@pytest.mark.parametrize("width", [1366, 390])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_all_parts_are_accessible_and_fit_the_screen(server: Server, page: Page, language: str, width: int) -> None:
    cells = [{"status": each, "url": f"/{each}"} for each in ("met", "on_course", "at_risk", "missed", "unknown")] * 3
    rows = [
        {
            "cells": [
                {"text": "PK-110105-00001", "url": "/e"},
                {"text": "late", "tone": "bad"},
                {"text": "8.2", "numeric": True},
            ]
        }
    ]
    columns = [
        {"title": "Number", "url": "?s=n", "sorted": "ascending"},
        {"title": "State"},
        {"title": "Flow", "numeric": True},
    ]
    files = [
        {
            "name": "photo_of_the_place_after_the_work.jpg",
            "url": "/f",
            "size": "1 MB",
            "kind": "JPG",
            "warnings": ["re-used"],
        }
    ]
    doubt = {
        "id": "3",
        "passage": "1",
        "place": "p. 12",
        "title": "deadline",
        "url": "/d",
        "choices": [["ok", "take it"]],
        "free": True,
    }
    areas = [{"code": code, "name": code, "url": "/a", "status": "met"} for code in DISTRICTS]
    conflict = {"name": "flow", "field": "flow", "before": "1", "after": "2", "now": "3", "kind": "conflict"}
    server.put(
        "/",
        ("parts/breadcrumb.html", {"crumbs": [{"title": "Tasks", "url": "/t"}, {"title": "Air"}]}),
        ("parts/notice.html", {"tone": "warn", "title": "Unverified", "text": "a parameter"}),
        (
            "parts/counts.html",
            {"label": "All", "counts": [{"status": cell["status"], "count": 4, "url": "/x"} for cell in cells[:5]]},
        ),
        (
            "parts/matrix.html",
            {
                "caption": "Matrix",
                "corner": "Task",
                "columns": [{"title": f"D{n}"} for n in range(15)],
                "groups": [{"title": "Air", "rows": [{"no": "1", "title": "task", "url": "/t", "cells": cells}]}],
            },
        ),
        (
            "parts/filter.html",
            {
                "fields": [
                    {"name": "q", "label": "Words", "kind": "search"},
                    {"name": "late", "label": "late only", "kind": "check"},
                ],
                "active": [{"title": "Chaoyang", "url": "?"}],
            },
        ),
        ("parts/table.html", {"caption": "Cards", "columns": columns, "rows": rows, "cards": True}),
        (
            "parts/table.html",
            {
                "caption": "Sorted",
                "columns": [{"title": "Number"}, {"title": "State"}, {"title": "Flow"}],
                "rows": rows,
                "sortable": True,
            },
        ),
        (
            "parts/table.html",
            {"caption": "None", "columns": columns, "rows": [], "empty": {"title": "No data", "text": "not a zero"}},
        ),
        ("parts/pages.html", {"page": {"PAGE": 2, "OF": 99}, "query": ""}),
        (
            "parts/clocks.html",
            {"clocks": {"declared": "75 %", "evidenced": "33.9", "scheduled": "38"}, "status": "met"},
        ),
        (
            "parts/pairs.html",
            {"pairs": [{"name": "Status", "status": "missed"}, {"name": "Unit", "value": "bureau", "url": "/u"}]},
        ),
        (
            "parts/timeline.html",
            {
                "events": [
                    {
                        "title": "Returned",
                        "at": "2021-09-16",
                        "who": "Zhang",
                        "after": "open",
                        "files": files,
                        "changes": [{"name": "flow", "before": "1", "after": "2"}],
                    }
                ]
            },
        ),
        ("parts/steps.html", {"steps": [{"name": "close", "title": "Close", "url": "/c", "blocked": "quiet period"}]}),
        ("parts/form.html", {"form": "FORM", "submit": "Hand in"}),
        (
            "parts/provenance.html",
            {
                "steps": [{"title": "asked", "facts": [["measure", "air-1"]]}],
                "columns": ["station", "time"],
                "rows": [["x", "y"]],
            },
        ),
        (
            "parts/diff.html",
            {
                "caption": "Sheet",
                "old": "old",
                "new": "new",
                "now": "now",
                "choose": True,
                "entries": [{"key": "PK", "cells": [conflict]}],
            },
        ),
        (
            "parts/reader.html",
            {
                "title": "Plan",
                "passages": [{"id": "1", "page": 12, "pieces": [{"text": "by the end", "doubt": "3"}]}],
                "doubts": [doubt],
            },
        ),
        ("parts/job.html", {"job": {"id": "1", "title": "Import", "state": "waiting", "url": "/j"}}),
        ("parts/chart.html", {"id": "c", "title": "Chart", "chart": CHART}),
        ("parts/map.html", {"id": "m", "title": "Map", "areas": areas}),
        ("parts/correction.html", {"url": "/c", "about": "PM2.5"}),
        language=language,
    )
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(server.address)
    page.locator("figure").last.scroll_into_view_if_needed()
    expect(page.locator(".canvas svg")).to_be_visible()
    expect(page.locator(".map path.leaflet-interactive").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    found = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")] == []
