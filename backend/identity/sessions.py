"""Sign-in, refresh with rotation, sign-out, and the list of one's sessions.

Functions that must leave a trace even when they refuse (a failed sign-in, a reused token) return the refusal instead
of raising it, so that the transaction commits; the caller raises it afterwards.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from backend.audit import service as audit
from backend.core.clock import utc_now
from backend.core.context import current_request
from backend.core.database import UnitOfWork
from backend.core.errors import CtiError
from backend.core.http.credentials import csrf_token
from backend.core.ids import new_id
from backend.core.metrics import SIGN_INS
from backend.core.runtime import runtime
from backend.core.security import token_sha256, verify_password
from backend.identity import access_tokens, repository
from backend.identity import session_repository as store
from backend.identity.errors import (
    AccessRefused,
    AccountDisabled,
    NoMembership,
    RefreshRefused,
    RefreshReused,
    SessionNotFound,
    WaitingForApproval,
    WrongCredentials,
)
from backend.identity.links import refresh_token_of
from backend.identity.live import ABSOLUTE, CACHE, IDLE
from backend.identity.models import RefreshToken, User, UserSession
from backend.identity.password_rules import normalised
from backend.identity.viewing import end_view

GRACE = timedelta(seconds=20)
"""How long a spent refresh token still answers with its successor: two tabs refresh at once, an answer got lost."""
USER_AGENT_CHARS = 300
STATUS_ERRORS: dict[str, type[CtiError]] = {
    "pending": WaitingForApproval,
    "refused": AccessRefused,
    "disabled": AccountDisabled,
}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a browser is given. `refresh_token` is secret; so is `access_jwt`."""

    session_id: UUID
    user_id: UUID
    access_jwt: str
    refresh_token: str
    csrf: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One of a person's sessions, as they see it."""

    id: UUID
    user_agent: str
    ip: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


async def sign_in(
    uow: UnitOfWork, email: str, password: str, *, user_agent: str = "", replaces: UUID | None = None
) -> SignedIn | CtiError:
    """Open a session, always a new one; `replaces` ends the session this browser had before.

    As the system. Returns WrongCredentials, or what the account waits for, once the password is right.
    """
    user = await repository.user_by_email(uow, email.strip().lower())
    correct = await verify_password(normalised(password), user.password_hash if user else None)
    if user is None or not correct:
        return await _refused(uow, user, WrongCredentials())
    if user.status in STATUS_ERRORS:
        return await _refused(uow, user, STATUS_ERRORS[user.status]())
    standing = await store.standing_of(uow, user.id, None)
    if standing is None:
        return await _refused(uow, user, NoMembership())
    if replaces is not None:
        await end_session(uow, replaces, reason="replaced")
    SIGN_INS.labels("success").inc()
    return await _open_session(uow, user, standing.org_id, user_agent)


async def _refused(uow: UnitOfWork, user: User | None, error: CtiError) -> CtiError:
    """Count and record a refusal. What was typed is not kept: people type passwords into the wrong field."""
    SIGN_INS.labels(error.code).inc()
    user_id = user.id if user else None
    await audit.record(uow, "sign_in.refused", "user", user_id, after={"reason": error.code}, user_id=user_id)
    return error


async def _open_session(uow: UnitOfWork, user: User, org_id: UUID, user_agent: str) -> SignedIn:
    now = utc_now()
    opened = UserSession(
        user_id=user.id,
        org_id=org_id,
        user_agent=user_agent[:USER_AGENT_CHARS] or None,
        ip=current_request().ip or None,
        created_at=now,
        last_seen_at=now,
        expires_at=now + ABSOLUTE,
    )
    uow.session.add(opened)
    await uow.session.flush()
    await audit.record(uow, "sign_in", "session", opened.id, org_id=org_id, user_id=user.id)
    return _given(opened, await _next_token(uow, opened))


async def _next_token(uow: UnitOfWork, session: UserSession) -> RefreshToken:
    """Add a link to the session's chain."""
    row_id = new_id()
    link = RefreshToken(
        id=row_id,
        session_id=session.id,
        user_id=session.user_id,
        token_sha256=token_sha256(refresh_token_of(runtime().settings, row_id)),
        expires_at=session.expires_at,
    )
    uow.session.add(link)
    await uow.session.flush()
    return link


