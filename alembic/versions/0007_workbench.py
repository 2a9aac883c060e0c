"""The workbench: long work in the background, bulk acts that can be undone, saved views, more filters.

Lists of scans filter by `clarity`, `usability` and `agreement` along `ix_scans_list_clarity` and so on, by the person at
the device along `ix_scans_list_operator`. Ranges of measures are tested on walks, so they stand beside the key of the
three indexes that walks follow. `agreement` is a generated column: adding it writes the table anew, once.

A person's tasks are listed along `ix_background_tasks_created_by`, an organisation's along
`ix_background_tasks_org_id_created_at`; workers find theirs by `ix_background_tasks_due_at` and files that have had
their time by `ix_background_tasks_files`, all three through definer functions, since they work for every organisation.

Revision: 0007
Revises: 0006
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0007"
down_revision = "0006"

ORG = "org_id = (SELECT cti_org())"
SYSTEM = "(SELECT cti_role()) = 'system'"
ADMIN = "(SELECT cti_role()) IN ('admin', 'system')"
MINE = "created_by = (SELECT cti_user())"
MY_OWN = "user_id = (SELECT cti_user())"
STAFF = "(SELECT cti_role()) IN ('admin', 'technician', 'system')"

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
    "certainty",
]
NEW_FILTERS = ["clarity", "usability", "agreement"]
FILTERED = [*FILTERED_BEFORE, *NEW_FILTERS]
MEASURED = ["rea_cm2", "backfat_mm", "confidence"]
AGREEMENT = """
ALTER TABLE scans ADD COLUMN agreement text GENERATED ALWAYS AS (
  CASE WHEN abs(CASE WHEN jsonb_typeof(device_grading->'ribeye_area_cm2') = 'number'
                     THEN (device_grading->'ribeye_area_cm2')::numeric END - rea_cm2) > 3.23
         OR abs(CASE WHEN jsonb_typeof(device_grading->'backfat_mm') = 'number'
                     THEN (device_grading->'backfat_mm')::numeric END - backfat_mm) > 1.27 THEN 'differs'
       WHEN COALESCE(abs(CASE WHEN jsonb_typeof(device_grading->'ribeye_area_cm2') = 'number'
                              THEN (device_grading->'ribeye_area_cm2')::numeric END - rea_cm2),
                     abs(CASE WHEN jsonb_typeof(device_grading->'backfat_mm') = 'number'
                              THEN (device_grading->'backfat_mm')::numeric END - backfat_mm)) IS NOT NULL THEN 'agrees'
  END) STORED
"""
SCAN_KEYS = """
CREATE VIEW scan_keys AS
  SELECT id, org_id, captured_at, created_at, status, review, kind, farm_id, device_id, group_id, animal_id,
         operator_id, label, graded_by, capture_id, certainty{more}
  FROM scans WHERE org_id = (SELECT cti_org());
GRANT SELECT ON scan_keys TO cti_app;
"""

# table: (who may see, change and delete a row; what a row written must satisfy)
WALLS = {
    "background_tasks": (f"{ORG} AND ({ADMIN} OR {MINE})", f"{ORG} AND ({ADMIN} OR {MINE})"),
    "bulk_changes": (f"{ORG} AND EXISTS (SELECT 1 FROM background_tasks t WHERE t.id = bulk_changes.task_id)", ORG),
    "saved_views": (f"{ORG} AND {MY_OWN}", f"{ORG} AND {MY_OWN}"),
}
POLICIES = [
    "background_tasks_delete ON background_tasks AS RESTRICTIVE FOR DELETE USING (" + SYSTEM + ")",
    "bulk_changes_add ON bulk_changes AS RESTRICTIVE FOR INSERT WITH CHECK (" + STAFF + ")",
    "bulk_changes_delete ON bulk_changes AS RESTRICTIVE FOR DELETE USING (" + SYSTEM + ")",
]
GRANTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON background_tasks, saved_views TO cti_app;
GRANT SELECT, INSERT, DELETE ON bulk_changes TO cti_app;
"""

