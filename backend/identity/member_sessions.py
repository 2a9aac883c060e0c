"""Where the people of an organisation are signed in, for its admins: looking, and signing them out."""

from uuid import UUID

from backend.audit import service as audit
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.identity import session_repository as store
from backend.identity.elevation import as_system
from backend.identity.errors import SessionNotFound
from backend.identity.live import IDLE
from backend.identity.members import get_member, require_admin
from backend.identity.sessions import SessionRow, end_session, session_row


async def list_member_sessions(uow: UnitOfWork, user_id: UUID) -> list[SessionRow]:
    """A person's live sessions in the asker's organisation, the one used last first.

    Raises Forbidden, PersonNotFound.
    """
    org_id, own, now = require_admin(uow), uow.actor.session_id, utc_now()
    await get_member(uow, user_id)
    async with as_system(uow):
        found = await store.open_sessions(uow, user_id, now=now, seen_after=now - IDLE)
    return [session_row(row, own) for row in found if row.org_id == org_id]


async def end_member_session(uow: UnitOfWork, user_id: UUID, session_id: UUID) -> None:
    """Sign a person out of one browser. Raises Forbidden, PersonNotFound, SessionNotFound."""
    org_id = require_admin(uow)
    await get_member(uow, user_id)
    async with as_system(uow):
        session = await store.session_of(uow, session_id)
        if session is None or (session.user_id, session.org_id) != (user_id, org_id):
            raise SessionNotFound
        await end_session(uow, session_id, reason="ended by an admin")
    await audit.record(uow, "member.signed_out", "user", user_id, after={"session": session_id})
