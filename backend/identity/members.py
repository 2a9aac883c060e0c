"""The people of an organisation: who they are, their role and farms, and that somebody always runs it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from backend.audit import service as audit
from backend.core.actor import Role
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.errors import Forbidden, Invalid, NotFound
from backend.core.events import Event
from backend.core.paging import DEFAULT_LIMIT, BadCursor, Page, decode_cursor, encode_cursor
from backend.core.runtime import runtime
from backend.core.security import hash_password
from backend.identity import repository
from backend.identity.addresses import clean_email, clean_name
from backend.identity.elevation import as_system
from backend.identity.errors import EmailTaken, LastAdmin, LastOwner, PersonNotFound, SharedAccount
from backend.identity.letters import INVITE_LIFE, make_link, send_link
from backend.identity.links import link_of
from backend.identity.models import Membership, Organization, User
from backend.identity.password_rules import check_password
from backend.identity.sessions import forget_after_commit, revoke_all

MemberStatus = Literal["active", "disabled"]
DEFAULT_SLUG = "default"
DEFAULT_NAME = "My organisation"


@dataclass(frozen=True, slots=True)
class Member:
    """A person in an organisation. `farm_ids` says nothing where `all_farms` holds, as it does for every admin."""

    id: UUID
    email: str
    full_name: str
    role: Role
    all_farms: bool
    farm_ids: list[UUID]
    status: str
    platform_admin: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewMember:
    """A person just added; `link` lets them choose a password and is None where one was given."""

    id: UUID
    org_id: UUID
    link: str | None


def require_admin(uow: UnitOfWork) -> UUID:
    """The organisation the asker runs; raises Forbidden."""
    if uow.actor.role != "admin" or uow.actor.org_id is None:
        raise Forbidden("Only an admin may do this.")
    return uow.actor.org_id


async def list_members(uow: UnitOfWork, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT) -> Page[Member]:
    """The asker's organisation by email, `limit` people a page. Raises Forbidden, BadCursor."""
    org_id = require_admin(uow)
    email, backward = _place(cursor)
    rows = await repository.members_after(uow, org_id, email=email, backward=backward, limit=limit + 1)
    more = len(rows) > limit
    shown = (rows[1:] if backward else rows[:limit]) if more else rows
    farms = await repository.farm_ids_of(uow, [membership.id for _, membership in shown])
    return Page(
        items=[_member(user, membership, farms.get(membership.id, [])) for user, membership in shown],
        next_cursor=encode_cursor([shown[-1][0].email]) if shown and (more or backward) else None,
        prev_cursor=encode_cursor([shown[0][0].email], backward=True)
        if shown and email is not None and (more or not backward)
        else None,
    )


def _place(cursor: str | None) -> tuple[str | None, bool]:
    """The address a page starts beside, and whether it lies before it."""
    if not cursor:
        return None, False
    place = decode_cursor(cursor, 1)
    email = place.key[0]
    if not isinstance(email, str) or not email.isprintable():
        raise BadCursor
    return email, place.backward


def _member(user: User, membership: Membership, farm_ids: list[UUID]) -> Member:
    return Member(
        id=user.id,
        email=user.email,
        full_name=user.full_name or "",
        role=membership.role,  # type: ignore[arg-type]
        all_farms=membership.all_farms or membership.role == "admin",
        farm_ids=farm_ids,
        status=user.status,
        platform_admin=user.is_platform_admin,
        created_at=user.created_at or utc_now(),
    )


async def get_member(uow: UnitOfWork, user_id: UUID) -> Member:
    """One person of the asker's organisation; raises PersonNotFound."""
    user, membership = await _own_member(uow, require_admin(uow), user_id)
    farms = await repository.farm_ids_of(uow, [membership.id])
    return _member(user, membership, farms.get(membership.id, []))


async def _own_member(uow: UnitOfWork, org_id: UUID, user_id: UUID) -> tuple[User, Membership]:
    membership = await repository.membership_of(uow, org_id, user_id)
    user = await repository.user_by_id(uow, user_id) if membership else None
    if membership is None or user is None:
        raise PersonNotFound
    return user, membership


