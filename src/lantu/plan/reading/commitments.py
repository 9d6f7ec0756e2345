"""Checkable clauses in the texts of measures (可核查承诺): figures, shares, prohibitions, rhythms, documents, trends.

The words that plans use for targets stand in the tables below; a rule looks at one clause, and at the time its sentence
begins with. What the tables do not know is not found: a missed clause is better than an invented one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lantu.base import Deadline, find_times
from lantu.plan.model import PlanDocument, ReadCommitment
from lantu.plan.reading.quantities_in_text import Figure, figures_in, masked, quotas_in, unit_of_noun

_SOFT = re.compile(r"力争|基本|左右|约|原则上|尽量")
_TIME_AT_START = re.compile(
    r"^(?:到|在)?(?:20\d\d年)?(?:年底|[一二三四]季度|上半年|(?:1[0-2]|[1-9]|十[一二]?|[一二三四五六七八九])月(?:底|末|\d{1,2}日)?)前?[,，]?"
)
_DOCUMENT = re.compile(
    r"(?:制定|编制|印发|出台|发布|研究制定|制定并印发|明确)[^,，;；。]*(?:方案|计划|规划|办法|意见|政策|细则|指南|标准|清单|原则)"
    r"|完成《[^》]+》[^,，;；。]*(?:编制|修订|制定)"
)
_ALL = re.compile(
    r"全部(?:为|采用|选用|采取|使用|实现|完成|达标|纳入|淘汰|安装|接入|销账|销号)|实现全部|(?:实现|达到)[^,，;；。]*全覆盖|全覆盖$|率先完成|完成一轮|按计划完成"
)
_BASICALLY_ALL = re.compile(r"基本(?:上)?(?:全部)?(?:为|使用|采用|选用|实现|完成|达到|建成)")
_ALL_OF_CITY = re.compile(
    r"^(?:全市|各区|辖区)[^,，;；。\d]{2,14}实现[^,，;；。\d]{2,10}(?:处置|处理|利用|收集|覆盖|达标)"
)
_ONE_REGISTER = re.compile(
    r"实现[^,，;；。\d]{2,14}管理$|^将[^,，;；。\d]{2,30}纳入[^,，;；。\d]{0,10}(?:台账|清单|名录|平台)"
)
_NEW_BY_STANDARD = re.compile(r"^新[建增].{2,14}(?:(?:落实|执行|符合).{0,6}标准|严格(?:落实|执行))")
_EVERY_ONE_BEFORE = re.compile(r"前对[^,，;；。]*进行全面")
_NONE = re.compile(
    r"(?<!关于)禁止(?!或|和|、)(?P<what>.{2,40})|(?:防止|杜绝|避免)(?P<again>.{2,20})(?:反弹|复燃|复排|回潮)"
)
_ZERO = re.compile(r"(?:实现|达到|确保)“?动态清零")
_BASICALLY_NONE = re.compile(r"基本消除(?P<what>[^,，;；。]{2,20})")
_STABLE = re.compile(r"稳定达标|持续达标|全面达标")
_FALLS = re.compile(r"(?:浓度|天数|总量|排放量|指数|强度|比例)[^,，;；。\d]{0,8}(?:继续|持续|进一步)(?:下降|降低|减少)")
_HOLDS = re.compile(r"总体稳定|保持稳定|稳中向好|不恶化")
_SET_ELSEWHERE = re.compile(
    r"(?:完成|达到|实现)(?:国家|本市|市级|市里)(?:和(?:本市|市级))?(?:下达|考核|规定)?的?[^,，;；。\d]{0,24}(?:目标|任务|要求|指标)"
)
_PERIODIC = re.compile(r"定期(?=[^,，;；。]*(?:通报|公布|公开|发布|更新|监测|报告|排名))")
_YEARS = re.compile(r"([一二两三四五六七八九十\d]+)年一[\u4e00-\u9fff]{1,3}")
_EVERY = re.compile(r"每(?:个)?(日|天|周|星期|月|季度|季|年)|按(月|季度|季|年)(?!度)|逐(月|季)")
_CROP = re.compile(r"产出一季[、,，]?检测一季")
_YEARLY = re.compile(r"开展[^,，;；。]*年度(?:评估|考核|检查|报告)")
_LAST = re.compile(r"退出[^,，;；。]{0,6}后(\d+)名")
_NAMED = re.compile(r"建成投[运用产]|优先(?:消除|治理|完成)")
_SUBJECT_END = re.compile(r"力争|基本|达到|控制在|下降|减排|全部|实现全|稳定达标|每|定期|不低于|不少于")
_ACCORDING = re.compile(r"(?:按照|对标|根据|依据|参照|围绕)")
_NUMERALS = {c: i for i, c in enumerate("一二三四五六七八九十", start=1)} | {"两": 2}
_RHYTHMS = {"日": "日", "天": "日", "周": "周", "星期": "周", "月": "月", "季度": "季度", "季": "季度", "年": "年"}
_POLLUTANTS = re.compile(
    r"化学需氧量|氨氮|总磷|总氮|二氧化硫|氮氧化物|挥发性有机物|细颗粒物|PM2\.5|PM10|臭氧|VOCs|NOx|SO2|COD"
)
_MICROGRAMS = re.compile(r"颗粒物|PM2\.5|PM10|臭氧|二氧化硫|二氧化氮|O3|SO2|NO2")


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a measure's text, and the time that its sentence begins with."""

    text: str
    plain: str
    """The clause with titles in 《》 and bracketed asides blanked, of equal length."""
    time: str
    before: str
    """The sentence up to this clause."""


