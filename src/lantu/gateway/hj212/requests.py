"""What the platform asks of a device: requests and notices, one at a time, sent again where no answer comes.

Request by the platform (QN q) -> 9011 (q: accepted or not) -> uploads -> 9012 (q: result). A notice gets 9013.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from lantu.base import LantuError, Text
from lantu.gateway.hj212 import commands
from lantu.gateway.hj212.writing import stamp

OVERTIME = 10
"""Seconds until a frame is sent again where no answer came; the usual value on radio."""
RECOUNT = 3
"""How often it is sent again."""
CALIBRATION_PAUSE = dt.timedelta(minutes=5)
"""A device that asks for the time every minute is told so at most as often as this."""
HISTORIES: dict[str, tuple[int, dt.timedelta, dt.timedelta]] = {
    "minute": (2051, dt.timedelta(hours=6), dt.timedelta(days=7)),
    "hour": (2061, dt.timedelta(days=7), dt.timedelta(days=92)),
    "day": (2031, dt.timedelta(days=31), dt.timedelta(days=366)),
}
"""Kinds of history: the command, the longest range of one request, and of one question. Long ranges crash devices."""


@dataclass(slots=True, eq=False)
class Request:
    """A request or notice to a device and what became of it.

    `state`: waiting, sent, accepted, done, empty (no data: not an error), refused, failed, timed_out. `result` is the
    QnRtn of a refusal or the ExeRtn. A content that depends on the moment is a function of the local time. `device` is
    the one it is for, where a connection speaks for several ("": the one that spoke last).
    """

    command: int
    content: str | Callable[[dt.datetime], str] = ""
    recount: int = RECOUNT
    patience: dt.timedelta = dt.timedelta(minutes=5)
    device: str = ""
    state: str = "waiting"
    result: int | None = None
    number: str = ""
    sent: int = 0
    deadline: dt.datetime | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing more is expected."""
        return self.state not in ("waiting", "sent", "accepted")

    def text(self, now: dt.datetime) -> str:
        """The content as it is sent at a moment."""
        return self.content if isinstance(self.content, str) else self.content(now)


def set_time(factor: str = "") -> Request:
    """Set the clock (1012) to the time at which it is sent, of one analyser or of the logger."""
    head = f"PolId={factor};" if factor else ""
    return Request(1012, lambda now: f"{head}SystemTime={now:%Y%m%d%H%M%S}")


def set_time_out(overtime: int, recount: int) -> Request:
    """Set the device's time-out (seconds) and number of resends (1000)."""
    _within("OverTime", overtime, 1, 99)
    _within("ReCount", recount, 1, 99)
    return Request(1000, f"OverTime={overtime};ReCount={recount}")


def set_realtime_interval(seconds: int) -> Request:
    """Set how often realtime data are sent (1062), 30 to 3,600 s."""
    _within("RtdInterval", seconds, 30, 3600)
    return Request(1062, f"RtdInterval={seconds}")


def set_minute_interval(minutes: int) -> Request:
    """Set the interval of minute data (1064): a divisor of the hour up to 30."""
    if minutes not in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30):
        raise LantuError(
            Text(f"分钟数据间隔不能是{minutes}分钟", f"{minutes} is no interval of minute data"),
            mend=Text(
                "取1、2、3、4、5、6、10、12、15、20或30分钟", "take 1, 2, 3, 4, 5, 6, 10, 12, 15, 20 or 30 minutes"
            ),
        )
    return Request(1064, f"MinInterval={minutes}")


def set_password(password: str) -> Request:
    """Set the password (1072), six characters."""
    if len(password) != 6 or not password.isalnum():
        raise LantuError(
            Text("访问密码须为6位字母或数字", "a password has six letters or digits"),
            mend=Text("给出6位密码", "give six letters or digits"),
        )
    return Request(1072, f"NewPW={password}")


def realtime(wanted: bool) -> Request:
    """Start (2011) or stop (2012) realtime data."""
    return Request(2011 if wanted else 2012)


def facilities(wanted: bool) -> Request:
    """Start (2021) or stop (2022) the state of facilities."""
    return Request(2021 if wanted else 2022)


