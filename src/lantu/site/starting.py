"""Start the site (启动网站): tables, the worker and the production server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Any


def set_up() -> None:
    """Make Django ready in this process; the workspace is the one of `LANTU_WORKSPACE`."""
    import django
    from django.apps import apps

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lantu.site.settings")
    if not apps.ready:
        django.setup()


def make_tables() -> None:
    """Bring the tables of the database to what this version needs."""
    from django.core.management import call_command

    set_up()
    call_command("migrate", interactive=False, verbosity=0)


def server_command(host: str, port: int, workers: int) -> list[str]:
    """The command line of the production server."""
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", str(workers), "--blocking-threads", "2", "--backlog", "1024", "--respawn-failed-workers",
        "--workers-kill-timeout", "15", "--no-ws", "--log-level", "warning", "lantu.site.wsgi:application",
    ]  # fmt: skip


def worker_command() -> list[str]:
    """The command line of the worker that does the jobs."""
    return [sys.executable, "-m", "lantu.site.worker"]


def run(host: str, port: int, workers: int = 2) -> int:
    """Run server and worker until one is asked to end; a worker that dies is started again.

    Returns:
        The exit code: 0 after a wished end, the server's own otherwise.
    """
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "lantu.site.settings"}
    server = subprocess.Popen(server_command(host, port, workers), env=environment)
    worker = subprocess.Popen(worker_command(), env=environment)
    wished = False

    def end(*_: Any) -> None:
        nonlocal wished
        wished = True
        server.terminate()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, end)
    try:
        while server.poll() is None:
            if worker.poll() is not None and not wished:
                worker = subprocess.Popen(worker_command(), env=environment)
            time.sleep(0.3)
    finally:
        for process in (worker, server):
            if process.poll() is None:
                process.terminate()
        for process in (worker, server):
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
    return 0 if wished else server.returncode
