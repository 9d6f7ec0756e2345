"""A newcomer on the real server, in a real browser: a report and a case from first to last, and the journal."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, Page, expect
from tests.site.living import Living, paper, photo, seat

REASON = "请写明是哪几个工地"
DISTRICT = "东城区政府"


def open_section(page: Page, name: str) -> None:
    """Go somewhere by the navigation."""
    page.get_by_role("navigation", name="主导航").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("navigation", name="主导航").locator("[aria-current=page]")).to_have_text(name)


def done(page: Page, words: str | re.Pattern[str]) -> None:
    """The page says that something was done."""
    expect(page.locator(".notice.good").first).to_contain_text(words)


def fill(page: Page, **typed: Any) -> None:
    """Fill the open form by the words at its fields: text, a choice's words, or files."""
    form = page.locator("dialog[open] form, main form.form").first
    for label, value in typed.items():
        field = form.get_by_label(re.compile(rf"^\s*{label}(（.+）)?(可不填)?\s*$"))
        if isinstance(value, dict):
            field.set_input_files(value)  # type: ignore[arg-type]
        elif field.evaluate("each => each.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)


def take(page: Page, step: str, sure: bool = False, **typed: Any) -> None:
    """Take a step on an entry's page; what cannot be undone is asked about."""
    page.get_by_role("link", name=step, exact=True).click()
    fill(page, **typed)
    page.locator("dialog[open]").get_by_role("button", name=step, exact=True).click()
    if sure:
        page.locator("dialog[open]").get_by_role("button", name="确定", exact=True).click()
    done(page, step)


def hand_in_report(page: Page) -> str:
    """Find among the district's duties a report that it owes, and hand it in with a file; the measure comes back."""
    open_section(page, "我的责任")
    expect(page.get_by_role("heading", name="已逾期")).to_be_visible()
    page.get_by_role("tab", name="月报").click()
    owed = page.get_by_role("table", name="填报").locator("tbody tr").filter(has_text="未填报").first
    measure = str(owed.get_by_role("rowheader").get_by_role("link").inner_text()).strip()
    owed.get_by_role("link", name="填报").click()
    fill(page, 进展="进行中", 进展说明="工地围挡已全部到位", 附件=paper("sites"))
    page.locator("main").get_by_role("button", name="提交").click()
    done(page, measure)
    return measure


def review(page: Page, measure: str, decision: str) -> None:
    """Return a report with a reason, or approve it."""
    open_section(page, "填报")
    waiting = page.get_by_role("table", name="待审核").locator("tbody tr").filter(has_text=DISTRICT)
    row = waiting.filter(has=page.get_by_role("link", name=measure, exact=True))
    if decision == "退回":
        row.get_by_role("link", name="退回").click()
        fill(page, 理由=REASON)
        page.locator("main").get_by_role("button", name="退回").click()
    else:
        row.get_by_role("button", name="审核通过").click()
    done(page, decision)


def hand_in_again(page: Page, measure: str) -> None:
    """The district reads why its report came back, and mends it."""
    open_section(page, "填报")
    row = page.get_by_role("table", name="本单位应填报的措施").locator("tbody tr").filter(has_text="已退回")
    row.filter(has=page.get_by_role("link", name=measure, exact=True)).get_by_role("link", name="填报").click()
    expect(page.locator("main")).to_contain_text(REASON)
    fill(page, 进展说明="和平里三处、建国门两处")
    page.locator("main").get_by_role("button", name="提交").click()
    done(page, measure)


def enter_case(page: Page) -> str:
    """The district enters a problem that it found; its number comes back."""
    open_section(page, "问题")
    page.get_by_role("link", name="登记线索").click()
    fill(page, 问题类别="工地出口车印遗撒", 发现日期="2021-12-30", 对象="和平里某工地", 问题描述="出口有泥")
    fill(page, 行政区划="东城区", 整改前照片=photo("2021:12:30 15:05:00", 116.42, 39.95, "before"))
    page.locator("main").get_by_role("button", name="保存").click()
    done(page, "已登记")
    return page.url.rpartition("/")[2]


def open_case(page: Page, tab: str, number: str) -> None:
    """Find a case in the inbox, among those that wait for this step."""
    open_section(page, "问题")
    page.get_by_role("link", name=tab).or_(page.get_by_role("tab", name=tab)).click()
    page.get_by_label("编号或文字").fill(number)
    page.get_by_role("button", name="筛选").click()
    page.get_by_role("link", name=number, exact=True).click()
    expect(page.locator("h1")).to_contain_text(number)


def handle_case(district: Page, coordinator: Page, number: str) -> None:
    """From dispatch to closing; who rectifies does not close."""
    open_case(coordinator, "待派发", number)
    take(coordinator, "派发", 责任单位=DISTRICT, 整改期限="2022-01-10")
    open_case(district, "待签收", number)
    take(district, "签收")
    after = photo("2021:12:31 09:30:00", 116.42, 39.95)
    take(district, "报整改完成", 整改措施="冲洗道路，加装洗轮机", 整改后照片=after)
    expect(district.locator("main")).to_contain_text("2021-12-31 09:30")
    close = district.get_by_role("button", name="销号", exact=True)
    expect(close).to_have_attribute("aria-disabled", "true")
    open_case(coordinator, "待核查", number)
    take(coordinator, "销号", sure=True, 核查记录=paper("checked"))
    expect(coordinator.locator("h1")).to_contain_text("已销号")


def read_journal(page: Page, subject: str, actions: list[str]) -> None:
    """All that was done stands in the journal, the latest first."""
    open_section(page, "日志")
    page.get_by_label("对象（开头）").fill(subject)
    page.locator("main").get_by_role("button", name="筛选").click()
    lines = page.get_by_role("table", name="操作日志").locator("tbody tr")
    expect(lines).to_have_count(len(actions))
    assert [line.locator("td").nth(2).inner_text() for line in lines.all()] == actions


def verify_journal(page: Page) -> None:
    """The auditor has the chain verified, by the worker."""
    open_section(page, "日志")
    page.get_by_role("button", name="核验整条日志").click()
    page.get_by_role("link", name="查看日志").or_(page.locator(".notice.good")).click()
    done(page, "完整")


def test_a_newcomer_reports_handles_a_case_and_the_auditor_sees_it(browser: Browser, site: Living) -> None:
    with (
        seat(browser, site, "district1") as district,
        seat(browser, site, "coordinator") as coordinator,
        seat(browser, site, "auditor") as auditor,
    ):
        measure = hand_in_report(district)
        review(coordinator, measure, "退回")
        hand_in_again(district, measure)
        review(coordinator, measure, "审核通过")

        number = enter_case(district)
        handle_case(district, coordinator, number)

        report = f"progress_reports/{measure}/{DISTRICT}/2021-12"
        read_journal(auditor, report, ["审核通过", "重新提交", "退回", "补充附件", "录入"])
        read_journal(auditor, f"cases/{number}", ["销号", "报整改完成", "签收", "派发", "录入"])
        verify_journal(auditor)
        open_case(auditor, "全部", number)
        expect(auditor.locator("main")).to_contain_text("您的账号只能查看")
