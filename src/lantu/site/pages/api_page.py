"""The description of the API (接口说明) for people, made of the schema that programs read."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import path

from lantu.base import Text
from lantu.site.answers import Page, anyone, shown_to
from lantu.site.api import api

_HEADS = (Text("名称", "name"), Text("在何处", "where"), Text("类型", "type"), Text("必填", "required"))
_WHERE = {
    "path": Text("地址", "address"),
    "query": Text("查询", "query"),
    "header": Text("请求头", "header"),
    "cookie": Text("Cookie", "cookie"),
    "body": Text("正文（JSON）", "body (JSON)"),
}
_YES, _NO = Text("是", "yes"), Text("否", "no")


def _kind(schema: dict[str, Any]) -> str:
    """The type of a value in a word or two."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(_kind(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"[{_kind(schema.get('items', {}))}]"
    return str(schema.get("type", "any"))


def _asked(operation: dict[str, Any], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    """What an operation asks for: parameters, then the fields of its body."""
    found = [
        {
            "name": each["name"],
            "where": _WHERE[each["in"]],
            "type": _kind(each.get("schema", {})),
            "required": bool(each.get("required")),
        }
        for each in operation.get("parameters", [])
    ]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schema = schemas.get(_kind(content["schema"]), content["schema"])
        for name, field in schema.get("properties", {}).items():
            needed = name in schema.get("required", [])
            found.append({"name": name, "where": _WHERE["body"], "type": _kind(field), "required": needed})
    return found


def _operations(schema: dict[str, Any]) -> list[dict[str, Any]]:
    schemas = schema.get("components", {}).get("schemas", {})
    return [
        {
            "method": method.upper(),
            "path": address,
            "about": operation.get("description") or operation.get("summary", ""),
            "asked": _asked(operation, schemas),
            "answers": sorted(str(code) for code in operation.get("responses", {})),
        }
        for address, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


@shown_to(anyone)
def api_page(request: HttpRequest) -> Page:
    """Every operation of the API: what it does, what it asks for, how it may answer."""
    schema = dict(api.get_openapi_schema())
    operations = _operations(schema)
    for each in operations:
        each["rows"] = [
            {
                "cells": [
                    {"text": asked["name"]},
                    {"text": asked["where"]},
                    {"text": asked["type"]},
                    {"text": _YES if asked["required"] else _NO},
                ]
            }
            for asked in each["asked"]
        ]
    columns = [{"title": title} for title in _HEADS]
    extra = {"operations": operations, "columns": columns}
    return Page("api_page.html", {"about": schema["info"]["description"]}, extra)


routes = [path("api/docs", api_page, name="api_page")]
