"""Indicators from ledgers (台账指标): yearly accounts, emission reductions, freight, rates of safe use of land."""