def _given(session: UserSession, link: RefreshToken) -> SignedIn:
    settings = runtime().settings
    assert session.org_id is not None  # noqa: S101 (every session is opened in an organisation)
    return SignedIn(
        session_id=session.id,
        user_id=session.user_id,
        access_jwt=access_tokens.issue(settings, session_id=session.id, user_id=session.user_id, org_id=session.org_id),
        refresh_token=refresh_token_of(settings, link.id),
        csrf=csrf_token(settings, session.id),
        expires_at=session.expires_at,
    )


async def session_of_refresh_token(uow: UnitOfWork, token: str) -> UUID | None:
    """The session a refresh token belongs to, spent or not, for checking the request that carries it."""
    link = await store.lock_refresh_token(uow, token_sha256(token))
    return None if link is None else link.session_id


async def refresh(uow: UnitOfWork, token: str) -> SignedIn | CtiError:
    """Spend a refresh token for the next one. As the system.

    A token spent less than 20 s ago gives the same successor again. One spent earlier ends the session: somebody
    holds a copy. Returns RefreshRefused or RefreshReused.
    """
    now = utc_now()
    link = await store.lock_refresh_token(uow, token_sha256(token))
    if link is None or not await store.live_session(uow, link.session_id, now=now, seen_after=now - IDLE):
        return RefreshRefused()
    session = await store.session_of(uow, link.session_id)
    assert session is not None  # noqa: S101 (just seen alive in this transaction)
    if link.used_at is None:
        link.used_at = now
        session.last_seen_at = now
        return _given(session, await _next_token(uow, session))
    newest = await store.newest_refresh_token(uow, session.id)
    if newest is None or now - link.used_at > GRACE:
        await end_session(uow, session.id, reason="refresh token used twice")
        return RefreshReused("Someone else may have had a copy of it. Sign in again.")
    return _given(session, newest)


async def end_session(uow: UnitOfWork, session_id: UUID, *, reason: str = "signed out") -> None:
    """End one session, whoever's it is. As the system, or as its owner. Ending it twice changes nothing."""
    session = await store.session_of(uow, session_id)
    if session is not None and session.revoked_at is None:
        await end_view(uow, session_id, reason=reason)
        await revoke_all(uow, session.user_id, reason=reason, only=session_id)
        await audit.record(
            uow,
            "session.ended",
            "session",
            session_id,
            after={"reason": reason},
            org_id=session.org_id,
            user_id=session.user_id,
        )


async def revoke_all(
    uow: UnitOfWork, user_id: UUID, *, reason: str, only: UUID | None = None, keep: UUID | None = None
) -> int:
    """End a person's sessions: all, `only` one, or all but `keep`. Returns how many were open."""
    ended = await store.revoke_sessions(uow, user_id, now=utc_now(), reason=reason, only=only, keep=keep)
    forget_after_commit(uow, user_id)
    return len(ended)


def forget_after_commit(uow: UnitOfWork, user_id: UUID) -> None:
    """Have this process ask the database again who the person is, once the change is committed."""

    async def forget() -> None:
        CACHE.forget_user(user_id)

    uow.after_commit(forget)


def _self(uow: UnitOfWork) -> UUID:
    if uow.actor.user_id is None:
        raise SessionNotFound
    return uow.actor.user_id


async def list_sessions(uow: UnitOfWork) -> list[SessionRow]:
    """The asker's live sessions, the one used last first."""
    now = utc_now()
    found = await store.open_sessions(uow, _self(uow), now=now, seen_after=now - IDLE)
    return [session_row(row, uow.actor.session_id) for row in found]


def session_row(row: UserSession, current: UUID | None) -> SessionRow:
    """A session as lists show it; `current` is the asker's own."""
    return SessionRow(
        id=row.id,
        user_agent=row.user_agent or "",
        ip=row.ip or "",
        created_at=row.created_at or row.expires_at,
        last_seen_at=row.last_seen_at or row.expires_at,
        current=row.id == current,
    )


async def revoke_session(uow: UnitOfWork, session_id: UUID) -> None:
    """End one of the asker's own sessions; raises SessionNotFound for any other."""
    session = await store.session_of(uow, session_id)
    if session is None or session.user_id != _self(uow) or session.revoked_at is not None:
        raise SessionNotFound
    await end_session(uow, session_id, reason="ended by its owner")


async def revoke_other_sessions(uow: UnitOfWork) -> int:
    """End every session of the asker but this one; returns how many."""
    ended = await revoke_all(uow, _self(uow), reason="ended by its owner", keep=uow.actor.session_id)
    await audit.record(uow, "session.others_ended", "user", uow.actor.user_id, after={"sessions": ended})
    return ended
