"""Errors a person can act on. Each carries its HTTP status and is translated once, at the edge.

Subjects derive their own (`ScanNotFound(NotFound)`); the API turns them into RFC 9457 problem documents,
pages into toasts, the worker into a reason on the scan.
"""

from collections.abc import Sequence
from typing import ClassVar, TypedDict


class FieldError(TypedDict):
    """One mistake in an input: where (a dotted path) and what is wrong, in words."""

    path: str
    message: str


class CtiError(Exception):
    """Base of every expected failure. `detail` is written for the one who can fix it."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, detail: str | None = None, *, retry_after_s: int | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.retry_after_s = retry_after_s
        self.errors: list[FieldError] = []


class BadRequest(CtiError):
    status, code, title = 400, "bad_request", "The request could not be read"


class Unauthenticated(CtiError):
    status, code, title = 401, "unauthenticated", "Sign in first"


class Forbidden(CtiError):
    status, code, title = 403, "forbidden", "Not allowed"


class NotFound(CtiError):
    """Also for what exists but belongs to someone else: both are answered the same way."""

    status, code, title = 404, "not_found", "Not found"


class Conflict(CtiError):
    status, code, title = 409, "conflict", "This conflicts with what is stored"


class TooLarge(CtiError):
    status, code, title = 413, "too_large", "Too large"


class UnsupportedMedia(CtiError):
    status, code, title = 415, "unsupported_media", "Not a supported file"


class Invalid(CtiError):
    """Input that was read but is wrong. `errors` names every mistake, not just the first."""

    status, code, title = 422, "invalid", "Some values are not valid"

    def __init__(self, detail: str | None = None, *, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.errors = list(errors)


class TooMany(CtiError):
    status, code, title = 429, "too_many", "Too many requests"


class Unavailable(CtiError):
    status, code, title = 503, "unavailable", "Not available at the moment"