DOORS = {
    # One worker at a time: the lease is `due_at` in the future, the fence is the name of the claim.
    "claim_task(uuid, text, integer)": """
CREATE FUNCTION claim_task(task uuid, claimed_by text, lease_s integer)
RETURNS TABLE (org_id uuid, created_by uuid, kind text, attempts integer)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE background_tasks t SET due_at = now() + make_interval(secs => lease_s), lease_by = claimed_by,
                                attempts = t.attempts + 1, status = 'running', updated_at = now()
  WHERE t.id = (SELECT c.id FROM background_tasks c WHERE c.id = task AND c.due_at <= now() FOR UPDATE SKIP LOCKED)
  RETURNING t.org_id, t.created_by, t.kind, t.attempts
$$;
""",
    "due_tasks(integer)": """
CREATE FUNCTION due_tasks(most integer) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT t.id FROM background_tasks t WHERE t.due_at <= now() ORDER BY t.due_at LIMIT most
$$;
""",
    # What is needed to take a bulk act back is kept for so long, whoever did it.
    "forget_undo(timestamptz)": """
CREATE FUNCTION forget_undo(before timestamptz) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH old AS (
    UPDATE background_tasks SET undo = NULL WHERE undo IS NOT NULL AND finished_at < before RETURNING id
  ), gone AS (
    DELETE FROM bulk_changes WHERE task_id IN (SELECT id FROM old) RETURNING 1
  ) SELECT count(*) FROM gone
$$;
""",
    "expired_task_files(integer)": """
CREATE FUNCTION expired_task_files(most integer) RETURNS TABLE (id uuid, org_id uuid, file_key text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT t.id, t.org_id, t.file_key FROM background_tasks t
  WHERE t.file_key IS NOT NULL AND t.file_expires_at <= now() ORDER BY t.file_expires_at LIMIT most
$$;
""",
}


def upgrade() -> None:
    op.create_table(
        "background_tasks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "params", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("cursor", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("undo", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("undo_of", sa.Uuid(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("file_key", sa.Text(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("file_bytes", sa.BigInteger(), nullable=True),
        sa.Column("file_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_by", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_background_tasks_status")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_background_tasks_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_background_tasks_created_by_users"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_background_tasks")),
        sa.UniqueConstraint("org_id", "id", name=op.f("uq_background_tasks_org_id_id")),
        sa.ForeignKeyConstraint(
            ["org_id", "undo_of"],
            ["background_tasks.org_id", "background_tasks.id"],
            name=op.f("fk_background_tasks_org_id_undo_of_background_tasks"),
            ondelete="CASCADE",
        ),
    )
    newest = [sa.literal_column("created_at DESC"), sa.literal_column("id DESC")]
    op.create_index("ix_background_tasks_org_id_created_at", "background_tasks", ["org_id", *newest])
    op.create_index("ix_background_tasks_created_by", "background_tasks", ["org_id", "created_by", *newest])
    op.create_index(
        "ix_background_tasks_due_at", "background_tasks", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.create_index(
        "ix_background_tasks_files",
        "background_tasks",
        ["file_expires_at"],
        postgresql_where=sa.text("file_key IS NOT NULL"),
    )
    op.create_table(
        "bulk_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("scan_id", sa.Uuid(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_bulk_changes_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "task_id"],
            ["background_tasks.org_id", "background_tasks.id"],
            name=op.f("fk_bulk_changes_org_id_task_id_background_tasks"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["scans.id"], name=op.f("fk_bulk_changes_scan_id_scans"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_changes")),
    )
    op.create_index("ix_bulk_changes_task_id", "bulk_changes", ["task_id", "id"])
    op.create_index("ix_bulk_changes_scan_id", "bulk_changes", ["scan_id"])
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_saved_views_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_saved_views_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("org_id", "user_id", "name", name=op.f("uq_saved_views_org_id_user_id_name")),
    )
    op.create_index(
        "uq_saved_views_default",
        "saved_views",
        ["org_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.execute("DROP VIEW scan_keys")
    op.execute(AGREEMENT)
    for column in NEW_FILTERS:
        op.create_index(
            f"ix_scans_list_{column}",
            "scans",
            ["org_id", column, sa.literal_column("captured_at DESC"), sa.literal_column("id DESC")],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )
    make_list_indexes(FILTERED, MEASURED)
    op.execute(SCAN_KEYS.format(more=", " + ", ".join([*NEW_FILTERS, *MEASURED])))
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


def make_list_indexes(filtered: list[str], measured: list[str]) -> None:
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
            postgresql_include=[one for one in (*filtered, *measured, "capture_id") if one != column],
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
    op.execute("DROP VIEW scan_keys")
    make_list_indexes(FILTERED_BEFORE, [])
    for column in NEW_FILTERS:
        op.drop_index(f"ix_scans_list_{column}", table_name="scans")
    op.drop_column("scans", "agreement")
    op.execute(SCAN_KEYS.format(more=""))
    for table in ("saved_views", "bulk_changes", "background_tasks"):
        op.drop_table(table)
