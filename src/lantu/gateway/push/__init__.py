"""Pushes over HTTP (HTTP 推送): signed JSON of events, weighings, readings and rows, and vapour-recovery XML.

`Push.receive` checks a request, `Push.decode` makes tables of what was kept; the web view that calls them lives
elsewhere. The forms are described, with examples that are tests, in docs/gateway-push.md.
"""

from lantu.gateway.push.protocol import ODDITIES, Posted, Push, Reception
from lantu.gateway.push.refusal import Refusal
from lantu.gateway.push.signing import Source, sign, signed_headers

__all__ = ["ODDITIES", "Posted", "Push", "Reception", "Refusal", "Source", "sign", "signed_headers"]
