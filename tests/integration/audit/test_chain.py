"""The chain of hashes over the audit log: made in order under any load, and broken by whatever is done to the log."""

import asyncio
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from backend.audit import chain
from backend.audit import service as audit
from backend.audit.chain import Chain
from backend.core.actor import Actor
from backend.core.runtime import Runtime
from cti_app import migrations
from tests.support.people import Tenant

ENTRIES = 6


async def act(runtime: Runtime, org_id: UUID | None, *names: str) -> None:
    async with runtime.database.unit_of_work(Actor.system(org_id)) as uow:
        for name in names:
            await audit.record(uow, f"scan.{name}", "scan", name, before={"a": 1.50, "ü": None}, after={"b": [1, "x"]})


async def walk(runtime: Runtime, org_id: UUID | None, known: dict[int, str] | None = None) -> Chain:
    async with runtime.database.unit_of_work(Actor.system(org_id), read_only=True) as uow:
        return await chain.verify(uow, org_id, known)


async def check(runtime: Runtime, org_id: UUID | None) -> Chain:
    async with runtime.database.unit_of_work(Actor.system(org_id)) as uow:
        return await chain.check(uow, org_id)


@pytest.fixture
async def log(runtime: Runtime, acme: Tenant) -> UUID:
    """An organisation with six entries."""
    for number in range(ENTRIES):
        await act(runtime, acme.org_id, str(number))
    return acme.org_id


@pytest.fixture
def superuser(superuser_url: str) -> Iterator[psycopg.Connection]:
    """Somebody whom no privilege stops, and who knows how to silence triggers."""
    with psycopg.connect(superuser_url, autocommit=True) as session:
        session.execute("SET session_replication_role = replica")
        yield session


def reason(found: Chain) -> str:
    assert found.broken is not None
    return found.broken.reason


async def test_entries_of_many_at_once_are_one_chain_each(runtime: Runtime, acme: Tenant, other: Tenant) -> None:
    logs = [acme.org_id, other.org_id, None]
    await asyncio.gather(*(act(runtime, org_id, "a", "b") for _ in range(7) for org_id in logs))
    found = [await walk(runtime, org_id) for org_id in logs]
    assert [(one.entries, one.broken) for one in found] == [(14, None)] * 3
    assert len({one.sha256 for one in found}) == 3


async def test_acts_on_the_same_rows_in_another_order_do_not_lock_each_other_out(
    runtime: Runtime, acme: Tenant, superuser: psycopg.Connection
) -> None:
    """Each writes its entry before it takes the other's row."""
    first, second = acme.farm_ids
    written, waiting = asyncio.Event(), asyncio.Event()

    async def change(mine: UUID, theirs: UUID | None) -> None:
        rename = text("UPDATE farms SET name = name WHERE id = :id")
        async with runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
            await uow.session.execute(rename, {"id": mine})
            await audit.record(uow, "farm.updated", "farm", mine)
            if theirs is not None:
                written.set()
                await waiting.wait()
                await uow.session.execute(rename, {"id": theirs})

    async def second_one() -> None:
        await written.wait()
        await change(second, None)
        waiting.set()

    await asyncio.gather(change(first, second), second_one())
    assert (await walk(runtime, acme.org_id)).entries == 2


async def test_a_log_that_was_let_alone_is_whole(runtime: Runtime, log: UUID) -> None:
    assert (await check(runtime, log)).broken is None
    await act(runtime, log, "more")
    found = await check(runtime, log)
    assert (found.entries, found.broken) == (ENTRIES + 1, None)


