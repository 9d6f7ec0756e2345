"""Faults in YAML are named with file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from lantu.base import ClosedModel, LantuError, SeveralErrors, Text, read_model, read_yaml


class Limit(ClosedModel):
    value: float
    title: Text | None = None


class Station(ClosedModel):
    name: str
    limits: dict[str, Limit] = {}
    tags: tuple[str, ...] = ()


class File(ClosedModel):
    stations: tuple[Station, ...]
    either: int | bool | None = None


def fault(tmp_path: Path, text: str | bytes) -> str:
    path = tmp_path / "file.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(LantuError) as error:
        read_model(path, File)
    return str(error.value).replace(str(path), "file.yaml")


GOOD = """\
# stations
stations:
  - name: 东四
    limits:
      pm25: {value: 35}
  - name: 天坛
    tags: [a, b]
"""


def test_good_file(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text(GOOD, encoding="utf-8")
    model = read_model(path, File)
    assert [station.name for station in model.stations] == ["东四", "天坛"]
    source = read_yaml(path)
    assert source.line_of(("stations", 1, "tags")) == 7
    assert source.line_of(("stations", 1, "absent")) == 6
    assert source.line_of(("absent",)) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("name: 天坛", "nam: 天坛"), "file.yaml:6 [stations.1.name]: the key 'name' is missing"),
        (("name: 天坛", "nam: 天坛"), "file.yaml:6 [stations.1.nam]: unknown key 'nam'"),
        (("value: 35", "value: high"), "file.yaml:5 [stations.0.limits.pm25.value]: the value does not fit"),
        (("{value: 35}", "{value: 35, unit: x}"), "file.yaml:5 [stations.0.limits.pm25.unit]: unknown key 'unit'"),
        (("{value: 35}", "{value: 35, title: {zh: a}}"), "the key 'en' is missing"),
        (("{value: 35}", "{value: 35, title: {zh: a, en: b, fr: c}}"), "unknown key 'fr'"),
        (("tags: [a, b]", "tags: [a, {b: c}]"), "file.yaml:7 [stations.1.tags.1]: the value does not fit"),
        (("    tags", "    name: 地坛\n    tags"), "file.yaml:7 [name]: the key 'name' appears twice"),
        (("# stations", "either: [1]"), "file.yaml:1 [either"),
        (("tags: [a, b]", "tags: [a, b"), "not valid YAML"),
        (("  - name: 天坛", "  - name: 天坛\n\t- x"), "file.yaml:7: not valid YAML"),
        (("limits:", "limits: {}\n    ? [a]\n    : b\n    other:"), "file.yaml:5: not valid YAML: a key is a list"),
    ],
)
def test_fault_has_its_line(change: tuple[str, str], message: str, tmp_path: Path) -> None:
    assert change[0] in GOOD
    assert message in fault(tmp_path, GOOD.replace(*change))


def test_all_faults_at_once(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text(GOOD.replace("name: 天坛", "nam: 天坛").replace("35", "x"), encoding="utf-8")
    with pytest.raises(SeveralErrors) as error:
        read_model(path, File)
    assert [each.where.line for each in error.value.errors if each.where] == [5, 6, 6]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "file.yaml: the file is empty"),
        (b"# only a comment\n", "file.yaml: the file is empty"),
        ("名: 值".encode("gb18030"), "file.yaml: the file is not UTF-8"),
        (b"a: \x00", "file.yaml: not valid YAML"),
        (b"a: &x {b: *x}\n", "file.yaml:1"),
        (b"a: 1\n---\nb: 2\n", "file.yaml:2: not valid YAML"),
        (b"a: !!python/object:os.system x\n", "file.yaml:1: not valid YAML"),
        (b"stations: 2021-02-30\n", "file.yaml:1: not valid YAML"),
        (b"- 1\n", "file.yaml:1"),
    ],
)
def test_file_that_cannot_be_read(content: bytes, message: str, tmp_path: Path) -> None:
    assert message in fault(tmp_path, content)


def test_absent_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(LantuError, match="does not exist"):
        read_yaml(tmp_path / "absent.yaml")
    with pytest.raises(LantuError, match="cannot be read"):
        read_yaml(tmp_path)
