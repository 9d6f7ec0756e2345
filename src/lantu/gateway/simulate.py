"""The simulator (设备模拟器): thousands of devices, each with its own connection and chosen faults, for load and show.

Every device is a data logger that speaks HJ 212 (edition 2017): it uploads realtime data, waits for the answers, sends
again what is not answered, and connects again when the line breaks. Its values are invented, and its faults go by name.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lantu.base import LantuError, Text

if TYPE_CHECKING:
    import numpy as np

FAULTS: dict[str, Text] = {
    "stuck": Text("数值不变", "the values do not change"),
    "repeated_decimals": Text("小数部分总是相同", "the decimals are always the same"),
    "copied": Text("重复发送同一段数值", "a stretch of values is sent over and over"),
    "hugging": Text("数值总在限值之下一点", "the values stay a little under the limit"),
    "exceeding": Text("数值超过限值", "the values lie above the limit"),
    "flagged": Text("数据标记为故障", "the readings are flagged as faulty"),
    "wrong_clock": Text("时钟快8小时", "the clock is eight hours ahead"),
    "silent": Text("在线但不发数据", "online, but sends nothing"),
    "bad_checksum": Text("十分之一的报文校验码错", "one frame in ten has a wrong checksum"),
    "junk": Text("报文之间夹杂乱码", "junk between the frames"),
    "cut": Text("报文被切成碎片", "the frames come in pieces"),
    "impatient": Text("不等应答就重发", "sends again before the answer comes"),
    "unsteady": Text("连接常在报文中间断开", "the line breaks in the middle of frames"),
    "half_frame": Text("发半个报文后沉默", "half a frame, then nothing"),
    "deaf": Text("不读应答", "does not read its answers"),
    "wrong_password": Text("密码错", "the password is wrong"),
}
"""What a simulated device can do wrong, by name."""

FACTORS = {
    "a21026": 1, "a21002": 1, "a34013": 2, "a19001": 2, "a01012": 1, "a01011": 2, "a01013": 2, "a01014": 2,
}  # fmt: skip
"""The factors of a simulated stack with their decimals."""
_LEVELS = (8.0, 31.0, 2.3, 6.4, 121.0, 9.0, 0.3, 8.0)
_LIMITS = {"a21026": 35.0, "a21002": 50.0, "a34013": 10.0}


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

    def check(self) -> None:
        """Refuse faults that nobody knows.

        Raises:
            LantuError: a fault has an unknown name or a share outside 0 to 1.
        """
        for name, share in self.faults.items():
            if name not in FAULTS:
                raise LantuError(
                    Text(f"没有故障“{name}”", f"there is no fault '{name}'"),
                    mend=Text(f"可选：{'、'.join(FAULTS)}", f"there are: {', '.join(FAULTS)}"),
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


def device_name(index: int) -> str:
    """The MN of a simulated device: 24 characters, recognisable by its head."""
    return f"5151515151{index:014X}"


def limit_of(factor: str) -> float | None:
    """The limit that `hugging` and `exceeding` play with; invented, as all that is simulated."""
    return _LIMITS.get(factor)


class Uploads:
    """The uploads of one device, made many at once: request number and frame."""

    def __init__(self, index: int, play: Play, faults: frozenset[str]) -> None:
        from lantu.gateway.hj212.writing import Upload

        self.faults = faults
        self.step = dt.timedelta(seconds=play.step)
        self.time = play.start or dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0) + dt.timedelta(hours=8)
        if "wrong_clock" in faults:
            self.time += dt.timedelta(hours=8)
        password = "000000" if "wrong_password" in faults else "123456"
        self.upload = Upload(device_name(index), "31", 2011, FACTORS, password=password)
        self.seed = play.seed * 1_000_003 + index
        self.made = 0

    def take(self, count: int) -> list[tuple[bytes, bytes]]:
        """The next uploads."""
        times = [self.time + each * self.step for each in range(count)]
        self.time += count * self.step
        values = self._values(count)
        self.made += count
        flags = [["D"] * len(FACTORS)] * count if "flagged" in self.faults else None
        numbers = [f"{time:%Y%m%d%H%M%S}{(self.made + place) % 1000:03}" for place, time in enumerate(times)]
        frames = self.upload.frames(times, values, flags, numbers)
        return [(number.encode(), frame) for number, frame in zip(numbers, frames, strict=True)]

    def _values(self, count: int) -> np.ndarray:
        import numpy as np

        level = np.array(_LEVELS)
        faults = self.faults
        seed = self.seed if {"stuck", "copied"} & faults else self.seed + self.made
        chance = np.random.default_rng(seed)
        values = level * (1 + 0.1 * np.sin(np.arange(self.made, self.made + count)[:, None] / 40 + np.arange(8)))
        values = values * chance.normal(1, 0.03, (count, 8))
        limits = np.array([_LIMITS.get(name, np.nan) for name in FACTORS])
        if "hugging" in faults:
            values = np.where(np.isnan(limits), values, limits * chance.uniform(0.97, 0.999, (count, 8)))
        if "exceeding" in faults:
            values = np.where(np.isnan(limits), values, limits * chance.uniform(1.1, 1.6, (count, 8)))
        if "stuck" in faults:
            values = np.broadcast_to(level * chance.normal(1, 0.03, 8), (count, 8))
        if "copied" in faults:
            pattern = level * np.random.default_rng(self.seed).normal(1, 0.03, (60, 8))
            values = pattern[np.arange(self.made, self.made + count) % 60]
        if "repeated_decimals" in faults:
            values = np.floor(values) + 0.7
        return np.asarray(values)


class _Line(asyncio.Protocol):
    """One connection of a device."""

    def __init__(self, player: _Player) -> None:
        self.player = player
        self.transport: Any = None
        self.rest = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.player.connected(transport)

    def data_received(self, data: bytes) -> None:
        *lines, self.rest = (self.rest + data).split(b"\r\n")
        self.player.heard(lines)

    def connection_lost(self, exc: Exception | None) -> None:
        self.player.lost()


class _Player:
    """One device with its uploads, its faults and what it waits for."""

    def __init__(self, index: int, stage: _Stage, faults: frozenset[str]) -> None:
        self.stage = stage
        self.faults = faults
        self.chance = random.Random(stage.play.seed * 7919 + index)
        self.uploads = Uploads(index, stage.play, faults)
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

    def heard(self, lines: Sequence[bytes]) -> None:
        found = 0
        for line in lines:
            start = line.find(b"QN=")
            number = line[start + 3 : start + 20]
            waited = self.waiting.pop(number, None)
            if waited is None or b"CN=9014" not in line:
                continue
            found += 1
            if self.stage.recorded:
                self.answered.append(number)
            if len(self.stage.played.latencies) < 200_000:
                self.stage.played.latencies.append(self.stage.loop.time() - waited[1])
        self.stage.played.answered += found
        if found and not self.stage.play.interval:
            self.fill()

    def fill(self) -> None:
        """Send until as many wait for their answers as may."""
        if self.transport is None or self.stage.over or {"silent", "half_frame"} & self.faults:
            return
        room = self.stage.play.window - len(self.waiting)
        if room <= 0 or (room < self.stage.play.window // 2 and self.waiting):
            return  # half a window at a time: fewer and larger sends
        frames = []
        now = self.stage.loop.time()
        for _ in range(room):
            upload = self._next()
            if upload is None:
                break
            number, frame = upload
            self.waiting[number] = (frame, now)
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
        if not faults:
            self.transport.write(b"".join(frames))
            return
        for frame in frames:
            if "bad_checksum" in faults and chance.random() < 0.1:
                frame = frame[:-6] + b"0123" + frame[-2:]
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
                if self.play.interval:
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
    answered = {device_name(index): player.answered for index, player in enumerate(stage.players)}
    return stage.played, answered if recorded else {}


def register_of(count: int, simulated: bool = True) -> str:
    """A device register (YAML) for simulated devices, with the invented limits that some of them break."""
    factors = []
    for code in FACTORS:
        limit = _LIMITS.get(code)
        bound = f", limit: {limit:g}, limit_kind: realtime, limit_reference: 模拟 simulated" if limit else ""
        factors.append(f"    {code}: {{unit: {_UNITS[code]}{bound}}}")
    lines = ["factor_lists:", "  stack:", *factors, "devices:"]
    for index in range(count):
        marked = ", simulated: true" if simulated else ""
        lines.append(f'  - {{id: "{device_name(index)}", password: "123456", factors: stack{marked}}}')
    return "\n".join(lines) + "\n"


_UNITS = {
    "a21026": "mg/m³", "a21002": "mg/m³", "a34013": "mg/m³", "a19001": '"%"', "a01012": "℃", "a01011": "m/s",
    "a01013": "kPa", "a01014": '"%"',
}  # fmt: skip


def names(play: Play) -> Iterator[str]:
    """The devices that are played."""
    return (device_name(index) for index in range(play.devices))
