"""Raising cases by rules (按规则立案): first what would be raised, then raising it; and the rows behind a case."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from lantu.base import Text
from lantu.office import inbox, rights
from lantu.office.cases.grounds import KeptRow, ground_of, kept_row, rows_around
from lantu.office.cases.looking import last_whole_day, rules_of
from lantu.office.desk import desk
from lantu.office.jobs import raising
from lantu.office.jobs.models import Job
from lantu.office.jobs.work import ask
from lantu.office.notices.noting import mark_seen
from lantu.office.register.story import area_title, body_title
from lantu.site.answers import Page, pair, shown_to
from lantu.site.pages.case_work import case_crumbs
from lantu.site.pages.entries import seen_entry
from lantu.site.pages.errors import not_found
from lantu.site.pages.ledgers import entry_address
from lantu.site.pages.sheets import shown_job

if TYPE_CHECKING:
    from lantu.office.cases import Rule
    from lantu.office.register.models import Entry

KINDS = ("find_cases", "raise_cases")
_MOST_LINKS = 300
_OUTCOMES = {
    "entered": (Text("新立", "a new case"), "info"),
    "joined": (Text("并入同一新问题", "goes into the same new case"), "plain"),
    "added": (Text("并入", "added to"), "plain"),
    "reopened": (Text("重开", "reopens"), "warn"),
    "refused": (Text("驳回期内，不立", "not raised: refused not long ago"), "plain"),
    "known": (Text("已有", "known"), "plain"),
}


class LookForm(forms.Form):
    """Which days are looked at, by which rules."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        bad = {"invalid": str(Text("不是日期", "it is no date")), "required": str(Text("必填", "it is needed"))}
        last = last_whole_day(desk().workspace)
        self.fields["day"] = forms.DateField(
            label=str(Text("查到哪一天", "the last day")),
            initial=last.isoformat(),
            widget=forms.DateInput(attrs={"type": "date", "max": desk().today.isoformat()}),
            error_messages=bad,
        )
        self.fields["days"] = forms.IntegerField(
            label=str(Text("查几天", "how many days")),
            initial=inbox.handling().raising.days,
            min_value=1,
            max_value=31,
            help_text=str(Text("迟到的数据也会查到", "data that came late are seen too")),
        )
        self.fields["rules"] = forms.MultipleChoiceField(
            label=str(Text("只用这些规则（不选为全部）", "only these rules (all if none is picked)")),
            required=False,
            choices=[(name, str(rule.title)) for name, rule in rules_of(desk().pack).items()],
            widget=forms.SelectMultiple(attrs={"size": 6}),
        )

    def clean_day(self) -> dt.date:
        """A day that has not come cannot be looked at."""
        day: dt.date = self.cleaned_data["day"]
        if day > desk().today:
            raise forms.ValidationError(str(Text("这一天还没有到", "that day has not come")))
        return day


@shown_to(rights.may_run_jobs)
def raise_by_rules(request: HttpRequest) -> Page | HttpResponse:
    """Look first: nothing is entered before somebody has seen what it would be."""
    form = LookForm(request.POST) if request.method == "POST" and "job" not in request.POST else LookForm()
    if request.method == "POST":
        asked = _asked(request, form)
        if asked is not None:
            return redirect(f"{reverse('raise_cases')}?job={asked.pk}")
    jobs = list(Job.objects.filter(kind__in=KINDS)[:20])
    wanted = request.GET.get("job", "")
    chosen = Job.objects.filter(kind__in=KINDS, pk=int(wanted)).first() if wanted.isdecimal() else None
    if wanted and chosen is None:
        return not_found(request)
    shown = None
    if chosen is not None and chosen.state != "done":
        here = f"{reverse('raise_cases')}?job={chosen.pk}"
        shown = {**shown_job(chosen, here, here, Text("查看结果", "See the result")), "note": chosen.step}
    elif chosen is not None and request.headers.get("HX-Request"):
        here = f"{reverse('raise_cases')}?job={chosen.pk}"
        shown = shown_job(chosen, here, here, Text("查看结果", "See the result"))
    if shown is not None and request.headers.get("HX-Request"):
        return render(request, "parts/job.html", {"job": shown})
    if chosen is not None and chosen.is_over:
        mark_seen(request.user, f"job/{chosen.pk}")
    done = chosen if chosen is not None and chosen.state == "done" else None
    data = {
        "runs": [_run(job) for job in jobs],
        "job": chosen.as_json() if chosen else None,
    }
    raising_ = inbox.handling().raising
    extra: dict[str, Any] = {
        "crumbs": case_crumbs(Text("按规则立案", "Raise by rules")),
        "form": form,
        "shown": shown,
        "chosen": _run(chosen) if chosen else None,
        "message": done.message if done else "",
        "every_morning": raising_.every_morning,
        "after_import": raising_.after_import,
        **(_found(done) if done and done.kind == "find_cases" else {}),
        **(_raised(done) if done and done.kind == "raise_cases" else {}),
    }
    return Page("cases_raise.html", data, extra, 422 if form.errors else 200)


