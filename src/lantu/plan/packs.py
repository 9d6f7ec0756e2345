"""Packs (规则包): all that is particular to one city and year, read from a folder and checked as a whole."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from lantu.base import LantuError, Period, Place, Season, SeveralErrors, Text, parse_unit, read_model, read_yaml
from lantu.base.yaml_source import KeyPath, YamlSource, validate
from lantu.ledgers import Ledger, read_ledgers
from lantu.places import AreaTree, SiteRegister, UnitRegister, WorkingDays, load_calendar
from lantu.plan.commitments import Commitment
from lantu.plan.declared import Measure, PackHead, Plan
from lantu.plan.references import reference_faults

_HEAD = "pack.yaml"


@dataclass(frozen=True)
class Pack:
    """One city and year: registers, calendar, and the plans with their commitments."""

    head: PackHead
    path: Path
    areas: AreaTree
    units: UnitRegister
    sites: SiteRegister
    seasons: dict[str, Season]
    plans: tuple[Plan, ...]
    ledgers: dict[str, Ledger] = field(default_factory=dict)
    working_days: WorkingDays = field(default_factory=lambda: WorkingDays([]))
    folders: tuple[Path, ...] = ()
    """Its own folder, then those of the packs that it inherits, nearest first."""

    def files(self, folder: str) -> dict[str, Path]:
        """The YAML files of a folder by their names, of the pack and of those that it inherits; the nearest counts."""
        found: dict[str, Path] = {}
        for each in reversed(self.folders or (self.path,)):
            found.update({path.stem: path for path in sorted((each / folder).glob("*.yaml"))})
        return found

    def nearest(self, file: str) -> Path | None:
        """A file of the pack, or of the nearest pack that it inherits and that has it."""
        return next((each / file for each in self.folders or (self.path,) if (each / file).is_file()), None)

    @property
    def id(self) -> str:
        return self.head.id

    @property
    def title(self) -> Text:
        return self.head.title

    @property
    def year(self) -> int:
        return self.head.year

    @cached_property
    def measures(self) -> dict[str, Measure]:
        """Every measure by its id."""
        return {measure.id: measure for plan in self.plans for measure in plan.measures()}

    @cached_property
    def commitments(self) -> dict[str, Commitment]:
        """Every commitment by its id, in the order of the plans."""
        return {c.id: c for measure in self.measures.values() for c in measure.commitments}

    def commitment(self, name: str) -> Commitment:
        """One commitment.

        Raises:
            LantuError: the pack has none of this id; those of the same measure, or near ones, are offered.
        """
        if name in self.commitments:
            return self.commitments[name]
        import difflib

        near = [c for c in self.commitments if c.partition("/")[0] == name.partition("/")[0]]
        near = near or difflib.get_close_matches(name, self.commitments, n=4, cutoff=0.4)
        raise LantuError(
            Text(f"规则包 {self.id} 没有承诺“{name}”", f"the pack {self.id} has no commitment '{name}'"),
            mend=Text(f"是否为：{'、'.join(near)}", f"did you mean {', '.join(near)}") if near else None,
        )

    def measure_of(self, commitment: str) -> Measure:
        """The measure that a commitment belongs to."""
        return self.measures[self.commitment(commitment).measure]

    def areas_of(self, commitment: Commitment) -> list[Any]:
        """The areas that a commitment is judged in, valid on the last day of its period.

        `东城区/*` among its areas means the streets and towns of the district.
        """
        at = self.period_of(commitment).end
        wanted = commitment.areas
        if wanted == "city_and_districts":
            return [*self.areas.select(self.head.area), *self.areas.select("districts", at)]
        if wanted == "city":
            return self.areas.select(self.head.area)
        if isinstance(wanted, str):
            return self.areas.select(wanted, at)
        found: dict[str, Any] = {}
        for name in wanted:
            if name.endswith("/*"):
                upper = self.areas.find(name.removesuffix("/*"), at)
                members = [area for area in self.areas.children(upper.code) if area.kind != "zone"]
            else:
                members = [self.areas.find(name, at)]
            found.update((area.code, area) for area in members)
        return list(found.values())

    def period_of(self, commitment: Commitment) -> Period:
        """The period that a commitment speaks of."""
        return Period.parse(commitment.period, self.seasons)

    def due_of(self, commitment: Commitment) -> dt.date | None:
        """The last day on which it is in time: its own, else its measure's; None where there is none."""
        return commitment.due or self.measures[commitment.measure].deadline.date


