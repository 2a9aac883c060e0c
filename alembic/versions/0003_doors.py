"""Doors through the wall: SECURITY DEFINER functions for what happens before the organisation is known.

Each does one narrow thing, fixes its search path, and is granted to `cti_app` alone.

Revision: 0003
Revises: 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"

DOORS = {
    # A device's first words: who is it, whose is it? Makes it in the default organisation on first contact, and binds
    # the rest of the transaction to its organisation. `seen_at` is when it was last heard of, null on first contact.
    "ingest_device(text, uuid)": """
CREATE FUNCTION ingest_device(code text, fresh_id uuid)
RETURNS TABLE (device_id uuid, org_id uuid, farm_id uuid, disabled boolean, registered boolean, seen_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
  SELECT d.id, d.org_id, d.farm_id, d.disabled_at IS NOT NULL, d.registered, d.last_seen_at
    INTO device_id, org_id, farm_id, disabled, registered, seen_at FROM devices d WHERE d.device_code = code;
  IF NOT FOUND THEN
    INSERT INTO devices (id, org_id, device_code, registered, s3_prefix_hint)
      SELECT fresh_id, o.id, code, false, 'raw/' || code || '/' FROM organizations o WHERE o.is_default
      ON CONFLICT ON CONSTRAINT uq_devices_device_code DO UPDATE SET device_code = excluded.device_code
      RETURNING id, devices.org_id, devices.farm_id, disabled_at IS NOT NULL, devices.registered, last_seen_at
      INTO device_id, org_id, farm_id, disabled, registered, seen_at;
  END IF;
  IF device_id IS NULL THEN RETURN; END IF;
  PERFORM set_config('app.org_id', org_id::text, true), set_config('app.role', 'system', true),
          set_config('app.farms', '*', true);
  RETURN NEXT;
END $$;
""",
    # Whose refused delivery is this? Makes nothing: what a refused sender claims to be need not exist.
    "device_by_code(text)": """
CREATE FUNCTION device_by_code(code text) RETURNS TABLE (device_id uuid, org_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT d.id, d.org_id FROM devices d WHERE d.device_code = code
$$;
""",
    "device_by_key(text)": """
CREATE FUNCTION device_by_key(sha256 text)
RETURNS TABLE (key_id uuid, device_id uuid, device_code text, org_id uuid, farm_id uuid, disabled boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT k.id, d.id, d.device_code, d.org_id, d.farm_id, d.disabled_at IS NOT NULL
  FROM device_keys k JOIN devices d ON d.id = k.device_id
  WHERE k.key_sha256 = sha256 AND k.revoked_at IS NULL
$$;
""",
    # One worker at a time: the lease is `due_at` in the future, the fence is (lease_by, attempts).
    "claim_scan(uuid, text, integer)": """
CREATE FUNCTION claim_scan(scan uuid, worker text, lease_s integer)
RETURNS TABLE (org_id uuid, attempts integer, status text, kind text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE scans s SET due_at = now() + make_interval(secs => lease_s), lease_by = worker, attempts = s.attempts + 1,
                     updated_at = now()
  WHERE s.id = (SELECT c.id FROM scans c WHERE c.id = scan AND c.due_at <= now() FOR UPDATE SKIP LOCKED)
  RETURNING s.org_id, s.attempts, s.status, s.kind
$$;
""",
    "due_scans(integer)": """
CREATE FUNCTION due_scans(most integer) RETURNS TABLE (id uuid, org_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.id, s.org_id FROM scans s WHERE s.due_at <= now() ORDER BY s.due_at LIMIT most
$$;
""",
    "overdue_scans()": """
CREATE FUNCTION overdue_scans() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT count(*) FROM (SELECT 1 FROM scans WHERE due_at <= now() LIMIT 100000) due
$$;
""",
    "scan_org(uuid)": """
CREATE FUNCTION scan_org(scan uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT org_id FROM scans WHERE id = scan $$;
""",
    # Spatial operators are not leakproof and would lose their index under the wall: the organisation is applied here.
    "farm_at(uuid, double precision, double precision)": """
CREATE FUNCTION farm_at(org uuid, lon double precision, lat double precision) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT farm_id FROM (
    SELECT g.farm_id, g.created_at FROM farm_geofences g
      WHERE g.org_id = org AND org = cti_org() AND ST_Covers(g.geofence, ST_SetSRID(ST_MakePoint(lon, lat), 4326))
    UNION ALL
    SELECT f.id, '-infinity'::timestamptz FROM farms f
      WHERE f.org_id = org AND org = cti_org() AND ST_Covers(f.geofence, ST_SetSRID(ST_MakePoint(lon, lat), 4326))
  ) hits ORDER BY created_at DESC, farm_id LIMIT 1
$$;
""",
    "scan_totals_by_status()": """
CREATE FUNCTION scan_totals_by_status() RETURNS TABLE (status text, n bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT t.status, sum(t.n)::bigint FROM scan_totals t GROUP BY t.status
$$;
""",
}


def upgrade() -> None:
    for signature, body in DOORS.items():
        op.execute(body)
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO cti_app")


def downgrade() -> None:
    for signature in DOORS:
        op.execute(f"DROP FUNCTION {signature}")
