"""Asking to be let in, and an admin's decision."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from backend.audit import service as audit
from backend.core.actor import Actor, Role
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.events import Event
from backend.core.security import hash_password
from backend.identity import limits, repository
from backend.identity.addresses import clean_email, clean_name
from backend.identity.elevation import as_system
from backend.identity.errors import RequestDecided, RequestNotFound
from backend.identity.letters import send_notice
from backend.identity.members import add_member, default_organization, require_admin
from backend.identity.models import AccessRequest, Organization, User
from backend.identity.password_rules import check_password
from backend.notifications.service import notify

RequestStatus = Literal["pending", "approved", "refused"]
SHOWN_MOST = 200
MESSAGE_CHARS = 1000


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request with who makes it. The address has not been proven to be theirs."""

    id: UUID
    user_id: UUID
    email: str
    full_name: str
    requested_role: Role
    message: str
    status: RequestStatus
    reason: str
    created_at: datetime
    decided_at: datetime | None


async def request_access(
    uow: UnitOfWork, *, email: str, full_name: str, password: str, role: Role, message: str = ""
) -> None:
    """Ask to be let into the installation's organisation. Tells nobody whether the address has an account already.

    For anybody. Raises TooMany, Invalid, PasswordRefused. An account that exists is left alone; its owner gets a mail.
    """
    await limits.before_register()
    address, name = clean_email(email), clean_name(full_name)
    password_hash = await hash_password(check_password(password, email=address, full_name=name))
    async with as_system(uow):
        await repository.take_turns(uow, f"address {address}")
        user = await repository.user_by_email(uow, address)
        if user is not None:
            send_notice(uow, "already_registered", user)
            return
        home = await default_organization(uow)
        user = User(email=address, full_name=name, password_hash=password_hash, status="pending")
        user.password_changed_at = utc_now()
        uow.session.add(user)
        await uow.session.flush()
        wanted = AccessRequest(
            org_id=home.id, user_id=user.id, requested_role=role, message=message.strip()[:MESSAGE_CHARS] or None
        )
        uow.session.add(wanted)
        await audit.record(
            uow, "access.requested", "access_request", wanted.id, after={"email": address, "role": role}, org_id=home.id
        )
        await uow.act_as(Actor.system(home.id))
        asks = {"name": name, "email": address, "role": role, "request_id": str(wanted.id)}
        await notify(uow, "access_request", payload=asks, once_key=f"access_request:{wanted.id}")
    uow.publish(_event("access.requested", home.id, wanted.id))


async def list_access_requests(uow: UnitOfWork, status: RequestStatus = "pending") -> list[RequestRow]:
    """The requests to the asker's organisation, oldest first, at most 200. Raises Forbidden."""
    org_id = require_admin(uow)
    async with as_system(uow):
        found = await repository.requests_in(uow, org_id, status, SHOWN_MOST)
    return [_row(request, user) for request, user in found]


def _row(request: AccessRequest, user: User) -> RequestRow:
    return RequestRow(
        id=request.id,
        user_id=user.id,
        email=user.email,
        full_name=user.full_name or "",
        requested_role=request.requested_role,  # type: ignore[arg-type]
        message=request.message or "",
        status=request.status,  # type: ignore[arg-type]
        reason=request.reason or "",
        created_at=request.created_at or utc_now(),
        decided_at=request.decided_at,
    )


async def approve_request(
    uow: UnitOfWork, request_id: UUID, *, role: Role, all_farms: bool = False, farm_ids: Collection[UUID] = ()
) -> None:
    """Let a person in with the role and farms the admin chooses, whatever was asked for.

    Raises Forbidden, RequestNotFound, RequestDecided, Invalid (a farm of another organisation).
    """
    org_id, decider = require_admin(uow), uow.actor.user_id
    async with as_system(uow):
        request, user = await _undecided(uow, org_id, request_id)
        _decide(request, "approved", decider)
        user.status = "active"
        user.updated_at = utc_now()
        await add_member(uow, org_id, user, role, all_farms=all_farms, farm_ids=farm_ids)
        send_notice(uow, "access_approved", user, {"role": role, "organization": await _name_of(uow, org_id)})
    after = {"email": user.email, "role": role, "all_farms": all_farms, "farm_ids": [str(farm) for farm in farm_ids]}
    await audit.record(uow, "access.approved", "access_request", request_id, after=after)
    uow.publish(_event("access.decided", org_id, request_id))


async def refuse_request(uow: UnitOfWork, request_id: UUID, reason: str = "") -> None:
    """Turn a person down; they are told `reason` by mail. Raises Forbidden, RequestNotFound, RequestDecided."""
    org_id, decider = require_admin(uow), uow.actor.user_id
    async with as_system(uow):
        request, user = await _undecided(uow, org_id, request_id)
        _decide(request, "refused", decider)
        request.reason = reason.strip()[:MESSAGE_CHARS] or None
        user.status = "refused"
        user.updated_at = utc_now()
        values = {"reason": request.reason or "No reason was given.", "organization": await _name_of(uow, org_id)}
        send_notice(uow, "access_refused", user, values)
    after = {"email": user.email, "reason": request.reason}
    await audit.record(uow, "access.refused", "access_request", request_id, after=after)
    uow.publish(_event("access.decided", org_id, request_id))


def _event(topic: str, org_id: UUID, request_id: UUID) -> Event:
    return Event(topic, org_id, data={"request_id": str(request_id)})


async def _undecided(uow: UnitOfWork, org_id: UUID, request_id: UUID) -> tuple[AccessRequest, User]:
    found = await repository.lock_request(uow, org_id, request_id)
    if found is None:
        raise RequestNotFound
    if found[0].status != "pending":
        raise RequestDecided
    return found


def _decide(request: AccessRequest, status: RequestStatus, decider: UUID | None) -> None:
    request.status = status
    request.decided_by = decider
    request.decided_at = utc_now()


async def _name_of(uow: UnitOfWork, org_id: UUID) -> str:
    organization: Organization | None = await repository.organization_by_id(uow, org_id)
    return organization.name if organization else ""
