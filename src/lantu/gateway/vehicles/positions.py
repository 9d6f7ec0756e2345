"""Positions of spoil trucks and the like by JT/T 808 (道路运输车辆卫星定位系统终端通讯协议), editions 2013 and 2019.

A frame lies between two 7E; inside, 7E is written 7D 02 and 7D is written 7D 01; the last byte is the XOR of those
before it. The head of 2019 is five bytes longer and has a bit that says so, which some terminals forget: the length of
the body decides, as head, body and checksum must use up the frame exactly. Items that a maker added to a position are
kept as they came: their numbers clash. Messages in several packets are kept and not put together.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from lantu.base import Text
from lantu.gateway.arrivals import Arrival, Decoded, Kept, Session
from lantu.gateway.vehicles.frames import checksum, local_time

NAME = "positions"
FLAG = b"~"
LONGEST = 4096
"""Bytes between two flags; the standard's body has at most 1023, and escapes double it."""
REGISTER, LOGOUT, AUTHENTICATE, HEARTBEAT, ANSWER = 0x0100, 0x0003, 0x0102, 0x0002, 0x0001
POSITION, POSITIONS = 0x0200, 0x0704
PLATFORM_ANSWER, REGISTERED = 0x8001, 0x8100
OK, FAILED = 0, 1
UNKNOWN_TERMINAL = 4
VERSION_BIT, PACKET_BIT, LENGTH_BITS, CIPHER_BITS = 1 << 14, 1 << 13, 0x3FF, 7 << 10
POSITION_SIZE = 28
MILEAGE = 0x01
AHEAD = dt.timedelta(minutes=10)

ODDITIES: dict[str, Text] = {
    "checksum": Text("校验码错误", "the checksum is wrong"),
    "checksum_escaped": Text("校验码按转义后的字节计算", "the checksum is over the escaped bytes"),
    "version_bit": Text("报文头为 2019 版而版本位未置", "a head of 2019 without the bit that says so"),
    "not_authenticated": Text("未鉴权即上报", "a position without authentication"),
    "authentication_failed": Text("鉴权码不符", "the authentication code is wrong"),
    "not_registered": Text("终端未登记", "the terminal is not in the register"),
    "sub_packet": Text("分包消息，未合并", "a message in several packets, not put together"),
    "encrypted": Text("消息体已加密", "the body is encrypted"),
    "clock": Text("时间在未来 10 分钟之后", "the time lies more than ten minutes ahead"),
    "items": Text("附加信息项不完整", "bytes behind the position are no item"),
    "layout": Text("消息体与消息不符", "the body is not as the message has it"),
    "skipped_bytes": Text("帧前有损坏或无关字节", "damaged or foreign bytes before the frame"),
}
"""What may be odd about a message, by its name."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message without its escapes. `phone` is the terminal's number without leading zeros."""

    id: int
    phone: str
    serial: int
    body: bytes
    head: bytes
    """The head as sent, of 12 or 17 bytes."""
    packets: bool
    encrypted: bool
    oddities: tuple[str, ...]


def unescape(data: bytes) -> bytes:
    """Bytes between two flags as they are meant."""
    return data.replace(b"}\x02", b"~").replace(b"}\x01", b"}")


def escape(data: bytes) -> bytes:
    """Bytes as they are written between two flags."""
    return data.replace(b"}", b"}\x01").replace(b"~", b"}\x02")


def read_message(frame: bytes) -> Message | None:
    """The message of a frame with its flags; None where it is none."""
    escaped = frame[1:-1]
    content = unescape(escaped)
    if len(content) < 13:
        return None
    odd: tuple[str, ...] = ()
    if checksum(content):
        if checksum(escaped[:-1]) != content[-1]:
            return None
        odd = ("checksum_escaped",)
    attributes = content[2] << 8 | content[3]
    packets = bool(attributes & PACKET_BIT)
    head = len(content) - 1 - (attributes & LENGTH_BITS) - (4 if packets else 0)
    if head == 17:
        phone = content[5:15]
        if not attributes & VERSION_BIT:
            odd += ("version_bit",)
    elif head == 12 and not attributes & VERSION_BIT:
        phone = content[4:10]
    else:
        return None
    return Message(
        content[0] << 8 | content[1],
        phone.hex().lstrip("0") or "0",
        content[head - 2] << 8 | content[head - 1],
        content[head + (4 if packets else 0) : -1],
        content[:head],
        packets,
        bool(attributes & CIPHER_BITS),
        odd,
    )


