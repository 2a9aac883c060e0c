"""The tables as PostgreSQL lists them, and a row for any of them made out of that alone.

Tests of the walls walk this list, so that a table added tomorrow is tested without anybody thinking of it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql

TABLES = """
SELECT c.oid::int, c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relowner = 'cti_owner'::regrole
  AND c.relnamespace = 'public'::regnamespace AND c.relname NOT IN ('alembic_version', 'roles') ORDER BY c.relname"""
COLUMNS = """
SELECT attname, format_type(atttypid, NULL), attnotnull AND NOT atthasdef AND attidentity = '' AS needed
FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum"""
REFERENCES = """
SELECT (SELECT array_agg(a.attname ORDER BY k.n) FROM unnest(c.conkey) WITH ORDINALITY k(attnum, n)
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum), c.confrelid::regclass::text
FROM pg_constraint c WHERE c.contype = 'f' AND c.conrelid = %s"""
CLOSED_SETS = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' AND conrelid = %s"
CHOICE = re.compile(r"\((\w+) = ANY \(ARRAY\['([^']+)'")
POLYGON = "SRID=4326;POLYGON((0 0,0 1,1 1,1 0,0 0))"
SERIAL = count(1)


@dataclass(frozen=True)
class Table:
    """One table: its columns with their types, those that must be given, what it refers to, allowed words."""

    name: str
    types: Mapping[str, str]
    needed: frozenset[str]
    references: Mapping[str, str]
    choices: Mapping[str, str]

    @property
    def has_org(self) -> bool:
        return "org_id" in self.types

    @property
    def any_column(self) -> str:
        """A column that may be set to itself."""
        return next(name for name in self.types if name != "id")


def read_catalogue(session: psycopg.Connection) -> dict[str, Table]:
    """Every table of ours but the list of roles, which is the same for all."""
    return {name: _table(session, oid, name) for oid, name in session.execute(TABLES).fetchall()}


def _table(session: psycopg.Connection, oid: int, name: str) -> Table:
    columns = session.execute(COLUMNS, (oid,)).fetchall()
    references = session.execute(REFERENCES, (oid,)).fetchall()
    checks = " ".join(check for (check,) in session.execute(CLOSED_SETS, (oid,)))
    return Table(
        name=name,
        types={column: kind for column, kind, _ in columns},
        needed=frozenset(column for column, _, needed in columns if needed),
        references={columns[-1]: target for columns, target in references},
        choices=dict(CHOICE.findall(checks)),
    )


def row_for(table: Table, org_id: UUID | None, known: Mapping[str, Any]) -> dict[str, Any]:
    """Values for a row of an organisation: `known` says which row of another table to refer to."""
    values: dict[str, Any] = {"id": uuid4()} if table.types["id"] == "uuid" else {}
    for column, kind in table.types.items():
        if column == "org_id":
            values[column] = org_id
        elif table.references.get(column) in known:
            values[column] = known[table.references[column]]
        elif column in table.needed and column not in values:
            values[column] = table.choices.get(column) or some(kind)
    return values


def some(kind: str) -> Any:
    """A value of a type, another one each time where that can matter."""
    number = next(SERIAL)
    makers: dict[str, Any] = {
        "text": f"some text {number}.",
        "character": sha256(str(number).encode()).hexdigest(),
        "uuid": uuid4(),
        "bigint": 10**9 + number,
        "timestamp with time zone": "now",
        "date": "today",
        "bytea": b"",
        "jsonb": "{}",
        "text[]": [],
        "boolean": False,
        "geometry": POLYGON,
    }
    return makers.get(kind, 1)


def insert(session: psycopg.Connection, table: Table, values: Mapping[str, Any]) -> None:
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table.name),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(sql.Placeholder() * len(values)),
    )
    session.execute(statement, list(values.values()))


def fill(
    superuser: psycopg.Connection, tables: Mapping[str, Table], org_id: UUID, known: Mapping[str, UUID]
) -> dict[str, Any]:
    """Put one row of the organisation into every table that `known` has none of; returns the id by table.

    References are not checked while rows are made, so that those that refer to each other may be.
    """
    rows = {name: row_for(table, org_id, {}) for name, table in tables.items() if name not in known}
    for name, row in rows.items():
        row.setdefault("id", next(SERIAL) + 1_000_000)
        if name == "scans":
            row["review"] = "accepted"
    ids = {**known, **{name: row["id"] for name, row in rows.items()}}
    with superuser.transaction():
        superuser.execute("SET LOCAL session_replication_role = replica")
        for name, row in rows.items():
            targets = tables[name].references.items()
            links = {column: ids[target] for column, target in targets if target in ids and column != "org_id"}
            insert(superuser, tables[name], {**row, **links})
    return ids
