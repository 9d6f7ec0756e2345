"""Reports (填报): what a unit reports each month, with files; review, completeness, changes after approval."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from lantu.assessment import Status
from lantu.base import LantuError, Text
from lantu.office import rights
from lantu.office.desk import desk
from lantu.office.evidence import received
from lantu.office.outages import status_of
from lantu.office.register.models import Entry
from lantu.office.reports import changed_since_approval, duties_of, report_table, submit_report
from lantu.office.reports.changes import all_changed
from lantu.office.reports.table import REPORTS, UnitMonth, due_of, months_of
from lantu.site.answers import Page, at_day, pair, shown_to
from lantu.site.forms.ledger_forms import FilesField
from lantu.site.links import measure_link
from lantu.site.lists import frame, kept_query, paged
from lantu.site.pages.ledgers import entry_address

_REVIEW_HEADS = (
    Text("措施", "measure"),
    Text("单位", "unit"),
    Text("自报", "declared"),
    Text("核实", "evidenced"),
    Text("说明", "in words"),
    Text("办理", "decide"),
)


def _months() -> list[str]:
    """The months that can be reported on: those that have ended, and the running one."""
    found = months_of(desk().pack, desk().today)
    running = f"{desk().today:%Y-%m}"
    return sorted({*found, *([running] if running <= f"{desk().pack.year}-12" else [])}, reverse=True)


def _month(request: HttpRequest) -> str:
    months = _months()
    wanted = request.GET.get("month", "")
    return wanted if wanted in months else (months[0] if months else f"{desk().pack.year}-01")


def report_key(measure: str, unit: str, month: str) -> str:
    """The key of a unit's report on a measure for a month."""
    return f"{measure}/{unit}/{month}"


def _own(unit: str, month: str) -> list[dict[str, Any]]:
    """What a unit has to report for a month, with what it has handed in."""
    pack = desk().pack
    duties = duties_of(pack, unit)
    keys = [report_key(duty.measure, unit, month) for duty in duties]
    there = {row.key: row for row in Entry.objects.filter(ledger=REPORTS, key__in=keys)}
    ledger = pack.ledgers[REPORTS]
    field = ledger.field("declared")
    assert field is not None
    found = []
    for duty, key in zip(duties, keys, strict=True):
        row = there.get(key)
        declared = row.values.get("declared") if row else None
        found.append(
            {
                "measure": duty.measure,
                "summary": pack.measures[duty.measure].summary,
                "role": duty.role,
                "state": row.state if row else None,
                "state_title": ledger.states[row.state].title if row else Text("未填报", "not reported"),
                "declared": declared,
                "declared_title": field.codes[declared] if declared else None,
                "percent": row.values.get("percent") if row else None,
                "key": key if row else None,
            }
        )
    return found


@shown_to(rights.sees_office)
def reports(request: HttpRequest) -> Page:
    """The month's reports: one's own, those to review, and who has handed in what."""
    at, account, month = desk(), request.user, _month(request)
    own = _own(account.unit, month)
    everyone = rights.sees_journal(account)
    table = report_table(at.book, at.pack, at.today, [month], None if everyone else account.unit)
    due = due_of(at.pack, month)
    review = _to_review(account, month) if everyone else []
    page = paged(request, review)
    snapshot = at_day(request)
    assessment = snapshot.assessment if snapshot else None
    data = {
        "month": month,
        "due_on": due.day,
        "due_stale": due.stale,
        "unit": account.unit,
        "own": own,
        "table": [row.as_json() for row in table],
        "review": [{"key": row.key, "version": row.version, **row.values} for row in page],
        **frame(page),
    }
    extra = {
        "months": _months(),
        "own_open": sum(each["state"] in (None, "returned") for each in own),
        "own_columns": [{"title": title} for title in _OWN_HEADS],
        "own_rows": [_own_row(each, month) for each in own],
        "review_heads": _REVIEW_HEADS,
        "review_rows": [_review_row(row, assessment) for row in page],
        "list_page": page,
        "kept": kept_query(request),
        "table_columns": [{"title": title, "numeric": numeric} for title, numeric in _TABLE_HEADS],
        "table_rows": [_table_row(row) for row in table],
        "everyone": everyone,
    }
    return Page("reports.html", data, extra)


