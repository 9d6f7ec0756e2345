"""A private PostgreSQL for tests: in a folder of its own, on a port that the kernel gives, gone at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

SECONDS_TO_START = 60


@dataclass
class PostgresCluster:
    """A server; `url` is that of its maintenance database. One that was started here can be stopped for a while."""

    url: str
    start: Callable[[], None] = lambda: None
    stop: Callable[[], None] = lambda: None

    def new_database(self) -> str:
        """The URL of a fresh, empty database."""
        name = f"lantu_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"create database {name}".encode())
        return f"{self.url.rsplit('/', 1)[0]}/{name}"


def programs() -> Path | None:
    """The folder of the server's programs, and of `pg_dump` and its like."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


@contextmanager
def postgres_cluster() -> Iterator[PostgresCluster]:
    """The server that LANTU_DATABASE_URL names, or one that is started here; skips where none is installed."""
    url = os.environ.get("LANTU_DATABASE_URL", "")
    if url.startswith(("postgres://", "postgresql://")):
        yield PostgresCluster(url)
        return
    with own_cluster() as cluster:
        yield cluster


@contextmanager
def own_cluster() -> Iterator[PostgresCluster]:
    """A server that is started here and may be stopped; skips where none is installed, and fails there in CI."""
    here = programs()
    if here is None:
        message = "PostgreSQL is not installed (Debian: apt-get install postgresql) and LANTU_DATABASE_URL is not set"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    folder = Path(tempfile.mkdtemp(prefix="lantu-postgres-"))
    user: str | None = None
    if os.geteuid() == 0:  # the server refuses to run as root
        user = "postgres"
        os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    try:
        data = folder / "data"
        made = subprocess.run(
            [here / "initdb", "-D", data, "-U", "lantu", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            user=user, cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if made.returncode:
            pytest.fail(f"initdb: {made.stderr[-1000:]}")
        with (folder / "log").open("wb") as log:
            server, port = _start(here, data, user, log.fileno())

            def stop() -> None:
                server.send_signal(signal.SIGINT)  # open connections are broken, as when the machine goes down
                server.wait(timeout=60)

            def start() -> None:
                nonlocal server
                server = _launch(here, data, user, log.fileno(), port)
                assert _answers(server, port), "PostgreSQL does not start again"

            try:
                yield PostgresCluster(f"postgresql://lantu@127.0.0.1:{port}/postgres", start, stop)
            finally:
                if server.poll() is None:
                    stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(here: Path, data: Path, user: str | None, log: int) -> tuple[subprocess.Popen[bytes], int]:
    """The server and its port; another port where somebody took the first one meanwhile."""
    for _ in range(5):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        server = _launch(here, data, user, log, port)
        if _answers(server, port):
            return server, port
        if server.poll() is None:
            server.terminate()
            server.wait(timeout=60)
    pytest.fail("PostgreSQL does not start")


def _launch(here: Path, data: Path, user: str | None, log: int, port: int) -> subprocess.Popen[bytes]:
    settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "max_connections=40"]
    options = [part for setting in settings for part in ("-c", setting)]
    return subprocess.Popen(
        [here / "postgres", "-D", data, "-p", str(port), *options], user=user, cwd=data.parent, stdout=log, stderr=log
    )


def _answers(server: subprocess.Popen[bytes], port: int) -> bool:
    """Whether the server comes to answer."""
    end = time.monotonic() + SECONDS_TO_START
    while server.poll() is None and time.monotonic() < end:
        try:
            psycopg.connect(f"postgresql://lantu@127.0.0.1:{port}/postgres", connect_timeout=5).close()
            return True
        except psycopg.OperationalError:
            time.sleep(0.1)
    return False
