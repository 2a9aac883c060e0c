"""SQL of people: users, memberships with their farms, requests for access, one-time tokens, organisations."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, func, select, text, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.farms.models import Farm
from backend.identity.models import AccessRequest, Membership, MembershipFarm, OneTimeToken, Organization, User

# Decisions that count admins, or find that nobody is there yet, take turns under this lock.
LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


async def take_turns(uow: UnitOfWork, name: str) -> None:
    """Hold the lock `name` until the end of the transaction."""
    await uow.session.execute(LOCK, {"name": name})


async def user_by_email(uow: UnitOfWork, email: str) -> User | None:
    return await uow.session.scalar(select(User).where(col(User.email) == email))


async def user_by_id(uow: UnitOfWork, user_id: UUID) -> User | None:
    return await uow.session.get(User, user_id)


async def any_user(uow: UnitOfWork) -> bool:
    return await uow.session.scalar(select(col(User.id)).limit(1)) is not None


async def default_organization(uow: UnitOfWork) -> Organization | None:
    return await uow.session.scalar(select(Organization).where(col(Organization.is_default)))


async def organization_by_slug(uow: UnitOfWork, slug: str) -> Organization | None:
    return await uow.session.scalar(select(Organization).where(col(Organization.slug) == slug))


async def organization_by_id(uow: UnitOfWork, org_id: UUID) -> Organization | None:
    return await uow.session.get(Organization, org_id)


async def membership_of(uow: UnitOfWork, org_id: UUID, user_id: UUID) -> Membership | None:
    query = select(Membership).where(col(Membership.org_id) == org_id, col(Membership.user_id) == user_id)
    return await uow.session.scalar(query)


async def membership_count(uow: UnitOfWork, user_id: UUID) -> int:
    query = select(func.count()).select_from(Membership).where(col(Membership.user_id) == user_id)
    return int(await uow.session.scalar(query) or 0)


async def active_admins(uow: UnitOfWork, org_id: UUID) -> set[UUID]:
    """Who can run the organisation at the moment; those invited cannot yet."""
    query = (
        select(col(User.id))
        .join(Membership, col(Membership.user_id) == col(User.id))
        .where(
            col(Membership.org_id) == org_id,
            col(Membership.role) == "admin",
            col(User.status) == "active",
            col(User.password_hash).is_not(None),
        )
    )
    return set(await uow.session.scalars(query))


async def farm_ids_of(uow: UnitOfWork, membership_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """The farms assigned to each membership."""
    query = select(col(MembershipFarm.membership_id), col(MembershipFarm.farm_id)).where(
        col(MembershipFarm.membership_id).in_(list(membership_ids))
    )
    found: dict[UUID, list[UUID]] = {}
    for membership_id, farm_id in await uow.session.execute(query.order_by(col(MembershipFarm.farm_id))):
        found.setdefault(membership_id, []).append(farm_id)
    return found


async def farms_in(uow: UnitOfWork, org_id: UUID, farm_ids: Iterable[UUID]) -> set[UUID]:
    """Those of `farm_ids` that are farms of the organisation."""
    query = select(col(Farm.id)).where(col(Farm.org_id) == org_id, col(Farm.id).in_(list(farm_ids)))
    return set(await uow.session.scalars(query))


async def replace_farms(uow: UnitOfWork, membership: Membership, farm_ids: Iterable[UUID]) -> None:
    """Assign exactly `farm_ids` to a membership; an owner of a farm that stays is still its owner."""
    await uow.session.flush()
    held = set((await farm_ids_of(uow, [membership.id])).get(membership.id, []))
    wanted = set(farm_ids)
    gone = delete(MembershipFarm).where(col(MembershipFarm.membership_id) == membership.id)
    await uow.session.execute(gone.where(col(MembershipFarm.farm_id).in_(held - wanted)))
    uow.session.add_all(
        MembershipFarm(org_id=membership.org_id, membership_id=membership.id, farm_id=farm_id)
        for farm_id in sorted(wanted - held)
    )


async def farm_place(uow: UnitOfWork, membership_id: UUID, farm_id: UUID) -> MembershipFarm | None:
    """The assignment of a membership to a farm."""
    query = select(MembershipFarm).where(
        col(MembershipFarm.membership_id) == membership_id, col(MembershipFarm.farm_id) == farm_id
    )
    return await uow.session.scalar(query)


async def owners_of(uow: UnitOfWork, farm_id: UUID) -> set[UUID]:
    """The memberships that own a farm."""
    query = select(col(MembershipFarm.membership_id)).where(
        col(MembershipFarm.farm_id) == farm_id, col(MembershipFarm.is_owner)
    )
    return set(await uow.session.scalars(query))


async def sole_ownerships(uow: UnitOfWork, membership_id: UUID) -> list[tuple[UUID, str]]:
    """Farms that this membership alone owns, with their names."""
    other = aliased(MembershipFarm)
    query = (
        select(col(MembershipFarm.farm_id), col(Farm.name))
        .join(Farm, col(Farm.id) == col(MembershipFarm.farm_id))
        .where(
            col(MembershipFarm.membership_id) == membership_id,
            col(MembershipFarm.is_owner),
            ~exists().where(
                col(other.farm_id) == col(MembershipFarm.farm_id),
                col(other.is_owner),
                col(other.membership_id) != membership_id,
            ),
        )
    )
    return [(farm_id, name) for farm_id, name in await uow.session.execute(query)]


async def members_after(
    uow: UnitOfWork, org_id: UUID, *, email: str | None, backward: bool, limit: int
) -> list[tuple[User, Membership]]:
    """Members in order of email, `limit` of them after (or before) `email`. Index: uq_users_email, uq_memberships."""
    query = (
        select(User, Membership)
        .join(Membership, col(Membership.user_id) == col(User.id))
        .where(col(Membership.org_id) == org_id)
        .order_by(col(User.email).desc() if backward else col(User.email))
        .limit(limit)
    )
    if email is not None:
        query = query.where(col(User.email) < email if backward else col(User.email) > email)
    rows = [(user, membership) for user, membership in await uow.session.execute(query)]
    return rows[::-1] if backward else rows


async def requests_in(uow: UnitOfWork, org_id: UUID, status: str, limit: int) -> list[tuple[AccessRequest, User]]:
    """Requests for access with the people who made them, oldest first. Index: ix_access_requests_org_id_status."""
    query = (
        select(AccessRequest, User)
        .join(User, col(User.id) == col(AccessRequest.user_id))
        .where(col(AccessRequest.org_id) == org_id, col(AccessRequest.status) == status)
        .order_by(col(AccessRequest.created_at), col(AccessRequest.id))
        .limit(limit)
    )
    return [(request, user) for request, user in await uow.session.execute(query)]


async def lock_request(uow: UnitOfWork, org_id: UUID, request_id: UUID) -> tuple[AccessRequest, User] | None:
    """A request with its person, held until the end of the transaction."""
    query = (
        select(AccessRequest, User)
        .join(User, col(User.id) == col(AccessRequest.user_id))
        .where(col(AccessRequest.org_id) == org_id, col(AccessRequest.id) == request_id)
        .with_for_update(of=AccessRequest)
    )
    row = (await uow.session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def lock_one_time_token(uow: UnitOfWork, token_sha256: str) -> OneTimeToken | None:
    """A one-time token, held until the end of the transaction, so that it works once."""
    query = select(OneTimeToken).where(col(OneTimeToken.token_sha256) == token_sha256).with_for_update()
    return await uow.session.scalar(query)


async def open_token(uow: UnitOfWork, purpose: str, now: datetime) -> OneTimeToken | None:
    """An unused, unexpired token of a purpose that has no person."""
    query = select(OneTimeToken).where(
        col(OneTimeToken.purpose) == purpose,
        col(OneTimeToken.used_at).is_(None),
        col(OneTimeToken.expires_at) > now,
        col(OneTimeToken.user_id).is_(None),
    )
    return await uow.session.scalar(query.limit(1))


async def retire_tokens(uow: UnitOfWork, user_id: UUID, now: datetime) -> None:
    """End every link a person still has open."""
    query = update(OneTimeToken).where(col(OneTimeToken.user_id) == user_id, col(OneTimeToken.used_at).is_(None))
    await uow.session.execute(query.values(used_at=now))


INVITATIONS = (
    select(OneTimeToken, User, Membership)
    .join(User, col(User.id) == col(OneTimeToken.user_id))
    .join(
        Membership,
        (col(Membership.user_id) == col(User.id)) & (col(Membership.org_id) == col(OneTimeToken.org_id)),
    )
    .where(col(OneTimeToken.purpose) == "invite")
)


async def open_invitations(uow: UnitOfWork, org_id: UUID) -> list[tuple[OneTimeToken, User, Membership]]:
    """Invitations to an organisation whose people have no password yet, newest first."""
    query = INVITATIONS.where(
        col(OneTimeToken.org_id) == org_id,
        col(OneTimeToken.used_at).is_(None),
        col(User.password_hash).is_(None),
    )
    found = await uow.session.execute(query.order_by(col(OneTimeToken.id).desc()).limit(200))
    return [(token, user, membership) for token, user, membership in found]


async def lock_invitation(
    uow: UnitOfWork, org_id: UUID, token_id: UUID
) -> tuple[OneTimeToken, User, Membership] | None:
    """An invitation to an organisation, held until the end of the transaction."""
    query = INVITATIONS.where(col(OneTimeToken.org_id) == org_id, col(OneTimeToken.id) == token_id)
    row = (await uow.session.execute(query.with_for_update(of=OneTimeToken))).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


async def remove_membership(uow: UnitOfWork, membership: Membership) -> None:
    """Take a person out of an organisation, with the farms assigned to them there."""
    await uow.session.delete(membership)
    await uow.session.flush()


async def undelivered_tokens(uow: UnitOfWork, now: datetime) -> list[tuple[OneTimeToken, User]]:
    """Open links that no mail has carried to their person, newest first."""
    query = (
        select(OneTimeToken, User)
        .join(User, col(User.id) == col(OneTimeToken.user_id))
        .where(
            col(OneTimeToken.used_at).is_(None),
            col(OneTimeToken.expires_at) > now,
            col(OneTimeToken.payload)["delivery"].as_string() == "admin",
        )
        .order_by(col(OneTimeToken.id).desc())
        .limit(200)
    )
    return [(token, user) for token, user in await uow.session.execute(query)]


async def mark_undelivered(uow: UnitOfWork, token_id: UUID) -> None:
    """Hand a link whose mail failed to the admin's screen."""
    query = update(OneTimeToken).where(col(OneTimeToken.id) == token_id)
    await uow.session.execute(query.values(payload={"delivery": "admin"}))


async def sole_memberships(uow: UnitOfWork, org_id: UUID, user_ids: Iterable[UUID]) -> set[UUID]:
    """Those of `user_ids` who belong to `org_id` and to no other organisation."""
    query = (
        select(col(Membership.user_id))
        .where(col(Membership.user_id).in_(list(user_ids)))
        .group_by(col(Membership.user_id))
        .having(func.count() == 1, func.bool_and(col(Membership.org_id) == org_id))
    )
    return set(await uow.session.scalars(query))
