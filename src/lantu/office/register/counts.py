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


def counts_by_state(
    account: Any,
    ledgers: Iterable[str],
    areas: Iterable[str] | None = None,
    versions: Mapping[str, Any] | None = None,
) -> Counts:
    """The entries that an account sees of some ledgers, by state.

    Args:
        account: who asks.
        ledgers: their names.
        areas: only entries that lie in these areas.
        versions: the ledgers' versions, where they are known already.
    """
    known = desk().book.store.versions() if versions is None else versions
    wanted = {name: known[name] for name in sorted(set(ledgers)) if name in known}
    if not wanted:
        return {}
    within = None if areas is None else sorted(areas)
    key = _key("counts", rights.scope_of(account), within)
    kept: dict[str, tuple[Any, dict[str, int]]] = cache.get(key) or {}
    fresh = [name for name, version in wanted.items() if name not in kept or kept[name][0] != version]
    if fresh:
        rows = rights.visible_entries(account).filter(ledger__in=fresh)
        if within is not None:
            rows = rows.filter(area__in=within)
        counted: Counts = {name: {} for name in fresh}
        for ledger, state, count in rows.values_list("ledger", "state").annotate(n=Count("id")).order_by():
            counted[ledger][state] = count
        kept = {**kept, **{name: (wanted[name], counted[name]) for name in fresh}}
        cache.set(key, kept, _SECONDS)
    return {name: kept[name][1] for name in wanted if kept[name][1]}


def _key(*parts: Any) -> str:
    text = json.dumps([str(desk().workspace.path), *parts], ensure_ascii=False)
    return f"lantu-{hashlib.sha256(text.encode()).hexdigest()}"
