"""What holds for the whole house."""

from __future__ import annotations

import ast
import re
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src" / "lantu"


def test_every_floor_says_what_lives_there() -> None:
    for init in sorted(SOURCE.glob("*/__init__.py")):
        docstring = ast.get_docstring(ast.parse(init.read_text(encoding="utf-8")))
        assert docstring, f"{init.parent.name} has no docstring"


def test_public_functions_have_docstrings() -> None:
    missing = [
        f"{path.relative_to(SOURCE)}:{node.lineno} {node.name}"
        for path in sorted(SOURCE.rglob("*.py"))
        if "cli" not in path.parts
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert missing == []


def test_nothing_reaches_for_the_network() -> None:
    pattern = re.compile(r"https?://[^\s\"')]+\.(?:js|css|woff2?|whl)\b|urllib\.request|import requests|import httpx")
    found = [
        str(p)
        for p in SOURCE.rglob("*")
        if p.suffix in {".py", ".j2", ".yaml"} and pattern.search(p.read_text("utf-8"))
    ]
    assert found == []
