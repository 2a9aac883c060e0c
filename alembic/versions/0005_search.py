"""How lists and searches read: keys of an organisation's scans, and the middle of a text.

`scan_keys` is where a list finds which scans to show. The wall on `scans` drops what the asker may not see before any
bound can count it, so a bounded walk there has no bound; this view is walled by organisation alone, holds nothing but
keys and filters, and every row that is shown is read again from `scans`. (As a security barrier it would not hand its
order on, and every page would sort the organisation.) Trigram operators are not leakproof, so the
wall would keep them from their indexes: the functions pass it and apply the organisation themselves. Fewer than four
characters search beginnings only. Capture ids, labels: `ix_scans_search`; tags, RFIDs: `ix_animals_search`.

Revision: 0005
Revises: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"

KEYS = """
CREATE VIEW scan_keys AS
  SELECT id, org_id, captured_at, created_at, status, review, kind, farm_id, device_id, group_id, animal_id,
         operator_id, label, graded_by, capture_id
  FROM scans WHERE org_id = (SELECT cti_org());
GRANT SELECT ON scan_keys TO cti_app;
"""

DOORS = {
    # What LIKE takes for wildcards, in a text that people typed.
    "cti_middle(text)": r"""
CREATE FUNCTION cti_middle(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT '%' || regexp_replace(words, '([\\%_])', '\\\1', 'g') || '%' $$;
""",
    # EXECUTE plans for these very words; a kept plan would know nothing of how common they are.
    "find_scans(uuid, text, integer)": """
CREATE FUNCTION find_scans(org uuid, words text, most integer) RETURNS TABLE (id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF org IS DISTINCT FROM cti_org() OR length(words) < 4 THEN RETURN; END IF;
  RETURN QUERY EXECUTE '
    SELECT s.id FROM scans s WHERE s.org_id = $1 AND (s.capture_id ILIKE $2 OR s.label ILIKE $2) LIMIT $3'
    USING org, cti_middle(words), most;
END $$;
""",
    # Words made of pieces that many scans contain would be gathered for hundreds of milliseconds: ask before. The
    # statistics are a sample of all texts; the rarest piece decides how much the index has to look at.
    "scans_to_search(text)": """
CREATE FUNCTION scans_to_search(words text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH piece AS (
    SELECT DISTINCT substr(lower(words), at, 3) AS said FROM generate_series(1, length(words) - 2) at
  ), sampled AS (
    SELECT s.attname, lower(known.text) AS text, known.share
    FROM pg_stats s, unnest(s.most_common_vals::text::text[], s.most_common_freqs) AS known (text, share)
    WHERE s.schemaname = 'public' AND s.tablename = 'scans' AND s.attname IN ('capture_id', 'label')
    UNION ALL
    SELECT s.attname, lower(bound), (1 - s.null_frac - COALESCE((SELECT sum(f) FROM unnest(s.most_common_freqs) f), 0))
             / cardinality(s.histogram_bounds::text::text[])
    FROM pg_stats s, unnest(s.histogram_bounds::text::text[]) AS bound
    WHERE s.schemaname = 'public' AND s.tablename = 'scans' AND s.attname IN ('capture_id', 'label')
  ), found AS (
    SELECT p.said, s.attname, sum(s.share) FILTER (WHERE strpos(s.text, p.said) > 0) AS share
    FROM piece p CROSS JOIN sampled s GROUP BY 1, 2
  )
  SELECT (max(rarest) * (SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = 'scans'::regclass))::bigint
  FROM (SELECT attname, min(COALESCE(share, 0)) AS rarest FROM found GROUP BY 1) by_column
$$;
""",
    # How many scans of all organisations hold a value, if it is one of the hundred commonest of its column; else 0.
    "scans_holding(text, text)": """
CREATE FUNCTION scans_holding(attribute text, value text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT (COALESCE(max(known.share), 0) * (SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = 'scans'::regclass))::bigint
  FROM pg_stats s, unnest(s.most_common_vals::text::text[], s.most_common_freqs) AS known (text, share)
  WHERE s.schemaname = 'public' AND s.tablename = 'scans' AND s.attname = attribute AND known.text = value
$$;
""",
    "find_animals(uuid, text, integer)": """
CREATE FUNCTION find_animals(org uuid, words text, most integer) RETURNS TABLE (id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF org IS DISTINCT FROM cti_org() THEN RETURN; END IF;
  IF length(words) < 4 THEN
    RETURN QUERY EXECUTE '
      SELECT a.id FROM animals a WHERE a.org_id = $1 AND a.tag_id COLLATE "C" ^@ $2
        AND ($4 OR a.farm_id = ANY ($5)) ORDER BY a.tag_id COLLATE "C", a.id LIMIT $3'
      USING org, words, most, cti_all_farms(), cti_farms();
  ELSE
    RETURN QUERY EXECUTE '
      SELECT a.id FROM animals a WHERE a.org_id = $1 AND (a.tag_id ILIKE $2 OR a.rfid ILIKE $2)
        AND ($4 OR a.farm_id = ANY ($5)) LIMIT $3'
      USING org, cti_middle(words), most, cti_all_farms(), cti_farms();
  END IF;
END $$;
""",
}


def upgrade() -> None:
    op.execute(KEYS)
    for signature, body in DOORS.items():
        op.execute(body)
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO cti_app")


def downgrade() -> None:
    op.execute("DROP VIEW scan_keys")
    for signature in reversed(DOORS):
        op.execute(f"DROP FUNCTION {signature}")
