"""Single sign-on against a provider of our own on the loopback: signature, nonce, audience and account are checked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey


class Provider:
    """An identity provider: what its next id token says can be set by a test."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.claims: dict[str, Any] = {}
        self.signed_by = self.key
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def _say(self, data: Any) -> None:
                content = json.dumps(data).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_GET(self) -> None:
                if "openid-configuration" in self.path:
                    base = provider.issuer
                    self._say(
                        {
                            "issuer": base,
                            "authorization_endpoint": f"{base}/authorize",
                            "token_endpoint": f"{base}/token",
                            "jwks_uri": f"{base}/jwks",
                            "id_token_signing_alg_values_supported": ["RS256"],
                        }
                    )
                else:
                    self._say({"keys": [provider.key.as_dict(private=False)]})

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                token = jwt.encode({"alg": "RS256", "kid": "one"}, provider.claims, provider.signed_by)
                self._say({"access_token": "a", "token_type": "Bearer", "id_token": token, "expires_in": 60})

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def says(self, nonce: str, **claims: Any) -> None:
        now = int(time.time())
        self.claims = {"iss": self.issuer, "aud": "lantu", "iat": now, "exp": now + 60, "nonce": nonce, **claims}


@pytest.fixture
def provider(city: Any) -> Iterator[Provider]:
    from django.test import override_settings

    from lantu.site.pages import oidc

    made = Provider()
    oidc._client.cache_clear()
    given = {"issuer": made.issuer, "client_id": "lantu", "client_secret": "s"}
    with override_settings(LANTU_OIDC=given):
        yield made
    oidc._client.cache_clear()
    made.server.shutdown()
    made.server.server_close()


def _begun(browser: Any) -> tuple[str, str]:
    """The state and nonce with which a browser was sent to the provider."""
    sent = browser.get("/sign-in/oidc?next=/account")
    asked = parse_qs(urlparse(sent.headers["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    return asked["state"][0], asked["nonce"][0]


def test_a_known_identity_signs_in_and_is_linked(provider: Provider, signed_in: Callable[[str], Any]) -> None:
    from lantu.office.accounts.models import Account

    browser = signed_in("")
    state, nonce = _begun(browser)
    provider.says(nonce, sub="person-1", preferred_username="auditor")
    answer = browser.get(f"/sign-in/oidc/back?code=c&state={state}")
    assert answer.headers["Location"] == "/account"
    assert browser.get("/account").status_code == 200
    assert Account.objects.get(username="auditor").oidc_subject == "person-1"

    other = signed_in("")
    state, nonce = _begun(other)
    provider.says(nonce, sub="person-2", preferred_username="auditor")
    assert other.get(f"/sign-in/oidc/back?code=c&state={state}").status_code == 401, (
        "the name belongs to another subject"
    )


@pytest.mark.parametrize("wrong", ["nonce", "audience", "expired", "signature", "state", "unknown person"])
def test_an_answer_that_does_not_hold_is_refused(
    provider: Provider, signed_in: Callable[[str], Any], wrong: str
) -> None:
    browser = signed_in("")
    state, nonce = _begun(browser)
    provider.says(nonce, sub="person-9", preferred_username="bureau")
    if wrong == "nonce":
        provider.claims["nonce"] = "another"
    elif wrong == "audience":
        provider.claims["aud"] = "another"
    elif wrong == "expired":
        provider.claims.update(iat=1, exp=2)
    elif wrong == "signature":
        provider.signed_by = RSAKey.generate_key(2048, {"kid": "one"})
    elif wrong == "state":
        state = "forged"
    else:
        provider.claims["preferred_username"] = "nobody"
    answer = browser.get(f"/sign-in/oidc/back?code=c&state={state}")
    assert answer.status_code == 401
    assert browser.get("/account").status_code == 302


def test_a_provider_that_does_not_answer_is_said(provider: Provider, signed_in: Callable[[str], Any]) -> None:
    provider.server.shutdown()
    provider.server.server_close()
    answer = signed_in("").get("/sign-in/oidc")
    assert answer.status_code == 401
    assert "does not answer" in answer.content.decode()
