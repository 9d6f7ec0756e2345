"""Vehicles and machines (机动车和非道路移动机械): inspection, machines, fleets, streams of remote terminals."""

from lantu.standards.vehicles.fleet import (
    chain_faults,
    durability,
    is_past_durability,
    matched_plates,
    must_be_suspended,
    new_energy_share,
    plain_plate,
    points_in_cycle,
    repeat_offenders,
    shares_by_use,
)
from lantu.standards.vehicles.inspection import InspectedItem, Inspection, inspect, remote_sensing_failures
from lantu.standards.vehicles.nonroad import engine_limits, registration_stage, required_stage, smoke_limit
from lantu.standards.vehicles.streams import Second, StreamSummary, counts, stream_rules, summarise, trips

__all__ = [
    "InspectedItem",
    "Inspection",
    "Second",
    "StreamSummary",
    "chain_faults",
    "counts",
    "durability",
    "engine_limits",
    "inspect",
    "is_past_durability",
    "matched_plates",
    "must_be_suspended",
    "new_energy_share",
    "plain_plate",
    "points_in_cycle",
    "registration_stage",
    "remote_sensing_failures",
    "repeat_offenders",
    "required_stage",
    "shares_by_use",
    "smoke_limit",
    "stream_rules",
    "summarise",
    "trips",
]
