"""The device register (设备登记): `devices.yaml` in the workspace says who may send, and what becomes of it.

    unknown_devices: answer        # or refuse: kept as evidence, told so, and no rows
    connections_per_address: 5000
    platforms: {PLATFORM01: secret}
    factor_lists:
      air: {a34004: {column: pm25, unit: μg/m³}, a34002: {column: pm10, unit: μg/m³}}
    devices:
      - {id: 110101A8900016F000169DC0, password: "123456", dataset: air_hourly, station: 东四, factors: air}

A device that is not registered gives no rows. `id: "*"` registers all of a protocol that are not named themselves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from lantu.base import ClosedModel, LantuError, Place, SeveralErrors, Text
from lantu.base.yaml_source import YamlSource, read_yaml, validate
from lantu.lake import Dataset, get_dataset

FILE_NAME = "devices.yaml"
ANYONE = "*"

CITY_ZONE = 8.0
"""Hours by which the city's standard time goes before UTC."""
CONNECTIONS_PER_ADDRESS = 5000
"""Many devices come from one address behind a carrier's translation; more than this is no carrier's."""

Edition = Literal["2005", "2017", "2025", "surface_water"]

_KIND_OF_CADENCE = {"hour": "hour", "day": "day", "moment": "hour", "second": "realtime"}


class Factor(ClosedModel):
    """What one factor of a device is: its unit as sent, the column it goes to, the limit that binds it.

    `limit` is in the factor's unit, from the permit or standard that `limit_reference` names; `limit_kind` is the
    kind of reading that it binds.
    """

    unit: str
    column: str | None = None
    limit: float | None = None
    limit_reference: str | None = None
    limit_kind: Literal["realtime", "minute", "hour", "day"] = "hour"


class DeviceSettings(ClosedModel):
    """What an HJ 212 device is told on its first frame and after a boot; what is not given is left as it is.

    `overtime` (seconds) and `recount` are also how the gateway itself waits for this device and asks again.
    """

    set_clock: bool = False
    overtime: int | None = Field(default=None, ge=1, le=99)
    recount: int | None = Field(default=None, ge=1, le=99)
    realtime_interval: int | None = Field(default=None, ge=30, le=3600)
    minute_interval: Literal[1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30] | None = None


class Device(ClosedModel):
    """One registered device (数采仪、终端).

    `stamped`: whether the time of an interval is its start, as HJ 212 asks, or its end, as some devices send it.
    `readings`: the kind of reading that goes to the dataset, where it is not the one that its cadence asks for.
    """

    id: str = Field(min_length=1)
    protocol: str = "hj212"
    edition: Edition | None = None
    password: str | None = Field(default=None, repr=False)
    wrong_password: Literal["accept", "refuse"] = "accept"
    sm4_key: str | None = Field(default=None, repr=False)
    accepts_modbus_crc: bool = False
    dataset: str | None = None
    station: str | None = None
    site: str | None = None
    area: str | None = None
    owner: str | None = None
    stamped: Literal["start", "end"] = "start"
    readings: Literal["realtime", "minute", "hour", "day"] | None = None
    factors: dict[str, Factor] | str = {}
    interval_seconds: int | None = Field(default=None, ge=1)
    """How often it should send realtime data; it is silent when it does not for several of them."""
    simulated: bool = False
    settings: DeviceSettings = DeviceSettings()
    time_zone: float = Field(default=CITY_ZONE, ge=-12, le=14, multiple_of=0.25)
    """Hours by which its clock goes before UTC; its times become those of the city."""
    position_inverted: bool = False
    """A vehicle's terminal that sends the bit "position invalid" the wrong way round."""

    @property
    def clock_ahead(self) -> dt.timedelta:
        """By how much its clock goes before the city's."""
        return dt.timedelta(hours=self.time_zone - CITY_ZONE)

    @property
    def kind(self) -> str | None:
        """The kind of reading that goes to the device's dataset."""
        if self.readings is not None or self.dataset is None:
            return self.readings
        return _KIND_OF_CADENCE[get_dataset(self.dataset).cadence]

    def station_of(self, sender: str) -> str:
        """The station that rows of a sender carry: as registered, else the sender's own name."""
        return self.station or sender


