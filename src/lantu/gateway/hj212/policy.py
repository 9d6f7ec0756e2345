"""What the gateway knows of a device before it speaks: handed in by whoever keeps the register."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lantu.gateway.hj212.session import Settings


@dataclass(frozen=True, slots=True)
class Habits:
    """How one device is dealt with where it differs from the standard.

    `known`: it may send at all; otherwise it is told QnRtn 4. `refuse_wrong_password`: told QnRtn 3, and nothing is
    kept. `accept_modbus`: frames whose checksum is CRC-16/MODBUS count as good. `answer_system` and `answer_flag`: ST
    and Flag it wants to see in answers ("" and None: those of the standard; "own": the ST of its frame).
    """

    known: bool = True
    refuse_wrong_password: bool = False
    accept_modbus: bool = False
    answer_system: str = ""
    answer_flag: int | None = None
    clock_ahead: dt.timedelta = dt.timedelta()
    """By how much the device's clock goes before the city's, as its time zone is another."""


USUAL = Habits()


class DevicePolicy(Protocol):
    """The register as the protocol sees it. Every question is asked by MN, and often: answers come from memory."""

    def password(self, mn: str) -> str | None:
        """The password that the device must show; None: any."""

    def allowed_factors(self, mn: str) -> Set[str] | None:
        """The factors whose readings may go into a series; None: all."""

    def units(self, mn: str) -> Mapping[str, str]:
        """The unit of each factor as this device sends it. A factor that is missing has no known unit."""

    def sm4_key(self, mn: str) -> bytes | None:
        """Its key of 16 bytes for the edition of 2025; None: none is set."""

    def edition(self, mn: str) -> str | None:
        """Its edition (2005, 2017, 2025, surface_water) where it is set against what its frames say."""

    def habits(self, mn: str) -> Habits:
        """How it is dealt with."""

    def settings(self, mn: str) -> Settings | None:
        """What it is told at first; None: what all are told."""


class OpenPolicy:
    """Takes every device as it comes: for tests, and for a gateway without a register."""

    def password(self, mn: str) -> str | None:
        """Any."""
        return None

    def allowed_factors(self, mn: str) -> Set[str] | None:
        """All."""
        return None

    def units(self, mn: str) -> Mapping[str, str]:
        """None is known."""
        return {}

    def sm4_key(self, mn: str) -> bytes | None:
        """No key."""
        return None

    def edition(self, mn: str) -> str | None:
        """What its frames say."""
        return None

    def habits(self, mn: str) -> Habits:
        """As the standard says."""
        return USUAL

    def settings(self, mn: str) -> Settings | None:
        """What all are told."""
        return None


OPEN = OpenPolicy()
