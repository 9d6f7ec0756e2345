"""Figures with units in a clause: what is a target, what only tells which things are meant."""

from __future__ import annotations

import re
from dataclasses import dataclass

_UNITS = (
    "吨/平方公里·月|克/平方米|微克/立方米|毫克/立方米|万千瓦时|千瓦时|吨标煤|平方公里|平方米|立方米|公里|公顷|亩|米"
    "|辆次|人次|个村|条段|家|辆|台|座|条|处|户|个|起|份|项|套|组|吨|%|百分点|天"
)
_FIGURE = re.compile(
    rf"(?P<number>\d+(?:\.\d+)?)(?P<multiple>万|亿)?(?P<unit>{_UNITS})\s*(?P<after>以上|以内|以下|左右)?(?P<rest>[^,，;；。]*)"
)
_MULTIPLES = {"万": 10**4, "亿": 10**8}
_REACH = re.compile(
    r"(?:达到|达|提高到|提升到|提高至|提升至|增加到|增至|完成|建设|建成|新建|改造|推广|淘汰|治理|整治|组织|创建|实现|新增|更新|消除|清理|关停|关闭|拆除|替代|更换|绿化|修复|减排|削减|压减"
    r"|下降|降低|降至|减少|控制在|不低于|不少于|不超过|不高于|优于|确保|推动|开展|退出|安装|检查|抽检)"
)
_AT_MOST = re.compile(r"不超过|不高于|控制在|降至|(?<!不)低于")
_AT_LEAST = re.compile(r"不低于|不少于|超过|达到?|提高|提升|增[加至]")
_EXACT = re.compile(r"(?:组织|确保|推动)[^\d]*$|等$")
_QUOTA = re.compile(
    r"([\u4e00-\u9fff]{1,12}?(?:区|县|市|管委会))(?:完成|推广|建设|实现|改造|淘汰|治理)?(\d+(?:\.\d+)?)(万?[\u4e00-\u9fff]{1,2})"
)
_ASIDE = re.compile(r"《[^》]*》|\([^()]*\)|（[^（）]*）")

_NOUNS = (
    (r"劣\s*(?:V|Ⅴ|五)|断面", "个"),
    (r"水体|河流|小流域|[河沟渠](?:、|$)", "条"),
    (r"裸地|排口|排污口|设施|复排", "处"),
    (r"机械", "台"),
    (r"业户", "户"),
    (r"企业", "家"),
    (r"村", "个村"),
    (r"车", "辆"),
    (r"厂|电站", "座"),
    (r"燃放|销售|行为|事件|焚烧", "起"),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A target that a clause states with a number, in the plain unit (万 and 亿 multiplied out)."""

    kind: str
    comparator: str
    value: float
    unit: str
    confidence: float


def masked(text: str) -> str:
    """The text with titles in 《》 and asides in brackets blanked; positions stay."""
    while (blank := _ASIDE.sub(lambda match: " " * len(match[0]), text)) != text:
        text = blank
    return text


def unit_of_noun(text: str, default: str) -> str:
    """The unit in which the things are counted that a text names last."""
    for pattern, unit in _NOUNS:
        if re.search(pattern, text):
            return unit
    return default


def figures_in(text: str, whole: str) -> list[Figure]:
    """The targets in a clause.

    Args:
        text: the clause, titles and asides blanked.
        whole: the clause as printed.
    """
    if quotas_in(text) is not None:
        return []
    found: list[Figure] = []
    position = 0
    while match := _FIGURE.search(text, position):
        position = match.start("rest")
        before, rest = text[: match.start()], match["rest"]
        if re.search(r"[\d.\-—–/年第]$", before) or (match["unit"] == "个" and rest.startswith("月")):
            continue
        figure = _target(before, match, rest)
        if figure is None:
            continue
        found += [figure] * _subjects(before)
        if match["unit"] == "%" and rest.startswith("的"):
            break  # what follows tells how the covered share is defined
    return found


def quotas_in(text: str) -> tuple[dict[str, int | float], str] | None:
    """The shares of areas in a clause (东城区1家、西城区2家 ...) with their unit; None for fewer than three."""
    found = _QUOTA.findall(text)
    if len(found) < 3:
        return None
    quotas = {name: float(number) for name, number, _ in found}
    return {name: int(n) if n.is_integer() else n for name, n in quotas.items()}, found[0][2]


def _target(before: str, match: re.Match[str], rest: str) -> Figure | None:
    value = round(float(match["number"]) * _MULTIPLES.get(match["multiple"] or "", 1), 6)
    unit, after = match["unit"], match["after"] or ""
    kind = "threshold" if unit in ("%", "米") or "/" in unit else "count"
    share_of = unit == "%" and re.match(r"的[^,，;；。\d]{1,12}(?:实现|达到|完成)", rest)
    zone = unit == "米" and re.search(r"范围|内", rest[:6]) and re.search(r"避免|禁止|不得|严禁", rest)
    if zone:
        return Figure("threshold", ">=", value, unit, 0.6)
    if share_of:
        return Figure("share", ">=", value, unit, 0.75)
    reach = list(_REACH.finditer(before))
    created = re.match(r"(?:区|县|村|单位|企业)?(?:全部)?(?:创建|建成|完成|开展|实现)", rest) and unit not in (
        "%",
        "米",
        "吨",
    )
    if not reach and not created:
        return None
    if reach and not created:
        between = before[reach[-1].end() :]
        # a figure that limits which things are meant: 10000人以上的水源, 4.5吨以下的车
        if (
            after in ("以上", "以下")
            and re.match(r"\s*(?:\(含\)|（含）)?\s*的?[\u4e00-\u9fff]", rest)
            and unit in ("吨", "天", "米")
        ):
            return None
        if len(between) > 24 and unit != "%":
            return None
    comparator = _comparator(before, after, unit, bool(created))
    if re.search(r"下降|减排|削减|降低|减少|压减", before) and unit == "%":
        kind = "reduction"
    return Figure(kind, comparator, value, unit, 0.85 if after or unit != "%" else 0.8)


def _comparator(before: str, after: str, unit: str, created: bool) -> str:
    tail = before[-14:]
    if after == "左右" or re.search(r"约$|基本[^,，]{0,6}$", tail):
        return "~="
    if re.search(r"不低于|不少于", tail):
        return ">="
    if after == "以内" or _AT_MOST.search(tail) or (after == "以下" and not re.search(r"完成", tail)):
        return "<="
    if after == "以上" or _AT_LEAST.search(tail):
        return ">="
    if created or (_EXACT.search(before) and unit != "%"):
        return "="
    return ">="


def _subjects(before: str) -> int:
    """Two things that are joined by 、 and reach the figure 均: two targets."""
    match = re.search(r"([^,，;；。]*)均(?:要|应)?达?", before)
    if match is None:
        return 1
    return max(1, len(re.split(r"[、和及与]", re.sub(r"^.*?(?:及|和)各\s*区", "", match[1]))))
