"""Maps: what lies in a box, in a boundary, near a point; and when a device counts as silent.

Spatial operators are not leakproof and would lose their GiST index under the wall, so these functions pass it and apply
organisation, farms and role themselves, in the wall's own words. Positions: `ix_scans_gps`; captures that belong to no
farm yet: `ix_scans_gps_unassigned`; boundaries: `ix_farm_geofences_geofence`.

Revision: 0010
Revises: 0009
"""

import sqlalchemy as sa

from alembic import op

revision = "0010"
down_revision = "0009"

DEVICE_COLUMNS = {"silent_after_h": "integer", "snoozed_until": "timestamptz", "silent_since": "timestamptz"}

DOORS = {
    # Scans in a box, gathered in cells of `cell` degrees of the Mercator plane; each by itself where `cell` is 0. A box
    # whose west is east of its east crosses the date line. At most the `most` newest are looked at. EXECUTE plans for
    # this very box and these dates: a kept plan would not know whether the index of places or that of times is better.
    "map_scans(uuid, double precision, double precision, double precision, double precision, double precision, jsonb,"
    " integer)": """
CREATE FUNCTION map_scans(org uuid, west double precision, south double precision, east double precision,
                          north double precision, cell double precision, wanted jsonb, most integer)
RETURNS TABLE (n bigint, lon double precision, lat double precision, west_most double precision,
               south_most double precision, east_most double precision, north_most double precision,
               uploaded bigint, ingested bigint, graded bigint, failed bigint, newest timestamptz, id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  wall text := '';
  boxes text := CASE WHEN west <= east THEN 's.gps && ST_MakeEnvelope($2, $3, $4, $5, 4326)'
    ELSE '(s.gps && ST_MakeEnvelope($2, $3, 180, $5, 4326) OR s.gps && ST_MakeEnvelope(-180, $3, $4, $5, 4326))' END;
BEGIN
  IF org IS DISTINCT FROM cti_org() OR cti_role() = 'anonymous' THEN RETURN; END IF;
  IF NOT cti_all_farms() THEN wall := wall || ' AND (s.farm_id = ANY ($9) OR s.operator_id = $10)'; END IF;
  IF cti_role() = 'farmer' THEN wall := wall || ' AND s.review = ''accepted'''; END IF;
  IF wanted ? 'status' THEN wall := wall || ' AND s.status = $8->>''status'''; END IF;
  IF wanted ? 'review' THEN wall := wall || ' AND s.review = $8->>''review'''; END IF;
  IF wanted ? 'farm_id' THEN wall := wall || ' AND s.farm_id = ($8->>''farm_id'')::uuid'; END IF;
  IF wanted ? 'device_id' THEN wall := wall || ' AND s.device_id = ($8->>''device_id'')::uuid'; END IF;
  IF wanted ? 'captured_from' THEN
    wall := wall || format(' AND s.captured_at >= %L::timestamptz', wanted->>'captured_from');
  END IF;
  IF wanted ? 'captured_to' THEN
    wall := wall || format(' AND s.captured_at < %L::timestamptz', wanted->>'captured_to');
  END IF;
  RETURN QUERY EXECUTE '
    SELECT count(*), avg(p.x), avg(p.y), min(p.x), min(p.y), max(p.x), max(p.y),
           count(*) FILTER (WHERE p.status = ''uploaded''), count(*) FILTER (WHERE p.status = ''ingested''),
           count(*) FILTER (WHERE p.status = ''graded''), count(*) FILTER (WHERE p.status = ''error''),
           max(p.captured_at), (array_agg(p.id ORDER BY p.captured_at DESC))[1]
    FROM (SELECT s.id, s.status, s.captured_at, ST_X(s.gps) AS x, ST_Y(s.gps) AS y FROM scans s
          WHERE s.org_id = $1 AND ' || boxes || wall || ' ORDER BY s.captured_at DESC LIMIT $7) p
    GROUP BY CASE WHEN $6 = 0 THEN p.id END, CASE WHEN $6 > 0 THEN floor(p.x / $6) END,
             CASE WHEN $6 > 0 THEN floor(degrees(ln(tan(pi() / 4 + radians(greatest(-85, least(85, p.y))) / 2))) / $6) END
    ORDER BY 12 DESC'
    USING org, west, south, east, north, cell, most, wanted, cti_farms(), cti_user();
END $$;
""",
    # How many scans lie inside an area, counted to `most`; only those of no farm where `unassigned`.
    "scans_within(uuid, geometry, boolean, integer)": """
CREATE FUNCTION scans_within(org uuid, area geometry, unassigned boolean, most integer) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  found bigint;
BEGIN
  IF org IS DISTINCT FROM cti_org() OR cti_role() NOT IN ('admin', 'system') THEN RETURN 0; END IF;
  EXECUTE 'SELECT count(*) FROM (SELECT 1 FROM scans s WHERE s.org_id = $1 AND s.gps && $2 AND ST_Covers($2, s.gps)'
    || CASE WHEN unassigned THEN ' AND s.farm_id IS NULL' ELSE '' END || ' LIMIT $3) inside'
    INTO found USING org, area, most;
  RETURN found;
END $$;
""",
    # Scans of no farm that lie outside an area, but no further from it than `metres`; the nearest first.
    "unassigned_near(uuid, geometry, double precision, integer)": """
CREATE FUNCTION unassigned_near(org uuid, area geometry, metres double precision, most integer)
RETURNS TABLE (id uuid, lon double precision, lat double precision, distance_m double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT near.id, ST_X(near.gps), ST_Y(near.gps), near.away FROM (
    SELECT s.id, s.gps, ST_Distance(s.gps::geography, area::geography) AS away FROM scans s
    WHERE s.org_id = org AND org = cti_org() AND cti_role() IN ('admin', 'system') AND s.farm_id IS NULL
      AND s.gps && ST_Envelope(ST_Buffer(ST_Envelope(area)::geography, metres)::geometry) AND NOT ST_Covers(area, s.gps)
  ) near WHERE near.away <= metres ORDER BY near.away, near.id LIMIT most
$$;
""",
    # Scans of no farm that the boundary of this farm claims; where boundaries overlap, the one drawn last does.
    "unassigned_of_farm(uuid, uuid, integer)": """
CREATE FUNCTION unassigned_of_farm(org uuid, farm uuid, most integer) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT s.id FROM farm_geofences g
  JOIN scans s ON s.org_id = org AND s.farm_id IS NULL AND s.gps && g.geofence AND ST_Covers(g.geofence, s.gps)
  WHERE g.org_id = org AND org = cti_org() AND cti_role() IN ('admin', 'system') AND g.farm_id = farm
    AND farm_at(org, ST_X(s.gps), ST_Y(s.gps)) = farm
  LIMIT most
$$;
""",
    # Farms by distance from a point, 0 for those that hold it. The index orders by degrees, so a few more are measured.
    "nearest_farms(uuid, double precision, double precision, integer)": """
CREATE FUNCTION nearest_farms(org uuid, lon double precision, lat double precision, most integer)
RETURNS TABLE (farm_id uuid, distance_m double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT near.farm_id, min(CASE WHEN ST_Covers(near.geofence, ST_SetSRID(ST_MakePoint(lon, lat), 4326)) THEN 0 ELSE
    ST_Distance(near.geofence::geography, ST_SetSRID(ST_MakePoint(lon, lat), 4326)::geography) END)
  FROM (
    SELECT g.farm_id, g.geofence FROM farm_geofences g
    WHERE g.org_id = org AND org = cti_org() AND (cti_all_farms() OR g.farm_id = ANY (cti_farms()))
    ORDER BY g.geofence <-> ST_SetSRID(ST_MakePoint(lon, lat), 4326) LIMIT most * 8
  ) near GROUP BY near.farm_id ORDER BY 2, 1 LIMIT most
$$;
""",
    # Other farms that an area reaches into, and how much ground they would share.
    "overlapping_farms(uuid, geometry, uuid)": """
CREATE FUNCTION overlapping_farms(org uuid, area geometry, farm uuid)
RETURNS TABLE (farm_id uuid, shared_m2 double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT g.farm_id, ST_Area(ST_Intersection(ST_Union(g.geofence), area)::geography) FROM farm_geofences g
  WHERE g.org_id = org AND org = cti_org() AND cti_role() IN ('admin', 'system') AND g.farm_id <> farm
    AND g.geofence && area AND ST_Intersects(g.geofence, area)
  GROUP BY g.farm_id ORDER BY 2 DESC, 1
$$;
""",
    # Devices whose mark says other than the clock does: gone silent, or heard of again.
    "silence_changes(integer)": """
CREATE FUNCTION silence_changes(most integer) RETURNS TABLE (org_id uuid, device_id uuid, silent boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT d.org_id, d.id, d.silent_since IS NULL FROM devices d JOIN organizations o ON o.id = d.org_id
  WHERE (d.silent_since IS NOT NULL) <> (
    d.disabled_at IS NULL AND d.last_seen_at IS NOT NULL AND (d.snoozed_until IS NULL OR d.snoozed_until <= now())
    AND d.last_seen_at < now() - make_interval(
      hours => COALESCE(d.silent_after_h, (o.settings->'devices'->>'silent_after_h')::integer, 24)))
  ORDER BY d.id LIMIT most
$$;
""",
}


def upgrade() -> None:
    op.execute("ALTER TABLE devices " + ", ".join(f"ADD COLUMN {name} {kind}" for name, kind in DEVICE_COLUMNS.items()))
    op.create_check_constraint(op.f("ck_devices_silent_after_h"), "devices", "silent_after_h BETWEEN 1 AND 8760")
    op.create_index(
        "ix_scans_gps_unassigned",
        "scans",
        ["gps"],
        postgresql_using="gist",
        postgresql_where=sa.text("farm_id IS NULL"),
    )
    for signature, body in DOORS.items():
        op.execute(body)
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO cti_app")


def downgrade() -> None:
    for signature in reversed(DOORS):
        op.execute(f"DROP FUNCTION {signature}")
    op.drop_index("ix_scans_gps_unassigned", table_name="scans")
    op.execute("ALTER TABLE devices " + ", ".join(f"DROP COLUMN {name}" for name in DEVICE_COLUMNS))
