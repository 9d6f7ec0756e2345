"""The office (办公): the work around a plan, without any page: cases from their raising to an earned closing, reports.

`cases` finds what has to be put right by the rules of the pack, enters it, tells who is late, and looks at photos;
`reports` tells which monthly reports are there, in time, and changed after they were approved. All of it stands on
the ledgers; pages, the API and commands only show it.
"""
