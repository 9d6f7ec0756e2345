"""Cases (问题): found by the rules of a pack, entered once, dispatched, put right, closed, watched for a rebound.

`find_cases` says what the rules find on a day, `raise_cases` enters it; a later hit of an open case is added to it, one
of a case that was closed not long ago opens it again.
"""

from lantu.office.cases.candidates import Candidate, Clue, Findings
from lantu.office.cases.finding import find_cases
from lantu.office.cases.handling import Handling, read_handling
from lantu.office.cases.lateness import LateCase, LateRow, lateness, open_cases, summed
from lantu.office.cases.listing import CaseFilter, CaseRow, count_cases, list_cases
from lantu.office.cases.photos import PhotoQuestion, PictureIndex, photo_questions
from lantu.office.cases.raising import Outcome, RaiseReport, foresee, raise_cases
from lantu.office.cases.rechecks import Recheck, drawn_rechecks
from lantu.office.cases.rules import Rule, read_case_rules

__all__ = [
    "Candidate",
    "CaseFilter",
    "CaseRow",
    "Clue",
    "Findings",
    "Handling",
    "LateCase",
    "LateRow",
    "Outcome",
    "PhotoQuestion",
    "PictureIndex",
    "RaiseReport",
    "Recheck",
    "Rule",
    "count_cases",
    "drawn_rechecks",
    "find_cases",
    "foresee",
    "lateness",
    "list_cases",
    "open_cases",
    "photo_questions",
    "raise_cases",
    "read_case_rules",
    "read_handling",
    "summed",
]
