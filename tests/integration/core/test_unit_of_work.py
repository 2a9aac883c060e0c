"""The unit of work: all or nothing, the asker known to the database, told only after the commit."""

import asyncio

import pytest
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.database import Database, DatabaseUnavailable, UnitOfWork
from backend.core.events import Event
from backend.core.ids import new_id
from backend.models import Organization

SYSTEM = Actor.system()


async def slugs(database: Database) -> list[str]:
    async with database.unit_of_work(SYSTEM, read_only=True) as uow:
        return list((await uow.session.execute(text("SELECT slug FROM organizations ORDER BY slug"))).scalars())


async def test_what_is_written_is_there_after_the_block(database: Database) -> None:
    async with database.unit_of_work(SYSTEM) as uow:
        uow.session.add(Organization(slug="north-ridge", name="North Ridge Ranch"))

    assert await slugs(database) == ["north-ridge"]


async def test_an_error_leaves_nothing_half_written_and_tells_nobody(database: Database) -> None:
    told: list[Event] = []

    async def tell(unit: UnitOfWork) -> None:
        told.extend(unit.events)

    database.tell_with(tell)

    async def fails_after_the_first_row() -> None:
        async with database.unit_of_work(SYSTEM) as uow:
            uow.session.add(Organization(slug="half", name="Half"))
            await uow.session.flush()
            uow.publish(Event("scan.created", new_id()))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails_after_the_first_row()

    assert await slugs(database) == []
    assert told == []


async def test_listeners_hear_of_it_only_once_it_can_be_read(database: Database) -> None:
    seen: list[list[str]] = []

    async def tell(unit: UnitOfWork) -> None:
        if unit.events:
            seen.append(await slugs(database))

    database.tell_with(tell)
    async with database.unit_of_work(SYSTEM) as uow:
        uow.session.add(Organization(slug="told", name="Told"))
        uow.publish(Event("scan.created", new_id()))

    assert seen == [["told"]]


async def test_a_read_only_unit_cannot_write(database: Database) -> None:
    with pytest.raises(Exception, match="read-only transaction"):
        async with database.unit_of_work(SYSTEM, read_only=True) as uow:
            await uow.session.execute(
                text("INSERT INTO organizations (id, slug, name) VALUES (gen_random_uuid(), 'a', 'b')")
            )


async def test_who_asked_is_forgotten_with_the_transaction(database: Database) -> None:
    """A pooled connection must not remember the last asker's organisation."""
    org_id = new_id()
    async with database.unit_of_work(Actor(role="admin", org_id=org_id, farm_ids=None)) as uow:
        assert (await uow.session.execute(text("SELECT cti_org()"))).scalar() == org_id

    async with database.engine.connect() as connection:
        assert (await connection.execute(text("SELECT cti_org(), cti_role(), cti_all_farms()"))).one() == (
            None,
            "anonymous",
            False,
        )


async def test_an_actor_without_farms_has_an_empty_scope_not_every_farm(database: Database) -> None:
    async with database.unit_of_work(Actor(role="farmer", org_id=new_id(), farm_ids=frozenset())) as uow:
        assert (await uow.session.execute(text("SELECT cti_all_farms(), cti_farms()"))).one() == (False, [])


async def test_a_unit_may_continue_as_somebody_else(database: Database) -> None:
    """Ingest learns its organisation in the middle of the transaction."""
    org_id = new_id()
    async with database.unit_of_work(SYSTEM) as uow:
        await uow.act_as(Actor.system(org_id))

        assert (await uow.session.execute(text("SELECT cti_org()"))).scalar() == org_id


async def test_a_database_out_of_reach_is_said_in_words() -> None:
    database = Database("postgresql://cti_app@/cti?host=/nonexistent-socket-folder")
    with pytest.raises(DatabaseUnavailable) as raised:
        async with database.unit_of_work(SYSTEM):
            pass
    await database.close()

    assert raised.value.status == 503
    assert raised.value.retry_after_s


async def test_units_side_by_side_do_not_share_their_asker(database: Database) -> None:
    async def org_seen_by(org_id: object) -> bool:
        async with database.unit_of_work(Actor(role="admin", org_id=org_id)) as uow:  # type: ignore[arg-type]
            await asyncio.sleep(0)
            return (await uow.session.execute(text("SELECT cti_org()"))).scalar() == org_id

    assert all(await asyncio.gather(*(org_seen_by(new_id()) for _ in range(20))))
