"""The tables: organisations and people, farms and herd, devices, captures, gradings, audit.

Every filter of the scans list has its own index `ix_scans_list_*` (organisation, filter, newest first). Combined
filters walk `ix_scans_list_all`, for a person with some farms `ix_scans_list_farm` and
`ix_scans_list_operator`: these hold every filtered column.
Rare combinations are gathered by `ix_scans_combined`; `ix_scans_search` and `ix_animals_search` find the middle of a
text.

Revision: 0001
Revises:
"""

import sqlalchemy as sa
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0001"
down_revision = None

FILTERED = [
    "status",
    "review",
    "kind",
    "farm_id",
    "device_id",
    "group_id",
    "animal_id",
    "operator_id",
    "label",
    "graded_by",
]


def upgrade() -> None:  # noqa: PLR0915 (one statement a table or index)
    op.create_table(
        "organizations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "settings", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
        sa.UniqueConstraint("slug", name=op.f("uq_organizations_slug")),
    )
    op.create_index(
        "uq_organizations_is_default",
        "organizations",
        ["is_default"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "roles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.CheckConstraint("name IN ('admin', 'technician', 'farmer')", name=op.f("ck_roles_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roles")),
        sa.UniqueConstraint("name", name=op.f("uq_roles_name")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.Column("is_platform_admin", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("units", sa.Text(), server_default="metric", nullable=False),
        sa.Column("theme", sa.Text(), server_default="system", nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('pending', 'active', 'refused', 'disabled')", name=op.f("ck_users_status")),
        sa.CheckConstraint("theme IN ('system', 'light', 'dark')", name=op.f("ck_users_theme")),
        sa.CheckConstraint("units IN ('metric', 'imperial')", name=op.f("ck_users_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "access_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("requested_role", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "requested_role IN ('admin', 'technician', 'farmer')", name=op.f("ck_access_requests_requested_role")
        ),
        sa.CheckConstraint("status IN ('pending', 'approved', 'refused')", name=op.f("ck_access_requests_status")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_access_requests_decided_by_users"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_access_requests_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_access_requests_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_requests")),
    )
    op.create_index(
        "ix_access_requests_org_id_status", "access_requests", ["org_id", "status", "created_at"], unique=False
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.CHAR(length=64), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_api_tokens_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_api_tokens_token_sha256")),
    )
    op.create_index("ix_api_tokens_org_id_user_id", "api_tokens", ["org_id", "user_id"], unique=False)
    op.create_table(
        "assets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("scan_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("sha256", sa.CHAR(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("mime_type", sa.Text(), nullable=True),
        sa.Column("width_px", sa.Integer(), nullable=True),
        sa.Column("height_px", sa.Integer(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "role IN ('image', 'mask', 'backfat_line', 'extra', 'meta', 'thumb', 'preview')",
            name=op.f("ck_assets_role"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_assets_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assets")),
        sa.UniqueConstraint("bucket", "object_key", name=op.f("uq_assets_bucket_object_key")),
    )
    op.create_index("ix_assets_scan_id", "assets", ["scan_id"], unique=False)
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=True),
        sa.Column("object_id", sa.Text(), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("ip", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_audit_log_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_audit_log_user_id_users"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_object", "audit_log", ["object_type", "object_id"], unique=False)
    op.create_index("ix_audit_log_org_id_created_at", "audit_log", ["org_id", "created_at", "id"], unique=False)
    op.create_geospatial_table(
        "farms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="America/Edmonton", nullable=False),
        sa.Column(
            "geofence",
            Geometry(
                geometry_type="POLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column(
            "centroid",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_farms_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_farms")),
        sa.UniqueConstraint("org_id", "id", name=op.f("uq_farms_org_id_id")),
        sa.UniqueConstraint("org_id", "name", name=op.f("uq_farms_org_id_name")),
    )
    op.create_geospatial_index(
        "ix_farms_geofence", "farms", ["geofence"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_table(
        "feature_flags",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_feature_flags_org_id_organizations"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by"], ["users.id"], name=op.f("fk_feature_flags_updated_by_users"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feature_flags")),
    )
    op.create_index(
        "uq_feature_flags_org_id_name",
        "feature_flags",
        [sa.literal_column("COALESCE(org_id, '00000000-0000-0000-0000-000000000000'::uuid)"), "name"],
        unique=True,
    )
    op.create_table(
        "ingestion_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("capture_id", sa.Text(), nullable=True),
        sa.Column("ingest_key", sa.Text(), nullable=True),
        sa.Column("device_code", sa.Text(), nullable=True),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=False),
        sa.Column("bytes_in", sa.Integer(), nullable=False),
        sa.Column("ms", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("remote_ip", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('created', 'duplicate', 'conflict', 'refused', 'failed')",
            name=op.f("ck_ingestion_log_outcome"),
        ),
        sa.CheckConstraint("route IN ('webhook', 'upload', 'replay', 'sync')", name=op.f("ck_ingestion_log_route")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_ingestion_log_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ingestion_log")),
    )
    op.create_index("ix_ingestion_log_capture_id", "ingestion_log", ["capture_id"], unique=False)
    op.create_index(
        "ix_ingestion_log_ingest_key_created_at", "ingestion_log", ["ingest_key", "created_at"], unique=False
    )
    op.create_index("ix_ingestion_log_org_id_created_at", "ingestion_log", ["org_id", "created_at", "id"], unique=False)
    op.create_index(
        "ix_ingestion_log_org_id_device_code",
        "ingestion_log",
        ["org_id", "device_code", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_ingestion_log_org_id_http_status",
        "ingestion_log",
        ["org_id", "http_status", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "memberships",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("all_farms", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role IN ('admin', 'technician', 'farmer')", name=op.f("ck_memberships_role")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_memberships_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_memberships_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
        sa.UniqueConstraint("org_id", "id", name=op.f("uq_memberships_org_id_id")),
        sa.UniqueConstraint("org_id", "user_id", name=op.f("uq_memberships_org_id_user_id")),
    )
    op.create_index("ix_memberships_user_id", "memberships", ["user_id"], unique=False)
    op.create_table(
        "notifications",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("is_read", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_notifications_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_notifications_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
    )
    op.create_index("ix_notifications_user_id_created_at", "notifications", ["user_id", "created_at"], unique=False)
    op.create_table(
        "one_time_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("token_sha256", sa.CHAR(length=64), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('reset', 'invite', 'setup')", name=op.f("ck_one_time_tokens_purpose")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_one_time_tokens_org_id_organizations"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_one_time_tokens_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_tokens")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_one_time_tokens_token_sha256")),
    )
    op.create_index("ix_one_time_tokens_user_id", "one_time_tokens", ["user_id"], unique=False)
    op.create_table(
        "scan_totals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("farm_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_scan_totals_org_id_organizations"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_totals")),
    )
    op.create_index("ix_scan_totals_org_id", "scan_totals", ["org_id", "farm_id"], unique=False)
    op.create_table(
        "user_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("ip", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_user_sessions_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_sessions_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_sessions")),
    )
    op.create_index("ix_user_sessions_user_id", "user_sessions", ["user_id", "created_at"], unique=False)
    op.create_table(
        "devices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("device_code", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("farm_id", sa.Uuid(), nullable=True),
        sa.Column("s3_prefix_hint", sa.Text(), nullable=True),
        sa.Column("registered", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_upload_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("captures_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("refused_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("app_version", sa.Text(), nullable=True),
        sa.Column("pi_os", sa.Text(), nullable=True),
        sa.Column("clock_offset_s", sa.Float(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "farm_id"],
            ["farms.org_id", "farms.id"],
            name=op.f("fk_devices_org_id_farm_id_farms"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_devices_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("org_id", "id", name=op.f("uq_devices_org_id_id")),
        sa.UniqueConstraint("device_code", name=op.f("uq_devices_device_code")),
    )
    op.create_index("ix_devices_org_id_farm_id", "devices", ["org_id", "farm_id"], unique=False)
    op.create_geospatial_table(
        "farm_geofences",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("farm_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column(
            "geofence",
            Geometry(
                geometry_type="POLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "ST_IsValid(geofence) AND NOT ST_IsEmpty(geofence) AND ST_NumInteriorRings(geofence) = 0",
            name=op.f("ck_farm_geofences_geofence"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "farm_id"],
            ["farms.org_id", "farms.id"],
            name=op.f("fk_farm_geofences_org_id_farm_id_farms"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_farm_geofences_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_farm_geofences")),
    )
    op.create_index("ix_farm_geofences_farm_id", "farm_geofences", ["farm_id"], unique=False)
    op.create_geospatial_index(
        "ix_farm_geofences_geofence",
        "farm_geofences",
        ["geofence"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_table(
        "groups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("farm_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "farm_id"],
            ["farms.org_id", "farms.id"],
            name=op.f("fk_groups_org_id_farm_id_farms"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_groups_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
        sa.UniqueConstraint("org_id", "id", name=op.f("uq_groups_org_id_id")),
    )
    op.create_index("ix_groups_org_id_farm_id", "groups", ["org_id", "farm_id"], unique=False)
    op.create_index(
        "uq_groups_org_id_external_id",
        "groups",
        ["org_id", "external_id"],
        unique=True,
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_table(
        "membership_farms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("farm_id", sa.Uuid(), nullable=False),
        sa.Column("is_owner", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "farm_id"],
            ["farms.org_id", "farms.id"],
            name=op.f("fk_membership_farms_org_id_farm_id_farms"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "membership_id"],
            ["memberships.org_id", "memberships.id"],
            name=op.f("fk_membership_farms_org_id_membership_id_memberships"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_membership_farms_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership_farms")),
        sa.UniqueConstraint("membership_id", "farm_id", name=op.f("uq_membership_farms_membership_id_farm_id")),
    )
    op.create_index("ix_membership_farms_farm_id", "membership_farms", ["farm_id"], unique=False)
    op.create_table(
        "refresh_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_sha256", sa.CHAR(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["user_sessions.id"],
            name=op.f("fk_refresh_tokens_session_id_user_sessions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_refresh_tokens_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_tokens")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_refresh_tokens_token_sha256")),
    )
    op.create_index("ix_refresh_tokens_session_id", "refresh_tokens", ["session_id"], unique=False)
    op.create_table(
        "animals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("farm_id", sa.Uuid(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("tag_id", sa.Text(), nullable=False),
        sa.Column("rfid", sa.Text(), nullable=True),
        sa.Column("breed", sa.Text(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("sex IN ('bull', 'steer', 'heifer', 'cow')", name=op.f("ck_animals_sex")),
        sa.CheckConstraint("status IN ('active', 'sold', 'dead', 'archived')", name=op.f("ck_animals_status")),
        sa.ForeignKeyConstraint(
            ["org_id", "farm_id"],
            ["farms.org_id", "farms.id"],
            name=op.f("fk_animals_org_id_farm_id_farms"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "group_id"],
            ["groups.org_id", "groups.id"],
            name=op.f("fk_animals_org_id_group_id_groups"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_animals_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_animals")),
        sa.UniqueConstraint("org_id", "id", name=op.f("uq_animals_org_id_id")),
        sa.UniqueConstraint("farm_id", "tag_id", name=op.f("uq_animals_farm_id_tag_id")),
    )
    op.create_index(
        "ix_animals_farm_id_tag_id",
        "animals",
        ["farm_id", sa.literal_column('tag_id COLLATE "C"'), "id"],
        unique=False,
    )
    op.create_index("ix_animals_group_id", "animals", ["group_id"], unique=False)
    op.create_index(
        "ix_animals_search",
        "animals",
        ["org_id", "tag_id", "rfid"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"tag_id": "gin_trgm_ops", "rfid": "gin_trgm_ops"},
    )
    op.create_index(
        "ix_animals_tag_id", "animals", ["org_id", sa.literal_column('tag_id COLLATE "C"'), "id"], unique=False
    )
    op.create_index(
        "uq_animals_org_id_rfid",
        "animals",
        ["org_id", "rfid"],
        unique=True,
        postgresql_where=sa.text("rfid IS NOT NULL"),
    )
    op.create_table(
        "device_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("key_sha256", sa.CHAR(length=64), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_device_keys_created_by_users"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "device_id"],
            ["devices.org_id", "devices.id"],
            name=op.f("fk_device_keys_org_id_device_id_devices"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_device_keys_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_keys")),
        sa.UniqueConstraint("key_sha256", name=op.f("uq_device_keys_key_sha256")),
    )
    op.create_index("ix_device_keys_device_id", "device_keys", ["device_id"], unique=False)
    op.create_geospatial_table(
        "scans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("scan_id", sa.Text(), nullable=True),
        sa.Column("capture_id", sa.Text(), nullable=False),
        sa.Column("ingest_key", sa.Text(), nullable=False),
        sa.Column("content_sha256", sa.CHAR(length=64), nullable=False),
        sa.Column("kind", sa.Text(), server_default="ribeye_ultrasound", nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("farm_id", sa.Uuid(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("animal_id", sa.Uuid(), nullable=True),
        sa.Column("operator_id", sa.Uuid(), nullable=True),
        sa.Column(
            "gps",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), server_default="uploaded", nullable=False),
        sa.Column("review", sa.Text(), server_default="unreviewed", nullable=False),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("image_asset_id", sa.Uuid(), nullable=True),
        sa.Column("mask_asset_id", sa.Uuid(), nullable=True),
        sa.Column("backfat_line_asset_id", sa.Uuid(), nullable=True),
        sa.Column("thumb_key", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("graded_by", sa.Text(), nullable=True),
        sa.Column("clarity", sa.Text(), nullable=True),
        sa.Column("usability", sa.Text(), nullable=True),
        sa.Column("calibration", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("device_grading", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "meta", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("flags", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_by", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("clarity IN ('good', 'medium', 'bad')", name=op.f("ck_scans_clarity")),
        sa.CheckConstraint(
            "review IN ('unreviewed', 'accepted', 'marginal', 'rejected')", name=op.f("ck_scans_review")
        ),
        sa.CheckConstraint("status IN ('uploaded', 'ingested', 'graded', 'error')", name=op.f("ck_scans_status")),
        sa.CheckConstraint("usability IN ('good', 'medium', 'bad')", name=op.f("ck_scans_usability")),
        sa.ForeignKeyConstraint(
            ["org_id", "animal_id"],
            ["animals.org_id", "animals.id"],
            name=op.f("fk_scans_org_id_animal_id_animals"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["backfat_line_asset_id"],
            ["assets.id"],
            name=op.f("fk_scans_backfat_line_asset_id_assets"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "device_id"],
            ["devices.org_id", "devices.id"],
            name=op.f("fk_scans_org_id_device_id_devices"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "farm_id"],
            ["farms.org_id", "farms.id"],
            name=op.f("fk_scans_org_id_farm_id_farms"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "group_id"],
            ["groups.org_id", "groups.id"],
            name=op.f("fk_scans_org_id_group_id_groups"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["image_asset_id"], ["assets.id"], name=op.f("fk_scans_image_asset_id_assets"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["mask_asset_id"], ["assets.id"], name=op.f("fk_scans_mask_asset_id_assets"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["users.id"], name=op.f("fk_scans_operator_id_users"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_scans_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by"], ["users.id"], name=op.f("fk_scans_reviewed_by_users"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scans")),
        sa.UniqueConstraint("ingest_key", name=op.f("uq_scans_ingest_key")),
    )
    op.create_index(
        "ix_scans_capture_id", "scans", ["org_id", "capture_id"], postgresql_ops={"capture_id": "text_pattern_ops"}
    )
    op.create_index(
        "ix_scans_device_id_captured_at", "scans", ["device_id", sa.literal_column("captured_at DESC")], unique=False
    )
    op.create_index(
        "ix_scans_due_at", "scans", ["due_at"], unique=False, postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.create_index(
        "ix_scans_farm_id_captured_at", "scans", ["farm_id", sa.literal_column("captured_at DESC")], unique=False
    )
    op.create_geospatial_index(
        "ix_scans_gps", "scans", ["gps"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index(
        "ix_scans_list_all",
        "scans",
        ["org_id", sa.literal_column("captured_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_include=[*FILTERED, "capture_id"],
    )
    op.create_index(
        "ix_scans_list_created",
        "scans",
        ["org_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_scans_combined",
        "scans",
        ["org_id", *FILTERED],
        unique=False,
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.create_index(
        "ix_scans_search",
        "scans",
        ["org_id", "capture_id", "label"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"capture_id": "gin_trgm_ops", "label": "gin_trgm_ops"},
        postgresql_with={"gin_pending_list_limit": "512"},
    )
    op.create_index(
        "ix_scans_list_animal",
        "scans",
        ["org_id", "animal_id", sa.literal_column("captured_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("animal_id IS NOT NULL"),
    )
    op.create_index(
        "ix_scans_list_device",
        "scans",
        ["org_id", "device_id", sa.literal_column("captured_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_scans_list_farm",
        "scans",
        ["org_id", "farm_id", sa.literal_column("captured_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_include=[name for name in (*FILTERED, "capture_id") if name != "farm_id"],
    )
    op.create_index(
        "ix_scans_list_graded_by",
        "scans",
        ["org_id", "graded_by", sa.literal_column("captured_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("graded_by IS NOT NULL"),
    )
    op.create_index(
        "ix_scans_list_group",
        "scans",
        ["org_id", "group_id", sa.literal_column("captured_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("group_id IS NOT NULL"),
    )
    op.create_index(
        "ix_scans_list_kind",
        "scans",
        ["org_id", "kind", sa.literal_column("captured_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_scans_list_label",
        "scans",
        ["org_id", "label", sa.literal_column("captured_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("label IS NOT NULL"),
        postgresql_ops={"label": "text_pattern_ops"},
    )
    op.create_index(
        "ix_scans_list_operator",
        "scans",
        ["org_id", "operator_id", sa.literal_column("captured_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("operator_id IS NOT NULL"),
        postgresql_include=[name for name in (*FILTERED, "capture_id") if name != "operator_id"],
    )
    op.create_index(
        "ix_scans_list_review",
        "scans",
        ["org_id", "review", sa.literal_column("captured_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_scans_list_status",
        "scans",
        ["org_id", "status", sa.literal_column("captured_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_scans_status_created_at", "scans", ["status", sa.literal_column("created_at DESC")], unique=False
    )
    # Walks read the index alone only where vacuum has passed: let it pass every 2 % instead of every 20 %.
    op.execute(
        "ALTER TABLE scans SET (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_scale_factor = 0.02)"
    )
    # The scan names its image and the image its scan; checked at commit, so either may be written first.
    op.create_foreign_key(
        "fk_assets_scan_id_scans",
        "assets",
        "scans",
        ["scan_id"],
        ["id"],
        ondelete="CASCADE",
        deferrable=True,
        initially="DEFERRED",
    )
    op.execute("INSERT INTO roles (id, name) VALUES (1, 'admin'), (2, 'technician'), (3, 'farmer')")
    op.create_table(
        "grading_results",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("scan_id", sa.Uuid(), nullable=False),
        sa.Column("model_name", sa.Text(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("inference_sha256", sa.CHAR(length=64), nullable=True),
        sa.Column("confidence", sa.Numeric(precision=5, scale=4), nullable=True),
        sa.Column("confidence_breakdown", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("features_used", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name=op.f("ck_grading_results_confidence")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_grading_results_created_by_users"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_grading_results_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["scans.id"], name=op.f("fk_grading_results_scan_id_scans"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_results")),
    )
    op.create_index("ix_grading_results_model", "grading_results", ["model_name", "model_version"], unique=False)
    op.create_index("ix_grading_results_scan_id_created_at", "grading_results", ["scan_id", "created_at"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("device_code", sa.Text(), nullable=True),
        sa.Column("capture_id", sa.Text(), nullable=True),
        sa.Column("ingest_key", sa.Text(), nullable=True),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("errors", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("http_status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("body_sha256", sa.CHAR(length=64), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="1", nullable=False),
        sa.Column("scan_id", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("route IN ('webhook', 'upload', 'replay', 'sync')", name=op.f("ck_quarantine_route")),
        sa.CheckConstraint("status IN ('waiting', 'replayed', 'dismissed')", name=op.f("ck_quarantine_status")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_quarantine_decided_by_users"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_quarantine_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["scans.id"], name=op.f("fk_quarantine_scan_id_scans"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    op.create_index("ix_quarantine_body_sha256", "quarantine", ["body_sha256"], unique=False)
    op.create_index(
        "ix_quarantine_org_id_status_created_at", "quarantine", ["org_id", "status", "created_at", "id"], unique=False
    )
    op.create_table(
        "scan_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("scan_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_scan_events_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["scans.id"], name=op.f("fk_scan_events_scan_id_scans"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_scan_events_user_id_users"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_events")),
    )
    op.create_index("ix_scan_events_scan_id_created_at", "scan_events", ["scan_id", "created_at"], unique=False)


def downgrade() -> None:
    op.drop_constraint("fk_assets_scan_id_scans", "assets", type_="foreignkey")
    # Their indexes go with the tables.
    for table in (
        "scan_events",
        "quarantine",
        "grading_results",
        "scans",
        "farm_geofences",
        "device_keys",
        "animals",
        "refresh_tokens",
        "membership_farms",
        "groups",
        "devices",
        "farms",
        "user_sessions",
        "scan_totals",
        "one_time_tokens",
        "notifications",
        "memberships",
        "ingestion_log",
        "feature_flags",
        "audit_log",
        "assets",
        "api_tokens",
        "access_requests",
        "users",
        "roles",
        "organizations",
    ):
        op.drop_table(table)
