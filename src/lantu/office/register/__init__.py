"""The tables of the ledgers as Django sees them: rows for lists and rights. Only `lantu.ledgers` writes them."""
