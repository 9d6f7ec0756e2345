"""HJ 212 as the gateway uses it: sessions of connections, frames examined many at once, answers, columns."""

from __future__ import annotations

import datetime as dt
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from lantu.gateway.arrivals import Arrival, Decoded, Kept, Session
from lantu.gateway.hj212 import commands
from lantu.gateway.hj212.checksum import STATE, states
from lantu.gateway.hj212.cipher import MUST_BE_CIPHERED
from lantu.gateway.hj212.columns import Columns
from lantu.gateway.hj212.framing import Splitter
from lantu.gateway.hj212.oddities import OF_FRAMES
from lantu.gateway.hj212.packet import Packet, read_packet
from lantu.gateway.hj212.policy import OPEN, USUAL, DevicePolicy, Habits
from lantu.gateway.hj212.readings import CLOCK_AHEAD, EARLIEST, parse_time
from lantu.gateway.hj212.requests import (
    Request,
    Requests,
    set_minute_interval,
    set_realtime_interval,
    set_time,
    set_time_out,
)
from lantu.gateway.hj212.writing import data_segment, frame_of, frames_of, sealed_frame_of, stamp

CHINA = dt.timezone(dt.timedelta(hours=8))
_REGULAR = re.compile(
    rb"##([0-9]{4})QN=([0-9]{17});ST=([0-9A-Z]{2});CN=([0-9]{4});PW=([^;,=&]*);MN=([0-9A-Za-z_\-]+);Flag=([0-9]{1,2});"
    rb"(?:PNUM=([0-9]{1,4});PNO=([0-9]{1,4});)?CP=&&(?:DataTime=([0-9]{14})[;&])?"
)
"""Header and time of a frame as it should be; all others are read by `read_packet`."""
_POLICY_LASTS = dt.timedelta(seconds=30)
_BEHIND = dt.timedelta(minutes=10)
_ZONE_SLACK = dt.timedelta(minutes=10)
_ZONES = (dt.timedelta(hours=8), dt.timedelta(hours=12))
_REMEMBERED = 64


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
        "_recent_set",
        "_settled",
        "_splitter",
        "device",
        "edition",
        "habits",
        "password",
        "password_asked",
        "requests",
        "system",
    )

    def __init__(self, protocol: Hj212) -> None:
        """A connection that said nothing yet."""
        self._protocol = protocol
        self._splitter = Splitter()
        self._recent: deque[tuple[str, bytes, int, int]] = deque(maxlen=_REMEMBERED)
        self._recent_set: set[tuple[str, bytes, int, int]] = set()
        self._checked = dt.datetime.min
        self._settled = False
        self.device = ""
        self.system = ""
        self.edition = ""
        self.password = ""
        self.password_asked: str | None = None
        self.habits: Habits = USUAL
        self.requests = Requests(protocol.settings.overtime)

    def split(self, data: bytes) -> list[bytes]:
        """The frames that `data` completes, damaged ones too; no data says that the line went silent."""
        return self._splitter.feed(data)

    def due(self, now: dt.datetime) -> list[bytes]:
        """Requests to be sent now, as frames; ciphered where the edition of 2025 wants it and a key is set."""
        if not self.device:
            return []
        local = self._protocol.local(now)
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
            device=self.device,
            flag=commands.VERSION_BITS[self.edition] | 1,
            content=request.text(local),
        )
        key = self._protocol.policy.sm4_key(self.device) if self.edition == "2025" else None
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
        self.password_asked = policy.password(device)
        self._checked = local
        self.device = device

    def settle(self, command: int) -> None:
        """Queue the settings of a first connection, once, and again after a boot."""
        if not self._settled or command == 2081:
            self._settled = True
            self.requests.ask(*self._protocol.settings.requests())

    def repeated(self, key: tuple[str, bytes, int, int]) -> bool:
        """Whether a frame of that device, number, command and PNO came before; devices send until they are answered."""
        if key in self._recent_set:
            return True
        if len(self._recent) == _REMEMBERED:
            self._recent_set.discard(self._recent[0])
        self._recent.append(key)
        self._recent_set.add(key)
        return False

    def take_junk(self) -> int:
        """Bytes outside of frames since this was last asked."""
        count = self._splitter.junk
        self._splitter.junk = 0
        return count


