"""Reading of plan documents (计划文本的读取): from a file to sections, tasks, measures and a list of doubts.

A reader for each kind of file gives rows of cells (`text_table`, `pdf_table`, `docx_table`); `columns` finds the
header; `stitching` joins what pages and page ends cut apart; `strips` and `dealing` take a row into its measures;
`neighbours` and `roles` repair what the printing displaced; `doubts` looks at the finished plan. Nothing is invented:
what is missing or had to be guessed is a `Doubt`.
"""

from lantu.plan.reading.reader import read_plan

__all__ = ["read_plan"]
