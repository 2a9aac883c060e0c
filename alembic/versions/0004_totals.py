"""Counts without counting: a trigger appends a delta for each scan written, `fold_scan_totals` sums them up.

Appending never waits for another transaction, so a burst of captures does not queue on one counter row.

Revision: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"

TRIGGER = """
CREATE FUNCTION count_scans() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO scan_totals (org_id, farm_id, status, review, n)
      SELECT org_id, farm_id, status, review, count(*) FROM added GROUP BY 1, 2, 3, 4;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO scan_totals (org_id, farm_id, status, review, n)
      SELECT org_id, farm_id, status, review, -count(*) FROM gone GROUP BY 1, 2, 3, 4;
  ELSE
    INSERT INTO scan_totals (org_id, farm_id, status, review, n)
      SELECT org_id, farm_id, status, review, sum(n) FROM (
        SELECT org_id, farm_id, status, review, 1 AS n FROM added
        UNION ALL SELECT org_id, farm_id, status, review, -1 FROM gone
      ) change GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER scans_added AFTER INSERT ON scans REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION count_scans();
CREATE TRIGGER scans_changed AFTER UPDATE ON scans REFERENCING NEW TABLE AS added OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION count_scans();
CREATE TRIGGER scans_gone AFTER DELETE ON scans REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION count_scans();

CREATE FUNCTION fold_scan_totals() RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH taken AS (
    DELETE FROM scan_totals WHERE id IN (SELECT id FROM scan_totals ORDER BY id FOR UPDATE SKIP LOCKED)
    RETURNING org_id, farm_id, status, review, n
  ), folded AS (
    INSERT INTO scan_totals (org_id, farm_id, status, review, n)
      SELECT org_id, farm_id, status, review, sum(n) FROM taken GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0
    RETURNING 1
  ) SELECT count(*) FROM taken
$$;
REVOKE ALL ON FUNCTION fold_scan_totals() FROM PUBLIC;
REVOKE ALL ON FUNCTION count_scans() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fold_scan_totals() TO cti_app;
"""


def upgrade() -> None:
    op.execute(TRIGGER)


def downgrade() -> None:
    for trigger in ("scans_added", "scans_changed", "scans_gone"):
        op.execute(f"DROP TRIGGER {trigger} ON scans")
    op.execute("DROP FUNCTION fold_scan_totals()")
    op.execute("DROP FUNCTION count_scans()")
