"""Vehicles on the road (车辆远程监控): heavy vehicles by GB 17691 annex Q and HJ 1239.3, electric ones by GB/T 32960.

And, as a protocol of its own, positions of spoil trucks by JT/T 808 (`Positions`).

`Vehicles` is the field protocol. `frames` has heads and checksums, `units` the layouts of one data unit, `splitting`
finds frames in a stream of bytes, `scanning` does heads and layouts of many frames at once, `columns` makes tables of
them, `encoding` makes frames, `describing` tells of one. Facts of the standards are those that real frames confirm.
"""

from lantu.gateway.vehicles.columns import NO_ENTRY
from lantu.gateway.vehicles.describing import describe
from lantu.gateway.vehicles.frames import Family
from lantu.gateway.vehicles.positions import Positions, PositionSession
from lantu.gateway.vehicles.protocol import ODDITIES, GivenPolicy, Vehicles, VehicleSession

__all__ = [
    "NO_ENTRY",
    "ODDITIES",
    "Family",
    "GivenPolicy",
    "PositionSession",
    "Positions",
    "VehicleSession",
    "Vehicles",
    "describe",
]
