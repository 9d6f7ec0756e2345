"""Plans (行动计划): the model of a plan, reading it from a document, packs that declare it, comparison of two years.

`reading.read_plan` turns a document into a `model.PlanDocument` with its doubts; `packs.load_pack` reads what a pack
declares, with every measure bound to commitments of the eight kinds (`commitments`); `diff.diff` compares.
"""
