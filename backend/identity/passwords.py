"""Setting passwords: changing one's own, forgetting it, following a link, the first administrator, the command line."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.audit import service as audit
from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.errors import Forbidden, Unauthenticated
from backend.core.runtime import runtime
from backend.core.security import hash_password, new_token, token_sha256, verify_password
from backend.identity import limits, repository
from backend.identity.addresses import clean_email, clean_name
from backend.identity.elevation import as_system
from backend.identity.errors import LinkNotValid, PersonNotFound, WrongPassword
from backend.identity.letters import RESET_LIFE, make_link, send_link, send_notice
from backend.identity.links import link_of
from backend.identity.members import add_member, default_organization
from backend.identity.models import OneTimeToken, User
from backend.identity.password_rules import check_password, normalised
from backend.identity.sessions import revoke_all

SETUP_LIFE = timedelta(days=7)
SETUP_LOCK = "identity setup"


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A link that waits for its person on an admin's screen."""

    id: UUID
    purpose: str
    email: str
    full_name: str
    link: str
    created_at: datetime
    expires_at: datetime


async def change_password(uow: UnitOfWork, current: str, new: str) -> None:
    """Set the asker's own password and end their other sessions; raises WrongPassword or PasswordRefused."""
    user_id, kept = uow.actor.user_id, uow.actor.session_id
    await limits.before_password_check(user_id)
    user = await repository.user_by_id(uow, user_id) if user_id else None
    if user is None:
        raise Unauthenticated
    if not await verify_password(normalised(current), user.password_hash):
        raise WrongPassword(errors=[{"path": "current_password", "message": "is not your password"}])
    await _set_password(uow, user, new, path="new_password")
    await revoke_all(uow, user.id, reason="password changed", keep=kept)
    await audit.record(uow, "password.changed", "user", user.id)
    send_notice(uow, "password_changed", user)


async def _set_password(uow: UnitOfWork, user: User, password: str, *, path: str = "password") -> None:
    good = check_password(password, email=user.email, full_name=user.full_name or "", path=path)
    user.password_hash = await hash_password(good)
    user.password_changed_at = user.updated_at = utc_now()
    async with as_system(uow):
        await repository.retire_tokens(uow, user.id, utc_now())


async def forgot_password(uow: UnitOfWork, email: str) -> None:
    """Make a link to set a new password, for an active account. Tells nobody whether there is one.

    Works for anybody; an address without an account costs the same statements. Raises TooMany.
    """
    await limits.before_forgot(email)
    async with as_system(uow):
        user = await repository.user_by_email(uow, email.strip().lower())
        found = user is not None and user.status == "active"
        if user is not None and found:
            await repository.retire_tokens(uow, user.id, utc_now())
            row = make_link(uow, "reset", RESET_LIFE, user_id=user.id)
            send_link(uow, row, user)
        else:
            await _pretend(uow.session)
        await audit.record(uow, "password.forgotten", "user", user.id if user else None, after={"link": found})


async def _pretend(session: AsyncSession) -> None:
    """Do the statements of a real request and take them back, so that timing tells nothing."""
    async with session.begin_nested() as savepoint:
        row = OneTimeToken(purpose="reset", token_sha256=token_sha256(new_token()), expires_at=utc_now())
        session.add(row)
        await session.flush()
        await savepoint.rollback()


async def reset_password(uow: UnitOfWork, token: str, password: str) -> None:
    """Follow a reset or invitation link: set the password, spend the link, end every session.

    Raises LinkNotValid, or PasswordRefused, after which the link still works.
    """
    await limits.before_link()
    async with as_system(uow):
        row = await _usable(uow, token, "reset", "invite")
        user = await repository.user_by_id(uow, row.user_id) if row.user_id else None
        if user is None or user.status != "active":
            raise LinkNotValid
        await _set_password(uow, user, password)
        await revoke_all(uow, user.id, reason="password reset")
        action = "password.reset" if row.purpose == "reset" else "invitation.accepted"
        await audit.record(uow, action, "user", user.id, user_id=user.id)
        send_notice(uow, "password_changed", user)


