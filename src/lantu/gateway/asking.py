"""Asking devices for their history (补数): a request lies in the workspace until the server can send it.

Each request is a file in `WORKSPACE/gateway/requests`. It is taken away when it was handed to the device's connection,
which sends it in pieces, waits for the answers and repeats it once; a request that nobody took within a day is dropped.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from pathlib import Path
from typing import Any

import orjson

from lantu.gateway.inbox import write_atomically
from lantu.gateway.server import Server
from lantu.gateway.watch import FOLDER

log = logging.getLogger("lantu.gateway")

REQUESTS = "requests"
LASTS_SECONDS = 86_400


def ask_history(workspace: Path, device: str, kind: str, begin: dt.datetime, end: dt.datetime) -> int:
    """Leave a request for data of a kind (minute, hour, day) from `begin` to `end`, local time.

    Returns:
        into how many requests it will be cut.

    Raises:
        LantuError: the kind or the range is none that a device can be asked for.
    """
    from lantu.gateway.hj212 import history

    pieces = len(history(kind, begin, end))
    folder = workspace / FOLDER / REQUESTS
    folder.mkdir(parents=True, exist_ok=True)
    request = {"device": device, "kind": kind, "begin": begin.isoformat(), "end": end.isoformat()}
    write_atomically(folder / f"{time.time_ns()}.json", orjson.dumps(request))
    return pieces


def hand_over(workspace: Path, server: Server) -> int:
    """Give the requests that wait to the connections of their devices; gives how many were handed over."""
    folder = workspace / FOLDER / REQUESTS
    if not folder.is_dir():
        return 0
    handed = 0
    for path in sorted(folder.glob("*.json")):
        try:
            request = orjson.loads(path.read_bytes())
            old = time.time() - path.stat().st_mtime > LASTS_SECONDS
        except (OSError, ValueError):
            continue
        if _give(request, server):
            handed += 1
            path.unlink(missing_ok=True)
        elif old:
            log.warning("nobody took the request for %s of %s", request.get("kind"), request.get("device"))
            path.unlink(missing_ok=True)
    return handed


def _give(request: dict[str, Any], server: Server) -> bool:
    from lantu.gateway.hj212 import Hj212Session, history

    for connection in server.connections:
        session = connection.session
        if connection.device == request["device"] and isinstance(session, Hj212Session):
            begin, end = (dt.datetime.fromisoformat(request[name]) for name in ("begin", "end"))
            session.ask(*history(request["kind"], begin, end))
            return True
    return False