def pack_folder(name: str) -> Path:
    """The folder of a pack: a path, or the name of a pack that Lantu ships.

    Raises:
        LantuError: neither is there; the packs that are shipped are listed.
    """
    shipped = Path(str(files("lantu").joinpath("packs")))
    for folder in (Path(name), shipped / name):
        if (folder / _HEAD).is_file():
            return folder
    known = sorted(str(head.parent.relative_to(shipped)) for head in shipped.rglob(_HEAD))
    raise LantuError(
        Text(f"没有规则包“{name}”", f"there is no pack '{name}'"),
        mend=Text(
            f"给出含 {_HEAD} 的文件夹，或用自带的：{'、'.join(known)}",
            f"give a folder with a {_HEAD}, or one that is shipped: {', '.join(known)}",
        ),
    )


def load_pack(name: str) -> Pack:
    """Read a pack.

    Args:
        name: the name of a shipped pack (`beijing/2021`), or a folder.

    Raises:
        LantuError: the pack is not there, or its files have faults (`SeveralErrors` names them all).
    """
    return _load(pack_folder(name))[0]


def _load(folder: Path) -> tuple[Pack, dict[str, YamlSource]]:
    head = read_model(folder / _HEAD, PackHead)
    folders = [folder]
    while (upper := read_model(folders[-1] / _HEAD, PackHead).inherits) is not None:
        source = pack_folder(upper)
        if source in folders:
            raise LantuError(
                Text("规则包互相继承", "packs inherit from each other"),
                where=Place(folders[-1] / _HEAD, None, "inherits"),
            )
        folders.append(source)

    def nearest(file: str) -> Path:
        return next((each / file for each in folders if (each / file).is_file()), folder / file)

    faults: list[LantuError] = []

    def collect(read: Callable[[], Any]) -> Any:
        try:
            return read()
        except SeveralErrors as error:
            faults.extend(error.errors)
        except LantuError as error:
            faults.append(error)
        return None

    areas = collect(lambda: AreaTree.from_csv(nearest("areas.csv")))
    units = collect(lambda: UnitRegister.from_yaml(nearest("units.yaml"), areas))
    sites = collect(lambda: SiteRegister.from_csv(nearest("sites.csv")))
    seasons = collect(lambda: load_calendar(nearest("calendar.yaml")))
    working = collect(lambda: WorkingDays.from_yaml(nearest("calendar.yaml"))) if seasons is not None else None
    plans, sources = [], {}
    for plan in head.plans:
        path = folder / "plan" / f"{plan}.yaml"
        source = collect(partial(read_yaml, path))
        if source is None:
            continue
        sources[plan] = source
        plans.append(collect(partial(validate, source, source.data, Plan, ())))
        faults += _duplicates(source)
    ledgers: dict[str, Ledger] = {}
    for each in reversed(folders):
        ledgers.update(collect(partial(read_ledgers, each / "ledgers", ledgers)) or {})
    if faults:
        raise SeveralErrors(faults)
    days = working or WorkingDays([])
    pack = Pack(head, folder, areas, units, sites, seasons, tuple(plans), ledgers, days, tuple(folders))
    return pack, sources


