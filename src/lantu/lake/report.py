"""What an import did: rows, corrections, what was set aside and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from lantu.base import Text

REASONS: dict[str, Text] = {
    "not_a_number": Text("不是数", "not a number"),
    "unknown_word": Text("不是已声明的词", "none of the declared words"),
    "unknown_item": Text("数据集没有这个项目", "the dataset has no such item"),
    "unit": Text("单位不认识或不能换算", "the unit is unknown or cannot be converted"),
    "out_of_range": Text("超出可能的范围", "outside the possible range"),
    "bad_time": Text(
        "时间不存在，或不是数据集要求的整点（小时为0至23）、整日、整月或整秒",
        "no such time, or not on the hour (hours run from 0 to 23), day, month or second that the dataset asks for",
    ),
    "future": Text("时间在未来", "the time lies in the future"),
    "conflict": Text("同一站点同一时刻有不同的值", "the same station and time with different values"),
    "no_station": Text("没有站点名", "no name of a station"),
    "not_detected": Text("未检出，但没有给出检出限", "not detected, and no detection limit is given"),
    "columns": Text("列数与表头不符", "another number of columns than the header"),
    "file": Text("文件不能用", "the file cannot be used"),
    "stuck": Text("数值长时间不变（保留）", "the value does not change for long (kept)"),
    "step": Text("相邻小时跳变（保留）", "jump from one hour to the next (kept)"),
    "pm25_above_pm10": Text("PM2.5 高于 PM10（保留）", "PM2.5 above PM10 (kept)"),
}
"""Reason codes; those that say "kept" are flags, the others went to quarantine."""

FLAGS = ("stuck", "step", "pm25_above_pm10")


@dataclass(frozen=True, slots=True)
class Finding:
    """One cell, row or file that was set aside: where it stood, what it said, and why."""

    reason: str
    source: str
    line: int | None = None
    field: str | None = None
    value: str | None = None
    station: str | None = None
    time: str | None = None
    detail: Text | None = None
    mend: Text | None = None

    def __str__(self) -> str:
        """The place and what stood there."""
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        parts = [place, f"[{self.field}]" if self.field else "", self.value or ""]
        parts += [part for part in (self.station, self.time) if part and part != self.value]
        return " ".join(part for part in parts if part)

    @property
    def reason_text(self) -> Text:
        return self.detail or REASONS[self.reason]


@dataclass(slots=True)
class ImportReport:
    """The outcome of one import; `version` stays as it was where nothing changed."""

    dataset: str
    files: list[str] = field(default_factory=list)
    members: int = 0
    rejected: list[Finding] = field(default_factory=list)
    rows_read: int = 0
    rows_new: int = 0
    rows_changed: int = 0
    rows_unchanged: int = 0
    duplicates: int = 0
    derived_rows_skipped: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    """For each reason the first place where something was set aside."""
    flags: Counter[str] = field(default_factory=Counter)
    notes: list[Text] = field(default_factory=list)
    already_imported: bool = False
    version_before: int | None = None
    version: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "dataset": self.dataset,
            "files": self.files,
            "members": self.members,
            "rejected": [{"source": f.source, "line": f.line, "reason": str(f.reason_text)} for f in self.rejected],
            "rows_read": self.rows_read,
            "rows_new": self.rows_new,
            "rows_changed": self.rows_changed,
            "rows_unchanged": self.rows_unchanged,
            "duplicates": self.duplicates,
            "derived_rows_skipped": self.derived_rows_skipped,
            "quarantined": dict(self.quarantined),
            "examples": self.examples,
            "flags": dict(self.flags),
            "notes": [str(note) for note in self.notes],
            "already_imported": self.already_imported,
            "version_before": self.version_before,
            "version": self.version,
        }

    def lines(self) -> list[Text]:
        """The report as a person reads it."""
        if self.already_imported:
            return [
                Text(
                    f"这些文件已导入过，{self.dataset} 没有变化（版本 {self.version}）",
                    f"these files were imported before; {self.dataset} is unchanged (version {self.version})",
                )
            ]
        result = [
            Text(
                f"{self.dataset}：{self.members} 个文件，{self.rows_read} 行；新增 {self.rows_new}，"
                f"更正 {self.rows_changed}，未变 {self.rows_unchanged}；版本 {self.version}",
                f"{self.dataset}: {self.members} files, {self.rows_read} rows; {self.rows_new} new, "
                f"{self.rows_changed} corrected, {self.rows_unchanged} unchanged; version {self.version}",
            )
        ]
        result += self.notes
        if self.duplicates:
            result.append(Text(f"重复且相同的行 {self.duplicates}", f"{self.duplicates} identical duplicates dropped"))
        for code, count in self.quarantined.most_common():
            reason, example = REASONS[code], self.examples.get(code, "")
            result.append(
                Text(f"隔离 {count}：{reason.zh}，如 {example}", f"set aside {count}: {reason.en}, e.g. {example}")
            )
        for code, count in self.flags.most_common():
            result.append(Text(f"存疑 {count}：{REASONS[code].zh}", f"flagged {count}: {REASONS[code].en}"))
        for finding in self.rejected[:20]:
            detail = finding.reason_text
            place = finding.source if finding.line is None else f"{finding.source}:{finding.line}"
            result.append(Text(f"未用 {place}：{detail.zh}", f"not used {place}: {detail.en}"))
        if len(self.rejected) > 20:
            more = len(self.rejected) - 20
            result.append(Text(f"另有 {more} 个文件未用", f"and {more} more files not used"))
        return result
