"""Packs: the shipped one is sound, and every kind of fault is named with file and line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lantu.base import LantuError, SeveralErrors
from lantu.indicators import units_of_indicators
from lantu.plan.packs import PackCheck, check_pack, load_pack

SHIPPED = Path(__file__).resolve().parents[2] / "src" / "lantu" / "packs" / "beijing" / "2021"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the shipped pack, to spoil."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "pack"))


def spoil(file: Path, old: str, new: str) -> int:
    """Replace the first `old`; returns the line where it stood."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def check(folder: Path) -> PackCheck:
    return check_pack(str(folder), units_of_indicators())


def test_the_shipped_pack() -> None:
    pack = load_pack("beijing/2021")
    assert len(pack.measures) == 153
    assert sum(commitment.basis == "figure" for commitment in pack.commitments.values()) == 91
    pm25 = pack.commitment("air-1-1/pm25")
    assert len(pack.areas_of(pm25)) == 18
    assert str(pack.due_of(pm25)) == "2021-12-31"
    assert pack.measure_of("air-1-1/pm25").id == "air-1-1"
    assert check_pack("beijing/2021", units_of_indicators()).faults == []


def test_every_commitment_can_name_its_areas_and_period() -> None:
    pack = load_pack("beijing/2021")
    for commitment in pack.commitments.values():
        assert pack.areas_of(commitment)
        assert pack.period_of(commitment).days > 0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("comparator: <", "comparator: <\n                colour: blue", "unknown key 'colour'"),
        ('unit: "μg/m³"', "unit: 公里", "does not fit the unit"),
        ('unit: "μg/m³"', "unit: 斤", "unknown unit"),
        ("lead: [市生态环境局, ALL", "lead: [市天气局, ALL", "is not in units.yaml"),
        ("indicator: pm25_mean", "indicator: PM25-mean", "small letters"),
        ("areas: city_and_districts", "areas: [东京]", "there is no area"),
        ("kind: level", "kind: levels", "levels"),
        ("id: air-1-1/heavy_days", "id: air-1-1/pm25", "stands twice"),
        ("period: 2021", "period: 2021-spring", "is not a period"),
    ],
)
def test_a_fault_in_a_plan_has_its_file_and_line(copy: Path, old: str, new: str, message: str) -> None:
    file = copy / "plan" / "air.yaml"
    if old not in file.read_text(encoding="utf-8"):
        old, new = old.replace("<", '"<"'), new.replace("<", '"<"')
    line = spoil(file, old, new)
    faults = check(copy).faults
    assert faults, "the fault was not seen"
    shown = "\n".join(str(fault) for fault in faults)
    assert message in shown
    places = [fault.where for fault in faults if fault.where]
    assert any(p.line is not None and abs(p.line - line) <= 12 and str(p.file).endswith("air.yaml") for p in places)


def test_quotas_that_do_not_add_up(copy: Path) -> None:
    spoil(copy / "plan" / "air.yaml", "quota: {value: 50", "quota: {value: 51")
    assert "the quotas add up to 50, not to 51" in "\n".join(str(fault) for fault in check(copy).faults)


@pytest.mark.parametrize("name", ["areas.csv", "units.yaml", "sites.csv", "calendar.yaml", "plan/soil.yaml"])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(LantuError, match=Path(name).name):
        load_pack(str(copy))


def test_all_faults_come_at_once(copy: Path) -> None:
    spoil(copy / "plan" / "air.yaml", "kind: level", "kind: levels")
    spoil(copy / "plan" / "soil.yaml", "plan: soil", "plan: soil\ncolour: blue")
    with pytest.raises(SeveralErrors) as caught:
        load_pack(str(copy))
    assert {Path(str(error.where.file)).name for error in caught.value.errors if error.where} == {
        "air.yaml",
        "soil.yaml",
    }


def test_a_later_year_inherits_the_registers(tmp_path: Path) -> None:
    folder = tmp_path / "2022"
    (folder / "plan").mkdir(parents=True)
    head = (SHIPPED / "pack.yaml").read_text(encoding="utf-8")
    head = head.replace("beijing/2021", "beijing/2022").replace("year: 2021", "year: 2022")
    head = head.replace("plans: [air, water, soil]", "plans: [soil]\ninherits: beijing/2021")
    (folder / "pack.yaml").write_text(head, encoding="utf-8")
    shutil.copy(SHIPPED / "plan" / "soil.yaml", folder / "plan")
    pack = load_pack(str(folder))
    assert [plan.id for plan in pack.plans] == ["soil"]
    assert len(pack.areas) == len(load_pack("beijing/2021").areas)


def test_an_unknown_pack_names_those_that_are_there() -> None:
    with pytest.raises(LantuError, match="beijing/2021"):
        load_pack("nowhere/2021")
