"""The simulated city (演示城市): invented data with a known truth, marked simulated in every row.

`fill` puts a simulated year before a plan's year and the plan's year into a lake.
"""

from lantu.demo.air import AirTruth, SimulatedAir, simulate_air

__all__ = ["AirTruth", "SimulatedAir", "simulate_air"]
