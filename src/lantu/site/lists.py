"""Lists (列表): pages of fifty, what of the address is kept from page to page."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page as ListPage
from django.core.paginator import Paginator
from django.http import HttpRequest

PER_PAGE = 50


def paged(request: HttpRequest, rows: Any, per: int = PER_PAGE) -> ListPage:
    """The part of a list that `?page=` asks for; the nearest there is if it asks for one that is not."""
    return Paginator(rows, per).get_page(request.GET.get("page", "1"))


def kept_query(request: HttpRequest, *without: str) -> str:
    """The query of this address without the page's number and the named parts."""
    query = request.GET.copy()
    for name in ("page", *without):
        query.pop(name, None)
    return str(query.urlencode())


def frame(page: ListPage) -> dict[str, Any]:
    """Where a page stands in its list, for JSON."""
    return {"page": page.number, "pages": page.paginator.num_pages, "count": page.paginator.count}


def sort_columns(
    request: HttpRequest, columns: list[tuple[str, Any, bool]], chosen: str, descending: bool
) -> list[dict[str, Any]]:
    """Columns whose heads sort the list by link.

    Args:
        request: gives the rest of the address.
        columns: (name to sort by or "", title, numeric).
        chosen: the name sorted by now.
        descending: whether the largest stand first.
    """
    rest = kept_query(request, "sort")
    found = []
    for name, title, numeric in columns:
        here = name and name == chosen
        turned = f"-{name}" if here and not descending else name
        found.append(
            {
                "title": title,
                "numeric": numeric,
                "url": f"?{rest}{'&' if rest else ''}sort={turned}" if name else "",
                "sorted": ("descending" if descending else "ascending") if here else "",
            }
        )
    return found
