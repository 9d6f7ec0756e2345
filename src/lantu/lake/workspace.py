"""The workspace (工作区): the folder that holds one city's data, entered figures and reports."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path

from lantu.base import ClosedModel, LantuError, Place, Text, read_model

FILE_NAME = "workspace.yaml"
FORMAT = 1


class _WorkspaceFile(ClosedModel):
    lantu_workspace: int
    today: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace's folder; the lake stands in its folder `lake`.

    `fixed_today` is the day on which a simulated city stands still; None where the real day counts.
    """

    path: Path
    fixed_today: dt.date | None = None

    @property
    def lake(self) -> Path:
        return self.path / "lake"

    @classmethod
    def open(cls, path: Path | None = None, create: bool = False) -> Workspace:
        """Open the workspace at `path`, or the one that LANTU_WORKSPACE names (default ./lantu-workspace).

        Raises:
            LantuError: it does not exist and `create` is not set, the folder holds something else, or it was made by
                a later Lantu.
        """
        folder = path or Path(os.environ.get("LANTU_WORKSPACE") or "lantu-workspace")
        marker = folder / FILE_NAME
        if marker.exists():
            written = read_model(marker, _WorkspaceFile)
            made = written.lantu_workspace
            if made > FORMAT:
                raise LantuError(
                    Text(
                        f"工作区由更新的版本建立（格式 {made}）",
                        f"the workspace was made by a later version (format {made})",
                    ),
                    where=Place(marker),
                    mend=Text("请升级 lantu", "upgrade lantu"),
                )
            return cls(folder, written.today)
        if not create:
            raise LantuError(
                Text("这里没有工作区", "there is no workspace here"),
                where=Place(folder),
                mend=Text(
                    "先运行 lantu up 或 lantu data import，或设置 LANTU_WORKSPACE",
                    "run lantu up or lantu data import first, or set LANTU_WORKSPACE",
                ),
            )
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise LantuError(
                Text("文件夹不是工作区，也不是空的", "the folder is not a workspace and not empty"),
                where=Place(folder),
                mend=Text("换一个空文件夹", "choose an empty folder"),
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
            marker.write_text(f"lantu_workspace: {FORMAT}\n", encoding="utf-8")
        except OSError as error:
            raise LantuError(
                Text(f"建不了工作区：{error.strerror}", f"cannot make the workspace: {error.strerror}"),
                where=Place(folder),
            ) from error
        return cls(folder)

    def stand_still(self, day: dt.date) -> Workspace:
        """Let a day count as today from now on; only for a simulated city."""
        (self.path / FILE_NAME).write_text(f"lantu_workspace: {FORMAT}\ntoday: {day}\n", encoding="utf-8")
        return Workspace(self.path, day)
