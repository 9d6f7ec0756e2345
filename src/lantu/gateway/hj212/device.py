"""A device (数采仪) as it behaves towards the platform: what the simulator and tests speak with.

It sends uploads again until they are answered, does what it is told, and gives its history when it is asked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lantu.gateway.hj212 import commands
from lantu.gateway.hj212.cipher import MUST_BE_CIPHERED
from lantu.gateway.hj212.framing import Splitter
from lantu.gateway.hj212.packet import Packet, read_packet
from lantu.gateway.hj212.policy import OpenPolicy
from lantu.gateway.hj212.readings import parse_time
from lantu.gateway.hj212.writing import data_segment, frame_of, sealed_frame_of, stamp

History = Callable[[str, dt.datetime, dt.datetime], Sequence[str]]
"""Gives the contents (what stands within CP) of a kind of history from one local time to another, both included."""
_HISTORY_KINDS = {2031: "day", 2051: "minute", 2061: "hour"}


class _OwnPolicy(OpenPolicy):
    def __init__(self, key: bytes | None) -> None:
        self._key = key

    def sm4_key(self, mn: str) -> bytes | None:
        return self._key


@dataclass(slots=True)
class _Unanswered:
    frame: bytes
    sent: int
    deadline: dt.datetime


class Device:
    """One device on one connection. All moments are local and naive; its own clock may differ by `clock_error`.

    `unanswered` uploads were sent and not acknowledged yet; `given_up` counts those that never were.
    """

    def __init__(
        self,
        mn: str,
        system: str,
        *,
        edition: str = "2017",
        password: str = "123456",
        key: bytes | None = None,
        history: History | None = None,
    ) -> None:
        """`key` is its SM4 key (edition 2025), `history` what it kept."""
        self.mn = mn
        self.system = system
        self.edition = edition
        self.password = password
        self.overtime = 10
        self.recount = 3
        self.realtime_interval = 30
        self.minute_interval = 10
        self.realtime_wanted = True
        self.facilities_wanted = True
        self.clock_error = dt.timedelta(0)
        self.acknowledged = 0
        self.given_up = 0
        self._key = key
        self._history = history
        self._splitter = Splitter()
        self._policy = _OwnPolicy(key)
        self._unanswered: dict[str, _Unanswered] = {}
        self._last = dt.datetime.min

    @property
    def unanswered(self) -> int:
        """Uploads that wait for their answer."""
        return len(self._unanswered)

    def clock(self, now: dt.datetime) -> dt.datetime:
        """What its clock shows."""
        return now + self.clock_error

    def upload(self, command: int, content: str, now: dt.datetime, *, wants_answer: bool = True) -> bytes:
        """The frame of an upload or notice; it is sent again by `due` until it is answered, if an answer is wanted."""
        self._last = max(self.clock(now), self._last + dt.timedelta(milliseconds=1))
        number = stamp(self._last)
        frame = self._frame(number, self.system, command, content, commands.VERSION_BITS[self.edition] | wants_answer)
        if wants_answer:
            self.expect(number, frame, now)
        return frame

    def expect(self, number: str, frame: bytes, now: dt.datetime) -> None:
        """Wait for the answer to a frame that was made elsewhere and is sent now."""
        self._unanswered[number] = _Unanswered(frame, 1, now + dt.timedelta(seconds=self.overtime))

    def due(self, now: dt.datetime) -> list[bytes]:
        """Frames to be sent once more, with the same number."""
        again = []
        for number, waiting in list(self._unanswered.items()):
            if now < waiting.deadline:
                continue
            if waiting.sent > self.recount:
                del self._unanswered[number]
                self.given_up += 1
                continue
            waiting.sent += 1
            waiting.deadline = now + dt.timedelta(seconds=self.overtime)
            again.append(waiting.frame)
        return again

    def hear(self, data: bytes, now: dt.datetime) -> list[bytes]:
        """Take what the platform sent, and give what the device sends in return, in order."""
        frames: list[bytes] = []
        for frame in self._splitter.feed(data):
            packet = read_packet(frame, self._policy)
            if packet.damage or packet.sealed:
                continue
            if packet.command in commands.ANSWERS:
                self._take_answer(packet)
            elif packet.command in commands.NOTICES_OF_HOST:
                self._execute(packet, now)
                frames.append(self._answer(packet, 9013, ""))
            else:
                frames.extend(self._obey(packet, now))
        return frames

    def _take_answer(self, packet: Packet) -> None:
        # A refusal (9011) is no acknowledgement: the upload is sent again and given up in the end.
        if packet.command in (9013, 9014) and self._unanswered.pop(packet.number, None) is not None:
            self.acknowledged += 1

    def _obey(self, packet: Packet, now: dt.datetime) -> list[bytes]:
        """Answer a request: whether it is accepted, what it asks for, and its result."""
        refusal = self._refusal(packet)
        if refusal:
            return [self._answer(packet, 9011, f"QnRtn={refusal}")]
        uploads, result = self._execute(packet, now)
        accepted = self._answer(packet, 9011, f"QnRtn={commands.READY}")
        return [accepted, *uploads, self._answer(packet, 9012, f"ExeRtn={result}")]

    def _refusal(self, packet: Packet) -> int:
        if packet.device != self.mn:
            return commands.WRONG_DEVICE
        if packet.password != self.password:
            return commands.WRONG_PASSWORD
        return 0 if packet.command in _OBEYED else commands.WRONG_COMMAND

    def _execute(self, packet: Packet, now: dt.datetime) -> tuple[list[bytes], int]:
        """Do what is asked; the uploads it asks for and the ExeRtn."""
        command = packet.command
        if command in _HISTORY_KINDS:
            return self._give_history(packet, now)
        if command == 1012:
            time, _ = parse_time(packet.item("SystemTime"))
            if time is None:
                return [], commands.CONDITION
            self.clock_error = time - now
        elif command == 1072:
            if len(packet.item("NewPW")) != 6:
                return [], commands.CONDITION
            self.password = packet.item("NewPW")
        elif command in _SETTINGS:
            for attribute, name in _SETTINGS[command].items():
                if not packet.item(name).isdigit():
                    return [], commands.CONDITION
                setattr(self, attribute, int(packet.item(name)))
        elif command in (2011, 2012):
            self.realtime_wanted = command == 2011
        elif command in (2021, 2022):
            self.facilities_wanted = command == 2021
        else:
            contents = {
                1011: f"SystemTime={self.clock(now):%Y%m%d%H%M%S}",
                1061: f"RtdInterval={self.realtime_interval}",
                1063: f"MinInterval={self.minute_interval}",
            }
            return [self.upload(command, contents[command], now)], commands.DONE
        return [], commands.DONE

    def _give_history(self, packet: Packet, now: dt.datetime) -> tuple[list[bytes], int]:
        begin, _ = parse_time(packet.item("BeginTime"))
        end, _ = parse_time(packet.item("EndTime"))
        if begin is None or end is None or begin > end:
            return [], commands.CONDITION
        contents = self._history(_HISTORY_KINDS[packet.command], begin, end) if self._history is not None else ()
        uploads = [self.upload(packet.command, content, now) for content in contents]
        return uploads, commands.DONE if uploads else commands.NO_DATA

    def _answer(self, packet: Packet, command: int, content: str) -> bytes:
        return self._frame(packet.number, "91", command, content, commands.VERSION_BITS[self.edition])

    def _frame(self, number: str, system: str, command: int, content: str, flag: int) -> bytes:
        data = data_segment(
            number=number,
            system=system,
            command=command,
            password=self.password,
            device=self.mn,
            flag=flag,
            content=content,
        )
        if self._key is not None and self.edition == "2025" and command in MUST_BE_CIPHERED:
            return sealed_frame_of(data, self._key)
        return frame_of(data)


_SETTINGS: dict[int, dict[str, str]] = {
    1000: {"overtime": "OverTime", "recount": "ReCount"},
    1062: {"realtime_interval": "RtdInterval"},
    1064: {"minute_interval": "MinInterval"},
}
_OBEYED = frozenset({*_SETTINGS, *_HISTORY_KINDS, 1011, 1012, 1061, 1063, 1072, 2011, 2021})
