"""Who a credential belongs to, asked before every request and every page event.

The row decides, not the token: a session revoked, a role changed, a person disabled takes effect at once in this
process and within two seconds in the others, which is as long as an answer is remembered.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import cast
from uuid import UUID

from starlette.requests import cookie_parser

from backend.core.actor import Actor, Role
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.http.credentials import ACCESS_COOKIE, Credentials
from backend.core.runtime import runtime
from backend.core.security import token_sha256
from backend.identity import access_tokens, viewing
from backend.identity import session_repository as repository
from backend.identity.access_tokens import Claims
from backend.identity.session_repository import LiveSession, Standing

IDLE = timedelta(days=7)
ABSOLUTE = timedelta(days=30)
TOUCH_EVERY = timedelta(minutes=1)
REMEMBERED_S = 2.0
REMEMBERED_MOST = 10_000
PAT_PREFIX = "cti_pat_"


@dataclass(frozen=True, slots=True)
class _Remembered:
    actor: Actor | None
    until: float


class ActorCache:
    """Answers of the last two seconds by session id or token hash, so that a burst of events asks once."""

    def __init__(self) -> None:
        self._known: dict[UUID | str, _Remembered] = {}

    def get(self, key: UUID | str) -> _Remembered | None:
        found = self._known.get(key)
        return found if found is not None and found.until > monotonic() else None

    def put(self, key: UUID | str, actor: Actor | None) -> None:
        if len(self._known) >= REMEMBERED_MOST:
            self._known.clear()
        self._known[key] = _Remembered(actor, monotonic() + REMEMBERED_S)

    def forget_user(self, user_id: UUID) -> None:
        """Ask the database again for whatever this person shows next."""
        stale = [
            key
            for key, known in self._known.items()
            if known.actor and user_id in {known.actor.user_id, known.actor.viewer_id}
        ]
        for key in stale:
            del self._known[key]

    def clear(self) -> None:
        self._known.clear()


CACHE = ActorCache()


def actor_of(standing: Standing, *, session_id: UUID | None = None, scopes: frozenset[str] | None = None) -> Actor:
    """The actor for what a person may do; an admin sees every farm."""
    everything = standing.all_farms or standing.role == "admin"
    return Actor(
        role=cast("Role", standing.role),
        org_id=standing.org_id,
        user_id=standing.user_id,
        farm_ids=None if everything else standing.farm_ids,
        platform_admin=standing.platform_admin,
        session_id=session_id,
        email=standing.email,
        full_name=standing.full_name,
        scopes=scopes,
    )


async def identify(cookie_header: str | None) -> Actor | None:
    """Who a browser's cookies name, for page events; None for nobody.

    The age of the JWT is ignored here: the session row says whether the person is still signed in.
    """
    token = cookie_parser(cookie_header).get(ACCESS_COOKIE, "") if cookie_header else ""
    claims = access_tokens.read(runtime().settings, token) if token else None
    return None if claims is None else await _holder_of_session(claims)


async def authenticate(shown: Credentials) -> Actor | None:
    """Who sends a request to the API; None for nobody. Raises TokenExpired for a cookie that wants a refresh."""
    if shown.bearer is not None:
        return await _holder_of_token(shown.bearer)
    if not shown.access_jwt:
        return None
    claims = access_tokens.read_fresh(runtime().settings, shown.access_jwt)
    return None if claims is None else await _holder_of_session(claims)


async def actor_for_user(user_id: UUID, org_id: UUID | None = None) -> Actor | None:
    """An active person as an actor without a session, for the command line and for work on someone's behalf."""
    async with runtime().database.unit_of_work(Actor.system(), read_only=True) as uow:
        standing = await repository.standing_of(uow, user_id, org_id)
    return None if standing is None else actor_of(standing)


async def _holder_of_session(claims: Claims) -> Actor | None:
    known = CACHE.get(claims.session_id)
    actor = known.actor if known is not None else await _asked_session(claims.session_id)
    if actor is None or (actor.viewer_id or actor.user_id) != claims.user_id or actor.org_id != claims.org_id:
        return None
    return actor


async def _asked_session(session_id: UUID) -> Actor | None:
    now = utc_now()
    async with runtime().database.unit_of_work(Actor.system()) as uow:
        found = await repository.live_session(uow, session_id, now=now, seen_after=now - IDLE)
        if found is not None and _wants_touch(found.last_seen_at, now):
            await repository.touch_session(uow, session_id, now)
        actor = None if found is None else await _as_seen(uow, actor_of(found.standing, session_id=session_id), found)
    CACHE.put(session_id, actor)
    return actor


async def _as_seen(uow: UnitOfWork, actor: Actor, session: LiveSession) -> Actor:
    """The session's own person, or whoever they look at the product as."""
    if session.viewing_id is None:
        return actor
    person = await viewing.seen_by(uow, actor, session.viewing_id, session.viewing_until)
    if person is None:
        return actor
    return replace(actor_of(person, session_id=actor.session_id), viewer_id=actor.user_id)


async def _holder_of_token(token: str) -> Actor | None:
    if not token.startswith(PAT_PREFIX):
        return None
    digest = token_sha256(token)
    known = CACHE.get(digest)
    return known.actor if known is not None else await _asked_token(digest)


async def _asked_token(digest: str) -> Actor | None:
    now = utc_now()
    actor: Actor | None = None
    async with runtime().database.unit_of_work(Actor.system()) as uow:
        row = await repository.live_api_token(uow, digest, now)
        if row is not None:
            standing = await repository.standing_of(uow, row.user_id, row.org_id)
            actor = None if standing is None else actor_of(standing, scopes=frozenset(row.scopes))
            row.last_used_at = now if _wants_touch(row.last_used_at, now) else row.last_used_at
    CACHE.put(digest, actor)
    return actor


def _wants_touch(last: datetime | None, now: datetime) -> bool:
    return last is None or now - last > TOUCH_EVERY
