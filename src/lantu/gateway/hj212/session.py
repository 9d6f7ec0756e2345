"""One connection of a device: what is known of it, what it is asked, and what it is told at first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lantu.gateway.hj212 import commands
from lantu.gateway.hj212.cipher import MUST_BE_CIPHERED
from lantu.gateway.hj212.framing import Splitter
from lantu.gateway.hj212.policy import USUAL, Habits
from lantu.gateway.hj212.requests import (
    Request,
    Requests,
    set_minute_interval,
    set_realtime_interval,
    set_time,
    set_time_out,
)
from lantu.gateway.hj212.writing import data_segment, frame_of, sealed_frame_of

if TYPE_CHECKING:
    from lantu.gateway.hj212.protocol import Hj212

_POLICY_LASTS = dt.timedelta(seconds=30)
_REMEMBERED = 64
"""Frames of which a session knows that it had them."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a device is told on its first frame and after a boot (2081), in the standard's order; None: left as it is.

    `overtime` and `recount` are also how the platform itself waits and sends again.
    """

    set_clock: bool = False
    tell_time_out: bool = False
    overtime: int = 10
    recount: int = 3
    realtime_interval: int | None = None
    minute_interval: int | None = None

    def requests(self) -> list[Request]:
        """The requests in order."""
        result = []
        if self.set_clock:
            result.append(set_time())
        if self.tell_time_out:
            result.append(set_time_out(self.overtime, self.recount))
        if self.realtime_interval is not None:
            result.append(set_realtime_interval(self.realtime_interval))
        if self.minute_interval is not None:
            result.append(set_minute_interval(self.minute_interval))
        for request in result:
            request.recount = self.recount
        return result


class Hj212Session:
    """One connection of a device: what is known of it, and the requests to it.

    Everything about the device comes from its frames: nothing is sent before the first good one.
    """

    __slots__ = (
        "_checked",
        "_protocol",
        "_recent",
        "_settled",
        "_splitter",
        "answers_as_usual",
        "device",
        "edition",
        "habits",
        "password",
        "password_asked",
        "requests",
        "settings",
        "system",
    )

    def __init__(self, protocol: Hj212) -> None:
        """A connection that said nothing yet."""
        self._protocol = protocol
        self._splitter = Splitter()
        self._recent: dict[int, None] = {}
        self._checked = dt.datetime.min
        self._settled = False
        self.device = ""
        self.system = ""
        self.edition = ""
        self.password = ""
        self.password_asked: str | None = None
        self.habits: Habits = USUAL
        self.answers_as_usual = True
        self.settings: Settings = protocol.settings
        self.requests = Requests(self.settings.overtime)

    def split(self, data: bytes) -> list[bytes]:
        """The frames that `data` completes, damaged ones too; no data says that the line went silent."""
        return self._splitter.feed(data)

    def close(self) -> list[bytes]:
        """The frames that are left when the connection has ended."""
        return self._splitter.feed(b"")

    def due(self, now: dt.datetime) -> list[bytes]:
        """Requests to be sent now, as frames; ciphered where the edition of 2025 wants it and a key is set."""
        if not self.device:
            return []
        local = self._protocol.local(now)
        local += self.habits.clock_ahead
        return [self._frame(request, local) for request in self.requests.due(local)]

    def ask(self, *requests: Request) -> None:
        """Ask the device, after all that it was asked before."""
        self.requests.ask(*requests)

    def _frame(self, request: Request, local: dt.datetime) -> bytes:
        data = data_segment(
            number=request.number,
            system=self.system,
            command=request.command,
            password=self.password,
            device=request.device or self.device,
            flag=commands.VERSION_BITS[self.edition] | 1,
            content=request.text(local),
        )
        key = self._protocol.policy.sm4_key(request.device or self.device) if self.edition == "2025" else None
        if key is not None and request.command in MUST_BE_CIPHERED:
            return sealed_frame_of(data, key)
        return frame_of(data)

    # What follows is used by the protocol while it examines frames.

    def meet(self, device: str, local: dt.datetime) -> None:
        """Read the register where the device is new here or was last asked about a while ago."""
        if device == self.device and local - self._checked < _POLICY_LASTS:
            return
        policy = self._protocol.policy
        self.habits = policy.habits(device)
        self.answers_as_usual = not self.habits.answer_system and self.habits.answer_flag is None
        self.password_asked = policy.password(device)
        self.settings = policy.settings(device) or self._protocol.settings
        self.requests.overtime = self.settings.overtime
        self._checked = local
        self.device = device

    def settle(self, command: int) -> None:
        """Queue the settings of a first connection, once, and again after a boot."""
        if not self._settled or command == 2081:
            self._settled = True
            self.requests.ask(*self.settings.requests())

    def repeated(self, key: tuple[str, bytes, int, int]) -> bool:
        """Whether a frame of that device, number, command and PNO came before; devices send until they are answered."""
        # The hash alone is remembered, a tenth of the memory; two of one connection share theirs once in 10^17.
        short, recent = hash(key), self._recent
        if short in recent:
            return True
        if len(recent) == _REMEMBERED:
            del recent[next(iter(recent))]
        recent[short] = None
        return False

    def take_junk(self) -> int:
        """Bytes outside of frames since this was last asked for."""
        count = self._splitter.junk
        self._splitter.junk = 0
        return count
