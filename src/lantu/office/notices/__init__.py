"""Notices (通知): what concerns a person, derived from what happened, shown only as far as the person's rights go.

A notice keeps whom it is for and which thing it is about, never the thing's words: these are read when it is shown.
"""