TAMPERED = {
    "a value": ("UPDATE audit_log SET after = '{\"b\": 2}' WHERE id = %(third)s", 3),
    "who": ("UPDATE audit_log SET user_id = (SELECT id FROM users LIMIT 1) WHERE id = %(third)s", 3),
    "when": ("UPDATE audit_log SET created_at = created_at - interval '1 hour' WHERE id = %(third)s", 3),
    "from where": ("UPDATE audit_log SET ip = '203.0.113.9' WHERE id = %(third)s", 3),
    "whose": ("UPDATE audit_log SET org_id = NULL WHERE id = %(third)s", 3),
    "one deleted": ("DELETE FROM audit_log WHERE id = %(third)s", 3),
    "one deleted with its seal": (
        "WITH gone AS (DELETE FROM audit_log WHERE id = %(third)s) DELETE FROM audit_seals WHERE id = %(third)s",
        3,
    ),
    "the first deleted with its seal": (
        "WITH gone AS (DELETE FROM audit_log WHERE id = %(first)s) DELETE FROM audit_seals WHERE id = %(first)s",
        1,
    ),
    "two exchanged": (
        (
            "UPDATE audit_log l SET action = o.action, object_id = o.object_id FROM audit_log o"
            " WHERE l.id IN (%(third)s, %(fourth)s) AND o.id IN (%(third)s, %(fourth)s) AND o.id <> l.id"
        ),
        3,
    ),
    "two seals exchanged": (
        (
            "UPDATE audit_seals l SET sha256 = o.sha256 FROM audit_seals o"
            " WHERE l.id IN (%(third)s, %(fourth)s) AND o.id IN (%(third)s, %(fourth)s) AND o.id <> l.id"
        ),
        3,
    ),
    "one put in": (
        (
            "INSERT INTO audit_log (org_id, action, created_at) SELECT org_id, 'scan.x', created_at"
            " FROM audit_log WHERE id = %(third)s"
        ),
        ENTRIES + 1,
    ),
    "the end cut off": (
        "WITH gone AS (DELETE FROM audit_log WHERE id >= %(fourth)s) DELETE FROM audit_seals WHERE id >= %(fourth)s",
        4,
    ),
    "everything gone": ("WITH gone AS (DELETE FROM audit_log) DELETE FROM audit_seals", 1),
}


@pytest.mark.parametrize("tampering", TAMPERED)
async def test_whatever_is_done_to_the_log_shows(
    runtime: Runtime, log: UUID, superuser: psycopg.Connection, tampering: str
) -> None:
    statement, number = TAMPERED[tampering]
    await check(runtime, log)
    ids = [row[0] for row in superuser.execute("SELECT id FROM audit_log WHERE org_id = %s ORDER BY id", (log,))]
    superuser.execute(statement, {"first": ids[0], "third": ids[2], "fourth": ids[3]})  # type: ignore[arg-type]
    found = await check(runtime, log)
    assert found.broken is not None
    assert found.broken.number == number


async def test_one_put_between_two_and_all_hashes_computed_anew_shows_by_an_earlier_check(
    runtime: Runtime, log: UUID, superuser: psycopg.Connection
) -> None:
    before = await check(runtime, log)
    superuser.execute("UPDATE audit_log SET object_id = 'x' WHERE object_id = '1'")
    superuser.execute("DELETE FROM audit_seals WHERE org_id = %s", (log,))
    superuser.execute("SET session_replication_role = origin")
    superuser.execute("CREATE TEMP TABLE kept AS SELECT * FROM audit_log WHERE org_id = %s", (log,))
    superuser.execute("DELETE FROM audit_log WHERE org_id = %s", (log,))
    superuser.execute("INSERT INTO audit_log OVERRIDING SYSTEM VALUE SELECT * FROM kept ORDER BY id")
    assert "written anew" in reason(await walk(runtime, log))
    superuser.execute("DELETE FROM audit_checks")
    assert (await walk(runtime, log)).broken is None
    assert "written anew" in reason(await walk(runtime, log, {before.entries: before.sha256}))


async def test_admins_see_whether_their_log_is_whole_and_nobody_else_does(
    runtime: Runtime, log: UUID, acme: Tenant, superuser: psycopg.Connection
) -> None:
    async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        assert await chain.last_check(uow) is None
        assert (await chain.check_own(uow)).problem is None
    superuser.execute("DELETE FROM audit_log WHERE object_id = '1'")
    async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        assert (await chain.check_own(uow)).problem == "Entry 2: the entry is missing."
        found = await chain.last_check(uow)
    assert found is not None
    assert found.problem == "Entry 2: the entry is missing."


def test_what_was_written_before_there_was_a_chain_is_chained_by_the_migration(
    empty_owner_url: str,
) -> None:
    migrations.upgrade(empty_owner_url, "0006")
    with psycopg.connect(empty_owner_url) as session:
        session.execute(
            "WITH home AS (INSERT INTO organizations (id, slug, name) VALUES (gen_random_uuid(), 'a', '') RETURNING id)"
            " INSERT INTO audit_log (org_id, action, after) SELECT CASE WHEN n % 2 = 0 THEN home.id END, 'act',"
            " jsonb_build_object('n', n) FROM home, generate_series(1, 9) n"
        )
    migrations.upgrade(empty_owner_url)
    with psycopg.connect(empty_owner_url) as session:
        session.execute("INSERT INTO audit_log (action) VALUES ('after')")
        session.commit()
        numbers = session.execute("SELECT org_id IS NULL, max(number), count(*) FROM audit_seals GROUP BY 1").fetchall()
        assert sorted(numbers) == [(False, 4, 4), (True, 6, 6)]
