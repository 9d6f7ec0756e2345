"""The simulated city (演示城市): invented data with a known truth, marked simulated in every row and entry.

`simulate_city` fills a workspace: hourly air data, dust, accounts, and the entries of all ledgers of a pack, planned by
a seeded scenario. The truth is reckoned apart from the assessment, so that each verdict can be held against it.
"""

from lantu.demo.air import AirTruth, SimulatedAir, simulate_air
from lantu.demo.city import SimulatedCity, simulate_city, write_truth

__all__ = ["AirTruth", "SimulatedAir", "SimulatedCity", "simulate_air", "simulate_city", "write_truth"]
