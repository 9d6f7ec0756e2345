"""Every page that a role can reach by links, in a real browser: no error, nothing inaccessible, nothing too wide.

Pictures of what was seen, in both languages, are left in `build/screenshots`, with `index.html` and what axe found.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from tests.site.gallery import Shown, write_index
from tests.site.living import Living, signed_in_context

PICTURES = Path(__file__).resolve().parents[2] / "build" / "screenshots"
WIDE, NARROW = (1366, 768), (390, 844)
ROLES = {
    "coordinator": "zh",
    "department": "en",
    "district1": "zh",
    "street1": "en",
    "enterprise": "zh",
    "auditor": "en",
    "": "zh",
}
"""Who walks, in which language; "" is somebody who has not signed in."""
EACH_SHAPE = 2
"""So many pages of one shape (one view, the same tab of it) are opened for each role."""
LOOKED_THROUGH = 1
"""So many pages of one shape are looked through by axe at each width, over all roles."""
_NO_PAGE = re.compile(r"\.(json|csv|xlsx|pdf)$|/file$|/-/export\b|^/files/")
_LINKS = "() => [...document.querySelectorAll('a[href]')].map(each => [each.href, each.hasAttribute('download')])"
_TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
_FITS = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@dataclass
class Seen:
    """What was seen on the way, over all roles."""

    site: Living
    faults: list[str] = field(default_factory=list)
    opened: Counter[str] = field(default_factory=Counter)
    fetched: Counter[str] = field(default_factory=Counter)
    looked: Counter[tuple[str, int]] = field(default_factory=Counter)
    shown: dict[str, Shown] = field(default_factory=dict)


def shape_of(address: str) -> str:
    """What pages of one kind have in common: the view that answers, and the form in which it shows things."""
    from django.urls import Resolver404, resolve

    parts = urlsplit(address)
    try:
        name = resolve(unquote(parts.path)).url_name or parts.path
    except Resolver404:
        name = parts.path
    return "+".join([name, *(value for key, value in parse_qsl(parts.query) if key in ("view", "tab"))])


def walk(context: BrowserContext, seen: Seen, role: str, start: str) -> None:
    """Follow the links from a page, a few of each shape."""
    page = context.new_page()
    current = ""
    page.on("pageerror", lambda error: seen.faults.append(f"{role} {current}: {error}"))
    page.on(
        "console", lambda line: seen.faults.append(f"{role} {current}: {line.text}") if line.type == "error" else None
    )
    page.on("response", lambda got: seen.faults.append(f"{role} {got.status} {got.url}") if got.status >= 400 else None)
    waiting, known, counts = deque([start]), {start}, Counter[str]()
    while waiting:
        current = waiting.popleft()
        shape = shape_of(current)
        if counts[shape] >= EACH_SHAPE:
            continue
        counts[shape] += 1
        page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
        page.goto(current)
        seen.opened[role] += 1
        look(page, seen, role, shape, WIDE)
        if counts[shape] == 1:
            page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
            look(page, seen, role, shape, NARROW)
        for link, download in page.evaluate(_LINKS):
            address = str(link).partition("#")[0]
            if not address.startswith(seen.site.address) or address in known:
                continue
            known.add(address)
            address = address.removeprefix(seen.site.address)
            if download or _NO_PAGE.search(urlsplit(address).path):
                fetch(context, seen, role, address)
            elif counts[shape_of(address)] < EACH_SHAPE:
                waiting.append(address)
    page.close()


def fetch(context: BrowserContext, seen: Seen, role: str, address: str) -> None:
    """A file or JSON behind a link comes."""
    if seen.fetched[f"{role} {shape_of(address)}"] < 1:
        seen.fetched[f"{role} {shape_of(address)}"] += 1
        got = context.request.get(address)
        if got.status >= 400:
            seen.faults.append(f"{role} {got.status} {address}")


def look(page: Page, seen: Seen, role: str, shape: str, size: tuple[int, int]) -> None:
    """Nothing is wider than the screen; axe finds nothing serious; a picture is kept."""
    where = f"{role or 'nobody'} {page.url.removeprefix(seen.site.address)} at {size[0]}"
    try:
        page.wait_for_function(_FITS, timeout=5000)  # a chart takes its new width a moment after the window
    except PlaywrightTimeout:
        seen.faults.append(f"{where}: {page.evaluate(_TOO_WIDE)} px wider than the screen")
    if seen.looked[shape, size[0]] >= LOOKED_THROUGH:
        return
    seen.looked[shape, size[0]] += 1
    language = ROLES[role]
    _examine(page, seen, where, _record(page, seen, role, shape), language, size)
    if size == WIDE:  # and once in the other language
        other = "en" if language == "zh" else "zh"
        _speak(page, seen, other)
        page.reload()
        _examine(page, seen, f"{where} in {other}", seen.shown[shape], other, size)
        _speak(page, seen, language)
        page.reload()


def _record(page: Page, seen: Seen, role: str, shape: str) -> Shown:
    return seen.shown.setdefault(shape, Shown(shape, page.url.removeprefix(seen.site.address), role))


def _speak(page: Page, seen: Seen, language: str) -> None:
    page.context.add_cookies([{"name": "lantu_language", "value": language, "url": seen.site.address}])


def _examine(page: Page, seen: Seen, where: str, shown: Shown, language: str, size: tuple[int, int]) -> None:
    """What axe finds, and a picture."""
    for each in Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]:
        shown.axe.append(f"{language} {size[0]}: {each['impact']} {each['id']} ({len(each['nodes'])})")
        if each["impact"] in ("serious", "critical"):
            seen.faults.append(f"{where}: {each['id']}: {each['nodes'][0]['html'][:200]}")
    name = re.sub(r"[^\w+-]+", "-", shown.name).strip("-") or "start"
    file = f"{name}-{size[0]}-{language}.jpg"
    page.screenshot(path=PICTURES / file, full_page=True, type="jpeg", quality=60)
    shown.pictures[f"{language} {size[0]}"] = file


@pytest.fixture(scope="module")
def pictures() -> Iterator[Path]:
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    yield PICTURES


def test_every_page_that_a_role_reaches_is_sound(browser: Browser, site: Living, pictures: Path) -> None:
    seen = Seen(site)
    for role, language in ROLES.items():
        with signed_in_context(browser, site, role, language) as context:
            walk(context, seen, role, "/public" if not role else "/")
    print(f"\npages opened: {dict(seen.opened)}; shapes: {len({shape for shape, _ in seen.looked})}")
    index = write_index(pictures, sorted(seen.shown.values(), key=lambda page: page.name))
    assert seen.faults == []
    assert seen.opened["coordinator"] > 30, "the walk lost its way"
    assert len(list(pictures.glob("*.jpg"))) > 80
    assert all({"zh 1366", "en 1366"} <= page.pictures.keys() for page in seen.shown.values())
    told = index.read_text(encoding="utf-8")
    assert all(file in told for page in seen.shown.values() for file in page.pictures.values())
