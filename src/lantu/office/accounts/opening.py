"""Opening accounts (开通账号) and giving new passwords."""

from __future__ import annotations

import re
import secrets

from lantu.base import LantuError, SeveralErrors, Text
from lantu.office.accounts.models import Account
from lantu.office.accounts.roles import Role
from lantu.office.desk import desk

_LEVELS = {Role.DISTRICT: "district", Role.STREET: "street"}


def open_account(
    username: str,
    role: str,
    unit: str,
    area: str,
    person: str,
    administrator: bool,
    password: str,
    owned: list[str] | None = None,
) -> Account:
    """Open an account; its password must be changed at the first sign-in.

    Args:
        username: letters, digits, `._-`.
        role: a role's name.
        unit: a public body of the pack for officers; an enterprise's name for an enterprise.
        area: code or name; a district for district officers, a street for street officers.
        person: who it is for.
        administrator: may administer accounts.
        password: the first password.
        owned: entries (`ledger/key`) of an enterprise.

    Raises:
        SeveralErrors: what does not fit; nothing is opened.
    """
    pack, faults = desk().pack, []
    if not re.fullmatch(r"[A-Za-z0-9._-]{2,60}", username):
        faults.append(
            LantuError(Text("用户名用 2–60 个字母、数字或 ._-", "a user name has 2 to 60 letters, digits or ._-"))
        )
    elif Account.objects.filter(username=username).exists():
        faults.append(LantuError(Text(f"用户名“{username}”已有人使用", f"the user name '{username}' is taken")))
    known = [each.value for each in Role if each is not Role.PUBLIC]
    if role not in known:
        faults.append(
            LantuError(
                Text(f"没有角色“{role}”", f"there is no role '{role}'"),
                mend=Text(f"可用：{'、'.join(known)}", f"one of {', '.join(known)}"),
            )
        )
    code = ""
    try:
        found = pack.areas.select("city")[0] if area == "city" else pack.areas.find(area)
        code = found.code
        if role in _LEVELS and found.level != _LEVELS[Role(role)]:
            faults.append(
                LantuError(
                    Text(f"角色“{Role(role).words.zh}”不能用于“{found.name}”", f"{role} does not fit {found.english}"),
                    mend=Text("选相应级别的区域", "choose an area of that level"),
                )
            )
    except LantuError as error:
        faults.append(error)
    name = unit.strip()
    if role in known and Role(role) in (Role.COORDINATOR, Role.DEPARTMENT, Role.DISTRICT):
        resolved = pack.units.resolve(name)
        if resolved.known:
            name = resolved.unit
        else:
            faults.append(LantuError(Text(f"单位“{name}”不在单位名录中", f"'{name}' is not in the register of units")))
    if not name:
        faults.append(LantuError(Text("没有填单位", "the unit is missing")))
    if faults:
        raise SeveralErrors(faults)
    account = Account(
        username=username,
        role=role,
        unit=name,
        area=code,
        person=person or username,
        administrator=administrator,
        password_expired=True,
        owned=owned or [],
    )
    account.set_password(password)
    account.save()
    return account


def reset_password(username: str) -> str:
    """Give an account a new password, to be changed at the next sign-in; its second factor stays.

    Raises:
        LantuError: there is no such account.
    """
    account = Account.objects.filter(username=username).first()
    if account is None:
        raise LantuError(Text(f"没有账号“{username}”", f"there is no account '{username}'"))
    password = secrets.token_urlsafe(9)
    account.set_password(password)
    account.password_expired = True
    account.save(update_fields=["password", "password_expired"])
    return password
