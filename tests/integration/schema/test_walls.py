"""The walls themselves: plain SQL as the application's role, with every condition forgotten, for each table and asker.

The tables come from the catalogue, so that a new one is tried as soon as it exists. What may be written in the own
organisation is listed here: a new table has to be added to OWN.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import errors, sql

from backend.core.actor import Actor
from backend.core.database import who_settings
from backend.core.runtime import Runtime
from tests.support.catalogue import Table, fill, insert, read_catalogue, row_for
from tests.support.people import Person, Tenant, make_person

ASKERS = ("anonymous", "farmer", "technician", "admin", "platform")
PLATFORM_SEES = {"organizations", "one_time_tokens"}
"""Of other organisations, those who run the installation see their names and the links that no mail carried."""

EVERYBODYS = {"model_aliases", "model_versions"}
"""Models belong to the installation: everybody who is signed in sees them, those who run it change them."""
PLATFORM_ADDS = PLATFORM_SEES | EVERYBODYS
PLATFORM_CHANGES = {"organizations", "model_versions"}

STAFF, ADMINS, NOBODY = {"technician", "admin"}, {"admin"}, set[str]()
OWN: dict[str, tuple[set[str], set[str]]] = {
    # table: who may change, who may delete a row of the own organisation, made in the farmer's name
    "access_requests": (ADMINS, ADMINS),
    "animal_merges": (STAFF, STAFF),
    "animal_moves": (STAFF, NOBODY),
    "animal_weights": (STAFF, STAFF),
    "animals": (STAFF, ADMINS),
    "announcements": (ADMINS, ADMINS),
    "api_tokens": ({"farmer"}, {"farmer"}),
    "assets": (NOBODY, NOBODY),
    "audit_checks": (NOBODY, NOBODY),
    "audit_log": (NOBODY, NOBODY),
    "background_tasks": ({"farmer", "admin"}, NOBODY),
    "bulk_changes": (NOBODY, NOBODY),
    "audit_seals": (NOBODY, NOBODY),
    "device_activations": (ADMINS, NOBODY),
    "device_keys": (ADMINS, ADMINS),
    "devices": (ADMINS, ADMINS),
    "farm_geofences": (ADMINS, ADMINS),
    "farms": (ADMINS, ADMINS),
    "feature_flags": (ADMINS, ADMINS),
    "grading_batches": (ADMINS, NOBODY),
    "grading_failures": (NOBODY, NOBODY),
    "grading_requests": (NOBODY, ADMINS),
    "grading_results": (NOBODY, NOBODY),
    "groups": (STAFF, ADMINS),
    "import_rows": (ADMINS, ADMINS),
    "imports": (ADMINS, ADMINS),
    "herd_targets": (STAFF, STAFF),
    "herd_visits": ({"farmer"}, NOBODY),
    "ingestion_log": (NOBODY, NOBODY),
    "membership_farms": (ADMINS, ADMINS),
    "memberships": (ADMINS, ADMINS),
    "model_aliases": (NOBODY, NOBODY),
    "model_versions": (NOBODY, NOBODY),
    "notification_choices": ({"farmer"}, {"farmer"}),
    "notifications": ({"farmer"}, {"farmer"}),
    "one_time_tokens": (ADMINS, ADMINS),
    "organizations": (ADMINS, NOBODY),
    "quarantine": (ADMINS, ADMINS),
    "refresh_tokens": ({"farmer"}, {"farmer"}),
    "saved_views": ({"farmer"}, {"farmer"}),
    "scan_events": (NOBODY, NOBODY),
    "scan_readings": (NOBODY, NOBODY),
    "scan_totals": (NOBODY, NOBODY),
    "scans": (STAFF, ADMINS),
    "scan_sessions": (STAFF, STAFF),
    "session_captures": (STAFF, STAFF),
    "session_entries": (STAFF, STAFF),
    "user_sessions": ({"farmer"}, {"farmer"}),
    "users": ({"farmer"}, NOBODY),
}
OPEN_REFERENCES = {"users", "scans", "assets", "user_sessions"}
"""People belong to several organisations. What hangs on a scan is seen with the scan alone, whoever wrote it."""


class Walls:
    """Two organisations with a row in every table, and the application's role without a filter."""

    def __init__(self, superuser: psycopg.Connection, application: psycopg.Connection) -> None:
        self.superuser = superuser
        self.application = application
        self.tables = read_catalogue(superuser)
        self.own: dict[str, Any] = {}
        self.foreign: dict[str, Any] = {}

    def fill(self, tenant: Tenant) -> dict[str, Any]:
        query = (
            "SELECT m.id, f.id FROM memberships m JOIN membership_farms f ON f.membership_id = m.id WHERE user_id = %s"
        )
        ((membership, assignment),) = self.superuser.execute(query, (tenant.farmer.id,)).fetchall()
        known = {
            "organizations": tenant.org_id,
            "farms": tenant.farm_ids[0],
            "users": tenant.farmer.id,
            "memberships": membership,
            "membership_farms": assignment,
        }
        return fill(self.superuser, self.tables, tenant.org_id, known)

    @contextmanager
    def asked_by(self, actor: Actor) -> Iterator[psycopg.Connection]:
        """A transaction as the asker that is undone."""
        with self.application.transaction(force_rollback=True):
            for name, value in who_settings(actor).items():
                self.application.execute("SELECT set_config(%s, %s, true)", (f"app.{name}", value))
            yield self.application

    def ids(self, actor: Actor, statement: str, table: Table) -> set[Any] | type[psycopg.Error]:
        """What a statement returns, or how it was refused."""
        query = sql.SQL(statement).format(table=sql.Identifier(table.name), column=sql.Identifier(table.any_column))  # type: ignore[arg-type]
        try:
            with self.asked_by(actor) as session:
                return {found for (found,) in session.execute(query)}
        except psycopg.Error as error:
            return type(error)


