"""What is shipped to browsers: colours, words, weights, outlines, licences; and the parts of pages, one by one."""

from __future__ import annotations

import csv
import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.site.rendering import SITE, render

from lantu.assessment import Status
from lantu.assessment.model import SYMBOLS

STATIC = SITE / "static"
PARTS = sorted((SITE / "templates" / "parts").glob("*.html"))
STYLE = (STATIC / "lantu.css").read_text(encoding="utf-8")
COLOURS = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", STYLE))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("ground", ["ground", "tint", "tint-strong"])
@pytest.mark.parametrize("ink", ["ink", "soft", "link", "missed"])
def test_words_stand_out_from_every_ground(ink: str, ground: str) -> None:
    assert contrast(COLOURS[ink], COLOURS[ground]) >= 4.5


@pytest.mark.parametrize("status", ["met", "on-course", "at-risk", "missed", "unknown"])
def test_a_status_stands_out_on_its_tint_and_on_white(status: str) -> None:
    assert contrast(COLOURS[status], COLOURS[f"{status}-tint"]) >= 4.5
    assert contrast(COLOURS[status], COLOURS["ground"]) >= 4.5


def test_edges_of_fields_and_the_mark_of_focus_can_be_seen() -> None:
    assert contrast(COLOURS["edge"], COLOURS["ground"]) >= 3
    assert contrast(COLOURS["focus"], COLOURS["ground"]) >= 3
    assert contrast("#ffffff", COLOURS["head"]) >= 4.5
    assert contrast(COLOURS["head-soft"], COLOURS["head"]) >= 4.5


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_status_is_the_sign_and_the_word_of_the_assessment(language: str) -> None:
    rendered = render(*[("parts/status.html", {"status": each.value}) for each in Status], language=language)
    for status, html in zip(Status, rendered, strict=True):
        word = status.title.zh if language == "zh" else status.title.en
        assert re.sub(r"<[^>]+>", "", html).strip() == SYMBOLS[status] + word
        assert f'class="status {status.value}"' in html


def test_map_and_matrix_use_the_same_signs() -> None:
    script = (STATIC / "lantu.js").read_text(encoding="utf-8")
    cells = [{"status": each.value, "url": f"/{each.value}"} for each in Status]
    (matrix,) = render(
        ("parts/matrix.html", {"columns": [], "groups": [{"rows": [{"title": "t", "cells": [*cells, None]}]}]})
    )
    for status in Status:
        assert (
            f'{status.value}: {{ sign: "{SYMBOLS[status]}", zh: "{status.title.zh}", en: "{status.title.en}"' in script
        )
        assert f'<a href="/{status.value}" aria-label="{status.title.en}">{SYMBOLS[status]}</a>' in matrix
    assert "not asked" in matrix