class _RegisterFile(ClosedModel):
    unknown_devices: Literal["answer", "refuse"] = "answer"
    connections_per_address: int = Field(default=CONNECTIONS_PER_ADDRESS, ge=1)
    platforms: dict[str, str] | None = Field(default=None, repr=False)
    factor_lists: dict[str, dict[str, Factor]] = {}
    devices: tuple[Device, ...] = ()


@dataclass(frozen=True)
class DeviceRegister:
    """The registered devices."""

    devices: tuple[Device, ...] = ()
    unknown_devices: Literal["answer", "refuse"] = "answer"
    modified: int = 0
    """When the file was changed (ns), to see that it should be read anew; 0 where there is none."""
    connections_per_address: int = CONNECTIONS_PER_ADDRESS
    platforms: Mapping[str, str] | None = field(default=None, repr=False)
    """Password by user of the vehicle platforms that may log in; None: all."""
    remembered: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    """What others have looked up in this register and need again and again."""

    @classmethod
    def read(cls, path: Path, protocols: Collection[str] | None = None) -> DeviceRegister:
        """Read `devices.yaml`; without a file nobody is registered. `protocols`: those that a device may have.

        Raises:
            SeveralErrors: every fault of the file, each with its line.
        """
        if not path.exists():
            return cls()
        modified = path.stat().st_mtime_ns
        source = read_yaml(path)
        file = validate(source, source.data, _RegisterFile, ())
        faults = _faults(source, file, protocols)
        if faults:
            raise SeveralErrors(faults)
        lists = file.factor_lists
        devices = tuple(
            each.model_copy(update={"factors": lists[each.factors]}) if isinstance(each.factors, str) else each
            for each in file.devices
        )
        return cls(devices, file.unknown_devices, modified, file.connections_per_address, file.platforms)

    @cached_property
    def _named(self) -> dict[tuple[str, str], Device]:
        return {(each.protocol, each.id): each for each in self.devices}

    def get(self, protocol: str, sender: str) -> Device | None:
        """The device of a protocol that goes by that name; else the one registered for anyone; else None."""
        named = self._named
        return named.get((protocol, sender)) or (named.get((protocol, ANYONE)) if sender else None)

    def of(self, protocol: str) -> tuple[Device, ...]:
        """The devices of one protocol."""
        return tuple(each for each in self.devices if each.protocol == protocol)

    def turns_away(self, protocol: str, sender: str) -> bool:
        """Whether a sender is unknown, and unknown ones are refused."""
        return self.unknown_devices == "refuse" and self.get(protocol, sender) is None

    @cached_property
    def clocks_differ(self) -> bool:
        """Whether any device has another time zone than the city."""
        return any(each.clock_ahead for each in self.devices)

    @cached_property
    def inverted(self) -> frozenset[str]:
        """Vehicles whose terminal sends the bit of the position the wrong way round."""
        return frozenset(each.id for each in self.devices if each.position_inverted)

    def find(self, sender: str) -> Device | None:
        """The device that goes by that name in any protocol."""
        return next((each for each in self.devices if each.id == sender), None)


class RegisterFile:
    """The register's file, read anew when it changes; a faulty change is told once and the older register stays."""

    def __init__(self, path: Path, protocols: Collection[str] | None = None) -> None:
        self.path = path
        self.protocols = protocols
        self.register = DeviceRegister.read(path, protocols)
        self.fault: LantuError | None = None
        self._looked_at = self.register.modified

    def fresh(self) -> bool:
        """Look whether the file has changed; True where another register holds from now on."""
        try:
            modified = self.path.stat().st_mtime_ns
        except OSError:  # not there, or being replaced just now
            modified = 0
        if modified == self._looked_at:
            return False
        self._looked_at = modified
        try:
            self.register = DeviceRegister.read(self.path, self.protocols)
        except LantuError as error:
            self.fault = error
            return False
        self.fault = None
        return True


