"""Where a verdict comes from: commitment, value, limit, standards, stations, files, down to the hourly rows."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lantu.assessment.assess import Judgement, judgement
from lantu.assessment.ground import CASES, Ground
from lantu.assessment.model import AssessmentRow
from lantu.assessment.step import Step, fact
from lantu.assessment.targets import Targets
from lantu.assessment.trail import entry_lines, ledger_fact, ledger_steps
from lantu.assessment.values import LevelJudgement
from lantu.assessment.verdict import Used
from lantu.base import LantuError, Period, Place, Text, unit_title
from lantu.indicators import Indicator, Sources, Trace
from lantu.plan.commitments import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lantu.indicators import IndicatorValue
    from lantu.lake import Lake
    from lantu.ledgers import LedgerBook
    from lantu.places import Area
    from lantu.plan.packs import Pack


@dataclass(slots=True)
class Chain:
    """The whole way from the plan's words to the rows, for one commitment in one area."""

    row: AssessmentRow
    steps: list[Step] = field(default_factory=list)
    used: tuple[Used, ...] = ()
    """The entries that the verdict rests on, where it does not rest on an indicator."""
    rows: Callable[[], Iterator[Sequence[Any]]] = lambda: iter(())
    """Gives the header and then the rows or entries behind the verdict."""

    def as_json(self) -> dict[str, Any]:
        return {
            **self.row.as_json(),
            "chain": [
                {
                    "title": {"zh": step.title.zh, "en": step.title.en},
                    "facts": [
                        {"name": {"zh": name.zh, "en": name.en}, "value": {"zh": value.zh, "en": value.en}}
                        for name, value in step.facts
                    ],
                }
                for step in self.steps
            ],
        }

    def lines(self) -> list[str]:
        """The chain as lines to read, in the current language."""
        row = self.row
        lines = [f"{row.commitment}  {row.title}  ·  {row.area_name}", f"= {row.status.title}: {row.reason}", ""]
        for number, step in enumerate(self.steps, start=1):
            lines.append(f"{number}. {step.title}")
            lines += [f"     {name}: {value}" for name, value in step.facts]
        return lines


def explain(
    pack: Pack,
    lake: Lake,
    commitment: str,
    area: str = "city",
    as_of: dt.date | None = None,
    targets: Targets | None = None,
    accept_coverage: float | None = None,
    rows_to: Path | None = None,
    book: LedgerBook | None = None,
) -> Iterator[Chain]:
    """Explain the verdict on one commitment.

    Args:
        pack: the pack that declares it.
        lake: the data.
        commitment: its id.
        area: code, name or level; only areas that the commitment is judged in.
        as_of: the day of the verdict; the plan's last day or today, whichever is earlier, if not given.
        targets: figures set outside the plan.
        accept_coverage: as for `assess`.
        rows_to: a CSV file for the rows or entries that the value rests on (of the first area).
        book: the ledgers and their entries.

    Raises:
        LantuError: no such commitment or area, or the commitment is not judged in the area.
    """
    found = pack.commitment(commitment)
    day = as_of or min(dt.date(pack.year, 12, 31), dt.date.today())
    ground = Ground(pack, lake, day, book, targets or Targets([]), accept_coverage)
    wanted = {each.code for each in pack.areas.select(area, pack.period_of(found).end)}
    judged = pack.areas_of(found)
    if not any(each.code in wanted for each in judged):
        raise _elsewhere(pack, commitment, area, wanted, judged)
    ledger = {"closure": CASES, "absence": CASES}.get(found.kind) or getattr(found, "ledger", None)
    if found.kind in ("closure", "absence") and (pack.head.area in wanted or len(wanted) > 3):
        ground.narrow_code = (CASES, "case_class", found.cases if found.kind == "closure" else found.event)
    elif found.kind in ("closure", "absence", "ratio", "count") and ledger is not None:
        ground.narrow = (ledger, frozenset(each.code for each in pack.areas if _lies_in(pack, each, wanted)))
    result = judgement(ground, found, wanted)
    rows = [row for row in result.rows if row.area in wanted]
    for index, row in enumerate(rows):
        used = result.verdicts[row.area].used if result.level is None else ()
        chain = Chain(row, _steps(ground, result, row), used, partial(_lines, ground, result, row))
        if index == 0 and rows_to is not None:
            chain.steps.append(_written_rows(ground, result, row, rows_to))
        yield chain


def _lies_in(pack: Pack, area: Area, wanted: set[str]) -> bool:
    return area.code in wanted or any(upper.code in wanted for upper in pack.areas.ancestors(area.code))


