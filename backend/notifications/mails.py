"""Mails of notifications: claimed from the rows under a lease, sent, and marked as sent behind a fence.

What waits for one person is one mail. A worker that dies between the server's acceptance and the mark sends that mail
a second time, and only then: SMTP has no way to ask whether a letter arrived.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import aiosmtplib

from backend.core import mail
from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.logging import get_logger
from backend.core.runtime import Runtime
from backend.notifications import mail_repository as repository
from backend.notifications.letter import Line, letter_of
from backend.notifications.mail_repository import Addressee, Waiting
from backend.notifications.wording import wording

LEASE = timedelta(seconds=90)
"""Longer than a server may take (`mail.TIMEOUT_S`), with room for a busy machine."""
AT_ONCE = 50
ATTEMPTS_MOST = 8
LONGEST_PAUSE = timedelta(hours=1)
KEPT_READ = timedelta(days=90)
KEPT = timedelta(days=365)
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """One person's messages that go out as one mail, held by whoever has the token."""

    token: str
    org_id: UUID
    user_id: UUID
    waiting: Sequence[Waiting]


async def send_due(runtime: Runtime) -> int:
    """Send what is due, one mail a person, organisation and kind; returns how many went out."""
    if not runtime.settings.smtp_url:
        return 0
    async with runtime.database.unit_of_work(Actor.system(), read_only=True) as uow:
        due = await repository.due(uow, AT_ONCE)
    return sum([await _send_to(runtime, *each) for each in due])


async def _send_to(runtime: Runtime, org_id: UUID, user_id: UUID, kind: str) -> bool:
    async with runtime.database.unit_of_work(Actor.system(org_id)) as uow:
        claim = await _claim(uow, org_id, user_id, kind)
        addressee = await repository.addressee(uow, org_id, user_id) if claim.waiting else None
    if not claim.waiting:
        return False
    wanted = [one for one in claim.waiting if kind == "immediate" or not one.read]
    error: Exception | None = None
    if wanted and addressee is not None:
        error = await _hand_over(runtime, claim, addressee, wanted, digest=kind == "digest")
    async with runtime.database.unit_of_work(Actor.system(org_id)) as uow:
        await _settle(uow, claim, error, sent=bool(wanted and addressee))
    return bool(wanted) and addressee is not None and error is None


async def _claim(uow: UnitOfWork, org_id: UUID, user_id: UUID, kind: str) -> Claim:
    token, now = secrets.token_hex(16), utc_now()
    return Claim(
        token,
        org_id,
        user_id,
        await repository.claim(uow, org_id, user_id, kind, token=token, now=now, until=now + LEASE),
    )


async def _hand_over(
    runtime: Runtime, claim: Claim, addressee: Addressee, wanted: Sequence[Waiting], *, digest: bool
) -> Exception | None:
    """Give the mail to the server; returns what went wrong."""
    try:
        message = letter_of(runtime.settings, claim.user_id, addressee, lines_of(wanted), digest=digest)
        await mail.deliver(message, runtime.settings)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        return error
    log.info("notifications_mailed", messages=len(wanted), digest=digest)
    return None


def lines_of(waiting: Sequence[Waiting]) -> list[Line]:
    """The messages as a mail lists them: those of a group on one line, the newest of it saying what."""
    groups: dict[str, list[Waiting]] = {}
    for one in waiting:
        groups.setdefault(one.key, []).append(one)
    return [Line(group[0].type, wording(group[0].type, group[-1].payload, len(group))) for group in groups.values()]


async def _settle(uow: UnitOfWork, claim: Claim, error: Exception | None, *, sent: bool) -> None:
    """Mark the claim's messages: sent, taken back (read meanwhile, person gone), tried again later, or failed."""
    ids = [one.id for one in claim.waiting]
    if error is None:
        await repository.finish(uow, ids, claim.token, "sent" if sent else "none")
        return
    attempts = max(one.attempts for one in claim.waiting)
    if attempts < ATTEMPTS_MOST and mail.may_pass(error):
        await repository.put_off(uow, ids, claim.token, utc_now() + pause_after(attempts), str(error))
        return
    await repository.finish(uow, ids, claim.token, "failed", str(error))
    log.error(
        "notifications_not_mailed",
        user_id=str(claim.user_id),
        error=str(error),
        what_to_do="Check CTI_SMTP_URL and CTI_MAIL_FROM. The messages are in the person's list all the same.",
    )


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many tries: half a minute, one, two … up to an hour."""
    return min(timedelta(seconds=30 * 2.0 ** (attempts - 1)), LONGEST_PAUSE)


async def forget_old(uow: UnitOfWork) -> int:
    """Delete messages that were read 90 days ago or told a year ago; returns how many. As the system."""
    now = utc_now()
    return await repository.forget(uow, read_before=now - KEPT_READ, before=now - KEPT)