_OWN_HEADS = (
    Text("措施", "measure"),
    Text("角色", "role"),
    Text("状态", "state"),
    Text("自报", "declared"),
    Text("办理", "act"),
)
_ROLE = {
    "lead": Text("牵头", "lead"),
    "responsible": Text("主责", "responsible"),
    "assisting": Text("协办", "assisting"),
}
_TONES = {None: "warn", "returned": "bad", "submitted": "info", "approved": "good"}


def _own_row(each: dict[str, Any], month: str) -> dict[str, Any]:
    address = f"{reverse('report', args=[each['measure']])}?month={month}"
    act = Text("填报", "report") if each["state"] in (None, "returned") else Text("查看", "look")
    return {
        "cells": [
            {"text": each["measure"], "note": each["summary"], "url": measure_link(each["measure"])},
            {"text": _ROLE.get(each["role"], each["role"])},
            {"text": each["state_title"], "tone": _TONES.get(each["state"], "plain")},
            {
                "text": each["declared_title"] or "—",
                "note": f"{each['percent']}%" if each["percent"] is not None else "",
            },
            {"text": act, "url": address},
        ]
    }


_TABLE_HEADS = (
    (Text("单位", "unit"), False),
    (Text("应报", "expected"), True),
    (Text("按时", "in time"), True),
    (Text("迟报", "late"), True),
    (Text("未报", "missing"), True),
    (Text("待报", "pending"), True),
    (Text("已退回", "returned"), True),
    (Text("已审核", "approved"), True),
    (Text("完整率", "complete"), True),
    (Text("及时率", "in time, share"), True),
)


def _table_row(row: UnitMonth) -> dict[str, Any]:
    def share(value: Decimal | None) -> dict[str, Any]:
        return {"text": "—" if value is None else f"{value}%", "sort": -1 if value is None else float(value)}

    figures = (row.expected, row.in_time, row.late, row.missing, row.pending, row.returned, row.approved)
    return {
        "cells": [
            {"text": desk().pack.units.title(row.unit)},
            *({"text": figure, "sort": figure} for figure in figures),
            share(row.completeness),
            share(row.timeliness),
        ]
    }


def _to_review(account: Any, month: str) -> Any:
    """The reports of other units that wait for a decision."""
    rows = rights.visible_entries(account).filter(ledger=REPORTS, state="submitted", key__endswith=f"/{month}")
    return rows.exclude(holder=account.unit).order_by("id")


def _review_row(row: Entry, assessment: Any) -> dict[str, Any]:
    field = desk().pack.ledgers[REPORTS].field("declared")
    assert field is not None
    values = row.values
    known = assessment is not None and row.area in assessment.measures.get(values["measure"], ())
    status = assessment.measure_status(values["measure"], row.area) if known else None
    rosy = values["declared"] == "done" and status in (Status.MISSED, Status.AT_RISK)
    return {
        "key": row.key,
        "version": row.version,
        "url": entry_address(REPORTS, row.key),
        "measure": values["measure"],
        "unit": desk().pack.units.title(values["unit_name"]),
        "declared": field.codes[values["declared"]],
        "percent": values.get("percent"),
        "status": status.value if status else None,
        "rosy": rosy,
        "words": values.get("words", ""),
    }


class ReportForm(forms.Form):
    """A monthly report."""

    declared = forms.ChoiceField(label=Text("进展", "Progress"))
    percent = forms.CharField(label=Text("完成比例（%）", "Share done (%)"), required=False, max_length=10)
    words = forms.CharField(
        label=Text("进展说明", "In words"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 6})
    )
    files = FilesField(
        label=Text("附件", "Files"),
        required=False,
        help_text=Text("照片、PDF、Word、Excel", "photos, PDF, Word, Excel"),
    )

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        field = desk().pack.ledgers[REPORTS].field("declared")
        assert field is not None
        self.fields["declared"].choices = [(code, str(title)) for code, title in field.codes.items()]

    def clean_percent(self) -> Decimal | None:
        written = self.cleaned_data["percent"].strip().rstrip("%％")
        if not written:
            return None
        try:
            return Decimal(written)
        except InvalidOperation:
            raise forms.ValidationError(str(Text("不是数", "this is not a number"))) from None


