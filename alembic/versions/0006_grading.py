"""Gradings: what a result says and why, models and their aliases, runs that were asked for, batches, failures.

Lists of scans filter by `certainty` along `ix_scans_list_certainty`; combined with others it stands beside the key of
the indexes that walks follow and in `ix_scans_combined`, which are made anew. Results of a model are read along
`ix_grading_results_of_model`, its failures along `ix_grading_failures_of_model`, batches along
`ix_grading_batches_org_id_created_at`. What happens across organisations goes through definer functions: background
runs are released while no capture waits, and a canary's rates are compared with the champion's.

Revision: 0006
Revises: 0005
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0006"
down_revision = "0005"

FILTERED_BEFORE = [
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
FILTERED = [*FILTERED_BEFORE, "certainty"]

# Added in one statement a table; a constant default is stored beside the table, so no row is written anew.
RESULT_COLUMNS = {
    "kind": "text NOT NULL DEFAULT 'model'",
    "alias": "text",
    "accepted": "boolean NOT NULL DEFAULT true",
    "request_id": "uuid",
    "batch_id": "uuid",
    "base_id": "uuid",
    "base_iou": "numeric(5, 4)",
    "inputs_sha256": "char(64)",
    "preprocessing_sha256": "char(64)",
    "abstained": "boolean NOT NULL DEFAULT false",
    "abstention_reason": "text",
    "rea_cm2": "numeric(8, 3)",
    "rea_cm2_error": "numeric(8, 3)",
    "backfat_mm": "numeric(8, 3)",
    "backfat_mm_error": "numeric(8, 3)",
    "reference_iou": "numeric(5, 4)",
    "input_mean": "double precision",
    "input_sd": "double precision",
    "geometry": "jsonb",
    "timings": "jsonb",
    "duration_ms": "integer",
    "mask_key": "text",
    "mask_sha256": "char(64)",
    "overlay_key": "text",
    "overlay_thumb_key": "text",
    "note": "text",
}
RESULT_CHECKS = {
    "kind": "kind IN ('model', 'manual', 'correction')",
    "alias": "alias IN ('champion', 'canary', 'shadow', 'previous')",
    "abstention": "abstained = (abstention_reason IS NOT NULL)",
    "shadow": "alias <> 'shadow' OR NOT accepted",
}
SCAN_COLUMNS = {
    "result_id": "uuid",
    "rea_cm2": "numeric(8, 3)",
    "backfat_mm": "numeric(8, 3)",
    "confidence": "numeric(5, 4)",
    "certainty": "text",
}

ORG = "org_id = (SELECT cti_org())"
SYSTEM = "(SELECT cti_role()) = 'system'"
ADMIN = "(SELECT cti_role()) IN ('admin', 'system')"
STAFF = "(SELECT cti_role()) IN ('admin', 'technician', 'system')"
PLATFORM = f"({SYSTEM} OR (SELECT cti_platform()))"
FOR_FARMERS = "(SELECT cti_role()) <> 'farmer' OR accepted"
KNOWN = "(SELECT cti_role()) <> 'anonymous'"


def of_visible_scan(table: str) -> str:
    return f"EXISTS (SELECT 1 FROM scans s WHERE s.id = {table}.scan_id)"


# table: (who may see, change and delete a row; what a row written must satisfy). Models are everybody's to see.
WALLS = {
    "grading_requests": (f"{ORG} AND {of_visible_scan('grading_requests')}", ORG),
    "grading_failures": (f"{ORG} AND {of_visible_scan('grading_failures')}", ORG),
    "grading_batches": (f"{ORG} AND {ADMIN}", f"{ORG} AND {ADMIN}"),
    "model_versions": (KNOWN, PLATFORM),
    "model_aliases": (KNOWN, PLATFORM),
}
POLICIES = [
    "grading_requests_see ON grading_requests AS RESTRICTIVE FOR SELECT USING (" + STAFF + ")",
    "grading_requests_add ON grading_requests AS RESTRICTIVE FOR INSERT WITH CHECK (" + STAFF + ")",
    "grading_requests_change ON grading_requests AS RESTRICTIVE FOR UPDATE USING (" + SYSTEM + ")",
    "grading_requests_delete ON grading_requests AS RESTRICTIVE FOR DELETE USING (" + ADMIN + ")",
    "grading_failures_see ON grading_failures AS RESTRICTIVE FOR SELECT USING (" + STAFF + ")",
    "grading_failures_add ON grading_failures AS RESTRICTIVE FOR INSERT WITH CHECK (" + SYSTEM + ")",
    "grading_batches_delete ON grading_batches AS RESTRICTIVE FOR DELETE USING (" + SYSTEM + ")",
    "model_versions_change ON model_versions AS RESTRICTIVE FOR UPDATE USING (" + PLATFORM + ")",
    # A farmer sees results that count or have counted, never a trial of a model.
    "grading_results_accepted ON grading_results AS RESTRICTIVE FOR SELECT USING (" + FOR_FARMERS + ")",
]
GRANTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON grading_requests, grading_batches TO cti_app;
GRANT SELECT, INSERT ON grading_failures, model_aliases TO cti_app;
GRANT SELECT, INSERT, UPDATE ON model_versions TO cti_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO cti_app;
"""