def _elsewhere(pack: Pack, commitment: str, area: str, wanted: set[str], judged: Sequence[Area]) -> LantuError:
    """Why there is nothing to explain, with the areas that are judged: those inside the one asked for come first."""
    inside = [each for each in judged if _lies_in(pack, each, wanted)]
    named = [each.title for each in inside or judged]
    more = "…" if len(named) > 6 else ""
    return LantuError(
        Text(f"{commitment} 不在“{area}”评定", f"{commitment} is not judged in '{area}'"),
        mend=Text(
            f"可选：{'、'.join(title.zh for title in named[:6])}{more}",
            f"it is judged in: {', '.join(title.en for title in named[:6])}{more}",
        ),
    )


def _steps(ground: Ground, result: Judgement, row: AssessmentRow) -> list[Step]:
    pack, commitment = ground.pack, result.commitment
    measure = pack.measures[commitment.measure]
    figure = commitment.figure()
    due = pack.due_of(commitment)
    zh, en = (
        " ".join(str(part) for part in (kind, comparator, figure.value) if part not in (None, ""))
        for kind, comparator in (
            (KINDS[commitment.kind].zh, figure.comparator.replace("baseline", "基准")),
            (KINDS[commitment.kind].en, figure.comparator),
        )
    )
    unit = unit_title(figure.unit)
    asked = [
        fact("措施", "measure", Text(f"{measure.id} {measure.summary.zh}", f"{measure.id} {measure.summary.en}")),
        fact("承诺", "commitment", Text(f"{zh} {unit.zh}".rstrip(), f"{en} {unit.en}".rstrip())),
        fact("时限", "due", due or Text("长期", "standing")),
        fact("牵头", "lead", _units(pack, measure.lead)),
    ]
    if commitment.basis == "words":
        reading = Text("计划没有给出数字，按文字要求核查", "the plan prints no figure; the check is what its words ask")
        asked.append(fact("说明", "note", reading))
    steps = [Step(Text("计划怎么说", "what the plan asks"), tuple(asked))]
    if result.level is not None and row.area in result.level.values:
        steps += _level_steps(ground, result, result.level, row)
    elif row.area in result.verdicts:
        steps += ledger_steps(ground, result.commitment, result.verdicts[row.area], row)
    if row.unverified:
        steps.append(
            Step(
                Text("未核实的参数", "unverified parameters"),
                tuple(fact("参数", "parameter", name) for name in row.unverified),
            )
        )
    steps.append(
        Step(
            Text("三个时钟", "three clocks"),
            (
                fact("自报", "declared", row.clocks.declared if row.clocks else "—"),
                fact("核实", "evidenced", row.clocks.evidenced if row.clocks else "—"),
                fact("计划", "scheduled", row.clocks.scheduled if row.clocks else "—"),
                fact("截至", "as of", ground.as_of),
            ),
        )
    )
    return steps


def _level_steps(ground: Ground, result: Judgement, level: LevelJudgement, row: AssessmentRow) -> list[Step]:
    indicator = level.indicator
    value = level.values[row.area]
    steps = [
        _value_step(Text("数值", "the value"), indicator, value),
        Step(
            Text("怎么算", "how it is computed"),
            (
                fact("公式", "formula", _in_a_line(indicator.definition)),
                fact("依据", "reference", indicator.reference),
                fact(
                    "修约",
                    "rounding",
                    f"GB/T 8170-2008: {value.value:.6f} → {value.rounded}" if value.value is not None else "—",
                ),
            ),
        ),
    ]
    if row.area in level.baselines:
        steps.append(_value_step(Text("基准", "the baseline"), indicator, level.baselines[row.area]))
    if row.area in level.limits:
        limit = level.limits[row.area]
        reached = "—" if row.value is None else row.value
        steps.append(
            Step(
                Text("比较", "the comparison"),
                (
                    fact("来源", "held against", limit.origin),
                    fact("式", "test", _with_unit(f"{reached} {limit.comparator} {limit.value}", row.unit)),
                    fact("方法", "method", Text("修约值比较法", "rounded values are compared")),
                ),
            )
        )
    if row.both_ways is not None:
        steps.append(_exclusion_step(level, row))
    steps.append(_sources(ground, level, row))
    return steps


def _exclusion_step(level: LevelJudgement, row: AssessmentRow) -> Step:
    """The value both ways, and each exclusion that is in effect."""
    assert row.both_ways is not None

    def shown(value: Decimal | None) -> Text | str:
        return "—" if value is None else _with_unit(str(value), row.unit)

    facts = [
        fact("不剔除", "as measured", shown(row.both_ways.measured)),
        fact("剔除后", "without what is excluded", shown(row.both_ways.left_out)),
    ]
    for each in level.exclusions:
        days = f"{each.first} – {each.last}"
        where = Text(each.station or "全部站点", each.station or "all stations")
        facts.append(fact(each.number, each.number, Text(f"{days} {where.zh}", f"{days} {where.en}")))
    return Step(Text("剔除事项", "exclusions"), tuple(facts))


