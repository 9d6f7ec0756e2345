"""Sheets (台账表): lists taken out to Excel, and returned sheets that are looked through before anything is taken."""
