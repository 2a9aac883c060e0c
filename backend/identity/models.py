"""Organisations, people, what they may do and how they prove who they are."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Column, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, CHAR
from sqlmodel import Field, SQLModel

from backend.core.tables import document, identifier, instant, key, one_of, reference, within, words


class Organization(SQLModel, table=True):
    """A tenant. `is_default` receives devices that make first contact without being registered."""

    __tablename__ = "organizations"
    __table_args__ = (
        UniqueConstraint("slug"),
        Index("uq_organizations_is_default", "is_default", unique=True, postgresql_where=text("is_default")),
    )

    id: UUID = key()
    slug: str = words()
    name: str = words()
    is_default: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    settings: dict[str, object] | None = document(default=text("'{}'::jsonb"))
    created_at: datetime | None = instant(now=True)
    updated_at: datetime | None = instant(now=True)


class Role(SQLModel, table=True):
    """The ladder: admin, technician, farmer."""

    __tablename__ = "roles"
    __table_args__ = (UniqueConstraint("name"), one_of("name", "admin", "technician", "farmer"))

    id: int | None = Field(default=None, sa_column=Column(Integer, primary_key=True))
    name: str = words()


class User(SQLModel, table=True):
    """A person. Email is stored in lower case; `status` says whether sign-in is allowed."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("email"),
        one_of("status", "pending", "active", "refused", "disabled"),
        one_of("units", "metric", "imperial"),
        one_of("theme", "system", "light", "dark"),
    )

    id: UUID = key()
    email: str = words()
    full_name: str | None = words(required=False)
    phone: str | None = words(required=False)
    password_hash: str | None = words(required=False)
    password_changed_at: datetime | None = instant()
    status: str = words(default="active")
    is_platform_admin: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false"))
    )
    units: str = words(default="metric")
    theme: str = words(default="system")
    time_zone: str | None = words(required=False)
    review_keys: dict[str, object] | None = document()
    created_at: datetime | None = instant(now=True)
    updated_at: datetime | None = instant(now=True)


class Membership(SQLModel, table=True):
    """A person's role in an organisation; `all_farms` lifts the restriction to the farms listed beside it."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("org_id", "user_id"),
        UniqueConstraint("org_id", "id"),
        Index("ix_memberships_user_id", "user_id"),
        one_of("role", "admin", "technician", "farmer"),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    user_id: UUID = reference("users.id", on_delete="CASCADE")
    role: str = words()
    all_farms: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    created_at: datetime | None = instant(now=True)


class MembershipFarm(SQLModel, table=True):
    """A farm a member is assigned to. `is_owner` marks those whose farm it is; the last of them stays."""

    __tablename__ = "membership_farms"
    __table_args__ = (
        UniqueConstraint("membership_id", "farm_id"),
        within("membership_id", "memberships", on_delete="CASCADE"),
        within("farm_id", "farms", on_delete="CASCADE"),
        Index("ix_membership_farms_farm_id", "farm_id"),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    membership_id: UUID = identifier()
    farm_id: UUID = identifier()
    is_owner: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false")))


class UserSession(SQLModel, table=True):
    """One sign-in on one browser. Revoking it ends its tokens and its open sockets."""

    __tablename__ = "user_sessions"
    __table_args__ = (Index("ix_user_sessions_user_id", "user_id", "created_at"),)

    id: UUID = key()
    user_id: UUID = reference("users.id", on_delete="CASCADE")
    org_id: UUID | None = reference("organizations.id", required=False)
    user_agent: str | None = words(required=False)
    ip: str | None = words(required=False)
    created_at: datetime | None = instant(now=True)
    last_seen_at: datetime | None = instant(now=True)
    expires_at: datetime = instant(required=True)
    revoked_at: datetime | None = instant()
    revoked_reason: str | None = words(required=False)
    viewing_id: UUID | None = reference("users.id", required=False, on_delete="SET NULL")
    """Whom an admin looks at the product as, until `viewing_until`."""
    viewing_until: datetime | None = instant()


class RefreshToken(SQLModel, table=True):
    """One link of a session's chain of refresh tokens; using a spent one again revokes the session."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        UniqueConstraint("token_sha256"),
        Index("ix_refresh_tokens_session_id", "session_id"),
    )

    id: UUID = key()
    session_id: UUID = reference("user_sessions.id", on_delete="CASCADE")
    user_id: UUID = reference("users.id", on_delete="CASCADE")
    token_sha256: str = Field(sa_column=Column(CHAR(64), nullable=False))
    created_at: datetime | None = instant(now=True)
    expires_at: datetime = instant(required=True)
    used_at: datetime | None = instant()


class OneTimeToken(SQLModel, table=True):
    """A link that works once: password reset, invitation, first administrator."""

    __tablename__ = "one_time_tokens"
    __table_args__ = (
        UniqueConstraint("token_sha256"),
        Index("ix_one_time_tokens_user_id", "user_id"),
        one_of("purpose", "reset", "invite", "setup"),
    )

    id: UUID = key()
    purpose: str = words()
    user_id: UUID | None = reference("users.id", required=False, on_delete="CASCADE")
    org_id: UUID | None = reference("organizations.id", required=False, on_delete="CASCADE")
    token_sha256: str = Field(sa_column=Column(CHAR(64), nullable=False))
    payload: dict[str, object] | None = document()
    created_at: datetime | None = instant(now=True)
    expires_at: datetime = instant(required=True)
    used_at: datetime | None = instant()


class AccessRequest(SQLModel, table=True):
    """Someone who asks to be let in, with the role they ask for, and what was decided."""

    __tablename__ = "access_requests"
    __table_args__ = (
        Index("ix_access_requests_org_id_status", "org_id", "status", "created_at"),
        one_of("requested_role", "admin", "technician", "farmer"),
        one_of("status", "pending", "approved", "refused"),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    user_id: UUID = reference("users.id", on_delete="CASCADE")
    requested_role: str = words()
    message: str | None = words(required=False)
    status: str = words(default="pending")
    decided_by: UUID | None = reference("users.id", required=False)
    decided_at: datetime | None = instant()
    reason: str | None = words(required=False)
    created_at: datetime | None = instant(now=True)


class ApiToken(SQLModel, table=True):
    """A personal token for scripts, with scopes; only its hash is kept."""

    __tablename__ = "api_tokens"
    __table_args__ = (
        UniqueConstraint("token_sha256"),
        Index("ix_api_tokens_org_id_user_id", "org_id", "user_id"),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    user_id: UUID = reference("users.id", on_delete="CASCADE")
    name: str = words()
    token_sha256: str = Field(sa_column=Column(CHAR(64), nullable=False))
    prefix: str = words()
    scopes: list[str] = Field(
        default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default=text("'{}'::text[]"))
    )
    created_at: datetime | None = instant(now=True)
    last_used_at: datetime | None = instant()
    expires_at: datetime | None = instant()
    revoked_at: datetime | None = instant()
