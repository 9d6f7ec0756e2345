"""Evidence files (佐证文件): to look at and to take, for whoever sees an entry that they belong to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.http import urlencode

from lantu.base import Text
from lantu.ledgers import Evidence
from lantu.office import evidence, rights
from lantu.site.answers import shown_to, signed_in
from lantu.site.pages.errors import not_found


def _guarded(response: FileResponse) -> HttpResponse:
    """The browser must take the file for what it is said to be, and may keep it: its address is its digest."""
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, max-age=86400, immutable"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@shown_to(signed_in)
def file(request: HttpRequest, sha256: str) -> HttpResponse:
    """A kept file: pictures in the browser, all else to be saved."""
    found = evidence.kept(sha256)
    if found is None or not rights.sees_file(request.user, sha256, request.GET.get("of", "")):
        return not_found(request)
    name = evidence.safe_name(request.GET.get("name", sha256), found.path.suffix)
    response = FileResponse(
        found.path.open("rb"), as_attachment=not found.picture, filename=name, content_type=found.media_type
    )
    return _guarded(response)


@shown_to(signed_in)
def small(request: HttpRequest, sha256: str) -> HttpResponse:
    """A small copy of a picture."""
    if not rights.sees_file(request.user, sha256, request.GET.get("of", "")):
        return not_found(request)
    found: Path | None = evidence.small_picture(sha256)
    if found is None:
        return not_found(request)
    return _guarded(FileResponse(found.open("rb"), content_type="image/jpeg"))


def shown_file(piece: Evidence, title: Text, of: str, by: str = "", at: str = "") -> dict[str, Any]:
    """A piece of evidence as `parts/files.html` shows it.

    Args:
        piece: the evidence.
        title: what its kind is called.
        of: the entry that it belongs to, as `ledger/key`.
        by: who handed it in.
        at: when.
    """
    found = evidence.kept(piece.sha256)
    taken, warnings = evidence.facts_of(piece)
    note: Text | str = title
    if found is None:
        lost = Text("文件不在库中", "the file is not in the store")
        return {"name": piece.file, "url": "", "size": "", "thumbnail": "", "kind": "?", "by": by, "at": at,
                "taken": "", "warnings": [lost], "note": note, "sha256": piece.sha256}  # fmt: skip
    query = urlencode({"of": of, "name": piece.file})
    address = f"{reverse('file', kwargs={'sha256': piece.sha256})}?{query}"
    thumbnail = f"{reverse('small_file', kwargs={'sha256': piece.sha256})}?{urlencode({'of': of})}"
    return {
        "name": piece.file,
        "url": address,
        "size": evidence.shown_size(found.size),
        "thumbnail": thumbnail if found.picture else "",
        "kind": found.kind,
        "by": by,
        "at": at,
        "taken": taken or "",
        "warnings": warnings,
        "note": note,
        "sha256": piece.sha256,
    }


routes = [
    path("files/<str:sha256>", file, name="file"),
    path("files/<str:sha256>/small", small, name="small_file"),
]
