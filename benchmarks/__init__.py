"""Benchmarks (基准测试): each with its budget and its peers, measured side by side in one run.

`python -m benchmarks` runs all and fails if a budget is broken or the results differ. Clocks differ by machine, so what
is held are ratios to the peers; the budget in seconds is for two cores.
"""
