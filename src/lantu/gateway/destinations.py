"""Where readings go by the device register; devices that are registered alike share their places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lantu.gateway.devices import Device, DeviceRegister
from lantu.lake import get_dataset

if TYPE_CHECKING:
    import numpy as np

READINGS = "device_readings"
MOST_REMEMBERED = 1_000_000
"""Places that are remembered; who invents names fills no more memory than that."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where readings of one factor and kind go, of devices registered alike. `column` is None for `device_readings`."""

    device: Device | None
    dataset: str
    column: int | None
    unit: str | None
    undeclared: bool


def places_of(
    devices: tuple[np.ndarray, list[str | None]],
    factors: tuple[np.ndarray, list[str | None]],
    kinds: tuple[np.ndarray, list[str | None]],
    protocol: str,
    register: DeviceRegister,
) -> tuple[list[Place], np.ndarray]:
    """Where the readings go: each place once, and for each row which. Devices that are registered alike share them."""
    import numpy as np

    many_factors, many_kinds = len(factors[1]), len(kinds[1])
    alike, examples = _alike(devices[1], protocol, register)
    combined = (alike[devices[0]] * many_factors + factors[0]) * many_kinds + kinds[0]
    found, place_of = np.unique(combined, return_inverse=True)
    places = []
    for code in found.tolist():
        rest, kind = divmod(code, many_kinds)
        example, factor = divmod(rest, many_factors)
        places.append(_place(examples[example], factors[1][factor] or "", kinds[1][kind] or ""))
    return places, place_of


def _alike(names: list[str | None], protocol: str, register: DeviceRegister) -> tuple[np.ndarray, list[Device | None]]:
    """Of each sender the number of those that are registered like it, and by number one of them (None: unknown)."""
    import numpy as np

    known: dict[str, int] = register.remembered.setdefault(("alike", protocol), {})
    numbers: dict[Any, int] = register.remembered.setdefault(("ways", protocol), {None: 0})
    examples: list[Device | None] = register.remembered.setdefault(("examples", protocol), [None])
    result = []
    for each in names:
        name = each or ""
        number = known.get(name)
        if number is None:
            device = register.get(protocol, name)
            # Lists of factors are shared by the devices that name them, and live as long as the register.
            way = device and (id(device.factors), device.dataset, device.readings, device.stamped, device.simulated)
            number = numbers.setdefault(way, len(numbers))
            if number == len(examples):
                examples.append(device)
            if len(known) < MOST_REMEMBERED:
                known[name] = number
        result.append(number)
    return np.array(result, np.int64), examples


def _place(device: Device | None, factor: str, kind: str) -> Place:
    if device is None:
        return Place(None, READINGS, None, None, False)
    assert isinstance(device.factors, dict)
    rule = device.factors.get(factor)
    unit = None if rule is None else rule.unit
    if rule is not None and rule.column is not None and device.dataset is not None and kind == device.kind:
        dataset = get_dataset(device.dataset)
        column = dataset.value_names.index(dataset.column(rule.column).name)
        return Place(device, dataset.name, column, unit, False)
    return Place(device, READINGS, None, unit, rule is None and bool(device.factors))