def _asked(request: HttpRequest, form: LookForm) -> Job | None:
    """The job that a form asks for: raising what a look has found, or a look."""
    number = request.POST.get("job", "")
    if number:
        look = Job.objects.filter(kind="find_cases", state="done", pk=number if number.isdecimal() else 0).first()
        if look is None:
            messages.error(request, str(Text("请先查找", "look first")))
            return None
        given = raising.given(dt.date.fromisoformat(look.given["day"]), look.given["days"], look.given["rules"])
        return ask("raise_cases", given, request.user)
    if not form.is_valid():
        return None
    given = raising.given(form.cleaned_data["day"], form.cleaned_data["days"], form.cleaned_data["rules"] or None)
    waiting = Job.objects.filter(kind="find_cases", given=given, state__in=["waiting", "running"]).first()
    return waiting or ask("find_cases", given, request.user)


def _run(job: Job) -> dict[str, Any]:
    from lantu.office.jobs.work import TITLES
    from lantu.site.templatetags.lantu import day

    names = job.given.get("rules")
    rules = rules_of(desk().pack)
    return {
        "id": job.pk,
        "title": TITLES[job.kind],
        "state": job.state,
        "state_title": job.state_title,
        "at": day(job.created),
        "by": job.account.username if job.account is not None else "lantu",
        "day": job.given.get("day"),
        "days": job.given.get("days"),
        "rules": [rules[name].title for name in names if name in rules] if names else [],
        "message": job.message if job.is_over else "",
        "url": f"{reverse('raise_cases')}?job={job.pk}",
    }


def _rule_title(name: str) -> Text:
    rule = rules_of(desk().pack).get(name)
    return rule.title if rule is not None else Text(name, name)


def _found(job: Job) -> dict[str, Any]:
    """What a look has found: by rule, then hit by hit."""
    counted, unknown = job.result.get("rules_counted", {}), job.result.get("unknown", {})
    rows = []
    for name in job.given.get("rules") or rules_of(desk().pack):
        kinds = counted.get(name, {})
        why = "；".join(str(Text(**each)) for each in unknown.get(name, ())[:3])
        cells: list[dict[str, Any]] = [{"text": _rule_title(name), "note": why}]
        cells += [{"text": kinds.get(kind, 0) or "", "numeric": True, "sort": kinds.get(kind, 0)} for kind in _OUTCOMES]
        rows.append((sum(kinds.values()), {"cells": cells}))
    rows.sort(key=lambda row: -row[0])
    outcomes = []
    for each in job.result.get("outcomes", ()):
        title, tone = _OUTCOMES[each["kind"]]
        case = each.get("case")
        outcomes.append(
            {
                "cells": [
                    {"text": each["subject"], "note": Text(**each["what"])},
                    {"text": _rule_title(each["rule"])},
                    {"text": area_title(each["area"])},
                    {"text": body_title(each["unit"])},
                    {"text": each["due_on"] if each["kind"] == "entered" else "", "tight": True},
                    {"text": title, "tone": tone}
                    if not case
                    else {"text": case, "url": entry_address(inbox.CASES, case), "note": title},
                ]
            }
        )
    changed = (desk().book.store.version(inbox.CASES) or 0) != job.result.get("changed")
    return {
        "look": job.pk,
        "stale": changed,
        "fresh": job.result.get("fresh", 0),
        "rule_rows": [row for _, row in rows],
        "rule_columns": [
            {"title": Text("规则", "rule")}, *({"title": title, "numeric": True} for title, _ in _OUTCOMES.values())
        ],
        "outcome_rows": outcomes,
        "outcome_columns": [
            {"title": title}
            for title in (
                Text("对象与问题", "subject, what is wrong"), Text("规则", "rule"), Text("区域", "area"),
                Text("承办单位", "unit"), Text("期限", "deadline"), Text("处理", "what becomes of it"),
            )
        ],
        "left_out": job.result.get("left_out", 0),
        "work": any(each["kind"] in ("entered", "added", "reopened") for each in job.result.get("outcomes", ())),
        "none": {"title": Text("没有要新立、并入或重开的", "Nothing to raise, to add or to open again"), "text": ""},
    }  # fmt: skip


def _raised(job: Job) -> dict[str, Any]:
    """What was raised, with links."""
    groups = []
    for kind, title in (
        ("entered", Text("新立的问题", "New cases")),
        ("added", Text("并入新线索的问题", "Cases with a new hit")),
        ("reopened", Text("反弹重开的问题", "Cases opened again")),
    ):
        numbers = list(dict.fromkeys(job.result.get(kind, ())))
        if numbers:
            links = [{"text": each, "url": entry_address(inbox.CASES, each)} for each in numbers[:_MOST_LINKS]]
            groups.append({"title": title, "count": len(numbers), "links": links})
    return {"groups": groups, "nothing": not groups}


