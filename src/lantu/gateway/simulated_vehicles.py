"""Simulated heavy vehicles (模拟车载终端): a diesel engine by the second, ten seconds a frame, with chosen faults.

Each has a line of its own: as a platform that forwards it (`~~`, answered), or as a terminal (`##`, never answered).
"""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING

from lantu.base import Text

if TYPE_CHECKING:
    import numpy as np

    from lantu.gateway.simulate import Play

FAULTS: dict[str, Text] = {
    "stuck": Text("NOx 数值不变", "the NOx does not change"),
    "copied": Text("重复发送同一段数值", "a stretch of values is sent over and over"),
    "replayed": Text("每条报文换流水号再发一遍", "every frame once more with another serial number"),
    "jumping": Text("位置不可能地跳跃", "the position jumps impossibly"),
    "inverted": Text("定位有效标志位相反", "the bit of the position is the wrong way round"),
    "wrong_clock": Text("时钟慢8小时（UTC）", "the clock is eight hours behind (UTC)"),
    "encrypted": Text("数据单元加密，密钥未知", "the unit is encrypted with a key that nobody has"),
    "no_login": Text("未登入即上传", "data without a login"),
    "silent": Text("在线但不发数据", "online, but sends nothing"),
    "bad_checksum": Text("十分之一的报文校验码错", "one frame in ten has a wrong checksum"),
    "glued": Text("两条报文在同一个数据包里", "two frames in one packet"),
    "junk": Text("报文之间夹杂乱码", "junk between the frames"),
    "cut": Text("报文被切成碎片", "the frames come in pieces"),
    "impatient": Text("不等应答就重发", "sends again before the answer comes"),
    "unsteady": Text("连接常在报文中间断开", "the line breaks in the middle of frames"),
    "half_frame": Text("发半个报文后沉默", "half a frame, then nothing"),
    "deaf": Text("不读应答", "does not read its answers"),
}
"""What a simulated vehicle can do wrong, by name."""

SECONDS = 10
"""Of one frame."""
_HEAD = 24
_ANSWER_TIME = 6


def vehicle_name(index: int) -> str:
    """The VIN of a simulated vehicle: 17 characters, recognisable by its head."""
    return f"LBJS{index:013}"


