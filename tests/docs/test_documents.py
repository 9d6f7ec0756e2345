"""What the documentation says is run: every `sh` block, every file of the example pack, every link."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lantu.lake import Lake

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
# These set up or test the checkout itself, in which this test is running.
NOT_HERE = ("git clone", "cd ", "make test", "make run", "make lint")


def blocks(page: Path, language: str) -> list[tuple[str, str]]:
    """The fenced blocks of a page in one language: what stands behind the language's name, and the text."""
    pattern = rf"^```{language}( [^\n]*)?\n(.*?)^```$"
    found = re.finditer(pattern, page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [((match[1] or "").strip(), match[2]) for match in found]


def run(commands: str, folder: Path, workspace: Path) -> None:
    lines = [line for line in commands.splitlines() if line and not line.startswith(NOT_HERE)]
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "LANTU_WORKSPACE": str(workspace),
        "LANTU_LANG": "en",
    }
    script = "set -euo pipefail\n" + "\n".join(lines)
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{script}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


@pytest.fixture
def checkout(tmp_path: Path, shared_data: Path) -> Path:
    """A folder beside `shared`, as a clean clone stands."""
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "data").symlink_to(shared_data.resolve())
    folder = tmp_path / "lantu"
    folder.mkdir()
    return folder


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["README.md", "README.zh.md", "docs/tutorial.md"])
def test_every_command_of_the_page_works(name: str, checkout: Path, tmp_path: Path, real_lake: Lake) -> None:
    """The import finds the files imported already (tests/lake imports them anew), so that the pages run in seconds."""
    commands = "\n".join(text for _, text in blocks(ROOT / name, "sh"))
    assert "lantu" in commands
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "workspace.yaml").write_text("lantu_workspace: 1\n", encoding="utf-8")
    (workspace / "lake").symlink_to(real_lake.path)
    run(commands, checkout, workspace)


def test_the_example_pack_is_sound_and_can_be_judged(tmp_path: Path) -> None:
    page = ROOT / "docs" / "add-a-city.md"
    for language in ("yaml", "csv"):
        for title, text in blocks(page, language):
            file = tmp_path / title.removeprefix("file=")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    commands = "\n".join(text for _, text in blocks(page, "sh"))
    run(f"lantu demo\n{commands}", tmp_path, tmp_path / "workspace")


def test_the_gateway_runs_as_its_page_says(tmp_path: Path) -> None:
    page = ROOT / "docs" / "gateway.md"
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "workspace.yaml").write_text("lantu_workspace: 1\n", encoding="utf-8")
    ((title, register),) = blocks(page, "yaml")
    (workspace / title.removeprefix("file=")).write_text(register, encoding="utf-8")
    commands = "\n".join(text for _, text in blocks(page, "sh"))
    for port in ("7212", "7213"):
        with socket.socket() as some:
            some.bind(("127.0.0.1", 0))
            commands = commands.replace(port, str(some.getsockname()[1]))
    run(commands, tmp_path, workspace)
    assert {row.dataset for row in Lake(workspace / "lake").status()} == {"device_readings"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_nothing_of_this_machine_stands_in_the_documentation() -> None:
    for page in PAGES:
        assert not re.search(r"/(?:work|root|home|tmp)/", page.read_text(encoding="utf-8")), page
