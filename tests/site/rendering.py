"""Parts of pages rendered alone, in a process of their own, so that no setting of the site is needed or touched."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

SITE = Path(__file__).resolve().parents[2] / "src" / "lantu" / "site"

_PROGRAM = '''
import json, sys
from django.conf import settings
from django import forms
from lantu.base import use_language

settings.configure(
    STATIC_URL="/static/",
    INSTALLED_APPS=["django.contrib.staticfiles"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [sys.argv[1]],
                "OPTIONS": {"libraries": {"lantu": "lantu.site.templatetags.lantu"}, "string_if_invalid": ""}}],
)
import django
django.setup()
from django.template.loader import get_template
from django.core.paginator import Paginator
from django.test import RequestFactory


class Handing(forms.Form):
    """What most steps ask for."""

    reason = forms.CharField(label="Reason", help_text="What was done", widget=forms.Textarea)
    how = forms.ChoiceField(label="How", choices=[("a", "at once"), ("b", "later")], widget=forms.RadioSelect)
    sure = forms.BooleanField(label="Sure")
    file = forms.FileField(label="File", required=False)
    version = forms.CharField(initial="7", widget=forms.HiddenInput)


def real(value):
    """Forms and pages cannot travel as JSON: they are named."""
    if value == "FORM":
        return Handing()
    if value == "REFUSED":
        form = Handing({"version": "7"}, {})
        form.is_valid()
        return form
    if isinstance(value, dict) and set(value) == {"PAGE", "OF"}:
        return Paginator(range(value["OF"]), 20).page(value["PAGE"])
    if isinstance(value, dict):
        return {key: real(each) for key, each in value.items()}
    if isinstance(value, list):
        return [real(each) for each in value]
    return value


for line in sys.stdin:
    answers = []
    for job in json.loads(line):
        with use_language(job["language"]):
            answers.append(get_template(job["name"]).render(real(job["context"]), RequestFactory().get("/here")))
    print(json.dumps(answers), flush=True)
'''


def render(*jobs: tuple[str, dict[str, Any]], language: str = "en") -> list[str]:
    """The HTML of each template, given its name under `templates` and its context.

    The words FORM and REFUSED stand for a form, empty and refused; {"PAGE": 2, "OF": 41} for a page of a list.
    """
    asked = [{"name": name, "context": context, "language": language} for name, context in jobs]
    process = _renderer()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(asked) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    assert line, "the process that renders has ended; its fault stands above"
    answers: list[str] = json.loads(line)
    return answers


@cache
def _renderer() -> subprocess.Popen[str]:
    """One process for all tests of this run; it ends with them, when its input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(SITE / "templates")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
