"""What the identity routes take and give."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, EmailStr, Field

from backend.core.actor import Role
from backend.core.errors import Invalid
from backend.identity.addresses import EMAIL_CHARS, NAME_CHARS, clean_name
from backend.identity.members import MemberStatus
from backend.identity.profile import TOKEN_DAYS_MOST, Scope, Theme, Units
from backend.identity.requests import MESSAGE_CHARS, RequestStatus

LINK_CHARS = 128


def _one_line(value: str) -> str:
    try:
        return clean_name(value)
    except Invalid as error:
        raise ValueError(error.errors[0]["message"]) from error


def _no_nul(value: str) -> str:
    if "\0" in value:
        raise ValueError("must not contain NUL characters")
    return value


Email = Annotated[EmailStr, Field(max_length=EMAIL_CHARS)]
Name = Annotated[str, Field(min_length=1, max_length=NAME_CHARS), AfterValidator(_one_line)]
Words = Annotated[str, Field(max_length=MESSAGE_CHARS), AfterValidator(_no_nul)]
Typed = Annotated[str, Field(min_length=1, max_length=EMAIL_CHARS), AfterValidator(_no_nul)]
TypedPassword = Annotated[str, Field(min_length=1, max_length=1024, json_schema_extra={"format": "password"})]
"""As typed. The rules for a good one are checked where one is set."""


class Input(BaseModel):
    """An input: unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid")


class Row(BaseModel):
    """An output, read from the attributes of a service's result."""

    model_config = ConfigDict(from_attributes=True)


class LoginIn(Input):
    email: Typed
    password: TypedPassword


class SessionOut(BaseModel):
    """A session just opened or refreshed; its tokens are in the cookies."""

    csrf_token: str = Field(description="Send it as X-CSRF-Token with unsafe methods")
    expires_at: datetime = Field(description="When the person has to sign in again at the latest")
    access_expires_in_s: int = Field(description="Refresh before that many seconds have passed")


class ProfileOut(Row):
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


class ProfileIn(Input):
    full_name: Name | None = None
    units: Units | None = None
    theme: Theme | None = None
    time_zone: Annotated[str, Field(max_length=64)] | None = Field(None, description="Empty to follow the farm's zone")


class SessionRowOut(Row):
    id: UUID
    user_agent: str
    ip: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


class TokenIn(Input):
    name: Name
    scopes: Annotated[set[Scope], Field(min_length=1)]
    days: Annotated[int, Field(ge=1, le=TOKEN_DAYS_MOST)] = 90


class NewTokenOut(Row):
    id: UUID
    token: str = Field(description="Shown this once")


class TokenOut(Row):
    id: UUID
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


class PasswordIn(Input):
    current_password: TypedPassword
    new_password: TypedPassword


class ForgotIn(Input):
    email: Typed


class ResetIn(Input):
    token: Annotated[str, Field(min_length=1, max_length=LINK_CHARS)]
    password: TypedPassword


class SetupIn(Input):
    token: Annotated[str, Field(min_length=1, max_length=LINK_CHARS)]
    email: Email
    full_name: Name
    password: TypedPassword
    organization: Name


class RegisterIn(Input):
    email: Email
    full_name: Name
    password: TypedPassword
    role: Role
    message: Words = ""


class RequestOut(Row):
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


class ApproveIn(Input):
    role: Role
    all_farms: bool = False
    farm_ids: Annotated[list[UUID], Field(max_length=500)] = []


class RefuseIn(Input):
    reason: Words = Field("", description="Told to the person by mail")


class OpenLinkOut(Row):
    id: UUID
    purpose: str
    email: str
    full_name: str
    link: str = Field(description="Opens the account: give it to this person and nobody else")
    created_at: datetime
    expires_at: datetime


class InvitationOut(Row):
    id: UUID
    user_id: UUID
    email: str
    full_name: str
    role: Role
    invited_at: datetime
    expires_at: datetime
    expired: bool = Field(description="The link does no longer work; send a fresh one")


class MemberOut(Row):
    id: UUID
    email: str
    full_name: str
    role: Role
    all_farms: bool
    farm_ids: list[UUID]
    status: str
    platform_admin: bool
    created_at: datetime


class MemberPage(Row):
    items: list[MemberOut]
    next_cursor: str | None
    prev_cursor: str | None


class MemberIn(Input):
    email: Email
    full_name: Name
    role: Role
    all_farms: bool = False
    farm_ids: Annotated[list[UUID], Field(max_length=500)] = []


class MemberChange(Input):
    role: Role | None = None
    all_farms: bool | None = None
    farm_ids: Annotated[list[UUID], Field(max_length=500)] | None = None
    status: MemberStatus | None = None
