"""Data (数据): what has arrived by dataset, source and day; what was set aside and why; files in; exclusions."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from lantu.base import Text, current_language
from lantu.lake.dataset import all_datasets
from lantu.lake.report import REASONS
from lantu.ledgers.faults import not_kept
from lantu.office import rights
from lantu.office.desk import desk
from lantu.office.jobs.models import Job
from lantu.office.jobs.work import ask
from lantu.site.answers import Page, pair, shown_to
from lantu.site.lists import frame, kept_query, paged
from lantu.site.pages.progress import job_part

_DAYS = 31


def _versions() -> str:
    lake = desk().lake
    return hashlib.sha256(repr([(name, lake.version(name)) for name in all_datasets()]).encode()).hexdigest()


def _status() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What the lake holds; looked up again when a dataset has a new version."""
    found = cache.get_or_set(
        f"lake:{_versions()}:{current_language()}",
        lambda: (
            [row.as_json() for row in desk().lake.status()],
            [row.as_json() for row in desk().lake.quality()],
        ),
        24 * 3600,
    )
    assert found is not None
    return found[0], found[1]


@shown_to(rights.sees_office)
def data(request: HttpRequest) -> Page:
    """All datasets, what was set aside, recent imports."""
    held, set_aside = _status()
    declared = all_datasets()
    by_name = {row["dataset"]: row for row in held}
    missing = [name for name in declared if name not in by_name]
    counts: dict[str, int] = {}
    for row in set_aside:
        counts[row["dataset"]] = counts.get(row["dataset"], 0) + row["count"]
    rows = [
        {
            "cells": [
                {"text": declared[name].title, "url": reverse("dataset", args=[name]), "note": name},
                {"text": f"{row['rows']:,}", "sort": row["rows"]},
                {"text": row["stations"]},
                {"text": row["first"]},
                {"text": row["last"]},
                {"text": f"{counts.get(name, 0):,}", "sort": counts.get(name, 0)},
                {"text": row["version"]},
                {"text": Text("模拟", "simulated") if row["simulated"] else Text("实测", "measured")},
            ]
        }
        for name, row in by_name.items()
    ]
    jobs = Job.objects.filter(kind="import_data")[:10]
    extra = {
        "rows": _aligned(rows, _HEADS),
        "columns": [{"title": title, "numeric": numeric} for title, numeric in _HEADS],
        "aside_rows": _aligned(
            [
                {
                    "cells": [
                        {"text": declared[row["dataset"]].title},
                        {"text": REASONS[row["reason"]]},
                        {"text": f"{row['count']:,}", "sort": row["count"]},
                        {"text": row["example"]},
                    ]
                }
                for row in set_aside
                if row["dataset"] in declared
            ],
            _ASIDE,
        ),
        "aside_columns": [{"title": title, "numeric": numeric} for title, numeric in _ASIDE],
        "missing": [declared[name].title for name in missing],
        "may_import": rights.may_import(request.user),
        "jobs": [job_part(job) for job in jobs],
    }
    return Page("data.html", {"datasets": held, "set_aside": set_aside, "without_data": missing}, extra)


_HEADS = (
    (Text("数据集", "dataset"), False),
    (Text("行", "rows"), True),
    (Text("站点", "stations"), True),
    (Text("最早", "first"), False),
    (Text("最近", "last"), False),
    (Text("隔离", "set aside"), True),
    (Text("版本", "version"), True),
    (Text("性质", "nature"), False),
)
_ASIDE = (
    (Text("数据集", "dataset"), False),
    (Text("原因", "reason"), False),
    (Text("数量", "count"), True),
    (Text("如", "for example"), False),
)


def _aligned(rows: list[dict[str, Any]], heads: Any) -> list[dict[str, Any]]:
    """Rows whose figures stand under each other where the column holds figures."""
    for row in rows:
        for cell, (_, numeric) in zip(row["cells"], heads, strict=True):
            cell["numeric"] = numeric
    return rows


@shown_to(rights.sees_office)
def dataset(request: HttpRequest, name: str) -> Page:
    """One dataset: its columns, and how many rows came from each station on each of the last days that it has."""
    declared = all_datasets().get(name)
    if declared is None:
        raise Http404
    lake = desk().lake
    version = lake.version(name)
    arrived: dict[str, Any] = {"days": [], "stations": []}
    if version is not None:
        arrived = cache.get_or_set(f"arrivals:{name}:{version}", lambda: arrivals(name), 24 * 3600) or arrived
    page = paged(request, arrived["stations"])
    columns = [{"name": c.name, "title": c.title, "unit": c.unit} for c in declared.columns]
    data = {
        "dataset": name,
        "title": declared.title,
        "description": declared.description,
        "cadence": declared.cadence,
        "version": version,
        "columns": columns,
        "arrivals": {"days": arrived["days"], "stations": list(page)},
        **frame(page),
    }
    imports = lake.current_imports(name) if version is not None else []
    return Page("dataset.html", data, {"imports": imports[-20:][::-1], "list_page": page, "kept": kept_query(request)})


