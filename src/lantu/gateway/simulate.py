"""The simulator (设备模拟器): thousands of devices, each with its own connection and chosen faults, for load and show.

A device uploads realtime data, waits for the answers, sends again what is not answered, and connects again when the
line breaks. Its values are invented, and its faults go by name. What it is lies in `simulated_loggers` (HJ 212) and
`simulated_vehicles` (GB 17691, HJ 1239.3).
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from lantu.base import LantuError, Text
from lantu.gateway import simulated_loggers, simulated_vehicles

FAULTS: dict[str, dict[str, Text]] = {"hj212": simulated_loggers.FAULTS, "vehicles": simulated_vehicles.FAULTS}
"""What simulated devices can do wrong, by protocol and name."""


class Sender(Protocol):
    """What one device sends and hears. `is_answered`: whether its uploads are answered at all."""

    name: str
    is_answered: bool

    def begin(self) -> bytes:
        """A new connection: what goes out first."""

    def take(self, count: int) -> list[tuple[bytes, bytes]]:
        """The next uploads: what the answer is known by, and the frame."""

    def hear(self, data: bytes) -> list[bytes]:
        """Take what came; what the answers are known by."""

    def damaged(self, frame: bytes, chance: random.Random) -> bytes:
        """The frame with a wrong checksum."""


@dataclass(frozen=True, slots=True)
class Play:
    """What is played.

    `interval`: seconds between two uploads of a device, 0: as fast as the answers come. `window`: uploads that may wait
    for their answer at once. `step`: seconds of the devices' own time between two uploads. `faults`: the share of
    devices with each fault, 0 to 1.
    """

    host: str
    port: int
    devices: int = 100
    seconds: float = 10.0
    interval: float = 1.0
    window: int = 4
    step: int = 1
    start: dt.datetime | None = None
    faults: Mapping[str, float] = field(default_factory=dict)
    patience: float = 10.0
    """Seconds until an upload that is not answered is sent again."""
    seed: int = 1
    uploads: int | None = None
    """So many uploads of each device; None: until the time is over."""
    protocol: str = "hj212"
    terminals: bool = False
    """Vehicles speak for themselves and are not answered; else a platform forwards each."""

    def check(self) -> None:
        """Refuse faults that nobody knows.

        Raises:
            LantuError: a fault has an unknown name or a share outside 0 to 1, or nobody plays the protocol.
        """
        known = FAULTS.get(self.protocol)
        if known is None:
            raise LantuError(
                Text(f"不能模拟协议“{self.protocol}”", f"the protocol '{self.protocol}' is not simulated"),
                mend=Text(f"可选：{'、'.join(FAULTS)}", f"there are: {', '.join(FAULTS)}"),
            )
        for name, share in self.faults.items():
            if name not in known:
                raise LantuError(
                    Text(f"没有故障“{name}”", f"there is no fault '{name}'"),
                    mend=Text(f"可选：{'、'.join(known)}", f"there are: {', '.join(known)}"),
                )
            if not 0 <= share <= 1:
                raise LantuError(Text(f"{name} 的比例应在0到1之间", f"the share of {name} lies between 0 and 1"))


@dataclass(slots=True)
class Played:
    """What came of it. `latencies`: seconds from sending to the answer, of some uploads."""

    sent: int = 0
    answered: int = 0
    sent_again: int = 0
    connections: int = 0
    broken: int = 0
    seconds: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        ordered = sorted(self.latencies)
        return {
            "sent": self.sent,
            "answered": self.answered,
            "sent_again": self.sent_again,
            "connections": self.connections,
            "broken": self.broken,
            "seconds": round(self.seconds, 3),
            "answered_per_second": round(self.answered / self.seconds, 1) if self.seconds else 0.0,
            "latency_ms": {
                str(share): round(1000 * ordered[min(len(ordered) - 1, len(ordered) * share // 100)], 1)
                for share in (50, 95, 99)
            }
            if ordered
            else {},
            "faults": dict(self.faults),
        }


_SENDERS: dict[str, Callable[[int, Play, frozenset[str]], Sender]] = {
    "hj212": simulated_loggers.Uploads,
    "vehicles": simulated_vehicles.Journeys,
}


class _Line(asyncio.Protocol):
    """One connection of a device."""

    def __init__(self, player: _Player) -> None:
        self.player = player

    def connection_made(self, transport: Any) -> None:
        self.player.connected(transport)

    def data_received(self, data: bytes) -> None:
        self.player.heard(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.player.lost()


class _Player:
    """One device with its uploads, its faults and what it waits for."""

    def __init__(self, index: int, stage: _Stage, faults: frozenset[str]) -> None:
        self.stage = stage
        self.faults = faults
        self.chance = random.Random(stage.play.seed * 7919 + index)
        self.uploads: Sender = _SENDERS[stage.play.protocol](index, stage.play, faults)
        self.ready: list[tuple[bytes, bytes]] = []
        self.waiting: OrderedDict[bytes, tuple[bytes, float]] = OrderedDict()
        self.answered: list[bytes] = []
        self.transport: Any = None
        self.left = stage.play.uploads if stage.play.uploads is not None else 1 << 60
        self.done = asyncio.Event()

    def prepare(self, count: int) -> None:
        """Make uploads beforehand."""
        count = min(count, self.left)
        self.left -= count
        self.ready += self.uploads.take(count)
        self.ready.reverse()

    async def run(self) -> None:
        play, stage = self.stage.play, self.stage
        while not stage.over:
            try:
                await stage.loop.create_connection(lambda: _Line(self), play.host, play.port)
            except OSError:
                await asyncio.sleep(0.05 + 0.2 * self.chance.random())
                continue
            self.done.clear()
            await self.done.wait()

    def connected(self, transport: Any) -> None:
        self.transport = transport
        self.stage.played.connections += 1
        if "deaf" in self.faults:
            transport.pause_reading()
        if "half_frame" in self.faults:
            transport.write(self._next()[1][:60])
            return
        if first := self.uploads.begin():
            transport.write(first)
        again = [frame for frame, _ in self.waiting.values()]
        if again:
            self.stage.played.sent_again += len(again)
            transport.write(b"".join(again))
        if not self.stage.play.interval:
            self.fill()

    def lost(self) -> None:
        self.transport = None
        if not self.stage.over:
            self.stage.played.broken += 1
        self.done.set()

    def heard(self, data: bytes) -> None:
        found = 0
        for key in self.uploads.hear(data):
            waited = self.waiting.pop(key, None)
            if waited is None:
                continue
            found += 1
            if self.stage.recorded:
                self.answered.append(key)
            if len(self.stage.played.latencies) < 200_000:
                self.stage.played.latencies.append(self.stage.loop.time() - waited[1])
        self.stage.played.answered += found
        if found and not self.stage.play.interval:
            self.fill()

    def fill(self) -> None:
        """Send until as many wait for their answers as may."""
        if self.transport is None or self.stage.over or {"silent", "half_frame"} & self.faults:
            return
        play = self.stage.play
        room = play.window - len(self.waiting)
        if room <= 0 or (room < play.window // 2 and self.waiting):
            return  # half a window at a time: fewer and larger sends
        if play.interval:
            room = 2 if "glued" in self.faults else 1
        frames = []
        now = self.stage.loop.time()
        for _ in range(room):
            upload = self._next()
            if upload is None:
                break
            key, frame = upload
            if self.uploads.is_answered:
                self.waiting[key] = (frame, now)
            frames.append(frame)
        if frames:
            self.stage.played.sent += len(frames)
            self.send(frames)

    def remind(self, now: float) -> None:
        """Send again what has waited for too long."""
        late = [frame for frame, since in self.waiting.values() if now - since > self.stage.play.patience]
        if late and self.transport is not None:
            self.stage.played.sent_again += len(late)
            for number, (frame, since) in self.waiting.items():
                if now - since > self.stage.play.patience:
                    self.waiting[number] = (frame, now)
            self.transport.write(b"".join(late))

    def send(self, frames: list[bytes]) -> None:
        faults, chance = self.faults, self.chance
        if not faults or faults == {"glued"}:
            self.transport.write(b"".join(frames))
            return
        for frame in frames:
            if "bad_checksum" in faults and chance.random() < 0.1:
                frame = self.uploads.damaged(frame, chance)
            if "impatient" in faults:
                frame = frame + frame
            if "junk" in faults:
                frame = bytes(chance.randrange(256) for _ in range(chance.randrange(20))) + frame
            if "unsteady" in faults and chance.random() < 0.02:
                self.transport.write(frame[: len(frame) // 2])
                self.transport.close()
                return
            if "cut" in faults:
                at = chance.randrange(1, len(frame))
                self.transport.write(frame[:at])
                self.stage.loop.call_later(0.01, self._rest, self.transport, frame[at:])
                return  # one upload at a time, so that pieces do not mix
            self.transport.write(frame)

    @staticmethod
    def _rest(transport: Any, data: bytes) -> None:
        if not transport.is_closing():
            transport.write(data)

    def _next(self) -> Any:
        if not self.ready:
            if self.left <= 0:
                return None
            self.prepare(64)
        return self.ready.pop()


class _Stage:
    """All players together."""

    def __init__(self, play: Play, recorded: bool) -> None:
        self.play = play
        self.recorded = recorded
        self.played = Played()
        self.over = False
        self.loop: Any = None
        chance = random.Random(play.seed)
        self.players: list[_Player] = []
        for index in range(play.devices):
            faults = frozenset(name for name, share in play.faults.items() if chance.random() < share)
            self.played.faults.update(faults)
            self.players.append(_Player(index, self, faults))

    async def run(self) -> None:
        self.loop = asyncio.get_running_loop()
        tasks = []
        for place, player in enumerate(self.players):
            tasks.append(asyncio.create_task(player.run()))
            if place % 100 == 99:
                await asyncio.sleep(0.02)  # not all at the door at once
        begun = self.loop.time()
        while (now := self.loop.time()) - begun < self.play.seconds and not self._all_done():
            for player in self.players:
                if self.play.interval or not player.uploads.is_answered:
                    player.fill()
                player.remind(now)
            await asyncio.sleep(self.play.interval or 0.1)
        self.played.seconds = self.loop.time() - begun
        self.over = True
        for task in tasks:
            task.cancel()
        for player in self.players:
            if player.transport is not None:
                player.transport.abort()
        await asyncio.sleep(0.05)

    def _all_done(self) -> bool:
        return self.play.uploads is not None and all(
            not player.waiting and not player.ready and player.left <= 0 for player in self.players
        )


def simulate(play: Play, prepared: int = 0, recorded: bool = False) -> tuple[Played, dict[str, list[bytes]]]:
    """Play devices against a gateway.

    Args:
        play: what is played.
        prepared: uploads of each device that are made before the play begins, so that making them costs it nothing.
        recorded: whether to give back the request numbers that were answered, by device.

    Raises:
        LantuError: a fault has an unknown name.
    """
    import uvloop

    play.check()

    async def run() -> _Stage:
        stage = _Stage(play, recorded)
        if prepared:
            for player in stage.players:
                player.prepare(prepared)
        await stage.run()
        return stage

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        stage = runner.run(run())
    answered = {player.uploads.name: player.answered for player in stage.players}
    return stage.played, answered if recorded else {}
