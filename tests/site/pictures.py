"""Make the pictures of the guides anew: `python -m tests.site.pictures`, from the checkout.

A simulated city is made for it (or `LANTU_MADE_CITY` names one), and the production server shows it.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page
from tests.site.living import Living, chromium, living_site, seat
from tests.site.test_newcomer import enter_case, hand_in_report, open_case, open_section

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
MOST_BYTES = 120_000
_COLOURS = (64, 48, 32, 16)


def keep(page: Page, name: str) -> None:
    """Keep what the browser shows as a small PNG of few colours."""
    page.wait_for_load_state("networkidle")
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    for colours in _COLOURS:
        out = io.BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= MOST_BYTES:
            break
    (FOLDER / f"{name}.png").write_bytes(out.getvalue())
    sys.stdout.write(f"{name}.png {out.tell() / 1000:.0f} kB\n")


def make(browser: Browser, site: Living) -> None:
    """Every picture, each as the account that its guide speaks to sees the page."""
    with seat(browser, site, "district1") as page:
        open_section(page, "我的责任")
        keep(page, "my-duties")
        page.get_by_role("tab", name="月报").click()
        page.get_by_role("table", name="填报").get_by_role("link", name="填报").first.click()
        keep(page, "report")
        hand_in_report(page)
        number = enter_case(page)
        keep(page, "case")
    with seat(browser, site, "coordinator") as page:
        page.goto("/")
        keep(page, "overview")
        open_section(page, "填报")
        page.get_by_role("heading", name="待审核").scroll_into_view_if_needed()
        page.evaluate("document.querySelectorAll('main h2')[1].scrollIntoView()")
        keep(page, "review")
        open_section(page, "问题")
        keep(page, "cases")
        open_case(page, "待派发", number)
        page.get_by_role("link", name="派发", exact=True).click()
        keep(page, "dispatch")
        page.goto("/public/manage")
        page.get_by_role("button", name="公开").click()
    with seat(browser, site, "department") as page:
        page.goto("/ledgers")
        keep(page, "ledgers")
    with seat(browser, site, "street1") as page:
        open_section(page, "区域")
        page.get_by_role("link", name="东城区").first.click()
        keep(page, "area")
    with seat(browser, site, "enterprise") as page:
        open_section(page, "我的责任")
        keep(page, "enterprise")
    with seat(browser, site, "auditor") as page:
        open_section(page, "日志")
        keep(page, "journal")
    with seat(browser, site, "") as page:
        page.goto("/public")
        keep(page, "public")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        city = Path(os.environ.get("LANTU_MADE_CITY") or Path(folder) / "city")
        if not city.exists():
            environment = {**os.environ, "LANTU_WORKSPACE": str(city)}
            subprocess.run([sys.executable, "-m", "lantu", "demo"], check=True, env=environment)
        with living_site(city, Path(folder)) as site, chromium() as browser:
            make(browser, site)


if __name__ == "__main__":
    main()
