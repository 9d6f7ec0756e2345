"""Words and figures in templates: `{% say "中文" "English" %}`, `{{ value|number }}`, `{{ status|symbol }}`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from lantu.assessment import SYMBOLS, Status
from lantu.base import current_language, unit_title

register = template.Library()


@register.simple_tag
def say(zh: str, en: str, **values: Any) -> SafeString:
    """One saying in the reader's language; named places are filled and escaped."""
    words = zh if current_language() == "zh" else en
    if values:
        words = words.format(**{name: conditional_escape(value) for name, value in values.items()})
    return mark_safe(words)


@register.filter(name="say")
def say_text(value: Any) -> str:
    """A `Text` in the reader's language; anything else as it is."""
    return str(value)


@register.filter
def symbol(status: Any) -> str:
    """The sign of a status."""
    return SYMBOLS[status if isinstance(status, Status) else Status(status)]


@register.filter
def mark(status: Any) -> SafeString:
    """A status as sign and word, as `parts/status.html` writes it; for long tables, where an include is slow."""
    if not status:
        return mark_safe("")
    known = status if isinstance(status, Status) else Status(status)
    return mark_safe(
        f'<span class="status {known.value}"><span aria-hidden="true">{SYMBOLS[known]}</span>{known.title}</span>'
    )


@register.filter
def status_title(status: Any) -> str:
    """The word of a status."""
    return str((status if isinstance(status, Status) else Status(status)).title)


@register.filter
def value_words(row: Any) -> str:
    """The value of a verdict's row with its unit; a dash where there is none."""
    from lantu.site.figures import with_unit

    return with_unit(row.get("value"), row.get("unit", "")) or "—"


@register.filter
def limit_words(row: Any) -> str:
    """What a verdict's value is held against."""
    from lantu.site.figures import with_unit

    return with_unit(row.get("limit"), row.get("unit", ""), row.get("comparator", "")) or "—"


@register.filter
def pace_words(row: Any) -> str:
    """Where the present pace leads, or how likely the figure is kept; a dash where neither is estimated."""
    from lantu.site.figures import with_unit

    if row.get("projection") is not None:
        return with_unit(row["projection"], row.get("unit", ""))
    return f"P={percent(row['probability'])}" if row.get("probability") is not None else "—"


@register.filter
def slug(name: Any) -> str:
    """An id for a part of a page, from a name with a slash."""
    return str(name).replace("/", "-")


@register.filter
def number(value: Any) -> str:
    """A figure with its decimals as they were rounded; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        text = f"{value:,f}"
        return text.rstrip("0").rstrip(".") if "." in text and value == value.to_integral_value() else text
    return str(value)


@register.filter
def percent(value: Any) -> str:
    """A share of 0 to 1 in percent, whole."""
    return "" if value is None else f"{float(value) * 100:.0f}%"


@register.filter
def unit(name: Any) -> str:
    """A unit as the reader sees it."""
    return str(unit_title(name)) if name else ""


@register.filter
def day(value: Any) -> str:
    """A date as 2021-06-30."""
    if isinstance(value, dt.datetime):
        from django.utils.timezone import is_aware, localtime

        return (localtime(value) if is_aware(value) else value).strftime("%Y-%m-%d %H:%M")
    return value.isoformat() if isinstance(value, dt.date) else str(value or "")


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """The value under a key; None if there is none."""
    return mapping.get(key) if mapping is not None else None


@register.simple_tag(takes_context=True)
def with_query(context: Any, **changes: Any) -> str:
    """The address of this page with some of its query changed; None takes a part out."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"


class _Optional(dict[str, Any]):
    """A dictionary that has nothing under every name that it lacks."""

    def __missing__(self, key: str) -> None:
        return None


@register.filter
def optional(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Dictionaries whose missing names are nothing at once: a template looks for them in three ways, which in a large
    table takes most of its time.
    """
    return [_Optional(row) for row in rows or ()]