def arrivals(name: str) -> dict[str, Any]:
    """How many rows of a dataset each station has on each of its last days.

    Returns:
        `days`, oldest first, and for each station the counts of these days; a day without rows counts 0.
    """
    import duckdb

    lake = desk().lake
    files = lake.files(name)
    if not files:
        return {"days": [], "stations": []}
    last = duckdb.execute("select max(time) from read_parquet(?)", [files]).fetchone()
    assert last is not None
    first = last[0] - dt.timedelta(days=_DAYS)
    found = duckdb.execute(
        "select station, (time - interval 1 minute)::date as day, count(*) from read_parquet(?) "
        "where time > ? group by all order by all",
        [files, first],
    ).fetchall()
    days = sorted({day for _, day, _ in found})
    by_station: dict[str, dict[dt.date, int]] = {}
    for station, day, count in found:
        by_station.setdefault(station, {})[day] = count
    return {
        "days": days,
        "stations": [
            {"station": station, "counts": [counts.get(day, 0) for day in days]}
            for station, counts in by_station.items()
        ],
    }


class SeveralFiles(forms.FileField):
    """One or several files."""

    widget = forms.ClearableFileInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Each file by itself."""
        return [super(SeveralFiles, self).clean(each, initial) for each in data or [None]]


class _Several(forms.FileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return files.getlist(name)


class ImportForm(forms.Form):
    """Files for a dataset."""

    dataset = forms.ChoiceField(label=Text("数据集", "Dataset"))
    files = SeveralFiles(
        label=Text("文件", "Files"),
        widget=_Several(attrs={"multiple": True}),
        help_text=Text(
            "CSV、Excel、Parquet 或其压缩包；坏行隔离并说明原因",
            "CSV, Excel, Parquet or archives of them; bad rows are set aside with a reason",
        ),
    )

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["dataset"].choices = [(n, f"{d.title} ({n})") for n, d in all_datasets().items()]


@shown_to(rights.may_import)
def import_data(request: HttpRequest) -> Page | HttpResponse:
    """Take files in: they are kept under their digest first, then imported by a job."""
    form = ImportForm(request.POST or None, request.FILES or None, initial={"dataset": request.GET.get("dataset")})
    if request.method == "POST" and form.is_valid():
        files = form.cleaned_data["files"]
        too_large = [each.name for each in files if each.size > settings.LANTU_LARGEST_DATA_FILE]
        if too_large:
            form.add_error("files", Text(f"文件过大：{'、'.join(too_large)}", f"too large: {', '.join(too_large)}"))
        else:
            kept = [str(kept_upload(each)) for each in files]
            job = ask("import_data", {"dataset": form.cleaned_data["dataset"], "files": kept}, request.user)
            return redirect(f"{reverse('data')}#job-{job.pk}")
    return Page("import_data.html", {}, {"form": form}, status=422 if form.errors else 200)


def kept_upload(upload: Any) -> Path:
    """Keep an uploaded file under its digest; of its name only letters, digits and the ending stay.

    Raises:
        LantuError: the disk takes no more; nothing is left of the file.
    """
    digest = hashlib.sha256()
    folder = desk().workspace.path / "uploads"
    folder.mkdir(exist_ok=True)
    fresh = folder / f"{timezone.now().timestamp()}.{id(upload)}.new"
    name = "".join(letter for letter in Path(upload.name).name if letter.isalnum() or letter in "._-")[-80:].lstrip(".")
    try:
        with fresh.open("wb") as out:
            for chunk in upload.chunks():
                digest.update(chunk)
                out.write(chunk)
        target = folder / digest.hexdigest()[:16] / (name or "file")
        target.parent.mkdir(exist_ok=True)
        fresh.replace(target)
    except OSError as error:
        raise not_kept(Path(name or "file"), error) from error
    finally:
        fresh.unlink(missing_ok=True)
    return target


routes = [
    *pair("data", data, "data"),
    *pair("data/import", import_data, "import_data"),
    *pair("data/<slug:name>", dataset, "dataset"),
]
