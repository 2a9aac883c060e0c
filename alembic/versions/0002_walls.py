"""The second wall between tenants: row-level security on every table that belongs to an organisation.

The application's role `cti_app` owns nothing and cannot bypass these policies. What they read is set by each unit of
work for its own transaction (`app.org_id`, `app.user_id`, `app.role`, `app.farms`, `app.platform`). The functions are
wrapped in sub-selects so that PostgreSQL evaluates them once a statement, not once a row.

Each table has one wall that says who sees a row, and, where seeing is not enough to write, a restrictive policy for the
act (ACTS). What nobody may do by hand, such as rewriting history, the role is not granted at all (REFUSED).

Revision: 0002
Revises: 0001
"""

from collections.abc import Iterator

from alembic import op

revision = "0002"
down_revision = "0001"

FUNCTIONS = """
CREATE FUNCTION cti_org() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT NULLIF(current_setting('app.org_id', true), '')::uuid $$;
CREATE FUNCTION cti_user() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT NULLIF(current_setting('app.user_id', true), '')::uuid $$;
CREATE FUNCTION cti_role() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT COALESCE(NULLIF(current_setting('app.role', true), ''), 'anonymous') $$;
CREATE FUNCTION cti_all_farms() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT COALESCE(current_setting('app.farms', true), '') = '*' $$;
CREATE FUNCTION cti_farms() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT CASE WHEN COALESCE(current_setting('app.farms', true), '') IN ('', '*') THEN '{}'::uuid[]
                    ELSE current_setting('app.farms', true)::uuid[] END $$;
CREATE FUNCTION cti_platform() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT COALESCE(current_setting('app.platform', true), '') = 'on' $$;
"""

ORG = "org_id = (SELECT cti_org())"
SYSTEM = "(SELECT cti_role()) = 'system'"
ADMIN = "(SELECT cti_role()) IN ('admin', 'system')"
STAFF = "(SELECT cti_role()) IN ('admin', 'technician', 'system')"
PLATFORM = "(SELECT cti_platform())"
ACCEPTED_FOR_FARMERS = "((SELECT cti_role()) <> 'farmer' OR review = 'accepted')"
MINE = "user_id = (SELECT cti_user())"


def in_scope(column: str) -> str:
    return f"((SELECT cti_all_farms()) OR {column} = ANY ((SELECT cti_farms())::uuid[]))"


def of_visible_scan(table: str) -> str:
    return f"EXISTS (SELECT 1 FROM scans s WHERE s.id = {table}.scan_id)"


# table: (who may see, change and delete a row; what a row written must satisfy)
TENANT_TABLES = {
    "farms": (f"{ORG} AND {in_scope('id')}", ORG),
    "farm_geofences": (f"{ORG} AND {in_scope('farm_id')}", ORG),
    "groups": (f"{ORG} AND {in_scope('farm_id')}", f"{ORG} AND {in_scope('farm_id')}"),
    "animals": (f"{ORG} AND {in_scope('farm_id')}", f"{ORG} AND {in_scope('farm_id')}"),
    "devices": (f"{ORG} AND {in_scope('farm_id')}", ORG),
    "device_keys": (f"{ORG} AND {ADMIN}", f"{ORG} AND {ADMIN}"),
    "scans": (
        f"{ORG} AND ({in_scope('farm_id')} OR operator_id = (SELECT cti_user())) AND {ACCEPTED_FOR_FARMERS}",
        ORG,
    ),
    "scan_events": (f"{ORG} AND {of_visible_scan('scan_events')}", ORG),
    "assets": (f"{ORG} AND {of_visible_scan('assets')}", ORG),
    "grading_results": (f"{ORG} AND {of_visible_scan('grading_results')}", ORG),
    "scan_totals": (f"{ORG} AND {in_scope('farm_id')}", ORG),
    "ingestion_log": (
        f"({ORG} AND {ADMIN}) OR (org_id IS NULL AND ({SYSTEM} OR {PLATFORM}))",
        f"{SYSTEM} OR ({ORG} AND {ADMIN})",
    ),
    "quarantine": (
        f"({ORG} AND {ADMIN}) OR (org_id IS NULL AND ({SYSTEM} OR {PLATFORM}))",
        f"{SYSTEM} OR ({ORG} AND {ADMIN}) OR (org_id IS NULL AND {PLATFORM})",
    ),
    "notifications": (f"{ORG} AND ({MINE} OR {SYSTEM})", ORG),
    "memberships": (f"{SYSTEM} OR {ORG} OR {MINE}", f"{SYSTEM} OR ({ORG} AND {ADMIN})"),
    "membership_farms": (
        f"{SYSTEM} OR {ORG} OR EXISTS (SELECT 1 FROM memberships m WHERE m.id = membership_farms.membership_id)",
        f"{SYSTEM} OR ({ORG} AND {ADMIN})",
    ),
    "access_requests": (f"{SYSTEM} OR ({ORG} AND {ADMIN}) OR {MINE}", f"{SYSTEM} OR ({ORG} AND {ADMIN})"),
    "api_tokens": (f"{SYSTEM} OR ({ORG} AND {MINE})", f"{SYSTEM} OR ({ORG} AND {MINE})"),
    "feature_flags": (
        f"org_id IS NULL OR {ORG}",
        f"({ORG} AND {ADMIN}) OR (org_id IS NULL AND {PLATFORM})",
    ),
    "organizations": (
        f"{SYSTEM} OR {PLATFORM} OR id = (SELECT cti_org())",
        f"{SYSTEM} OR {PLATFORM} OR (id = (SELECT cti_org()) AND {ADMIN})",
    ),
    "users": (
        f"{SYSTEM} OR id = (SELECT cti_user()) OR EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = users.id)",
        f"{SYSTEM} OR id = (SELECT cti_user()) OR {ADMIN}",
    ),
    "user_sessions": (f"{SYSTEM} OR {MINE}", f"{SYSTEM} OR {MINE}"),
    "refresh_tokens": (f"{SYSTEM} OR {MINE}", f"{SYSTEM} OR {MINE}"),
    "one_time_tokens": (
        f"{SYSTEM} OR {PLATFORM} OR ({ORG} AND {ADMIN})",
        f"{SYSTEM} OR {PLATFORM} OR ({ORG} AND {ADMIN})",
    ),
}

