"""A transaction without a session: as whole, as walled and as forgiving as a unit of work."""

import asyncio

import psycopg
import pytest

from backend.core.database import Database, DatabaseUnavailable, Outbox
from backend.core.events import Event
from backend.core.ids import new_id

MAKE = "INSERT INTO organizations (id, slug, name) VALUES (%s, %s, 'x')"
AS_SYSTEM = "SELECT set_config('app.role', 'system', true)"


def slugs(url: str) -> list[str]:
    with psycopg.connect(url) as session:
        return [row[0] for row in session.execute("SELECT slug FROM organizations ORDER BY slug").fetchall()]


async def test_what_is_written_is_committed_and_told_afterwards(database: Database, superuser_url: str) -> None:
    told: list[tuple[Event, list[str]]] = []

    async def tell(unit: Outbox) -> None:
        told.extend((event, slugs(superuser_url)) for event in unit.events)

    database.tell_with(tell)
    async with database.bare_unit() as unit:
        await unit.driver.execute(AS_SYSTEM)
        await unit.driver.execute(MAKE, (new_id(), "north"))
        unit.publish(Event("made", new_id()))
    assert [(event.topic, seen) for event, seen in told] == [("made", ["north"])]


async def test_an_error_rolls_back_and_tells_nobody(database: Database, superuser_url: str) -> None:
    async def tell(_unit: Outbox) -> None:
        pytest.fail("nobody should be told")

    database.tell_with(tell)

    async def make_and_fail() -> None:
        async with database.bare_unit() as unit:
            await unit.driver.execute(AS_SYSTEM)
            await unit.driver.execute(MAKE, (new_id(), "north"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await make_and_fail()
    assert slugs(superuser_url) == []


async def test_without_an_asker_the_wall_shows_nothing_and_the_next_user_inherits_nothing(database: Database) -> None:
    async with database.bare_unit() as unit:
        await unit.driver.execute(AS_SYSTEM)
        await unit.driver.execute(MAKE, (new_id(), "north"))
    for _ in range(3):
        async with database.bare_unit() as unit:
            found = await (await unit.driver.execute("SELECT count(*) FROM organizations")).fetchone()
            assert found == (0,)


async def test_a_lost_connection_is_said_so_and_the_next_one_works(
    database: Database, superuser_url: str, database_name: str
) -> None:
    async def lose_the_connection() -> None:
        async with database.bare_unit() as unit:
            await unit.driver.execute("SELECT 1")
            with psycopg.connect(superuser_url, autocommit=True) as killer:
                killer.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = 'cti_app'",
                    (database_name,),
                )
            await unit.driver.execute("SELECT 1")

    with pytest.raises(DatabaseUnavailable):
        await lose_the_connection()
    async with database.bare_unit() as unit:
        assert await (await unit.driver.execute("SELECT 1")).fetchone() == (1,)


async def test_a_cancelled_request_gives_its_connection_back(database: Database) -> None:
    async def endless() -> None:
        async with database.bare_unit() as unit:
            await unit.driver.execute("SELECT pg_sleep(60)")

    for _ in range(8):  # more than the pool has
        task = asyncio.create_task(endless())
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with database.bare_unit() as unit:
        assert await (await unit.driver.execute("SELECT 1")).fetchone() == (1,)


async def test_a_server_that_is_not_there_is_said_so(tmp_path: object) -> None:
    gone = Database(f"postgresql://nobody@/nothing?host={tmp_path}")
    with pytest.raises(DatabaseUnavailable):
        async with gone.bare_unit():
            pytest.fail("there is nothing to connect to")
    await gone.close()
