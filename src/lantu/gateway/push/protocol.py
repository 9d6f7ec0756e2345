"""Pushes over HTTP as pure functions: a web view hands in headers, body and parts, and sends the answer that comes out.

The order that loses nothing: `receive`, store `arrival.raw` where it is kept, `confirm`, then send the answer. A push
that was not confirmed is stored again when it is repeated; one that was is answered well and not stored.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import orjson

from lantu.base import Text
from lantu.gateway.arrivals import Arrival, Decoded, Kept, Session
from lantu.gateway.push import tables, vapour
from lantu.gateway.push.envelope import Envelope
from lantu.gateway.push.messages import LOCAL, Event, Message, Readings, Rows, Weighing, read_message
from lantu.gateway.push.pictures import take_picture
from lantu.gateway.push.refusal import NOT_ALLOWED, NOT_FITTING, NOT_SIGNED, TOO_LARGE, Refusal, fault
from lantu.gateway.push.rows import rows_of
from lantu.gateway.push.signing import Form, Known, Source, check, is_signed

NAME = "push"
LARGEST_BODY = 16 * 2**20
"""Bytes of the message itself; parts with pictures come beside it."""
AHEAD = dt.timedelta(minutes=10)
JSON, XML = "application/json; charset=utf-8", "text/xml; charset=utf-8"

ODDITIES: dict[str, Text] = {
    "unsigned": Text("未签名（控制器不支持签名）", "not signed, as the controller cannot sign"),
    "repeated": Text("重复报送，未再保存", "sent again, and not stored again"),
    "clock": Text("时间在未来 10 分钟之后", "the time lies more than ten minutes ahead"),
    "encrypted": Text("内容已加密或损坏，原样保存", "the content is encrypted or damaged, and kept as it is"),
    "net_differs": Text("净重不等于毛重减皮重", "the net mass is not the gross less the tare"),
}
"""What may be odd about a push, by its name."""


@dataclass(frozen=True, slots=True)
class Posted:
    """An HTTP request. With multipart the message is the body, and `parts` are the files by their names."""

    headers: Mapping[str, str]
    body: bytes
    parts: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reception:
    """What to do with a request: store `arrival.raw` where there is an arrival that is kept, then answer."""

    status: int
    answer: bytes
    content_type: str
    arrival: Arrival | None = None
    signature: str = ""


class _NoSession:
    """HTTP has no connection that lasts: what comes is one push as the inbox keeps it."""

    def split(self, data: bytes) -> list[bytes]:
        return [data] if data else []

    def close(self) -> list[bytes]:
        return []

    def due(self, now: dt.datetime) -> list[bytes]:
        return []


class Push:
    """Signed JSON and vapour-recovery XML over HTTP.

    Args:
        sources: who may push, by name. They are looked up at each push, so that a register may change.
    """

    name = NAME

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = sources
        self._known = Known()

    def receive(self, posted: Posted, now: dt.datetime) -> Reception:
        """Check a request. A user's mistake is answered, never raised. `now` must have a zone."""
        is_xml = posted.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"
        try:
            envelope, source, arrival = self._checked(posted, is_xml, now)
        except Refusal as refusal:
            if is_xml:
                return Reception(refusal.status, vapour.answer("00", refusal.errors), XML)
            return Reception(refusal.status, orjson.dumps(refusal.as_json()), JSON)
        status = 200
        if is_xml:
            answer, kind = vapour.answer(source.vapour_answer), XML
        else:
            repeated = "repeated" in arrival.oddities
            answer = orjson.dumps({"accepted": True, "stored_before": repeated, "oddities": list(arrival.oddities)})
            kind = JSON
        arrival.answer = answer
        return Reception(status, answer, kind, arrival, envelope.signature)

    def confirm(self, reception: Reception, now: dt.datetime) -> None:
        """The push is on disk: when its sender repeats it, it is not stored again."""
        if reception.signature:
            self._known.add(reception.signature, now)

    def session(self) -> Session:
        """A session that takes kept pushes, one at a time."""
        return _NoSession()

    def examine(self, frames: Sequence[tuple[Session, bytes]], now: dt.datetime) -> list[Arrival]:
        """Look at pushes as the inbox keeps them, whose senders were checked when they came."""
        moment = now if now.tzinfo is not None else now.replace(tzinfo=LOCAL)
        found = []
        for session, raw in frames:
            try:
                envelope = Envelope.unpack(raw)
                device, oddities = _content(envelope, moment)
            except (Refusal, ValueError):
                found.append(Arrival(session, raw, kept=False))
                continue
            found.append(Arrival(session, raw, device, oddities=tuple(oddities)))
        return found

    def decode(self, kept: Kept) -> Decoded:
        """Kept pushes as tables; see `tables`."""
        return tables.decode(kept)

    def _checked(self, posted: Posted, is_xml: bool, now: dt.datetime) -> tuple[Envelope, Source, Arrival]:
        if len(posted.body) > LARGEST_BODY:
            raise Refusal(
                TOO_LARGE,
                fault(
                    f"报文有 {len(posted.body)} 字节", f"the message has {len(posted.body)} bytes", "body",
                    f"至多 {LARGEST_BODY} 字节，请分次报送", f"at most {LARGEST_BODY}; send it in several",
                ),
            )  # fmt: skip
        seconds, signature = 0, ""
        if is_xml and not is_signed(posted.headers):
            source = self._unsigned(vapour.read_posted(posted.body).station)
        else:
            source, seconds, signature = check(posted.headers, posted.body, self._sources, now)
        form: Form = "vapour_recovery" if is_xml else cast(Form, read_message(posted.body).form)
        source.may_send(form)
        envelope = Envelope(
            form, source.name, posted.body, seconds, signature, dict(posted.parts),
            {"ratio_in_percent": source.ratio_in_percent} if is_xml else {},
        )  # fmt: skip
        device, oddities = _content(envelope, now, source)
        if not signature:
            oddities.append("unsigned")
        repeated = bool(signature) and self._known.has(signature, now)
        if repeated:
            oddities.append("repeated")
        return envelope, source, Arrival(None, envelope.pack(), device, not repeated, oddities=tuple(oddities))

    def _unsigned(self, station: str) -> Source:
        source = self._sources.get(station)
        if source is None or not source.unsigned:
            raise Refusal(
                NOT_SIGNED,
                fault(
                    f"站点“{station[:60]}”未登记为可不签名", f"'{station[:60]}' is not entered as one that cannot sign",
                    "USERID", "登记该站点，或按 docs/gateway-push.md 签名",
                    "enter it, or sign as docs/gateway-push.md says",
                ),
            )  # fmt: skip
        return source


