"""Simulated data loggers (模拟数采仪): stacks that speak HJ 212 of 2017, with invented values and chosen faults."""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING

from lantu.base import Text

if TYPE_CHECKING:
    import numpy as np

    from lantu.gateway.simulate import Play

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


def device_name(index: int) -> str:
    """The MN of a simulated device: 24 characters, recognisable by its head."""
    return f"5151515151{index:014X}"


def limit_of(factor: str) -> float | None:
    """The limit that `hugging` and `exceeding` play with; invented, as all that is simulated."""
    return _LIMITS.get(factor)


class Uploads:
    """The uploads of one device, made many at once: request number and frame."""

    is_answered = True

    def __init__(self, index: int, play: Play, faults: frozenset[str]) -> None:
        from lantu.gateway.hj212.writing import Upload

        self.name = device_name(index)
        self.faults = faults
        self._rest = b""
        self.step = dt.timedelta(seconds=play.step)
        self.time = play.start or dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0) + dt.timedelta(hours=8)
        if "wrong_clock" in faults:
            self.time += dt.timedelta(hours=8)
        password = "000000" if "wrong_password" in faults else "123456"
        self.upload = Upload(self.name, "31", 2011, FACTORS, password=password)
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

    def begin(self) -> bytes:
        """A new connection: nothing goes out before the data."""
        self._rest = b""
        return b""

    def hear(self, data: bytes) -> list[bytes]:
        """The request numbers of the uploads that what came acknowledges."""
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        numbers = []
        for line in lines:
            if b"CN=9014" in line:
                start = line.find(b"QN=")
                numbers.append(line[start + 3 : start + 20])
        return numbers

    @staticmethod
    def damaged(frame: bytes, chance: random.Random) -> bytes:
        """The frame with a wrong checksum."""
        return frame[:-6] + b"0123" + frame[-2:]


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
