"""Sub-packets (分包) put together: uploads too long for one frame.

By the standard every packet holds whole factor groups and the time again, so each can be stored at once. Some devices
cut the text wherever the frame is full; their packets say nothing alone, and are joined here.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from dataclasses import dataclass, field

from lantu.gateway.hj212.factors import factors, resolve_factor
from lantu.gateway.hj212.packet import Packet, items_of

WAIT = dt.timedelta(minutes=2)
"""How long the others of a packet are waited for."""
_PIECE = re.compile(r"[;,]")
_PLAIN = {"DataTime", "PolId", "InfoId", "BeginTime", "EndTime", "RestartTime", "SystemTime"}


def cut_off(packet: Packet) -> bool:
    """Whether a packet can only be understood with the one before it."""
    return packet.packets > 1 and 1 < packet.packet <= packet.packets and not packet.item("DataTime")


@dataclass(slots=True)
class Joined:
    """Packets that belong together: the whole as one packet, the places (as given) of its parts, what was odd."""

    whole: Packet
    places: list[int]
    oddities: list[str]


@dataclass(slots=True)
class _Open:
    total: int
    begun: dt.datetime
    parts: dict[int, tuple[int, Packet]] = field(default_factory=dict)
    oddities: list[str] = field(default_factory=list)
    last: int = 0


class SubPackets:
    """Waits for the packets of each upload of each device."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self._open: dict[tuple[str, int], _Open] = {}

    def add(self, packet: Packet, place: int, received: dt.datetime) -> tuple[Joined | None, list[tuple[int, str]]]:
        """Take a packet; give the whole upload if it is complete now, and parts that were given up (place, oddity)."""
        key = (packet.device, packet.command)
        held = self._open.get(key)
        given_up: list[tuple[int, str]] = []
        if held is not None and self._begins_anew(held, packet, received):
            given_up = [(part, "sub_packet_incomplete") for part, _ in held.parts.values()]
            held = None
        if held is None:
            held = self._open[key] = _Open(packet.packets, received)
        if packet.packets != held.total:
            # The greater total is believed: fewer packets would lose the last ones.
            held.oddities.append("sub_packet_total_differs")
            held.total = max(held.total, packet.packets)
        if packet.packet in held.parts:
            held.oddities.append("sub_packet_repeated")
            return None, [*given_up, (place, "sub_packet_repeated")]
        if packet.packet != held.last + 1:
            held.oddities.append("sub_packet_order")
        held.last = packet.packet
        held.parts[packet.packet] = (place, packet)
        if len(held.parts) < held.total:
            return None, given_up
        del self._open[key]
        return _join(held), given_up

    def waiting(self) -> list[int]:
        """The places of the packets whose others did not come."""
        return [place for held in self._open.values() for place, _ in held.parts.values()]

    def _begins_anew(self, held: _Open, packet: Packet, received: dt.datetime) -> bool:
        if received - held.begun > WAIT:
            return True
        times = {part.item("DataTime") for _, part in held.parts.values()} - {""}
        time = packet.item("DataTime")
        if time and times and time not in times:
            return True
        known = held.parts.get(packet.packet)
        # The same packet again is a resend if it says the same, and else the beginning of another upload.
        return known is not None and known[1].content != packet.content


def _join(held: _Open) -> Joined:
    ordered = [held.parts[number] for number in sorted(held.parts)]
    first = ordered[0][1]
    content = first.content
    oddities = held.oddities
    for _, packet in ordered[1:]:
        following = re.sub(r"^DataTime=\d{12,17}[;,]", "", packet.content) if content else packet.content
        if _continues(content, following, first):
            oddities.append("sub_packet_cut")
            content += following
        else:
            content = content.rstrip(";,") + ";" + following
    odd: list[str] = []
    whole = dataclasses.replace(first, content=content, packets=0, packet=0, oddities=[])
    whole.items = items_of(content, odd)
    return Joined(whole, [place for place, _ in ordered], list(dict.fromkeys(oddities + odd)))


def _continues(content: str, following: str, packet: Packet) -> bool:
    """Whether `following` goes on in the middle of an item of `content`."""
    if not content or not following or content[-1] in ";," or following[0] in ";,":
        return False
    if "=" not in _PIECE.split(content)[-1]:
        return True
    name, equals, _ = _PIECE.split(following)[0].partition("=")
    if not equals:
        return True
    if name in _PLAIN:
        return False
    prefix, dash, _ = name.partition("-")
    return not (dash and resolve_factor(prefix, packet.system, packet.edition)[0] in factors())
