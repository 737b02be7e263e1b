"""A small OpenID Connect provider on this machine: discovery, authorization, token and keys, over real HTTP.

It does what a provider must (one use of a code, PKCE, the client's secret), and can be told to do wrong.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT_ID = "overt-of-the-force"
CLIENT_SECRET = "kept-by-the-force"
Claims = dict[str, Any]


@functools.cache
def rsa_key(whose: str) -> RSAKey:
    """A key, made once for all tests."""
    return RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})


def _unchanged(claims: Claims) -> Claims:
    return claims


@dataclass
class Provider:
    """The provider, and what it should do wrong.

    Attributes:
        now: its clock, in seconds.
        subject: who it will say has signed in.
        alter: changes the claims before they are signed.
        sign: makes the token of the claims; its own signature where None.
        discovery: overrides of the discovery document.
    """

    now: Callable[[], float]
    subject: str = "subject-1"
    username: str | None = None
    alter: Callable[[Claims], Claims] = _unchanged
    sign: Callable[[Claims], str] | None = None
    discovery: dict[str, str] = field(default_factory=dict)
    tokens_given: int = 0

    def __post_init__(self) -> None:
        self.key = rsa_key("the provider's")
        self._codes: dict[str, dict[str, str]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer_get(self)

            def do_POST(self) -> None:
                provider.answer_post(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.issuer = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer_get(self, handler: BaseHTTPRequestHandler) -> None:
        """Discovery, keys, and authorization: the user agrees at once."""
        parts = urlsplit(handler.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/.well-known/openid-configuration":
            written = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
            }
            _send(handler, 200, written | self.discovery)
        elif parts.path == "/keys":
            _send(handler, 200, {"keys": [self.key.as_dict(private=False)]})
        elif parts.path == "/authorize":
            assert asked["response_type"] == "code"
            assert asked["client_id"] == CLIENT_ID
            assert asked["code_challenge_method"] == "S256"
            assert "openid" in asked["scope"].split()
            code = secrets.token_urlsafe(8)
            self._codes[code] = asked
            handler.send_response(302)
            back = urlencode({"code": code, "state": asked["state"]})
            handler.send_header("location", f"{asked['redirect_uri']}?{back}")
            handler.end_headers()
        else:
            _send(handler, 404, {})

    def answer_post(self, handler: BaseHTTPRequestHandler) -> None:
        """A code for a token."""
        text = handler.rfile.read(int(handler.headers["content-length"])).decode()
        given = {name: values[0] for name, values in parse_qs(text).items()}
        known = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        begun = self._codes.pop(given.get("code", ""), None)
        challenge = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        if handler.headers["authorization"] != f"Basic {known}":
            _send(handler, 401, {"error": "invalid_client"})
        elif (
            begun is None
            or given["grant_type"] != "authorization_code"
            or given["redirect_uri"] != begun["redirect_uri"]
            or base64.urlsafe_b64encode(challenge).decode().rstrip("=") != begun["code_challenge"]
        ):
            _send(handler, 400, {"error": "invalid_grant"})
        else:
            self.tokens_given += 1
            token = {"access_token": "a", "token_type": "Bearer", "expires_in": 60}
            _send(handler, 200, token | {"id_token": self._token(begun["nonce"])})

    def _token(self, nonce: str) -> str:
        claims: Claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": CLIENT_ID,
            "iat": int(self.now()),
            "exp": int(self.now()) + 300,
            "nonce": nonce,
        }
        if self.username is not None:
            claims["preferred_username"] = self.username
        claims = self.alter(claims)
        return self.signed(claims) if self.sign is None else self.sign(claims)

    def signed(self, claims: Claims, key: RSAKey | None = None) -> str:
        """The claims under the provider's signature, or another key's with the same name."""
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key or self.key)

    def unsigned(self, claims: Claims) -> str:
        """The claims under no signature."""
        return f"{_part({'alg': 'none'})}.{_part(claims)}."

    def signed_with_the_public_key(self, claims: Claims) -> str:
        """The old trick: the public key taken for a shared secret."""
        shared = OctKey.import_key(self.key.as_pem(private=False).replace(b"-----", b"+++++"))
        return jwt.encode({"alg": "HS256", "kid": "one"}, claims, shared)


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _send(handler: BaseHTTPRequestHandler, status: int, value: object) -> None:
    body = json.dumps(value).encode()
    handler.send_response(status)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