@pytest.fixture
def walls(superuser_url: str, database_url: str, acme: Tenant, other: Tenant) -> Iterator[Walls]:
    with psycopg.connect(superuser_url, autocommit=True) as superuser, psycopg.connect(database_url) as application:
        made = Walls(superuser, application)
        made.own, made.foreign = made.fill(acme), made.fill(other)
        yield made


@pytest.fixture(params=ASKERS)
async def asker(request: pytest.FixtureRequest, runtime: Runtime, acme: Tenant) -> tuple[str, Actor]:
    """Somebody of the first organisation, or nobody."""
    if request.param == "anonymous":
        return request.param, Actor.anonymous()
    if request.param == "platform":
        runs = await make_person(runtime, acme.org_id, "root@acme.example", "admin", platform_admin=True)
        return request.param, await runs.actor()
    person: Person = acme.people[request.param]
    return request.param, await person.actor()


def foreign_to(name: str, walls: Walls) -> set[str]:
    """The tables of whose foreign rows an asker may know nothing."""
    return set(walls.tables) - EVERYBODYS - (PLATFORM_SEES if name == "platform" else set())


def test_rows_of_another_organisation_are_not_there(walls: Walls, asker: tuple[str, Actor]) -> None:
    name, actor = asker
    seen = {table: walls.ids(actor, "SELECT id FROM {table}", walls.tables[table]) for table in foreign_to(name, walls)}
    assert {table for table, found in seen.items() if not isinstance(found, set)} == set()
    assert {table for table, found in seen.items() if walls.foreign[table] in found} == set()  # type: ignore[operator]


@pytest.mark.parametrize(
    "statement", ["UPDATE {table} SET {column} = {column} RETURNING id", "DELETE FROM {table} RETURNING id"]
)
def test_a_statement_without_a_condition_reaches_no_other_organisation(
    walls: Walls, asker: tuple[str, Actor], statement: str
) -> None:
    """A wall that errs shows in what comes back, or in a reference that would be broken."""
    name, actor = asker
    statement = statement.replace(" RETURNING", " WHERE id = ANY (ARRAY[{foreign}]) RETURNING")
    reached = {}
    for table in foreign_to(name, walls):
        foreign = sql.Literal(walls.foreign[table]).as_string()
        reached[table] = walls.ids(actor, statement.replace("{foreign}", foreign), walls.tables[table])
    assert {
        table: found for table, found in reached.items() if found not in (set(), errors.InsufficientPrivilege)
    } == {}


