"""One frame, decoded: its header fields, its items, and everything that is unusual about it.

No frame of the field is fully right, so nothing here raises: what can be read is given back, with the names of what
was odd (`oddities.ODDITIES` explains each).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lantu.gateway.hj212.cipher import ciphered, decipher
from lantu.gateway.hj212.commands import known_command
from lantu.gateway.hj212.framing import dissect
from lantu.gateway.hj212.policy import OPEN, DevicePolicy

EDITIONS = ("2005", "2017", "2025", "surface_water")

_HEADER_NAMES = ("QN", "ST", "CN", "PW", "MN", "Flag", "PNUM", "PNO", "RF", "CP")
_ORDER = {name: place for place, name in enumerate(_HEADER_NAMES)}
_CP = re.compile(rb"(^|[;,]?)CP=")
_TEXT = re.compile(r"//.*?//(?=[;,]|$)", re.S)


@dataclass(slots=True)
class Packet:
    """A decoded frame.

    `fits` says that the checksum is right, `damage` why the frame is no good ("" where it is good). `number` (QN) is as
    sent, "" if there is none. `flag` is None where it is missing or no number. `packets` and `packet` are PNUM and PNO,
    0 where they are missing. `items` are the fields within CP in order, as sent but for spaces. `sealed` is a frame
    that is ciphered with a key that is not known here.
    """

    raw: bytes
    fits: bool = False
    damage: str = ""
    edition: str = ""
    number: str = ""
    system: str = ""
    command: int = 0
    password: str = ""
    device: str = ""
    flag: int | None = None
    packets: int = 0
    packet: int = 0
    resent: bool = False
    sealed: bool = False
    content: str = ""
    items: list[tuple[str, str]] = field(default_factory=list)
    oddities: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether the frame may be believed to be what was sent."""
        return not self.damage

    @property
    def wants_answer(self) -> bool:
        """Whether the sender waits for an answer; an answer (901x) is never answered, heartbeats are."""
        asked = bool(self.flag is not None and self.flag & 1)
        return asked and not 9000 <= self.command < 9015

    def item(self, name: str, default: str = "") -> str:
        """The value of the first item of that name, in any case of letters."""
        return next((value for key, value in self.items if key.lower() == name.lower()), default)


def read_packet(frame: bytes, policy: DevicePolicy = OPEN) -> Packet:
    """Decode one frame as a splitter gave it; `policy` knows keys, editions and habits of devices."""
    parts = dissect(frame)
    packet = Packet(frame, fits=parts.fits, damage=parts.damage, oddities=parts.oddities)
    if parts.damage == "no_frame":
        _read_header(packet, _head_of(parts.data))
        return packet
    head, content, tail = _split_data(parts.data)
    _read_header(packet, head)
    packet.edition = policy.edition(packet.device) or edition_by(packet.flag, packet.system)
    # One in 256 ciphered frames fits its checksum as it stands, so what looks ciphered is opened all the same.
    shut = content is not None and (not parts.fits or ciphered(content))
    if shut and content is not None and packet.edition == "2025" and not tail:
        key = policy.sm4_key(packet.device)
        opened = decipher(parts.data, parts.text, key) if key else None
        if opened is not None:
            content = opened
            packet.fits, packet.damage = True, ""
        elif ciphered(content):
            packet.sealed, packet.fits = True, False
            packet.damage = "" if key is None else "key_wrong"
            packet.oddities.append("sealed")
            return _looked_over(packet)
    if packet.damage == "crc_modbus" and policy.habits(packet.device).accept_modbus:
        packet.damage = ""
        packet.oddities.append("crc_modbus")
    if content is None:
        packet.damage = packet.damage or "no_closing"
        return _looked_over(packet)
    if tail:
        packet.oddities.append("text_after_end")
        _read_header(packet, tail, behind=True)
        packet.edition = policy.edition(packet.device) or edition_by(packet.flag, packet.system)
    packet.content = _text(content, packet.oddities)
    packet.items = items_of(packet.content, packet.oddities)
    if not packet.number and packet.item("QN"):
        packet.number = packet.item("QN")
        if packet.edition != "2005":
            packet.oddities.append("qn_in_cp")
    return _looked_over(packet)


def edition_by(flag: int | None, system: str) -> str:
    """The edition that the upper bits of a flag name; 2 is both the surface-water protocol (ST=21) and that of 2025."""
    version = 0 if flag is None else flag >> 2
    if version == 2:
        return "surface_water" if system == "21" else "2025"
    return "2005" if version == 0 else "2017"


def _head_of(data: bytes) -> bytes:
    found = _CP.search(data)
    return data[: found.start()] if found else b""


def _split_data(data: bytes) -> tuple[bytes, bytes | None, bytes]:
    """What stands before CP, the bytes between the two `&&` (None if one is missing), and what stands behind."""
    found = _CP.search(data)
    if found is None:
        return data, None, b""
    head, rest = data[: found.start()], data[found.end() :]
    if not found.group(1):
        head += b"\0"  # a mark for "no separator before CP"
    begin = rest.find(b"&&")
    end = rest.rfind(b"&&")
    if begin < 0 or end < begin + 2:
        return head, None, b""
    return head, rest[begin + 2 : end], rest[end + 2 :]


