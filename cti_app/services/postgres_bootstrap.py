"""What only a superuser may do to a new cluster: roles, the database and its extensions.

Three roles, so that no bug of the application can step over row-level security: the superuser is used here alone,
`cti_owner` owns the tables and runs migrations, `cti_app` serves requests and owns nothing.
"""

from collections.abc import Callable
from typing import LiteralString

import psycopg
from psycopg import errors, sql

from cti_app.services.errors import BinaryMissing

ROLES: tuple[LiteralString, ...] = ("cti_owner", "cti_app")
EXTENSIONS: tuple[LiteralString, ...] = ("postgis", "pg_trgm", "btree_gin", "pgcrypto")
RESTRAINTS: LiteralString = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"


def bootstrap(url: Callable[..., str], *, version: int) -> None:
    """Make what is missing; a second call changes nothing. `url(role, database)` gives connection strings."""
    with psycopg.connect(url("cti_superuser", "postgres"), autocommit=True) as session:
        make_roles(session)
        if not _exists(session, "SELECT 1 FROM pg_database WHERE datname = %s", "cti"):
            make_database(session, "cti")
    with psycopg.connect(url("cti_superuser", "cti"), autocommit=True) as session:
        make_extensions(session, version)


def make_roles(session: psycopg.Connection) -> None:
    for role in ROLES:
        verb: LiteralString = (
            "ALTER" if _exists(session, "SELECT 1 FROM pg_roles WHERE rolname = %s", role) else "CREATE"
        )
        session.execute(sql.SQL(verb + " ROLE {} " + RESTRAINTS).format(sql.Identifier(role)))


def make_database(session: psycopg.Connection, name: str, *, template: str = "template1") -> None:
    """Make a database of `cti_owner`, to which the application may connect and bring temporary tables."""
    names = {"name": sql.Identifier(name), "template": sql.Identifier(template)}
    session.execute(sql.SQL("CREATE DATABASE {name} OWNER cti_owner TEMPLATE {template}").format(**names))
    session.execute(sql.SQL("REVOKE ALL ON DATABASE {name} FROM PUBLIC").format(**names))
    session.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {name} TO cti_app").format(**names))


def make_extensions(session: psycopg.Connection, version: int) -> None:
    """Make the extensions in the session's database. Raises BinaryMissing when PostGIS is not installed."""
    session.execute("GRANT USAGE ON SCHEMA public TO cti_app")
    for extension in EXTENSIONS:
        try:
            session.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
        except (errors.UndefinedFile, errors.FeatureNotSupported) as error:
            package = f"postgresql-{version}-postgis-3" if extension == "postgis" else f"postgresql-{version}"
            raise BinaryMissing(f"The PostgreSQL extension {extension}", package) from error


def _exists(session: psycopg.Connection, query: LiteralString, value: str) -> bool:
    return session.execute(query, (value,)).fetchone() is not None