def local_time(received: int, offset: dt.timedelta = dt.timedelta(hours=8)) -> dt.datetime:
    """A moment of arrival (ns since 1970, UTC) as the city's naive local standard time."""
    return dt.datetime.fromtimestamp(received / 1e9, dt.UTC).replace(tzinfo=None) + offset


def _faults(source: YamlSource, file: _RegisterFile, protocols: Collection[str] | None) -> list[LantuError]:
    faults: list[LantuError] = []

    def fault(what: Text, *path: str | int, mend: Text | None = None) -> None:
        field = ".".join(map(str, path))
        faults.append(LantuError(what, where=Place(source.path, source.line_of(path), field), mend=mend))

    for user, password in (file.platforms or {}).items():
        if not 0 < len(user.encode()) <= 12 or not user.isascii() or not 0 < len(password.encode()) <= 20:
            fault(Text(f"平台用户名 {user} 应为 12 个以内的 ASCII 字符，密码 20 个以内",
                       f"the platform's user {user} has at most 12 ASCII characters, its password 20"),
                  "platforms", user)  # fmt: skip
    seen: dict[tuple[str, str], int] = {}
    for index, each in enumerate(file.devices):
        at = ("devices", index)
        if (first := seen.setdefault((each.protocol, each.id), index)) != index:
            line = source.line_of(("devices", first))
            fault(Text(f"设备 {each.id} 登记了两次，另见第 {line} 行",
                       f"the device {each.id} is registered twice, see line {line}"), *at, "id")  # fmt: skip
        if protocols is not None and each.protocol not in protocols:
            known = "、".join(protocols)
            fault(Text(f"没有协议“{each.protocol}”", f"there is no protocol '{each.protocol}'"), *at, "protocol",
                  mend=Text(f"可用：{known}", f"there are: {known}"))  # fmt: skip
        if each.sm4_key is not None and _key_bytes(each.sm4_key) is None:
            fault(Text("sm4_key 应为 32 位十六进制数或 16 个字符", "sm4_key is 32 hex digits or 16 characters"),
                  *at, "sm4_key")  # fmt: skip
        dataset: Dataset | None = None
        if each.dataset is not None:
            try:
                dataset = get_dataset(each.dataset)
            except LantuError as error:
                fault(error.what, *at, "dataset", mend=error.mend)
        factors: Any = each.factors
        where: tuple[str | int, ...] = (*at, "factors")
        if isinstance(factors, str):
            if factors not in file.factor_lists:
                known = "、".join(file.factor_lists)
                fault(Text(f"没有因子表“{factors}”", f"there is no factor list '{factors}'"), *where,
                      mend=Text(f"已有：{known}", f"there are: {known}"))  # fmt: skip
                continue
            where, factors = ("factor_lists", factors), file.factor_lists[factors]
        for code, factor in factors.items():
            problem = _factor_problem(factor, dataset)
            if problem is not None:
                fault(problem[1], *where, code, problem[0])
    return faults


def _factor_problem(factor: Factor, dataset: Dataset | None) -> tuple[str, Text] | None:
    from lantu.base import parse_unit
    from lantu.lake.readers.mapping import conversion

    try:
        parse_unit(factor.unit)
    except LantuError as error:
        return "unit", error.what
    if factor.limit is not None and not factor.limit_reference:
        return "limit", Text("限值须注明出处 limit_reference", "a limit needs its source, limit_reference")
    if factor.column is None:
        return None
    if dataset is None:
        return "column", Text("有 column，却没有 dataset", "there is a `column` but no `dataset`")
    try:
        column = dataset.column(factor.column)
        conversion(factor.unit, column.unit)
    except LantuError as error:
        return "column", error.what
    return None


def _key_bytes(written: str) -> bytes | None:
    if len(written) == 32:
        try:
            return bytes.fromhex(written)
        except ValueError:
            return None
    key = written.encode()
    return key if len(key) == 16 else None


def sm4_key(device: Device) -> bytes | None:
    """The device's SM4 key as 16 bytes; None where it has none."""
    return None if device.sm4_key is None else _key_bytes(device.sm4_key)
