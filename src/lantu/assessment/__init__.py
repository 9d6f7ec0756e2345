"""The assessment (评定): status of every commitment in every area on a day, computed from data and never stored.

`assess` judges a pack, `explain` tells where one verdict comes from down to the rows, `page` and `workbook` write the
result out. A commitment whose data Lantu does not hold is unknown, and says which ledger or indicator is missing.
"""

from lantu.assessment.assess import assess
from lantu.assessment.explain import Chain, explain
from lantu.assessment.model import SYMBOLS, Assessment, AssessmentRow, Status
from lantu.assessment.targets import Target, Targets, read_targets, write_target

__all__ = [
    "SYMBOLS",
    "Assessment",
    "AssessmentRow",
    "Chain",
    "Status",
    "Target",
    "Targets",
    "assess",
    "explain",
    "read_targets",
    "write_target",
]
