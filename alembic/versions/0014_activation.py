"""Codes that let devices register themselves.

`device_activations` holds them as hashes. A device that shows one belongs nowhere yet: a definer function tells which
organisation a code is of, and nothing else. The codes of an organisation are listed along
`ix_device_activations_org_id_created_at`.

Revision: 0014
Revises: 0013
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0014"
down_revision = "0013"

WALL = "org_id = (SELECT cti_org()) AND (SELECT cti_role()) IN ('admin', 'system')"
ACTIVATION = """
CREATE FUNCTION device_activation(sha256 text) RETURNS TABLE (activation_id uuid, org_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT a.id, a.org_id FROM device_activations a WHERE a.code_sha256 = sha256
$$;
"""


def upgrade() -> None:
    op.create_table(
        "device_activations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("code_sha256", postgresql.CHAR(length=64), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("farm_id", sa.Uuid(), nullable=True),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("slots BETWEEN 1 AND 1000", name=op.f("ck_device_activations_slots")),
        sa.CheckConstraint("used BETWEEN 0 AND slots", name=op.f("ck_device_activations_used")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_device_activations_created_by_users"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "farm_id"],
            ["farms.org_id", "farms.id"],
            name=op.f("fk_device_activations_org_id_farm_id_farms"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["org_id"],
            ["organizations.id"],
            name=op.f("fk_device_activations_org_id_organizations"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_activations")),
        sa.UniqueConstraint("code_sha256", name=op.f("uq_device_activations_code_sha256")),
    )
    op.create_index(
        "ix_device_activations_org_id_created_at",
        "device_activations",
        ["org_id", sa.literal_column("created_at DESC")],
        unique=False,
    )
    op.execute("ALTER TABLE device_activations ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY device_activations_wall ON device_activations USING ({WALL}) WITH CHECK ({WALL})")
    op.execute("GRANT SELECT, INSERT, UPDATE ON device_activations TO cti_app")
    op.execute(ACTIVATION)
    op.execute("REVOKE ALL ON FUNCTION device_activation(text) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION device_activation(text) TO cti_app")


def downgrade() -> None:
    op.execute("DROP FUNCTION device_activation(text)")
    op.drop_table("device_activations")
