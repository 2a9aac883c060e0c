"""Reviews by trait: what is judged of ribeye and backfat, every reading of it, and the keys a reader chose.

`scans.review` is derived from the two traits by a trigger, so that whoever writes a trait need not know the rule, and
whoever writes the whole judges both. Scans judged before are judged in both traits alike.

The readers' queue reads the oldest scan of a farm along `ix_scans_judge_farm`, of a device and a day's session along
`ix_scans_judge_device`, marginal ones along `ix_scans_judge_second`; they hold only what waits. Readings of a scan are
read along `ix_scan_readings_scan_id`, a reader's pace along `ix_scan_readings_of_reader`, reliability along
`ix_scan_readings_org_id_created_at`. `ix_scan_readings_first` and `ix_scan_readings_result` let a scan go quickly.

Revision: 0009
Revises: 0008
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0009"
down_revision = "0008"

STANDINGS = "'unreviewed', 'accepted', 'marginal', 'rejected'"
VERDICTS = "'accepted', 'marginal', 'rejected'"
REASONS = (
    "'edge_cut', 'no_contact', 'wrong_site', 'shadow', 'motion', 'wrong_setting', 'brightness', 'unclear_outline',"
    " 'dirt', 'readers_differ'"
)
CHECKS = {
    "trait": "trait IN ('rea', 'backfat')",
    "kind": "kind IN ('first', 'second', 'repeat')",
    "verdict": f"verdict IN ({VERDICTS})",
    "review_before": f"review_before IN ({STANDINGS})",
    "reasons": f"reasons <@ ARRAY[{REASONS}]::text[]",
}
TRAITS = ("rea_review", "backfat_review")
WAITING = "status = 'graded' AND (rea_review = '{0}' OR backfat_review = '{0}')"
# name: (column the queue is narrowed by, what waits, columns beside the key)
QUEUES = {
    "farm": ("farm_id", "unreviewed", ["device_id"]),
    "device": ("device_id", "unreviewed", ["farm_id"]),
    "second": (None, "marginal", ["farm_id", "device_id"]),
}

ORG = "org_id = (SELECT cti_org())"
STAFF = "(SELECT cti_role()) IN ('admin', 'technician', 'system')"
OWN_NAME = "((SELECT cti_role()) = 'system' OR reader_id = (SELECT cti_user()))"
VISIBLE_SCAN = "EXISTS (SELECT 1 FROM scans s WHERE s.id = scan_readings.scan_id)"
POLICIES = (
    f"scan_readings_wall ON scan_readings USING ({ORG} AND {VISIBLE_SCAN}) WITH CHECK ({ORG})",
    f"scan_readings_see ON scan_readings AS RESTRICTIVE FOR SELECT USING ({STAFF})",
    f"scan_readings_add ON scan_readings AS RESTRICTIVE FOR INSERT WITH CHECK ({STAFF} AND {OWN_NAME})",
)
# A reading is taken back, never rewritten.
GRANTS = "GRANT SELECT, INSERT, UPDATE (taken_back_at) ON scan_readings TO cti_app"

DERIVE = """
CREATE FUNCTION derive_scan_review() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE traits_stay boolean;
BEGIN
  IF TG_OP = 'INSERT' THEN
    traits_stay := NEW.rea_review = 'unreviewed' AND NEW.backfat_review = 'unreviewed';
  ELSE
    traits_stay := NEW.rea_review = OLD.rea_review AND NEW.backfat_review = OLD.backfat_review;
    IF traits_stay AND NEW.review = OLD.review THEN RETURN NEW; END IF;
  END IF;
  IF traits_stay THEN
    NEW.rea_review := NEW.review;
    NEW.backfat_review := NEW.review;
  END IF;
  NEW.review := CASE
    WHEN 'marginal' IN (NEW.rea_review, NEW.backfat_review) THEN 'marginal'
    WHEN 'accepted' IN (NEW.rea_review, NEW.backfat_review) THEN 'accepted'
    WHEN NEW.rea_review = 'rejected' AND NEW.backfat_review = 'rejected' THEN 'rejected'
    ELSE 'unreviewed'
  END;
  RETURN NEW;
END $$;
CREATE TRIGGER scans_review_added BEFORE INSERT ON scans FOR EACH ROW
  WHEN (NEW.review <> 'unreviewed' OR NEW.rea_review <> 'unreviewed' OR NEW.backfat_review <> 'unreviewed')
  EXECUTE FUNCTION derive_scan_review();
