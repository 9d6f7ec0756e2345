"""HJ 212 as the gateway uses it: sessions of connections, frames examined many at once, answers, columns."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, cast

from lantu.gateway.arrivals import Arrival, Decoded, Kept, Session
from lantu.gateway.hj212 import commands
from lantu.gateway.hj212.checksum import STATE, states
from lantu.gateway.hj212.oddities import OF_FRAMES
from lantu.gateway.hj212.packet import Packet, edition_by, read_packet
from lantu.gateway.hj212.policy import OPEN, DevicePolicy
from lantu.gateway.hj212.readings import CLOCK_AHEAD, EARLIEST, parse_time
from lantu.gateway.hj212.session import Hj212Session, Settings
from lantu.gateway.hj212.writing import data_segment, frames_of, stamp

if TYPE_CHECKING:
    from lantu.gateway.hj212.columns import Columns

CHINA = dt.timezone(dt.timedelta(hours=8))
_REGULAR = re.compile(
    rb"##([0-9]{4})QN=([0-9]{17});ST=([0-9A-Z]{2});CN=([0-9]{4});PW=([^;,=&]*);MN=([0-9A-Za-z_\-]+);Flag=([0-9]{1,2});"
    rb"(?:PNUM=([0-9]{1,4});PNO=([0-9]{1,4});)?CP=&&(?:DataTime=([0-9]{14})[;&])?"
)
"""Header and time of a frame as it should be; all others are read by `read_packet`."""
_BEHIND = dt.timedelta(minutes=10)
_ZONE_SLACK = dt.timedelta(minutes=10)
_ZONES = (dt.timedelta(hours=8), dt.timedelta(hours=12))


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

    def session(self) -> Hj212Session:
        """A session for a new connection."""
        return Hj212Session(self)

    def local(self, now: dt.datetime) -> dt.datetime:
        """A moment in the local time of the devices, naive; a naive one is taken to be that."""
        return now if now.tzinfo is None else now.astimezone(self.zone).replace(tzinfo=None)

    def decode(self, kept: Kept) -> Decoded:
        """Kept frames as columns: see `columns`."""
        return self._columns.decode(kept)

    @cached_property
    def _columns(self) -> Columns:
        from lantu.gateway.hj212.columns import Columns  # a server only examines, and needs nothing of it

        return Columns(self.policy, self.zone)

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
            if session.take_junk():
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
        if session.habits.clock_ahead:
            local += session.habits.clock_ahead
            clock = _Clock(local)
        edition = self.policy.edition(device) or edition_by(flag, system.decode())
        oddities: list[str] = []
        if len(device) != 24 and edition in ("2017", "2025"):
            oddities.append("mn_length")
        if changed:
            oddities.append("mn_changed")
        if time is None:
            if command in _TIMED:
                return None, None
        elif not clock.earliest <= time <= clock.latest or (command == 2011 and time < clock.behind):
            oddities.extend(clock.judge(parse_time(time.decode())[0], command))
        refusal = self._welcome(session, password, oddities)
        if "clock" in oddities and not refusal:
            session.requests.calibrate(local, device=device)
        session.system, session.edition = system.decode(), edition
        session.password = password.decode("ascii", "replace")
        if session.repeated((device, number, command, int(packet or 0))):
            oddities.append("repeated")
        arrival = Arrival(session, raw, device, True, None, tuple(oddities), refused=bool(refusal))
        if not refusal:
            session.settle(command)
            if session.requests.current is not None:
                session.requests.uploaded(command, local)
            if edition == "2017" and session.answers_as_usual:
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
            # What stands in a damaged frame is no name to count by, where the connection has said one.
            device = packet.device if packet.sealed else session.device or packet.device
            return Arrival(session, raw, device, packet.damage == "key_wrong", None, tuple(oddities)), None
        device = packet.device
        if device and session.device not in ("", device):
            oddities.append("mn_changed")
        if device:
            session.meet(device, local)
        if session.habits.clock_ahead:
            local += session.habits.clock_ahead
            clock = _Clock(local)
        session.system = packet.system if packet.system != "91" else session.system
        session.edition, session.password = packet.edition, packet.password
        refusal = self._welcome(session, packet.password.encode(), oddities)
        if packet.item("DataTime"):
            # How the time is written is an oddity of the content, which decoding names.
            time, _ = parse_time(packet.item("DataTime"))
            oddities.extend(clock.judge(time, 0 if packet.resent else packet.command))
            if "clock" in oddities and not refusal:
                session.requests.calibrate(local, device=device)
        number = packet.number.encode()
        if number and session.repeated((device, number, packet.command, packet.packet)):
            oddities.append("repeated")
        talk = packet.command in commands.ANSWERS or packet.command in commands.HEARTBEATS
        arrival = Arrival(session, raw, device or session.device, not talk, refused=bool(refusal))
        answer = None
        if packet.command in commands.ANSWERS:
            self._take_answer(session, packet, oddities, local)
        elif not refusal:
            session.settle(packet.command)
            session.requests.uploaded(packet.command, local)
            if packet.command == 1013:
                session.requests.calibrate(local, packet.item("PolId"), device)
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
