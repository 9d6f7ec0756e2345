"""The site as it runs in a city: the production server and its worker on a workspace, seen in a real browser."""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

SECONDS_TO_START = 120
SECONDS_TO_APPEAR = 30
_RUN = "import sys; from lantu.site.starting import run; sys.exit(run('127.0.0.1', int(sys.argv[1]), workers=1))"


def free_port() -> int:
    """A port of 127.0.0.1 that the kernel gives."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass(frozen=True)
class Living:
    """A running site: its address, its workspace, the process that runs it, and the accounts of `lantu demo`."""

    address: str
    workspace: Path
    process: int
    database: str = ""
    """The URL of its database; empty for the one in the workspace."""

    def worker(self) -> int:
        """The process of the worker that does the jobs.

        Raises:
            LookupError: there is none now.
        """
        for task in Path(f"/proc/{self.process}/task").iterdir():
            for child in (task / "children").read_text().split():
                if b"lantu.site.worker" in Path(f"/proc/{child}/cmdline").read_bytes():
                    return int(child)
        raise LookupError("there is no worker")

    def doctor(self) -> str:
        """What `lantu doctor` says of the workspace; it must find nothing wrong."""
        environment = {**os.environ, "LANTU_WORKSPACE": str(self.workspace), "LANTU_LANG": "en"}
        environment["LANTU_DATABASE_URL"] = self.database
        command = [sys.executable, "-m", "lantu", "doctor"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def passwords(self) -> dict[str, str]:
        """The password of each account, from the file that `lantu demo` names."""
        lines = (self.workspace / "accounts.txt").read_text(encoding="utf-8").splitlines()
        return {name: password for name, password, *_ in (line.split("\t") for line in lines)}


@contextmanager
def living_site(
    made_city: Path, folder: Path, database: str = "", more: Mapping[str, str] | None = None
) -> Iterator[Living]:
    """Server and worker on a copy of a made city, as `lantu up` runs them.

    Args:
        made_city: the workspace that is copied.
        folder: where to.
        database: the URL of a copy of its database; empty for the one in the workspace.
        more: further variables of its environment.
    """
    workspace = folder / "workspace"
    shutil.copytree(made_city, workspace)
    port = free_port()
    left_out = ("LANTU_JOBS", "LANTU_DATABASE_URL", "LANTU_HOSTS", "LANTU_HTTPS", "DJANGO_SETTINGS_MODULE")
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    environment["LANTU_WORKSPACE"] = str(workspace)
    environment |= more or {}
    if database:
        environment["LANTU_DATABASE_URL"] = database
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen([sys.executable, "-c", _RUN, str(port)], env=environment, stdout=log, stderr=log)
        try:
            site = Living(f"http://127.0.0.1:{port}", workspace, server.pid, database)
            _wait_for(site.address, server, folder / "server.log")
            yield site
        finally:
            server.terminate()
            server.wait(40)


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the site answers."""
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until:
        assert server.poll() is None, f"the server ended: {log.read_text()}"
        try:
            with urllib.request.urlopen(f"{address}/sign-in", timeout=10) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError(f"no answer in {SECONDS_TO_START} s: {log.read_text()}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; a machine without it fails, it does not skip."""
    found = os.environ.get("LANTU_CHROMIUM") or shutil.which("chromium")
    assert found, "these tests need Chromium: apt-get install chromium, or LANTU_CHROMIUM=path"
    expect.set_options(timeout=SECONDS_TO_APPEAR * 1000)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        opened.close()


@contextmanager
def signed_in_context(browser: Browser, site: Living, username: str, language: str = "zh") -> Iterator[BrowserContext]:
    """A browser of one's own in which an account has signed in by its password; "" for nobody."""
    context = browser.new_context(base_url=site.address, viewport={"width": 1366, "height": 768}, locale="zh-CN")
    context.set_default_timeout(SECONDS_TO_APPEAR * 1000)
    if language != "zh":
        context.add_cookies([{"name": "lantu_language", "value": language, "url": site.address}])
    if username:
        page = context.new_page()
        page.goto("/sign-in")
        page.fill("#username", username)
        page.fill("#password", site.passwords()[username])
        page.click("main button[type=submit]")
        page.wait_for_url(lambda url: "/sign-in" not in url)
        page.close()
    yield context
    context.close()


@contextmanager
def seat(browser: Browser, site: Living, username: str) -> Iterator[Page]:
    """The page at which somebody sits who has signed in; none of its addresses and scripts may fail."""
    with signed_in_context(browser, site, username) as context:
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on("console", lambda line: faults.append(f"{page.url}: {line.text}") if line.type == "error" else None)
        page.on("response", lambda got: faults.append(f"{got.status} {got.url}") if got.status >= 400 else None)
        page.goto("/")
        yield page
        assert faults == []


def photo(when: str, longitude: float, latitude: float, words: str = "after") -> dict[str, object]:
    """A photo as a telephone takes it, with time (`2021:12:30 10:20:00`) and place in the file."""
    picture = Image.new("RGB", (640, 480), (96, 128, 104))
    pen = ImageDraw.Draw(picture)
    for step in range(0, 640, 40):
        pen.line((step, 0, 640 - step, 480), fill=(210, 200, (step * 7) % 255), width=9)
    pen.text((40, 40), words, fill="white")
    exif = Image.Exif()
    exif[0x9003] = when
    exif[0x0132] = when
    exif.get_ifd(0x8769)[0x9003] = when
    place = exif.get_ifd(0x8825)
    place.update({1: "N", 2: _degrees(latitude), 3: "E", 4: _degrees(longitude)})
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def _degrees(value: float) -> tuple[float, float, float]:
    whole = int(value)
    minutes = (value - whole) * 60
    return float(whole), float(int(minutes)), round((minutes - int(minutes)) * 60, 4)


def paper(words: str) -> dict[str, object]:
    """A PDF of one line."""
    body = f"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n% {words}\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    return {"name": "record.pdf", "mimeType": "application/pdf", "buffer": body.encode()}
