"""Announcements: admins write them, members read them at home, everybody those for the sign-in page.

The text is plain: pages keep its line breaks, make addresses clickable, and show everything else as it was typed.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from backend.announcements import repository
from backend.announcements.models import Announcement
from backend.audit import service as audit
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.errors import Forbidden, Invalid, NotFound

SUBJECT_CHARS = 120
BODY_CHARS = 2000


class AnnouncementNotFound(NotFound):
    title = "There is no such announcement"


@dataclass(frozen=True, slots=True)
class Draft:
    """What an admin wants to say; without `ends_at` it stands until it is taken down."""

    subject: str
    body: str
    starts_at: datetime
    ends_at: datetime | None = None
    pinned: bool = False
    on_sign_in: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What readers get."""

    subject: str
    body: str
    starts_at: datetime
    pinned: bool


async def standing(uow: UnitOfWork) -> list[Said]:
    """What the asker's organisation has to say now."""
    if uow.actor.org_id is None:
        return []
    found = await repository.listed(uow, uow.actor.org_id, at=utc_now())
    return [Said(one.subject, one.body, one.starts_at, one.pinned) for one in found]


async def for_everybody(uow: UnitOfWork) -> list[Said]:
    """What the sign-in page says now, to anybody who opens it; at most five."""
    return [Said(*row) for row in await repository.to_all(uow)]


async def list_announcements(uow: UnitOfWork) -> Sequence[Announcement]:
    """All of the asker's organisation, past and future ones too. Raises Forbidden."""
    return await repository.listed(uow, _admins_org(uow))


async def announce(uow: UnitOfWork, draft: Draft) -> UUID:
    """Say something. Raises Forbidden, Invalid."""
    org_id, good = _admins_org(uow), _checked(draft)
    made = Announcement(org_id=org_id, created_by=uow.actor.user_id, **asdict(good))
    uow.session.add(made)
    await uow.session.flush()
    await audit.record(uow, "announcement.made", "announcement", made.id, after=asdict(good))
    return made.id


async def change_announcement(uow: UnitOfWork, announcement_id: UUID, draft: Draft) -> None:
    """Say it in other words, or at another time. Raises Forbidden, AnnouncementNotFound, Invalid."""
    found, good = await _own(uow, announcement_id), asdict(_checked(draft))
    before = {name: getattr(found, name) for name in good}
    for name, value in good.items():
        setattr(found, name, value)
    await uow.session.flush()
    await audit.record(uow, "announcement.changed", "announcement", found.id, before=before, after=good)


async def take_down(uow: UnitOfWork, announcement_id: UUID) -> None:
    """Delete it. Raises Forbidden, AnnouncementNotFound."""
    found = await _own(uow, announcement_id)
    before = {"subject": found.subject, "body": found.body}
    await uow.session.delete(found)
    await uow.session.flush()
    await audit.record(uow, "announcement.taken_down", "announcement", announcement_id, before=before)


def _admins_org(uow: UnitOfWork) -> UUID:
    if uow.actor.role != "admin" or uow.actor.org_id is None:
        raise Forbidden("Only an admin may do this.")
    return uow.actor.org_id


async def _own(uow: UnitOfWork, announcement_id: UUID) -> Announcement:
    found = await repository.by_id(uow, _admins_org(uow), announcement_id)
    if found is None:
        raise AnnouncementNotFound
    return found


def _checked(draft: Draft) -> Draft:
    """The draft with its words trimmed. Raises Invalid with every mistake."""
    subject = " ".join(draft.subject.split())
    body = "\n".join(line.rstrip() for line in draft.body.strip().splitlines())
    mistakes = {
        "subject": "" if 0 < len(subject) <= SUBJECT_CHARS else f"must have 1 to {SUBJECT_CHARS} characters",
        "body": "" if len(body) <= BODY_CHARS and "\0" not in body else f"must have at most {BODY_CHARS} characters",
        "ends_at": "" if draft.ends_at is None or draft.ends_at > draft.starts_at else "must be later than the start",
    }
    errors = [{"path": name, "message": message} for name, message in mistakes.items() if message]
    if errors or "\0" in subject:
        raise Invalid(errors=errors)  # type: ignore[arg-type]
    return Draft(subject, body, draft.starts_at, draft.ends_at, draft.pinned, draft.on_sign_in)
