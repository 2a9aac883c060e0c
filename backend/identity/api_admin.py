"""Routes for those who run an organisation: its people, requests for access, links that wait for their person."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from backend.core.http import Uow, require
from backend.core.paging import DEFAULT_LIMIT, MAX_LIMIT, Page
from backend.identity import service
from backend.identity.requests import RequestStatus
from backend.identity.schemas import (
    ApproveIn,
    InvitationOut,
    MemberChange,
    MemberIn,
    MemberOut,
    MemberPage,
    OpenLinkOut,
    RefuseIn,
    RequestOut,
    SessionRowOut,
)
from backend.identity.service import Invitation, Member, OpenLink, RequestRow, SessionRow

router = APIRouter(prefix="/api/v1/admin", tags=["People"])
ADMIN = [require("admin")]
ADMIN_IN_PERSON = [require("admin", person=True)]


@router.get("/users", dependencies=ADMIN, response_model=MemberPage)
async def users(
    uow: Uow,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
) -> Page[Member]:
    """The people of the organisation, by email."""
    return await service.list_members(uow, cursor=cursor, limit=limit)


@router.post("/users", dependencies=ADMIN, status_code=201, response_model=MemberOut)
async def invite(uow: Uow, wanted: MemberIn) -> Member:
    """Add a person. They get a link to choose a password; without a mail server it waits among the open links."""
    added = await service.invite_member(uow, **wanted.model_dump())
    return await service.get_member(uow, added.id)


@router.get("/users/{user_id}", dependencies=ADMIN, response_model=MemberOut)
async def user(uow: Uow, user_id: UUID) -> Member:
    """One person of the organisation."""
    return await service.get_member(uow, user_id)


@router.patch("/users/{user_id}", dependencies=ADMIN, response_model=MemberOut)
async def change_user(uow: Uow, user_id: UUID, changes: MemberChange) -> Member:
    """Change a person's role, farms or status. It takes effect at once; the last admin stays one."""
    return await service.change_member(uow, user_id, **changes.model_dump(exclude_none=True))


@router.get("/users/{user_id}/sessions", dependencies=ADMIN, response_model=list[SessionRowOut])
async def user_sessions(uow: Uow, user_id: UUID) -> list[SessionRow]:
    """Where a person of the organisation is signed in."""
    return await service.list_member_sessions(uow, user_id)


@router.delete("/users/{user_id}/sessions/{session_id}", dependencies=ADMIN, status_code=204)
async def end_user_session(uow: Uow, user_id: UUID, session_id: UUID) -> None:
    """Sign a person out of one browser."""
    await service.end_member_session(uow, user_id, session_id)


@router.get("/invitations", dependencies=ADMIN, response_model=list[InvitationOut])
async def invitations(uow: Uow) -> list[Invitation]:
    """Who was invited and has not chosen a password yet."""
    return await service.list_invitations(uow)


@router.post("/invitations/{invitation_id}/resend", dependencies=ADMIN, status_code=204)
async def resend(uow: Uow, invitation_id: UUID) -> None:
    """Send a fresh link; the one before ends."""
    await service.resend_invitation(uow, invitation_id)


@router.delete("/invitations/{invitation_id}", dependencies=ADMIN, status_code=204)
async def withdraw(uow: Uow, invitation_id: UUID) -> None:
    """Take an invitation back."""
    await service.withdraw_invitation(uow, invitation_id)


@router.get("/access-requests", dependencies=ADMIN, response_model=list[RequestOut])
async def access_requests(uow: Uow, status: RequestStatus = "pending") -> list[RequestRow]:
    """Who asks to be let in, oldest first."""
    return await service.list_access_requests(uow, status)


@router.post("/access-requests/{request_id}/approve", dependencies=ADMIN, status_code=204)
async def approve(uow: Uow, request_id: UUID, decision: ApproveIn) -> None:
    """Let a person in with the role and farms given here."""
    await service.approve_request(uow, request_id, **decision.model_dump())


@router.post("/access-requests/{request_id}/refuse", dependencies=ADMIN, status_code=204)
async def refuse(uow: Uow, request_id: UUID, decision: RefuseIn) -> None:
    """Turn a person down."""
    await service.refuse_request(uow, request_id, decision.reason)


@router.get("/reset-links", dependencies=ADMIN_IN_PERSON, response_model=list[OpenLinkOut])
async def reset_links(uow: Uow) -> list[OpenLink]:
    """Links to set a password that no mail could carry. Hand each to its person."""
    return await service.open_reset_links(uow)
