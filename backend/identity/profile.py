"""What people see and set of themselves, and their tokens for scripts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal
from uuid import UUID
from zoneinfo import available_timezones

from backend.audit import service as audit
from backend.core.actor import Role
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.errors import Conflict, Forbidden, Invalid, Unauthenticated
from backend.core.security import new_token, token_sha256
from backend.identity import repository
from backend.identity import session_repository as store
from backend.identity.addresses import clean_name
from backend.identity.errors import TokenNotFound
from backend.identity.live import PAT_PREFIX
from backend.identity.models import ApiToken, User
from backend.identity.sessions import forget_after_commit

Units = Literal["metric", "imperial"]
Theme = Literal["system", "light", "dark"]
Scope = Literal["read", "write", "admin"]
TOKENS_MOST = 20
TOKEN_DAYS_MOST = 365
SHOWN_CHARS = len(PAT_PREFIX) + 6
"""How much of a token is kept in clear, so that its owner can tell it from others."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A person with their place in the organisation they are signed in to."""

    id: UUID
    email: str
    full_name: str
    role: Role
    platform_admin: bool
    org_id: UUID
    organization: str
    all_farms: bool
    farm_ids: list[UUID]
    units: Units
    theme: Theme
    time_zone: str | None
    created_at: datetime
    password_changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made; `token` is shown this once."""

    id: UUID
    token: str


async def _self(uow: UnitOfWork) -> User:
    user = await repository.user_by_id(uow, uow.actor.user_id) if uow.actor.user_id else None
    if user is None:
        raise Unauthenticated
    return user


async def get_profile(uow: UnitOfWork) -> Profile:
    """The asker's own profile."""
    user, actor = await _self(uow), uow.actor
    if actor.org_id is None or actor.role in {"system", "anonymous"}:
        raise Unauthenticated
    organization = await repository.organization_by_id(uow, actor.org_id)
    return Profile(
        id=user.id,
        email=user.email,
        full_name=user.full_name or "",
        role=actor.role,  # type: ignore[arg-type]
        platform_admin=user.is_platform_admin,
        org_id=actor.org_id,
        organization=organization.name if organization else "",
        all_farms=actor.sees_every_farm,
        farm_ids=sorted(actor.farm_ids or ()),
        units=user.units,  # type: ignore[arg-type]
        theme=user.theme,  # type: ignore[arg-type]
        time_zone=user.time_zone,
        created_at=user.created_at or utc_now(),
        password_changed_at=user.password_changed_at,
    )


async def update_profile(
    uow: UnitOfWork,
    *,
    full_name: str | None = None,
    units: Units | None = None,
    theme: Theme | None = None,
    time_zone: str | None = None,
) -> None:
    """Change what is given of the asker's profile; an empty `time_zone` follows the farm's. Raises Invalid."""
    user = await _self(uow)
    name = None if full_name is None else clean_name(full_name)
    wanted = {"full_name": name, "units": units, "theme": theme, "time_zone": _zone(time_zone)}
    changes = {name: value for name, value in wanted.items() if value is not None and value != getattr(user, name)}
    if not changes:
        return
    before = {name: getattr(user, name) for name in changes}
    for field, value in changes.items():
        setattr(user, field, value or None)
    user.updated_at = utc_now()
    await audit.record(uow, "profile.changed", "user", user.id, before=before, after=changes)
    forget_after_commit(uow, user.id)


@lru_cache(maxsize=1)
def time_zones() -> list[str]:
    """Every time zone there is to choose from."""
    return sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC")


def _zone(name: str | None) -> str | None:
    if name and name not in time_zones():
        raise Invalid(errors=[{"path": "time_zone", "message": "is not a time zone such as America/Edmonton"}])
    return name


async def list_tokens(uow: UnitOfWork) -> list[ApiToken]:
    """The asker's tokens, newest first; expired ones stay listed until they are revoked."""
    actor = uow.actor
    if actor.user_id is None or actor.org_id is None:
        raise Unauthenticated
    return await store.api_tokens_of(uow, actor.user_id, actor.org_id)


async def create_token(uow: UnitOfWork, name: str, scopes: set[Scope], days: int) -> NewToken:
    """Make a token for scripts that does what its owner may, within `scopes`, for `days` days."""
    actor, held = uow.actor, await list_tokens(uow)
    if actor.user_id is None or actor.org_id is None:
        raise Unauthenticated
    if "admin" in scopes and actor.role != "admin":
        raise Forbidden("Only an admin's token can have the scope admin.")
    if len(held) >= TOKENS_MOST:
        raise Conflict(f"There are {TOKENS_MOST} tokens already. Revoke one first.")
    token = new_token(PAT_PREFIX)
    row = ApiToken(
        org_id=actor.org_id,
        user_id=actor.user_id,
        name=clean_name(name, "name"),
        token_sha256=token_sha256(token),
        prefix=token[:SHOWN_CHARS],
        scopes=sorted(scopes),
        expires_at=utc_now() + timedelta(days=min(days, TOKEN_DAYS_MOST)),
    )
    uow.session.add(row)
    after = {"name": row.name, "scopes": row.scopes, "expires_at": row.expires_at}
    await audit.record(uow, "api_token.created", "api_token", row.id, after=after)
    return NewToken(row.id, token)


async def revoke_token(uow: UnitOfWork, token_id: UUID) -> None:
    """Revoke one of the asker's own tokens; raises TokenNotFound for any other."""
    user_id = uow.actor.user_id
    row = await store.api_token_of(uow, user_id, token_id) if user_id else None
    if row is None:
        raise TokenNotFound
    row.revoked_at = utc_now()
    await audit.record(uow, "api_token.revoked", "api_token", token_id, before={"name": row.name})
    forget_after_commit(uow, row.user_id)
