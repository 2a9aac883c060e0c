"""The second wall: with every filter of ours forgotten, the database itself shows nothing that is not the asker's."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from backend.core.actor import Actor
from backend.core.runtime import Runtime
from tests.support.people import Tenant
from tests.support.scan_factory import ScanFactory

OF_SCANS = ("assets", "scan_events", "grading_results")


async def ids(runtime: Runtime, actor: Actor, statement: str, **values: Any) -> set[UUID]:
    async with runtime.database.unit_of_work(actor) as uow:
        return set((await uow.session.execute(text(statement), values)).scalars())


@pytest.fixture
async def made(acme: Tenant, other: Tenant, acme_scans: ScanFactory, other_scans: ScanFactory) -> dict[str, UUID]:
    """One scan of each kind of visibility."""
    names = ("accepted", "unjudged", "elsewhere", "own", "lost")
    here, there = acme.farm_ids
    keys = await acme_scans.scans(
        [
            {"farm_id": here, "review": "accepted", "label": "needle"},
            {"farm_id": here, "label": "needle"},
            {"farm_id": there, "review": "accepted", "label": "needle"},
            {"farm_id": there, "operator_id": acme.technician.id, "label": "needle"},
            {"label": "needle"},
        ]
    )
    foreign = await other_scans.scan(farm_id=other.farm_ids[0], review="accepted", label="needle")
    return {**dict(zip(names, keys, strict=True)), "foreign": foreign}


VISIBLE = {
    "admin": {"accepted", "unjudged", "elsewhere", "own", "lost"},
    "technician": {"accepted", "unjudged", "own"},
    "farmer": {"accepted"},
}


@pytest.mark.parametrize("role", VISIBLE)
async def test_everything_asked_of_scans_shows_the_askers_own(
    runtime: Runtime, acme: Tenant, made: dict[str, UUID], role: str
) -> None:
    seen = await ids(runtime, await acme.people[role].actor(), "SELECT id FROM scans")
    assert seen == {made[name] for name in VISIBLE[role]}


@pytest.mark.parametrize("role", VISIBLE)
async def test_what_hangs_on_a_scan_is_seen_with_it(
    runtime: Runtime, acme: Tenant, made: dict[str, UUID], acme_scans: ScanFactory, other_scans: ScanFactory, role: str
) -> None:
    for name, key in made.items():
        factory = other_scans if name == "foreign" else acme_scans
        await factory.file(key, "extra", f"raw/{key}")
        async with runtime.database.unit_of_work(Actor.system(factory.org_id)) as uow:
            values = {"org": factory.org_id, "scan": key}
            await uow.session.execute(
                text("INSERT INTO scan_events (org_id, scan_id, event) VALUES (:org, :scan, 'x')"), values
            )
            await uow.session.execute(
                text(
                    "INSERT INTO grading_results (id, org_id, scan_id, model_name, model_version)"
                    " VALUES (gen_random_uuid(), :org, :scan, 'm', '1')"
                ),
                values,
            )
    for table in OF_SCANS:
        seen = await ids(runtime, await acme.people[role].actor(), f"SELECT scan_id FROM {table}")
        assert seen == {made[name] for name in VISIBLE[role]}, table


async def test_keys_for_lists_are_of_the_askers_organisation_only(
    runtime: Runtime, acme: Tenant, other: Tenant, made: dict[str, UUID]
) -> None:
    for tenant, names in ((acme, set(made) - {"foreign"}), (other, {"foreign"})):
        seen = await ids(runtime, await tenant.admin.actor(), "SELECT id FROM scan_keys")
        assert seen == {made[name] for name in names}
    assert await ids(runtime, Actor.anonymous(), "SELECT id FROM scan_keys") == set()


async def test_searching_passes_the_wall_for_the_askers_organisation_only(
    runtime: Runtime, acme: Tenant, other: Tenant, made: dict[str, UUID]
) -> None:
    admin = await acme.admin.actor()
    find = "SELECT id FROM find_scans(:org, 'needle', 100)"
    assert await ids(runtime, admin, find, org=acme.org_id) == set(made.values()) - {made["foreign"]}
    assert await ids(runtime, admin, find, org=other.org_id) == set()
    assert await ids(runtime, Actor.anonymous(), find, org=acme.org_id) == set()


async def test_animals_are_searched_in_the_askers_farms_only(
    runtime: Runtime, acme: Tenant, other: Tenant, acme_scans: ScanFactory, other_scans: ScanFactory
) -> None:
    here = await acme_scans.animal("4127", acme.farm_ids[0])
    there = await acme_scans.animal("4128", acme.farm_ids[1])
    await other_scans.animal("4129", other.farm_ids[0])
    for words in ("41", "4_2", "412"):
        find = "SELECT id FROM find_animals(:org, :words, 100)"
        admin = await ids(runtime, await acme.admin.actor(), find, org=acme.org_id, words=words)
        farmer = await ids(runtime, await acme.farmer.actor(), find, org=acme.org_id, words=words)
        expected = set() if "_" in words else {here, there}
        assert (admin, farmer) == (expected, expected & {here})
        assert await ids(runtime, await acme.admin.actor(), find, org=other.org_id, words=words) == set()


@pytest.mark.parametrize("role", VISIBLE)
async def test_a_change_without_a_condition_reaches_nothing_out_of_sight_and_a_farmers_nothing(
    runtime: Runtime, acme: Tenant, other: Tenant, made: dict[str, UUID], role: str
) -> None:
    changed = await ids(runtime, await acme.people[role].actor(), "UPDATE scans SET label = 'mine' RETURNING id")
    assert changed <= {made[name] for name in VISIBLE[role]}
    untouched = "SELECT id FROM scans WHERE label = 'needle'"
    assert await ids(runtime, await other.admin.actor(), untouched) == {made["foreign"]}


async def test_a_row_cannot_be_smuggled_into_another_organisation(
    runtime: Runtime, acme: Tenant, other: Tenant, made: dict[str, UUID]
) -> None:
    admin = await acme.admin.actor()
    for statement in (
        "UPDATE scans SET org_id = :org WHERE id = :id",
        "INSERT INTO scan_events (org_id, scan_id, event) VALUES (:org, :id, 'x')",
    ):
        with pytest.raises(ProgrammingError, match="row-level security"):
            async with runtime.database.unit_of_work(admin) as uow:
                await uow.session.execute(text(statement), {"org": other.org_id, "id": made["accepted"]})


async def test_totals_are_of_the_askers_farms(runtime: Runtime, acme: Tenant, made: dict[str, UUID]) -> None:
    total = "SELECT sum(n)::int FROM scan_totals"
    for role, expected in (("admin", 5), ("technician", 2), ("farmer", 2)):
        assert await ids(runtime, await acme.people[role].actor(), total) == {expected}
