"""Whose groups and animals they are: two organisations, three roles, every route."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.runtime import Runtime
from backend.herd import service as herd
from tests.plugins.people import SignedIn
from tests.support.people import Tenant
from tests.support.problems import problem

ROLES = ("admin", "technician", "farmer")
KINDS = ("groups", "animals")


@dataclass(frozen=True)
class Herd:
    """A group and an animal on each of a tenant's two farms, and one of each on none."""

    groups: tuple[UUID, UUID, UUID]
    animals: tuple[UUID, UUID, UUID]

    def of(self, kind: str) -> tuple[UUID, UUID, UUID]:
        return self.groups if kind == "groups" else self.animals


async def stock(runtime: Runtime, tenant: Tenant) -> Herd:
    groups, animals = [], []
    async with runtime.database.unit_of_work(await tenant.admin.actor()) as uow:
        for number, farm_id in enumerate([*tenant.farm_ids, None]):
            group = await herd.create_group(uow, f"Pen {number}", farm_id=farm_id, external_id=f"pen-{number}")
            given = {"tag_id": f"T{number}", "rfid": f"98400000000000{number}", "farm_id": farm_id}
            groups.append(group.id)
            animals.append((await herd.create_animal(uow, {**given, "group_id": group.id})).id)
    return Herd((groups[0], groups[1], groups[2]), (animals[0], animals[1], animals[2]))


def in_scope(kind: str, role: str, held: Herd) -> set[str]:
    return {str(key) for key in (held.of(kind) if role == "admin" else held.of(kind)[:1])}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("role", ROLES)
async def test_everybody_sees_what_stands_on_their_farms(
    signed_in: SignedIn, runtime: Runtime, acme: Tenant, other: Tenant, role: str, kind: str
) -> None:
    for tenant in (acme, other):
        held = await stock(runtime, tenant)
        browser = await signed_in(tenant.people[role])
        listed = (await browser.get(f"/api/v1/{kind}")).json()
        assert {item["id"] for item in listed["items"]} == in_scope(kind, role, held)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("role", ROLES)
async def test_what_is_anothers_is_not_there(
    signed_in: SignedIn, runtime: Runtime, acme: Tenant, other: Tenant, role: str, kind: str
) -> None:
    own, foreign = await stock(runtime, acme), await stock(runtime, other)
    browser = await signed_in(acme.people[role])
    visible = in_scope(kind, role, own)
    assert {(await browser.get(f"/api/v1/{kind}/{key}")).status_code for key in visible} == {200}
    hidden = [*foreign.of(kind), uuid4(), *(key for key in own.of(kind) if str(key) not in visible)]
    answers = [await browser.get(f"/api/v1/{kind}/{key}") for key in hidden]
    if role != "farmer":
        answers += [await browser.patch(f"/api/v1/{kind}/{key}", json={}) for key in hidden]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.json()["detail"] for answer in answers}) == 1


@pytest.mark.parametrize("filters", [{"farm_id": 0}, {"group_id": 0}, {"q": "T1"}, {"q": "984000"}])
async def test_no_filter_opens_a_wall(
    signed_in: SignedIn, runtime: Runtime, acme: Tenant, other: Tenant, filters: dict[str, object]
) -> None:
    await stock(runtime, acme)
    foreign = await stock(runtime, other)
    browser = await signed_in(acme.technician)
    asked = {
        "farm_id": [str(other.farm_ids[0]), str(acme.farm_ids[1])],
        "group_id": [str(key) for key in foreign.groups],
        "q": [str(filters.get("q"))],
    }
    (name,) = filters
    for value in asked[name]:
        found = (await browser.get("/api/v1/animals", params={name: value})).json()["items"]
        assert {item["farm_id"] for item in found} <= {str(acme.farm_ids[0])}


async def test_farmers_look_and_do_not_touch(signed_in: SignedIn, runtime: Runtime, acme: Tenant) -> None:
    held = await stock(runtime, acme)
    browser = await signed_in(acme.farmer)
    tried = [
        await browser.post("/api/v1/groups", json={"name": "x", "farm_id": str(acme.farm_ids[0])}),
        await browser.post("/api/v1/animals", json={"tag_id": "x", "farm_id": str(acme.farm_ids[0])}),
        await browser.patch(f"/api/v1/groups/{held.groups[0]}", json={"name": "x"}),
        await browser.patch(f"/api/v1/animals/{held.animals[0]}", json={"tag_id": "x"}),
    ]
    assert {answer.status_code for answer in tried} == {403}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_technician_writes_on_own_farms_alone(
    signed_in: SignedIn, runtime: Runtime, acme: Tenant, other: Tenant, kind: str
) -> None:
    held = await stock(runtime, acme)
    browser = await signed_in(acme.technician)
    named = {"name": "New"} if kind == "groups" else {"tag_id": "NEW"}
    made = await browser.post(f"/api/v1/{kind}", json={**named, "farm_id": str(acme.farm_ids[0])})
    assert made.status_code == 201, made.text
    for farm_id in (str(acme.farm_ids[1]), str(other.farm_ids[0]), str(uuid4()), None):
        refused = await browser.post(f"/api/v1/{kind}", json={**named, "farm_id": farm_id})
        assert problem(refused, 422, "invalid")["errors"][0]["path"] == "farm_id"
        moved = await browser.patch(f"/api/v1/{kind}/{held.of(kind)[0]}", json={"farm_id": farm_id})
        assert moved.status_code == 422


@pytest.mark.parametrize("kind", KINDS)
async def test_the_database_keeps_scope_where_a_service_forgot(
    runtime: Runtime, acme: Tenant, other: Tenant, kind: str
) -> None:
    held = await stock(runtime, acme)
    await stock(runtime, other)
    async with runtime.database.unit_of_work(await acme.technician.actor()) as uow:
        seen = (await uow.session.execute(text(f"SELECT id FROM {kind}"))).scalars().all()
        changed = await uow.session.execute(text(f"UPDATE {kind} SET updated_at = now() RETURNING id"))
        assert changed.scalars().all() == seen == [held.of(kind)[0]]


async def test_another_organisations_names_are_free(runtime: Runtime, acme: Tenant, other: Tenant) -> None:
    """Both herds are made alike: same tags, transponders and device names."""
    assert (await stock(runtime, acme)) != (await stock(runtime, other))
    async with runtime.database.unit_of_work(Actor.system(acme.org_id), read_only=True) as uow:
        assert await uow.session.scalar(text("SELECT count(*) FROM animals")) == 3