async def invite_member(
    uow: UnitOfWork, *, email: str, full_name: str, role: Role, all_farms: bool = False, farm_ids: Collection[UUID] = ()
) -> NewMember:
    """Add a person to the asker's organisation and send them a link to choose a password.

    Raises EmailTaken, Invalid. Where no mail server is set the link waits among the open links.
    """
    org_id, inviter = require_admin(uow), uow.actor.full_name or uow.actor.email
    async with as_system(uow):
        organization = await repository.organization_by_id(uow, org_id)
        user = await _new_user(uow, email, full_name)
        await add_member(uow, org_id, user, role, all_farms=all_farms, farm_ids=farm_ids)
        row = make_link(uow, "invite", INVITE_LIFE, user_id=user.id, org_id=org_id)
        send_link(uow, row, user, {"inviter": inviter, "organization": organization.name if organization else ""})
    await audit.record(uow, "member.invited", "user", user.id, after={"email": user.email, "role": role})
    uow.publish(member_updated(org_id, user.id))
    return NewMember(user.id, org_id, None)


async def _new_user(uow: UnitOfWork, email: str, full_name: str) -> User:
    """A person of this address, who must not have an account. One nobody ever let in starts anew, without password."""
    address = clean_email(email)
    await repository.take_turns(uow, f"address {address}")
    user = await repository.user_by_email(uow, address)
    if user is None:
        user = User(email=address)
        uow.session.add(user)
    elif user.status not in {"refused", "disabled"} or await repository.membership_count(uow, user.id):
        raise EmailTaken
    user.full_name, user.status = clean_name(full_name), "active"
    user.password_hash = user.password_changed_at = None
    await uow.session.flush()
    return user


async def add_member(
    uow: UnitOfWork, org_id: UUID, user: User, role: Role, *, all_farms: bool, farm_ids: Collection[UUID]
) -> Membership:
    """Give a person a role in an organisation. As the system. Raises Invalid for farms of another one."""
    wanted = await _checked_farms(uow, org_id, farm_ids)
    membership = Membership(org_id=org_id, user_id=user.id, role=role, all_farms=all_farms)
    uow.session.add(membership)
    await uow.session.flush()
    await repository.replace_farms(uow, membership, wanted)
    return membership


async def _checked_farms(uow: UnitOfWork, org_id: UUID, farm_ids: Collection[UUID]) -> set[UUID]:
    wanted = set(farm_ids)
    if wanted - await repository.farms_in(uow, org_id, wanted):
        raise Invalid(errors=[{"path": "farm_ids", "message": "names a farm that does not exist"}])
    return wanted


