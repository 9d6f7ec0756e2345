"""Warming up (预热): what the first reader of a fresh process would otherwise wait for is read before anybody asks."""

from __future__ import annotations

import logging

from django.db import DatabaseError

from lantu.base import LantuError
from lantu.office.desk import desk
from lantu.office.freshness import arrivals
from lantu.office.standing import plan_tasks, standing


def warm_up() -> None:
    """Read the pack, the latest assessments and what the lake holds; a workspace that cannot be read is told later."""
    try:
        plan_tasks()
        arrivals()
        snapshot = desk().snapshots.latest()
        if snapshot is not None:
            now = standing(snapshot)
            before = desk().snapshots.before(now.day)
            if before is not None:
                now.changes_since(before)
    except (LantuError, DatabaseError) as error:
        logging.getLogger(__name__).warning("not warmed up: %s", error)
