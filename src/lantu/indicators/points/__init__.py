"""Indicators from monitoring points that a ledger lists: dustfall, road dust, TSP of streets, plant boundaries."""
