"""A private PostgreSQL for tests: in a folder of its own, on a port that the kernel gives, gone at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

SECONDS_TO_START = 60


@dataclass(frozen=True)
class PostgresCluster:
    """A server; `url` is that of its maintenance database."""

    url: str

    def new_database(self) -> str:
        """The URL of a fresh, empty database."""
        name = f"lantu_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"create database {name}".encode())
        return f"{self.url.rsplit('/', 1)[0]}/{name}"


def _programs() -> Path | None:
    """The folder of the server's programs."""
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
    programs = _programs()
    if programs is None:
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
            [programs / "initdb", "-D", data, "-U", "lantu", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            user=user, cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if made.returncode:
            pytest.fail(f"initdb: {made.stderr[-1000:]}")
        with (folder / "log").open("wb") as log:
            server, port = _start(programs, data, user, log.fileno())
        try:
            yield PostgresCluster(f"postgresql://lantu@127.0.0.1:{port}/postgres")
        finally:
            server.terminate()
            server.wait(timeout=60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(programs: Path, data: Path, user: str | None, log: int) -> tuple[subprocess.Popen[bytes], int]:
    """The server and its port; another port where somebody took the first one meanwhile."""
    for _ in range(5):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "max_connections=40"]
        options = [part for setting in settings for part in ("-c", setting)]
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, "-p", str(port), *options],
            user=user, cwd=data.parent, stdout=log, stderr=log,
        )  # fmt: skip
        end = time.monotonic() + SECONDS_TO_START
        while server.poll() is None and time.monotonic() < end:
            try:
                psycopg.connect(f"postgresql://lantu@127.0.0.1:{port}/postgres", connect_timeout=5).close()
                return server, port
            except psycopg.OperationalError:
                time.sleep(0.1)
        if server.poll() is None:
            server.terminate()
            server.wait(timeout=60)
    pytest.fail("PostgreSQL does not start")
