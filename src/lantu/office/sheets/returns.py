"""A returned sheet from its receipt to its taking: compared, decided cell by cell, taken as one act."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from lantu.base import LantuError, Place, SeveralErrors, Text, use_language
from lantu.base.language import LANGUAGES
from lantu.ledgers import SheetEntry, SheetReview, review_sheet, write_sheet
from lantu.ledgers.faults import not_kept
from lantu.office import rights
from lantu.office.accounts.roles import Role
from lantu.office.desk import desk
from lantu.office.evidence import safe_name, sniff
from lantu.office.outages import outage_of
from lantu.office.register import lists
from lantu.office.sheets.models import SheetReturn, SheetRow

if TYPE_CHECKING:
    from lantu.ledgers import Change, Ledger, Transition
    from lantu.office.accounts.models import Account

Progress = Callable[[int, int, str], None]
LARGE_FILE = 300 * 1024
"""Larger sheets are compared by a job."""
LARGE_LIST = 5000
"""Longer lists are written by a job."""
_OUTSIDE = Text("不在您的权限范围内", "outside your rights")
_STEP = Text("您的账号不能办理这一步", "your account may not take this step")


# -- out -------------------------------------------------------------------------------------------------------------


def write_list(account: Any, ledger: Ledger, wanted: lists.Wanted, path: Path, progress: Progress | None = None) -> int:
    """Write the entries that an account sees and asks for to a workbook.

    Returns:
        How many were written.
    """
    found = lists.ordered(lists.fitting(account, ledger, wanted), ledger, wanted.sort or "key")
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    try:
        count = write_sheet(desk().book, ledger, _sheet_entries(found), fresh, progress)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return count


def _sheet_entries(found: Any) -> Iterator[SheetEntry]:
    import datetime as dt

    for row in found.iterator(2000):
        day = dt.date.fromisoformat(row.day)
        yield SheetEntry(row.key, row.area, row.holder, row.state, day, row.version, row.place, row.values)


def export_path(job: int) -> Path:
    """Where the workbook of an export job lies."""
    return desk().workspace.path / "exports" / f"{job}.xlsx"


# -- in --------------------------------------------------------------------------------------------------------------


def receive(account: Account, ledger: Ledger, upload: Any) -> SheetReturn:
    """Keep an uploaded sheet; nothing is read yet but what kind of file it is.

    Raises:
        LantuError: it is too large, empty, or no workbook.
    """
    name = safe_name(str(upload.name))
    where = Place(name, None, "file")
    most = settings.LANTU_LARGEST_FILE
    if upload.size > most:
        raise LantuError(Text(f"文件大于 {most // 1048576} MB", f"it is larger than {most // 1048576} MB"), where=where)
    folder = desk().workspace.path / "sheets"
    content = b"".join(upload.chunks())
    digest = hashlib.sha256(content).hexdigest()
    path = folder / f"{digest}.xlsx"
    if not path.exists():
        fresh = folder / f"{digest}.{account.pk}.new"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(content)
            if not _is_workbook(fresh, name):
                raise LantuError(
                    Text(f"“{name}”不是 Excel 工作簿（.xlsx）", f"'{name}' is no workbook (.xlsx)"),
                    where=where,
                    mend=Text("交导出后填好的 .xlsx 文件", "hand in the exported .xlsx file"),
                )
            fresh.replace(path)
        except OSError as error:
            raise not_kept(Path(name), error) from error
        finally:
            fresh.unlink(missing_ok=True)
    with transaction.atomic():
        sheet = SheetReturn.objects.create(account=account, ledger=ledger.ledger, name=name, sha256=digest)
        detail = {"file": name, "sha256": digest}
        desk().book.store.journal.write(account.actor(), "return_sheet", f"{ledger.ledger}/sheet/{sheet.pk}", detail)
    return sheet


def _is_workbook(path: Path, name: str) -> bool:
    try:
        return sniff(path, name) == ".xlsx"
    except LantuError:
        return False


def path_of(sheet: SheetReturn) -> Path:
    """Where the file of a returned sheet lies."""
    return desk().workspace.path / "sheets" / f"{sheet.sha256}.xlsx"


def compare(sheet: SheetReturn, progress: Progress | None = None) -> None:
    """Compare a sheet with the entries, and keep what is different; decisions of before stay where they still fit."""
    assert sheet.account is not None
    try:
        review = _review(sheet, progress)
    except LantuError as error:
        if outage_of(error) is not None:
            raise
        _failed(sheet, error)
        return
    choices = {row.key: row.choices for row in sheet.rows.exclude(choices={})}
    rows = [
        SheetRow(
            sheet=sheet,
            number=row.row,
            key=row.key,
            kind=row.kind,
            version=row.version,
            cells=[cell.as_json() for cell in row.cells],
            faults=[fault.as_json() for fault in row.faults],
            choices=choices.get(row.key, {}),
        )
        for row in review.rows
        if row.kind != "unchanged" or row.cells
    ]
    with transaction.atomic():
        sheet.rows.all().delete()
        SheetRow.objects.bulk_create(rows, 500)
        SheetReturn.objects.filter(pk=sheet.pk).update(state="reviewed", counts=review.counts())


def _failed(sheet: SheetReturn, error: LantuError) -> None:
    every = SeveralErrors(error.errors[:20]) if isinstance(error, SeveralErrors) else error
    words = []
    for language in LANGUAGES:
        with use_language(language):
            mend = f" → {every.mend}" if every.mend else ""
            words.append(f"{every.what}{mend}")
    SheetReturn.objects.filter(pk=sheet.pk).update(state="failed", message_zh=words[0], message_en=words[1])


def _review(sheet: SheetReturn, progress: Progress | None = None) -> SheetReview:
    decided = sheet.rows.exclude(choices={}).values_list("key", "version", "choices")
    return review_sheet(
        desk().book,
        sheet.ledger,
        path_of(sheet),
        sheet.account.actor(),
        permit_of(sheet.account, desk().book.ledger(sheet.ledger)),
        {key: (version, choices) for key, version, choices in decided},
        simulated=desk().simulated,
        progress=progress,
    )


def permit_of(account: Any, ledger: Ledger) -> Callable[[Change | None, str, Transition | None], Text | None]:
    """Why a row of a sheet may not be taken by an account: the same rights as on the pages, for many rows at once."""
    role = rights.role_of(account)
    changes, enters = rights.changes_entries(account), rights.enters_some(account, ledger)
    within = rights.areas_of(account) if role in (Role.DISTRICT, Role.STREET) else None
    seen: set[str] | None = None
    if role not in (Role.COORDINATOR, Role.AUDITOR):
        seen = set(rights.visible_entries(account).filter(ledger=ledger.ledger).values_list("key", flat=True))

    def permit(old: Change | None, area: str, step: Transition | None) -> Text | None:
        if old is None:
            return None if enters and (within is None or area in within) else _OUTSIDE
        if not changes or (seen is not None and old.key not in seen):
            return _OUTSIDE
        if area != old.area and (not enters or (within is not None and area not in within)):
            return _OUTSIDE
        return None if step is None or rights.takes_step(account, ledger, step) else _STEP

    return permit


def decide(sheet: SheetReturn, choices: dict[str, dict[str, str]]) -> int:
    """Keep decisions on conflicts, by key and field; what names no conflict of the sheet is left out.

    Returns:
        How many cells were decided.
    """
    decided = 0
    for row in sheet.rows.filter(kind="conflict", key__in=list(choices)):
        fields = {cell["field"] for cell in row.cells if cell["kind"] == "conflict"}
        given = {
            name: choice for name, choice in choices[row.key].items() if name in fields and choice in ("now", "after")
        }
        decided += len(given)
        row.choices = {**row.choices, **given}
        row.save(update_fields=["choices"])
    return decided


def undecided(sheet: SheetReturn) -> int:
    """How many rows have a conflict that nobody has decided."""
    found = 0
    for row in sheet.rows.filter(kind="conflict"):
        fields = {cell["field"] for cell in row.cells if cell["kind"] == "conflict"}
        found += bool(fields - set(row.choices))
    return found


def take(sheet: SheetReturn, progress: Progress | None = None) -> dict[str, int]:
    """Take what was compared, as one act. A row whose entry has moved on since is left out and counted as `moved`.

    Raises:
        LantuError: somebody changed one of the entries in this very moment; nothing is taken.
    """
    assert sheet.account is not None
    seen = {key: (kind, version) for key, kind, version in sheet.rows.values_list("key", "kind", "version")}
    review = _review(sheet, progress)
    taken, result = [], {"entered": 0, "amended": 0, "moved": 0, "undecided": 0, "kept": 0}
    for row in review.rows:
        if row.kind == "conflict":
            result["undecided"] += 1
        elif row.kind == "unchanged" and row.cells:
            result["kept"] += 1
        if row.change is None:
            continue
        kind, version = seen.get(row.key, ("", -1))
        if version != row.version or kind not in ("new", "changed", "conflict"):
            result["moved"] += 1
            continue
        taken.append(row.change)
        result["entered" if row.kind == "new" else "amended"] += 1
    counts = review.counts()
    result |= {"bad": counts["bad"], "refused": counts["refused"]}
    with transaction.atomic():
        # only one of two clicks finds it as it was compared
        mine = SheetReturn.objects.filter(pk=sheet.pk, state="reviewed").update(state="taken", result=result)
        if not mine:
            raise LantuError(Text("这张表已经收入或放弃", "this sheet was taken or set aside already"))
        desk().book.store.add(taken)
    return result
