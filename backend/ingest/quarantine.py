"""Refused deliveries: what is kept of them, within which bounds, and how an admin has them tried again.

A body that proved its sender is kept for its organisation; one that did not is kept for the platform's admin, tightly
bounded, so that a stranger cannot fill the disk. What a later attempt may mend is never kept: the sender sends again.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal
from uuid import UUID

from backend.audit import service as audit
from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.errors import Conflict, CtiError, FieldError, Forbidden, NotFound
from backend.ingest import records, repository
from backend.ingest.attempt import Attempt
from backend.ingest.models import Quarantine
from backend.ingest.records import Bounds

OF_AN_ORGANISATION = Bounds(rows=2_000, bytes=64 * 1024 * 1024, age_days=30)
OF_STRANGERS = Bounds(rows=200, bytes=2 * 1024 * 1024, age_days=7)
STRANGERS_BODY_BYTES = 16 * 1024
KEPT = frozenset({400, 401, 403, 409, 415, 422})
MAX_REPLAYS = 200


class QuarantineEntryNotFound(NotFound):
    code, title = "quarantine_entry_not_found", "There is no such refused delivery"


class AlreadyDecided(Conflict):
    code, title = "already_decided", "This delivery has been replayed or dismissed already"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one refused delivery that was tried again. `errors` say why it is refused still."""

    id: UUID
    capture_id: str | None
    outcome: Literal["created", "duplicate", "refused"]
    scan_id: UUID | None
    reason: str | None = None
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """A replay that worked."""

    outcome: Literal["created", "duplicate"]
    scan_id: UUID


Deliver = Callable[[UnitOfWork, Quarantine, Attempt], Awaitable[Accepted]]
"""Takes a kept delivery the way a fresh one goes; raises CtiError when it is refused again."""


async def keep(uow: UnitOfWork, attempt: Attempt, error: CtiError) -> None:
    """Keep the body of a refused attempt, if it is one to keep."""
    room = len(attempt.body) if attempt.trusted else min(len(attempt.body), STRANGERS_BODY_BYTES)
    if error.status not in KEPT or not attempt.body or room < len(attempt.body):
        return
    entry = Quarantine(
        org_id=attempt.org_id,
        device_code=attempt.device_code,
        capture_id=attempt.capture_id,
        ingest_key=attempt.ingest_key,
        route=attempt.route,
        reason=error.detail,
        errors=[dict(mistake) for mistake in error.errors] or None,  # type: ignore[arg-type]
        http_status=error.status,
        body=attempt.body,
        body_sha256=hashlib.sha256(attempt.body).hexdigest(),
        content_type=attempt.content_type,
    )
    await records.keep(uow, entry, OF_AN_ORGANISATION if attempt.org_id else OF_STRANGERS)


async def get(uow: UnitOfWork, entry_id: UUID) -> Quarantine:
    """One refused delivery with its body; raises QuarantineEntryNotFound."""
    require_admin(uow)
    entry = await records.quarantined(uow, entry_id)
    if entry is None:
        raise QuarantineEntryNotFound
    return entry


async def _undecided(uow: UnitOfWork, entry_id: UUID) -> Quarantine:
    """One that waits, locked against a second decision."""
    require_admin(uow)
    entry = await records.quarantined(uow, entry_id, lock=True)
    if entry is None:
        raise QuarantineEntryNotFound
    if entry.status != "waiting":
        raise AlreadyDecided
    return entry


async def dismiss(uow: UnitOfWork, entry_id: UUID) -> None:
    """Decide that a refused delivery is not wanted; it stays visible until it is too old."""
    entry = await _undecided(uow, entry_id)
    await _decide(uow, entry, "dismissed")
    await audit.record(uow, "quarantine.dismissed", "quarantine", entry.id, after={"capture_id": entry.capture_id})


async def replay(uow: UnitOfWork, entry_id: UUID, deliver: Deliver) -> Replayed:
    """Try one refused delivery again. Raises QuarantineEntryNotFound, AlreadyDecided."""
    entry = await _undecided(uow, entry_id)
    return await _replay(uow, entry, deliver)


async def replay_waiting(uow: UnitOfWork, most: int, deliver: Deliver) -> list[Replayed]:
    """Try up to `most` waiting deliveries again, oldest first; one that fails does not hold up the others."""
    require_admin(uow)
    entries = await records.waiting(uow, max(1, min(most, MAX_REPLAYS)))
    return [await _replay(uow, entry, deliver) for entry in entries]


async def expire(uow: UnitOfWork) -> int:
    """Delete what has become too old, in every organisation; returns how many rows went. For the schedule."""
    actor = uow.actor
    gone = await records.prune(uow, None, OF_STRANGERS)
    for org_id in await records.organisations(uow):
        await uow.act_as(Actor.system(org_id))
        gone += await records.prune(uow, org_id, OF_AN_ORGANISATION)
    await uow.act_as(actor)
    return gone


def require_admin(uow: UnitOfWork) -> None:
    """What was refused is for admins' eyes."""
    if uow.actor.role not in {"admin", "system"}:
        raise Forbidden("Only an admin may look at refused deliveries.")


async def _replay(uow: UnitOfWork, entry: Quarantine, deliver: Deliver) -> Replayed:
    admin, body = uow.actor, entry.body or b""
    told = len(uow.events), len(uow.nudges)
    attempt = Attempt("replay", trusted=True, body=body, bytes_in=len(body))
    try:
        async with uow.session.begin_nested():
            accepted = await deliver(uow, entry, attempt)
            _check_owner(uow, entry)
    except CtiError as error:
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
        del uow.events[told[0] :], uow.nudges[told[1] :]  # of what was rolled back nobody may hear
        await uow.act_as(admin)
        attempt.org_id = entry.org_id or admin.org_id
        await repository.log_attempt(uow, attempt, "refused", error.status, error.detail)
        return await _refused_again(uow, entry, error)
    await uow.act_as(admin)
    entry.scan_id = accepted.scan_id
    await _decide(uow, entry, "replayed")
    after = {"capture_id": entry.capture_id, "outcome": accepted.outcome}
    await audit.record(uow, "quarantine.replayed", "quarantine", entry.id, after=after)
    return Replayed(entry.id, entry.capture_id, accepted.outcome, accepted.scan_id)


def _check_owner(uow: UnitOfWork, entry: Quarantine) -> None:
    """After a delivery the unit of work acts for the device's organisation: it must be the one that kept the body."""
    if entry.org_id is not None and uow.actor.org_id != entry.org_id:
        raise Forbidden("This device belongs to another organisation by now.")


async def _refused_again(uow: UnitOfWork, entry: Quarantine, error: CtiError) -> Replayed:
    entry.attempts += 1
    entry.reason, entry.http_status, entry.updated_at = error.detail, error.status, utc_now()
    entry.errors = [dict(mistake) for mistake in error.errors] or None  # type: ignore[arg-type]
    await uow.session.flush()
    return Replayed(entry.id, entry.capture_id, "refused", None, error.detail, tuple(error.errors))


async def _decide(uow: UnitOfWork, entry: Quarantine, status: str) -> None:
    entry.status, entry.decided_at, entry.updated_at = status, utc_now(), utc_now()
    entry.decided_by = uow.actor.user_id
    await uow.session.flush()
