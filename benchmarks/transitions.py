"""Steps of cases with history and journal (问题办理): eight writers at once through the site's own connection.

Every step is one transaction: the change, the entry as it stands, the journal's line. Afterwards every step that was
answered must be there once, and the journal must verify.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

BUDGET = {"sqlite": 30.0, "postgresql": 100.0}
"""Steps per second, at least."""
WRITERS = 8

_MAKE = """
import sys
from lantu.site.starting import make_tables
make_tables()
from lantu.ledgers import Actor
from lantu.office.desk import desk
book, actor = desk().book, Actor("bench", "市生态环境局")
for number in range(int(sys.argv[1])):
    values = {"number": f"BENCH-{number}", "case_class": "air_violation", "occurred_on": "2021-12-01"}
    book.enter("cases", values, "110101", actor)
"""
_WRITE = """
import sys, time
from lantu.site.starting import set_up
set_up()
from lantu.ledgers import Actor
from lantu.office.desk import desk
book = desk().book
first, last, begin = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
city, district = Actor("bench", "市生态环境局"), Actor("bench", "东城区政府")
time.sleep(max(0.0, begin - time.time()))
for number in range(first, last):
    key = f"BENCH-{number}"
    book.advance("cases", key, "assign", city, given={"due_on": "2022-01-31"}, holder="东城区政府")
    print(key, "assign", flush=True)
    book.advance("cases", key, "accept", district)
    print(key, "accept", flush=True)
print("ended", time.time(), flush=True)
"""
_CHECK = """
import json
from lantu.site.starting import set_up
set_up()
from lantu.office.desk import desk
store = desk().book.store
rows = store.database.read("select key, action, count(*) from change where ledger = 'cases' and key like 'BENCH-%' "
                           "and action in ('assign', 'accept') group by key, action")
lines, faults = store.journal.verify()
print(json.dumps({"rows": [list(row) for row in rows], "faults": len(faults)}))
"""


def measure(made: Path, folder: Path, url: str | None = None, cases: int = 200) -> dict[str, float]:
    """Steps per second on a copy of a workspace that `lantu demo` made; on PostgreSQL where a URL is given.

    Returns:
        `per second`, and how many answered steps are `lost`, `doubled`, and how many faults the journal has.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(made, folder)
    environment = {**os.environ, "LANTU_WORKSPACE": str(folder)}
    environment.pop("LANTU_DATABASE_URL", None)
    if url is not None:
        environment["LANTU_DATABASE_URL"] = url

    def run(code: str, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    if run(_MAKE, str(cases)).wait():
        raise RuntimeError("the cases could not be entered")
    begin, share = time.time() + 12, cases // WRITERS
    writers = [run(_WRITE, str(n * share), str((n + 1) * share), str(begin)) for n in range(WRITERS)]
    answered, ends = [], []
    for writer in writers:
        out, _ = writer.communicate()
        for line in out.splitlines():
            name, what = line.split()
            if name == "ended":
                ends.append(float(what))
            else:
                answered.append((name, what))
    found = json.loads(run(_CHECK).communicate()[0].splitlines()[-1])
    there = {(key, action): count for key, action, count in found["rows"]}
    return {
        "per second": len(answered) / (max(ends) - begin),
        "steps": float(len(answered)),
        "lost": float(sum(step not in there for step in answered)),
        "doubled": float(sum(count > 1 for count in there.values())),
        "journal faults": float(found["faults"]),
    }


def measure_both(made: Path, folder: Path, cases: int = 200) -> dict[str, dict[str, float]]:
    """The same on both databases; on PostgreSQL only where its programs are installed."""
    from tests.postgres import own_cluster, programs

    found = {"sqlite": measure(made, folder, cases=cases)}
    if programs() is not None:
        with own_cluster() as cluster:
            found["postgresql"] = measure(made, folder, cluster.new_database(), cases)
    shutil.rmtree(folder, ignore_errors=True)
    return found


def faults(measured: dict[str, dict[str, float]]) -> list[str]:
    """What is under its budget, and every step that is not there once."""
    found = []
    for database, least in BUDGET.items():
        if database not in measured:
            continue
        of_it = measured[database]
        if of_it["per second"] < least:
            found.append(f"{of_it['per second']:.3g} steps per second on {database}, at least {least:g} wanted")
        found += [
            f"{of_it[name]:g} steps {name} on {database}"
            for name in ("lost", "doubled", "journal faults")
            if of_it[name]
        ]
    return found


if __name__ == "__main__":
    print(measure_both(Path(sys.argv[1]), Path(sys.argv[2])))
