"""Records (记录) of the inbox: how an arrival lies in a segment file, and how it is read back from a damaged one.

A segment starts with `HEAD`. A record is a mark, the length of its body, the CRC32 of its body, and the body: moment of
arrival (ns since 1970, UTC), order number, lengths of the two names, protocol, device, raw bytes. The number grows by
one in all that one process writes, whatever the clock does.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from zlib import crc32

HEAD = b"LANTU-INBOX-001\n"
MARK = b"\xa7R"
LARGEST_BODY = 1 << 24
"""No record is longer; a longer length is damage."""

_OUTER = struct.Struct("<2sII")
_INNER = struct.Struct("<qQBB")
_WHOLE = struct.Struct("<2sIIqQBB")
"""Both, one behind the other."""
OWN_PROTOCOL = "gateway"
"""The protocol of what the gateway itself has to say, such as a jump of the clock."""
REFUSED = "refused "
"""Before the protocol's name: frames that were refused, kept as evidence alone."""


class Record(NamedTuple):
    """One arrival as the inbox keeps it."""

    protocol: str
    device: str
    received: int
    number: int
    raw: bytes


@dataclass(slots=True)
class Read:
    """What a stretch of a segment held: records, where the next one starts, bytes skipped as damaged, torn tail."""

    records: list[Record] = field(default_factory=list)
    end: int = 0
    damaged: int = 0
    torn: int = 0


def encode(protocol: bytes, device: bytes, received: int, number: int, raw: bytes) -> bytes:
    """One record as bytes; names of more than 255 bytes are cut."""
    protocol, device = protocol[:255], device[:255]
    body = b"".join((_INNER.pack(received, number, len(protocol), len(device)), protocol, device, raw))
    return _OUTER.pack(MARK, len(body), crc32(body)) + body


def decode(data: bytes, start: int = 0, whole: bool = True, most: int = 1 << 62) -> Read:
    """The records of `data` from the byte `start` on.

    Args:
        data: a segment, or a stretch of it.
        start: where the first record starts.
        whole: whether nothing will follow: then a tail that is no record is torn, and damage is skipped. Of a segment
            that is still written, what is no record yet is left for later, unless a good record stands behind it.
        most: how many records to read.
    """
    read = Read(end=start)
    view = memoryview(data)
    at, size = start, len(data)
    names: dict[bytes, str] = {}
    records = read.records
    # As `_record_at`, without a call for each record; senders are looked up by lengths and names at once.
    senders: dict[bytes, tuple[str, str]] = {}
    unpack, head, lengths = _WHOLE.unpack_from, _WHOLE.size, _WHOLE.size - 2
    outer, inner = _OUTER.size, _INNER.size
    new, add = tuple.__new__, records.append
    while at < size and len(records) < most:
        begin = at + head
        if begin <= size:
            mark, length, checksum, received, number, first, second = unpack(data, at)
            body = at + outer
            end = body + length
            if mark == MARK and inner <= length <= LARGEST_BODY and end <= size and crc32(view[body:end]) == checksum:
                rest = begin + first + second
                if rest <= end:
                    key = data[at + lengths : rest]
                    sender = senders.get(key)
                    if sender is None:
                        middle = begin + first
                        sender = _text(data[begin:middle], names), _text(data[middle:rest], names)
                        senders[key] = sender
                    add(new(Record, (*sender, received, number, data[rest:end])))
                    at = end
                    continue
        found = _record_at(data, view, at, names)
        if found is None:
            good = _next_good(data, view, at + 1, names)
            if good is None:
                if whole:
                    read.torn = size - at
                    at = size
                break
            read.damaged += good - at
            at = good
            continue
        record, at = found
        read.records.append(record)
    read.end = at
    return read


def _record_at(data: bytes, view: memoryview, at: int, names: dict[bytes, str]) -> tuple[Record, int] | None:
    body = at + _OUTER.size
    if body + _INNER.size > len(data):
        return None
    mark, length, checksum = _OUTER.unpack_from(data, at)
    end = body + length
    if mark != MARK or not _INNER.size <= length <= LARGEST_BODY or end > len(data):
        return None
    if crc32(view[body:end]) != checksum:
        return None
    received, number, protocol_length, device_length = _INNER.unpack_from(data, body)
    first = body + _INNER.size
    second = first + protocol_length
    third = second + device_length
    if third > end:
        return None
    protocol, device = data[first:second], data[second:third]
    return Record(_text(protocol, names), _text(device, names), received, number, data[third:end]), end


def _next_good(data: bytes, view: memoryview, at: int, names: dict[bytes, str]) -> int | None:
    while (at := data.find(MARK, at)) >= 0:
        if _record_at(data, view, at, names) is not None:
            return at
        at += 1
    return None


def _text(written: bytes, names: dict[bytes, str]) -> str:
    known = names.get(written)
    if known is None:
        known = names[written] = written.decode("utf-8", "replace")
    return known


def joined(records: Sequence[Record]) -> bytes:
    """Records as the bytes of a segment, without its head."""
    return b"".join(encode(r.protocol.encode(), r.device.encode(), r.received, r.number, r.raw) for r in records)
