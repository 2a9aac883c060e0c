"""The three cookies of a session: the access token, the refresh token for the sign-in routes alone, the CSRF token.

All live as long as the session. The JWT inside `cti_access` ages faster; page events go by the session row instead.
"""

from typing import Literal

from fastapi import Response

from backend.core.clock import utc_now
from backend.core.http.credentials import ACCESS_COOKIE, CSRF_COOKIE, REFRESH_COOKIE
from backend.core.settings import Settings
from backend.identity.sessions import SignedIn

AUTH_PATH = "/api/v1/auth"
SAME_SITE: Literal["strict"] = "strict"


def set_session(response: Response, settings: Settings, given: SignedIn) -> None:
    """Hand a session to the browser."""
    life_s = max(0, int((given.expires_at - utc_now()).total_seconds()))
    for name, value, path, hidden in (
        (ACCESS_COOKIE, given.access_jwt, "/", True),
        (REFRESH_COOKIE, given.refresh_token, AUTH_PATH, True),
        (CSRF_COOKIE, given.csrf, "/", False),
    ):
        response.set_cookie(
            name,
            value,
            max_age=life_s,
            path=path,
            httponly=hidden,
            secure=settings.secure_cookies,
            samesite=SAME_SITE,
        )
    response.headers["Cache-Control"] = "no-store"


def clear_session(response: Response, settings: Settings) -> None:
    """Take a session away from the browser."""
    for name, path, hidden in (
        (ACCESS_COOKIE, "/", True),
        (REFRESH_COOKIE, AUTH_PATH, True),
        (CSRF_COOKIE, "/", False),
    ):
        response.delete_cookie(name, path=path, httponly=hidden, secure=settings.secure_cookies, samesite=SAME_SITE)
    response.headers["Cache-Control"] = "no-store"
