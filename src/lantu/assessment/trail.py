"""Where a verdict by ledgers comes from: the selection in words, the entries one by one, and their history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from lantu.assessment.ground import CASES, DOCUMENTS, Ground
from lantu.assessment.model import AssessmentRow
from lantu.assessment.step import Step, fact
from lantu.assessment.verdict import Used, Verdict
from lantu.base import Text, unit_title

if TYPE_CHECKING:
    from lantu.ledgers import Change, Ledger

SHOWN = 8
"""So many entries are named in the chain; all of them go to the file of rows."""


def ledger_fact(ground: Ground, name: str, version: Any) -> tuple[Text, Text]:
    """Which ledger at which change."""
    ledger = ground.pack.ledgers.get(name)
    title = Text(name, name) if ledger is None else ledger.title
    return fact(
        "台账", "ledger", Text(f"{title.zh}（{name}）第 {version} 次变动", f"{title.en} ({name}), change {version}")
    )


def ledger_steps(ground: Ground, commitment: Any, verdict: Verdict, row: AssessmentRow) -> list[Step]:
    """The steps from the verdict to the entries."""
    rule = commitment.inner if commitment.kind == "each" else commitment
    ledgers = [name.removeprefix("ledger:") for name in verdict.versions if name.startswith("ledger:")]
    facts = _selections(ground, rule)
    facts += [ledger_fact(ground, name, verdict.versions[f"ledger:{name}"]) for name in ledgers]
    steps = [Step(Text("按什么口径", "what is counted"), tuple(facts))]
    if verdict.limit is not None and row.value is not None:
        title = unit_title(row.unit)
        test = f"{row.value} {verdict.limit.comparator} {verdict.limit.value}"
        compared = [
            fact("来源", "held against", verdict.limit.origin),
            fact("式", "test", Text(f"{test} {title.zh}".rstrip(), f"{test} {title.en}".rstrip())),
        ]
        if row.since is not None:
            compared.append(fact("自何日", "since", row.since))
        if row.projection is not None:
            compared.append(fact("按现进度到期", "at this pace by the due day", row.projection))
        steps.append(Step(Text("比较", "the comparison"), tuple(compared)))
    against = [each for each in verdict.used if not each.counts]
    counting = [each for each in verdict.used if each.counts]
    for title, group in (
        (Text("不符合或缺的条目", "entries against it"), against),
        (Text("计入的条目", "entries that count"), counting),
    ):
        if group:
            listed = [fact(each.key, each.key, each.how) for each in group[:SHOWN]]
            if len(group) > SHOWN:
                more = len(group) - SHOWN
                listed.append(fact("…", "...", Text(f"另有 {more} 条（--rows 全部写出）", f"{more} more (--rows)")))
            steps.append(Step(Text(f"{title.zh}（{len(group)}）", f"{title.en} ({len(group)})"), tuple(listed), True))
    last = [fact("程序版本", "code", verdict.versions.get("lantu", "—"))]
    if row.simulated:
        last.append(fact("注意", "mind", Text("模拟数据，不是真实条目", "simulated data, no real entries")))
    steps.append(Step(Text("数据从哪里来", "where the data come from"), tuple(last)))
    return steps


def _selections(ground: Ground, rule: Any) -> list[tuple[Text, Text]]:
    """The rule's names in words: which states and selections of which ledger."""
    facts = []
    ledger_name = getattr(rule, "ledger", None) or {"deliverable": DOCUMENTS}.get(rule.kind, CASES)
    ledger: Ledger | None = ground.pack.ledgers.get(ledger_name)
    for key, zh, en in (
        ("state", "计数口径", "counted"),
        ("of", "应覆盖", "to be covered"),
        ("covered", "已覆盖", "covered"),
    ):
        name = getattr(rule, key, None)
        if name and ledger is not None and name in ledger.names():
            title = ledger.title_of(name)
            facts.append(fact(zh, en, Text(f"{title.zh}（{name}）", f"{title.en} ({name})")))
    for key, field, zh, en in (
        ("document", "document", "文件", "document"),
        ("cases", "case_class", "问题类别", "class of cases"),
        ("event", "case_class", "问题类别", "class of cases"),
    ):
        name = getattr(rule, key, None)
        declared = ledger.field(field) if ledger is not None else None
        if name and declared is not None and name in declared.codes:
            title = declared.codes[name]
            facts.append(fact(zh, en, Text(f"{title.zh}（{name}）", f"{title.en} ({name})")))
    return facts


def entry_lines(ground: Ground, verdict: Verdict) -> Iterator[Sequence[Any]]:
    """The header and one line for each entry that a verdict rests on, as it stood."""
    if not verdict.used or ground.book is None:
        return
    yield ["ledger", "key", "counts", "how", "how_en", "area", "state", "day", "version", "person", "unit", "data"]
    latest: dict[str, dict[str, Change]] = {}
    for each in verdict.used:
        if each.ledger not in latest:
            keys = [other.key for other in verdict.used if other.ledger == each.ledger]
            latest[each.ledger] = ground.book.store.latest(each.ledger, list(dict.fromkeys(keys)))
        yield _line(each, latest[each.ledger].get(each.key))


def _line(used: Used, change: Change | None) -> Sequence[Any]:
    import json

    begin = [used.ledger, used.key, "yes" if used.counts else "no", used.how.zh, used.how.en]
    if change is None:
        return [*begin, "", "", "", "", "", "", ""]
    data = json.dumps(change.data, ensure_ascii=False)
    return [
        *begin,
        change.area,
        change.state,
        change.day,
        change.version,
        change.person,
        change.unit,
        data,
    ]