def _measures(source: YamlSource) -> Iterator[tuple[KeyPath, Any]]:
    """The raw measures of a plan file with their key paths."""
    data = source.data if isinstance(source.data, dict) else {}
    for s, section in enumerate(data.get("sections") or ()):
        for t, task in enumerate((section or {}).get("tasks") or ()):
            for m, measure in enumerate((task or {}).get("measures") or ()):
                yield ("sections", s, "tasks", t, "measures", m), measure


def _duplicates(source: YamlSource) -> list[LantuError]:
    seen: dict[str, int | None] = {}
    faults = []
    for path, measure in _measures(source):
        own = measure if isinstance(measure, dict) else {}
        named = [((*path, "id"), own.get("id"))]
        named += [
            ((*path, "commitments", c, "id"), each.get("id"))
            for c, each in enumerate(own.get("commitments") or ())
            if isinstance(each, dict)
        ]
        for where, name in named:
            if name is None:
                continue
            if name in seen:
                faults.append(
                    LantuError(
                        Text(
                            f"编号“{name}”重复（另见第 {seen[name]} 行）",
                            f"the id '{name}' stands twice (also in line {seen[name]})",
                        ),
                        where=Place(source.path, source.line_of(where), "id"),
                    )
                )
            seen.setdefault(name, source.line_of(where))
    return faults


@dataclass(slots=True)
class PackCheck:
    """What is wrong with a pack (`faults`), and what a maintainer should know (`notes`)."""

    pack: str
    faults: list[LantuError] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def summary(self) -> Text:
        """One line for the end of a report."""
        counts = Counter(self.counts)
        return Text(
            f"规则包 {self.pack}：{counts['plans']} 份计划，{counts['tasks']} 项任务，{counts['measures']} 条措施，"
            f"{counts['commitments']} 条承诺（{counts['with_figure']} 条有数字），{counts['ledgers']} 个台账；"
            f"{len(self.faults)} 处错误，{len(self.notes)} 条提示",
            f"pack {self.pack}: {counts['plans']} plans, {counts['tasks']} tasks, {counts['measures']} measures, "
            f"{counts['commitments']} commitments ({counts['with_figure']} with a figure), "
            f"{counts['ledgers']} ledgers; {len(self.faults)} faults, {len(self.notes)} notes",
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "pack": self.pack,
            "counts": self.counts,
            "faults": [
                {
                    "where": str(fault.where) if fault.where else None,
                    "zh": fault.what.zh,
                    "en": fault.what.en,
                }
                for fault in self.faults
            ],
            "notes": [{"zh": note.zh, "en": note.en} for note in self.notes],
        }


def check_pack(name: str, indicator_units: Mapping[str, str]) -> PackCheck:
    """Check a pack as a whole: its schemas, and that names, units, areas and indicators in it fit each other.

    Args:
        name: the name of a shipped pack, or a folder.
        indicator_units: the unit of every indicator that can be computed.

    Raises:
        LantuError: there is no such pack.
    """
    folder = pack_folder(name)
    try:
        pack, sources = _load(folder)
    except SeveralErrors as error:
        return PackCheck(name, list(error.errors))
    except LantuError as error:
        return PackCheck(name, [error])
    result = PackCheck(
        pack.id,
        counts={
            "plans": len(pack.plans),
            "sections": sum(len(plan.sections) for plan in pack.plans),
            "tasks": sum(len(plan.tasks) for plan in pack.plans),
            "measures": len(pack.measures),
            "commitments": len(pack.commitments),
            "with_figure": sum(c.basis == "figure" for c in pack.commitments.values()),
            "unbound_measures": sum(not m.commitments for m in pack.measures.values()),
            "ledgers": len(pack.ledgers),
        },
    )
    waiting: dict[str, list[str]] = {}
    for plan, source in sources.items():
        for path, raw in _measures(source):
            check = _Check(pack, source, path, result)
            measure = pack.measures[raw["id"]]
            check.measure(plan, measure)
            for index, commitment in enumerate(measure.commitments):
                check.commitment(index, commitment, indicator_units, waiting)
    for unbound in (m.id for m in pack.measures.values() if not m.commitments):
        result.notes.append(Text(f"措施 {unbound} 尚无承诺", f"the measure {unbound} has no commitment yet"))
    for indicator, users in waiting.items():
        result.notes.append(
            Text(
                f"指标 {indicator} 尚不能计算（{'、'.join(users)}）",
                f"the indicator {indicator} cannot be computed yet ({', '.join(users)})",
            )
        )
    return result