CREATE TRIGGER scans_review_changed BEFORE UPDATE OF review, rea_review, backfat_review ON scans FOR EACH ROW
  EXECUTE FUNCTION derive_scan_review();
"""


def upgrade() -> None:
    op.execute(
        "ALTER TABLE scans " + ", ".join(f"ADD COLUMN {name} text NOT NULL DEFAULT 'unreviewed'" for name in TRAITS)
    )
    # The totals count the whole's review, which stays as it is.
    op.execute("ALTER TABLE scans DISABLE TRIGGER scans_changed")
    op.execute("UPDATE scans SET rea_review = review, backfat_review = review WHERE review <> 'unreviewed'")
    op.execute("ALTER TABLE scans ENABLE TRIGGER scans_changed")
    for name in TRAITS:
        op.create_check_constraint(op.f(f"ck_scans_{name}"), "scans", f"{name} IN ({STANDINGS})")
    op.execute(DERIVE)
    for name, (column, standing, include) in QUEUES.items():
        op.create_index(
            f"ix_scans_judge_{name}",
            "scans",
            ["org_id", *([column] if column else []), "captured_at", "id"],
            postgresql_include=include,
            postgresql_where=sa.text(WAITING.format(standing)),
        )
    make_readings()
    op.add_column("users", sa.Column("review_keys", postgresql.JSONB(astext_type=sa.Text()), nullable=True))


def make_readings() -> None:
    op.create_table(
        "scan_readings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("scan_id", sa.Uuid(), nullable=False),
        sa.Column("judgement_id", sa.Uuid(), nullable=False),
        sa.Column("trait", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="first", nullable=False),
        sa.Column("first_id", sa.Uuid(), nullable=True),
        sa.Column("reader_id", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=True),
        sa.Column("rea_cm2", sa.Numeric(precision=8, scale=3), nullable=True),
        sa.Column("backfat_mm", sa.Numeric(precision=8, scale=3), nullable=True),
        sa.Column("review_before", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        *(sa.CheckConstraint(check, name=op.f(f"ck_scan_readings_{name}")) for name, check in CHECKS.items()),
        *(
            sa.ForeignKeyConstraint(
                ["org_id", column],
                [f"{table}.org_id", f"{table}.id"],
                name=op.f(f"fk_scan_readings_org_id_{column}_{table}"),
                ondelete="CASCADE",
            )
            for column, table in (("first_id", "scan_readings"), ("result_id", "grading_results"))
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_scan_readings_{column}_{table}"), ondelete=ondelete
            )
            for column, table, ondelete in (
                ("org_id", "organizations", "RESTRICT"),
                ("reader_id", "users", "RESTRICT"),
                ("scan_id", "scans", "CASCADE"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_readings")),
        sa.UniqueConstraint("org_id", "id", name=op.f("uq_scan_readings_org_id_id")),
    )
    op.create_index("ix_scan_readings_scan_id", "scan_readings", ["scan_id", "created_at"])
    newest_first = sa.literal_column("created_at DESC")
    op.create_index("ix_scan_readings_of_reader", "scan_readings", ["org_id", "reader_id", newest_first])
    op.create_index("ix_scan_readings_org_id_created_at", "scan_readings", ["org_id", newest_first])
    for name in ("first", "result"):
        op.create_index(
            f"ix_scan_readings_{name}",
            "scan_readings",
            ["org_id", f"{name}_id"],
            postgresql_where=sa.text(f"{name}_id IS NOT NULL"),
        )
    op.execute("ALTER TABLE scan_readings ENABLE ROW LEVEL SECURITY")
    for policy in POLICIES:
        op.execute(f"CREATE POLICY {policy}")
    op.execute(GRANTS)


def downgrade() -> None:
    op.drop_column("users", "review_keys")
    op.drop_table("scan_readings")
    for name in QUEUES:
        op.drop_index(f"ix_scans_judge_{name}", table_name="scans")
    for trigger in ("scans_review_changed", "scans_review_added"):
        op.execute(f"DROP TRIGGER {trigger} ON scans")
    op.execute("DROP FUNCTION derive_scan_review()")
    for name in TRAITS:
        op.drop_column("scans", name)
