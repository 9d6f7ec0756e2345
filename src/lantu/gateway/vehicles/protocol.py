"""The vehicle port as a field protocol: sessions, what is kept, what is answered, what is odd.

Heavy terminals get no answer to login, data and logout, as no source shows one; a time request is answered with the
time, an activation with its result. Platforms and electric vehicles get the same command with the response flag 1 and
the time of their own unit; an answer is never answered, and kept only where it carries data. A platform's login carries
a password, so it is not kept.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Collection, Container, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from weakref import WeakValueDictionary

from lantu.base import Text
from lantu.gateway.arrivals import Arrival, Decoded, Kept, Session
from lantu.gateway.vehicles import columns
from lantu.gateway.vehicles.encoding import frame as make_frame
from lantu.gateway.vehicles.facts import Facts, facts_of
from lantu.gateway.vehicles.frames import (
    ACTIVATED,
    ACTIVATION,
    CALIBRATION,
    ELECTRIC_PLATFORM_LOGIN,
    HEAD,
    HEARTBEAT,
    IS_OK,
    KEY_EXCHANGE,
    LOGIN,
    LOGOUT,
    PLAIN,
    PLATFORM_LOGIN,
    PLATFORM_LOGOUT,
    REALTIME,
    RESEND,
    TIME,
    Family,
    is_vin,
    local_time,
    time_bytes,
    time_of,
    vin_text,
)
from lantu.gateway.vehicles.scanning import ELECTRIC, ELECTRIC_2025, PLATFORM, TERMINAL
from lantu.gateway.vehicles.splitting import Splitter

NAME = "vehicles"
PATIENCE = dt.timedelta(seconds=60)
"""A half frame that has not grown for so long is given up."""
MOST_VINS = 20_000
"""Vehicles remembered of one connection; a platform that forwards more loses its oldest."""
REFUSED = 2
"""The response flag of a refused login."""
ACTIVATION_OK, ACTIVATION_FAILED = 1, 2
CHIP_IN_USE, WRONG_VIN = 1, 2

FAMILIES = (Family.TERMINAL, Family.PLATFORM, Family.ELECTRIC, Family.ELECTRIC_2025)

ODDITIES: dict[str, Text] = {
    "checksum": Text("校验码错误", "the checksum is wrong"),
    "skipped_bytes": Text("帧前有损坏或无关字节", "damaged or foreign bytes before the frame"),
    "vin_form": Text("VIN 不是 17 位大写字母和数字", "the VIN is not 17 capital letters and digits"),
    "several_vins": Text("同一终端连接出现多个 VIN", "several VINs over one terminal's connection"),
    "vin_on_two_connections": Text("同一 VIN 出现在两条连接上", "the VIN speaks over two connections"),
    "obd_vin_differs": Text("OBD 中的 VIN 与报文头不一致", "the VIN of the engine computer is not that of the head"),
    "position_marked_invalid": Text(
        "标为无效的定位带有坐标（停留的旧位置，或标志位相反）",
        "a position that is marked invalid (an old one kept, or the bit is the wrong way round)",
    ),
    "not_logged_in": Text("未登入即上传数据", "data without a login"),
    "serial_repeated": Text("流水号重复", "the serial number is that of the frame before"),
    "time_impossible": Text("时间不存在", "the time does not exist"),
    "clock": Text("终端时钟偏差超过 10 分钟", "the clock is off by more than ten minutes"),
    "clock_8h": Text("终端时钟慢 8 小时（疑为 UTC）", "the clock is 8 hours behind (UTC, it seems)"),
    "answer_with_data": Text("应答标志不是“命令”，却带有数据", "the response flag says answer, but there are data"),
    "encrypted": Text("数据单元已加密，原样保存", "the unit is encrypted and kept as it is"),
    "layout": Text("没有版式能恰好用完数据单元", "no layout uses up the unit exactly"),
    "login_refused": Text("平台用户名或密码不符", "the platform's user or password is wrong"),
    "platform_not_logged_in": Text("平台未登入即转发数据", "a platform forwards without having logged in"),
    "not_registered": Text("车辆未登记", "the vehicle is not in the register"),
}
"""What may be odd about a frame, by its name."""


@dataclass(slots=True)
class _Vehicle:
    """What one connection knows of a vehicle."""

    logged_in: bool = False
    serial: int | None = None


class VehicleSession:
    """One connection to the vehicle port: of a terminal, or of a platform that forwards many vehicles."""

    def __init__(self) -> None:
        self.first_vin = ""
        self.platform = ""
        """The user that logged in as a platform."""
        self._splitter = Splitter()
        self._vehicles: dict[str, _Vehicle] = {}
        self._seen = (b"", dt.datetime.min)
        self._recovered: list[bytes] = []
        self._told = 0

    @property
    def rest(self) -> int:
        """How many bytes wait to become a frame."""
        return len(self._splitter.rest)

    @property
    def skipped(self) -> int:
        """How many damaged or foreign bytes were passed over."""
        return self._splitter.skipped

    @property
    def vins(self) -> list[str]:
        """The vehicles that spoke over this connection."""
        return list(self._vehicles)

    def is_logged_in(self, vin: str) -> bool:
        """Whether the vehicle logged in and did not log out."""
        return vin in self._vehicles and self._vehicles[vin].logged_in

    def split(self, data: bytes) -> list[bytes]:
        """The whole frames that `data` completes, in order."""
        frames, self._recovered = self._recovered, []
        return frames + self._splitter.feed(data)

    def due(self, now: dt.datetime) -> list[bytes]:
        """Nothing: vehicles are not asked. A half frame that waits too long is given up here."""
        rest, since = self._seen
        if self._splitter.rest != rest:
            self._seen = (self._splitter.rest, now)
        elif rest and now - since >= PATIENCE:
            self._recovered += self._splitter.give_up()
            self._seen = (self._splitter.rest, now)
        return []

    def close(self) -> list[bytes]:
        """The connection ended: whole frames that were held up by a damaged head before them."""
        frames, self._recovered = self._recovered, []
        return frames + self._splitter.close()

    def vehicle(self, vin: str) -> _Vehicle:
        """What is known of a vehicle; the one that spoke longest ago is forgotten where there are too many."""
        known = self._vehicles.pop(vin, None) or _Vehicle()
        if len(self._vehicles) >= MOST_VINS:
            del self._vehicles[next(iter(self._vehicles))]
        self._vehicles[vin] = known
        return known

    def newly_skipped(self) -> bool:
        """Whether bytes were passed over since this was last asked."""
        before, self._told = self._told, self._splitter.skipped
        return self._told > before


class VehiclePolicy(Protocol):
    """The device register as the vehicle port sees it; it is asked for every frame, so that it may change."""

    @property
    def platforms(self) -> Mapping[str, str] | None:
        """The password of each platform's user; None: every platform is let in."""

    @property
    def inverted(self) -> Collection[str]:
        """The VINs of terminals that send the bit "position invalid" the wrong way round."""

    @property
    def known(self) -> Container[str]:
        """The vehicles that are not turned away."""


