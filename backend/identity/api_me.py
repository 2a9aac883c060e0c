"""Routes about oneself: profile, sessions, personal tokens."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from backend.core.http import Uow, signed_in
from backend.identity import service
from backend.identity.models import ApiToken
from backend.identity.schemas import (
    NewTokenOut,
    PasswordIn,
    ProfileIn,
    ProfileOut,
    SessionRowOut,
    TokenIn,
    TokenOut,
)
from backend.identity.service import NewToken, Profile, SessionRow

router = APIRouter(prefix="/api/v1/me", tags=["Me"])
ANYBODY = [signed_in()]
IN_PERSON = [signed_in(person=True)]
"""No token may change how its owner signs in."""


@router.get("", dependencies=ANYBODY, response_model=ProfileOut)
async def me(uow: Uow) -> Profile:
    """Who I am, what I may do here, and how I like things shown."""
    return await service.get_profile(uow)


@router.patch("", dependencies=IN_PERSON, response_model=ProfileOut)
async def change_me(uow: Uow, changes: ProfileIn) -> Profile:
    """Change name, units, theme or time zone; what is left out stays."""
    await service.update_profile(uow, **changes.model_dump(exclude_none=True))
    return await service.get_profile(uow)


@router.post("/password", dependencies=IN_PERSON, status_code=204)
async def change_password(uow: Uow, typed: PasswordIn) -> None:
    """Change my password; every other session of mine ends."""
    await service.change_password(uow, typed.current_password, typed.new_password)


@router.get("/sessions", dependencies=IN_PERSON, response_model=list[SessionRowOut])
async def sessions(uow: Uow) -> list[SessionRow]:
    """Where I am signed in."""
    return await service.list_sessions(uow)


@router.delete("/sessions", dependencies=IN_PERSON, status_code=204)
async def end_other_sessions(uow: Uow) -> None:
    """Sign out everywhere but here."""
    await service.revoke_other_sessions(uow)


@router.delete("/sessions/{session_id}", dependencies=IN_PERSON, status_code=204)
async def end_session(uow: Uow, session_id: Annotated[UUID, Path()]) -> None:
    """Sign out one of my sessions."""
    await service.revoke_session(uow, session_id)


@router.get("/tokens", dependencies=IN_PERSON, response_model=list[TokenOut])
async def tokens(uow: Uow) -> list[ApiToken]:
    """My tokens for scripts."""
    return await service.list_tokens(uow)


@router.post("/tokens", dependencies=IN_PERSON, status_code=201, response_model=NewTokenOut)
async def create_token(uow: Uow, wanted: TokenIn) -> NewToken:
    """Make a token for scripts. It is shown in this answer and never again."""
    return await service.create_token(uow, wanted.name, wanted.scopes, wanted.days)


@router.delete("/tokens/{token_id}", dependencies=IN_PERSON, status_code=204)
async def revoke_token(uow: Uow, token_id: Annotated[UUID, Path()]) -> None:
    """Revoke one of my tokens."""
    await service.revoke_token(uow, token_id)
