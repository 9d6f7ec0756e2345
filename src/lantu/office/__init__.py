"""The office (业务办理): people and their rights, cases, reports, jobs and publications of one workspace.

`office.desk` opens the pack, the ledgers and the lake of the workspace; `office.rights` decides what an account sees
and does, for pages, API, exports and files alike. Ledger entries are changed by `lantu.ledgers` only. `office.cases`
raises and handles problems and `office.reports` looks after self reports, both without any web code.
"""
