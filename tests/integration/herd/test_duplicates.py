"""Two records of one animal: found, shown, merged with whatever names them, and parted again."""

from datetime import date
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from backend.core.runtime import Runtime
from backend.duplicates.repository import references
from tests.plugins.people import SignedIn
from tests.support.people import Tenant
from tests.support.problems import problem
from tests.support.scan_factory import ScanFactory

PAIRS, MERGE, MERGES = "/api/v1/duplicates", "/api/v1/duplicates/merge", "/api/v1/merges"


@pytest.fixture
async def technician(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.technician)


@pytest.fixture
def factory(runtime: Runtime, acme: Tenant) -> ScanFactory:
    return ScanFactory(runtime, acme.org_id)


def ids(survivor: UUID, gone: UUID) -> dict[str, str]:
    return {"survivor_id": str(survivor), "gone_id": str(gone)}


async def weigh(browser: httpx.AsyncClient, animal: UUID, kg: float, day: str) -> None:
    answer = await browser.post(f"/api/v1/animals/{animal}/weights", json={"kg": kg, "weighed_on": day})
    assert answer.status_code == 201, answer.text


async def weights(browser: httpx.AsyncClient, animal: UUID) -> list[tuple[float, str]]:
    items = (await browser.get(f"/api/v1/animals/{animal}/weights")).json()
    return sorted((one["kg"], one["weighed_on"]) for one in items)


async def test_tags_that_are_alike_are_found_and_others_are_not(
    technician: httpx.AsyncClient, factory: ScanFactory, acme: Tenant
) -> None:
    near, far = acme.farm_ids
    born = date(2025, 3, 4)
    await factory.animal("0417", near, sex="steer")
    await factory.animal("417", near)
    await factory.animal("B-12", near, sex="bull")
    await factory.animal("b12", near, sex="cow")
    await factory.animal("77", near, birth_date=born)
    await factory.animal("077", near, birth_date=date(2024, 3, 4))
    await factory.animal("417", far)
    await factory.animal("0500", near, status="sold")
    await factory.animal("500", near)
    pairs = (await technician.get(PAIRS)).json()["items"]
    assert [{pair["first"]["tag_id"], pair["second"]["tag_id"]} for pair in pairs] == [{"0417", "417"}]
    assert pairs[0]["why"] == "The tags are the same but for case, zeros and signs, on one farm."


async def test_a_merge_moves_everything_and_is_undone_whole(
    technician: httpx.AsyncClient, factory: ScanFactory, acme: Tenant, superuser_url: str
) -> None:
    farm_id = acme.farm_ids[0]
    survivor = await factory.animal("0417", farm_id, sex="steer")
    gone = await factory.animal("417", farm_id, rfid="r1", breed="Angus", sex="steer")
    scan_id = await factory.scan(animal_id=gone, farm_id=farm_id)
    await weigh(technician, survivor, 500, "2026-10-01")
    await weigh(technician, gone, 501, "2026-10-01")
    await weigh(technician, gone, 520, "2026-10-09")
    session = (
        await technician.post("/api/v1/scan-sessions", json={"farm_id": str(farm_id), "held_on": "2026-10-05"})
    ).json()
    await technician.post(f"/api/v1/scan-sessions/{session['id']}/lines", json={"rfid": "r1"})

    plan = (await technician.get(f"{PAIRS}/preview", params=ids(survivor, gone))).json()
    assert set(plan["moves"]) == {"1 scan", "2 weights", "1 line of a barn sheet"}
    assert [(one["field"], one["value"]) for one in plan["takes"]] == [("rfid", "r1"), ("breed", "Angus")]
    assert [(one["field"], one["value"]) for one in plan["differs"]] == [("tag_id", "417")]

    merged = await technician.post(MERGE, json=ids(survivor, gone))
    assert merged.status_code == 201, merged.text
    kept = (await technician.get(f"/api/v1/animals/{survivor}")).json()
    assert (kept["tag_id"], kept["rfid"], kept["breed"]) == ("0417", "r1", "Angus")
    problem(await technician.get(f"/api/v1/animals/{gone}"), 404, "not_found")
    assert (await technician.get(f"/api/v1/scans/{scan_id}")).json()["animal_id"] == str(survivor)
    assert await weights(technician, survivor) == [(500.0, "2026-10-01"), (520.0, "2026-10-09")]
    (line,) = (await technician.get(f"/api/v1/scan-sessions/{session['id']}")).json()["lines"]
    assert line["animal_id"] == str(survivor)
    (listed,) = (await technician.get(MERGES)).json()["items"]
    assert (listed["gone_tag"], listed["survivor_tag"], listed["undone_at"]) == ("417", "0417", None)
    with psycopg.connect(superuser_url) as reader:
        found = reader.execute("SELECT count(*) FROM audit_log WHERE action = 'animal.merged'").fetchone()
    assert found == (1,)

    undo = f"{MERGES}/{merged.json()['merge_id']}/undo"
    assert (await technician.post(undo)).status_code == 204
    again = (await technician.get(f"/api/v1/animals/{gone}")).json()
    assert (again["tag_id"], again["rfid"], again["breed"]) == ("417", "r1", "Angus")
    kept = (await technician.get(f"/api/v1/animals/{survivor}")).json()
    assert (kept["rfid"], kept["breed"]) == (None, None)
    assert (await technician.get(f"/api/v1/scans/{scan_id}")).json()["animal_id"] == str(gone)
    assert await weights(technician, gone) == [(501.0, "2026-10-01"), (520.0, "2026-10-09")]
    assert await weights(technician, survivor) == [(500.0, "2026-10-01")]
    problem(await technician.post(undo), 409, "cannot_part")


