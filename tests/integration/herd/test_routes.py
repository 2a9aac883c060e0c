"""The routes of groups and animals over HTTP: what they keep, find and refuse."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import col

from backend.core.actor import Actor
from backend.core.paging import name_place
from backend.core.runtime import Runtime
from backend.herd import service as herd
from backend.herd.list_repository import page_of_animals
from backend.herd.models import Animal
from backend.herd.service import AnimalFilters
from tests.plugins.people import SignedIn
from tests.support.people import Tenant
from tests.support.problems import problem

GROUPS, ANIMALS = "/api/v1/groups", "/api/v1/animals"


@pytest.fixture
async def admin(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.admin)


@pytest.fixture
async def technician(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.technician)


async def add(browser: httpx.AsyncClient, url: str, **given: Any) -> dict[str, Any]:
    answer = await browser.post(url, json={name: str(v) if isinstance(v, UUID) else v for name, v in given.items()})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def tags(browser: httpx.AsyncClient, **asked: Any) -> list[str]:
    found = await browser.get(ANIMALS, params=asked)
    assert found.status_code == 200, found.text
    return [item["tag_id"] for item in found.json()["items"]]


class TestGroups:
    async def test_a_group_counts_its_active_animals(self, technician: httpx.AsyncClient, acme: Tenant) -> None:
        pen = await add(technician, GROUPS, name="  Pen  4 ", farm_id=acme.farm_ids[0], external_id="pen-4")
        for number, status in enumerate(["active", "active", "sold"]):
            await add(technician, ANIMALS, tag_id=f"T{number}", group_id=pen["id"], status=status)
        shown = (await technician.get(f"{GROUPS}/{pen['id']}")).json()
        assert (shown["name"], shown["external_id"], shown["animals"]) == ("Pen 4", "pen-4", 2)
        assert shown["farm_name"] == "acme farm 1"

    async def test_it_is_found_by_part_of_its_names(self, admin: httpx.AsyncClient, acme: Tenant) -> None:
        await add(admin, GROUPS, name="North pen", farm_id=acme.farm_ids[0], external_id="x1")
        await add(admin, GROUPS, name="South pen", farm_id=acme.farm_ids[1], external_id="x%2")

        async def named(**asked: str) -> list[str]:
            return [item["name"] for item in (await admin.get(GROUPS, params=asked)).json()["items"]]

        assert await named() == ["North pen", "South pen"]
        assert await named(q="SOUTH") == ["South pen"]
        assert await named(q="%") == ["South pen"]
        assert await named(farm_id=str(acme.farm_ids[0])) == ["North pen"]

    async def test_what_devices_call_it_is_used_once(self, admin: httpx.AsyncClient, acme: Tenant) -> None:
        first = await add(admin, GROUPS, name="Pen", farm_id=acme.farm_ids[0], external_id="pen-4")
        again = {"name": "Pen", "farm_id": str(acme.farm_ids[1]), "external_id": "pen-4"}
        problem(await admin.post(GROUPS, json=again), 409, "group_taken")
        second = await add(admin, GROUPS, name="Pen", farm_id=acme.farm_ids[1])
        problem(await admin.patch(f"{GROUPS}/{second['id']}", json={"external_id": "pen-4"}), 409, "group_taken")
        same = await admin.patch(f"{GROUPS}/{first['id']}", json={"external_id": "pen-4", "name": "Pen four"})
        assert same.json()["name"] == "Pen four"

    async def test_it_is_not_moved_away_from_its_animals(self, admin: httpx.AsyncClient, acme: Tenant) -> None:
        pen = await add(admin, GROUPS, name="Pen", farm_id=acme.farm_ids[0])
        cow = await add(admin, ANIMALS, tag_id="T1", group_id=pen["id"])
        move = {"farm_id": str(acme.farm_ids[1])}
        body = problem(await admin.patch(f"{GROUPS}/{pen['id']}", json=move), 422, "invalid")
        assert "animals" in body["errors"][0]["message"]
        assert (await admin.patch(f"{ANIMALS}/{cow['id']}", json={"group_id": None})).json()["group_id"] is None
        assert (await admin.patch(f"{GROUPS}/{pen['id']}", json=move)).json()["farm_id"] == move["farm_id"]


class TestAnimals:
    async def test_an_animal_is_kept_as_it_was_given(self, technician: httpx.AsyncClient, acme: Tenant) -> None:
        given = {
            "tag_id": " B 217 ",
            "rfid": "124000123456789",
            "breed": "Black Angus",
            "sex": "steer",
            "birth_date": "2025-03-14",
            "farm_id": acme.farm_ids[0],
        }
        made = await add(technician, ANIMALS, **given)
        assert made == (await technician.get(f"{ANIMALS}/{made['id']}")).json()
        expected = {**given, "tag_id": "B 217", "farm_id": str(acme.farm_ids[0]), "status": "active", "group_id": None}
        assert {name: made[name] for name in expected} == expected

    async def test_with_a_group_and_no_farm_it_joins_the_groups(
        self, technician: httpx.AsyncClient, acme: Tenant
    ) -> None:
        pen = await add(technician, GROUPS, name="Pen", farm_id=acme.farm_ids[0])
        made = await add(technician, ANIMALS, tag_id="T1", group_id=pen["id"])
        assert (made["farm_id"], made["group_name"]) == (str(acme.farm_ids[0]), "Pen")

    async def test_one_of_no_farm_joins_the_group_it_is_given(self, admin: httpx.AsyncClient, acme: Tenant) -> None:
        pen = await add(admin, GROUPS, name="Pen", farm_id=acme.farm_ids[0])
        stray = await add(admin, ANIMALS, tag_id="T1")
        joined = await admin.patch(f"{ANIMALS}/{stray['id']}", json={"group_id": pen["id"]})
        assert (stray["farm_id"], joined.json()["farm_id"]) == (None, str(acme.farm_ids[0]))

    async def test_group_and_farm_must_fit(self, admin: httpx.AsyncClient, acme: Tenant, other: Tenant) -> None:
        pen = await add(admin, GROUPS, name="Pen", farm_id=acme.farm_ids[0])
        wrong = {"tag_id": "T1", "group_id": pen["id"], "farm_id": str(acme.farm_ids[1])}
        assert problem(await admin.post(ANIMALS, json=wrong), 422, "invalid")["errors"][0] == {
            "path": "group_id",
            "message": "is a group of another farm",
        }
        made = await add(admin, ANIMALS, tag_id="T1", group_id=pen["id"])
        move = await admin.patch(f"{ANIMALS}/{made['id']}", json={"farm_id": str(acme.farm_ids[1])})
        assert problem(move, 422, "invalid")["errors"][0]["path"] == "group_id"
        nowhere = await admin.patch(f"{ANIMALS}/{made['id']}", json={"farm_id": None})
        assert problem(nowhere, 422, "invalid")["errors"][0]["path"] == "group_id"
        both = {"farm_id": str(acme.farm_ids[1]), "group_id": None}
        assert (await admin.patch(f"{ANIMALS}/{made['id']}", json=both)).json()["farm_id"] == both["farm_id"]

    async def test_tags_and_transponders_are_worn_once(self, admin: httpx.AsyncClient, acme: Tenant) -> None:
        first, second = (str(farm_id) for farm_id in acme.farm_ids)
        await add(admin, ANIMALS, tag_id="T1", rfid="984", farm_id=first)
        problem(await admin.post(ANIMALS, json={"tag_id": "T1", "farm_id": first}), 409, "tag_taken")
        taken = await admin.post(ANIMALS, json={"tag_id": "T2", "rfid": "984", "farm_id": second})
        problem(taken, 409, "rfid_taken")
        there = await add(admin, ANIMALS, tag_id="T1", farm_id=second)
        problem(await admin.patch(f"{ANIMALS}/{there['id']}", json={"rfid": "984"}), 409, "rfid_taken")
        problem(await admin.patch(f"{ANIMALS}/{there['id']}", json={"farm_id": first}), 409, "tag_taken")

    @pytest.mark.parametrize(
        ("change", "path"),
        [
            ({"tag_id": "   "}, "tag_id"),
            ({"tag_id": "a\u0000b"}, "tag_id"),
            ({"tag_id": "x" * 65}, "tag_id"),
            ({"tag_id": None}, "tag_id"),
            ({"status": None}, "status"),
            ({"status": "gone"}, "status"),
            ({"sex": "ox"}, "sex"),
            ({"breed": "a\u202eb"}, "breed"),
            ({"birth_date": "2999-01-01"}, "birth_date"),
            ({"birth_date": "1066-10-14"}, "birth_date"),
            ({"weight": 500}, "weight"),
        ],
    )
    async def test_what_makes_no_sense_is_refused(
        self, admin: httpx.AsyncClient, acme: Tenant, change: dict[str, object], path: str
    ) -> None:
        given = {"tag_id": "T1", "farm_id": str(acme.farm_ids[0])}
        refused = problem(await admin.post(ANIMALS, json={**given, **change}), 422, "invalid")
        assert [error["path"] for error in refused["errors"]] == [path]
        made = await add(admin, ANIMALS, **given)
        again = problem(await admin.patch(f"{ANIMALS}/{made['id']}", json=change), 422, "invalid")
        assert [error["path"] for error in again["errors"]] == [path]

    async def test_changes_are_written_down_and_told(
        self, technician: httpx.AsyncClient, runtime: Runtime, acme: Tenant
    ) -> None:
        async with runtime.bus.subscribe() as events:
            made = await add(technician, ANIMALS, tag_id="T1", farm_id=acme.farm_ids[0])
            await technician.patch(f"{ANIMALS}/{made['id']}", json={"tag_id": "T1", "breed": "Angus"})
            await technician.patch(f"{ANIMALS}/{made['id']}", json={"breed": "Angus"})
            await technician.patch(f"{ANIMALS}/{made['id']}", json={"status": "sold"})
            told = [await events.get() for _ in range(3)]
        assert [event.topic for event in told if event] == ["animal.created", "animal.updated", "animal.updated"]
        assert {event.data["animal_id"] for event in told if event} == {made["id"]}
        async with runtime.database.unit_of_work(Actor.system(acme.org_id), read_only=True) as uow:
            query = "SELECT action, before, after FROM audit_log WHERE object_id = :id ORDER BY id"
            lines = [tuple(row) for row in await uow.session.execute(text(query), {"id": made["id"]})]
        assert lines[1:] == [
            ("animal.updated", {"breed": None}, {"breed": "Angus"}),
            ("animal.updated", {"status": "active"}, {"status": "sold"}),
        ]

    async def test_filters_and_words_find_them(self, admin: httpx.AsyncClient, acme: Tenant) -> None:
        first, second = acme.farm_ids
        pen = await add(admin, GROUPS, name="Pen", farm_id=first)
        await add(admin, ANIMALS, tag_id="A1", farm_id=first, sex="cow", rfid="124000111122223")
        await add(admin, ANIMALS, tag_id="A2", group_id=pen["id"], sex="bull", status="sold")
        await add(admin, ANIMALS, tag_id="B_1", farm_id=second, sex="cow")
        assert await tags(admin) == ["A1", "A2", "B_1"]
        assert await tags(admin, farm_id=str(first)) == ["A1", "A2"]
        assert await tags(admin, group_id=pen["id"]) == ["A2"]
        assert await tags(admin, sex="cow") == ["A1", "B_1"]
        assert await tags(admin, status="sold", farm_id=str(first)) == ["A2"]
        assert await tags(admin, q=" A ") == ["A1", "A2"]
        assert await tags(admin, q="B_") == ["B_1"]
        assert await tags(admin, q="11112222") == ["A1"]
        assert await tags(admin, q="nothing") == []


async def everything(runtime: Runtime, actor: Actor, limit: int, **asked: Any) -> tuple[list[str], list[str]]:
    """The tags of every page forwards, and of every page back from the last one."""
    forwards, backwards = [], []
    async with runtime.database.unit_of_work(actor, read_only=True) as uow:
        page = await herd.list_animals(uow, AnimalFilters(**asked), limit=limit)
        forwards += [animal.tag_id for animal in page.items]
        while page.next_cursor:
            page = await herd.list_animals(uow, AnimalFilters(**asked), cursor=page.next_cursor, limit=limit)
            forwards += [animal.tag_id for animal in page.items]
        backwards += [animal.tag_id for animal in page.items]
        while page.prev_cursor:
            page = await herd.list_animals(uow, AnimalFilters(**asked), cursor=page.prev_cursor, limit=limit)
            backwards = [animal.tag_id for animal in page.items] + backwards
    return forwards, backwards


TAGS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=8)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    herds=st.tuples(st.sets(TAGS, max_size=12), st.sets(TAGS, max_size=12)),
    limit=st.integers(1, 5),
    all_farms=st.booleans(),
)
async def test_pages_hold_every_animal_once_in_the_order_of_its_tag(
    runtime: Runtime,
    acme: Tenant,
    herds: tuple[set[str], set[str]],
    limit: int,
    all_farms: bool,  # noqa: FBT001
) -> None:
    """For an admin along the organisation, for a person of two farms farm by farm: the same pages."""
    async with runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
        await uow.session.execute(text("DELETE FROM animals"))
        for farm_id, given_tags in zip(acme.farm_ids, herds, strict=True):
            for tag in given_tags:
                await herd.create_animal(uow, {"tag_id": tag, "farm_id": farm_id})
    admin = await acme.admin.actor()
    actor = (
        admin if all_farms else Actor("technician", acme.org_id, acme.technician.id, farm_ids=frozenset(acme.farm_ids))
    )
    wanted = sorted([*herds[0], *herds[1]], key=str.encode)
    assert await everything(runtime, actor, limit) == (wanted, wanted)
    own = sorted(herds[0], key=str.encode)
    assert await everything(runtime, actor, limit, farm_id=acme.farm_ids[0]) == (own, own)


FILL = """INSERT INTO animals (id, org_id, farm_id, tag_id)
    SELECT gen_random_uuid(), :org, CASE WHEN n % 100 = 0 THEN CAST(:own AS uuid) ELSE CAST(:far AS uuid) END,
           to_char(n, 'FM000000') FROM generate_series(1, 20000) n"""


async def test_a_page_of_many_animals_walks_no_more_than_it_shows(
    runtime: Runtime, acme: Tenant, superuser_url: str
) -> None:
    """Neither the organisation's other farms nor the pages before are read."""
    async with runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
        ids: Mapping[str, UUID] = {"org": acme.org_id, "own": acme.farm_ids[0], "far": acme.farm_ids[1]}
        await uow.session.execute(text(FILL), ids)
    async with await psycopg.AsyncConnection.connect(superuser_url, autocommit=True) as session:
        await session.execute("VACUUM ANALYZE animals")
    technician = await acme.technician.actor()
    async with runtime.database.unit_of_work(technician, read_only=True) as uow:
        first = await herd.list_animals(uow, AnimalFilters(), limit=50)
        deep = await herd.list_animals(uow, AnimalFilters(), cursor=first.next_cursor, limit=50)
        place = name_place(first.next_cursor)
        conditions = [col(Animal.org_id) == acme.org_id]
        statement = page_of_animals(conditions, sorted(technician.farm_ids or ()), place, 51)
        compiled = statement.compile(uow.session.get_bind(), compile_kwargs={"literal_binds": True})
        (plan,) = (await uow.session.execute(text(f"EXPLAIN (ANALYZE, FORMAT JSON) {compiled}"))).scalar_one()
    assert deep.items[0].tag_id == "005100"
    walks = [node for node in nodes(plan["Plan"]) if node.get("Relation Name") == "animals"]
    assert [node["Index Name"] for node in walks] == ["ix_animals_farm_id_tag_id"]
    assert walks[0]["Actual Rows"] == 51
    assert walks[0].get("Rows Removed by Filter", 0) == 0


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)
