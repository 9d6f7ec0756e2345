"""The catalogues of the documentation, generated from what the program itself declares.

`python -m lantu.cli.catalogues FOLDER` writes the pages of `PAGES`; a test compares them with the docs.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

from lantu.cli.ledger_catalogue import ledger_page, system_page
from lantu.indicators import all_indicators
from lantu.standards import Parameter, catalogue

_MADE = "<!-- Made by `make catalogues`; do not edit. -->"


def indicator_page() -> str:
    """Every indicator as Markdown: title in both languages, unit, where and when it is defined, formula, reference."""
    known = all_indicators()
    lines = [
        "# Indicators 指标目录",
        "",
        _MADE,
        "",
        f"{len(known)} indicators. `lantu indicator show NAME` says the same.",
        "",
    ]
    lines += ["| name | 名称 | title | unit |", "|---|---|---|---|"]
    lines += [f"| [`{i.name}`](#{i.name}) | {i.title.zh} | {i.title.en} | {i.unit} |" for i in known]
    for found in known:
        lines += [
            "",
            f"## {found.name}",
            "",
            f"{found.title.zh} · {found.title.en}",
            "",
            f"- unit: {found.unit}",
            f"- levels: {', '.join(found.levels)}",
            f"- periods: {', '.join(found.periods)}",
            f"- reads: {found.family.needs}",
            f"- reference: {found.reference}",
            "",
            "```text",
            found.definition,
            "```",
        ]
    return "\n".join(lines) + "\n"


def parameter_page() -> str:
    """Every parameter as Markdown, by group: dated values, unit, how sure each is, reference."""
    known = catalogue().parameters()
    unverified = sum(parameter.has_unverified() for parameter in known)
    lines = [
        "# Parameters 标准参数目录",
        "",
        _MADE,
        "",
        f"{len(known)} parameters, {unverified} of them with an unverified value. "
        "primary 原文核实: read in the standard itself; secondary 第二来源核实: confirmed by another source; "
        "unverified 未核实: neither, or Lantu's own choice.",
    ]
    for group, members in groupby(known, key=lambda parameter: parameter.name.rsplit(".", 1)[0]):
        lines += ["", f"## {group}", "", "| name | 名称 | title | unit | from | to | value | verified | reference |"]
        lines += ["|---|---|---|---|---|---|---|---|---|"]
        for parameter in members:
            lines += _rows(parameter)
    return "\n".join(lines) + "\n"


def _rows(parameter: Parameter) -> list[str]:
    return [
        "| "
        + " | ".join(
            [
                f"`{parameter.name}`",
                parameter.title.zh,
                parameter.title.en,
                parameter.unit,
                str(dated.from_),
                str(dated.to or ""),
                _shown(dated.value),
                dated.verified.value,
                " ".join(dated.reference.split()).replace("|", "/"),
            ]
        )
        + " |"
        for dated in parameter.values
    ]


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        if value and isinstance(value[0], tuple):
            if all(len(row) == 2 for row in value) and not isinstance(value[0][0], str):
                return "; ".join(f"{_shown(index)} at {_shown(figure)}" for index, figure in value)
            return "; ".join(" ".join(_shown(item) for item in row) for row in value)
        return ", ".join(_shown(item) for item in value)
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


def ledger_catalogue() -> str:
    """Every ledger of the shipped pack as Markdown."""
    return ledger_page(_MADE)


def system_catalogue() -> str:
    """The named systems of the shipped pack as Markdown."""
    return system_page(_MADE)


PAGES = {
    "indicators.md": indicator_page,
    "ledgers.md": ledger_catalogue,
    "parameters.md": parameter_page,
    "systems.md": system_catalogue,
}


def main(folder: Path) -> None:
    """Write the pages into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
