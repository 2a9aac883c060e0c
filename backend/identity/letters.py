"""One-time links and how they reach their person: by mail, or, without a mail server, by an admin's screen and the log.

A link never goes to whoever asked for it. One whose mail fails for good turns up on the admin's screen as well.
"""

from datetime import timedelta
from uuid import UUID

from backend.core import mail
from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.ids import new_id
from backend.core.logging import get_logger
from backend.core.mail import Letter
from backend.core.runtime import runtime
from backend.core.security import token_sha256
from backend.identity import repository
from backend.identity.links import derived_token, link_of
from backend.identity.models import OneTimeToken, User

RESET_LIFE = timedelta(hours=1)
INVITE_LIFE = timedelta(days=7)
SUBJECTS = {
    "reset": "Set a new password for CTI",
    "invite": "Your account at CTI",
    "password_changed": "Your CTI password was changed",
    "access_approved": "You have access to CTI",
    "access_refused": "Your request for access to CTI",
    "already_registered": "You already have a CTI account",
}
log = get_logger(__name__)


def make_link(
    uow: UnitOfWork, purpose: str, life: timedelta, *, user_id: UUID | None = None, org_id: UUID | None = None
) -> OneTimeToken:
    """Add a one-time token; its link is derived from its id. As the system."""
    row_id = new_id()
    row = OneTimeToken(
        id=row_id,
        purpose=purpose,
        user_id=user_id,
        org_id=org_id,
        token_sha256=token_sha256(derived_token(runtime().settings, purpose, row_id)),
        payload={"delivery": "mail" if runtime().settings.smtp_url else "admin"},
        expires_at=utc_now() + life,
    )
    uow.session.add(row)
    return row


def send_link(uow: UnitOfWork, row: OneTimeToken, user: User, values: dict[str, str] | None = None) -> None:
    """Mail the link of `row` to its person after the commit, or show where it can be found."""
    link = link_of(runtime().settings, row.purpose, row.id)
    if not runtime().settings.smtp_url:
        _log_after_commit(uow, row, user, link)
        return

    async def hand_to_admin() -> None:
        async with runtime().database.unit_of_work(Actor.system()) as later:
            await repository.mark_undelivered(later, row.id)

    letter = Letter(
        user.email, SUBJECTS[row.purpose], row.purpose, {"name": _called(user), "link": link, **(values or {})}
    )
    mail.send_after_commit(uow, letter, failed=hand_to_admin)


def _log_after_commit(uow: UnitOfWork, row: OneTimeToken, user: User, link: str) -> None:
    """Say the link to whoever runs the installation: no mail server is set that could carry it."""

    async def say() -> None:
        log.warning(
            "link_not_mailed",
            purpose=row.purpose,
            email=user.email,
            link=link,
            what_to_do="Give the link to this person, and to nobody else. Set CTI_SMTP_URL to have links mailed.",
        )

    uow.after_commit(say)


def send_notice(uow: UnitOfWork, name: str, user: User, values: dict[str, str] | None = None) -> None:
    """Mail a letter without a link after the commit; nothing happens where no mail server is set."""
    if runtime().settings.smtp_url:
        mail.send_after_commit(uow, Letter(user.email, SUBJECTS[name], name, {"name": _called(user), **(values or {})}))


def _called(user: User) -> str:
    return user.full_name or user.email
