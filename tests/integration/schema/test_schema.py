"""The schema as migrated: reversible, equal to the models, drawn in the ERD, and walled between tenants."""

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine

from backend.core.database import driver_url
from backend.core.erd import render
from backend.models import metadata
from cti_app import migrations

ERD = Path(__file__).parents[3] / "docs" / "ERD.dbml"

COLUMNS = """
SELECT table_name, column_name, data_type, udt_name, is_nullable, column_default, is_identity
FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT IN
  ('alembic_version', 'spatial_ref_sys', 'geometry_columns', 'geography_columns', 'user_roles', 'scan_keys')
ORDER BY 1, 2"""
CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(c.oid) FROM pg_constraint c
JOIN pg_class t ON t.oid = conrelid WHERE t.relnamespace = 'public'::regnamespace
  AND c.contype <> 't' AND t.relname NOT IN ('alembic_version', 'spatial_ref_sys') ORDER BY 1, 2"""
INDEXES = """
SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
  AND tablename NOT IN ('alembic_version', 'spatial_ref_sys') ORDER BY 1, 2"""
GEOMETRIES = "SELECT f_table_name, f_geometry_column, srid, type FROM geometry_columns ORDER BY 1, 2"
OURS = """
SELECT c.relname, c.relkind FROM pg_class c WHERE c.relowner = 'cti_owner'::regrole
  AND c.relname NOT LIKE 'alembic_version%' AND c.relname NOT LIKE 'pg_toast%'
UNION ALL SELECT proname, 'f' FROM pg_proc WHERE proowner = 'cti_owner'::regrole"""


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as session:
        return session.execute(query).fetchall()


@pytest.mark.parametrize(
    "query", [COLUMNS, CONSTRAINTS, INDEXES, GEOMETRIES], ids=["columns", "constraints", "indexes", "geometries"]
)
def test_the_migrations_build_what_the_models_describe(owner_url: str, empty_owner_url: str, query: str) -> None:
    engine = create_engine(driver_url(empty_owner_url))
    metadata.create_all(engine)
    engine.dispose()

    assert rows(owner_url, query) == rows(empty_owner_url, query)


def test_an_empty_database_goes_up_down_to_nothing_and_up_again(empty_owner_url: str) -> None:
    migrations.upgrade(empty_owner_url)
    whole = rows(empty_owner_url, OURS)
    migrations.downgrade(empty_owner_url)
    assert rows(empty_owner_url, OURS) == []
    migrations.upgrade(empty_owner_url)

    assert sorted(rows(empty_owner_url, OURS)) == sorted(whole)
    assert migrations.current(empty_owner_url) == migrations.head()


def test_the_drawing_in_docs_shows_the_models_as_they_are() -> None:
    assert ERD.read_text() == render(metadata), "run `make erd` and commit docs/ERD.dbml"


def test_every_table_of_an_organisation_is_behind_the_wall(owner_url: str) -> None:
    open_tables = rows(
        owner_url,
        """
        SELECT DISTINCT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attname IN ('org_id', 'user_id')
          AND (NOT c.relrowsecurity OR NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid))
        """,
    )

    assert open_tables == []


def test_the_application_owns_nothing_and_cannot_pass_the_wall(owner_url: str) -> None:
    (role,) = rows(
        owner_url, "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = 'cti_app'"
    )
    owned = rows(owner_url, "SELECT count(*) FROM pg_class WHERE relowner = 'cti_app'::regrole")

    assert role == (False, False, False, False)
    assert owned == [(0,)]


def test_doors_through_the_wall_are_narrow(owner_url: str) -> None:
    """A definer function without a fixed search path could be led to somebody else's tables."""
    loose = rows(
        owner_url,
        """
        SELECT p.proname FROM pg_proc p WHERE p.proowner = 'cti_owner'::regrole AND p.prosecdef
          AND (p.proconfig IS NULL OR NOT 'search_path=public, pg_temp' = ANY (p.proconfig)
               OR has_function_privilege('public', p.oid, 'EXECUTE'))
        """,
    )

    assert loose == []


def test_the_audit_trail_cannot_be_rewritten_by_the_application(owner_url: str) -> None:
    (rights,) = rows(
        owner_url,
        "SELECT has_table_privilege('cti_app', 'audit_log', 'INSERT'),"
        " has_table_privilege('cti_app', 'audit_log', 'UPDATE'),"
        " has_table_privilege('cti_app', 'audit_log', 'DELETE')",
    )

    assert rights == (True, False, False)


def test_closed_sets_are_text_so_that_filters_keep_their_index(owner_url: str) -> None:
    enums = rows(owner_url, "SELECT typname FROM pg_type WHERE typtype = 'e' AND typnamespace = 'public'::regnamespace")

    assert enums == []
