"""SQL of sessions, refresh tokens and personal API tokens, and the one query that says who a session is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CursorResult, Row, Select, delete, func, select, update
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.identity.models import ApiToken, Membership, MembershipFarm, OneTimeToken, RefreshToken, User, UserSession


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person may do in an organisation right now."""

    user_id: UUID
    org_id: UUID
    email: str
    full_name: str
    role: str
    all_farms: bool
    farm_ids: frozenset[UUID]
    platform_admin: bool


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session that stands: whose it is, when it was last seen, and whom its person looks as, until when."""

    standing: Standing
    last_seen_at: datetime
    viewing_id: UUID | None
    viewing_until: datetime | None


FARMS = (
    select(func.array_agg(MembershipFarm.farm_id))
    .where(col(MembershipFarm.membership_id) == col(Membership.id))
    .correlate(Membership)
    .scalar_subquery()
)
STANDING = (
    col(User.id),
    col(Membership.org_id),
    col(User.email),
    col(User.full_name),
    col(Membership.role),
    col(Membership.all_farms),
    FARMS,
    col(User.is_platform_admin),
)


def _standing(row: Sequence[object]) -> Standing:
    user_id, org_id, email, full_name, role, all_farms, farm_ids, platform_admin = row
    return Standing(
        user_id=user_id,  # type: ignore[arg-type]
        org_id=org_id,  # type: ignore[arg-type]
        email=str(email),
        full_name=str(full_name or ""),
        role=str(role),
        all_farms=bool(all_farms),
        farm_ids=frozenset(farm_ids or ()),  # type: ignore[call-overload]
        platform_admin=bool(platform_admin),
    )


async def standing_of(uow: UnitOfWork, user_id: UUID, org_id: UUID | None) -> Standing | None:
    """What an active person may do in `org_id`, or in the first organisation they joined."""
    query = (
        select(*STANDING)
        .join(Membership, col(Membership.user_id) == col(User.id))
        .where(col(User.id) == user_id, col(User.status) == "active")
        .order_by(col(Membership.created_at), col(Membership.id))
        .limit(1)
    )
    row = (await uow.session.execute(_in_org(query, org_id))).one_or_none()
    return None if row is None else _standing(row)


def _in_org(query: Select[*tuple[object, ...]], org_id: UUID | None) -> Select[*tuple[object, ...]]:
    return query if org_id is None else query.where(col(Membership.org_id) == org_id)


async def live_session(uow: UnitOfWork, session_id: UUID, *, now: datetime, seen_after: datetime) -> LiveSession | None:
    """Who a session is; None once it is over or its person not active."""
    row: Row[*tuple[object, ...]] | None = (
        await uow.session.execute(
            select(
                *STANDING,
                col(UserSession.last_seen_at),
                col(UserSession.viewing_id),
                col(UserSession.viewing_until),
            )
            .join(UserSession, col(UserSession.user_id) == col(User.id))
            .join(
                Membership,
                (col(Membership.user_id) == col(User.id)) & (col(Membership.org_id) == col(UserSession.org_id)),
            )
            .where(
                col(UserSession.id) == session_id,
                col(UserSession.revoked_at).is_(None),
                col(UserSession.expires_at) > now,
                col(UserSession.last_seen_at) > seen_after,
                col(User.status) == "active",
            )
        )
    ).one_or_none()
    return None if row is None else LiveSession(_standing(row[:-3]), *row[-3:])  # type: ignore[arg-type]


async def touch_session(uow: UnitOfWork, session_id: UUID, now: datetime) -> None:
    await uow.session.execute(update(UserSession).where(col(UserSession.id) == session_id).values(last_seen_at=now))


async def session_of(uow: UnitOfWork, session_id: UUID) -> UserSession | None:
    return await uow.session.get(UserSession, session_id)


async def open_sessions(uow: UnitOfWork, user_id: UUID, *, now: datetime, seen_after: datetime) -> list[UserSession]:
    """A person's live sessions, the one used last first."""
    query = (
        select(UserSession)
        .where(
            col(UserSession.user_id) == user_id,
            col(UserSession.revoked_at).is_(None),
            col(UserSession.expires_at) > now,
            col(UserSession.last_seen_at) > seen_after,
        )
        .order_by(col(UserSession.last_seen_at).desc())
    )
    return list(await uow.session.scalars(query))


async def revoke_sessions(
    uow: UnitOfWork, user_id: UUID, *, now: datetime, reason: str, only: UUID | None = None, keep: UUID | None = None
) -> list[UUID]:
    """End a person's sessions: all, `only` one, or all but `keep`. Returns those that were open."""
    query = update(UserSession).where(col(UserSession.user_id) == user_id, col(UserSession.revoked_at).is_(None))
    if only is not None:
        query = query.where(col(UserSession.id) == only)
    if keep is not None:
        query = query.where(col(UserSession.id) != keep)
    result = await uow.session.scalars(
        query.values(revoked_at=now, revoked_reason=reason).returning(col(UserSession.id))
    )
    return list(result)


async def lock_refresh_token(uow: UnitOfWork, token_sha256: str) -> RefreshToken | None:
    """The refresh token, held until the end of the transaction, so that two tabs take turns."""
    query = select(RefreshToken).where(col(RefreshToken.token_sha256) == token_sha256).with_for_update()
    return await uow.session.scalar(query)


async def newest_refresh_token(uow: UnitOfWork, session_id: UUID) -> RefreshToken | None:
    """The unspent end of a session's chain."""
    query = (
        select(RefreshToken)
        .where(col(RefreshToken.session_id) == session_id, col(RefreshToken.used_at).is_(None))
        .order_by(col(RefreshToken.created_at).desc(), col(RefreshToken.id).desc())
        .limit(1)
    )
    return await uow.session.scalar(query)


async def live_api_token(uow: UnitOfWork, token_sha256: str, now: datetime) -> ApiToken | None:
    query = select(ApiToken).where(
        col(ApiToken.token_sha256) == token_sha256,
        col(ApiToken.revoked_at).is_(None),
        col(ApiToken.expires_at).is_(None) | (col(ApiToken.expires_at) > now),
    )
    return await uow.session.scalar(query)


async def api_tokens_of(uow: UnitOfWork, user_id: UUID, org_id: UUID) -> list[ApiToken]:
    """A person's tokens that were not revoked, newest first."""
    query = (
        select(ApiToken)
        .where(col(ApiToken.user_id) == user_id, col(ApiToken.org_id) == org_id, col(ApiToken.revoked_at).is_(None))
        .order_by(col(ApiToken.id).desc())
    )
    return list(await uow.session.scalars(query))


async def api_token_of(uow: UnitOfWork, user_id: UUID, token_id: UUID) -> ApiToken | None:
    query = select(ApiToken).where(
        col(ApiToken.id) == token_id, col(ApiToken.user_id) == user_id, col(ApiToken.revoked_at).is_(None)
    )
    return await uow.session.scalar(query)


async def delete_ended(uow: UnitOfWork, *, tokens_before: datetime, before: datetime) -> int:
    """Delete refresh tokens that expired before `tokens_before`, sessions and links that did before `before`."""
    statements = (
        delete(RefreshToken).where(col(RefreshToken.expires_at) < tokens_before),
        delete(UserSession).where(col(UserSession.expires_at) < before),
        delete(OneTimeToken).where(col(OneTimeToken.expires_at) < before),
    )
    results = [await uow.session.execute(statement) for statement in statements]
    return sum(result.rowcount for result in results if isinstance(result, CursorResult))