class Hj212:
    """HJ 212 of 2005, 2017 and 2025 and the surface-water protocol (污染物在线监控系统数据传输标准)."""

    name = "hj212"

    def __init__(
        self, policy: DevicePolicy = OPEN, settings: Settings | None = None, zone: dt.timezone = CHINA
    ) -> None:  # fmt: skip
        """`policy` is the register of devices; `zone` that of their clocks; `settings` what they are told at first."""
        self.policy = policy
        self.settings = settings or Settings()
        self.zone = zone
        self._columns = Columns(policy, zone)

    def session(self) -> Hj212Session:
        """A session for a new connection."""
        return Hj212Session(self)

    def local(self, now: dt.datetime) -> dt.datetime:
        """A moment in the local time of the devices, naive; a naive one is taken to be that."""
        return now if now.tzinfo is None else now.astimezone(self.zone).replace(tzinfo=None)

    def decode(self, kept: Kept) -> Decoded:
        """Kept frames as columns: see `columns`."""
        return self._columns.decode(kept)

    def examine(self, frames: Sequence[tuple[Session, bytes]], now: dt.datetime) -> list[Arrival]:
        """Check frames of many connections at once and say what is kept and answered."""
        local = self.local(now)
        clock = _Clock(local)
        heads: list[re.Match[bytes] | None] = []
        segments = []
        for _, raw in frames:
            head = _REGULAR.match(raw)
            size = len(raw)
            if (
                head is not None
                and size == int(head[1]) + 12
                and size <= 1036
                and raw[-8:-6] == b"&&"
                and raw[-2:] == b"\r\n"
                and raw[-6:-2] in STATE
                and (head.lastindex == 10 or head.end() <= size - 8)
            ):
                heads.append(head)
                segments.append(raw[6:-6])
            else:
                heads.append(None)
        ends = iter(states(segments))
        arrivals: list[Arrival] = []
        answers: list[bytes] = []
        answered: list[Arrival] = []
        for (some_session, raw), head in zip(frames, heads, strict=True):
            session = cast(Hj212Session, some_session)
            arrival = None
            data: bytes | None = None
            if head is not None and next(ends) == STATE[raw[-6:-2]]:
                arrival, data = self._regular(session, raw, head, local, clock)
            if arrival is None:
                arrival, data = self._irregular(session, raw, local, clock)
            if session._splitter.junk and session.take_junk():
                arrival.oddities += ("junk",)
            if data is not None:
                answers.append(data)
                answered.append(arrival)
            arrivals.append(arrival)
        for arrival, answer in zip(answered, frames_of(answers), strict=True):
            arrival.answer = answer
        return arrivals

    def _regular(
        self, session: Hj212Session, raw: bytes, head: re.Match[bytes], local: dt.datetime, clock: _Clock
    ) -> tuple[Arrival | None, bytes | None]:
        """A frame as it should be; None where a closer look is needed."""
        _, number, system, command_text, password, device_text, flag_text, packets, packet, time = head.groups()
        flag, command = int(flag_text), int(command_text)
        if flag > 15 or bool(flag & 2) != (packets is not None) or command not in _UPLOADS:
            return None, None
        if packets is not None and not 1 <= int(packet) <= int(packets):
            return None, None
        device = device_text.decode()
        changed = session.device not in ("", device)
        session.meet(device, local)
        edition = self.policy.edition(device) or _EDITION[flag >> 2]
        if edition == "2025" and system == b"21":
            edition = "surface_water"
        oddities: list[str] = []
        if len(device) != 24 and edition in ("2017", "2025"):
            oddities.append("mn_length")
        if changed:
            oddities.append("mn_changed")
        if time is None:
            if command in _TIMED:
                return None, None
        elif not clock.earliest <= time <= clock.latest or (command == 2011 and time < clock.behind):
            odd = clock.judge(parse_time(time.decode())[0], command)
            oddities.extend(odd)
            if "clock" in odd:
                session.requests.calibrate(local)
        refusal = self._welcome(session, password, oddities)
        session.system, session.edition = system.decode(), edition
        session.password = password.decode("ascii", "replace")
        if session.repeated((device, number, command, int(packet or 0))):
            oddities.append("repeated")
        arrival = Arrival(session, raw, device, not refusal, None, tuple(oddities))
        if not refusal:
            session.settle(command)
            if session.requests.current is not None:
                session.requests.uploaded(command, local)
            if edition == "2017" and session.habits is USUAL:
                if flag & 1:
                    return arrival, b"QN=%b;ST=91;CN=9014;PW=%b;MN=%b;Flag=4;CP=&&&&" % (number, password, device_text)
                return arrival, None
        if not flag & 1:
            return arrival, None
        return arrival, self._answer(session, number.decode(), 9014, refusal)

    def _irregular(
        self, session: Hj212Session, raw: bytes, local: dt.datetime, clock: _Clock
    ) -> tuple[Arrival, bytes | None]:
        """Any other frame: decoded whole, its oddities named, and the conversation carried on."""
        packet = read_packet(raw, self.policy)
        oddities = [name for name in packet.oddities if name in OF_FRAMES]
        if packet.damage:
            oddities.append(packet.damage)
            device = packet.device or session.device
            return Arrival(session, raw, device, packet.damage == "key_wrong", None, tuple(oddities)), None
        device = packet.device
        if device and session.device not in ("", device):
            oddities.append("mn_changed")
        if device:
            session.meet(device, local)
        session.system = packet.system if packet.system != "91" else session.system
        session.edition, session.password = packet.edition, packet.password
        refusal = self._welcome(session, packet.password.encode(), oddities)
        if packet.item("DataTime"):
            # How the time is written is an oddity of the content, which decoding names.
            time, _ = parse_time(packet.item("DataTime"))
            odd = clock.judge(time, 0 if packet.resent else packet.command)
            oddities.extend(odd)
            if "clock" in odd:
                session.requests.calibrate(local)
        number = packet.number.encode()
        if number and session.repeated((device, number, packet.command, packet.packet)):
            oddities.append("repeated")
        talk = packet.command in commands.ANSWERS or packet.command in commands.HEARTBEATS
        arrival = Arrival(session, raw, device or session.device, not refusal and not talk)
        answer = None
        if packet.command in commands.ANSWERS:
            self._take_answer(session, packet, oddities, local)
        elif not refusal:
            session.settle(packet.command)
            session.requests.uploaded(packet.command, local)
            if packet.command == 1013:
                session.requests.calibrate(local, packet.item("PolId"))
        if packet.wants_answer:
            command = 9013 if packet.command in commands.NOTICES else 9014
            answer = self._answer(session, packet.number or stamp(local), command, refusal)
        arrival.oddities = tuple(dict.fromkeys(oddities))
        return arrival, answer

    def _take_answer(self, session: Hj212Session, packet: Packet, oddities: list[str], local: dt.datetime) -> None:
        text = packet.item("ExeRtn" if packet.command == 9012 else "QnRtn")
        result = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None
        if not session.requests.heard(packet.command, packet.number, result, local):
            oddities.append("answer_unasked")

    def _welcome(self, session: Hj212Session, password: bytes, oddities: list[str]) -> int:
        """0, or the QnRtn with which a device is turned away."""
        if not session.habits.known:
            oddities.append("device_unknown")
            return commands.WRONG_DEVICE
        if session.password_asked is not None and password != session.password_asked.encode():
            oddities.append("password_wrong")
            if session.habits.refuse_wrong_password:
                return commands.WRONG_PASSWORD
        return 0

    def _answer(self, session: Hj212Session, number: str, command: int, refusal: int) -> bytes:
        """The data segment of an answer; a device that is turned away gets 9011 and why."""
        habits = session.habits
        edition = session.edition
        content = f"QN={number}" if edition == "2005" else ""
        if refusal:
            command, content = 9011, (content + ";" if content else "") + f"QnRtn={refusal}"
        return data_segment(
            number=number,
            system={"": "91", "own": session.system}.get(habits.answer_system, habits.answer_system),
            command=command,
            password=session.password,
            device=session.device,
            flag=commands.VERSION_BITS[edition] if habits.answer_flag is None else habits.answer_flag,
            content=content,
        )


_EDITION = ("2005", "2017", "2025", "2017")
_UPLOADS = frozenset(commands.COMMANDS) - commands.ANSWERS - commands.NOTICES
_TIMED = frozenset({2011, 2021, 2031, 2041, 2051, 2061})


class _Clock:
    """The times that a frame which arrives now may bear, as text, so that most need no reading."""

    def __init__(self, local: dt.datetime) -> None:
        self._local = local
        self.latest = f"{local + CLOCK_AHEAD:%Y%m%d%H%M%S}".encode()
        self.earliest = f"{EARLIEST:%Y%m%d%H%M%S}".encode()
        self.behind = f"{local - _BEHIND:%Y%m%d%H%M%S}".encode()

    def judge(self, time: dt.datetime | None, command: int) -> list[str]:
        """What is odd about a time against the moment of arrival."""
        if time is None:
            return []
        if time < EARLIEST or time > self._local + CLOCK_AHEAD:
            return ["clock"]
        if command == 2011 and time < self._local - _BEHIND:
            away = self._local - time
            return ["clock_zone" if any(abs(away - zone) < _ZONE_SLACK for zone in _ZONES) else "clock_behind"]
        return []
