"""Raising cases and notices in a real browser, with the real worker: the bell, the page, both languages, a phone."""

from __future__ import annotations

import re
import time

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from tests.site.living import Living, seat, signed_in_context
from tests.site.test_newcomer import fill, open_section, take
from tests.site.test_pages_everywhere import PICTURES

DISTRICT = "东城区政府"
WORKER_SECONDS = 100
"""The worker looks each minute."""


def raise_by_rules(page: Page) -> str:
    """Look, see what would be raised, raise it; the number of a case of the first district comes back."""
    open_section(page, "问题")
    page.get_by_role("link", name="按规则立案").click()
    page.get_by_role("button", name="查找（不立案）").click()
    page.get_by_role("link", name="查看结果").click(timeout=WORKER_SECONDS * 1000)
    expect(page.get_by_role("table", name="会怎样处理")).to_contain_text("新立")
    page.get_by_role("button", name=re.compile("^立案（新立")).click()
    page.get_by_role("link", name="查看结果").click(timeout=WORKER_SECONDS * 1000)
    expect(page.get_by_role("heading", name="新立的问题")).to_be_visible()
    rows = page.request.get("/cases.json?tab=dispatch&area=110101").json()["cases"]
    number = next(each["key"] for each in rows if each["values"].get("rule"))
    page.goto(f"/cases/{number}")
    return str(number)


def bell_rings(page: Page) -> None:
    """Wait until the worker has told what happened."""
    until = time.monotonic() + WORKER_SECONDS
    while time.monotonic() < until:
        page.goto("/mine")
        if page.locator(".bell .count").count():
            return
        time.sleep(1)
    raise AssertionError("the bell does not ring")


def is_sound(page: Page, name: str) -> None:
    """Nothing serious for axe, nothing wider than the screen; a picture is kept."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.jpg", full_page=True, type="jpeg", quality=60)


def test_a_case_that_a_rule_raised_reaches_the_district_by_the_bell(browser: Browser, site: Living) -> None:
    with seat(browser, site, "coordinator") as coordinator, seat(browser, site, "district1") as district:
        number = raise_by_rules(coordinator)
        expect(coordinator.locator("main")).to_contain_text("立案依据")
        if not coordinator.locator(".code a").first.is_visible():
            coordinator.get_by_text("显示", exact=True).click()
        coordinator.locator(".code a").first.click()
        expect(coordinator.get_by_role("table", name="数据行")).to_be_visible()
        is_sound(coordinator, "case-rows")
        coordinator.go_back()
        take(coordinator, "派发", 责任单位=DISTRICT)

        bell_rings(district)
        district.get_by_role("link", name="通知").click()
        line = district.locator(".notices li.unread").filter(has_text=number)
        expect(line).to_contain_text("新派发")
        is_sound(district, "notices-zh")
        line.get_by_role("link").click()
        expect(district.locator("h1")).to_contain_text(number)
        district.get_by_role("link", name="通知").click()
        expect(district.locator(".notices li").filter(has_text=number)).not_to_have_class("unread")
        district.get_by_role("link", name="邮件设置").click()
        fill(district, 邮箱地址="li@example.cn")
        district.get_by_role("button", name="保存").click()
        expect(district.locator(".notice.good").first).to_contain_text("已保存")

    with signed_in_context(browser, site, "district1", "en") as context:
        page = context.new_page()
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto("/notices")
        expect(page.locator("h1")).to_have_text("Notices")
        expect(page.locator(".notices li").filter(has_text=number)).to_contain_text("dispatched")
        is_sound(page, "notices-en-390")
        page.goto("/notices/settings")
        expect(page.get_by_label("Address")).to_have_value("li@example.cn")
        is_sound(page, "notice-settings-390")