def _text(content: bytes, oddities: list[str]) -> str:
    if content.isascii():
        return content.decode("ascii")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError:
        oddities.append("text_unreadable")
        return content.decode("utf-8", "replace")
    oddities.append("gbk")
    return text


def _read_header(packet: Packet, head: bytes, behind: bool = False) -> None:
    """Fill in header fields, in whatever order they come."""
    if head.endswith(b"\0"):
        head = head[:-1]
        if head:
            packet.oddities.append("no_separator_before_cp")
    if b"," in head:
        packet.oddities.append("comma_in_header")
    last = -1
    for part in re.split(r"[;,]", head.decode("utf-8", "replace")):
        name, equals, value = part.partition("=")
        name, value = name.strip(), value.strip()
        if not equals or name not in _ORDER:
            if part.strip() and not behind:
                packet.oddities.append("unknown_header_field")
            continue
        if _ORDER[name] < last or (behind and name in _ORDER):
            packet.oddities.append("header_order")
        last = max(last, _ORDER[name])
        _set_header_field(packet, name, value)


def _set_header_field(packet: Packet, name: str, value: str) -> None:
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 6 else None
    if name == "QN":
        packet.number = value
    elif name == "ST":
        packet.system = value
    elif name == "CN":
        packet.command = number or 0
        if number is None or len(value) != 4:
            packet.oddities.append("command_odd")
    elif name == "PW":
        packet.password = value
    elif name == "MN":
        packet.device = value
    elif name == "Flag":
        packet.flag = number
        if number is None:
            packet.oddities.append("flag_no_number")
    elif name in ("PNUM", "PNO"):
        setattr(packet, "packets" if name == "PNUM" else "packet", number or 0)
    elif name == "RF":
        packet.resent = value == "1"


def _looked_over(packet: Packet) -> Packet:
    """Name what is unusual about the header."""
    odd = packet.oddities
    number, flag = packet.number, packet.flag
    if not number:
        if packet.edition != "2005":
            odd.append("qn_missing")
    elif not (len(number) == 17 and number.isascii() and number.isdigit()):
        digits = number.isascii() and number.isdigit()
        odd.append({14: "qn_14", 13: "qn_epoch"}.get(len(number), "qn_odd") if digits else "qn_odd")
    if flag is None:
        # The edition of 2005, whose devices have names of 14 characters, knew frames without it.
        if "flag_no_number" not in odd and len(packet.device) != 14:
            odd.append("flag_missing")
    elif flag > 15:
        odd.append("flag_over_15")
    if flag is not None and flag & 2 and not packet.packets:
        odd.append("packets_missing")
    if packet.packets and not (flag is not None and flag & 2):
        odd.append("packets_unmarked")
    if packet.packets and not 1 <= packet.packet <= packet.packets:
        odd.append("packet_beyond_total")
    if not packet.device:
        odd.append("mn_missing")
    elif packet.edition in ("2017", "2025") and len(packet.device) != 24:
        odd.append("mn_length")
    if packet.command and not known_command(packet.command, packet.edition):
        odd.append("command_unknown")
    if not packet.system:
        odd.append("st_missing")
    if flag is not None and flag & 1 and 9000 <= packet.command < 9015:
        odd.append("answer_wants_answer")
    if packet.resent:
        odd.append("resent")
    packet.oddities = list(dict.fromkeys(odd))
    return packet


def items_of(content: str, oddities: list[str]) -> list[tuple[str, str]]:
    """The fields within CP. Text between `//` and `//` is one value, whatever it holds; `,` and `;` may be mixed."""
    texts: list[str] = []

    def put_aside(match: re.Match[str]) -> str:
        texts.append(match.group())
        return f"\0{len(texts) - 1}\0"

    held = _TEXT.sub(put_aside, content.replace("\0", "")) if "//" in content else content.replace("\0", "")
    items: list[tuple[str, str]] = []
    pieces = re.split(r"([;,])", held)
    for place in range(0, len(pieces), 2):
        piece = pieces[place]
        name, equals, value = piece.partition("=")
        if not piece.strip():
            if content:
                oddities.append("empty_item")
            continue
        if not equals:
            before = items[-1] if items else ("", "")
            if piece.strip().isdigit() and place and pieces[place - 1] == "," and before[1].lstrip("-").isdigit():
                items[-1] = (before[0], f"{before[1]},{piece.strip()}")
            else:
                oddities.append("stray_text")
            continue
        if name != name.strip() or value != value.strip():
            oddities.append("spaces")
        if items and all(name.strip() != earlier for earlier, _ in items):
            same = name.strip().partition("-")[0] == items[-1][0].partition("-")[0]
            if same != (pieces[place - 1] == ","):
                oddities.append("semicolon_for_comma" if same else "comma_for_semicolon")
        value = re.sub(r"\x00(\d+)\x00", lambda match: texts[int(match.group(1))], value.strip())
        items.append((name.strip(), value))
    oddities[:] = dict.fromkeys(oddities)
    return items
