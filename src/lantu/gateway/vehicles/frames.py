"""Frames (报文) of the vehicle port: head, families, checksum, clock.

The heads of GB 17691-2018 annex Q, HJ 1239.3-2021 and GB/T 32960.3-2016 are 24 bytes with the length of the data unit
at byte 22; after the unit comes one byte that makes the XOR of all bytes from the command on zero. So one splitter
serves them all; byte 3 tells whose they are.
"""

from __future__ import annotations

import datetime as dt
from enum import Enum

import numpy as np

HEAD, TAIL = 24, 1
LONGEST_UNIT = 8192
"""Bytes. The standards allow 65,531; no terminal sends a tenth of it, and a damaged length must not hold up a line."""
HIGHEST_COMMAND = 0xC0

LOGIN, REALTIME, RESEND, LOGOUT = 1, 2, 3, 4
TIME, TAMPER, ACTIVATION, ACTIVATED = 5, 6, 7, 8
"""Of terminals (`##`)."""
PLATFORM_LOGIN, PLATFORM_LOGOUT, KEY_EXCHANGE = 7, 8, 9
"""Of platforms (`~~`)."""
ELECTRIC_PLATFORM_LOGIN, ELECTRIC_PLATFORM_LOGOUT, HEARTBEAT, CALIBRATION = 5, 6, 7, 8
"""Of GB/T 32960."""

PLAIN = 1
ENCRYPTIONS = {2: "SM2 or RSA", 3: "SM3, SM4 or AES128", 4: "RSA", 5: "AES128", 0xFE: "abnormal", 0xFF: "invalid"}
"""What byte 21 says besides 1, no encryption; the editions number the methods differently."""
IS_COMMAND, IS_OK = 0xFE, 1
RESPONSES = (1, 2, 3, IS_COMMAND)

LOCAL_OFFSET = dt.timedelta(hours=8)
"""Terminals send Beijing time (GMT+8)."""


class Family(Enum):
    """Whose frame it is."""

    TERMINAL = "GB 17691"
    PLATFORM = "HJ 1239.3 section 5"
    ELECTRIC = "GB/T 32960.3-2016"
    ELECTRIC_2025 = "GB/T 32960.3-2025"


MARKS = {Family.TERMINAL: b"##", Family.PLATFORM: b"~~", Family.ELECTRIC: b"##", Family.ELECTRIC_2025: b"$$"}


def family_of(mark: bytes, fourth: int) -> Family:
    """Whose frame starts with that mark and has that byte at 3, where a VIN starts or the response flag stands."""
    if mark == b"~~":
        return Family.PLATFORM
    if mark == b"$$":
        return Family.ELECTRIC_2025
    return Family.ELECTRIC if fourth in RESPONSES else Family.TERMINAL


def vin_start(family: Family) -> int:
    """Where the 17 bytes of the VIN start; a response flag stands before it except in a terminal's frame."""
    return 3 if family is Family.TERMINAL else 4


def vin_text(printed: bytes) -> str:
    """A VIN as devices are named: without padding, in capitals, each byte that is no ASCII as `\\xNN`."""
    return printed.strip(b"\0 ").decode("ascii", "backslashreplace").upper()


def is_vin(text: str) -> bool:
    """Whether it has the form of a VIN: 17 capital letters and digits, of any check digit."""
    return len(text) == 17 and text.isascii() and text.isalnum() and text == text.upper()


def checksum(data: bytes) -> int:
    """XOR of all bytes (BCC)."""
    return int(np.bitwise_xor.reduce(np.frombuffer(data, np.uint8)))


def time_bytes(moment: dt.datetime) -> bytes:
    """A moment of 2000 to 2255 as the six bytes of a frame, to the second."""
    return bytes(
        [moment.year - 2000, moment.month, moment.day, moment.hour, moment.minute, moment.second],
    )


def time_of(data: bytes) -> dt.datetime | None:
    """The moment that six bytes say; None where there is no such day or time."""
    if len(data) < 6:
        return None
    try:
        return dt.datetime(2000 + data[0], *data[1:6])
    except ValueError:
        return None


def local_time(now: dt.datetime) -> dt.datetime:
    """A moment as the naive Beijing time that frames carry; one without a zone is taken as that already."""
    if now.tzinfo is None:
        return now
    return (now.astimezone(dt.UTC) + LOCAL_OFFSET).replace(tzinfo=None)
