"""The gateway (数据接入): pushes over HTTP, and what its servers and the compactor say of themselves."""

from __future__ import annotations

import datetime as dt
import logging
import os
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from lantu.base import Text
from lantu.gateway.inbox import Inbox
from lantu.gateway.push import Posted, Push, Source
from lantu.gateway.push.sources import FILE_NAME, read_sources
from lantu.gateway.watch import read_status
from lantu.office import rights
from lantu.office.desk import desk
from lantu.site.answers import Page, pair, shown_to

_WRITING = threading.Lock()
_STATES = {
    "running": (Text("运行", "running"), "good"),
    "starting": (Text("启动", "starting"), "info"),
    "stopping": (Text("正在停止", "stopping"), "info"),
    "stopped": (Text("已停止", "stopped"), "plain"),
    "disk": (Text("磁盘不可写，不应答", "the disk refuses, nothing is answered"), "bad"),
    "gone": (Text("进程已消失", "its process is gone"), "bad"),
}


@lru_cache(maxsize=4)
def _receiver(workspace: Path, changed: int) -> Push:
    """What receives pushes, with the sources as the register's file has them since it was last changed."""
    sources: dict[str, Source] = read_sources(workspace)
    return Push(sources)


@lru_cache(maxsize=1)
def _inbox(workspace: Path, process: int) -> Inbox:
    """The part of the inbox that this process writes."""
    return Inbox(workspace / "inbox", f"push-{process}")


@csrf_exempt
@require_POST
def push(request: HttpRequest) -> HttpResponse:
    """Take a push: its source's signature is checked, it is kept on disk, then it is answered."""
    workspace = desk().workspace.path
    register = workspace / FILE_NAME
    receiver = _receiver(workspace, register.stat().st_mtime_ns if register.exists() else 0)
    multipart = (request.content_type or "").startswith("multipart/")
    body = request.POST.get("message", "").encode() if multipart else request.body
    parts = {name: file.read() for name, file in request.FILES.items()} if multipart else {}
    now = dt.datetime.now(dt.UTC)
    reception = receiver.receive(Posted(dict(request.headers), body, parts), now)
    arrival = reception.arrival
    if arrival is not None and arrival.kept:
        try:
            with _WRITING:
                _inbox(workspace, os.getpid()).append([(receiver.name.encode(), arrival.device.encode(), arrival.raw)])
        except OSError:
            logging.getLogger(__name__).exception("a push could not be kept")
            why = {"zh": "磁盘写不进去，请稍后重发", "en": "the disk refuses; send it again later"}
            return HttpResponse(orjson.dumps({"accepted": False, "error": why}), "application/json", 503)
        receiver.confirm(reception, now)
    return HttpResponse(reception.answer, reception.content_type, reception.status)


@shown_to(rights.sees_office)
def watch(request: HttpRequest) -> Page:
    """Servers, devices on line, oddities, how far the compactor is behind."""
    found = read_status(desk().workspace.path)
    data = found.as_json()
    rows = [
        {
            "cells": [
                {"text": part["name"]},
                {"text": _STATES.get(part["state"], (part["state"], "plain"))[0], "tone": _tone(part["state"])},
                {"text": part.get("port", "—")},
                {"text": part.get("connections", "—"), "numeric": True},
                {"text": part.get("kept", part.get("frames", "—")), "numeric": True},
                {"text": part.get("fault") or "—"},
            ]
        }
        for part in found.parts
    ]
    heads = (
        Text("部分", "part"), Text("状态", "state"), Text("端口", "port"), Text("连接", "connections"),
        Text("已收存", "kept"), Text("故障", "fault"),
    )  # fmt: skip
    oddities: dict[str, int] = {}
    for part in found.parts:
        for name, count in (part.get("oddities") or {}).items():
            oddities[name] = oddities.get(name, 0) + int(count)
    extra: dict[str, Any] = {
        "rows": rows,
        "columns": [{"title": title} for title in heads],
        "inbox": found.inbox,
        "oddities": sorted(oddities.items(), key=lambda each: -each[1])[:40],
    }
    return Page("gateway.html", data, extra)


def _tone(state: str) -> str:
    return _STATES.get(state, (None, "plain"))[1]


routes = [path("push", push, name="push"), *pair("data/gateway", watch, "gateway")]
