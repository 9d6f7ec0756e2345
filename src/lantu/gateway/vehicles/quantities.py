"""What the streams carry: the bytes of each quantity, its step and offset, and the column it becomes.

The tables are those of GB 17691-2018 annex Q and HJ 1239.3-2021 as real frames confirm them. A value is
(raw x `times` - `less`) / `by`: whole numbers, so that the result is the nearest double to the exact decimal.
All numbers are big-endian.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

DIESEL, CATALYST, HYBRID, CATALYST_NOX, SUPPLEMENT = 0x02, 0x03, 0x04, 0x05, 0x80
DIAGNOSIS = 0x01
DIAGNOSIS_SIZE = 96
"""Bytes of an OBD item without its fault codes of four bytes each."""
SECONDS = (DIESEL, CATALYST, CATALYST_NOX)

HIGHEST_VALUE = 0xFA
"""A raw value whose first byte is above this is no value: FE and FF say abnormal and invalid, and of the rest
SAE J1939 makes no numbers. It covers senders that swap the bytes of FE FF as well."""

POSITION_INVALID, SOUTH, WEST = 1, 2, 4
"""Bits of the position's state."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number of a body: its name, bytes, and how the raw number becomes a value in `unit`."""

    name: str
    size: int
    unit: str
    times: int = 1
    less: int = 0
    by: float = 1

    def value(self, raw: int) -> float | None:
        """The value of one raw number; None where it is no value."""
        if self.name == "position_state":
            return raw
        if raw >> 8 * (self.size - 1) > HIGHEST_VALUE:
            return None
        return (raw * self.times - self.less) / self.by

    def raw(self, value: float | None) -> int:
        """The raw number nearest to a value; all ones where there is none.

        Raises:
            OverflowError: the value does not fit.
        """
        if value is None:
            return (1 << 8 * self.size) - 1
        raw = round((value * self.by + self.less) / self.times)
        if not 0 <= raw < 1 << 8 * self.size:
            raise OverflowError(f"{self.name} cannot be {value:g} {self.unit}")
        return raw


_SPEED = Quantity("speed", 2, "km/h", by=256)
_PRESSURE = Quantity("barometric_pressure", 1, "kPa", by=2)
_TORQUE = Quantity("torque", 1, "%", less=125)
_FRICTION = Quantity("friction_torque", 1, "%", less=125)
_ENGINE_SPEED = Quantity("engine_speed", 2, "r/min", by=8)
_FUEL = Quantity("fuel_rate", 2, "L/h", by=20)
_AIR = Quantity("intake_air", 2, "kg/h", by=20)
_COOLANT = Quantity("coolant_temperature", 1, "℃", less=40)
_DOWNSTREAM = Quantity("nox_downstream", 2, "μmol/mol", less=4000, by=20)
_HEAD = (_SPEED, _PRESSURE, _TORQUE, _FRICTION, _ENGINE_SPEED, _FUEL)
_PLACE = (
    Quantity("position_state", 1, "1"),
    Quantity("longitude", 4, "°", by=1_000_000),
    Quantity("latitude", 4, "°", by=1_000_000),
    Quantity("mileage", 4, "km", by=10),
)
_OXYGEN = (
    Quantity("oxygen_upstream", 2, "1", times=305, by=10_000_000),
    Quantity("oxygen_downstream", 1, "V", by=100),
)
_CATALYST = (_AIR, _COOLANT, Quantity("catalyst_temperature", 2, "℃", less=8736, by=32))

STREAMS: dict[int, tuple[Quantity, ...]] = {
    DIESEL: (
        *_HEAD,
        Quantity("nox_upstream", 2, "μmol/mol", less=4000, by=20),
        _DOWNSTREAM,
        Quantity("reagent_level", 1, "%", by=2.5),
        _AIR,
        Quantity("scr_inlet_temperature", 2, "℃", less=8736, by=32),
        Quantity("scr_outlet_temperature", 2, "℃", less=8736, by=32),
        Quantity("filter_pressure_difference", 2, "kPa", by=10),
        _COOLANT,
        Quantity("tank_level", 1, "%", by=2.5),
        *_PLACE,
    ),
    CATALYST: (*_HEAD, *_OXYGEN, *_CATALYST, *_PLACE),
    HYBRID: (
        Quantity("motor_speed", 2, "r/min"),
        Quantity("motor_load", 1, "%"),
        Quantity("voltage", 2, "V", by=10),
        Quantity("current", 2, "A", less=10_000, by=10),
        Quantity("state_of_charge", 1, "%"),
    ),
    CATALYST_NOX: (*_HEAD, *_OXYGEN, _DOWNSTREAM, *_CATALYST, *_PLACE),
    SUPPLEMENT: (
        Quantity("torque_mode", 1, "1"),
        Quantity("pedal", 1, "%", by=2.5),
        Quantity("fuel_total", 4, "L", by=2),
        Quantity("oil_temperature", 1, "℃", less=40),
        Quantity("fuel_injected", 4, "1", by=100),
        Quantity("fuel_mass_total", 4, "g"),
        Quantity("filter_temperature", 2, "℃", less=8736, by=32),
    ),
}

ELECTRIC_VEHICLE = (
    Quantity("vehicle_state", 1, "1"),
    Quantity("charging_state", 1, "1"),
    Quantity("running_mode", 1, "1"),
    Quantity("speed", 2, "km/h", by=10),
    Quantity("mileage", 4, "km", by=10),
    Quantity("voltage", 2, "V", by=10),
    Quantity("current", 2, "A", less=10_000, by=10),
    Quantity("state_of_charge", 1, "%"),
    Quantity("converter_state", 1, "1"),
    Quantity("gear", 1, "1"),
    Quantity("insulation_resistance", 2, "kΩ"),
    Quantity("accelerator_pedal", 1, "%"),
    Quantity("brake_pedal", 1, "%"),
)
"""Type 01 of GB/T 32960.3-2016."""
ELECTRIC_POSITION = _PLACE[:3]
"""Type 05 of GB/T 32960.3-2016."""


def size_of(quantities: tuple[Quantity, ...]) -> int:
    """Bytes of a body."""
    return sum(quantity.size for quantity in quantities)


SIZES = {kind: size_of(quantities) for kind, quantities in STREAMS.items()}


def body_type(quantities: tuple[Quantity, ...]) -> np.dtype[Any]:
    """The body as a packed NumPy record."""
    import numpy as np

    return np.dtype([(quantity.name, f">u{quantity.size}") for quantity in quantities])


def values_of(body: bytes, quantities: tuple[Quantity, ...]) -> dict[str, float | None]:
    """The values of one body."""
    values: dict[str, float | None] = {}
    offset = 0
    for quantity in quantities:
        raw = int.from_bytes(body[offset : offset + quantity.size], "big")
        values[quantity.name] = quantity.value(raw)
        offset += quantity.size
    return values
