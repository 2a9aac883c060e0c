"""The herd: where animals have been, what they weighed, how fat they shall be, a photo, and when somebody last looked.

An animal's moves are read along `ix_animal_moves_animal_id`, those done together along `ix_animal_moves_batch_id`, its
weights along `uq_animal_weights_animal_id_weighed_on`, targets along `uq_herd_targets_org_id_farm_id_group_id`. Readings
of many animals are found along `ix_scans_list_animal`, a farm's latest along `ix_scans_list_farm`.

Farmers see accepted scans alone. That an animal was scanned and the image is not usable they are told by
`unusable_scans`, which gives away a time and nothing else.

Revision: 0011
Revises: 0010
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0011"
down_revision = "0010"

ORG = "org_id = (SELECT cti_org())"
SYSTEM = "(SELECT cti_role()) = 'system'"
STAFF = "(SELECT cti_role()) IN ('admin', 'technician', 'system')"
MINE = "user_id = (SELECT cti_user())"
IN_SCOPE = "((SELECT cti_all_farms()) OR farm_id IS NULL OR farm_id = ANY ((SELECT cti_farms())::uuid[]))"
OF_SEEN_GROUP = "(group_id IS NULL OR EXISTS (SELECT 1 FROM groups g WHERE g.id = herd_targets.group_id))"


def of_seen_animal(table: str) -> str:
    return f"EXISTS (SELECT 1 FROM animals a WHERE a.id = {table}.animal_id)"


# table: (who may see, change and delete a row; what a row written must satisfy)
WALLS = {
    "animal_moves": (f"{ORG} AND {of_seen_animal('animal_moves')}", ORG),
    "animal_weights": (
        f"{ORG} AND {of_seen_animal('animal_weights')}",
        f"{ORG} AND {of_seen_animal('animal_weights')}",
    ),
    "herd_targets": (f"{ORG} AND {IN_SCOPE} AND {OF_SEEN_GROUP}", f"{ORG} AND {IN_SCOPE} AND {OF_SEEN_GROUP}"),
    "herd_visits": (f"{ORG} AND {MINE}", f"{ORG} AND {MINE}"),
}
POLICIES = [
    *(
        f"{table}_{act} ON {table} AS RESTRICTIVE FOR {verb} {clause} ({STAFF})"
        for table in ("animal_moves", "animal_weights", "herd_targets")
        for act, verb, clause in (
            ("add", "INSERT", "WITH CHECK"),
            ("change", "UPDATE", "USING"),
            ("delete", "DELETE", "USING"),
        )
    )
]
GRANTS = """
GRANT SELECT, INSERT, UPDATE ON animal_moves, herd_visits TO cti_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON animal_weights, herd_targets TO cti_app;
"""
UNUSABLE = """
CREATE FUNCTION unusable_scans(animals uuid[]) RETURNS TABLE (animal_id uuid, captured_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.animal_id, max(s.captured_at) FROM scans s
  WHERE s.org_id = cti_org() AND s.animal_id = ANY (animals)
    AND (cti_all_farms() OR s.farm_id = ANY (cti_farms()))
    AND (s.review IN ('marginal', 'rejected') OR s.certainty = 'abstained')
  GROUP BY s.animal_id
$$;
"""


def upgrade() -> None:
    op.add_column("animals", sa.Column("photo_key", sa.Text(), nullable=True))
    make_moves()
    make_weights()
    make_targets()
    make_visits()
    for table, (visible, written) in WALLS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_wall ON {table} USING ({visible}) WITH CHECK ({written})")
    for policy in POLICIES:
        op.execute(f"CREATE POLICY {policy}")
    op.execute(GRANTS)
    op.execute(UNUSABLE)
    op.execute("REVOKE ALL ON FUNCTION unusable_scans(uuid[]) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION unusable_scans(uuid[]) TO cti_app")


def make_moves() -> None:
    op.create_table(
        "animal_moves",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("animal_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("from_farm_id", sa.Uuid(), nullable=True),
        sa.Column("to_farm_id", sa.Uuid(), nullable=True),
        sa.Column("from_group_id", sa.Uuid(), nullable=True),
        sa.Column("to_group_id", sa.Uuid(), nullable=True),
        sa.Column("scans", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "scans_before",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("moved_by", sa.Uuid(), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_animal_moves")),
        *_within("animal_moves", "animal_id", "animals", on_delete="CASCADE"),
        *_within("animal_moves", "from_farm_id", "farms"),
        *_within("animal_moves", "to_farm_id", "farms"),
        *_within("animal_moves", "from_group_id", "groups"),
        *_within("animal_moves", "to_group_id", "groups"),
        *_owned("animal_moves"),
        *_by("animal_moves", "moved_by"),
    )
    op.create_index(
        "ix_animal_moves_animal_id", "animal_moves", ["org_id", "animal_id", sa.literal_column("moved_at DESC")]
    )
    op.create_index("ix_animal_moves_batch_id", "animal_moves", ["org_id", "batch_id"])


def make_weights() -> None:
    op.create_table(
        "animal_weights",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("animal_id", sa.Uuid(), nullable=False),
        sa.Column("kg", sa.Numeric(6, 1), nullable=False),
        sa.Column("weighed_on", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), server_default="person", nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kg BETWEEN 1 AND 2000", name=op.f("ck_animal_weights_kg")),
        sa.CheckConstraint("source IN ('person', 'scale', 'import', 'device')", name=op.f("ck_animal_weights_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_animal_weights")),
        sa.UniqueConstraint("animal_id", "weighed_on", name=op.f("uq_animal_weights_animal_id_weighed_on")),
        *_within("animal_weights", "animal_id", "animals", on_delete="CASCADE"),
        *_owned("animal_weights"),
        *_by("animal_weights", "recorded_by"),
    )


def make_targets() -> None:
    op.create_table(
        "herd_targets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("farm_id", sa.Uuid(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("backfat_mm", sa.Numeric(4, 1), nullable=False),
        sa.Column("coming_days", sa.Integer(), nullable=False),
        sa.Column("rescan_days", sa.Integer(), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("backfat_mm BETWEEN 1 AND 40", name=op.f("ck_herd_targets_backfat_mm")),
        sa.CheckConstraint(
            "coming_days BETWEEN 1 AND 365 AND rescan_days BETWEEN 1 AND 365", name=op.f("ck_herd_targets_days")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_herd_targets")),
        sa.UniqueConstraint(
            "org_id",
            "farm_id",
            "group_id",
            name=op.f("uq_herd_targets_org_id_farm_id_group_id"),
            postgresql_nulls_not_distinct=True,
        ),
        *_within("herd_targets", "farm_id", "farms", on_delete="CASCADE"),
        *_within("herd_targets", "group_id", "groups", on_delete="CASCADE"),
        *_owned("herd_targets"),
        *_by("herd_targets", "updated_by"),
    )


def make_visits() -> None:
    op.create_table(
        "herd_visits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_herd_visits")),
        *_owned("herd_visits"),
        *_by("herd_visits", "user_id", on_delete="CASCADE"),
    )
    op.create_index("ix_herd_visits_user_id", "herd_visits", ["org_id", "user_id"])


def _owned(table: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f(f"fk_{table}_org_id_organizations"), ondelete="RESTRICT"
        )
    ]


def _by(table: str, column: str, on_delete: str = "RESTRICT") -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], ["users.id"], name=op.f(f"fk_{table}_{column}_users"), ondelete=on_delete)
    ]


def _within(table: str, column: str, target: str, on_delete: str = "RESTRICT") -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            ["org_id", column],
            [f"{target}.org_id", f"{target}.id"],
            name=op.f(f"fk_{table}_org_id_{column}_{target}"),
            ondelete=on_delete,
        )
    ]


def downgrade() -> None:
    op.execute("DROP FUNCTION unusable_scans(uuid[])")
    for table in ("herd_visits", "herd_targets", "animal_weights", "animal_moves"):
        op.drop_table(table)
    op.drop_column("animals", "photo_key")
