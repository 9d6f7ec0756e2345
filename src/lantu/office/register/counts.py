"""How many entries an account sees, by ledger and state; counted again only when one of the ledgers has changed."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.db.models import Count

from lantu.office import rights
from lantu.office.desk import desk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SECONDS = 3600

Counts = dict[str, dict[str, int]]
"""By ledger, then by state; a ledger without entries that the account sees is left out."""


def scope_of(account: Any) -> str:
    """What decides which entries an account sees: accounts of one scope see the same."""
    role = rights.role_of(account)
    if role in ("coordinator", "auditor"):
        return "all"
    own = {"department": "unit", "enterprise": "owned"}.get(role, "area")
    return f"{role}|{json.dumps(getattr(account, own), ensure_ascii=False)}"


def counts_by_state(account: Any, ledgers: Iterable[str], versions: Mapping[str, Any] | None = None) -> Counts:
    """The entries that an account sees of some ledgers, by state.

    Args:
        account: who asks.
        ledgers: their names.
        versions: the ledgers' versions, where they are known already.
    """
    known = desk().book.store.versions() if versions is None else versions
    wanted = sorted({name for name in ledgers if name in known})
    if not wanted:
        return {}
    key = _key("counts", scope_of(account), [(name, known[name]) for name in wanted])
    found: Counts | None = cache.get(key)
    if found is None:
        found = {}
        rows = rights.visible_entries(account).filter(ledger__in=wanted)
        for ledger, state, count in rows.values_list("ledger", "state").annotate(n=Count("id")).order_by():
            found.setdefault(ledger, {})[state] = count
        cache.set(key, found, _SECONDS)
    return found


def _key(*parts: Any) -> str:
    text = json.dumps([str(desk().workspace.path), *parts], ensure_ascii=False)
    return f"lantu-{hashlib.sha256(text.encode()).hexdigest()}"