def test_nothing_can_be_added_to_another_organisation_or_to_none(walls: Walls, asker: tuple[str, Actor]) -> None:
    _, actor = asker
    added = []
    for table in walls.tables.values():
        everybodys = [None] if table.has_org and "org_id" not in table.needed and asker[0] != "platform" else []
        for org_id in [walls.foreign["organizations"], *everybodys]:
            values = row_for(table, org_id, {**walls.foreign, "organizations": org_id})
            try:
                with walls.asked_by(actor) as session:
                    insert(session, table, values)
                    added.append((table.name, org_id))
            except errors.InsufficientPrivilege:
                continue
    allowed = PLATFORM_ADDS if asker[0] == "platform" else set()
    assert {name for name, _ in added} - allowed == set()


def test_nothing_can_be_moved_into_another_organisation(walls: Walls, asker: tuple[str, Actor]) -> None:
    _, actor = asker
    stranger = sql.Literal(walls.foreign["organizations"]).as_string()
    moved = {}
    for table in walls.tables.values():
        if table.has_org:
            statement = "UPDATE {table} SET org_id = " + stranger + " RETURNING id"
            moved[table.name] = walls.ids(actor, statement, table)
    allowed = {"one_time_tokens"} if asker[0] == "platform" else set()
    refused = (set(), errors.InsufficientPrivilege)
    assert {table: found for table, found in moved.items() if found not in refused and table not in allowed} == {}


def test_every_table_says_here_who_may_write_it(walls: Walls) -> None:
    assert set(walls.tables) == set(OWN)


@pytest.mark.parametrize("act", ["change", "delete"])
def test_in_the_own_organisation_each_writes_what_the_role_is_for(
    walls: Walls, asker: tuple[str, Actor], act: str
) -> None:
    """A row that only a reference holds back was given up by the walls."""
    name, actor = asker
    form = {"change": "UPDATE {table} SET {column} = {column}", "delete": "DELETE FROM {table}"}[act]
    written = set()
    for table in walls.tables.values():
        mine = sql.Literal(walls.own[table.name]).as_string()
        found = walls.ids(actor, form + " WHERE id = " + mine + " RETURNING id", table)
        if found not in (set(), errors.InsufficientPrivilege):
            written.add(table.name)
    role = "admin" if name == "platform" else name
    expected = {table for table, (change, delete) in OWN.items() if role in (change if act == "change" else delete)}
    more = PLATFORM_CHANGES if act == "change" else {"organizations"}
    assert written == expected | (more if name == "platform" else set())


def test_no_row_can_refer_to_another_organisation(walls: Walls, acme: Tenant) -> None:
    """Not even the product itself can: references are checked without the walls."""
    system = Actor.system(acme.org_id)
    let_in = []
    for table in walls.tables.values():
        for column, target in table.references.items():
            if not table.has_org or column == "org_id" or target in OPEN_REFERENCES:
                continue
            values = row_for(table, acme.org_id, walls.own) | {column: walls.foreign[target]}
            try:
                with walls.asked_by(system) as session:
                    insert(session, table, values)
                    session.execute("SET CONSTRAINTS ALL IMMEDIATE")
                    let_in.append(f"{table.name}.{column}")
            except (errors.ForeignKeyViolation, errors.InsufficientPrivilege):
                continue
    assert let_in == []


async def test_nobody_makes_themselves_the_one_who_runs_the_installation(walls: Walls, acme: Tenant) -> None:
    for person in acme.people.values():
        with walls.asked_by(await person.actor()) as session, pytest.raises(errors.InsufficientPrivilege):
            session.execute("UPDATE users SET is_platform_admin = true WHERE id = %s", (person.id,))


async def test_a_person_changes_their_own_account_and_nobody_elses(walls: Walls, acme: Tenant) -> None:
    for person in acme.people.values():
        with walls.asked_by(await person.actor()) as session:
            assert session.execute("UPDATE users SET theme = 'dark' RETURNING id").fetchall() == [(person.id,)]