def _content(envelope: Envelope, now: dt.datetime, source: Source | None = None) -> tuple[str, list[str]]:
    """The device that a push is about and what is odd about it; everything in it is read once, as decoding will.

    Raises:
        Refusal: something in it does not fit, or the source may not speak for a device of it.
    """
    local = now.astimezone(LOCAL).replace(tzinfo=None)
    if envelope.form == "vapour_recovery":
        posted = vapour.read_posted(envelope.body)
        if source is not None:
            source.may_speak_for(posted.station, "USERID")
        odd = [] if posted.rows is not None else ["encrypted"]
        return posted.station, odd + (["clock"] if posted.time > local + AHEAD else [])
    message = read_message(envelope.body)
    _parts_named(message, envelope.parts)
    if isinstance(message, Rows):
        _check_rows(message, source)
        return envelope.source, []
    device, where = (message.device, "device") if isinstance(message, Readings) else (message.site, "site")
    if source is not None:
        source.may_speak_for(device, where)
    odd = ["clock"] if message.time > local + AHEAD else []
    if isinstance(message, Event | Weighing):
        for index, said in enumerate(message.pictures):
            take_picture(said, envelope.parts, f"pictures[{index}]")
    if isinstance(message, Weighing) and None not in (message.gross, message.tare, message.net):
        gross, tare, net = (cast(float, mass) for mass in (message.gross, message.tare, message.net))
        if abs(gross - tare - net) > 1e-6 * max(gross, 1):
            odd.append("net_differs")
    return device, odd


def _check_rows(message: Rows, source: Source | None) -> None:
    found = rows_of(message)
    if source is not None:
        if source.datasets is not None and found.dataset.name not in source.datasets:
            raise Refusal(
                NOT_ALLOWED,
                fault(
                    f"来源 {source.name} 不得报送数据集 {found.dataset.name}",
                    f"the source {source.name} may not send the dataset {found.dataset.name}", "dataset",
                    f"允许：{'、'.join(sorted(source.datasets))}", f"allowed: {', '.join(sorted(source.datasets))}",
                ),
            )  # fmt: skip
        for index, station in enumerate(found.stations):
            source.may_speak_for(station, f"rows[{index}].station")


def _parts_named(message: Message, parts: Mapping[str, bytes]) -> None:
    """Parts that the signed message does not name are refused: nobody vouches for them."""
    named: set[Any] = set()
    if isinstance(message, Event | Weighing):
        named = {said.part for said in message.pictures}
    if extra := sorted(parts.keys() - named):
        raise Refusal(
            NOT_FITTING,
            fault(
                f"报文未提到部分“{extra[0]}”", f"the message does not name the part '{extra[0]}'", "pictures",
                "在 pictures 中以 part 和 sha256 列出", "list it in pictures with part and sha256",
            ),
        )  # fmt: skip