def find_commitments(document: PlanDocument, year: int | None = None) -> list[ReadCommitment]:
    """The quantified clauses of all measures of a document.

    Args:
        document: a plan as read; it is not changed.
        year: the plan's year, to date clauses that name a month; the document's own if not given.
    """
    known = year or document.year
    found: list[ReadCommitment] = []
    for measure in document.measures():
        of_measure = commitments_in(measure.id, measure.text, measure.deadline, known)
        found += [replace(each, id=f"{measure.id}/{number}") for number, each in enumerate(of_measure, start=1)]
    return found


def commitments_in(measure: str, text: str, deadline: Deadline, year: int | None) -> list[ReadCommitment]:
    """The quantified clauses of one measure.

    Args:
        measure: its id.
        text: its text.
        deadline: its deadline, which a clause's own time replaces.
        year: the plan's year; without one, clauses with a time of their own stay undated.
    """
    found: list[ReadCommitment] = []
    text = re.sub(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff\d])|(?<=\d)\s+(?=[\u4e00-\u9fff%])", "", text)
    for clause in _clauses(text):
        shares = quotas_in(clause.plain)
        if shares is not None:
            _give_quotas(found, *shares)
            if found and not found[-1].measure:
                found[-1] = _placed(found[-1], clause, measure, deadline, year)
            continue
        drafts = list(_drafts(clause))
        found += [_placed(draft, clause, measure, deadline, year) for draft in drafts]
    return found


def _placed(
    draft: ReadCommitment, clause: Clause, measure: str, deadline: Deadline, year: int | None
) -> ReadCommitment:
    """A draft with its measure, its words and its time: the clause's own, else the measure's."""
    due = _due(clause.time, year) if clause.time else None
    return replace(
        draft,
        measure=measure,
        quote=clause.text,
        indicator=_SUBJECT_END.split(clause.text, maxsplit=1)[0] or clause.text,
        qualifier="、".join(dict.fromkeys(_SOFT.findall(clause.text))),
        due=due or (deadline.date.isoformat() if deadline.date else None),
        period="" if year is None else str(year),
    )


def _give_quotas(found: list[ReadCommitment], quotas: dict[str, int | float], unit: str) -> None:
    """Quotas of areas belong to the figure before them in the same unit; that they add up is checked."""
    for index in range(len(found) - 1, -1, -1):
        each = found[index]
        if each.unit == unit and isinstance(each.value, int | float) and each.quotas is None:
            total = sum(quotas.values())
            note = None if total == each.value else f"the quotas add up to {total:g}, not to {each.value:g}"
            found[index] = replace(each, quotas=quotas, note=note)
            return
    total = sum(quotas.values())
    alone = _draft("count", ">=", total, unit, 0.7)
    found.append(replace(alone, quotas=quotas, note="no total is printed: the value is the sum of the quotas"))


def _clauses(text: str) -> Iterator[Clause]:
    for sentence in re.split(r"(?<=[。；;])", text):
        hidden = masked(sentence)
        starts = [0, *(m.end() for m in re.finditer(r"[,，:：]", hidden))]
        time = ""
        for start, end in zip(starts, [*starts[1:], len(sentence)], strict=True):
            part = sentence[start:end].strip(" ,，。；;:：")
            plain = hidden[start:end].strip(" ,，。；;:：")
            if not part:
                continue
            own = _TIME_AT_START.match(part)
            time = own[0].strip(",，") if own else time
            if own and own.end() >= len(part):
                continue
            yield Clause(part, plain, time, sentence[:start])


def _due(time: str, year: int | None) -> str | None:
    if year is None and not re.search(r"20\d\d", time):
        return None
    times = find_times(time, year or 2000)
    day = times[0].deadline.date if times else None
    return day.isoformat() if day else None


def _draft(
    kind: str, comparator: str, value: float | int | str | None, unit: str, sure: float, note: str | None = None
) -> ReadCommitment:
    number = int(value) if isinstance(value, float) and value.is_integer() else value
    return ReadCommitment("", "", "", "", kind, comparator, number, unit, note=note, confidence=sure)


def _drafts(clause: Clause) -> Iterator[ReadCommitment]:
    """What one clause commits to; a clause that names what is followed (按照…的要求) commits to nothing itself."""
    text = clause.plain
    if _ACCORDING.match(text):
        return
    yield from _rhythms(text, clause.text)
    if match := _LAST.search(text):
        yield _draft("rank", "not in last", int(match[1]), "名", 0.9)
        return
    figures = figures_in(text, clause.text)
    if figures:
        yield from (_of_figure(figure) for figure in figures)
        return
    yield from _without_figure(clause)


