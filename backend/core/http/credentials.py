"""What a request shows to prove who sends it: a session cookie or a bearer token, and that a page of ours sent it.

How a credential is checked is the identity subject's business; the composition gives the API its authenticator.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from starlette.requests import Request

from backend.core.actor import Actor
from backend.core.errors import Forbidden, Unauthenticated
from backend.core.security import hmac_sha256, same
from backend.core.settings import Settings

ACCESS_COOKIE = "cti_access"
REFRESH_COOKIE = "cti_refresh"
CSRF_COOKIE = "cti_csrf"
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
BEARER = "bearer "


class ForeignOrigin(Forbidden):
    """A page of another site, or nobody knows which, sent this."""

    code, title = "foreign_origin", "The request does not come from this site"


class CsrfMismatch(Forbidden):
    """The token that only a page of ours can read is missing or is not this session's."""

    code, title = "csrf", "The CSRF token is missing or wrong"


class UnknownToken(Unauthenticated):
    code, title = "unknown_token", "The token is not valid"


@dataclass(frozen=True, slots=True)
class Credentials:
    """At most one of the two: a bearer token wins over a cookie."""

    access_jwt: str | None = None
    bearer: str | None = None


Authenticate = Callable[[Credentials], Awaitable[Actor | None]]
"""Tells who shows the credentials; None for nobody this server knows. May raise Unauthenticated to say why."""


def credentials_of(request: Request) -> Credentials:
    """Read what the request shows; an Authorization header that is no bearer token raises UnknownToken."""
    header = request.headers.get("authorization")
    if header is None:
        return Credentials(access_jwt=request.cookies.get(ACCESS_COOKIE))
    if not header.lower().startswith(BEARER):
        raise UnknownToken("Send `Authorization: Bearer cti_pat_…`.")
    return Credentials(bearer=header[len(BEARER) :].strip())


def csrf_token(settings: Settings, session_id: UUID) -> str:
    """The session's token: derived, so that one planted by a neighbouring site does not fit."""
    return hmac_sha256(settings.secret_key, b"csrf:" + session_id.bytes).hex()


def check_same_site(request: Request, settings: Settings) -> None:
    """Refuse what a page of another site sent. Browsers name the origin of every unsafe request.

    The origin must be the public address, or the very host the request was sent to. Raises ForeignOrigin.
    """
    origin = request.headers.get("origin", "null")
    if origin == "null":
        if request.headers.get("sec-fetch-site") != "same-origin":
            raise ForeignOrigin("Send the request from a page of this site; the Origin header is missing.")
        return
    scheme = urlsplit(settings.public_url).scheme
    if origin.lower() not in {settings.public_url.lower(), f"{scheme}://{request.headers.get('host', '')}".lower()}:
        raise ForeignOrigin(f"Send the request from a page of {settings.public_url}.")


def check_csrf(request: Request, settings: Settings, session_id: UUID) -> None:
    """Refuse an unsafe request with a cookie unless it proves to come from our page and to know the session's token."""
    check_same_site(request, settings)
    shown = request.headers.get(CSRF_HEADER, "")
    cookie = request.cookies.get(CSRF_COOKIE, "")
    if not (same(shown, cookie) and same(shown, csrf_token(settings, session_id))):
        raise CsrfMismatch(f"Send the value of the {CSRF_COOKIE} cookie as {CSRF_HEADER}.")