class _Everyone(Container[str]):
    def __contains__(self, sender: object) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class GivenPolicy:
    """A policy that does not change."""

    platforms: Mapping[str, str] | None = None
    inverted: Collection[str] = ()
    known: Container[str] = field(default_factory=_Everyone)


class Vehicles:
    """GB 17691 annex Q, HJ 1239.3 and GB/T 32960 on one port.

    Args:
        policy: what is known of platforms and vehicles; without it all are taken as they come.
        chips: which VIN activated with each chip (hex); what is new is entered. A signature is not verified.
    """

    name = NAME

    def __init__(
        self,
        policy: VehiclePolicy | None = None,
        chips: MutableMapping[str, str] | None = None,
    ) -> None:
        self._policy = policy or GivenPolicy()
        self._chips: MutableMapping[str, str] = {} if chips is None else chips
        self._speakers: WeakValueDictionary[str, VehicleSession] = WeakValueDictionary()

    def session(self) -> VehicleSession:
        """A session for a new connection."""
        return VehicleSession()

    def decode(self, kept: Kept) -> Decoded:
        """Kept frames as columns; see `columns`."""
        return columns.decode(kept, self._policy.inverted)

    def examine(self, frames: Sequence[tuple[Session, bytes]], now: dt.datetime) -> list[Arrival]:
        """Check frames of many connections at once. `now` without a zone is Beijing time."""
        if not frames:
            return []
        raw = [frame for _, frame in frames]
        moment = local_time(now)
        facts = facts_of(raw, moment)
        return [self._arrival(session, frame, index, facts, moment) for index, (session, frame) in enumerate(frames)]

    def _arrival(self, session: Any, frame: bytes, index: int, facts: Facts, moment: dt.datetime) -> Arrival:
        if not facts.sound[index]:
            odd = "checksum" if facts.damaged[index] else "layout"
            return Arrival(session, frame, kept=False, oddities=(odd,))
        family, command = facts.family[index], facts.command[index]
        start = 3 if family == TERMINAL else 4
        vin = vin_text(frame[start : start + 17])
        oddities = [name for name, there in facts.odd.items() if there[index]]
        if not facts.is_command[index]:
            return Arrival(session, frame, vin, kept="answer_with_data" in oddities, oddities=tuple(oddities))
        if session.newly_skipped():
            oddities.append("skipped_bytes")
        turned_away = self._turned_away(session, family, command, vin)
        if turned_away:
            oddities.append(turned_away)
        elif _carries_vin(family, command):
            oddities += self._about_vehicle(session, vin, family, command, facts.serial[index])
        answer, refused = self._answer(session, frame, family, command, moment, bool(turned_away))
        if refused and not turned_away:
            oddities.append("login_refused")
        kept = not _is_empty_or_secret(family, command)
        return Arrival(session, frame, vin, kept, answer, tuple(oddities), bool(turned_away))

    def _turned_away(self, session: VehicleSession, family: int, command: int, vin: str) -> str:
        """Why a frame is refused: its platform has not logged in, or nobody knows its vehicle; "" where it is not."""
        silent = family == PLATFORM and command != PLATFORM_LOGIN and not session.platform
        if silent and self._policy.platforms is not None:
            return "platform_not_logged_in"
        if _carries_vin(family, command) and vin not in self._policy.known:
            return "not_registered"
        return ""

    def _about_vehicle(self, session: VehicleSession, vin: str, family: int, command: int, serial: int) -> list[str]:
        """What is odd about who speaks; the session learns from it."""
        odd = [] if is_vin(vin) else ["vin_form"]
        if family == TERMINAL and session.first_vin not in ("", vin):
            odd.append("several_vins")
        session.first_vin = session.first_vin or vin
        speaker = self._speakers.get(vin)
        if speaker is not None and speaker is not session:
            odd.append("vin_on_two_connections")
        if speaker is not session:
            self._speakers[vin] = session
        known = session.vehicle(vin)
        if command == LOGIN:
            known.logged_in, known.serial = True, None
        elif command == LOGOUT:
            known.logged_in = False
        elif command in (REALTIME, RESEND):
            if family != PLATFORM and not known.logged_in:
                odd.append("not_logged_in")
            if serial >= 0:
                if serial == known.serial:
                    odd.append("serial_repeated")
                known.serial = serial
        return odd

    def _answer(
        self, session: VehicleSession, frame: bytes, family: int, command: int, moment: dt.datetime, turned_away: bool
    ) -> tuple[bytes | None, bool]:
        """What goes back, and whether it says no."""
        if family == TERMINAL:
            return (None if turned_away else self._answer_terminal(frame, command, moment)), False
        plain = frame[21] == PLAIN
        unit = frame[HEAD:-1]
        own = unit[:6] if plain and time_of(unit) else time_bytes(moment)
        response = IS_OK
        if family == PLATFORM:
            if command == TIME:
                own = time_bytes(moment)
            login = command == PLATFORM_LOGIN
        else:
            if command == CALIBRATION:
                own = time_bytes(moment)
            elif command == HEARTBEAT:
                own = b""
            login = command == ELECTRIC_PLATFORM_LOGIN
        if turned_away:
            response = REFUSED
        elif login and plain:
            user = self._user_of(unit)
            session.platform = user or ""
            response = REFUSED if user is None else IS_OK
        elif family == PLATFORM and command == PLATFORM_LOGOUT:
            session.platform = ""
        answer = make_frame(FAMILIES[family], command, "", own, response=response)
        return _with_vin(answer, frame[4:21]), response == REFUSED

    def _user_of(self, unit: bytes) -> str | None:
        """The user of a platform's login; None where user and password are not known."""
        user = unit[8:20].rstrip(b"\0 ").decode("ascii", "replace")
        platforms = self._policy.platforms
        if platforms is None:
            return user or "?"
        password = unit[20:40].rstrip(b"\0 ")
        return user if hmac.compare_digest(platforms.get(user, "\0").encode(), password) else None

    def _answer_terminal(self, frame: bytes, command: int, moment: dt.datetime) -> bytes | None:
        if command == TIME:
            unit = time_bytes(moment)
        elif command == ACTIVATION and frame[21] == PLAIN:
            command, unit = ACTIVATED, self._activate(frame[HEAD:-1], vin_text(frame[3:20]))
        else:
            return None
        answer = make_frame(Family.TERMINAL, command, "", unit, version=frame[20])
        return _with_vin(answer, frame[3:20], at=3)

    def _activate(self, unit: bytes, vin: str) -> bytes:
        """Whether a chip may speak for a vehicle: the VIN signed with it must be the head's, and no other's before."""
        if vin_text(unit[86:103]) != vin:
            return bytes([ACTIVATION_FAILED, WRONG_VIN])
        chip = unit[6:22].hex()
        if self._chips.setdefault(chip, vin) != vin:
            return bytes([ACTIVATION_FAILED, CHIP_IN_USE])
        return bytes([ACTIVATION_OK, 0])


def _with_vin(answer: bytes, vin: bytes, at: int = 4) -> bytes:
    """The answer with the VIN as it was sent, byte for byte, and the checksum that it then has."""
    check = answer[-1]
    for byte in vin:
        check ^= byte
    return answer[:at] + vin + answer[at + 17 : -1] + bytes([check])


def _carries_vin(family: int, command: int) -> bool:
    """Whether the head names a vehicle: a platform's own commands carry the platform's code there."""
    if family == PLATFORM:
        return command in (LOGIN, REALTIME, RESEND, LOGOUT)
    if family in (ELECTRIC, ELECTRIC_2025):
        return command in (LOGIN, REALTIME, RESEND, LOGOUT, HEARTBEAT)
    return True


def _is_empty_or_secret(family: int, command: int) -> bool:
    """Whether a frame has nothing to keep, or a password or key that is not to lie on disk."""
    if family == TERMINAL:
        return command in (TIME, ACTIVATED)
    if family == PLATFORM:
        return command in (TIME, PLATFORM_LOGIN, KEY_EXCHANGE)
    return command in (ELECTRIC_PLATFORM_LOGIN, HEARTBEAT, CALIBRATION)