SCAN_KEYS = """
CREATE OR REPLACE VIEW scan_keys AS
  SELECT id, org_id, captured_at, created_at, status, review, kind, farm_id, device_id, group_id, animal_id,
         operator_id, label, graded_by, capture_id{more}
  FROM scans WHERE org_id = (SELECT cti_org());
"""

DOORS = {
    # Background runs wait while any capture does, and only so many are let go at a time.
    "release_gradings(integer)": """
CREATE FUNCTION release_gradings(most integer) RETURNS TABLE (scan_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE room integer;
BEGIN
  IF EXISTS (SELECT 1 FROM scans WHERE due_at <= now()) THEN RETURN; END IF;
  SELECT most - count(*) INTO room FROM grading_requests WHERE status = 'released';
  IF room <= 0 THEN RETURN; END IF;
  RETURN QUERY
    WITH picked AS (
      SELECT r.id, r.scan_id FROM grading_requests r JOIN scans s ON s.id = r.scan_id
      WHERE r.status = 'waiting' AND r.origin <> 'person' AND s.due_at IS NULL AND s.status IN ('ingested', 'graded')
        AND NOT EXISTS (SELECT 1 FROM grading_batches b WHERE b.id = r.batch_id AND b.status <> 'running')
      ORDER BY r.created_at, r.id LIMIT room FOR UPDATE OF r, s SKIP LOCKED
    ), let_go AS (
      UPDATE grading_requests SET status = 'released', updated_at = now() WHERE id IN (SELECT id FROM picked)
    )
    UPDATE scans SET due_at = now() WHERE id IN (SELECT picked.scan_id FROM picked) RETURNING scans.id;
END $$;
""",
    "running_batches()": """
CREATE FUNCTION running_batches() RETURNS TABLE (id uuid, org_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT b.id, b.org_id FROM grading_batches b WHERE b.status = 'running' ORDER BY b.created_at
$$;
""",
    # How a model has done under an alias since an instant, in every organisation together.
    "grading_rates(text, text, text, timestamptz)": """
CREATE FUNCTION grading_rates(model text, number text, called text, since timestamptz)
RETURNS TABLE (runs bigint, abstained bigint, failed bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT (SELECT count(*) FROM grading_results r WHERE r.model_name = model AND r.model_version = number
            AND r.alias = called AND r.kind = 'model' AND r.created_at >= since),
         (SELECT count(*) FROM grading_results r WHERE r.model_name = model AND r.model_version = number
            AND r.alias = called AND r.kind = 'model' AND r.created_at >= since AND r.abstained),
         (SELECT count(*) FROM grading_failures f WHERE f.model_name = model AND f.model_version = number
            AND f.alias = called AND f.created_at >= since)
$$;
""",
}


