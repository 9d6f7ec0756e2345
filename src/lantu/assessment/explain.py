"""Where a verdict comes from: commitment, value, limit, standards, stations, files, down to the hourly rows."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lantu.assessment.assess import Judgement, judgement
from lantu.assessment.model import AssessmentRow
from lantu.assessment.targets import Targets
from lantu.base import LantuError, Period, Place, Text, unit_title

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lantu.indicators import IndicatorValue
    from lantu.lake import Lake
    from lantu.plan.packs import Pack


@dataclass(frozen=True, slots=True)
class Step:
    """One link of the chain: a title, and facts of it."""

    title: Text
    facts: tuple[tuple[Text, Text], ...]


@dataclass(slots=True)
class Chain:
    """The whole way from the plan's words to the rows, for one commitment in one area."""

    row: AssessmentRow
    steps: list[Step] = field(default_factory=list)

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
        rows_to: a CSV file for the hourly rows that the value rests on (of the first area).

    Raises:
        LantuError: no such commitment or area, or the commitment is not judged in the area.
    """
    found = pack.commitment(commitment)
    day = as_of or min(dt.date(pack.year, 12, 31), dt.date.today())
    result = judgement(pack, lake, found, day, targets or Targets([]), accept_coverage)
    wanted = {each.code for each in pack.areas.select(area, result.period.end)}
    rows = [row for row in result.rows if row.area in wanted]
    if not rows:
        judged = [str(row.area_name) for row in result.rows]
        shown = "、".join(judged[:6]) + ("…" if len(judged) > 6 else "")
        raise LantuError(
            Text(f"{commitment} 不在“{area}”评定", f"{commitment} is not judged in '{area}'"),
            mend=Text(f"可选：{shown}", f"it is judged in: {shown}"),
        )
    for index, row in enumerate(rows):
        chain = Chain(row, _steps(pack, lake, result, row, day))
        if index == 0 and rows_to is not None:
            chain.steps.append(_written_rows(pack, lake, result, row, rows_to))
        yield chain


def _fact(zh: str, en: str, value: Any) -> tuple[Text, Text]:
    shown = value if isinstance(value, Text) else Text(str(value), str(value))
    return Text(zh, en), shown


def _steps(pack: Pack, lake: Lake, result: Judgement, row: AssessmentRow, day: dt.date) -> list[Step]:
    commitment = result.commitment
    measure = pack.measures[commitment.measure]
    figure = commitment.figure()
    due = pack.due_of(commitment)
    words = " ".join(str(part) for part in (commitment.kind, figure.comparator, figure.value) if part not in (None, ""))
    steps = [
        Step(
            Text("计划怎么说", "what the plan asks"),
            (
                _fact(
                    "措施", "measure", Text(f"{measure.id} {measure.summary.zh}", f"{measure.id} {measure.summary.en}")
                ),
                _fact("承诺", "commitment", _with_unit(words, figure.unit)),
                _fact("时限", "due", due or Text("长期", "standing")),
                _fact("牵头", "lead", _units(pack, measure.lead)),
            ),
        )
    ]
    if row.area in result.values and result.indicator is not None:
        indicator = result.indicator
        value = result.values[row.area]
        assert result.judged_period is not None
        steps.append(_value_step(Text("数值", "the value"), indicator.name, value))
        steps.append(
            Step(
                Text("怎么算", "how it is computed"),
                (
                    _fact("公式", "formula", " ".join(indicator.definition.split())),
                    _fact("依据", "reference", indicator.reference),
                    _fact(
                        "修约",
                        "rounding",
                        f"GB/T 8170-2008: {value.value:.6f} → {value.rounded}" if value.value is not None else "—",
                    ),
                ),
            )
        )
        if row.area in result.baselines:
            steps.append(_value_step(Text("基准", "the baseline"), indicator.name, result.baselines[row.area]))
        if row.area in result.limits:
            limit = result.limits[row.area]
            steps.append(
                Step(
                    Text("比较", "the comparison"),
                    (
                        _fact("来源", "held against", limit.origin),
                        _fact("式", "test", _with_unit(f"{row.value} {limit.comparator} {limit.value}", row.unit)),
                        _fact("方法", "method", Text("修约值比较法", "rounded values are compared")),
                    ),
                )
            )
        steps.append(_sources(pack, lake, result, row))
    steps.append(
        Step(
            Text("三个时钟", "three clocks"),
            (
                _fact("自报", "declared", row.clocks.declared if row.clocks else "—"),
                _fact("核实", "evidenced", row.clocks.evidenced if row.clocks else "—"),
                _fact("计划", "scheduled", row.clocks.scheduled if row.clocks else "—"),
                _fact("截至", "as of", day),
            ),
        )
    )
    return steps


def _with_unit(words: str, unit: str) -> Text:
    title = unit_title(unit)
    return Text(f"{words} {title.zh}".rstrip(), f"{words} {title.en}".rstrip())


def _units(pack: Pack, names: Sequence[str]) -> Text:
    titles = [pack.units.title(name) for name in names]
    return Text("、".join(t.zh for t in titles), ", ".join(t.en for t in titles))


def _value_step(title: Text, name: str, value: IndicatorValue) -> Step:
    coverage = "—" if value.coverage is None else f"{value.coverage:.1%}"
    facts = [
        _fact("指标", "indicator", f"{name} {value.period}"),
        _fact("数值", "value", "—" if value.rounded is None else _with_unit(str(value.rounded), value.unit)),
        _fact("有效天数", "valid days", f"{value.n} / {value.expected} ({coverage})"),
    ]
    if value.reason is not None:
        facts.append(_fact("说明", "note", value.reason))
    return Step(title, tuple(facts))


def _sources(pack: Pack, lake: Lake, result: Judgement, row: AssessmentRow) -> Step:
    """Stations, files and versions that the value rests on."""
    from lantu.indicators.air.places import memberships, targets_of

    assert result.indicator is not None
    assert result.judged_period is not None
    period = result.judged_period
    targets = targets_of(pack.sites, pack.areas, row.area, period)
    members = memberships(pack.sites, targets, period)
    names = list(dict.fromkeys(member.station for member in members))
    dataset = result.indicator.dataset
    imports = lake.imports(dataset)
    last = imports[-1] if imports else {}
    version = row.versions.get(dataset)
    facts = [
        _fact("站点", "stations", f"{len({m.site for m in members})}: " + "、".join(names)),
        _fact("数据集", "dataset", Text(f"{dataset} 第 {version} 版", f"{dataset} version {version}")),
        _fact("来源文件", "imported from", str(last.get("sources", "—")).replace("|", "、")),
        _fact("程序版本", "code", row.versions.get("lantu", "—")),
    ]
    if row.simulated:
        facts.append(_fact("注意", "mind", Text("模拟数据，不是实测", "simulated data, not measured")))
    return Step(Text("数据从哪里来", "where the data come from"), tuple(facts))


def _written_rows(pack: Pack, lake: Lake, result: Judgement, row: AssessmentRow, out: Path) -> Step:
    """Write the hourly rows behind the value and its baseline to a CSV file."""
    if result.indicator is None or result.judged_period is None:
        raise LantuError(
            Text(f"{row.commitment} 没有可写出的数据行", f"there are no rows behind {row.commitment}"), where=Place(out)
        )
    count = 0
    try:
        with out.open("w", encoding="utf-8-sig", newline="") as handle:
            writer = csv.writer(handle)
            for index, (period, member) in enumerate(_spans(pack, result, row)):
                table = lake.rows(
                    result.indicator.dataset,
                    [member.station],
                    dt.datetime.combine(member.start, dt.time()),
                    dt.datetime.combine(member.end + dt.timedelta(days=1), dt.time()),
                )
                if index == 0:
                    names = table.column_names if table is not None else ["station", "time"]
                    writer.writerow(["period", "site", *names])
                for record in table.to_pylist() if table is not None else []:
                    writer.writerow([period.label, member.site, *(record.get(name) for name in names)])
                    count += 1
    except OSError as error:
        raise LantuError(
            Text(f"写不了文件：{error.strerror}", f"cannot write the file: {error.strerror}"), where=Place(out)
        ) from error
    return Step(
        Text("原始数据行", "the rows"),
        (_fact("写入", "written", Text(f"{out}，{count} 行", f"{out}, {count} rows")),),
    )


def _spans(pack: Pack, result: Judgement, row: AssessmentRow) -> Iterator[tuple[Period, Any]]:
    from lantu.indicators.air.places import memberships, targets_of

    for period in (result.judged_period, result.baseline_period):
        if period is None:
            continue
        for member in memberships(pack.sites, targets_of(pack.sites, pack.areas, row.area, period), period):
            yield period, member
