"""Looking at the product as somebody else: an admin sees exactly what a person of the organisation sees.

It hangs on the admin's own session, in the database: no cookie says it, and no browser can prolong it. Whoever looks
changes nothing (`Actor.viewer_id` makes every unit of work read-only); beginning and end stand in the audit log.
"""

from datetime import datetime, timedelta
from uuid import UUID

from backend.audit import service as audit
from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.errors import Forbidden
from backend.identity import session_repository as store
from backend.identity.errors import PersonNotFound
from backend.identity.models import UserSession
from backend.identity.session_repository import Standing

VIEW_LIFE = timedelta(minutes=15)


class NotToBeViewed(Forbidden):
    code, title = "not_to_be_viewed", "Nobody looks at the product as this person"


async def begin_view(uow: UnitOfWork, viewer: Actor, person_id: UUID) -> None:
    """Have the session of `viewer` show what a person of the organisation sees, for 15 minutes. As the system.

    Raises Forbidden for anybody but an admin with a session of their own, PersonNotFound, and NotToBeViewed for
    oneself and those who run the installation.
    """
    session = None if viewer.session_id is None else await store.session_of(uow, viewer.session_id)
    if viewer.role != "admin" or viewer.org_id is None or viewer.viewer_id is not None or session is None:
        raise Forbidden("Only an admin may look at the product as somebody else.")
    person = await store.standing_of(uow, person_id, viewer.org_id)
    if person is None:
        raise PersonNotFound
    if person.platform_admin or person.user_id == viewer.user_id:
        raise NotToBeViewed
    session.viewing_id, session.viewing_until = person_id, utc_now() + VIEW_LIFE
    await _record(uow, session, "view.began", person_id, {"role": person.role})


async def end_view(uow: UnitOfWork, session_id: UUID, *, reason: str = "ended by the viewer") -> None:
    """Have a session show its own person's again. As the system. Ending it twice changes nothing."""
    session = await store.session_of(uow, session_id)
    if session is None or session.viewing_id is None:
        return
    person_id, session.viewing_id, session.viewing_until = session.viewing_id, None, None
    await _record(uow, session, "view.ended", person_id, {"reason": reason})


async def _record(
    uow: UnitOfWork, session: UserSession, action: str, person_id: UUID, after: dict[str, object]
) -> None:
    await uow.session.flush()
    facts = {**after, "session": str(session.id)}
    await audit.record(uow, action, "user", person_id, after=facts, org_id=session.org_id, user_id=session.user_id)


async def seen_by(uow: UnitOfWork, viewer: Actor, viewing_id: UUID, viewing_until: datetime | None) -> Standing | None:
    """The person a viewing session sees as. As the system.

    None, and the view is over, when its time is, or when one of the two is no longer who they were.
    """
    person = await store.standing_of(uow, viewing_id, viewer.org_id)
    expired = viewing_until is None or viewing_until <= utc_now()
    if not expired and viewer.role == "admin" and person is not None and not person.platform_admin:
        return person
    if viewer.session_id is not None:
        await end_view(uow, viewer.session_id, reason="its time was over" if expired else "no longer allowed")
    return None
