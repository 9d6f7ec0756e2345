"""The site on a simulated city: made once for all workers, and a fresh copy of its database for every module."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.postgres import postgres_cluster

PASSWORD = "a long pass phrase 7"


ON_POSTGRESQL = os.environ.get("LANTU_TEST_DATABASE") == "postgresql"


@pytest.fixture(scope="session")
def made_city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace that `lantu demo` made; `LANTU_MADE_CITY` names one that is there. Tests read it and never write."""
    if "LANTU_MADE_CITY" in os.environ and not ON_POSTGRESQL:
        yield Path(os.environ["LANTU_MADE_CITY"])
        return
    base = tmp_path_factory.getbasetemp()
    shared = os.environ.get("PYTEST_XDIST_WORKER") and not ON_POSTGRESQL
    folder = (base.parent if shared else base) / "made_city"
    folder.mkdir(exist_ok=True)
    with ExitStack() as stack, (folder / "lock").open("w") as handle:
        if ON_POSTGRESQL:
            cluster = stack.enter_context(postgres_cluster())
            os.environ["LANTU_DATABASE_URL"] = cluster.new_database()
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            environment = {**os.environ, "LANTU_WORKSPACE": str(folder / "workspace"), "LANTU_LANG": "en"}
            done = subprocess.run(
                [sys.executable, "-m", "lantu", "demo"], env=environment, capture_output=True, text=True, timeout=900
            )
            assert done.returncode == 0, done.stderr
            (folder / "done").touch()
        fcntl.flock(handle, fcntl.LOCK_UN)
        yield folder / "workspace"


@pytest.fixture(scope="session")
def django_ready(made_city: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Django, set up once in this process on a copy of the city."""
    workspace = tmp_path_factory.mktemp("site") / "workspace"
    shutil.copytree(made_city, workspace)
    os.environ["LANTU_WORKSPACE"] = str(workspace)
    os.environ["LANTU_JOBS"] = "immediate"
    os.environ["DJANGO_SETTINGS_MODULE"] = "lantu.site.settings"
    template = os.environ.get("LANTU_DATABASE_URL") if ON_POSTGRESQL else None
    if template:
        os.environ["LANTU_DATABASE_URL"] = f"{template}_work"
        os.environ["LANTU_TEST_TEMPLATE"] = template
        fresh_postgresql()
    from lantu.site.starting import set_up

    set_up()
    from django.test.utils import setup_test_environment

    setup_test_environment()
    _weak_hash()
    return workspace


def fresh_postgresql(work: str = "") -> None:
    """A database anew, the working one if none is named, as a copy of the one that `lantu demo` filled."""
    import psycopg

    template = os.environ["LANTU_TEST_TEMPLATE"]
    work = work or os.environ["LANTU_DATABASE_URL"]
    base = template.rsplit("/", 1)[0]
    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
        name = work.rsplit("/", 1)[1]
        connection.execute(f"drop database if exists {name} with (force)".encode())
        connection.execute(f"create database {name} template {template.rsplit('/', 1)[1]}".encode())


def _weak_hash() -> None:
    """Passwords of tests are hashed quickly."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="module")
def city(django_ready: Path, made_city: Path) -> Iterator[Any]:
    """The desk of a city whose database is as `lantu demo` left it, with known passwords."""
    from django.core.cache import cache
    from django.db import connections

    from lantu.office.accounts.models import Account
    from lantu.office.desk import desk

    connections.close_all()
    for name in ("lantu.sqlite", "lantu.sqlite-wal", "lantu.sqlite-shm", "targets.yaml"):
        (django_ready / name).unlink(missing_ok=True)
        if (made_city / name).exists():
            shutil.copyfile(made_city / name, django_ready / name)
    if ON_POSTGRESQL:
        fresh_postgresql()
    cache.clear()
    desk.cache_clear()
    for account in Account.objects.all():
        account.set_password(PASSWORD)
        account.save(update_fields=["password"])
    yield desk()
    connections.close_all()


@pytest.fixture
def signed_in(city: Any) -> Callable[[str], Any]:
    """A browser in which an account has signed in; "" for nobody."""
    from django.test import Client

    from lantu.office.accounts.models import Account

    def browser(username: str) -> Any:
        client = Client(headers={"accept-language": "en"})
        client.cookies["lantu_language"] = "en"
        if username:
            client.force_login(
                Account.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend"
            )
        return client

    return browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real browser; without it the test fails."""
    from tests.site.living import chromium

    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def site(django_ready: Path, made_city: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The production server with its worker, on a copy of the city of its own."""
    from tests.site.living import living_site

    database = f"{os.environ['LANTU_TEST_TEMPLATE']}_living" if ON_POSTGRESQL else ""
    if database:
        fresh_postgresql(database)
    with living_site(made_city, tmp_path_factory.mktemp("living"), database) as running:
        yield running
