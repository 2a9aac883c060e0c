"""Finding anything by a few letters, within what one may see; and notes that tell whom they name."""

from typing import Any

import pytest
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.runtime import Runtime
from backend.scans import service as scans
from tests.plugins.people import SignedIn
from tests.support.people import Person, Tenant, make_person
from tests.support.scan_factory import ScanFactory

MENTIONED = text("SELECT user_id, payload ->> 'text' AS said FROM notifications WHERE type = 'mentioned'")


@pytest.fixture
def made(runtime: Runtime, acme: Tenant) -> ScanFactory:
    return ScanFactory(runtime, acme.org_id)


async def found(signed_in: SignedIn, person: Person, q: str) -> list[tuple[Any, ...]]:
    browser = await signed_in(person)
    answer = await browser.get("/api/v1/search", params={"q": q})
    assert answer.status_code == 200, answer.text
    return sorted((item["kind"], item["title"]) for item in answer.json()["items"])


async def test_each_finds_what_they_may_see(
    runtime: Runtime, acme: Tenant, other: Tenant, made: ScanFactory, signed_in: SignedIn
) -> None:
    mine, hidden = acme.farm_ids
    await made.device("acme-7", farm_id=mine)
    cow = await made.animal("acme cow", mine)
    await made.animal("acme bull", hidden)
    await made.scan(farm_id=mine, animal_id=cow, capture_id="cap_one", review="accepted")
    await made.scan(farm_id=hidden, label="acme label", capture_id="cap_two")
    await ScanFactory(runtime, other.org_id).animal("acme spy", other.farm_ids[0])
    own = [("animal", "acme cow"), ("farm", "acme farm 1"), ("scan", "cap_one")]
    assert await found(signed_in, acme.farmer, "acme") == own
    assert await found(signed_in, acme.technician, "acme") == sorted([*own, ("device", "acme-7")])
    everything = [("animal", "acme bull"), ("device", "acme-7"), ("farm", "acme farm 2"), ("scan", "cap_two")]
    assert await found(signed_in, acme.admin, "acme") == sorted([*own, *everything])
    for nothing in ("", "a", " a ", "acme\0", "%%", "zzz"):
        assert await found(signed_in, acme.admin, nothing) == []


async def test_a_note_tells_whom_it_names_and_who_may_see_the_scan(
    runtime: Runtime, acme: Tenant, made: ScanFactory
) -> None:
    mine, hidden = acme.farm_ids
    away = await make_person(runtime, acme.org_id, "away@far.example", "technician", [hidden])
    scan_id = await made.scan(farm_id=mine)
    names = {role: f"{role.title()} of acme.example" for role in acme.people}
    note = f"@{names['admin']} @{names['technician']} @{names['farmer']} @Technician of far.example"
    async with runtime.database.unit_of_work(await acme.technician.actor()) as uow:
        assert {person.full_name for person in await scans.people_of(uow, scan_id)} == {
            names["admin"],
            names["technician"],
        }
        await scans.add_note(uow, scan_id, note)
    assert await told(runtime, acme) == [acme.admin.id]
    async with runtime.database.unit_of_work(await acme.admin.actor()) as uow:
        await scans.review_scan(uow, scan_id, "accepted")
        await scans.add_note(uow, scan_id, f"@{names['farmer']}")
    assert sorted(await told(runtime, acme)) == sorted([acme.admin.id, acme.farmer.id])
    assert away.id not in await told(runtime, acme)


async def told(runtime: Runtime, tenant: Tenant) -> list[Any]:
    async with runtime.database.unit_of_work(Actor.system(tenant.org_id), read_only=True) as uow:
        return [row.user_id for row in await uow.session.execute(MENTIONED)]


async def test_a_session_begins_after_the_last_long_pause(runtime: Runtime, acme: Tenant, made: ScanFactory) -> None:
    from datetime import timedelta

    async with runtime.database.unit_of_work(await acme.admin.actor(), read_only=True) as uow:
        assert await scans.session_began(uow) is None
    await made.scans([{} for _ in range(3)])
    first = made.made[0]["captured_at"]
    async with runtime.database.unit_of_work(await acme.admin.actor(), read_only=True) as uow:
        assert await scans.session_began(uow) == first
    later = first + timedelta(hours=5)
    await made.scans([{"captured_at": later}, {"captured_at": later + timedelta(hours=2)}])
    async with runtime.database.unit_of_work(await acme.admin.actor(), read_only=True) as uow:
        assert await scans.session_began(uow) == later
