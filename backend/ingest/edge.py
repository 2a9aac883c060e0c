"""What both routes share at the edge: reading a body within bounds, and turning an attempt into an answer and a record.

Nothing is answered before it is written down; when the database is out of reach, the log line stands in for the row.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from http import HTTPStatus
from typing import ClassVar

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from backend.core.actor import Actor
from backend.core.database import DatabaseUnavailable
from backend.core.errors import BadRequest, CtiError, TooLarge, Unavailable
from backend.core.http.problems import problem_of, unexpected_problem
from backend.core.logging import get_logger
from backend.core.metrics import INGEST_SECONDS
from backend.core.runtime import Runtime, runtime
from backend.ingest import service
from backend.ingest.attempt import Attempt
from backend.ingest.limits import IngestLimits
from backend.ingest.service import Receipt

READ_TIMEOUT_S = 30
LENGTH_DIGITS = 15
STATUS = {"created": HTTPStatus.CREATED, "duplicate": HTTPStatus.OK}
log = get_logger(__name__)


class BodyTooLarge(TooLarge):
    code, title = "body_too_large", "The body is too large"


class BodyStopped(BadRequest):
    """The connection ended, or fell silent, before the whole body had arrived."""

    code, title = "body_incomplete", "The body did not arrive whole"


class Fault(CtiError):
    """Stands for an error of ours in the log of attempts."""

    detail_shown: ClassVar[str] = "A fault of the server; its log tells more under the request id."

    def __init__(self) -> None:
        super().__init__(self.detail_shown)


_limits: tuple[Runtime, IngestLimits] | None = None


def ingest_limits() -> IngestLimits:
    """The limits of this process, made anew for a new runtime."""
    global _limits  # noqa: PLW0603 (one a process, like the runtime it counts for)
    current = runtime()
    if _limits is None or _limits[0] is not current:
        _limits = (current, IngestLimits(current.limiter))
    return _limits[1]


async def chunks(request: Request, attempt: Attempt, limit_bytes: int) -> AsyncIterator[bytes]:
    """The body as it arrives, counted; raises BodyTooLarge as soon as it is known, BodyStopped when it ends early."""
    claimed = request.headers.get("content-length", "")
    if claimed.isdecimal() and (len(claimed) > LENGTH_DIGITS or int(claimed) > limit_bytes):
        raise BodyTooLarge(f"The body is larger than {limit_bytes:,} bytes, the most that is accepted.")
    stream = request.stream()
    try:
        while True:
            async with asyncio.timeout(READ_TIMEOUT_S):
                chunk = await anext(stream, None)
            if chunk is None:
                return
            attempt.bytes_in += len(chunk)
            if attempt.bytes_in > limit_bytes:
                raise BodyTooLarge(f"The body has over {limit_bytes:,} bytes, the most that is accepted.")
            yield chunk
    except ClientDisconnect as error:
        raise BodyStopped("The connection was closed before the whole body had arrived.") from error
    except TimeoutError as error:
        raise BodyStopped(f"Nothing arrived for {READ_TIMEOUT_S} s; the body is not whole.") from error


async def answer(attempt: Attempt, receiving: Awaitable[Receipt]) -> Response:
    """Await an attempt's end and answer it, with everything about it written down."""
    try:
        receipt = await receiving
    except CtiError as error:
        await _record(attempt, error)
        return problem_of(error)
    except Exception:
        log.exception("ingest_fault", route=attempt.route)
        await _record(attempt, Fault())
        return unexpected_problem()
    _observe(attempt, receipt.outcome)
    return accepted(receipt)


def accepted(receipt: Receipt) -> Response:
    """The answer to a capture that is stored."""
    body = {
        "status": receipt.outcome,
        "scan_id": receipt.scan_id,
        "capture_id": receipt.capture_id,
        "ingest_key": receipt.ingest_key,
    }
    return Response(orjson.dumps(body), STATUS[receipt.outcome], media_type="application/json")


async def _record(attempt: Attempt, error: CtiError) -> None:
    """Write a refused attempt down. A stranger's flood is summed up, so that it cannot fill the disk."""
    _observe(attempt, service.outcome_of(error.status), reason=error.detail)
    unlogged = 0 if attempt.trusted else await _stranger(attempt, error)
    if unlogged is None:
        return
    attempt.unlogged = unlogged
    if isinstance(error, DatabaseUnavailable):
        return  # the log line of `_observe` stands in for the row
    try:
        async with runtime().database.unit_of_work(Actor.system()) as uow:
            await service.record_refusal(uow, attempt, error)
    except Unavailable as unavailable:
        log.warning("ingest_attempt_not_recorded", status=error.status, reason=unavailable.detail)


async def _stranger(attempt: Attempt, error: CtiError) -> int | None:
    """Count what the sender did wrong: a device that cannot prove itself while we are in trouble is no stranger."""
    if error.status < HTTPStatus.INTERNAL_SERVER_ERROR and error.status != HTTPStatus.TOO_MANY_REQUESTS:
        await ingest_limits().count_stranger(attempt.remote_ip)
    return ingest_limits().may_log_stranger()


def _observe(attempt: Attempt, outcome: str, reason: str | None = None) -> None:
    INGEST_SECONDS.labels(attempt.route, outcome).observe(attempt.elapsed_s)
    log.info("ingest", route=attempt.route, outcome=outcome, bytes_in=attempt.bytes_in, ms=attempt.ms, reason=reason)
