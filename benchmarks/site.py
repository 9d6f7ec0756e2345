"""The site under load (网站压力): twenty users at once over every page of the simulated city in its full size.

The server is the production one that `lantu up` starts, in two processes; the clients are threads of this process, each
with a connection of its own, so server and clients share the machine's cores.
"""

from __future__ import annotations

import gzip
import http.client
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

BUDGET = {"p95": 0.3, "p99": 0.8, "errors": 0.0, "first visit kB": 1500.0, "later visit kB": 150.0}
"""Seconds of the server's pages under load; kilobytes as they go over the wire, without data of maps."""
USERS = 20
ACCOUNTS = ("coordinator", "department", "district1", "street1", "auditor")
_SKIPPED = re.compile(r"sign-out|/export|\.xlsx|\.csv|/files/|/api/|^#|language|\.json$|thumbnail")


@dataclass
class Load:
    """What was measured: seconds of every request by page, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        """The seconds within which this share of all requests was answered."""
        every = sorted(each for of_page in self.seconds.values() for each in of_page)
        return every[min(len(every) - 1, int(len(every) * share))]

    def slowest(self, count: int = 12) -> list[tuple[str, float]]:
        """The pages with the slowest 95th percentile."""
        found = [(page, sorted(s)[int(len(s) * 0.95)]) for page, s in self.seconds.items()]
        return sorted(found, key=lambda each: -each[1])[:count]


class Browser:
    """One connection with the cookies of one account."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {"lantu_language": "zh"}

    def ask(self, method: str, address: str, body: str | None = None) -> tuple[int, bytes, dict[str, str]]:
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Accept-Encoding": "gzip",
        }
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, address, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return answer.status, content, {name.lower(): value for name, value in answer.getheaders()}

    def page(self, address: str) -> tuple[int, str]:
        status, content, headers = self.ask("GET", address)
        raw = gzip.decompress(content) if headers.get("content-encoding") == "gzip" else content
        return status, raw.decode("utf-8", "replace")

    def sign_in(self, username: str, password: str) -> None:
        _, page = self.page("/sign-in")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        if token is None:
            raise RuntimeError("the sign-in page has no form")
        given = {"csrfmiddlewaretoken": token[1], "username": username, "password": password}
        status, _, _ = self.ask("POST", "/sign-in", urlencode(given))
        if status != 302:
            raise RuntimeError(f"{username} could not sign in: {status}")


