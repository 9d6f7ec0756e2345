"""The columns of a ledger's sheet: their headings out, and what each heading of a given sheet means."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Place, Text, parse_unit
from lantu.ledgers.values import unit_in

if TYPE_CHECKING:
    from lantu.ledgers.schema import Ledger

COMMON = {
    "area": Text("行政区划", "area"),
    "holder": Text("责任单位", "responsible unit"),
    "state": Text("状态", "state"),
    "day": Text("变动日期", "since"),
    "longitude": Text("经度", "longitude"),
    "latitude": Text("纬度", "latitude"),
    "version": Text("版本", "version"),
}
OPTIONAL = ("holder", "state", "day", "longitude", "latitude", "version")


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    index: int
    heading: str
    unit: str | None

    def cell(self, row: int) -> str:
        letters, number = "", self.index + 1
        while number:
            number, rest = divmod(number - 1, 26)
            letters = chr(65 + rest) + letters
        return f"{letters}{row}"


def headings(ledger: Ledger) -> dict[str, Text]:
    """The columns of a ledger's sheet: what every entry has, and its own fields; numbers carry their unit."""
    found: dict[str, Text] = {}
    own = {each.name: _title_of(ledger, each.name) for each in ledger.fields}
    for each in ledger.fields:
        if each.name in ledger.key:
            found[each.name] = own[each.name]
    found["area"] = COMMON["area"]
    found["holder"] = COMMON["holder"]
    for each in ledger.fields:
        unit = f"（{each.unit}）" if each.unit else ""
        unit_en = f" ({each.unit})" if each.unit else ""
        found.setdefault(each.name, Text(own[each.name].zh + unit, own[each.name].en + unit_en))
    found["state"] = COMMON["state"]
    found["day"] = COMMON["day"]
    if ledger.geometry == "point":
        found["longitude"], found["latitude"] = COMMON["longitude"], COMMON["latitude"]
    found["version"] = COMMON["version"]
    return found


def _title_of(ledger: Ledger, name: str) -> Text:
    """A field's title; its name where another column is called the same, so that a sheet can come back."""
    others = {**COMMON, **{each.name: each.title for each in ledger.fields if each.name != name}}
    title = next(each.title for each in ledger.fields if each.name == name)
    zh = name if any(title.zh in (own, other.zh) for own, other in others.items()) else title.zh
    word = title.en.casefold()
    en = name if any(word in (own, other.en.casefold()) for own, other in others.items()) else title.en
    return Text(zh, en)


def columns_of(ledger: Ledger, header: list[Any], path: Path, line: int) -> list[Column]:
    """What each heading means.

    Raises:
        LantuError: a heading that the ledger does not have, twice the same, a unit that does not fit, one that misses.
    """
    known: dict[str, str] = {}
    for own, declared_title in {**COMMON, **{f.name: f.title for f in ledger.fields}}.items():
        for word in (own, declared_title.zh, declared_title.en):
            known.setdefault(word.casefold(), own)
    found: list[Column] = []
    faults: list[str] = []
    for index, cell in enumerate(header):
        if cell is None or str(cell).strip() == "":
            continue
        title, unit = unit_in(str(cell))
        name = known.get(str(cell).strip().rstrip("*").strip().casefold()) or known.get(title.casefold())
        if name is None:
            faults.append(str(cell))
            continue
        declared = ledger.field(name)
        if unit is not None and declared is not None and declared.unit is None:
            unit = None
        if unit is not None and declared is not None and not parse_unit(unit).fits(parse_unit(declared.unit or "1")):
            raise LantuError(
                Text(f"“{cell}”的单位与“{declared.unit}”不合", f"the unit of '{cell}' does not fit '{declared.unit}'"),
                where=Place(path, line, str(cell)),
                mend=Text(f"换成“{declared.unit}”", f"use '{declared.unit}'"),
            )
        if any(each.name == name for each in found):
            raise LantuError(
                Text(f"列“{cell}”出现两次", f"the column '{cell}' stands twice"), where=Place(path, line, str(cell))
            )
        found.append(Column(name, index, str(cell).strip(), unit))
    if faults:
        titles_known = list(headings(ledger).values())
        raise LantuError(
            Text(
                f"台账“{ledger.title.zh}”没有列：{'、'.join(faults)}",
                f"the ledger '{ledger.title.en}' has no column {', '.join(faults)}",
            ),
            where=Place(path, line, faults[0]),
            mend=Text(
                f"可用的列：{'、'.join(t.zh for t in titles_known)}",
                f"its columns: {', '.join(t.en for t in titles_known)}",
            ),
        )
    needed = [*ledger.key, "area", *(f.name for f in ledger.fields if f.required and f.default is None)]
    missing = [name for name in dict.fromkeys(needed) if all(column.name != name for column in found)]
    if missing:
        titles = [headings(ledger)[name] for name in missing]
        raise LantuError(
            Text(
                f"缺少列：{'、'.join(t.zh for t in titles)}", f"columns are missing: {', '.join(t.en for t in titles)}"
            ),
            where=Place(path, line),
            mend=Text("先导出一份，按其列填写", "export the ledger first and fill in its columns"),
        )
    return found


def rows_of(path: Path, ledger: Ledger) -> list[list[Any]]:
    """The cells of a file's sheet, row by row from its first line.

    Raises:
        LantuError: the file is not there or cannot be read.
    """
    if not path.is_file():
        raise LantuError(Text("找不到文件", "there is no such file"), where=Place(path))
    if path.suffix.lower() in (".csv", ".txt", ".tsv"):
        import csv

        from lantu.base import read_utf8

        text = read_utf8(path)
        return list(csv.reader(text.splitlines(), delimiter="\t" if path.suffix.lower() == ".tsv" else ","))
    import python_calamine

    try:
        workbook = python_calamine.CalamineWorkbook.from_path(str(path))
        wanted = {ledger.title.zh, ledger.title.en, ledger.ledger}
        if ledger.sheet is not None:
            wanted |= {ledger.sheet.zh, ledger.sheet.en}
        sheet = next((name for name in workbook.sheet_names if name in wanted), workbook.sheet_names[0])
        found = workbook.get_sheet_by_name(sheet)
        skipped = found.start[0] if found.start else 0
        return [[] for _ in range(skipped)] + found.to_python(skip_empty_area=False)[skipped:]
    except (python_calamine.CalamineError, OSError, IndexError, ValueError) as error:
        raise LantuError(
            Text(f"不是能读的工作簿：{error}", f"no workbook that can be read: {error}"),
            where=Place(path),
            mend=Text("存为 .xlsx 再试", "save it as .xlsx and try again"),
        ) from error