async def change_member(
    uow: UnitOfWork,
    user_id: UUID,
    *,
    role: Role | None = None,
    all_farms: bool | None = None,
    farm_ids: Collection[UUID] | None = None,
    status: MemberStatus | None = None,
) -> Member:
    """Change what is given of a person of the asker's organisation; it takes effect at once.

    Raises PersonNotFound, LastAdmin, LastOwner, Invalid, SharedAccount (an account not of this organisation alone).
    """
    org_id, asker = require_admin(uow), uow.actor
    async with as_system(uow):
        await repository.take_turns(uow, f"admins of {org_id}")
        user, membership = await _own_member(uow, org_id, user_id)
        before = await _facts(uow, user, membership)
        if status is not None and status != user.status:
            await _set_status(uow, org_id, user, status, platform=asker.platform_admin)
        membership.role = role or membership.role
        membership.all_farms = membership.all_farms if all_farms is None else all_farms
        if farm_ids is not None:
            wanted = await _checked_farms(uow, org_id, farm_ids)
            await _keep_owners(uow, membership, wanted)
            await repository.replace_farms(uow, membership, wanted)
        await uow.session.flush()
        if not await repository.active_admins(uow, org_id):
            raise LastAdmin("Make somebody else an admin first.")
        after = await _facts(uow, user, membership)
    changed = {name for name in after if after[name] != before[name]}
    if changed:
        await audit.record(
            uow,
            "member.changed",
            "user",
            user_id,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
        uow.publish(member_updated(org_id, user_id))
    forget_after_commit(uow, user_id)
    return await get_member(uow, user_id)


async def _keep_owners(uow: UnitOfWork, membership: Membership, wanted: set[UUID]) -> None:
    sole = await repository.sole_ownerships(uow, membership.id)
    left = [name for farm_id, name in sole if farm_id not in wanted]
    if left:
        raise LastOwner(f"Make somebody else an owner of {', '.join(sorted(left))} first.")


def member_updated(org_id: UUID, user_id: UUID) -> Event:
    """Tells open pages that a person of the organisation has changed."""
    return Event("user.updated", org_id, data={"user_id": str(user_id)})


async def _set_status(uow: UnitOfWork, org_id: UUID, user: User, status: MemberStatus, *, platform: bool) -> None:
    """Allow or forbid a person's sign-in, wherever they belong; forbidding ends their sessions."""
    if user.status not in {"active", "disabled"}:
        raise Invalid(errors=[{"path": "status", "message": "cannot change before the request is decided"}])
    sole = user.id in await repository.sole_memberships(uow, org_id, [user.id])
    if not platform and (user.is_platform_admin or not sole):
        raise SharedAccount("Ask whoever runs the installation.")
    user.status = status
    user.updated_at = utc_now()
    if status == "disabled":
        await revoke_all(uow, user.id, reason="account disabled")


async def _facts(uow: UnitOfWork, user: User, membership: Membership) -> dict[str, object]:
    farms = await repository.farm_ids_of(uow, [membership.id])
    return {
        "role": membership.role,
        "all_farms": membership.all_farms,
        "farm_ids": [str(farm_id) for farm_id in farms.get(membership.id, [])],
        "status": user.status,
    }


async def default_organization(uow: UnitOfWork, name: str = DEFAULT_NAME) -> Organization:
    """The organisation that receives unknown devices; made with `name` when there is none yet. As the system."""
    await repository.take_turns(uow, "default organisation")
    found = await repository.default_organization(uow)
    if found is None:
        found = Organization(slug=DEFAULT_SLUG, name=name, is_default=True)
        uow.session.add(found)
        await uow.session.flush()
    return found


async def create_user(
    uow: UnitOfWork,
    *,
    email: str,
    role: Role,
    password: str | None = None,
    full_name: str = "",
    organization_slug: str | None = None,
    all_farms: bool = True,
    farm_ids: Collection[UUID] = (),
) -> NewMember:
    """For the command line: add an active person, to the default organisation unless a slug is given.

    As the system. The first person of an installation runs it. Without a password the result carries a link with
    which they choose one. Raises EmailTaken, Invalid, PasswordRefused, NotFound (no such organisation).
    """
    home = await find_organization(uow, organization_slug)
    address = clean_email(email)
    good = None if password is None else check_password(password, email=address, full_name=full_name)
    first = not await repository.any_user(uow)
    user = await _new_user(uow, address, full_name or address.partition("@")[0])
    user.is_platform_admin = first and role == "admin"
    if good is not None:
        user.password_hash, user.password_changed_at = await hash_password(good), utc_now()
    await add_member(uow, home.id, user, role, all_farms=all_farms, farm_ids=farm_ids)
    link = None
    if good is None:
        link = link_of(runtime().settings, "invite", make_link(uow, "invite", INVITE_LIFE, user_id=user.id).id)
    after = {"email": address, "role": role, "platform_admin": user.is_platform_admin}
    await audit.record(uow, "member.created", "user", user.id, after=after, org_id=home.id)
    return NewMember(user.id, home.id, link)


async def find_organization(uow: UnitOfWork, slug: str | None) -> Organization:
    """The organisation of that short name; without one the default, made if need be. As the system. Raises NotFound."""
    if slug is None:
        return await default_organization(uow)
    found = await repository.organization_by_slug(uow, slug)
    if found is None:
        raise NotFound(f"There is no organisation {slug!r}.")
    return found
