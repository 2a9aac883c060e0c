"""Errors on the wire: every failure of the API is an RFC 9457 problem document.

Expected errors (`CtiError`) say what to do; unexpected ones say only the request id, under which the log has the rest.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from redis.exceptions import RedisError
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from backend.core.context import current_request
from backend.core.errors import BadRequest, CtiError, FieldError, Invalid, TooLarge, Unavailable
from backend.core.logging import get_logger

MEDIA_TYPE = "application/problem+json"
log = get_logger(__name__)


class FieldProblem(BaseModel):
    """One mistake in the input."""

    path: str = Field(description="Dotted path of the value that is wrong")
    message: str = Field(description="What is wrong with it")


class Problem(BaseModel):
    """An RFC 9457 problem document."""

    type: str = Field(description="A name of this kind of problem that stays the same")
    title: str = Field(description="The kind of problem in words")
    status: int = Field(description="The HTTP status")
    code: str = Field(description="The kind of problem for programs")
    detail: str = Field(description="What happened, and what to do about it")
    request_id: str = Field(description="Under which the server's log tells more")
    errors: list[FieldProblem] | None = Field(None, description="Every mistake of an input that was refused")


def problem(
    status: int,
    code: str,
    title: str,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem document as a response."""
    content: dict[str, Any] = {
        "type": f"urn:cti:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": current_request().request_id,
    }
    if errors:
        content["errors"] = list(errors)
    return JSONResponse(
        content, status, headers={"Cache-Control": "no-store", **(headers or {})}, media_type=MEDIA_TYPE
    )


def problem_of(error: CtiError) -> JSONResponse:
    """The problem document of an expected error."""
    headers: dict[str, str] = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return problem(error.status, error.code, error.title, error.detail, errors=error.errors, headers=headers)


def unexpected_problem() -> JSONResponse:
    """What a caller learns of a fault of ours: that it is one, and the id under which it is logged."""
    detail = "This is a fault of the server. It has been logged under the request id."
    return problem(500, CtiError.code, CtiError.title, detail)


def field_errors(raised: RequestValidationError) -> list[FieldError]:
    """Say pydantic's findings in our form; the refused values themselves are never repeated."""
    return [
        {
            "path": ".".join(str(part) for part in found["loc"][1:]) or str(found["loc"][0]),
            "message": str(found["msg"]).removeprefix("Value error, "),
        }
        for found in raised.errors()
    ]


async def _expected(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CtiError)  # noqa: S101 (registered for this class only)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("request_failed", code=error.code, error=str(error), cause=repr(error.__cause__))
    return problem_of(error)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 (registered for this class only)
    if any(found["type"] == "json_invalid" for found in error.errors()):
        return problem_of(BadRequest("The body is not valid JSON."))
    return problem_of(Invalid(errors=field_errors(error)))


async def _http(_request: Request, error: Exception) -> JSONResponse:
    """Errors of the framework itself: no such route, wrong method, unreadable form."""
    assert isinstance(error, HTTPException)  # noqa: S101 (registered for this class only)
    status = HTTPStatus(error.status_code)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return problem_of(TooLarge(f"{error.detail}."))
    return problem(status, status.name.lower(), status.phrase, str(error.detail) + ".", headers=error.headers)


async def _unstorable(_request: Request, error: Exception) -> JSONResponse:
    """Text with a NUL byte, a number out of range: what the database cannot hold and no schema has caught."""
    log.warning("value_not_storable", error=str(error.__cause__))
    return problem_of(Invalid("A value cannot be stored: it holds a character or a size the database does not know."))


async def _redis(_request: Request, error: Exception) -> JSONResponse:
    log.warning("redis_unavailable", error=str(error))
    return problem_of(Unavailable("Redis is not reachable.", retry_after_s=5))


def add_problem_handlers(app: FastAPI) -> None:
    """Translate every kind of error `app` can raise. Unexpected ones are caught by the request middleware."""
    app.add_exception_handler(CtiError, _expected)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RedisError, _redis)
    app.add_exception_handler(DataError, _unstorable)