@dataclass(slots=True)
class _Check:
    pack: Pack
    source: YamlSource
    path: KeyPath
    result: PackCheck

    def fault(self, zh: str, en: str, *keys: str | int, mend: Text | None = None) -> None:
        where = (*self.path, *keys)
        names = ".".join(str(key) for key in keys)
        place = Place(self.source.path, self.source.line_of(where), names)
        self.result.faults.append(LantuError(Text(zh, en), where=place, mend=mend))

    def measure(self, plan: str, measure: Measure) -> None:
        if not measure.id.startswith(f"{plan}-"):
            self.fault(f"编号应以“{plan}-”开头", f"the id must begin with '{plan}-'", "id")
        for role in ("lead", "responsible", "assisting"):
            for index, unit in enumerate(getattr(measure, role)):
                if self.pack.units.kind_of(unit) is None:
                    found = self.pack.units.resolve(unit)
                    mend = Text(f"是否为：{found.unit}", f"did you mean {found.unit}") if found.known else None
                    self.fault(
                        f"单位“{unit}”不在 units.yaml 中",
                        f"the unit '{unit}' is not in units.yaml",
                        role,
                        index,
                        mend=mend,
                    )

    def commitment(
        self, index: int, commitment: Commitment, units: Mapping[str, str], waiting: dict[str, list[str]]
    ) -> None:
        at: tuple[str | int, ...] = ("commitments", index)
        measure = self.pack.measures.get(commitment.measure)
        if measure is None or commitment not in measure.commitments:
            self.fault(
                f"承诺“{commitment.id}”应以其措施的编号开头",
                f"the commitment '{commitment.id}' must begin with the id of its measure",
                *at,
                "id",
            )
        for key, read in (("period", self.pack.period_of), ("areas", self.pack.areas_of)):
            try:
                if not read(commitment):
                    self.fault("一个区域也没有", "there is no area in it", *at, key)
            except LantuError as error:
                self.fault(error.what.zh, error.what.en, *at, key, mend=error.mend)
        for code in getattr(commitment, "quotas", {}):
            if code not in self.pack.areas:
                self.fault(f"没有区域“{code}”", f"there is no area '{code}'", *at, "quotas", code)
        for member in getattr(commitment, "members", ()):
            if member.area is not None and member.area not in self.pack.areas:
                self.fault(f"没有区域“{member.area}”", f"there is no area '{member.area}'", *at, "members")
        rules: tuple[tuple[Any, KeyPath], ...] = (
            (commitment, at),
            (getattr(commitment, "inner", None), (*at, "inner")),
        )
        for rule, where in rules:
            if rule is None:
                continue
            for key, what, mend in reference_faults(rule, self.pack.ledgers):
                self.fault(what.zh, what.en, *where, key, mend=mend)
            if rule.kind != "level":
                continue
            if rule.indicator not in units:
                waiting.setdefault(rule.indicator, []).append(commitment.id)
            elif not parse_unit(rule.unit).fits(parse_unit(units[rule.indicator])) and not (
                rule.baseline is not None and rule.unit == "%"
            ):
                stated = next(key for key in ("limit", "baseline", "target") if getattr(rule, key) is not None)
                self.fault(
                    f"单位“{rule.unit}”与指标 {rule.indicator} 的单位“{units[rule.indicator]}”不合",
                    f"'{rule.unit}' does not fit the unit '{units[rule.indicator]}' of {rule.indicator}",
                    *where,
                    stated,
                    "unit",
                )