OWN_ADMIN = f"({SYSTEM} OR ({ORG} AND {ADMIN}))"
FLAGS = f"(({ORG} AND {ADMIN}) OR (org_id IS NULL AND {PLATFORM}))"
# Only the product and those who run the installation make somebody one of them.
NO_SELF_MADE_ADMIN = f"(NOT is_platform_admin OR {SYSTEM} OR {PLATFORM})"

# A session stays with an organisation its person belongs to.
AT_HOME = (
    f"({SYSTEM} OR org_id IS NULL OR EXISTS"
    f" (SELECT 1 FROM memberships m WHERE m.{MINE} AND m.org_id = user_sessions.org_id))"
)

# table: (who may add, change and delete a row that they see); "" where seeing it, and the wall's check, are enough.
# Locking a row for a change counts as changing it.
ACTS = {
    "farms": (ADMIN, ADMIN, ADMIN),
    "farm_geofences": (ADMIN, ADMIN, ADMIN),
    "groups": (STAFF, STAFF, ADMIN),
    "animals": (STAFF, STAFF, ADMIN),
    "devices": (ADMIN, ADMIN, ADMIN),
    "scans": (SYSTEM, STAFF, ADMIN),
    "scan_events": (STAFF, "", ""),
    "assets": (SYSTEM, SYSTEM, SYSTEM),
    "grading_results": (STAFF, SYSTEM, SYSTEM),
    "memberships": ("", OWN_ADMIN, OWN_ADMIN),
    "membership_farms": ("", OWN_ADMIN, OWN_ADMIN),
    "access_requests": ("", OWN_ADMIN, OWN_ADMIN),
    "feature_flags": ("", FLAGS, FLAGS),
    "organizations": ("", f"({SYSTEM} OR {PLATFORM} OR {ADMIN})", f"({SYSTEM} OR {PLATFORM})"),
    "users": (SYSTEM, f"({SYSTEM} OR id = (SELECT cti_user()))", SYSTEM),
    "user_sessions": (SYSTEM, "", ""),
    "refresh_tokens": (SYSTEM, "", ""),
}

# What is written once, or by a trigger alone.
REFUSED = {
    "roles, alembic_version, user_roles": "INSERT, UPDATE, DELETE",
    "scan_totals": "INSERT, UPDATE, DELETE",
    "audit_log, ingestion_log, scan_events": "UPDATE, DELETE",
}

AUDIT = f"""
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_read ON audit_log FOR SELECT
  USING (({ORG} AND {ADMIN}) OR (org_id IS NULL AND ({SYSTEM} OR {PLATFORM})));
CREATE POLICY audit_write ON audit_log FOR INSERT WITH CHECK ({SYSTEM} OR {ORG});
"""

# The seeds' user_roles: memberships are the one truth, this is how they read as that table.
USER_ROLES = """
CREATE VIEW user_roles WITH (security_invoker = true) AS
  SELECT m.user_id, r.id AS role_id, m.org_id FROM memberships m JOIN roles r ON r.name = m.role;
"""

GRANTS = """
GRANT USAGE ON SCHEMA public TO cti_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO cti_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO cti_app;
"""


def upgrade() -> None:
    op.execute(FUNCTIONS)
    for table, (visible, written) in TENANT_TABLES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_wall ON {table} USING ({visible}) WITH CHECK ({written})")
    for policy in restrictions():
        op.execute(f"CREATE POLICY {policy}")
    op.execute(AUDIT)
    op.execute(USER_ROLES)
    op.execute(GRANTS)
    for tables, rights in REFUSED.items():
        op.execute(f"REVOKE {rights} ON {tables} FROM cti_app")


def restrictions() -> Iterator[str]:
    """The policies that narrow what the walls allow."""
    for table, (add, change, delete) in ACTS.items():
        if add:
            yield f"{table}_add ON {table} AS RESTRICTIVE FOR INSERT WITH CHECK ({add})"
        if change:
            yield f"{table}_change ON {table} AS RESTRICTIVE FOR UPDATE USING ({change})"
        if delete:
            yield f"{table}_delete ON {table} AS RESTRICTIVE FOR DELETE USING ({delete})"
    yield f"user_sessions_home ON user_sessions AS RESTRICTIVE FOR UPDATE WITH CHECK ({AT_HOME})"
    yield f"users_platform ON users AS RESTRICTIVE FOR UPDATE WITH CHECK ({NO_SELF_MADE_ADMIN})"


def downgrade() -> None:
    op.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM cti_app")
    op.execute("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM cti_app")
    op.execute("REVOKE USAGE ON SCHEMA public FROM cti_app")
    op.execute("DROP VIEW user_roles")
    for table in (*TENANT_TABLES, "audit_log"):
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for table in TENANT_TABLES:
        op.execute(f"DROP POLICY {table}_wall ON {table}")
    for policy in restrictions():
        op.execute("DROP POLICY " + policy.partition(" AS ")[0])
    op.execute("DROP POLICY audit_read ON audit_log")
    op.execute("DROP POLICY audit_write ON audit_log")
    for function in ("cti_org", "cti_user", "cti_role", "cti_all_farms", "cti_farms", "cti_platform"):
        op.execute(f"DROP FUNCTION {function}()")
