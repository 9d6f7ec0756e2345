"""A vehicle's terminal and a maker's platform, written from the facts of the protocol alone.

`python tests/gateway/independent_vehicle.py HOST PORT` logs in as a platform, forwards ten seconds, prints the answers.
"""

from __future__ import annotations

import datetime as dt
import socket
import struct
import sys
import time
from dataclasses import dataclass, field

SIGNATURE = b"\x20" + bytes(range(32)) + b"\x20" + bytes(range(32, 64))


def bcc(data: bytes) -> int:
    """XOR of all bytes."""
    result = 0
    for byte in data:
        result ^= byte
    return result


def clock(moment: dt.datetime) -> bytes:
    """Year less 2000, month, day, hour, minute, second; binary."""
    return bytes([moment.year - 2000, moment.month, moment.day, moment.hour, moment.minute, moment.second])


def now() -> dt.datetime:
    """Beijing time."""
    return (dt.datetime.now(dt.UTC).replace(tzinfo=None) + dt.timedelta(hours=8)).replace(microsecond=0)


def terminal(command: int, vin: str, unit: bytes = b"", encryption: int = 1, version: int = 1) -> bytes:
    """A frame of a terminal: the VIN from byte 3, then version and encryption."""
    body = bytes([command]) + vin.encode() + bytes([version, encryption]) + struct.pack(">H", len(unit)) + unit
    return b"##" + body + bytes([bcc(body)])


def forwarded(command: int, vin: str, unit: bytes = b"", response: int = 0xFE, encryption: int = 1) -> bytes:
    """A frame of a platform: a response flag stands before the VIN."""
    body = bytes([command, response]) + vin.encode() + bytes([encryption]) + struct.pack(">H", len(unit)) + unit
    return b"~~" + body + bytes([bcc(body)])


def electric(command: int, vin: str, unit: bytes = b"") -> bytes:
    """A frame of GB/T 32960: as a platform's, with the mark of a terminal."""
    return b"##" + forwarded(command, vin, unit)[2:]


def diesel(speed: float, nox: float, longitude: float = 116.397128, latitude: float = 39.916527) -> bytes:
    """37 bytes of the diesel stream."""
    return b"".join(
        [
            struct.pack(">H", round(speed * 256)),
            bytes([202, 163, 131]),
            struct.pack(">HH", 10_800, 285),
            struct.pack(">HH", round((412.5 + 200) * 20), round((nox + 200) * 20)),
            bytes([160]),
            struct.pack(">HHHH", 7768, 18_736, 18_280, 34),
            bytes([126, 135, 0]),
            struct.pack(">III", round(longitude * 1e6), round(latitude * 1e6), 1_234_567),
        ]
    )


def unit_l1(sent: dt.datetime, serial: int, bodies: list[bytes]) -> bytes:
    """Time, then type, serial and body of each item."""
    return clock(sent) + b"".join(b"\x02" + struct.pack(">H", serial) + body for body in bodies)


def unit_l2(sent: dt.datetime, serial: int, bodies: list[bytes]) -> bytes:
    """Time and serial, then type, body and signature of each item."""
    return clock(sent) + struct.pack(">H", serial) + b"".join(b"\x02" + body + SIGNATURE for body in bodies)


def unit_l3(sent: dt.datetime, serial: int, items: list[tuple[dt.datetime, bytes]]) -> bytes:
    """Time and serial, then type, time and body of each item, and one signature."""
    listed = b"".join(b"\x02" + clock(moment) + body for moment, body in items)
    return clock(sent) + struct.pack(">H", serial) + listed + SIGNATURE


@dataclass
class Line:
    """One connection."""

    host: str
    port: int
    rest: bytes = b""
    line: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self.line = socket.create_connection((self.host, self.port), 5)

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.line.sendall(data)

    def hear(self, seconds: float = 5.0) -> bytes:
        """The next frame, its length and checksum proved.

        Raises:
            TimeoutError: none came.
        """
        end = time.monotonic() + seconds
        while len(self.rest) < 25 or len(self.rest) < 25 + int.from_bytes(self.rest[22:24], "big"):
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError("nothing came")
            self.line.settimeout(left)
            more = self.line.recv(65_536)
            if not more:
                raise ConnectionError("the platform has closed")
            self.rest += more
        size = 25 + int.from_bytes(self.rest[22:24], "big")
        frame, self.rest = self.rest[:size], self.rest[size:]
        assert bcc(frame[2:]) == 0, frame.hex()
        return frame

    def silence(self, seconds: float = 0.6) -> bool:
        """Whether nothing comes for so long."""
        try:
            self.hear(seconds)
        except TimeoutError:
            return True
        return False


def platform_login(user: str, password: str, moment: dt.datetime) -> bytes:
    """The unit of a platform's login: time, serial, user of 12 and password of 20 bytes, encryption."""
    return clock(moment) + b"\0\1" + user.encode().ljust(12, b"\0") + password.encode().ljust(20, b"\0") + b"\1"


if __name__ == "__main__":
    with Line(sys.argv[1], int(sys.argv[2])) as some:
        begun = now()
        some.send(forwarded(7, "PLATFORM000000001", platform_login("PLATFORM01", "secret", begun)))
        print(some.hear().hex())
        stream = [(begun + dt.timedelta(seconds=second), diesel(40, 30)) for second in range(10)]
        some.send(forwarded(2, "LBJTEST0000000017", unit_l3(begun + dt.timedelta(seconds=10), 1, stream)))
        print(some.hear().hex())
