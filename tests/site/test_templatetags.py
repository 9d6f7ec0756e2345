"""Filters of the templates."""

from __future__ import annotations

from typing import Any


def test_what_a_row_of_a_table_lacks_is_nothing(city: Any) -> None:
    from django.template import engines

    template = engines["django"].from_string(
        "{% load lantu %}{% for each in rows|optional %}{% if each.note %}{{ each.note }}{% else %}-{% endif %}"
        "{% if each.sort is not None %}{{ each.sort }}{% endif %};{% endfor %}"
    )
    assert template.render({"rows": [{"note": "<a>"}, {"sort": 0}, {}]}) == "&lt;a&gt;;-0;-;"
    assert template.render({"rows": None}) == ""
