"""Who may push, and the signature of a push: HMAC-SHA256 with the source's key over the time, a dot and the body.

A signature is good for the window only, so that what was overheard cannot be sent again later; inside the window the
same signature is known again, so that a sender who did not get the answer may repeat without harm.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lantu.gateway.push.refusal import NOT_ALLOWED, NOT_SIGNED, Refusal, fault

SOURCE, TIME, SIGNATURE = "X-Lantu-Source", "X-Lantu-Time", "X-Lantu-Signature"
"""Headers: the source's name, seconds since 1970 UTC, the signature in hex."""
WINDOW = dt.timedelta(minutes=5)
SHORTEST_KEY = 16
"""Bytes."""
Form = Literal["event", "weighing", "readings", "rows", "vapour_recovery"]


@dataclass(frozen=True, slots=True)
class Source:
    """A source that may push.

    Attributes:
        name: as it says it in the header; of a vapour-recovery controller its USERID.
        key: the secret that it shares with the gateway; None only where `unsigned`.
        forms: what it may send.
        devices: for which devices, stations and sites it may speak; None for all.
        datasets: whose rows it may send; None for all.
        unsigned: a vapour-recovery controller that cannot sign; everything from it carries the oddity `unsigned`.
        ratio_in_percent: a controller that sends 108 for a gas-liquid ratio of 1.08, as the known ones do.
        vapour_answer: what its controller takes for "received" ("01" or "ok").
    """

    name: str
    key: bytes | None
    forms: frozenset[Form]
    devices: frozenset[str] | None = None
    datasets: frozenset[str] | None = None
    unsigned: bool = False
    ratio_in_percent: bool = True
    vapour_answer: str = "01"

    def __post_init__(self) -> None:
        if self.key is None and not self.unsigned:
            raise ValueError(f"the source {self.name} needs a key")
        if self.key is not None and len(self.key) < SHORTEST_KEY:
            raise ValueError(f"the key of {self.name} is shorter than {SHORTEST_KEY} bytes")

    def may_send(self, form: Form) -> None:
        """Raise `Refusal` unless the source may send that form."""
        if form not in self.forms:
            raise Refusal(
                NOT_ALLOWED,
                fault(
                    f"来源 {self.name} 不得报送 {form}", f"the source {self.name} may not send {form}", "form",
                    f"允许：{'、'.join(sorted(self.forms))}", f"allowed: {', '.join(sorted(self.forms))}",
                ),
            )  # fmt: skip

    def may_speak_for(self, device: str, where: str) -> None:
        """Raise `Refusal` unless the source may speak for that device."""
        if self.devices is not None and device not in self.devices:
            raise Refusal(
                NOT_ALLOWED,
                fault(
                    f"来源 {self.name} 不得代“{device}”报送", f"the source {self.name} may not speak for '{device}'",
                    where, "请管理员登记该设备", "have the device entered for this source",
                ),
            )  # fmt: skip


def sign(key: bytes, seconds: int, body: bytes) -> str:
    """The signature of a body sent at that moment (seconds since 1970 UTC), in hex."""
    return hmac.new(key, b"%d." % seconds + body, hashlib.sha256).hexdigest()


def signed_headers(source: Source, body: bytes, now: dt.datetime) -> dict[str, str]:
    """The headers of a push. `now` must have a zone."""
    if source.key is None:
        raise ValueError(f"the source {source.name} has no key")
    seconds = int(now.timestamp())
    return {SOURCE: source.name, TIME: str(seconds), SIGNATURE: sign(source.key, seconds, body)}


def _header(headers: Mapping[str, str], name: str) -> str:
    """A header without regard to capitals; "" where it is missing."""
    wanted = name.lower()
    return next((value.strip() for key, value in headers.items() if key.lower() == wanted), "")


def is_signed(headers: Mapping[str, str]) -> bool:
    """Whether any header of the signature is there."""
    return any(_header(headers, name) for name in (SOURCE, TIME, SIGNATURE))


def check(
    headers: Mapping[str, str], body: bytes, sources: Mapping[str, Source], now: dt.datetime
) -> tuple[Source, int, str]:
    """The source that signed the body, when and with which signature. `now` must have a zone.

    Raises:
        Refusal: a header is missing, the source is not known, the signature is not its own or out of the window.
    """
    name, printed, signature = (_header(headers, each) for each in (SOURCE, TIME, SIGNATURE))
    for header, value in ((SOURCE, name), (TIME, printed), (SIGNATURE, signature)):
        if not value:
            raise Refusal(
                NOT_SIGNED,
                fault(
                    f"缺少请求头 {header}", f"the header {header} is missing", header,
                    "按 docs/gateway-push.md 签名", "sign as docs/gateway-push.md says",
                ),
            )  # fmt: skip
    if not (printed.isascii() and printed.isdigit() and len(printed) <= 11):
        raise Refusal(
            NOT_SIGNED,
            fault(
                f"时间“{printed[:30]}”不是秒数", f"the time '{printed[:30]}' is no number of seconds", TIME,
                "填写自 1970 年起的 UTC 秒数", "give the seconds since 1970 UTC",
            ),
        )  # fmt: skip
    source = sources.get(name)
    expected = sign(source.key if source and source.key else bytes(32), int(printed), body)
    good = hmac.compare_digest(expected.encode(), signature.removeprefix("sha256=").lower().encode("utf-8", "replace"))
    if source is None or source.key is None or not good:
        # One answer for both: it is not told which names are known.
        raise Refusal(
            NOT_SIGNED,
            fault(
                "来源或签名不符", "the source is not known, or the signature is not its own", SIGNATURE,
                "核对来源名称、密钥，并对原样发送的字节签名",
                "check the name and the key; sign the bytes as they are sent",
            ),
        )  # fmt: skip
    off = abs(now.timestamp() - int(printed))
    if off > WINDOW.total_seconds():
        raise Refusal(
            NOT_SIGNED,
            fault(
                f"签名时间相差 {off:.0f} 秒，超出时限", f"the time of the signature is {off:.0f} seconds off", TIME,
                "校准时钟；重发时重新签名", "set the clock; sign anew when sending again",
            ),
        )  # fmt: skip
    return source, int(printed), expected


class Known:
    """The signatures of what was stored lately; older ones than the window need not be known, as they are refused."""

    def __init__(self, most: int = 100_000) -> None:
        self._seen: OrderedDict[str, float] = OrderedDict()
        self._most = most

    def has(self, signature: str, now: dt.datetime) -> bool:
        """Whether that push was stored."""
        oldest = now.timestamp() - 2 * WINDOW.total_seconds()
        while self._seen and (len(self._seen) > self._most or next(iter(self._seen.values())) < oldest):
            self._seen.popitem(last=False)
        return signature in self._seen

    def add(self, signature: str, now: dt.datetime) -> None:
        """Remember a push that is stored."""
        self._seen[signature] = now.timestamp()