def make_message(number: int, phone: str, serial: int, body: bytes, edition: int = 2013) -> bytes:
    """A frame. The phone has at most 12 digits, in the edition 2019 at most 20.

    Raises:
        ValueError: the body has more than 1023 bytes, or the phone other than digits.
    """
    if len(body) > LENGTH_BITS:
        raise ValueError(f"a body has at most {LENGTH_BITS} bytes")
    new = edition == 2019
    digits = bytes.fromhex(phone.rjust(20 if new else 12, "0"))
    attributes = len(body) | (VERSION_BIT if new else 0)
    head = number.to_bytes(2, "big") + attributes.to_bytes(2, "big") + (b"\x01" if new else b"") + digits
    content = head + serial.to_bytes(2, "big") + body
    return FLAG + escape(content + bytes([checksum(content)])) + FLAG


def _answer(message: Message, number: int, body: bytes, serial: int) -> bytes:
    """A frame to the terminal that sent the message, with a head of the same edition."""
    new = len(message.head) == 17
    attributes = len(body) | (VERSION_BIT if new else 0)
    content = (
        number.to_bytes(2, "big")
        + attributes.to_bytes(2, "big")
        + message.head[4:-2]
        + serial.to_bytes(2, "big")
        + body
    )
    return FLAG + escape(content + bytes([checksum(content)])) + FLAG


class PositionSession:
    """One terminal's connection."""

    def __init__(self) -> None:
        self.rest = b""
        self.skipped = 0
        self.authenticated = ""
        """The phone that authenticated."""
        self._serial = 0
        self._told = 0

    def split(self, data: bytes) -> list[bytes]:
        """The whole frames that `data` completes; what is none between two flags is passed over."""
        pieces = (self.rest + data).split(FLAG)
        last = pieces.pop()
        frames = []
        for number, piece in enumerate(pieces):
            if not piece:
                continue
            frame = FLAG + piece + FLAG
            before_any_flag = number == 0 and not self.rest.startswith(FLAG)
            if not before_any_flag and len(piece) <= LONGEST and read_message(frame) is not None:
                frames.append(frame)
            else:
                self.skipped += len(piece)
        if len(last) > LONGEST or (not pieces and not self.rest.startswith(FLAG)):
            self.skipped += len(last)
            self.rest = b""
        else:
            self.rest = FLAG + last
        return frames

    def close(self) -> list[bytes]:
        """None: what ends without its flag is no frame."""
        self.skipped += len(self.rest)
        self.rest = b""
        return []

    def due(self, now: dt.datetime) -> list[bytes]:
        """Nothing: terminals are not asked."""
        return []

    def next_serial(self) -> int:
        """The number of the platform's next message."""
        self._serial = (self._serial + 1) & 0xFFFF
        return self._serial

    def newly_skipped(self) -> bool:
        """Whether bytes were passed over since this was last asked."""
        before, self._told = self._told, self.skipped
        return self._told > before