def history(kind: str, begin: dt.datetime, end: dt.datetime) -> list[Request]:
    """Requests for the history of a kind (minute, hour, day) from `begin` to `end`, both included, in local time.

    A long range is asked for in pieces; each is tried once more where no answer comes, not oftener.
    """
    if kind not in HISTORIES:
        raise LantuError(
            Text(f"没有“{kind}”这种历史数据", f"there is no history of kind '{kind}'"),
            mend=Text("取 minute、hour 或 day", "take minute, hour or day"),
        )
    command, piece, longest = HISTORIES[kind]
    if not begin <= end or end - begin > longest:
        raise LantuError(
            Text(f"补数范围不成立：{begin} 至 {end}", f"no range of history: {begin} to {end}"),
            mend=Text(f"起止有序且不超过{longest.days}天", f"give begin before end, at most {longest.days} days"),
        )
    requests = []
    while True:
        stop = min(begin + piece, end)
        requests.append(
            Request(command, f"BeginTime={begin:%Y%m%d%H%M%S};EndTime={stop:%Y%m%d%H%M%S}", recount=1)
        )  # fmt: skip
        if stop == end:
            return requests
        begin = stop + dt.timedelta(seconds=1)


def _within(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise LantuError(
            Text(f"{name}不能是{value}", f"{name} cannot be {value}"),
            mend=Text(f"取{least}至{most}", f"take {least} to {most}"),
        )


class Requests:
    """The requests to one device: the one under way and those that wait. Times are local and naive."""

    def __init__(self, overtime: int = OVERTIME) -> None:
        """`overtime`: seconds until a request is sent again."""
        self.current: Request | None = None
        self.waiting: deque[Request] = deque()
        self.finished: deque[Request] = deque(maxlen=100)
        self.overtime = overtime
        self._last = dt.datetime.min
        self._calibrated: dt.datetime | None = None

    def ask(self, *requests: Request) -> None:
        """Put requests behind those that wait."""
        self.waiting.extend(requests)

    def calibrate(self, now: dt.datetime, factor: str = "", device: str = "") -> bool:
        """Set the device's clock before all else that waits, unless that was done a short while ago."""
        if self._calibrated is not None and abs(now - self._calibrated) < CALIBRATION_PAUSE:
            return False
        self._calibrated = now
        request = set_time(factor)
        request.device = device
        self.waiting.appendleft(request)
        return True

    def due(self, now: dt.datetime) -> list[Request]:
        """What is to be sent now: the next request, or the one under way once more."""
        request = self.current
        if request is not None and request.deadline is not None and now >= request.deadline:
            if request.state == "sent" and request.sent <= request.recount:
                request.sent += 1
                request.deadline = now + dt.timedelta(seconds=self.overtime)
                return [request]
            request.state = "timed_out"
            self._finish()
        if self.current is None and self.waiting:
            request = self.current = self.waiting.popleft()
            self._last = max(now, self._last + dt.timedelta(milliseconds=1))
            request.number = stamp(self._last)
            request.state, request.sent, request.deadline = "sent", 1, now + dt.timedelta(seconds=self.overtime)
            return [request]
        return []

    def heard(self, command: int, number: str, result: int | None, now: dt.datetime) -> bool:
        """Take an answer (9011, 9012, 9013) of the device; False: nobody asked for it."""
        request = self.current
        if request is None or request.number != number:
            return False
        if command == 9013:
            request.state = "done"
            self._finish()
        elif command == 9011:
            if result == commands.READY:
                if request.state == "sent":
                    request.state = "accepted"
                request.deadline = now + request.patience
            else:
                request.state, request.result = "refused", result
                self._finish()
        elif command == 9012:
            request.result = result
            request.state = {commands.DONE: "done", commands.NO_DATA: "empty"}.get(result or 0, "failed")
            self._finish()
        else:
            return False
        return True

    def uploaded(self, command: int, now: dt.datetime) -> None:
        """An upload came; if it is what is under way, more is waited for."""
        request = self.current
        if request is not None and request.state == "accepted" and request.command == command:
            request.deadline = now + request.patience

    def _finish(self) -> None:
        if self.current is not None:
            self.finished.append(self.current)
        self.current = None
