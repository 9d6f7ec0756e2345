"""The simulated city in full size: verdicts against the truth; assessment cold, after one new day of data, warm;
explaining; Excel in.

Each is one process from its start to its end, as a user waits for it, but the import of a sheet. The processes keep
their compiled files, as installed programs do, and the verdicts are compared after the plan's year.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

BUDGET = {"cold": 20.0, "new day": 5.0, "megabytes": 2048.0, "explain": 1.0, "sheet": 15.0, "not as in truth": 0.0}
"""Seconds, megabytes of the cold assessment, and the number of verdicts that are not the true ones."""
AFTER = "2022-12-31"
SHEET_ROWS = 50_000
EXPLAINED = (
    ("air-1-1/pm25", "通州"),
    ("air-28-4/monthly_checks", "东华门"),
    ("air-5-4/violations", "通州"),
    ("water-11-2/outfalls_rectified", "通州"),
    ("soil-7-2/crop_tests", "city"),
)


def measure(folder: Path, size: str = "city") -> dict[str, float]:
    """Seconds and megabytes of every step on a simulated city that is made in `folder`."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    environment = {**os.environ, "LANTU_WORKSPACE": str(folder / "city"), "PYTHONPYCACHEPREFIX": str(folder / "pyc")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def lantu(*arguments: str) -> tuple[float, float]:
        begin = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", _RUN, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        return time.perf_counter() - begin, float(done.stderr.strip().splitlines()[-1])

    result = {"made": lantu("demo", "--size", size)[0]}
    result["cold"], result["megabytes"] = lantu("assess", "--as-of", "2021-11-30")
    lantu("assess", "--as-of", AFTER, "--json", str(folder / "after.json"))
    result["not as in truth"] = float(len(not_as_in_truth(folder / "after.json", folder / "city" / "demo-truth.json")))
    new_day(folder / "city")
    result["new day"] = lantu("assess", "--as-of", "2021-12-01")[0]
    result["warm"] = lantu("assess", "--as-of", "2021-12-01")[0]
    result["explain"] = max(
        lantu("explain", name, "--area", area, "--as-of", "2021-12-01")[0] for name, area in EXPLAINED
    )
    result["sheet"] = sheet(folder)
    return result


def make(workspace: Path, size: str = "city") -> None:
    """A simulated city alone, for whoever measures something else on it."""
    workspace.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "LANTU_WORKSPACE": str(workspace)}
    done = subprocess.run(
        [sys.executable, "-m", "lantu", "demo", "--size", size], env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])


_RUN = """
import os, resource, sys
from lantu.cli import app
code = 0
try:
    app(sys.argv[1:], standalone_mode=False)
finally:
    both = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    print(sum(resource.getrusage(who).ru_maxrss for who in both) / 1024, file=sys.stderr, flush=True)
os._exit(0)  # as lantu.cli.main does
"""


def not_as_in_truth(assessed: Path, truth: Path) -> list[tuple[str, str, str, str]]:
    """Commitment, area, what the truth is and what was found, wherever the two differ."""
    found = {(row["commitment"], row["area"]): row["status"] for row in json.loads(assessed.read_text())["rows"]}
    known = json.loads(truth.read_text())["truth"]
    if not known:
        raise RuntimeError("the city has no truth")
    return [
        (row["commitment"], row["area"], row["status"], found.get((row["commitment"], row["area"]), "no verdict"))
        for row in known
        if found.get((row["commitment"], row["area"])) != row["status"]
    ]


def new_day(workspace: Path) -> None:
    """One more day of hourly air data and of checks on sites: 1 December, as if it had just arrived."""
    import duckdb

    from lantu.lake import Lake
    from lantu.ledgers import Actor, LedgerBook
    from lantu.plan.packs import load_pack

    lake = Lake(workspace / "lake")
    files = lake.files("air_hourly", dt.date(2021, 12, 1), dt.date(2021, 12, 1))
    rows = duckdb.execute(
        "select station, time, pm25 + 1 as pm25 from read_parquet(?) "
        "where time > '2021-12-01' and time <= '2021-12-02'",
        [files],
    ).to_arrow_table()
    lake.write("air_hourly", rows, source="simulated", simulated=True)
    pack = load_pack("beijing/2021")
    book = LedgerBook(pack.ledgers, pack.areas, pack.units, workspace)
    changes = []
    for number, site in enumerate(book.entries("construction_sites", dt.date(2021, 12, 1)).rows[:500]):
        values = {"number": f"B{number:06d}", "site": site.key, "checked_on": dt.date(2021, 12, 1)}
        changes.append(
            book.made(
                book.ledger("site_checks"), values["number"], 1, dt.date(2021, 12, 1), Actor("模拟", "模拟"), "enter",
                "checked", site.area, None, None, values, simulated=True,
            )
        )  # fmt: skip
    book.store.add(changes)


def sheet(folder: Path) -> float:
    """Seconds to take a workbook of 50,000 rows in, one in a hundred of them bad; each bad one must be named."""
    import xlsxwriter

    from lantu.ledgers import Actor, LedgerBook, import_sheet
    from lantu.plan.packs import load_pack

    pack = load_pack("beijing/2021")
    book = LedgerBook(pack.ledgers, pack.areas, pack.units, folder / "sheet")
    path = folder / "sheet.xlsx"
    draw = random.Random(1)
    streets = pack.areas.select("streets")
    writer = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    page = writer.add_worksheet()
    head = ["编号", "名称", "类型", "受纳水体", "发现日期", "存在问题", "行政区划", "责任主体"]
    page.write_row(0, 0, head)
    for number in range(1, SHEET_ROWS + 1):
        street = draw.choice(streets)
        row = [f"P{number}", f"排口{number}", "其他排口", "某河", "2021-03-05", "是", street.code, "某单位"]
        if number % 100 == 0:
            row[draw.choice((2, 4, 6))] = "错"
        page.write_row(number, 0, row)
    writer.close()
    begin = time.perf_counter()
    report = import_sheet(book, "outfalls", path, Actor("张三", "市生态环境局"))
    seconds = time.perf_counter() - begin
    if (report.entered, report.bad_rows) != (SHEET_ROWS * 99 // 100, SHEET_ROWS // 100):
        raise RuntimeError(f"{report.entered} rows went in, {report.bad_rows} were named as bad")
    return seconds