class Positions:
    """JT/T 808 as a field protocol.

    Args:
        secret: from which each terminal's authentication code is made, so that none needs to be stored.
        registered: the phones that may register; None for all.
    """

    name = NAME

    def __init__(self, secret: bytes, registered: Container[str] | None = None) -> None:
        self._secret = secret
        self._registered = registered

    def code(self, phone: str) -> bytes:
        """The authentication code that a terminal gets when it registers."""
        return hmac.new(self._secret, phone.encode(), hashlib.sha256).hexdigest()[:16].encode()

    def session(self) -> PositionSession:
        """A session for a new connection."""
        return PositionSession()

    def examine(self, frames: Sequence[tuple[Session, bytes]], now: dt.datetime) -> list[Arrival]:
        """Check messages of many connections. `now` without a zone is Beijing time."""
        moment = local_time(now)
        return [self._arrival(session, frame, moment) for session, frame in frames]

    def decode(self, kept: Kept) -> Decoded:
        """Kept messages as the table `vehicle_positions`; see `decode`."""
        return decode(kept)

    def _arrival(self, session: Any, frame: bytes, moment: dt.datetime) -> Arrival:
        message = read_message(frame)
        if message is None:
            return Arrival(session, frame, kept=False, oddities=("checksum",))
        odd = list(message.oddities)
        if session.newly_skipped():
            odd.append("skipped_bytes")
        if message.id == ANSWER:
            return Arrival(session, frame, message.phone, kept=False, oddities=tuple(odd))
        if message.id == REGISTER:
            return Arrival(session, frame, message.phone, True, self._register(session, message, odd), tuple(odd))
        result = OK
        kept = message.id not in (HEARTBEAT, AUTHENTICATE)
        if message.id == AUTHENTICATE:
            result = self._authenticate(session, message, odd)
        elif message.packets:
            odd.append("sub_packet")
        elif message.encrypted:
            odd.append("encrypted")
        elif message.id in (POSITION, POSITIONS):
            odd += self._about_positions(session, message, moment)
        refused = kept and self._registered is not None and message.phone not in self._registered
        if refused:
            odd.append("not_registered")
            result = FAILED
        body = message.serial.to_bytes(2, "big") + message.id.to_bytes(2, "big") + bytes([result])
        answer = _answer(message, PLATFORM_ANSWER, body, session.next_serial())
        return Arrival(session, frame, message.phone, kept, answer, tuple(odd), refused)

    def _register(self, session: PositionSession, message: Message, odd: list[str]) -> bytes:
        known = self._registered is None or message.phone in self._registered
        if not known:
            odd.append("not_registered")
        body = message.serial.to_bytes(2, "big") + bytes([OK if known else UNKNOWN_TERMINAL])
        return _answer(message, REGISTERED, body + (self.code(message.phone) if known else b""), session.next_serial())

    def _authenticate(self, session: PositionSession, message: Message, odd: list[str]) -> int:
        given = message.body
        if len(message.head) == 17 and given and len(given) > given[0]:
            given = given[1 : 1 + given[0]]
        known = self._registered is None or message.phone in self._registered
        if known and hmac.compare_digest(given.rstrip(b"\0"), self.code(message.phone)):
            session.authenticated = message.phone
            return OK
        odd.append("authentication_failed")
        return FAILED

    def _about_positions(self, session: PositionSession, message: Message, moment: dt.datetime) -> list[str]:
        odd = [] if session.authenticated == message.phone else ["not_authenticated"]
        bodies = position_bodies(message)
        if not bodies:
            return [*odd, "layout"]
        if any(_items(body)[1] for body in bodies):
            odd.append("items")
        times = [bcd_time(body[22:28]) for body in bodies]
        if any(time is not None and time > moment + AHEAD for time in times):
            odd.append("clock")
        return odd


def bcd_time(data: bytes) -> dt.datetime | None:
    """A time of six bytes BCD, YYMMDDhhmmss of this century; None where it is none."""
    digits = data.hex()
    try:
        year, month, day, hour, minute, second = (int(digits[at : at + 2]) for at in range(0, 12, 2))
        return dt.datetime(2000 + year, month, day, hour, minute, second)
    except ValueError:
        return None


def position_bodies(message: Message) -> list[bytes]:
    """The positions of a message of one or of many; none where they do not use it up exactly."""
    if message.id == POSITION:
        return [message.body] if len(message.body) >= POSITION_SIZE else []
    bodies = []
    at = 3
    while at + 2 <= len(message.body):
        size = message.body[at] << 8 | message.body[at + 1]
        body = message.body[at + 2 : at + 2 + size]
        if len(body) != size or size < POSITION_SIZE:
            return []
        bodies.append(body)
        at += 2 + size
    said = message.body[0] << 8 | message.body[1] if len(message.body) >= 3 else -1
    return bodies if at == len(message.body) and len(bodies) == said else []