async def _usable(uow: UnitOfWork, token: str, *purposes: str) -> OneTimeToken:
    row = await repository.lock_one_time_token(uow, token_sha256(token))
    if row is None or row.purpose not in purposes or row.used_at is not None or row.expires_at <= utc_now():
        raise LinkNotValid("Ask for a new one; a link works once and for a limited time.")
    return row


async def setup_link(uow: UnitOfWork) -> str | None:
    """The link that makes the first administrator; None once there is anybody. The same link until it is used."""
    async with as_system(uow):
        await repository.take_turns(uow, SETUP_LOCK)
        if await repository.any_user(uow):
            return None
        row = await repository.open_token(uow, "setup", utc_now()) or make_link(uow, "setup", SETUP_LIFE)
    return link_of(runtime().settings, "setup", row.id)


async def set_up(uow: UnitOfWork, token: str, *, email: str, full_name: str, password: str, organization: str) -> UUID:
    """Make the first person, who runs the installation and the first organisation. Returns their id.

    Raises LinkNotValid, Invalid or PasswordRefused.
    """
    await limits.before_link()
    async with as_system(uow):
        await repository.take_turns(uow, SETUP_LOCK)
        row = await _usable(uow, token, "setup")
        if await repository.any_user(uow):
            raise LinkNotValid("There is an administrator already.")
        home = await default_organization(uow, clean_name(organization, "organization"))
        user = User(email=clean_email(email), full_name=clean_name(full_name), is_platform_admin=True)
        uow.session.add(user)
        await uow.session.flush()
        await _set_password(uow, user, password)
        await add_member(uow, home.id, user, "admin", all_farms=True, farm_ids=())
        row.used_at = utc_now()
        await audit.record(uow, "installation.set_up", "user", user.id, org_id=home.id, user_id=user.id)
    return user.id


async def set_password_for(uow: UnitOfWork, email: str, password: str | None) -> str | None:
    """For the command line: set a person's password, or without one return a link with which they set it.

    As the system. Raises PersonNotFound or PasswordRefused. Ends every session of the person when a password is set.
    """
    user = await repository.user_by_email(uow, clean_email(email))
    if user is None:
        raise PersonNotFound(f"Nobody has the address {email}.")
    if password is None:
        await repository.retire_tokens(uow, user.id, utc_now())
        row = make_link(uow, "reset", RESET_LIFE, user_id=user.id)
        await audit.record(uow, "password.link_made", "user", user.id)
        return link_of(runtime().settings, "reset", row.id)
    await _set_password(uow, user, password)
    await revoke_all(uow, user.id, reason="password reset")
    await audit.record(uow, "password.reset", "user", user.id)
    return None


async def open_reset_links(uow: UnitOfWork) -> list[OpenLink]:
    """Links no mail has carried: a platform admin's screen shows all, an admin's those of their own people alone.

    A link opens the account, so nobody sees one of an account that may do more than themselves. Raises Forbidden.
    """
    asker = uow.actor
    if asker.role != "admin" and not asker.platform_admin:
        raise Forbidden
    settings = runtime().settings
    async with as_system(uow):
        found = await repository.undelivered_tokens(uow, utc_now())
        own = await _within_reach(uow, asker, [user for _, user in found])
    return [
        OpenLink(
            id=row.id,
            purpose=row.purpose,
            email=user.email,
            full_name=user.full_name or "",
            link=link_of(settings, row.purpose, row.id),
            created_at=row.created_at or row.expires_at,
            expires_at=row.expires_at,
        )
        for row, user in found
        if user.id in own
    ]


async def _within_reach(uow: UnitOfWork, asker: Actor, people: list[User]) -> set[UUID]:
    """Those of `people` whose account the asker may open."""
    if asker.platform_admin:
        return {user.id for user in people}
    if asker.org_id is None:
        return set()
    sole = await repository.sole_memberships(uow, asker.org_id, [user.id for user in people])
    return {user.id for user in people if user.id in sole and not user.is_platform_admin}