class Journeys:
    """The uploads of one vehicle, made many at once: what its answer repeats, and the frame."""

    def __init__(self, index: int, play: Play, faults: frozenset[str]) -> None:
        from lantu.gateway.vehicles import Family
        from lantu.gateway.vehicles.encoding import frame, login_unit
        from lantu.gateway.vehicles.frames import LOGIN

        self.name = vehicle_name(index)
        self.is_answered = not play.terminals
        self.faults = faults
        self.chance = random.Random(play.seed * 1_000_003 + index)
        self.index = index
        self.time = play.start or dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0) + dt.timedelta(hours=8)
        if "wrong_clock" in faults:
            self.time -= dt.timedelta(hours=8)
        self.serial = 0
        self._rest = b""
        self.family = Family.PLATFORM if self.is_answered else Family.TERMINAL
        login = frame(self.family, LOGIN, self.name, login_unit(self.time, 1, f"898606{index:014}"))
        self._login = b"" if "no_login" in faults else login

    def take(self, count: int) -> list[tuple[bytes, bytes]]:
        """The next uploads."""
        replayed = "replayed" in self.faults
        made = -(-count // 2) if replayed else count
        units = self._units(made)
        frames = []
        for unit in units:
            for _ in range(2 if replayed else 1):
                self.serial = self.serial % 65_535 + 1
                numbered = unit[:6] + self.serial.to_bytes(2, "big") + unit[8:]
                frames.append((self.name.encode() + unit[:_ANSWER_TIME], self._frame(numbered)))
        return frames[:count]

    def _frame(self, unit: bytes) -> bytes:
        from lantu.gateway.vehicles.encoding import frame
        from lantu.gateway.vehicles.frames import REALTIME

        if "encrypted" not in self.faults:
            return frame(self.family, REALTIME, self.name, unit)
        cipher = unit[:6] + self.chance.randbytes(len(unit) - 6)  # whatever the key, it looks like this
        return frame(self.family, REALTIME, self.name, cipher, encryption=3)

    def _units(self, count: int) -> list[bytes]:
        """Units of ten seconds in layout L3, as columns: all values of a quantity at once."""
        import numpy as np

        from lantu.gateway.vehicles.encoding import NO_SIGNATURE
        from lantu.gateway.vehicles.frames import time_bytes
        from lantu.gateway.vehicles.quantities import DIESEL, STREAMS

        seconds = count * SECONDS
        begin = self.time
        self.time += dt.timedelta(seconds=seconds)
        elapsed = np.arange(seconds) + (begin - dt.datetime(begin.year, begin.month, begin.day)).total_seconds()
        values = self._values(elapsed)
        columns = []
        for quantity in STREAMS[DIESEL]:
            given = values.get(quantity.name)
            if given is None:
                columns.append(np.full((seconds, quantity.size), 0xFF, np.uint8))
                continue
            raw = np.rint((given * quantity.by + quantity.less) / quantity.times).astype(">u8")
            columns.append(raw.view(np.uint8).reshape(seconds, 8)[:, 8 - quantity.size :])
        moments = [begin + dt.timedelta(seconds=second) for second in range(seconds)]
        times = np.frombuffer(b"".join(map(time_bytes, moments)), np.uint8).reshape(seconds, 6)
        kind = np.full((seconds, 1), DIESEL, np.uint8)
        items = np.concatenate([kind, times, *columns], axis=1).reshape(count, -1)
        return [
            time_bytes(moments[place * SECONDS] + dt.timedelta(seconds=SECONDS))
            + b"\0\0"
            + item.tobytes()
            + NO_SIGNATURE
            for place, item in enumerate(items)
        ]

    def _values(self, elapsed: np.ndarray) -> dict[str, np.ndarray]:
        """Quantities by the second of the day: a lorry that goes to and fro, faster and slower."""
        import numpy as np

        faults, seed = self.faults, self.index
        shown = elapsed % 300 if "copied" in faults else elapsed
        speed = 40 + 30 * np.sin(shown / 60 + seed)
        load = 0.5 + 0.4 * np.sin(shown / 17 + seed)
        chance = np.random.default_rng([seed, int(elapsed[0])])
        noise = np.zeros(len(elapsed)) if "copied" in faults else chance.normal(0, 1, len(elapsed))
        downstream = np.clip(35 + 25 * load + 3 * noise, 1, 900)
        if "stuck" in faults:
            downstream = np.full(len(elapsed), 42.0)
        driven = (40 * elapsed - 1800 * np.cos(elapsed / 60 + seed)) / 3600 + 50  # km, the integral of the speed
        latitude, longitude = 39.7 + seed % 40 / 100 + 0.05 * np.sin(driven / 10), 116.1 + seed % 70 / 100
        east = np.full(len(elapsed), longitude)
        if "jumping" in faults:
            east = east + 0.4 * (elapsed % 60 == 0)
        return {
            "speed": speed,
            "barometric_pressure": np.full(len(elapsed), 101.0),
            "torque": 20 + 60 * load,
            "friction_torque": np.full(len(elapsed), 8.0),
            "engine_speed": 700 + 15 * speed,
            "fuel_rate": 3 + 25 * load,
            "nox_upstream": np.clip(400 + 300 * load + 10 * noise, 1, 3000),
            "nox_downstream": downstream,
            "reagent_level": np.full(len(elapsed), 64.0),
            "intake_air": 150 + 300 * load,
            "scr_inlet_temperature": 250 + 80 * load,
            "scr_outlet_temperature": 240 + 70 * load,
            "coolant_temperature": np.full(len(elapsed), 86.0),
            "position_state": np.full(len(elapsed), 1.0 if "inverted" in faults else 0.0),
            "longitude": east,
            "latitude": latitude,
            "mileage": 10_000 + driven,
        }

    def begin(self) -> bytes:
        """A new connection: the vehicle logs in."""
        self._rest = b""
        return self._login

    def hear(self, data: bytes) -> list[bytes]:
        """VIN and time of the uploads that what came acknowledges: an answer repeats the time of the unit."""
        data = self._rest + data
        at, found = 0, []
        while at + _HEAD < len(data):
            end = at + _HEAD + int.from_bytes(data[at + 22 : at + 24], "big") + 1
            if end > len(data):
                break
            if data[at + 2] == 2 and data[at + 3] == 1:
                found.append(data[at + 4 : at + 21] + data[at + _HEAD : at + _HEAD + _ANSWER_TIME])
            at = end
        self._rest = data[at:]
        return found

    @staticmethod
    def damaged(frame: bytes, chance: random.Random) -> bytes:
        """The frame with a wrong checksum."""
        return frame[:-1] + bytes([frame[-1] ^ chance.randrange(1, 256)])


def register_of_vehicles(count: int, simulated: bool = True) -> str:
    """A device register (YAML) for simulated vehicles."""
    marked = ", simulated: true" if simulated else ""
    lines = [f'  - {{id: "{vehicle_name(index)}", protocol: vehicles{marked}}}' for index in range(count)]
    return "\n".join(["devices:", *lines]) + "\n"
