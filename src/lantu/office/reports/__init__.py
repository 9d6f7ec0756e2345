"""Monthly reports (填报): who must report on which measure, what came and when, what changed after it was approved."""

from lantu.office.duties import Duty, duties_of, must_report
from lantu.office.reports.changes import ReportChange, changed_since_approval
from lantu.office.reports.submitting import submit_report
from lantu.office.reports.table import UnitMonth, report_table

__all__ = [
    "Duty",
    "ReportChange",
    "UnitMonth",
    "changed_since_approval",
    "duties_of",
    "must_report",
    "report_table",
    "submit_report",
]
