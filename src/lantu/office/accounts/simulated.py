"""Accounts of the simulated city (模拟账号): some for each role; their passwords are shown once and kept in a file."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lantu.office.accounts.models import Account
from lantu.office.accounts.roles import Role

if TYPE_CHECKING:
    from pathlib import Path

    from lantu.office.desk import Desk


FILE_NAME = "accounts.txt"


@dataclass(frozen=True, slots=True)
class Opened:
    """An account that was opened, with its password in clear."""

    username: str
    password: str
    role: Role
    person: str
    unit: str
    area: str


def open_accounts(at: Desk) -> list[Opened]:
    """Open an account for each role, two of them for districts and streets; those that are there already stay.

    Passwords are random. They are also written to `accounts.txt` in the workspace, readable by its owner only.
    """
    pack = at.pack
    city = pack.areas.select("city")[0]
    districts = pack.areas.select("districts")[:2]
    bureau = "市生态环境局" if "市生态环境局" in pack.units else at.duties.units()[0]
    other = next(unit for unit in at.duties.units() if unit != bureau and not pack.units.is_of_districts(unit))
    wanted = [
        ("coordinator", Role.COORDINATOR, "模拟统筹员", bureau, city.code, True),
        ("department", Role.DEPARTMENT, "模拟部门员", other, city.code, False),
        ("bureau", Role.DEPARTMENT, "模拟部门员二", bureau, city.code, False),
        ("auditor", Role.AUDITOR, "模拟审计员", "市审计局", city.code, False),
    ]
    for number, district in enumerate(districts, 1):
        government = at.duties.unit_of_area(district.code) or district.name
        street = pack.areas.children(district.code)[0]
        wanted += [
            (f"district{number}", Role.DISTRICT, f"模拟区级员{number}", government, district.code, False),
            (f"street{number}", Role.STREET, f"模拟街道员{number}", street.name, street.code, False),
        ]
    opened = []
    for username, role, person, unit, area, administrator in wanted:
        if Account.objects.filter(username=username).exists():
            continue
        password = secrets.token_urlsafe(9)
        account = Account(
            username=username,
            role=role.value,
            person=person,
            unit=unit,
            area=area,
            administrator=administrator,
            simulated=True,
        )
        account.set_password(password)
        account.save()
        opened.append(Opened(username, password, role, person, unit, area))
    return opened + _enterprise(at)


def _enterprise(at: Desk) -> list[Opened]:
    """An enterprise with the first VOC enterprise of the register as its own entry."""
    from lantu.office.register.models import Entry

    entry = Entry.objects.filter(ledger="voc_enterprises").order_by("id").first()
    if entry is None or Account.objects.filter(username="enterprise").exists():
        return []
    password = secrets.token_urlsafe(9)
    name = str(entry.values.get("name") or entry.key)
    account = Account(
        username="enterprise",
        role=Role.ENTERPRISE.value,
        person="模拟企业员",
        unit=name,
        area=entry.area,
        owned=[f"{entry.ledger}/{entry.key}"],
        simulated=True,
    )
    account.set_password(password)
    account.save()
    return [Opened("enterprise", password, Role.ENTERPRISE, account.person, name, entry.area)]


def write_down(opened: list[Opened], folder: Path) -> Path | None:
    """Keep the passwords of freshly opened accounts in a file of the workspace."""
    if not opened:
        return None
    file = folder / FILE_NAME
    file.touch(mode=0o600)
    with file.open("a", encoding="utf-8") as out:
        for each in opened:
            out.write(f"{each.username}\t{each.password}\t{each.role.value}\t{each.unit}\t{each.area}\n")
    return file
