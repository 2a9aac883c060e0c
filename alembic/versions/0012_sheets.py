"""What is read from and written to sheets: scanning days, imported files, merged duplicates.

Sessions are listed along `ix_scan_sessions_org_id_held_on`, their sheet along `ix_session_entries_session_id_position`,
the rows of a file along `ix_import_rows_import_id_number` and, narrowed to one fate, `ix_import_rows_import_id_fate`.
Whether a transponder is in use on a farm out of the asker's sight is told by a definer function, and nothing else.

Revision: 0012
Revises: 0011
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0012"
down_revision = "0011"

ORG = "org_id = (SELECT cti_org())"
ADMIN = "(SELECT cti_role()) IN ('admin', 'system')"
STAFF = "(SELECT cti_role()) IN ('admin', 'technician', 'system')"
IN_SCOPE = "((SELECT cti_all_farms()) OR farm_id = ANY ((SELECT cti_farms())::uuid[]))"
OF_ASKER = f"({ADMIN} OR created_by = (SELECT cti_user()))"


def of(parent: str, table: str, column: str) -> str:
    return f"EXISTS (SELECT 1 FROM {parent} p WHERE p.id = {table}.{column})"


# table: who may see and write a row. What hangs on a session or a file is seen and written with it.
WALLS = {
    "scan_sessions": f"{ORG} AND {STAFF} AND {IN_SCOPE}",
    "session_entries": f"{ORG} AND {of('scan_sessions', 'session_entries', 'session_id')}",
    "session_captures": f"{ORG} AND {of('scan_sessions', 'session_captures', 'session_id')}",
    "imports": f"{ORG} AND {STAFF} AND {OF_ASKER}",
    "import_rows": f"{ORG} AND {of('imports', 'import_rows', 'import_id')}",
    "animal_merges": f"{ORG} AND {STAFF} AND {IN_SCOPE}",
}

TAKEN_RFIDS = """
CREATE FUNCTION taken_rfids(wanted text[]) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT a.rfid FROM animals a WHERE a.org_id = cti_org() AND a.rfid = ANY (wanted)
$$;
"""


def upgrade() -> None:
    op.create_table(
        "scan_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("farm_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("span_days", sa.Integer(), server_default=sa.text("3"), nullable=False),
        sa.Column("weight_days", sa.Integer(), server_default=sa.text("7"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('open', 'closed')", name=op.f("ck_scan_sessions_status")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_scan_sessions_created_by_users"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "farm_id"],
            ["farms.org_id", "farms.id"],
            name=op.f("fk_scan_sessions_org_id_farm_id_farms"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_scan_sessions_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_sessions")),
        sa.UniqueConstraint("org_id", "id", name=op.f("uq_scan_sessions_org_id_id")),
    )
    op.create_index(
        "ix_scan_sessions_org_id_held_on",
        "scan_sessions",
        ["org_id", sa.literal_column("held_on DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "session_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("animal_id", sa.Uuid(), nullable=True),
        sa.Column("tag_id", sa.Text(), nullable=True),
        sa.Column("rfid", sa.Text(), nullable=True),
        sa.Column("tattoo", sa.Text(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("weight_kg", sa.Numeric(precision=6, scale=1), nullable=True),
        sa.Column("weighed_on", sa.Date(), nullable=True),
        sa.Column("group_code", sa.Text(), nullable=True),
        sa.Column("diet_code", sa.Text(), nullable=True),
        sa.Column("remarks", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "animal_id"],
            ["animals.org_id", "animals.id"],
            name=op.f("fk_session_entries_org_id_animal_id_animals"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "session_id"],
            ["scan_sessions.org_id", "scan_sessions.id"],
            name=op.f("fk_session_entries_org_id_session_id_scan_sessions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_session_entries_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_entries")),
        sa.UniqueConstraint("org_id", "id", name=op.f("uq_session_entries_org_id_id")),
    )
    op.create_index("ix_session_entries_animal_id", "session_entries", ["animal_id"], unique=False)
    op.create_index(
        "ix_session_entries_session_id_position", "session_entries", ["session_id", "position"], unique=False
    )
    op.create_table(
        "session_captures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("scan_id", sa.Uuid(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("how IN ('rfid', 'tag', 'order', 'person')", name=op.f("ck_session_captures_how")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_session_captures_created_by_users"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "entry_id"],
            ["session_entries.org_id", "session_entries.id"],
            name=op.f("fk_session_captures_org_id_entry_id_session_entries"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "session_id"],
            ["scan_sessions.org_id", "scan_sessions.id"],
            name=op.f("fk_session_captures_org_id_session_id_scan_sessions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_session_captures_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["scans.id"], name=op.f("fk_session_captures_scan_id_scans"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_captures")),
        sa.UniqueConstraint(
            "session_id",
            "scan_id",
            name=op.f("uq_session_captures_session_id_scan_id"),
            deferrable=True,
            initially="DEFERRED",
        ),
    )
    op.create_index("ix_session_captures_entry_id", "session_captures", ["entry_id"], unique=False)
    op.create_index("ix_session_captures_scan_id", "session_captures", ["scan_id"], unique=False)
    op.create_table(
        "imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("farm_id", sa.Uuid(), nullable=True),
        sa.Column("scan_session_id", sa.Uuid(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("written_as", sa.Text(), nullable=False),
        sa.Column("day_first", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("columns", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("counts", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("status", sa.Text(), server_default="draft", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('animals', 'barn_sheet')", name=op.f("ck_imports_kind")),
        sa.CheckConstraint(
            "status IN ('draft', 'running', 'done', 'undoing', 'undone', 'failed')", name=op.f("ck_imports_status")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_imports_created_by_users"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "farm_id"],
            ["farms.org_id", "farms.id"],
            name=op.f("fk_imports_org_id_farm_id_farms"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "scan_session_id"],
            ["scan_sessions.org_id", "scan_sessions.id"],
            name=op.f("fk_imports_org_id_scan_session_id_scan_sessions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_imports_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
        sa.UniqueConstraint("org_id", "id", name=op.f("uq_imports_org_id_id")),
    )
    op.create_index(
        "ix_imports_org_id_created_at",
        "imports",
        ["org_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "import_rows",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("given", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("fate", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("changes", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("animal_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "fate IN ('new', 'changed', 'same', 'refused', 'doubled', 'elsewhere')", name=op.f("ck_import_rows_fate")
        ),
        sa.CheckConstraint("outcome IN ('done', 'refused', 'undone', 'kept')", name=op.f("ck_import_rows_outcome")),
        sa.ForeignKeyConstraint(
            ["org_id", "import_id"],
            ["imports.org_id", "imports.id"],
            name=op.f("fk_import_rows_org_id_import_id_imports"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_import_rows_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_rows")),
    )
    op.create_index("ix_import_rows_import_id_fate", "import_rows", ["import_id", "fate", "number"], unique=False)
    op.create_index("ix_import_rows_import_id_number", "import_rows", ["import_id", "number"], unique=False)
    op.create_table(
        "animal_merges",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("farm_id", sa.Uuid(), nullable=True),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("gone_id", sa.Uuid(), nullable=False),
        sa.Column("gone", postgresql.JSONB(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("moved", postgresql.JSONB(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "farm_id"],
            ["farms.org_id", "farms.id"],
            name=op.f("fk_animal_merges_org_id_farm_id_farms"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_animal_merges_created_by_users"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_animal_merges_org_id_organizations"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_animal_merges")),
    )
    op.create_index(
        "ix_animal_merges_org_id_created_at",
        "animal_merges",
        ["org_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    for table, wall in WALLS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_wall ON {table} USING ({wall}) WITH CHECK ({wall})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO cti_app")
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO cti_app")
    op.execute(TAKEN_RFIDS)
    op.execute("REVOKE ALL ON FUNCTION taken_rfids(text[]) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION taken_rfids(text[]) TO cti_app")


def downgrade() -> None:
    op.execute("DROP FUNCTION taken_rfids(text[])")
    for table in ("import_rows", "imports", "session_captures", "session_entries", "scan_sessions", "animal_merges"):
        op.drop_table(table)