def _with_unit(words: str, unit: str) -> Text:
    title = unit_title(unit)
    return Text(f"{words} {title.zh}".rstrip(), f"{words} {title.en}".rstrip())


def _units(pack: Pack, names: Sequence[str]) -> Text:
    titles = [pack.units.title(name) for name in names]
    return Text("、".join(t.zh for t in titles), ", ".join(t.en for t in titles))


def _named(indicator: Indicator, period: str) -> Text:
    return Text(
        f"{indicator.title.zh}（{indicator.name}）{period}", f"{indicator.title.en} ({indicator.name}) {period}"
    )


def _in_a_line(definition: str) -> str:
    """A definition without its line breaks; paragraphs are parted by a semicolon."""
    return "; ".join(" ".join(part.split()).rstrip(".") for part in definition.split("\n\n"))


def _value_step(title: Text, indicator: Indicator, value: IndicatorValue) -> Step:
    coverage = "—" if value.coverage is None else f"{value.coverage:.1%}"
    counted = ("有效天数", "valid days") if indicator.daily else ("有效/应有", "valid of expected")
    facts = [
        fact("指标", "indicator", _named(indicator, value.period)),
        fact("数值", "value", "—" if value.rounded is None else _with_unit(str(value.rounded), value.unit)),
        fact(*counted, f"{value.n} / {value.expected} ({coverage})"),
    ]
    if value.reason is not None:
        facts.append(fact("说明", "note", value.reason))
    return Step(title, tuple(facts))


def _trace(ground: Ground, level: LevelJudgement, row: AssessmentRow, period: Period) -> Trace:
    family = level.indicator.family
    sources = Sources(ground.lake, ground.pack.sites, ground.pack.areas, ground.book)
    target = family.targets(sources, row.area, period)[0]
    versions = {name: version for name, version in row.versions.items() if name != "lantu"}
    return family.trace(sources, target, period, versions)


def _sources(ground: Ground, level: LevelJudgement, row: AssessmentRow) -> Step:
    """Stations or entries, files and versions that the value rests on."""
    assert level.judged_period is not None
    facts = list(_trace(ground, level, row, level.judged_period).facts)
    for dataset in level.indicator.family.datasets:
        imports = ground.lake.imports(dataset)
        last = imports[-1] if imports else {}
        version = row.versions.get(dataset)
        facts += [
            fact("数据集", "dataset", Text(f"{dataset} 第 {version} 版", f"{dataset} version {version}")),
            fact("来源文件", "imported from", str(last.get("sources", "—")).replace("|", "、")),
        ]
    for ledger in level.indicator.family.ledgers:
        facts.append(ledger_fact(ground, ledger, row.versions.get(f"ledger:{ledger}")))
    facts.append(fact("程序版本", "code", row.versions.get("lantu", "—")))
    if row.simulated:
        facts.append(fact("注意", "mind", Text("模拟数据，不是实测", "simulated data, not measured")))
    return Step(Text("数据从哪里来", "where the data come from"), tuple(facts), bool(level.indicator.family.ledgers))


def _written_rows(ground: Ground, result: Judgement, row: AssessmentRow, out: Path) -> Step:
    """Write the rows or entries behind the value and its baseline to a CSV file."""
    count = 0
    try:
        with out.open("w", encoding="utf-8-sig", newline="") as handle:
            writer = csv.writer(handle)
            for index, line in enumerate(_lines(ground, result, row)):
                writer.writerow(line)
                count = index
    except OSError as error:
        raise LantuError(
            Text(f"写不了文件：{error.strerror}", f"cannot write the file: {error.strerror}"), where=Place(out)
        ) from error
    if count == 0:
        out.unlink(missing_ok=True)
        raise LantuError(
            Text(f"{row.commitment} 没有可写出的数据行", f"there are no rows behind {row.commitment}"), where=Place(out)
        )
    return Step(
        Text("原始数据行", "the rows"),
        (fact("写入", "written", Text(f"{out}，{count} 行", f"{out}, {count} rows")),),
    )


def _lines(ground: Ground, result: Judgement, row: AssessmentRow) -> Iterator[Sequence[Any]]:
    """The header and the rows behind a verdict."""
    level = result.level
    if level is None:
        yield from entry_lines(ground, result.verdicts[row.area])
        return
    header: tuple[str, ...] | None = None
    for period in (level.judged_period, level.baseline_period):
        if period is None:
            continue
        trace = _trace(ground, level, row, period)
        if header is None:
            header = trace.header
            yield ["period", *header]
        for line in trace.rows:
            yield [period.label, *line]