async def test_what_cannot_be_parted_is_told_and_stays(
    technician: httpx.AsyncClient, factory: ScanFactory, acme: Tenant
) -> None:
    farm_id = acme.farm_ids[0]
    survivor, gone = await factory.animal("0417", farm_id), await factory.animal("417", farm_id)
    merged = (await technician.post(MERGE, json=ids(survivor, gone))).json()
    await factory.animal("417", farm_id)
    problem(await technician.post(f"{MERGES}/{merged['merge_id']}/undo"), 409, "cannot_part")
    assert (await technician.get(MERGES)).json()["items"][0]["undone_at"] is None


async def test_two_transponders_are_two_animals(
    technician: httpx.AsyncClient, factory: ScanFactory, acme: Tenant
) -> None:
    farm_id = acme.farm_ids[0]
    first, second = await factory.animal("1", farm_id, rfid="a"), await factory.animal("01", farm_id, rfid="b")
    problem(await technician.post(MERGE, json=ids(first, second)), 422, "invalid")
    problem(await technician.post(MERGE, json=ids(first, first)), 422, "invalid")


async def test_another_farms_animals_are_not_merged(
    technician: httpx.AsyncClient,
    signed_in: SignedIn,
    runtime: Runtime,
    factory: ScanFactory,
    acme: Tenant,
    other: Tenant,
) -> None:
    own, far = await factory.animal("1", acme.farm_ids[0]), await factory.animal("01", acme.farm_ids[1])
    foreign = await ScanFactory(factory.runtime, other.org_id).animal("001", other.farm_ids[0])
    for pair in (ids(own, far), ids(far, own), ids(own, foreign), ids(foreign, own)):
        problem(await technician.get(f"{PAIRS}/preview", params=pair), 404, "not_found")
        problem(await technician.post(MERGE, json=pair), 404, "not_found")
    farmer = await signed_in(acme.farmer)
    problem(await farmer.get(PAIRS), 403, "forbidden")
    merged: dict[str, Any] = (await (await signed_in(acme.admin)).post(MERGE, json=ids(own, far))).json()
    stranger = await signed_in(other.admin)
    problem(await stranger.post(f"{MERGES}/{merged['merge_id']}/undo"), 404, "not_found")


def test_every_table_that_names_an_animal_is_merged() -> None:
    assert {"scans", "animal_weights", "animal_moves", "session_entries"} <= {one.table for one in references()}