@shown_to(rights.reports)
def report(request: HttpRequest, measure: str) -> Page | HttpResponse:
    """One's own report on a measure for a month, beside what the data show and what was reported before."""
    at, account, month = desk(), request.user, _month(request)
    declared = at.pack.measures.get(measure)
    duty = next((each for each in duties_of(at.pack, account.unit) if each.measure == measure), None)
    if declared is None or duty is None:
        raise Http404
    key = report_key(measure, account.unit, month)
    there = Entry.objects.filter(ledger=REPORTS, key=key).first()
    open_now = there is None or there.state == "returned"
    values = there.values if there else {}
    form = ReportForm(request.POST or None, request.FILES or None, initial=values)
    refused = 422
    if request.method == "POST" and open_now and form.is_valid():
        given = form.cleaned_data
        try:
            with received([("attachment", file) for file in given["files"]]) as files, transaction.atomic():
                submit_report(
                    at.book,
                    at.pack,
                    measure,
                    month,
                    given["declared"],
                    account.actor(),
                    given["percent"],
                    given["words"],
                )
                if files:
                    at.book.advance(REPORTS, key, "attach", account.actor(), evidence=files)
        except LantuError as error:
            form.add_error(None, str(error))
            refused = status_of(error)
        else:
            messages.success(request, str(Text(f"{measure} {month} 已提交", f"{measure} for {month} was handed in")))
            return redirect(f"{reverse('reports')}?month={month}")
    elif request.method == "POST" and not open_now:
        form = ReportForm(initial=values)
        messages.warning(request, str(Text("已经提交过，没有重复填报", "it was handed in already; nothing was added")))
    earlier = Entry.objects.filter(ledger=REPORTS, key__startswith=f"{measure}/{account.unit}/").order_by("-key")[:12]
    snapshot = at_day(request)
    status = snapshot.assessment.measure_status(measure, duty.area) if snapshot else Status.UNKNOWN
    reason = next((c.note for c in reversed(at.book.store.history(REPORTS, key)) if c.action == "return"), None)
    data = {
        "measure": measure,
        "summary": declared.summary,
        "month": month,
        "unit": account.unit,
        "state": there.state if there else None,
        "status": status.value,
        "returned_because": reason if there and there.state == "returned" else None,
        "earlier": [{"month": row.values["month"], "state": row.state, **row.values} for row in earlier],
        "changed": [each.as_json() for each in changed_since_approval(at.book, key, first=True)] if there else [],
    }
    extra = {
        "form": form if open_now else None,
        "entry_url": entry_address(REPORTS, key) if there else "",
        "measure_url": measure_link(measure),
        "months": _months(),
        "ledger": at.pack.ledgers[REPORTS],
    }
    return Page("report.html", data, extra, status=refused if form.errors and request.method == "POST" else 200)


@shown_to(rights.sees_journal)
def changed(request: HttpRequest) -> Page:
    """All that was changed in reports after they were first approved."""
    month = request.GET.get("month", "")
    found = all_changed(desk().book, month if month in _months() else None)
    page = paged(request, found)
    ledger = desk().pack.ledgers[REPORTS]
    rows = []
    for each in page:
        field = ledger.field(each.field)
        rows.append(
            {
                "cells": [
                    {"text": each.key, "url": entry_address(REPORTS, each.key)},
                    {"text": field.title if field else each.field},
                    {"text": "—" if each.approved is None else each.approved},
                    {"text": "—" if each.now is None else each.now},
                    {"text": each.changed_on},
                    {"text": each.person, "note": each.unit},
                    {"text": each.reason or "—"},
                ]
            }
        )
    extra = {
        "rows": rows,
        "columns": [{"title": title} for title in _CHANGED_HEADS],
        "list_page": page,
        "kept": kept_query(request),
    }
    return Page("reports_changed.html", {**frame(page), "changed": [each.as_json() for each in page]}, extra)


_CHANGED_HEADS = (
    Text("填报", "report"),
    Text("字段", "field"),
    Text("审核时", "approved"),
    Text("现在", "now"),
    Text("变动日", "changed on"),
    Text("经办人", "person"),
    Text("理由", "reason"),
)

routes = [
    *pair("reports", reports, "reports"),
    *pair("reports/changed", changed, "reports_changed"),
    *pair("reports/<slug:measure>", report, "report"),
]
