"""What is kept between runs is keyed by the code it is made of: no less, and no more than that."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import lantu
from lantu.indicators import all_indicators
from lantu.indicators.cache import COMMON, FLOORS, code_of, code_of_family, code_version
from lantu.indicators.family import Family

ROOT = Path(lantu.__file__).parent
DECLARED = {each.family.name: each.family for each in all_indicators() if each.family.code}


def imported(path: Path) -> set[str]:
    """The modules of Lantu that a file imports when it runs, also within functions; not those for types alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    types = {
        id(each)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for each in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if id(node) in types:
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lantu"):
            found |= {f"{node.module}.{name.name}" for name in node.names}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names if name.name.startswith("lantu")}
    return found


def part_of(module: str) -> str:
    """The folder of a module under `lantu`; the file's own where it lies directly in a floor."""
    floor, *inner = module.split(".")[1:]
    return f"{floor}/{inner[0]}" if inner and (ROOT / floor / inner[0]).is_dir() else floor


@pytest.mark.parametrize("family", DECLARED.values(), ids=list(DECLARED))
def test_a_family_names_all_the_code_that_its_figures_are_made_of(family: Family) -> None:
    allowed = {*family.code, *(each.removesuffix("/*") for each in COMMON), *(("ledgers",) if family.ledgers else ())}
    for part in family.code:
        for path in (ROOT / part).rglob("*.py"):
            outside = {each for each in imported(path) if part_of(each) not in allowed}
            assert outside == set(), f"{path.relative_to(ROOT)} stands on code that no key knows of"


def test_families_of_the_air_are_among_them() -> None:
    assert "air" in DECLARED


def test_a_change_elsewhere_leaves_them_and_a_change_there_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    copy = tmp_path / "lantu"
    for floor in FLOORS:
        shutil.copytree(ROOT / floor, copy / floor, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(lantu, "__file__", str(copy / "__init__.py"))
    air = DECLARED["air"]

    def keys() -> tuple[str, str]:
        code_of.cache_clear()
        return code_of_family(air), code_version()

    before = keys()
    (copy / "indicators" / "water" / "sections.py").open("a").write("# a remark\n")
    (copy / "ledgers" / "book.py").open("a").write("# a remark\n")
    elsewhere = keys()
    assert elsewhere[0] == before[0]
    assert elsewhere[1] != before[1]
    for touched in ("indicators/air/days.py", "standards/air/aqi.py", "lake/engine.py", "indicators/cache.py"):
        now = keys()
        (copy / touched).open("a").write("# a remark\n")
        assert keys()[0] != now[0], touched
    code_of.cache_clear()
