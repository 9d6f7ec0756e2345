"""The guides of the roles say what the pages say: each label in 「」 stands on the page or ledger they name."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.site.pictures import MOST_BYTES

from lantu.ledgers import Ledger

DOCS = Path(__file__).resolve().parents[2] / "docs"
GUIDES = sorted((DOCS / "guides").glob("*.md"))
_MARK = re.compile(r"^<!-- (page|ledger): (.+) -->$", re.MULTILINE)
_LABEL = re.compile(r"「([^」]+)」")


def passages(guide: Path) -> list[tuple[str, str, list[str]]]:
    """What each passage tells of (`page` or `ledger`, and which), and its labels."""
    pieces = _MARK.split(guide.read_text(encoding="utf-8"))
    return [(pieces[at], pieces[at + 1], _LABEL.findall(pieces[at + 2])) for at in range(1, len(pieces), 3)]


def words_of(answer: Any) -> str:
    """What a page says, without its tags."""
    written = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", written)))


def opened(signed_in: Callable[[str], Any], which: str) -> Any:
    """A page as `ACCOUNT PATH` names it; `> BEGINNING` goes on to the first link that begins so."""
    path, *beginnings = which.split(" > ")
    account, _, path = path.partition(" ")
    client = signed_in("" if account == "-" else account)
    client.cookies["lantu_language"] = "zh"
    answer = client.get(path, follow=True)
    for beginning in beginnings:
        links = re.findall(r'href="([^"]+)"', answer.content.decode().partition("<main")[2])
        found = next((html.unescape(link) for link in links if link.startswith(beginning)), None)
        assert found, f"{path} leads to nothing under {beginning}"
        answer = client.get(found, follow=True)
    assert answer.status_code == 200, (which, answer.status_code)
    return answer


def words_of_ledger(ledger: Ledger) -> str:
    """The words of a ledger: its steps, fields, states and kinds of evidence."""
    named = [*ledger.transitions, *ledger.fields, *ledger.states.values()]
    return " ".join([*(each.title.zh for each in named), *(title.zh for title in ledger.evidence.values())])


@pytest.fixture(scope="module")
def published(city: Any) -> None:
    """The latest verdicts, made public as a coordinator does."""
    from django.test import Client

    from lantu.office.accounts.models import Account

    client = Client()
    client.force_login(Account.objects.get(username="coordinator"), backend="django.contrib.auth.backends.ModelBackend")
    days = re.findall(r"<option>(\d{4}-\d\d-\d\d)<", client.get("/public/manage").content.decode())
    client.post("/public/publish", {"as_of": days[0]})


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_each_label_stands_where_the_guide_says(
    guide: Path, city: Any, published: None, signed_in: Callable[[str], Any]
) -> None:
    told = passages(guide)
    assert told, "the guide names no page"
    wrong = []
    for kind, which, labels in told:
        assert labels, f"{which}: no label"
        there = words_of_ledger(city.pack.ledgers[which]) if kind == "ledger" else words_of(opened(signed_in, which))
        wrong += [f"{which}: {label}" for label in labels if label not in there]
    assert wrong == []


def test_there_is_a_guide_for_each_role() -> None:
    from lantu.office.accounts.roles import Role

    assert {each.value for each in Role} == {guide.stem for guide in GUIDES}


def test_pictures_are_there_small_and_used() -> None:
    named = {
        (guide.parent / target).resolve()
        for guide in GUIDES
        for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", guide.read_text(encoding="utf-8"))
    }
    kept = {path.resolve() for path in (DOCS / "pictures").glob("*.png")}
    assert named == kept
    assert [path.name for path in kept if path.stat().st_size > MOST_BYTES] == []