@pytest.mark.parametrize("path", PARTS, ids=lambda path: path.stem)
def test_every_part_says_what_it_wants(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    opening = re.match(r"\{% load lantu(?: static)? %\}\{% comment %\}\n(.+?)\{% endcomment %\}", text, re.DOTALL)
    assert opening, "the part does not begin with what it is and its context"


@pytest.mark.parametrize("path", [*PARTS, SITE / "templates" / "base.html"], ids=lambda path: path.stem)
def test_no_inline_script_style_or_handler(path: Path) -> None:
    """The Content-Security-Policy of the site refuses them; JSON blocks are data and allowed."""
    text = re.sub(r"\{% comment %\}.*?\{% endcomment %\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)", text) == []
    assert re.findall(r"https?://", text) == []


def test_what_users_wrote_stays_text() -> None:
    bad = "<img src=x onerror=alert(1)>\"'"
    cell = {"text": bad, "url": "/x", "note": bad}
    chart = {"kind": "bar", "x": ["</script><script>alert(1)</script>"], "series": []}
    rendered = render(
        ("parts/notice.html", {"title": bad, "text": bad, "items": [bad]}),
        ("parts/heading.html", {"title": bad, "lead": bad, "crumbs": [{"title": bad, "url": "/"}]}),
        ("parts/table.html", {"caption": bad, "columns": [{"title": bad}], "rows": [{"cells": [cell]}]}),
        (
            "parts/timeline.html",
            {
                "events": [
                    {"title": bad, "who": bad, "text": bad, "changes": [{"name": bad, "before": bad, "after": bad}]}
                ]
            },
        ),
        ("parts/files.html", {"files": [{"name": bad, "url": "/f", "warnings": [bad]}]}),
        ("parts/chart.html", {"id": "c", "title": bad, "chart": chart}),
        (
            "parts/reader.html",
            {"title": bad, "passages": [{"id": "1", "pieces": [{"text": bad, "doubt": "1"}]}], "doubts": []},
        ),
        (
            "parts/diff.html",
            {
                "caption": bad,
                "entries": [
                    {"key": bad, "cells": [{"name": bad, "before": bad, "after": bad, "now": bad, "kind": "conflict"}]}
                ],
            },
        ),
        (
            "parts/filter.html",
            {"fields": [{"name": "q", "label": bad, "value": bad}], "active": [{"title": bad, "url": "?"}]},
        ),
        (
            "base.html",
            {
                "city": bad,
                "searched": bad,
                "account": {"name": bad, "unit": bad, "role": bad},
                "links": {"search": "/s"},
            },
        ),
    )
    for html in rendered:
        assert "<img" not in html
        assert "<script>alert" not in html


def test_no_value_and_zero_look_different() -> None:
    (pairs,) = render(
        (
            "parts/pairs.html",
            {"pairs": [{"name": "a", "value": 0}, {"name": "b", "value": None}, {"name": "c", "value": ""}]},
        )
    )
    assert "<dd>0</dd>" in pairs
    assert pairs.count("—") == 2


def test_a_refused_form_names_every_fault_and_leads_to_its_field() -> None:
    (html,) = render(("parts/form.html", {"form": "REFUSED", "submit": "Hand in"}))
    summary = html[: html.index('<div class="field')]
    for target, label in (("id_reason", "Reason"), ("id_sure", "Sure")):
        assert f'<a href="#{target}">{label}: ' in summary
        assert f'id="{target}"' in html
    assert 'aria-describedby="id_reason_helptext id_reason_error"' in html
    assert 'id="id_reason_helptext"' in html
    assert 'id="id_reason_error"' in html
    assert 'name="csrfmiddlewaretoken"' in html
    assert 'enctype="multipart/form-data" data-progress' in html


def test_steps_that_cannot_be_taken_say_why_and_refused_ones_open_again() -> None:
    steps = [
        {"name": "hand", "title": "Hand in", "url": "/hand", "form": "REFUSED"},
        {"name": "close", "title": "Close", "url": "/close", "form": "FORM", "blocked": "the quiet period is not over"},
    ]
    (html,) = render(("parts/steps.html", {"steps": steps}))
    assert '<dialog id="step-hand" aria-labelledby="step-hand-title" data-open>' in html
    assert "the quiet period is not over" in html
    assert 'id="step-close"' not in html


def test_pages_keep_what_was_asked_for() -> None:
    first, middle = render(
        ("parts/pages.html", {"page": {"PAGE": 1, "OF": 41}, "query": ""}),
        ("parts/pages.html", {"page": {"PAGE": 2, "OF": 41}, "query": "area=110105&state=open"}),
    )
    assert 'href="?page=2"' in first
    assert 'rel="prev"' not in first
    assert 'rel="prev" href="?area=110105&amp;state=open&amp;page=1"' in middle
    assert "21–40" in middle


def test_a_running_job_asks_again_and_an_ended_one_does_not() -> None:
    job = {"id": "9", "title": "Import", "url": "/jobs/9"}
    running, failed = render(
        ("parts/job.html", {"job": {**job, "state": "running", "done": 7, "total": 12}}),
        ("parts/job.html", {"job": {**job, "state": "failed", "error": "row 14", "mend": "correct it"}}),
    )
    assert 'hx-get="/jobs/9" hx-trigger="every 2s"' in running
    assert 'max="12" value="7"' in running
    assert "hx-get" not in failed
    assert "row 14" in failed


def test_a_first_visit_is_light() -> None:
    """Bytes over the wire with gzip: any page, one with charts, one with maps too; the budget is 1.5 MB in all."""

    def weight(*names: str) -> int:
        return sum(len(gzip.compress((STATIC / name).read_bytes(), 6)) for name in names)

    always = weight("lantu.css", "lantu.js", "lantu.svg", "vendor/htmx.min.js")
    charts = weight("vendor/echarts.lantu.min.js")
    maps = weight("vendor/leaflet/leaflet.js", "vendor/leaflet/leaflet.css", "maps/beijing-districts.json")
    assert always <= 50_000
    assert charts <= 230_000
    assert always + charts + maps <= 400_000


def test_outlines_are_the_districts_of_the_pack_but_the_development_area() -> None:
    path = STATIC / "maps" / "beijing-districts.json"
    assert path.stat().st_size <= 150_000
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    areas = (SITE.parent / "packs" / "beijing" / "2021" / "areas.csv").read_text(encoding="utf-8")
    districts = {row["code"]: row for row in csv.DictReader(areas.splitlines()) if row["level"] == "district"}
    assert {each["properties"]["code"] for each in features} == set(districts) - {"BDA"}
    for feature in features:
        named = feature["properties"]
        assert (named["zh"], named["en"]) == (districts[named["code"]]["name"], districts[named["code"]]["english"])
        for polygon in feature["geometry"]["coordinates"]:
            for ring in polygon:
                assert len(ring) >= 4
                assert ring[0] == ring[-1]
                assert all(115.3 < lon < 117.6 and 39.3 < lat < 41.2 for lon, lat in ring)


def test_every_file_of_others_is_named_with_its_licence() -> None:
    notice = (STATIC / "NOTICE.md").read_text(encoding="utf-8")
    for path in [*(STATIC / "vendor").rglob("*.*"), *(STATIC / "maps").glob("*")]:
        name = path.relative_to(STATIC).as_posix()
        assert name in notice or "vendor/leaflet/images/" in name
    for holder in ("Volodymyr Agafonkin", "The Apache Software Foundation", "Baidu Inc.", "jaska", "Zero-Clause BSD"):
        assert holder in notice
    assert (
        "/*! Apache ECharts 6.1.0, Apache-2.0" in (STATIC / "vendor" / "echarts.lantu.min.js").read_text("utf-8")[:60]
    )


def test_names_with_fingerprints_can_be_made(tmp_path: Path) -> None:
    """What refers to a file that is not shipped (an image, a source map) would stop the site from starting."""
    program = """
import sys
from django.conf import settings
settings.configure(STATIC_URL="/static/", STATIC_ROOT=sys.argv[2], STATICFILES_DIRS=[sys.argv[1]],
    INSTALLED_APPS=["django.contrib.staticfiles"],
    STORAGES={"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}})
import django
django.setup()
from django.core.management import call_command
call_command("collectstatic", interactive=False, verbosity=0)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program, str(STATIC), str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr[-800:]
    named = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    assert named["lantu.css"] != "lantu.css"
    assert "vendor/leaflet/images/layers.png" in named
