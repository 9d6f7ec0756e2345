"""Ledgers (台账): registers that a pack declares as data, and the one small engine that works them.

`read_ledgers` reads the declarations, `LedgerBook` enters, amends and advances entries with their guards and the
closing recipe, `Entries` are a ledger's entries as of a day; `import_sheet` and `export_sheet` are the way from and to
Excel.
"""

from lantu.ledgers.book import LedgerBook
from lantu.ledgers.declared import read_ledgers
from lantu.ledgers.entries import Entries, Entry
from lantu.ledgers.faults import EntryFault
from lantu.ledgers.guards import Actor
from lantu.ledgers.schema import Closing, Ledger, LedgerField, State, Transition
from lantu.ledgers.selections import FieldTest, Related, Selection
from lantu.ledgers.sheet_in import CellFault, SheetReport, import_sheet
from lantu.ledgers.sheet_out import SheetEntry, export_sheet, write_sheet
from lantu.ledgers.sheet_review import CellReview, RowReview, SheetReview, review_sheet
from lantu.ledgers.store import Change, Evidence, LedgerStore

__all__ = [
    "Actor",
    "CellFault",
    "CellReview",
    "Change",
    "Closing",
    "Entries",
    "Entry",
    "EntryFault",
    "Evidence",
    "FieldTest",
    "Ledger",
    "LedgerBook",
    "LedgerField",
    "LedgerStore",
    "Related",
    "RowReview",
    "Selection",
    "SheetEntry",
    "SheetReport",
    "SheetReview",
    "State",
    "Transition",
    "export_sheet",
    "import_sheet",
    "read_ledgers",
    "review_sheet",
    "write_sheet",
]
