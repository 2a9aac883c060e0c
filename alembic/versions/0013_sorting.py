"""The list of scans in the order of a measure.

An index for each: `ix_scans_list_rea`, `ix_scans_list_backfat`, `ix_scans_list_confidence`. They hold the scans that have
the measure, with every filtered column beside the key, so that a walk over any filters reads the index alone; scans
without it come last and are found by `ix_scans_list_all`. A capture that nothing is known of yet costs them nothing.

Revision: 0013
Revises: 0012
"""

import sqlalchemy as sa

from alembic import op

revision = "0013"
down_revision = "0012"

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
    "certainty",
    "clarity",
    "usability",
    "agreement",
]
MEASURES = {"rea": "rea_cm2", "backfat": "backfat_mm", "confidence": "confidence"}


def upgrade() -> None:
    for name, column in MEASURES.items():
        others = [one for one in MEASURES.values() if one != column]
        op.create_index(
            f"ix_scans_list_{name}",
            "scans",
            ["org_id", sa.literal_column(f"{column} DESC"), sa.literal_column("id DESC")],
            postgresql_include=[*FILTERED, *others, "capture_id", "captured_at"],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )


def downgrade() -> None:
    for name in MEASURES:
        op.drop_index(f"ix_scans_list_{name}", table_name="scans")