def _of_figure(figure: Figure) -> ReadCommitment:
    return _draft(figure.kind, figure.comparator, figure.value, figure.unit, figure.confidence)


def _rhythms(text: str, whole: str) -> Iterator[ReadCommitment]:
    for match in _YEARS.finditer(text):
        number = int(match[1]) if match[1].isdigit() else _NUMERALS.get(match[1])
        if number:
            yield _draft("cadence", "every", number, "年", 0.85)
    if _CROP.search(text):
        yield _draft("cadence", "every", 1, "季(作物)", 0.9)
    every = list(dict.fromkeys(next(part for part in m.groups() if part) for m in _EVERY.finditer(text)))
    for word in every:
        yield _draft("cadence", "every", 1, _RHYTHMS[word], 0.85)
    if not every:
        if _YEARLY.search(text):
            yield _draft("cadence", "every", 1, "年", 0.7)
        periodic = _PERIODIC.search(text)
        if periodic and not re.search(r"开展|督促|进行", text[: periodic.start()]):
            yield _draft("cadence", "periodic", None, "", 0.75)
    for time in find_times(whole, 2000):
        start, end = time.deadline.start, time.deadline.date
        in_title = masked(whole)[time.at] == " "
        if time.deadline.type == "window" and start and end and not in_title:
            yield _draft("window", "in", f"{start.month}-{end.month}", "月", 0.8)


def _without_figure(clause: Clause) -> Iterator[ReadCommitment]:
    text = clause.plain
    if match := _BASICALLY_NONE.search(text):
        yield _draft("threshold", "~=", 0, unit_of_noun(match["what"], "处"), 0.8)
        return
    if match := _NAMED.search(text):
        names = [name for name in re.split(r"[、和及]", text[: match.start()] or text[match.end() :]) if name]
        if len(names) > 1:
            unit = unit_of_noun("、".join(names), "") or unit_of_noun(text, "处")
            yield _draft("named_list", "=", len(names), unit, 0.7)
            return
    if _SET_ELSEWHERE.search(text) and not re.search(r"基础上|前提下", text):
        yield from _set_elsewhere(clause)
        return
    if falls := _FALLS.search(text):
        for part in text[: falls.end()].split("、"):
            if re.search(r"浓度|天数|总量|排放量|指数|强度|比例", part):
                unit = "天" if "天数" in part else "μg/m³" if "浓度" in part and _MICROGRAMS.search(clause.text) else ""
                yield _draft("trend", "<baseline", None, unit, 0.8)
        return
    if _STABLE.search(text):
        yield _draft("threshold", "=", 100, "%", 0.8)
        return
    if _HOLDS.search(text):
        yield _draft("trend", ">=baseline", None, "", 0.7)
        return
    if _ZERO.search(text):
        yield _draft("closed_loop", "=", 0, "处", 0.75)
        return
    if match := _NONE.search(text):
        kind = "prohibition" if match["what"] else "threshold"
        yield _draft(kind, "=", 0, unit_of_noun(match["what"] or match["again"], "起"), 0.75)
        return
    if "全覆盖" in text and "基本" in text:
        yield _draft("coverage", "~=", 100, "%", 0.8)
        return
    if _BASICALLY_ALL.search(text):
        yield _draft("share", "~=", 100, "%", 0.75)
        return
    if _EVERY_ONE_BEFORE.search(text):
        yield _draft("deadline", "all", 100, "%", 0.65)
        return
    if clause.time and _DOCUMENT.search(clause.text):
        yield _draft("deliverable", "=", 1, "份", 0.8)
        return
    if any(rule.search(text) for rule in (_ALL, _ALL_OF_CITY, _ONE_REGISTER, _NEW_BY_STANDARD)):
        yield _draft("coverage", "=", 100, "%", 0.7)
        return
    if clause.time and re.search(r"完成[^,，;；。]{4,}(?:工作|任务)$", text):
        yield _draft("deadline", "=", 100, "%", 0.6)


def _set_elsewhere(clause: Clause) -> Iterator[ReadCommitment]:
    """A figure that another document sets; one for each pollutant that is named in a row."""
    context = clause.before + clause.text
    pollutants = _POLLUTANTS.findall(clause.text)
    if re.search(r"减排|总量", clause.text) and not re.search(r"消耗|消费", clause.text):
        unit, comparator = "吨", ">="
    elif re.search(r"能源消[耗费]|能耗", context):
        unit, comparator = "吨标煤", "<="
    elif re.search(r"比例|率", clause.text):
        unit, comparator = "%", ">="
    else:
        unit, comparator = "个村" if "村" in context else "", ">="
    for _ in pollutants or [""]:
        yield _draft("external_target", comparator, None, unit, 0.8, note="value set outside the document")
