"""Moving animals: shown first, scans go along, the history says so, and it can be undone whole."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.runtime import Runtime
from tests.plugins.people import SignedIn
from tests.support.people import Tenant
from tests.support.problems import problem
from tests.support.scan_factory import ScanFactory

MOVES = "/api/v1/animals/moves"


@pytest.fixture
def barn(runtime: Runtime, acme: Tenant) -> ScanFactory:
    return ScanFactory(runtime, acme.org_id)


@pytest.fixture
async def admin(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.admin)


async def where(runtime: Runtime, org_id: UUID, table: str, ids: Sequence[UUID]) -> list[tuple[Any, Any]]:
    query = text(f"SELECT farm_id, group_id FROM {table} WHERE id = ANY(:ids) ORDER BY id")
    async with runtime.database.unit_of_work(Actor.system(org_id), read_only=True) as uow:
        return [tuple(row) for row in await uow.session.execute(query, {"ids": list(ids)})]


async def move(browser: httpx.AsyncClient, ids: Sequence[UUID], url: str = MOVES, **to: Any) -> httpx.Response:
    wanted = {name: None if value is None else str(value) for name, value in to.items()}
    return await browser.post(url, json={"animal_ids": [str(one) for one in ids], **wanted})


async def test_a_move_is_shown_before_it_happens(admin: httpx.AsyncClient, acme: Tenant, barn: ScanFactory) -> None:
    home, away = acme.farm_ids
    pen = await barn.group("Pen 4", away)
    cow = await barn.animal("T1", home)
    await barn.scans([{"animal_id": cow, "farm_id": home} for _ in range(3)])
    plan = (await move(admin, [cow], f"{MOVES}/preview", group_id=pen)).json()
    assert (plan["animals"], plan["scans"], plan["farm"], plan["group"]) == (1, 3, "acme farm 2", "Pen 4")
    assert plan["losing"] == ["Farmer of acme.example", "Technician of acme.example"]
    assert (plan["gaining"], plan["tags_worn"]) == ([], [])
    assert (await admin.get(f"/api/v1/animals/{cow}")).json()["farm_id"] == str(home)


async def test_scans_go_along_and_come_back_to_where_each_was(
    admin: httpx.AsyncClient, acme: Tenant, barn: ScanFactory, runtime: Runtime
) -> None:
    home, away = acme.farm_ids
    old, new = await barn.group("Old", home), await barn.group("New", away)
    cows = [await barn.animal(f"T{number}", home, group_id=old) for number in range(2)]
    scans = [await barn.scan(animal_id=cows[0], farm_id=home, group_id=old), await barn.scan(animal_id=cows[1])]
    before = await where(runtime, acme.org_id, "scans", scans)
    done = (await move(admin, cows, farm_id=away, group_id=new)).json()
    assert (done["animals"], done["scans"]) == (2, 2)
    assert await where(runtime, acme.org_id, "scans", scans) == [(away, new)] * 2
    assert await where(runtime, acme.org_id, "animals", cows) == [(away, new)] * 2
    line = (await admin.get(f"/api/v1/animals/{cows[0]}/moves")).json()[0]
    assert (line["from_group"], line["to_group"], line["scans"], line["undone_at"]) == ("Old", "New", 1, None)
    undone = await admin.post(f"/api/v1/moves/{line['id']}/undo")
    assert undone.json() == done
    assert await where(runtime, acme.org_id, "scans", scans) == before
    assert await where(runtime, acme.org_id, "animals", cows) == [(home, old)] * 2
    problem(await admin.post(f"/api/v1/moves/{done['id']}/undo"), 409, "move_overtaken")


async def test_a_group_takes_its_animals_and_their_scans_along(
    admin: httpx.AsyncClient, acme: Tenant, barn: ScanFactory, runtime: Runtime
) -> None:
    home, away = acme.farm_ids
    pen = await barn.group("Pen", home)
    cows = [await barn.animal(f"T{number}", home, group_id=pen) for number in range(3)]
    scans = await barn.scans([{"animal_id": cow, "farm_id": home, "group_id": pen} for cow in cows])
    url = f"/api/v1/groups/{pen}/moves"
    plan = (await admin.post(f"{url}/preview", json={"farm_id": str(away)})).json()
    assert (plan["animals"], plan["scans"]) == (3, 3)
    done = (await admin.post(url, json={"farm_id": str(away)})).json()
    assert await where(runtime, acme.org_id, "scans", scans) == [(away, pen)] * 3
    assert (await admin.get(f"/api/v1/groups/{pen}")).json()["farm_id"] == str(away)
    assert (await admin.post(f"/api/v1/moves/{done['id']}/undo")).status_code == 200
    assert (await admin.get(f"/api/v1/groups/{pen}")).json()["farm_id"] == str(home)
    assert await where(runtime, acme.org_id, "scans", scans) == [(home, pen)] * 3


async def test_a_corrected_record_that_moves_an_animal_moves_its_scans(
    admin: httpx.AsyncClient, acme: Tenant, barn: ScanFactory, runtime: Runtime
) -> None:
    home, away = acme.farm_ids
    cow = await barn.animal("T1", home)
    scan = await barn.scan(animal_id=cow, farm_id=home)
    await admin.patch(f"/api/v1/animals/{cow}", json={"farm_id": str(away)})
    assert await where(runtime, acme.org_id, "scans", [scan]) == [(away, None)]
    history = (await admin.get(f"/api/v1/animals/{cow}/moves")).json()
    assert [(line["from_farm"], line["to_farm"]) for line in history] == [("acme farm 1", "acme farm 2")]


async def test_worn_tags_stand_in_the_way(admin: httpx.AsyncClient, acme: Tenant, barn: ScanFactory) -> None:
    home, away = acme.farm_ids
    cows = [await barn.animal(f"T{number}", home) for number in range(3)]
    await barn.animal("T1", away)
    plan = (await move(admin, cows, f"{MOVES}/preview", farm_id=away)).json()
    assert plan["tags_worn"] == ["T1"]
    body = problem(await move(admin, cows, farm_id=away), 409, "tags_worn")
    assert "T1" in body["detail"]
    assert (await admin.get(f"/api/v1/animals/{cows[0]}")).json()["farm_id"] == str(home)


async def test_an_animal_that_moved_on_is_not_called_back(
    admin: httpx.AsyncClient, acme: Tenant, barn: ScanFactory
) -> None:
    home, away = acme.farm_ids
    cow = await barn.animal("T1", home)
    first = (await move(admin, [cow], farm_id=away)).json()
    await move(admin, [cow], farm_id=home)
    body = problem(await admin.post(f"/api/v1/moves/{first['id']}/undo"), 409, "move_overtaken")
    assert "T1" in body["detail"]


async def test_nobody_moves_what_or_where_they_may_not_see(
    signed_in: SignedIn, acme: Tenant, other: Tenant, barn: ScanFactory, runtime: Runtime
) -> None:
    home, away = acme.farm_ids
    mine, hidden = await barn.animal("T1", home), await barn.animal("T2", away)
    foreign = await ScanFactory(runtime, other.org_id).animal("T3", other.farm_ids[0])
    technician, farmer = await signed_in(acme.technician), await signed_in(acme.farmer)
    for stranger in (hidden, foreign):
        problem(await move(technician, [mine, stranger], farm_id=home), 404, "not_found")
    for place in (away, other.farm_ids[0]):
        problem(await move(technician, [mine], farm_id=place), 422, "invalid")
    problem(await move(technician, [mine], farm_id=None), 422, "invalid")
    problem(await move(farmer, [mine], farm_id=home), 403, "forbidden")
