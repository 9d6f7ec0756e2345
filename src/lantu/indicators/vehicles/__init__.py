"""Indicators of vehicles: remote monitoring by the second."""