def serve(workspace: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start the production server on a port that the kernel gives, and wait until it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = f"import sys; from lantu.site.starting import run; sys.exit(run('127.0.0.1', {port}))"
    server = subprocess.Popen([sys.executable, "-c", command], env={**os.environ, "LANTU_WORKSPACE": str(workspace)})
    for _ in range(240):
        try:
            Browser(port).page("/public")
            return server, port
        except OSError:
            time.sleep(0.25)
    server.terminate()
    raise RuntimeError("the server does not answer")


def passwords(workspace: Path) -> dict[str, str]:
    """The passwords that `lantu demo` wrote down."""
    lines = (workspace / "accounts.txt").read_text(encoding="utf-8").splitlines()
    return {name: password for name, password, *_ in (line.split("\t") for line in lines)}


def addresses(browser: Browser, most: int = 90) -> list[str]:
    """The pages that an account finds by following links from its first page; of pages of one shape a few."""
    found: list[str] = []
    shapes: dict[str, int] = {}
    waiting, seen = ["/"], {"/"}
    while waiting and len(found) < most:
        address = waiting.pop(0)
        status, page = browser.page(address)
        if status in (301, 302):
            continue
        if status != 200:
            raise RuntimeError(f"{address} answers {status}")
        found.append(address)
        for link in re.findall(r'href="(/[^"]*)"', page):
            link = link.replace("&amp;", "&").partition("#")[0]
            shape = re.sub(r"=[^&]*", "=", re.sub(r"/(?:[^/?]*[\d%][^/?]*)", "/*", link))
            if link in seen or _SKIPPED.search(link) or link.startswith("/static/") or shapes.get(shape, 0) >= 3:
                continue
            seen.add(link)
            shapes[shape] = shapes.get(shape, 0) + 1
            waiting.append(link)
    return found


def load(port: int, known: dict[str, str], requests: int, seed: int = 7) -> Load:
    """Twenty users ask for pages at once, without a pause."""
    pages: dict[str, list[str]] = {}
    for name in ACCOUNTS:
        browser = Browser(port)
        browser.sign_in(name, known[name])
        pages[name] = addresses(browser)
    result, lock = Load(), threading.Lock()
    each = requests // USERS

    def user(number: int) -> None:
        name = ACCOUNTS[number % len(ACCOUNTS)]
        browser, draw = Browser(port), random.Random(seed * 1000 + number)
        browser.sign_in(name, known[name])
        own: list[tuple[str, float]] = []
        wrong = []
        for _ in range(each):
            address = draw.choice(pages[name])
            begin = time.perf_counter()
            try:
                status, _, _ = browser.ask("GET", address)
            except OSError as error:
                wrong.append(f"{address}: {error}")
                browser.connection.close()
                continue
            own.append(
                (re.sub(r"/(?:[^/?]*[\d%][^/?]*)", "/*", address.partition("?")[0]), time.perf_counter() - begin)
            )
            if status >= 400:
                wrong.append(f"{address}: {status}")
        with lock:
            for page, seconds in own:
                result.seconds.setdefault(page, []).append(seconds)
            result.errors += wrong

    threads = [threading.Thread(target=user, args=(number,)) for number in range(USERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return result


def weight(browser: Browser, address: str) -> tuple[float, float]:
    """Kilobytes of a first visit (with all that the page loads) and of a later one (what browsers do not keep)."""
    _, content, headers = browser.ask("GET", address)
    page = gzip.decompress(content).decode() if headers.get("content-encoding") == "gzip" else content.decode()
    linked = set(re.findall(r'(?:src|href|data-\w+)="(/static/[^"]+)"', page))
    if 'data-chart="' not in page:
        linked = {each for each in linked if "echarts" not in each}
    if "data-map" not in page:
        linked = {each for each in linked if "leaflet" not in each}
    static = sum(len(browser.ask("GET", each)[1]) for each in linked if "/maps/" not in each)
    return (len(content) + static) / 1000, len(content) / 1000


def measure(workspace: Path, requests: int = 20_000) -> dict[str, float]:
    """Load the site of a workspace that `lantu demo` made.

    Returns:
        Seconds of the 50th, 95th and 99th percentile, requests per second, errors, kilobytes of the heaviest page.
    """
    server, port = serve(workspace)
    try:
        known = passwords(workspace)
        begin = time.perf_counter()
        found = load(port, known, requests)
        seconds = time.perf_counter() - begin
        browser = Browser(port)
        browser.sign_in("coordinator", known["coordinator"])
        weights = [weight(browser, address) for address in addresses(browser)]
        for page, slow in found.slowest():
            print(f"  {page}: p95 {slow * 1000:.0f} ms of {len(found.seconds[page])}")
        for error in found.errors[:10]:
            print(f"  error: {error}")
        return {
            "p50": found.quantile(0.5),
            "p95": found.quantile(0.95),
            "p99": found.quantile(0.99),
            "per second": requests / seconds,
            "errors": float(len(found.errors)),
            "first visit kB": max(first for first, _ in weights),
            "later visit kB": max(later for _, later in weights),
        }
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def faults(measured: dict[str, float]) -> list[str]:
    """What is over its budget."""
    return [
        f"{measured[name]:.3g} for '{name}' of the site, at most {most:g} allowed"
        for name, most in BUDGET.items()
        if measured[name] > most
    ]


if __name__ == "__main__":
    print(measure(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20_000))