def upgrade() -> None:
    op.create_table(
        "grading_batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("model_name", sa.Text(), nullable=True),
        sa.Column("model_version", sa.Text(), nullable=True),
        sa.Column(
            "filters", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("status", sa.Text(), server_default="running", nullable=False),
        sa.Column("total", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("cursor_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cursor_id", sa.Uuid(), nullable=True),
        sa.Column("exhausted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('regrade', 'backfill')", name=op.f("ck_grading_batches_kind")),
        sa.CheckConstraint(
            "status IN ('running', 'paused', 'cancelled', 'done')", name=op.f("ck_grading_batches_status")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_grading_batches_created_by_users"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_grading_batches_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_batches")),
        sa.UniqueConstraint("org_id", "id", name=op.f("uq_grading_batches_org_id_id")),
    )
    op.create_index(
        "ix_grading_batches_org_id_created_at",
        "grading_batches",
        ["org_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_grading_batches_running",
        "grading_batches",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("status = 'running'"),
    )
    op.create_table(
        "model_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sha256", sa.CHAR(length=64), nullable=False),
        sa.Column("preprocessing_sha256", sa.CHAR(length=64), nullable=False),
        sa.Column(
            "files", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "config", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "facts", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="checking", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("source IN ('shipped', 'uploaded')", name=op.f("ck_model_versions_source")),
        sa.CheckConstraint("status IN ('checking', 'ready', 'refused')", name=op.f("ck_model_versions_status")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_model_versions_created_by_users"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_versions")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_model_versions_name_version")),
    )
    op.create_index(
        "ix_model_versions_checking",
        "model_versions",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("status = 'checking'"),
    )
    op.create_table(
        "model_aliases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("model_version_id", sa.Uuid(), nullable=True),
        sa.Column("share", sa.Float(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "alias IN ('champion', 'canary', 'shadow', 'previous')", name=op.f("ck_model_aliases_alias")
        ),
        sa.CheckConstraint("share BETWEEN 0 AND 1", name=op.f("ck_model_aliases_share")),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["users.id"], name=op.f("fk_model_aliases_changed_by_users"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["model_version_id"],
            ["model_versions.id"],
            name=op.f("fk_model_aliases_model_version_id_model_versions"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_aliases")),
    )
    op.create_index(
        "ix_model_aliases_alias", "model_aliases", ["kind", "alias", sa.literal_column("id DESC")], unique=False
    )
    op.create_table(
        "grading_failures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("scan_id", sa.Uuid(), nullable=False),
        sa.Column("model_name", sa.Text(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_grading_failures_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["scans.id"], name=op.f("fk_grading_failures_scan_id_scans"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_failures")),
    )
    op.create_index(
        "ix_grading_failures_of_model",
        "grading_failures",
        ["org_id", "model_name", "model_version", sa.literal_column("created_at DESC")],
        unique=False,
    )
    op.create_index("ix_grading_failures_scan_id", "grading_failures", ["scan_id"], unique=False)
    op.create_table(
        "grading_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("scan_id", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("model_name", sa.Text(), nullable=True),
        sa.Column("model_version", sa.Text(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("origin IN ('person', 'batch', 'shadow')", name=op.f("ck_grading_requests_origin")),
        sa.CheckConstraint(
            "status IN ('waiting', 'released', 'done', 'failed', 'cancelled')", name=op.f("ck_grading_requests_status")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "batch_id"],
            ["grading_batches.org_id", "grading_batches.id"],
            name=op.f("fk_grading_requests_org_id_batch_id_grading_batches"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_grading_requests_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["users.id"], name=op.f("fk_grading_requests_requested_by_users"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["scans.id"], name=op.f("fk_grading_requests_scan_id_scans"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_requests")),
    )
    op.create_index(
        "ix_grading_requests_released",
        "grading_requests",
        ["scan_id"],
        unique=False,
        postgresql_where=sa.text("status = 'released'"),
    )
    op.create_index("ix_grading_requests_scan_id", "grading_requests", ["scan_id"], unique=False)
    op.create_index(
        "ix_grading_requests_waiting",
        "grading_requests",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_index(
        "uq_grading_requests_batch",
        "grading_requests",
        ["batch_id", "scan_id"],
        unique=True,
        postgresql_where=sa.text("batch_id IS NOT NULL"),
    )
    add_columns("grading_results", RESULT_COLUMNS)
    for name, condition in RESULT_CHECKS.items():
        op.create_check_constraint(op.f(f"ck_grading_results_{name}"), "grading_results", condition)
    op.create_index(
        "ix_grading_results_of_model",
        "grading_results",
        ["org_id", "model_name", "model_version", sa.literal_column("created_at DESC"), "scan_id"],
        unique=False,
    )
    op.create_index(
        "uq_grading_results_accepted",
        "grading_results",
        ["scan_id", "model_name", "model_version"],
        unique=True,
        postgresql_where=sa.text("kind = 'model' AND request_id IS NULL AND accepted"),
    )
    op.create_unique_constraint(op.f("uq_grading_results_org_id_id"), "grading_results", ["org_id", "id"])
    op.create_index(
        "uq_grading_results_request",
        "grading_results",
        ["request_id"],
        unique=True,
        postgresql_where=sa.text("request_id IS NOT NULL"),
    )
    op.create_foreign_key(
        op.f("fk_grading_results_org_id_batch_id_grading_batches"),
        "grading_results",
        "grading_batches",
        ["org_id", "batch_id"],
        ["org_id", "id"],
        ondelete="RESTRICT",
    )
    op.create_foreign_key(
        op.f("fk_grading_results_org_id_base_id_grading_results"),
        "grading_results",
        "grading_results",
        ["org_id", "base_id"],
        ["org_id", "id"],
        ondelete="RESTRICT",
    )
    add_columns("scans", SCAN_COLUMNS)
    op.create_check_constraint(
        op.f("ck_scans_certainty"), "scans", "certainty IN ('abstained', 'low', 'medium', 'high', 'person')"
    )
    op.create_foreign_key(
        "fk_scans_org_id_result_id_grading_results",
        "scans",
        "grading_results",
        ["org_id", "result_id"],
        ["org_id", "id"],
        ondelete="RESTRICT",
    )
    op.create_index(
        "ix_scans_list_certainty",
        "scans",
        ["org_id", "certainty", sa.literal_column("captured_at DESC"), sa.literal_column("id DESC")],
        postgresql_where=sa.text("certainty IS NOT NULL"),
    )
    make_list_indexes(FILTERED)
    op.execute(SCAN_KEYS.format(more=", certainty"))
    for table, (visible, written) in WALLS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_wall ON {table} USING ({visible}) WITH CHECK ({written})")
    for policy in POLICIES:
        op.execute(f"CREATE POLICY {policy}")
    op.execute(GRANTS)
    for signature, function in DOORS.items():
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO cti_app")


def add_columns(table: str, columns: dict[str, str]) -> None:
    op.execute(f"ALTER TABLE {table} " + ", ".join(f"ADD COLUMN {name} {kind}" for name, kind in columns.items()))


def drop_columns(table: str, columns: dict[str, str]) -> None:
    op.execute(f"ALTER TABLE {table} " + ", ".join(f"DROP COLUMN {name}" for name in columns))


def make_list_indexes(filtered: list[str]) -> None:
    """The indexes that hold every filtered column, anew."""
    for name, column in {"all": None, "farm": "farm_id", "operator": "operator_id"}.items():
        op.drop_index(f"ix_scans_list_{name}", table_name="scans")
        op.create_index(
            f"ix_scans_list_{name}",
            "scans",
            [
                "org_id",
                *([column] if column else []),
                sa.literal_column("captured_at DESC"),
                sa.literal_column("id DESC"),
            ],
            postgresql_include=[one for one in (*filtered, "capture_id") if one != column],
            postgresql_where=sa.text("operator_id IS NOT NULL") if column == "operator_id" else None,
        )
    op.drop_index("ix_scans_combined", table_name="scans")
    op.create_index(
        "ix_scans_combined",
        "scans",
        ["org_id", *filtered],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )


def downgrade() -> None:
    for signature in reversed(DOORS):
        op.execute(f"DROP FUNCTION {signature}")
    op.execute("DROP POLICY grading_results_accepted ON grading_results")
    op.execute("DROP VIEW scan_keys")
    op.execute(SCAN_KEYS.format(more="").replace("CREATE OR REPLACE", "CREATE"))
    op.execute("GRANT SELECT ON scan_keys TO cti_app")
    make_list_indexes(FILTERED_BEFORE)
    op.drop_constraint("fk_scans_org_id_result_id_grading_results", "scans", type_="foreignkey")
    drop_columns("scans", SCAN_COLUMNS)
    drop_columns("grading_results", RESULT_COLUMNS)
    op.drop_constraint("uq_grading_results_org_id_id", "grading_results", type_="unique")
    for table in ("grading_failures", "grading_requests", "grading_batches", "model_aliases", "model_versions"):
        op.drop_table(table)
