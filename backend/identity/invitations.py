"""Invitations that nobody has taken up yet: who was asked, sending the link anew, taking it back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.audit import service as audit
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.identity import repository
from backend.identity.elevation import as_system
from backend.identity.errors import InvitationNotFound, InvitationTaken
from backend.identity.letters import INVITE_LIFE, make_link, send_link
from backend.identity.members import member_updated, require_admin
from backend.identity.models import Membership, OneTimeToken, User


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody who was invited and has not chosen a password. `expired`: the link does no longer work."""

    id: UUID
    user_id: UUID
    email: str
    full_name: str
    role: str
    invited_at: datetime
    expires_at: datetime
    expired: bool


async def list_invitations(uow: UnitOfWork) -> list[Invitation]:
    """The open invitations of the asker's organisation, newest first. Raises Forbidden."""
    org_id, now = require_admin(uow), utc_now()
    async with as_system(uow):
        found = await repository.open_invitations(uow, org_id)
    return [
        Invitation(
            id=token.id,
            user_id=user.id,
            email=user.email,
            full_name=user.full_name or "",
            role=membership.role,
            invited_at=token.created_at or now,
            expires_at=token.expires_at,
            expired=token.expires_at <= now,
        )
        for token, user, membership in found
    ]


async def resend_invitation(uow: UnitOfWork, invitation_id: UUID) -> None:
    """Send a fresh link, good for seven days; the one before ends.

    Raises Forbidden, InvitationNotFound, InvitationTaken.
    """
    org_id, inviter = require_admin(uow), uow.actor.full_name or uow.actor.email
    async with as_system(uow):
        _, user, _ = await _open(uow, org_id, invitation_id)
        await repository.retire_tokens(uow, user.id, utc_now())
        organization = await repository.organization_by_id(uow, org_id)
        row = make_link(uow, "invite", INVITE_LIFE, user_id=user.id, org_id=org_id)
        send_link(uow, row, user, {"inviter": inviter, "organization": organization.name if organization else ""})
    await audit.record(uow, "member.invited_again", "user", user.id, after={"email": user.email})
    uow.publish(member_updated(org_id, user.id))


async def withdraw_invitation(uow: UnitOfWork, invitation_id: UUID) -> None:
    """Take an invitation back: its link ends, and the person is no member any more.

    Raises Forbidden, InvitationNotFound, InvitationTaken.
    """
    org_id = require_admin(uow)
    async with as_system(uow):
        _, user, membership = await _open(uow, org_id, invitation_id)
        await repository.retire_tokens(uow, user.id, utc_now())
        await repository.remove_membership(uow, membership)
        if not await repository.membership_count(uow, user.id):
            user.status = "disabled"
    before = {"email": user.email, "role": membership.role}
    await audit.record(uow, "member.invitation_withdrawn", "user", user.id, before=before)
    uow.publish(member_updated(org_id, user.id))


async def _open(uow: UnitOfWork, org_id: UUID, invitation_id: UUID) -> tuple[OneTimeToken, User, Membership]:
    found = await repository.lock_invitation(uow, org_id, invitation_id)
    if found is None:
        raise InvitationNotFound
    if found[0].used_at is not None or found[1].password_hash is not None:
        raise InvitationTaken
    return found
