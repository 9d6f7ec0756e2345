"""A data logger written from the facts of the protocol alone: it shares no line with what it talks to.

`python tests/gateway/independent_logger.py HOST PORT [MN]` uploads once and prints what it is answered.
"""

from __future__ import annotations

import datetime as dt
import re
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

LINE = re.compile(rb"##(\d{4})(.*)", re.DOTALL)


def crc(data: bytes) -> str:
    """Register FFFF; for each byte the upper half, XOR the byte, eight times right with A001 where a one falls out."""
    register = 0xFFFF
    for byte in data:
        register = (register >> 8) ^ byte
        for _ in range(8):
            out = register & 1
            register >>= 1
            if out:
                register ^= 0xA001
    return f"{register:04X}"


def packed(data: str | bytes) -> bytes:
    """A frame around a data segment."""
    octets = data.encode("utf-8") if isinstance(data, str) else data
    return b"##%04d%s%s\r\n" % (len(octets), octets, crc(octets).encode())


@dataclass
class Heard:
    """A frame of the platform, its length and checksum proved."""

    raw: bytes
    fields: dict[str, str]
    content: str

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")


def unpacked(frame: bytes) -> Heard:
    """Take a frame of the platform apart; what does not hold is an error."""
    assert frame.startswith(b"##") and frame.endswith(b"\r\n"), frame
    size = int(frame[2:6])
    data = frame[6 : 6 + size]
    assert len(frame) == size + 12, f"length {size} of {len(frame)}"
    assert frame[6 + size : 10 + size].decode() == crc(data), frame
    text = data.decode("utf-8")
    head, mark, content = text.partition("CP=&&")
    assert mark and content.endswith("&&"), text
    fields = dict(part.split("=", 1) for part in head.split(";") if part)
    return Heard(frame, fields, content[:-2])


@dataclass
class Logger:
    """One connection. `flag_bits`: 0 for 2005, 4 for 2017, 8 for 2025 and the surface-water protocol."""

    host: str
    port: int
    mn: str = "110101A8900016F000169DC0"
    system: str = "31"
    password: str = "123456"
    flag_bits: int = 4
    rest: bytes = b""
    number: int = 0
    line: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self.line = socket.create_connection((self.host, self.port), 5)

    def __enter__(self) -> Logger:
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()

    def qn(self) -> str:
        """A request number that no other has."""
        self.number += 1
        return f"{dt.datetime.now():%Y%m%d%H%M%S}{self.number % 1000:03}"

    def data(self, command: int, content: str, flag: int | None, qn: str | None = None, packets: str = "") -> str:
        """A data segment in the order of the standard; without a flag it is one of 2005."""
        parts = [f"QN={qn or self.qn()}", f"ST={self.system}", f"CN={command}", f"PW={self.password}", f"MN={self.mn}"]
        if flag is not None:
            parts.append(f"Flag={self.flag_bits | flag}")
        if packets:
            parts.append(packets)
        return ";".join([*parts, f"CP=&&{content}&&"])

    def send(self, data: str | bytes) -> None:
        """Send bytes, or a data segment as a frame."""
        self.line.sendall(packed(data) if isinstance(data, str) else data)

    def hear(self, seconds: float = 5.0) -> Heard:
        """The next frame of the platform.

        Raises:
            TimeoutError: none came.
        """
        end = time.monotonic() + seconds
        while b"\r\n" not in self.rest:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError("nothing came")
            self.line.settimeout(left)
            more = self.line.recv(65_536)
            if not more:
                raise ConnectionError("the platform has closed")
            self.rest += more
        frame, _, self.rest = self.rest.partition(b"\r\n")
        return unpacked(frame + b"\r\n")

    def silence(self, seconds: float = 0.6) -> bool:
        """Whether nothing comes for so long."""
        try:
            self.hear(seconds)
        except TimeoutError:
            return True
        return False

    def answer(self, request: Heard, command: int, content: str) -> None:
        """Answer a request of the platform; answers bear ST=91 and ask for none."""
        self.send(
            f"QN={request['QN']};ST=91;CN={command};PW={self.password};MN={self.mn};Flag={self.flag_bits};CP=&&{content}&&"
        )

    def obey(self, request: Heard, contents: Iterator[str] | list[str] = (), result: int = 1) -> list[Heard]:
        """Accept a request, upload what it asks for, tell the result; gives the answers to the uploads."""
        self.answer(request, 9011, "QnRtn=1")
        heard = []
        for content in contents:
            self.send(self.data(int(request["CN"]), content, 1))
            heard.append(self.hear())
        self.answer(request, 9012, f"ExeRtn={result}")
        return heard


def now() -> dt.datetime:
    """Beijing time."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None) + dt.timedelta(hours=8)


def realtime(moment: dt.datetime, value: float = 31.6, factor: str = "a21002") -> str:
    """The content of a realtime upload."""
    return f"DataTime={moment:%Y%m%d%H%M%S};{factor}-Rtd={value},{factor}-Flag=N"


if __name__ == "__main__":
    with Logger(sys.argv[1], int(sys.argv[2]), *sys.argv[3:4]) as some:
        some.send(some.data(2011, realtime(now()), 1))
        print(some.hear().raw)
