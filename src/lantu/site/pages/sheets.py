"""Excel out and in (Excel 导出导入): the filtered list as a workbook, and the returned workbook compared and taken."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import urlencode

from lantu.base import LantuError, Text, current_language
from lantu.office import rights
from lantu.office.jobs.models import Job
from lantu.office.jobs.work import TITLES, ask
from lantu.office.outages import status_of
from lantu.office.register import lists
from lantu.office.sheets import returns
from lantu.office.sheets.models import KINDS, STATES, SheetReturn
from lantu.site.answers import Page, pair, shown_to, signed_in
from lantu.site.pages.entries import crumbs, entry_address
from lantu.site.pages.errors import not_allowed, not_found
from lantu.site.pages.ledgers import seen_ledger
from lantu.site.pages.progress import silence

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PAGE = 50
_FAULTY = (
    Text("行", "row"),
    Text("编号", "key"),
    Text("问题", "what is wrong"),
    Text("单元格", "cell"),
    Text("怎样改", "how to mend it"),
)


class ReturnForm(forms.Form):
    """A workbook that comes back."""

    def __init__(self, *given: Any) -> None:
        from django.conf import settings

        super().__init__(*given)
        attributes = {"accept": ".xlsx", "data-max-bytes": settings.LANTU_LARGEST_FILE}
        self.fields["file"] = forms.FileField(
            label=str(Text("填好的工作簿（.xlsx）", "the filled workbook (.xlsx)")),
            widget=forms.ClearableFileInput(attrs=attributes),
            help_text=str(
                Text(
                    "先比对，后收入：表中带有编号和版本，别人同时改过的单元格会逐格列出",
                    "it is compared before it is taken; cells that others changed meanwhile are shown one by one",
                )
            ),
            error_messages={
                "required": str(Text("没有选文件", "no file was chosen")),
                "empty": str(Text("文件是空的", "the file is empty")),
            },
        )


@shown_to(signed_in)
def sheets(request: HttpRequest, name: str) -> Page | HttpResponse:
    """What may be taken out, a form for what comes back, and the sheets of this account."""
    ledger = seen_ledger(request.user, name)
    if ledger is None or not rights.may_export(request.user):
        return not_found(request)
    changes = rights.changes_entries(request.user)
    form = ReturnForm()
    refused = 422
    if request.method == "POST":
        if not changes:
            return not_allowed(request)
        form = ReturnForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                sheet = returns.receive(request.user, ledger, form.cleaned_data["file"])
            except LantuError as error:
                form.add_error("file", str(error.what) + (f" → {error.mend}" if error.mend else ""))
                refused = status_of(error)
            else:
                _compare(request, sheet)
                return redirect("sheet", name=name, number=sheet.pk)
    wanted = lists.read_wanted(ledger, request.GET.dict())
    count = lists.fitting(request.user, ledger, wanted).count()
    own = SheetReturn.objects.filter(account=request.user, ledger=name)[:20]
    listed = [
        {
            "id": each.pk,
            "name": each.name,
            "state": each.state,
            "state_title": each.state_title,
            "created": each.created.isoformat(timespec="seconds"),
            "counts": each.counts,
            "url": reverse("sheet", kwargs={"name": name, "number": each.pk}),
        }
        for each in own
    ]
    data = {"ledger": name, "title": ledger.title, "count": count, "wanted": wanted.as_query(), "sheets": listed}
    query = urlencode(wanted.as_query())
    extra = {
        "form": form,
        "may_return": changes,
        "export_url": f"{reverse('export', kwargs={'name': name})}?{query}",
        "crumbs": crumbs(ledger, (Text("Excel 导出导入", "Excel out and in"), "")),
        "narrowed": bool(query),
        "rows": [_listed_row(each, row) for each, row in zip(own, listed, strict=True)],
        "large": count > returns.LARGE_LIST,
    }
    return Page("sheets.html", data, extra, refused if form.errors else 200)


def _listed_row(sheet: SheetReturn, row: dict[str, Any]) -> dict[str, Any]:
    from django.utils.timezone import localtime

    words = "；".join(f"{title} {sheet.counts.get(kind, 0)}" for kind, title in KINDS.items()) if sheet.counts else ""
    return {
        "cells": [
            {"text": sheet.name, "url": row["url"]},
            {"text": localtime(sheet.created).strftime("%Y-%m-%d %H:%M")},
            {"text": sheet.state_title, "tone": _tone(sheet.state)},
            {"text": words},
        ]
    }


def _tone(state: str) -> str:
    return {"reviewed": "warn", "taken": "good", "failed": "bad", "waiting": "info"}.get(state, "plain")


def _compare(request: HttpRequest, sheet: SheetReturn) -> None:
    """Compare at once what is small; what is large becomes a job."""
    if returns.path_of(sheet).stat().st_size <= returns.LARGE_FILE:
        returns.compare(sheet)
        return
    job = ask("review_sheet", {"sheet": sheet.pk}, request.user)
    SheetReturn.objects.filter(pk=sheet.pk).update(job=job.pk)


@shown_to(signed_in)
def export(request: HttpRequest, name: str) -> HttpResponse:
    """The filtered list as a workbook; a long one is written by a job."""
    ledger = seen_ledger(request.user, name)
    if ledger is None:
        return not_found(request)
    if not rights.may_export(request.user):
        return not_allowed(request)
    wanted = lists.read_wanted(ledger, request.GET.dict())
    count = lists.fitting(request.user, ledger, wanted).count()
    if count > returns.LARGE_LIST:
        given = {"ledger": name, "wanted": wanted.as_query(), "language": current_language()}
        job = ask("export_sheet", given, request.user)
        return redirect("export_job", name=name, number=job.pk)
    folder = Path(tempfile.mkdtemp())
    try:
        file = folder / "list.xlsx"
        returns.write_list(request.user, ledger, wanted, file)
        content = file.open("rb")
    finally:
        (folder / "list.xlsx").unlink(missing_ok=True)
        folder.rmdir()
    return _workbook(content, f"{ledger.title}.xlsx")


def _workbook(content: Any, name: str) -> HttpResponse:
    response = FileResponse(content, as_attachment=True, filename=name, content_type=_XLSX)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _own_job(request: HttpRequest, number: int) -> Job | None:
    return Job.objects.filter(pk=number, account=request.user, kind="export_sheet").first()


@shown_to(signed_in)
def export_job(request: HttpRequest, name: str, number: int) -> Page | HttpResponse:
    """How far the writing of a long list is."""
    ledger, job = seen_ledger(request.user, name), _own_job(request, number)
    if ledger is None or job is None or job.given.get("ledger") != name:
        return not_found(request)
    shown = shown_job(
        job,
        reverse("export_job", kwargs={"name": name, "number": number}),
        reverse("export_file", kwargs={"name": name, "number": number}),
        Text("下载工作簿", "Download the workbook"),
    )
    if request.headers.get("HX-Request") and not request.path.endswith(".json"):
        return render(request, "parts/job.html", {"job": shown})
    title = Text("导出", "Export")
    back = f"{reverse('sheets', kwargs={'name': name})}"
    line = crumbs(ledger, (Text("Excel 导出导入", "Excel out and in"), back), (title, ""))
    return Page("sheet_job.html", {"title": title, "job": shown}, {"crumbs": line})


def shown_job(job: Job, url: str, result_url: str, result_title: Text) -> dict[str, Any]:
    """A job as `parts/job.html` shows it."""
    return {
        "id": str(job.pk),
        "title": TITLES.get(job.kind, Text(job.kind, job.kind)),
        "state": job.state,
        "done": job.done,
        "total": job.total,
        "note": job.message if job.state == "done" else "",
        "url": url,
        "result_url": result_url,
        "result_title": result_title,
        "error": job.message,
        "mend": "",
        "silent": silence(job),
        "again": reverse("job", kwargs={"number": job.pk}) if job.state == "failed" else "",
    }


@shown_to(signed_in)
def export_file(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """The workbook that a job has written, for whoever asked for it."""
    ledger, job = seen_ledger(request.user, name), _own_job(request, number)
    file = returns.export_path(number)
    if ledger is None or job is None or job.state != "done" or not file.exists():
        return not_found(request)
    return _workbook(file.open("rb"), f"{ledger.title}.xlsx")


# -- a returned sheet ------------------------------------------------------------------------------------------------


@shown_to(signed_in)
def sheet(request: HttpRequest, name: str, number: int) -> Page | HttpResponse:
    """A returned sheet beside the entries: rows by kind, conflicts to be decided, and its taking."""
    ledger = seen_ledger(request.user, name)
    found = SheetReturn.objects.filter(pk=number, account=request.user, ledger=name).first()
    if ledger is None or found is None:
        return not_found(request)
    if request.method == "POST":
        return _act(request, found)
    job = Job.objects.filter(pk=found.job).first() if found.job is not None else None
    here = reverse("sheet", kwargs={"name": name, "number": number})
    if job is not None and not job.is_over:
        shown = shown_job(job, f"{here}?part=job", here, Text("查看结果", "See the result"))
        if request.GET.get("part") == "job":
            return render(request, "parts/job.html", {"job": shown})
        line = crumbs(ledger, (found.name, ""))
        return Page("sheet_job.html", {"title": Text("回表", "Returned sheet"), "job": shown}, {"crumbs": line})
    if request.GET.get("part") == "job" and job is not None:
        shown = shown_job(job, f"{here}?part=job", here, Text("查看结果", "See the result"))
        return render(request, "parts/job.html", {"job": shown})
    kinds = [kind for kind in KINDS if kind != "unchanged"]
    first = next((kind for kind in kinds if found.counts.get(kind)), "changed")
    kind = request.GET.get("kind", "")
    kind = kind if kind in kinds else first
    page = Paginator(found.rows.filter(kind=kind), _PAGE).get_page(request.GET.get("page"))
    waiting = returns.undecided(found) if found.state == "reviewed" else 0
    data = {
        "id": found.pk,
        "ledger": name,
        "name": found.name,
        "state": found.state,
        "counts": found.counts,
        "result": found.result,
        "undecided": waiting,
        "kind": kind,
        "rows": [
            {
                "row": row.number,
                "key": row.key,
                "version": row.version,
                "cells": row.cells,
                "faults": row.faults,
                "choices": row.choices,
            }
            for row in page
        ],
    }
    tabs = [
        {"title": KINDS[each], "url": f"?kind={each}", "current": each == kind, "count": found.counts.get(each, 0)}
        for each in kinds
    ]
    takes = found.counts.get("new", 0) + found.counts.get("changed", 0) + found.counts.get("conflict", 0) - waiting
    extra = {
        "title": Text(f"回表：{found.name}", f"Returned sheet: {found.name}"),
        "lead": _lead(found),
        "mark": {"text": STATES[found.state], "tone": _tone(found.state)},
        "crumbs": crumbs(
            ledger,
            (Text("Excel 导出导入", "Excel out and in"), reverse("sheets", kwargs={"name": name})),
            (found.name, ""),
        ),
        "tabs": tabs,
        "entries": [_shown_row(name, row) for row in page],
        "faulty": [_faulty_row(row) for row in page],
        "faulty_columns": [{"title": title} for title in _FAULTY],
        "page_object": page,
        "page_query": urlencode({"kind": kind}),
        "is_faulty": kind in ("bad", "refused"),
        "open": found.state == "reviewed",
        "failed_job": shown_job(job, here, here, Text("", "")) if job is not None and job.state == "failed" else None,
        "takes": takes,
        "message": found.message,
        "result_lines": _result(found.result),
    }
    return Page("sheet.html", data, extra)


def _faulty_row(row: Any) -> dict[str, Any]:
    """A row that is not taken, with cell, reason and mend."""

    def joined(texts: list[dict[str, str]]) -> str:
        return "；".join(str(Text(text["zh"], text["en"])) for text in texts)

    return {
        "cells": [
            {"text": str(row.number)},
            {"text": row.key},
            {"text": joined(row.faults)},
            {"text": "；".join(fault["cell"] for fault in row.faults)},
            {"text": joined([fault["mend"] for fault in row.faults if fault["mend"]])},
        ]
    }


def _lead(found: SheetReturn) -> Text:
    counts = found.counts
    if not counts:
        return found.state_title
    return Text(
        "，".join(f"{title.zh} {counts.get(kind, 0)} 行" for kind, title in KINDS.items()),
        ", ".join(f"{counts.get(kind, 0)} {title.en}" for kind, title in KINDS.items()),
    )


def _result(result: dict[str, int]) -> list[Text]:
    words = {
        "entered": Text("新增", "entered"),
        "amended": Text("更改", "amended"),
        "kept": Text("按决定保留系统的值", "kept as they stood, as decided"),
        "undecided": Text("冲突未决，没有收入", "conflicts not decided, not taken"),
        "moved": Text("比对后又被他人更改，没有收入", "changed by others after the comparison, not taken"),
        "bad": Text("有误，没有收入", "bad, not taken"),
        "refused": Text("越权，没有收入", "outside the rights, not taken"),
    }
    return [
        Text(f"{words[name].zh}：{count}", f"{words[name].en}: {count}")
        for name, count in result.items()
        if name in words and (count or name in ("entered", "amended"))
    ]


def _shown_row(ledger: str, row: Any) -> dict[str, Any]:
    cells = [
        {
            "name": Text(**cell["title"]),
            "field": cell["field"],
            "before": cell["before"],
            "after": cell["after"],
            "now": cell["now"],
            "kind": cell["kind"],
            "choice": row.choices.get(cell["field"], ""),
        }
        for cell in row.cells
    ]
    url = entry_address(ledger, row.key) if row.version else ""
    return {"key": row.key, "title": Text(f"第 {row.number} 行", f"row {row.number}"), "url": url, "cells": cells}


def _act(request: HttpRequest, found: SheetReturn) -> HttpResponse:
    """Decide conflicts, take the sheet, or set it aside."""
    what = request.POST.get("what", "")
    if found.state != "reviewed":
        messages.info(request, str(Text("这张表已经收入或放弃", "this sheet was taken or set aside already")))
    elif what == "drop":
        SheetReturn.objects.filter(pk=found.pk, state="reviewed").update(state="dropped")
        messages.success(request, str(Text("已放弃，没有收入任何内容", "set aside; nothing was taken")))
    elif what == "compare":
        _compare(request, found)
    elif what in ("decide", "take"):
        _decide(request, found)
        if what == "take":
            _take(request, found)
    return redirect(f"{reverse('sheet', kwargs={'name': found.ledger, 'number': found.pk})}{_kept_kind(request)}")


def _kept_kind(request: HttpRequest) -> str:
    kind = request.POST.get("kind", "")
    return f"?kind={kind}" if kind in KINDS and request.POST.get("what") == "decide" else ""


def _decide(request: HttpRequest, found: SheetReturn) -> None:
    choices: dict[str, dict[str, str]] = {}
    for name, value in request.POST.items():
        if name.startswith("choice:"):
            key, _, field = name.removeprefix("choice:").rpartition(":")
            choices.setdefault(key, {})[field] = str(value)
    decided = returns.decide(found, choices)
    if decided:
        messages.success(request, str(Text(f"已记下 {decided} 格的决定", f"{decided} cells were decided")))


def _take(request: HttpRequest, found: SheetReturn) -> None:
    if returns.path_of(found).stat().st_size > returns.LARGE_FILE:
        job = ask("take_sheet", {"sheet": found.pk}, request.user)
        SheetReturn.objects.filter(pk=found.pk).update(job=job.pk)
        return
    result = returns.take(found)
    words = Text(
        f"已收入：新增 {result['entered']}，更改 {result['amended']}",
        f"taken: {result['entered']} entered, {result['amended']} amended",
    )
    messages.success(request, str(words))


routes = [
    *pair("ledgers/<slug:name>/-/sheets", sheets, "sheets"),
    path("ledgers/<slug:name>/-/export", export, name="export"),
    *pair("ledgers/<slug:name>/-/exports/<int:number>", export_job, "export_job"),
    path("ledgers/<slug:name>/-/exports/<int:number>/file", export_file, name="export_file"),
    *pair("ledgers/<slug:name>/-/sheets/<int:number>", sheet, "sheet"),
]