# -- why a case was raised --------------------------------------------------------------------------------------------


def rule_of(entry: Entry) -> Rule | None:
    """The rule that raised a case, if the pack still has it."""
    name = entry.values.get("rule")
    return rules_of(desk().pack).get(str(name)) if name else None


def case_rows(entry: Entry) -> list[KeptRow]:
    """The rows that a case keeps."""
    rule, ledgers = rule_of(entry), desk().pack.ledgers
    lines = str(entry.values.get("data_rows") or "").split("\n")
    return [kept_row(line, rule, ledgers) for line in lines if line]


def shown_ground(account: Any, entry: Entry) -> dict[str, Any]:
    """Rule, limit, reference and rows of a case, with links to what the account may see."""
    rule, rows = rule_of(entry), case_rows(entry)
    pairs: list[dict[str, Any]] = []
    if rule is not None:
        day = dt.date.fromisoformat(str(entry.values.get("occurred_on") or desk().today.isoformat()))
        ground = ground_of(desk().pack, rule, day, rows, desk().workspace)
        pairs = [
            {"name": Text("规则", "rule"), "value": ground.title, "note": rule.rule},
            {"name": Text("查什么", "looks at"), "value": ground.looks_at},
            {"name": Text("限值或条件", "limit or condition"), "value": ground.limit},
            {"name": Text("依据", "reference"), "value": ground.reference},
        ]
        pairs = [each for each in pairs if each["value"]]
        if ground.own_choice:
            words = Text("期限和观察期为规则包自定", "deadline and periods are the pack's own choice")
            pairs.append({"name": Text("说明", "note"), "value": words})
    lines = []
    for number, row in enumerate(rows, 1):
        url = ""
        if row.entry is not None and rights.visible_entry(account, *row.entry) is not None:
            url = entry_address(*row.entry)
        elif row.is_found:
            url = f"{reverse('case_rows', kwargs={'key': entry.key})}?row={number}"
        lines.append({"text": row.text, "url": url})
    return {"pairs": pairs, "lines": lines}


@shown_to(rights.sees_office)
def behind_case(request: HttpRequest, key: str) -> Page | HttpResponse:
    """The rows that one line of a case means, among the others of that day; who sees the case sees them."""
    found = seen_entry(request, inbox.CASES, key)
    if found is None:
        return not_found(request)
    rows = case_rows(found[1])
    wanted = request.GET.get("row", "1")
    row = rows[int(wanted) - 1] if wanted.isdecimal() and 0 < int(wanted) <= len(rows) else None
    if row is None or not row.is_found:
        return not_found(request)
    around = rows_around(desk().lake, row)
    records = [
        {name: value for (name, *_), value in zip(around.columns, values, strict=True)} for values in around.rows
    ]
    data = {
        "case": key,
        "row": row.text,
        "dataset": row.dataset,
        "station": row.station,
        "rows": [{**record, "meant": meant} for record, meant in zip(records, around.meant, strict=True)],
        "left_out": around.left_out,
    }
    extra = {
        "crumbs": [
            {"title": Text("问题", "Cases"), "url": reverse("cases")},
            {"title": key, "url": entry_address(inbox.CASES, key)},
            {"title": Text("数据行", "Rows"), "url": ""},
        ],
        "dataset_url": reverse("dataset", args=[row.dataset]),
        "columns": [
            {"title": f"{title} ({unit})" if unit and unit != "1" else title, "numeric": bool(unit)}
            for _, title, unit in around.columns
        ],
        "shown": [
            {"cells": [_cell(value, unit) for value, (_, _, unit) in zip(values, around.columns, strict=True)],
             "chosen": meant}
            for values, meant in zip(around.rows, around.meant, strict=True)
        ],
        "meant": sum(around.meant),
        "empty": {
            "title": Text("数据集中没有这些行", "The dataset does not hold these rows"),
            "text": Text("可能没有数据，或已被更正取代", "nothing came, or a correction took their place"),
        },
    }  # fmt: skip
    return Page("case_rows.html", data, extra)


def _cell(value: Any, unit: str) -> dict[str, Any]:
    if isinstance(value, dt.datetime):
        return {"text": value.strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00"), "tight": True}
    if isinstance(value, float):
        return {"text": f"{value:.6g}", "numeric": True, "sort": value}
    return {"text": "" if value is None else str(value), "numeric": bool(unit)}


routes = [
    *pair("cases/raise", raise_by_rules, "raise_cases"),
    *pair("cases/rows/<path:key>", behind_case, "case_rows"),
]