def _items(body: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """The items behind a position, and what is left that is none."""
    items = []
    at = POSITION_SIZE
    while at + 2 <= len(body) and at + 2 + body[at + 1] <= len(body):
        items.append((body[at], body[at + 2 : at + 2 + body[at + 1]]))
        at += 2 + body[at + 1]
    return items, body[at:]


def _printed(items: list[tuple[int, bytes]], rest: bytes) -> str:
    listed = [f"{number:02x}:{value.hex()}" for number, value in items if number != MILEAGE]
    return " ".join(listed + ([f"rest:{rest.hex()}"] if rest else []))


_RECORD = np.dtype(
    [
        ("alarm", ">u4"), ("state", ">u4"), ("latitude", ">u4"), ("longitude", ">u4"), ("height", ">i2"),
        ("speed", ">u2"), ("direction", ">u2"), ("time", "u1", 6),
    ]
)  # fmt: skip
POSITIONED, SOUTH, WEST = 2, 4, 8
"""Bits of the state."""


def decode(kept: Kept) -> Decoded:
    """The table `vehicle_positions`.

    `device` (phone), `frame`, `time`, `kind`, alarm and state as bits, position, height (m), speed (km/h), direction,
    `mileage` (km) and other `items` (`number:hex`, joined by blanks; `rest:hex` of bytes that are no item).

    A position without a fix, at 0/0 or off the globe is null; a row without a possible time is left out.
    """
    frames: list[int] = []
    devices: list[str] = []
    kinds: list[str] = []
    bodies: list[bytes] = []
    undecoded: dict[int, str] = {}
    for index, raw in enumerate(kept.raw):
        message = read_message(raw)
        if message is None:
            undecoded[index] = "checksum"
        elif message.id not in (POSITION, POSITIONS):
            undecoded[index] = "no_data"
        elif message.packets or message.encrypted:
            undecoded[index] = "sub_packet" if message.packets else "encrypted"
        else:
            found = [body for body in position_bodies(message) if bcd_time(body[22:28]) is not None]
            if not found:
                undecoded[index] = "layout"
            late = message.id == POSITIONS and message.body[2:3] == b"\x01"
            frames += [index] * len(found)
            devices += [message.phone] * len(found)
            kinds += ["resend" if late else "realtime"] * len(found)
            bodies += found
    if not bodies:
        return Decoded({}, undecoded)
    return Decoded({"vehicle_positions": _table(frames, devices, kinds, bodies)}, undecoded)


def _table(frames: list[int], devices: list[str], kinds: list[str], bodies: list[bytes]) -> pa.Table:
    records = np.frombuffer(b"".join(body[:POSITION_SIZE] for body in bodies), _RECORD)
    digits = (records["time"] >> 4) * 10 + (records["time"] & 15)
    year, month, day, hour, minute, second = (digits[:, place].astype(np.int64) for place in range(6))
    days = ((year + 30).astype("datetime64[Y]").astype("datetime64[M]") + (month - 1)).astype("datetime64[D]") + (
        day - 1
    )
    times = days.astype("datetime64[s]") + hour * 3600 + minute * 60 + second
    state = records["state"]
    latitude = records["latitude"].astype(np.float64) / 1_000_000
    longitude = records["longitude"].astype(np.float64) / 1_000_000
    missing = ((state & POSITIONED) == 0) | ((latitude == 0) & (longitude == 0)) | (latitude > 90) | (longitude > 180)
    latitude[(state & SOUTH) != 0] *= -1
    longitude[(state & WEST) != 0] *= -1
    items = [_items(body) for body in bodies]
    mileage = [
        next(
            (int.from_bytes(value, "big") / 10 for number, value in own if number == MILEAGE and len(value) == 4), None
        )
        for own, _ in items
    ]
    return pa.table(
        {
            "device": pa.array(devices),
            "frame": pa.array(frames, pa.int64()),
            "time": pa.array(times.astype("datetime64[us]"), pa.timestamp("us")),
            "kind": pa.array(kinds),
            "alarm": pa.array(records["alarm"].astype(np.int64)),
            "state": pa.array(state.astype(np.int64)),
            "latitude": pa.array(latitude, mask=missing),
            "longitude": pa.array(longitude, mask=missing),
            "height": pa.array(records["height"].astype(np.float64)),
            "speed": pa.array(records["speed"].astype(np.float64) / 10),
            "direction": pa.array(records["direction"].astype(np.float64)),
            "mileage": pa.array(mileage, pa.float64()),
            "items": pa.array([_printed(own, rest) for own, rest in items]),
        }
    )
