"""A small server for pages made of parts: it keeps to the policy of the site and remembers what was posted."""

from __future__ import annotations

import mimetypes
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.site.rendering import SITE, render

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'"
)
Answer = tuple[int, str]


class Server:
    """Serves the static files and the pages that a test puts there, and keeps what was posted."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.answers: dict[str, Callable[[], Answer]] = {}
        self.posted: list[tuple[str, dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.split("?")[0]
                if path.startswith("/static/"):
                    file = SITE / "static" / path.removeprefix("/static/")
                    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
                    self.give(200 if file.is_file() else 404, file.read_bytes() if file.is_file() else b"", kind)
                elif path in outer.answers:
                    status, body = outer.answers[path]()
                    self.give(status, body.encode(), "text/html")
                else:
                    self.give(200 if path in outer.pages else 404, outer.pages.get(path, "").encode(), "text/html")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.posted.append((self.path, dict(self.headers), body))
                status, answer = outer.answers[self.path]()
                if status == 303:
                    self.send_response(303)
                    self.send_header("Location", answer)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                else:
                    self.give(status, answer.encode(), "text/html")

            def give(self, status: int, body: bytes, kind: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind + ("; charset=utf-8" if kind.startswith("text/") else ""))
                self.send_header("Content-Security-Policy", POLICY)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def put(self, path: str, *parts: tuple[str, dict[str, Any]], language: str = "en") -> None:
        """A page of the site with these parts in it."""
        context = {
            "language": language,
            "city": "Beijing",
            "simulated": True,
            "section": "a",
            "navigation": [{"key": "a", "title": "Overview", "url": "/a"}, {"key": "b", "title": "Tasks", "url": "/b"}],
            "links": {"home": "/", "search": "/s", "language": "/language", "sign_out": "/out"},
            "account": {"name": "Wang", "unit": "Chaoyang", "role": "officer"},
        }
        frame, *rendered = render(("base.html", context), *parts, language=language)
        self.pages[path] = frame.replace("</main>", "<h1>Page</h1>" + "\n".join(rendered) + "</main>")
