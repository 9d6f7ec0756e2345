"""A small ledger of outfalls with samples, in a tree of one city, one district and two streets; on both databases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.postgres import PostgresCluster, postgres_cluster

from lantu.ledgers import Actor, LedgerBook, read_ledgers
from lantu.ledgers.database import Database, PostgresDatabase, SqliteFile
from lantu.ledgers.tables import POSTGRES, SQLITE
from lantu.places import AreaTree, UnitRegister

TODAY = dt.date(2021, 7, 1)

AREAS = """code,name,english,level,kind,parent,valid_from,valid_to,aliases,note
C,甲市,Jia City,city,city,,,,,
D,乙区,Yi District,district,district,C,,,乙,
D2,丙区,Bing District,district,district,C,,,,
Z,新区,New Area,district,development_area,C,,,,
S9,北街道,North Subdistrict,street,subdistrict,D2,,,,
S1,东街道,East Subdistrict,street,subdistrict,D,,,,
S2,西街道,West Subdistrict,street,subdistrict,D,,,,
"""

UNITS = """reference: a test
groups: []
units:
  - {name: 市水务局, english: Water Authority, kind: municipal_body, aliases: [水务局]}
  - {name: 市生态环境局, english: Ecology Bureau, kind: municipal_body}
"""

OUTFALLS = """ledger: outfalls
title: {zh: 排污口台账, en: Register of outfalls}
purpose: {zh: 测试, en: a test}
key: [code]
area: street
geometry: point
unit: 处
fields:
  - {name: code, title: {zh: 编码, en: code}, type: text, required: true, pattern: "OF-\\\\d+"}
  - name: kind
    title: {zh: 类别, en: kind}
    type: code
    codes:
      industrial: {zh: 工业, en: industrial}
      farm: {zh: 农业, en: agricultural}
  - {name: uses, title: {zh: 用途, en: uses}, type: codes, codes: {a: {zh: 甲用, en: use a}, b: {zh: 乙用, en: use b}}}
  - {name: length, title: {zh: 长度, en: length}, type: number, unit: 公里, maximum: 100}
  - {name: people, title: {zh: 人数, en: people}, type: integer}
  - {name: listed, title: {zh: 是否在册, en: listed}, type: yes_no, default: true}
  - {name: found_on, title: {zh: 发现日期, en: found on}, type: date, required: true}
  - {name: mended_on, title: {zh: 整改日期, en: mended on}, type: date, not_before: found_on}
  - {name: due_on, title: {zh: 期限, en: due on}, type: date, future: true}
  - {name: owner, title: {zh: 权属单位, en: owner}, type: unit}
dated_by: found_on
states:
  found: {title: {zh: 已发现, en: found}, initial: true}
  mended: {title: {zh: 已整改, en: mended}}
  closed: {title: {zh: 已销号, en: closed}, final: true, counts_as: [mended]}
transitions:
  - {name: mend, title: {zh: 整改, en: mend}, from: [found], to: mended, fields: [mended_on], evidence: [photo]}
  - {name: return, title: {zh: 退回, en: return}, from: [mended], to: found, reason: true}
  - {name: close, title: {zh: 销号, en: close}, from: [mended], to: closed}
  - {name: reopen, title: {zh: 重开, en: reopen}, from: [closed], to: found, reason: true}
evidence:
  photo: {zh: 照片, en: photo}
  report: {zh: 验收报告, en: report}
closing: {state: closed, evidence: [report], another_unit: true, quiet_days: 10, recheck_percent: 50}
selections:
  all: {title: {zh: 全部, en: all}, where: {listed: {equals: true}}}
  industrial: {title: {zh: 工业, en: industrial}, where: {kind: {equals: industrial}}}
  long_ones: {title: {zh: 长, en: long}, where: {length: {at_least: 2}}}
  mended_in_time:
    title: {zh: 按期, en: in time}
    state: [mended]
    where: {mended_on: {within: period}}
    dated_by: mended_on
  sampled: {title: {zh: 已采样, en: sampled}, related: [{ledger: samples, field: outfall}]}
  either: {title: {zh: 任一, en: either}, either: [{kind: {equals: farm}}, {people: {at_least: 5}}]}
  sampled_industrial: {title: {zh: 工业且采样, en: both}, also: [industrial, sampled]}
"""

SAMPLES = """ledger: samples
title: {zh: 采样记录, en: Samples}
purpose: {zh: 测试, en: a test}
key: [number]
area: street
unit: 次
dated_by: taken_on
fields:
  - {name: number, title: {zh: 编号, en: number}, type: text, required: true}
  - {name: outfall, title: {zh: 排污口, en: outfall}, type: reference, ledger: outfalls, required: true}
  - {name: taken_on, title: {zh: 采样日期, en: taken on}, type: date, required: true}
states:
  taken: {title: {zh: 已采样, en: taken}, initial: true}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "areas.csv").write_text(AREAS, encoding="utf-8")
    (tmp_path / "units.yaml").write_text(UNITS, encoding="utf-8")
    ledgers = tmp_path / "ledgers"
    ledgers.mkdir()
    (ledgers / "outfalls.yaml").write_text(OUTFALLS, encoding="utf-8")
    (ledgers / "samples.yaml").write_text(SAMPLES, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresCluster]:
    """A PostgreSQL of these tests alone, or the one that LANTU_DATABASE_URL names."""
    with postgres_cluster() as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, folder: Path) -> Database:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return SqliteFile(folder / "workspace" / "lantu.sqlite", SQLITE)
    cluster: PostgresCluster = request.getfixturevalue("postgres")
    return PostgresDatabase(cluster.new_database(), POSTGRES)


@pytest.fixture
def book(folder: Path, database: Database) -> LedgerBook:
    return book_in(folder, database)


def book_in(folder: Path, database: Database) -> LedgerBook:
    areas = AreaTree.from_csv(folder / "areas.csv")
    units = UnitRegister.from_yaml(folder / "units.yaml", areas)
    ledgers = read_ledgers(folder / "ledgers")
    return LedgerBook(ledgers, areas, units, folder / "workspace", today=TODAY, database=database)


@pytest.fixture
def officer() -> Actor:
    return Actor("张三", "乙区政府")


@pytest.fixture
def checker() -> Actor:
    return Actor("李四", "市水务局")
