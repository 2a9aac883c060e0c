"""Who sent a webhook: HMAC-SHA256 over the timestamp and the raw body, in our own headers or Standard Webhooks'.

There is no store of seen signatures. A request replayed within the window repeats a capture that is already stored and
is answered `duplicate`, with nothing written; refusing it instead would turn away the honest sender whose first answer
got lost, which is the very case retries exist for. Outside the window the timestamp refuses it.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from backend.core.errors import Forbidden, Unauthenticated

WINDOW_S = 300
MAX_SIGNATURES = 16
SECRET_PREFIX = "whsec_"  # noqa: S105 (marks a secret written in base64, is none itself)
TIMESTAMP = re.compile(r"[0-9]{1,12}")
OURS = ("x-cti-timestamp", "x-cti-signature")
STANDARD = ("webhook-id", "webhook-timestamp", "webhook-signature")
Headers = Iterable[tuple[bytes, bytes]]


class SignatureMissing(Unauthenticated):
    code, title = "signature_missing", "The request is not signed"


class SignatureRefused(Forbidden):
    code, title = "signature_refused", "The signature does not hold"


def verify(headers: Headers, body: bytes, secrets: Sequence[str], now_s: float) -> None:
    """Check that `body` was signed with one of `secrets` within five minutes of `now_s` (unix seconds).

    Raises SignatureMissing (401) when headers are missing, SignatureRefused (403) when they are doubled, malformed,
    stale, early or wrong. Every secret is tried on every signature, so that time tells nothing about which one fits.
    """
    found = _signature_headers(headers)
    if not found or found.keys() & set(OURS):
        timestamp, signatures = _complete(found, OURS)
        content, given = f"{timestamp}.".encode(), _hex_signatures(signatures)
    else:
        message_id, timestamp, signatures = _complete(found, STANDARD)
        content, given = f"{message_id}.{timestamp}.".encode(), _base64_signatures(signatures)
    _check_window(timestamp, now_s)
    content += body
    matches = [
        hmac.compare_digest(hmac.digest(key, content, "sha256"), signature)
        for key in _keys(tuple(secrets))
        for signature in given
    ]
    if not any(matches):
        raise SignatureRefused("No signature in the request matches its timestamp, body and a current secret.")


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """The value of X-CTI-Signature for a body sent at `timestamp` (unix seconds)."""
    return "sha256=" + hmac.digest(_key(secret), f"{timestamp}.".encode() + body, "sha256").hex()


def _signature_headers(headers: Headers) -> dict[str, str]:
    """The headers that matter, each at most once: of two, nobody could say which one was meant."""
    found: dict[str, str] = {}
    for raw_name, value in headers:
        name = raw_name.decode("latin-1").lower()
        if name in OURS or name in STANDARD:
            if name in found:
                raise SignatureRefused(f"The header {name} was sent twice.")
            found[name] = value.decode("latin-1").strip()
    return found


def _complete(found: dict[str, str], names: Sequence[str]) -> list[str]:
    missing = [name for name in names if not found.get(name)]
    if missing:
        raise SignatureMissing(f"The request is not signed, or not wholly; missing: {', '.join(missing)}.")
    return [found[name] for name in names]


def _check_window(timestamp: str, now_s: float) -> None:
    if not TIMESTAMP.fullmatch(timestamp):
        raise SignatureRefused("The timestamp must be unix seconds, digits only.")
    away_s = int(timestamp) - now_s
    if abs(away_s) > WINDOW_S:
        side = "ahead of" if away_s > 0 else "behind"
        raise SignatureRefused(
            f"The timestamp is {abs(away_s):.0f} s {side} the server's clock; at most {WINDOW_S} s are allowed."
        )


def _hex_signatures(header: str) -> list[bytes]:
    """The usable signatures of `sha256=<hex>, sha256=<hex>`; what is malformed is left out."""
    given: list[bytes] = []
    for part in header.split(",")[:MAX_SIGNATURES]:
        scheme, _, digits = part.strip().partition("=")
        if scheme == "sha256" and re.fullmatch(r"[0-9a-fA-F]{64}", digits):
            given.append(bytes.fromhex(digits))
    return given


def _base64_signatures(header: str) -> list[bytes]:
    """The usable signatures of `v1,<base64> v1,<base64>`; other versions are left out."""
    given: list[bytes] = []
    for part in header.split()[:MAX_SIGNATURES]:
        version, _, text = part.partition(",")
        if version == "v1":
            try:
                given.append(base64.b64decode(text, validate=True))
            except binascii.Error:
                continue
    return given


@lru_cache(maxsize=8)
def _keys(secrets: tuple[str, ...]) -> list[bytes]:
    return [_key(secret) for secret in secrets]


def _key(secret: str) -> bytes:
    """The key bytes of a secret: its text, or what a `whsec_` secret of Standard Webhooks holds in base64."""
    if secret.startswith(SECRET_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
        except binascii.Error:
            pass  # a secret that only looks like one
    return secret.encode()
