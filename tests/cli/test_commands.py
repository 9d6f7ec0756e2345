"""The commands as a person types them, each in its own process."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from lantu.lake import Lake


def lantu(*arguments: str, workspace: Path, language: str = "en") -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "LANTU_WORKSPACE": str(workspace),
        "LANTU_LANG": language,
        "COLUMNS": "120",
        "NO_COLOR": "1",
    }
    command = [sys.executable, "-m", "lantu", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that `lantu up` made."""
    workspace = tmp_path_factory.mktemp("up") / "workspace"
    done = lantu("up", "--no-serve", workspace=workspace)
    assert done.returncode == 0, done.stderr
    assert "SIMULATED" in done.stdout
    assert "Annual PM2.5 mean" in done.stdout
    return workspace


def test_up_makes_everything_and_marks_it_simulated(simulated: Path) -> None:
    page = (simulated / "report.html").read_text(encoding="utf-8")
    assert "模拟数据" in page
    assert "Simulated data" in page
    status = json.loads(lantu("data", "status", "--json", "-", workspace=simulated).stdout)
    assert status[0]["simulated"] is True


def test_up_again_changes_nothing(simulated: Path) -> None:
    before = json.loads(lantu("data", "status", "--json", "-", workspace=simulated).stdout)
    assert lantu("up", "--no-serve", workspace=simulated).returncode == 0
    assert json.loads(lantu("data", "status", "--json", "-", workspace=simulated).stdout) == before


def test_measured_rows_are_not_mixed_with_simulated_ones(simulated: Path, tmp_path: Path) -> None:
    file = tmp_path / "beijing_all_20210801.csv"
    file.write_text("date,hour,type,东城东四\n20210801,1,PM2.5,12\n", encoding="utf-8")
    done = lantu("data", "import", "air_hourly", str(file), workspace=simulated)
    assert done.returncode != 0
    assert "simulated" in done.stderr
    assert "Traceback" not in done.stderr


def test_assess_in_both_languages_and_all_forms(simulated: Path, tmp_path: Path) -> None:
    out = [tmp_path / name for name in ("r.json", "r.xlsx", "r.html")]
    done = lantu(
        "assess", "--as-of", "2021-12-31", "--json", str(out[0]), "--xlsx", str(out[1]), "--html", str(out[2]),
        workspace=simulated, language="zh",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "模拟数据" in done.stdout
    assert "已达到" in done.stdout
    assert all(path.stat().st_size > 1000 for path in out)
    rows = json.loads(out[0].read_text(encoding="utf-8"))["rows"]
    assert all(row["simulated"] for row in rows if row["value"] is not None)


def test_explain_shows_the_chain(simulated: Path) -> None:
    done = lantu("explain", "air-1-1/pm25", "--area", "海淀", workspace=simulated)
    assert done.returncode == 0, done.stderr
    for word in ("what the plan asks", "rounding", "where the data come from", "simulated data"):
        assert word in done.stdout


def test_indicators(simulated: Path) -> None:
    done = lantu(
        "indicator",
        "compute",
        "pm25_mean",
        "--area",
        "districts",
        "--period",
        "2021-08",
        "--json",
        "-",
        workspace=simulated,
    )
    rows = json.loads(done.stdout)
    assert len(rows) == 17
    stable = "indicator area area_name period value unit n coverage valid"
    assert set(stable.split()) <= set(rows[0])
    assert lantu("indicator", "list", workspace=simulated).returncode == 0
    assert "HJ 663" in lantu("indicator", "show", "o3_8h_p90", workspace=simulated).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("indicator", "show", "pm25_men"), "did you mean pm25_mean"),
        (("indicator", "compute", "pm25_mean", "--area", "海定", "--period", "2021"), "did you mean"),
        (("indicator", "compute", "pm25_mean", "--area", "city", "--period", "2021-13"), "is not a period"),
        (("indicator", "compute", "aqi", "--area", "city", "--period", "2021"), "not defined for a period"),
        (("assess", "--as-of", "yesterday"), "is not a date"),
        (("assess", "--accept-coverage", "7"), "between 0 and 1"),
        (("assess", "--pack", "paris/2021"), "there is no pack"),
        (("explain", "air-1-1/pm2"), "has no commitment"),
        (("data", "import", "air_daily", "x.csv"), "there is no dataset"),
        (("plan", "check", "no/pack"), "there is no pack"),
        (("target", "set", "air-1-1/pm25", "35", "μg/m³", "--reference", "x"), "fixed by the plan"),
    ],
)  # fmt: skip
def test_a_mistake_gives_one_clear_message(simulated: Path, arguments: tuple[str, ...], message: str) -> None:
    done = lantu(*arguments, workspace=simulated)
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_workspace_it_says_what_to_do(tmp_path: Path) -> None:
    done = lantu("assess", workspace=tmp_path / "none")
    assert done.returncode == 1
    assert "lantu up" in done.stderr
    assert not (tmp_path / "none").exists()


def test_the_shipped_pack_is_sound(tmp_path: Path) -> None:
    done = lantu("plan", "check", "beijing/2021", "--json", "-", workspace=tmp_path / "none")
    assert done.returncode == 0
    checked = json.loads(done.stdout)
    assert checked["faults"] == []
    counts = checked["counts"]
    assert (counts["tasks"], counts["measures"], counts["with_figure"]) == (74, 153, 91)


def test_doctor(simulated: Path) -> None:
    done = lantu("doctor", workspace=simulated)
    assert done.returncode == 0, done.stdout
    assert "0 faults" in done.stdout
    assert "journal: " in done.stdout


def test_doctor_finds_what_was_altered(simulated: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    shutil.copytree(simulated, workspace)
    with closing(sqlite3.connect(workspace / "lantu.sqlite")) as connection, connection:
        connection.execute("drop trigger change_update")
        connection.execute("update change set state = 'closed' where id = (select min(id) from change)")
    done = lantu("doctor", workspace=workspace)
    assert done.returncode == 1
    assert "are not those that are kept" in done.stdout


@pytest.mark.shared_data
def test_the_main_job_on_real_input(real_lake: Lake, shared_data: Path, tmp_path: Path) -> None:
    """The README's command: the second import is recognised, the verdict is for real rows."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "workspace.yaml").write_text("lantu_workspace: 1\n", encoding="utf-8")
    (workspace / "lake").symlink_to(real_lake.path)
    assert lantu("data", "status", workspace=workspace).returncode == 0
    done = lantu("assess", "--as-of", "2021-12-31", "--json", "-", workspace=workspace)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["simulated"] is False
    assert sum(result["counts"].values()) == len(result["rows"])
