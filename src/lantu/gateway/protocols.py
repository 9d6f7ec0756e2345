"""The field protocols that the gateway knows, each seeing the device register as it stands at that moment."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterator, Mapping, Set
from typing import TYPE_CHECKING

from lantu.gateway.devices import ANYONE, Device, DeviceRegister, DeviceSettings, sm4_key

if TYPE_CHECKING:
    from lantu.gateway.arrivals import FieldProtocol
    from lantu.gateway.hj212 import Habits, Settings

Register = Callable[[], DeviceRegister]

HJ212 = "hj212"
VEHICLES = "vehicles"
POSITIONS = "positions"
PUSH = "push"
PROTOCOLS = (HJ212, VEHICLES, POSITIONS, PUSH)
"""What a device of the register may speak."""

NO_UNITS: Mapping[str, str] = {}


class Protocols(Mapping[str, "FieldProtocol"]):
    """All field protocols by name; each is loaded when it is first asked for, since most gateways speak one.

    Args:
        register: gives the register as it stands.
        secret: the workspace's own, from which the authentication codes of JT/T 808 are made.
    """

    def __init__(self, register: Register, secret: bytes = b"") -> None:
        self._register = register
        self._secret = secret
        self._loaded: dict[str, FieldProtocol] = {}

    def __getitem__(self, name: str) -> FieldProtocol:
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(PROTOCOLS)

    def __len__(self) -> int:
        return len(PROTOCOLS)

    def _load(self, name: str) -> FieldProtocol:
        if name == HJ212:
            from lantu.gateway.hj212 import Hj212

            return Hj212(RegisterPolicy(self._register))
        if name == VEHICLES:
            from lantu.gateway.vehicles import Vehicles

            return Vehicles(VehicleRegister(self._register))
        if name == POSITIONS:
            from lantu.gateway.vehicles import Positions

            return Positions(self._secret, KnownTo(self._register, POSITIONS))
        if name == PUSH:
            from lantu.gateway.push import Push

            return Push({})  # for decoding; who receives pushes knows their sources
        raise KeyError(name)


class RegisterPolicy:
    """The device register as HJ 212 asks for it. Answers come from memory; a new register is seen at once."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._of: DeviceRegister | None = None
        self._known: dict[str, tuple[Device | None, Habits]] = {}
        self._units: dict[int, dict[str, str]] = {}

    def _find(self, mn: str) -> tuple[Device | None, Habits]:
        register = self._register()
        if register is not self._of:
            self._of, self._known, self._units = register, {}, {}
        found = self._known.get(mn)
        if found is None:
            device = register.get(HJ212, mn)
            found = device, _habits(device, register)
            if len(self._known) < 100_000:  # who invents names fills no memory
                self._known[mn] = found
        return found

    def password(self, mn: str) -> str | None:
        """The password of the register; None: any."""
        device = self._find(mn)[0]
        return None if device is None else device.password

    def allowed_factors(self, mn: str) -> Set[str] | None:
        """All: factors that the register does not name are counted by the compactor and kept out of the series."""
        return None

    def units(self, mn: str) -> Mapping[str, str]:
        """The units of the register; the very same mapping for devices that share a list of factors."""
        device = self._find(mn)[0]
        if device is None or isinstance(device.factors, str):
            return NO_UNITS
        factors = device.factors
        known = self._units.get(id(factors))  # the register keeps its lists as long as this is remembered
        if known is None:
            known = self._units[id(factors)] = {code: factor.unit for code, factor in factors.items()}
        return known

    def sm4_key(self, mn: str) -> bytes | None:
        """The key of the register."""
        device = self._find(mn)[0]
        return None if device is None else sm4_key(device)

    def edition(self, mn: str) -> str | None:
        """The edition of the register; None: what the frames say."""
        device = self._find(mn)[0]
        return None if device is None else device.edition

    def habits(self, mn: str) -> Habits:
        """How the register wants it to be dealt with."""
        return self._find(mn)[1]

    def settings(self, mn: str) -> Settings | None:
        """What the register wants it to be told."""
        from lantu.gateway.hj212 import Settings

        device = self._find(mn)[0]
        if device is None or device.settings == DeviceSettings():
            return None
        wanted = device.settings
        told = wanted.overtime is not None or wanted.recount is not None
        given = {
            name: value
            for name in ("overtime", "recount", "realtime_interval", "minute_interval")
            if (value := getattr(wanted, name)) is not None
        }
        return Settings(set_clock=wanted.set_clock, tell_time_out=told, **given)


class KnownTo(Container[str]):
    """The senders of a protocol that are not turned away."""

    def __init__(self, register: Register, protocol: str) -> None:
        self._register = register
        self._protocol = protocol

    def __contains__(self, sender: object) -> bool:
        return not self._register().turns_away(self._protocol, str(sender))


class VehicleRegister:
    """The device register as the vehicle port asks for it."""

    def __init__(self, register: Register) -> None:
        self._register = register

    @property
    def platforms(self) -> Mapping[str, str] | None:
        """Password by user of the platforms that may log in."""
        return self._register().platforms

    @property
    def inverted(self) -> Collection[str]:
        """Vehicles with an inverted bit."""
        return self._register().inverted

    @property
    def known(self) -> Container[str]:
        """Vehicles that are not turned away."""
        return KnownTo(self._register, VEHICLES)


def _habits(device: Device | None, register: DeviceRegister) -> Habits:
    from lantu.gateway.hj212 import Habits
    from lantu.gateway.hj212.policy import USUAL

    if device is None:
        habits = Habits(known=register.unknown_devices != "refuse")
    else:
        habits = Habits(
            refuse_wrong_password=device.wrong_password == "refuse" and device.id != ANYONE,
            accept_modbus=device.accepts_modbus_crc,
            clock_ahead=device.clock_ahead,
        )
    return USUAL if habits == USUAL else habits  # the very one, for which the protocol has a shorter way
