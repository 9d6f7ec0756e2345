"""The pictures of the pages as one page to look through: both languages side by side, with what axe found on each."""

from __future__ import annotations

import html
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

_STYLE = (
    "body{font:14px/1.5 sans-serif;margin:16px}section{border-top:1px solid #999;padding:8px 0}"
    "img{border:1px solid #ccc;width:100%;height:420px;object-fit:cover;object-position:top}"
    "figure{display:inline-block;margin:0 12px 0 0;vertical-align:top;width:40%}figure.phone{width:14%}"
    ".bad{color:#a00;font-weight:bold}"
)


@dataclass
class Shown:
    """A page as it was looked at: pictures by language and width, and the faults that axe found, by its rules."""

    name: str
    address: str
    role: str
    pictures: dict[str, str] = field(default_factory=dict)
    axe: list[str] = field(default_factory=list)


def write_index(folder: Path, pages: list[Shown]) -> Path:
    """Write `index.html` and `index.json` beside the pictures.

    Returns:
        The page.
    """
    parts = [
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Lantu: pages</title>',
        f"<style>{_STYLE}</style><h1>{len(pages)} pages</h1>",
        f"<p>axe: {sum(bool(page.axe) for page in pages)} pages with findings</p><ol>",
        *(f'<li><a href="#{_name(page)}">{html.escape(page.name)}</a></li>' for page in pages),
        "</ol>",
    ]
    for page in pages:
        found = "".join(f"<li>{html.escape(each)}</li>" for each in page.axe)
        axe = f'<ul class="bad">{found}</ul>' if found else "<p>axe: nothing found</p>"
        figures = "".join(
            f"<figure{' class=phone' if '390' in what else ''}><figcaption>{html.escape(what)}</figcaption>"
            f'<a href="{file}"><img loading="lazy" src="{file}" alt="{html.escape(page.name)}, {what}"></a></figure>'
            for what, file in sorted(page.pictures.items(), key=lambda each: ("390" in each[0], each[0] < "zh"))
        )
        where = f"{html.escape(page.address)} · {html.escape(page.role or 'nobody')}"
        parts.append(
            f'<section id="{_name(page)}"><h2>{html.escape(page.name)}</h2><p>{where}</p>{axe}{figures}</section>'
        )
    index = folder / "index.html"
    index.write_text("\n".join(parts) + "</html>\n", encoding="utf-8")
    words = json.dumps([asdict(page) for page in pages], ensure_ascii=False, indent=1)
    (folder / "index.json").write_text(words, encoding="utf-8")
    return index


def _name(page: Shown) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in page.name)
