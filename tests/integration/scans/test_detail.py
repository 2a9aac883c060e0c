"""One scan in full: what is shown, to whom, and which are its neighbours."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.runtime import Runtime
from backend.scans import service
from backend.scans.filters import ScanFilters
from backend.scans.schemas import ScanDetail
from tests.support.people import Tenant
from tests.support.scan_factory import ScanFactory


async def detail(runtime: Runtime, actor: Actor, scan_id: UUID, filters: ScanFilters | None = None) -> ScanDetail:
    async with runtime.database.unit_of_work(actor, read_only=True) as uow:
        return await service.get_scan(uow, scan_id, filters)


async def test_everything_known_of_a_scan_is_told(runtime: Runtime, acme: Tenant, acme_scans: ScanFactory) -> None:
    farm_id = acme.farm_ids[0]
    device = await acme_scans.device("dev-1", label="Chute", farm_id=farm_id)
    animal = await acme_scans.animal("4127", farm_id, rfid="985")
    scan_id = await acme_scans.scan(
        device_id=device,
        farm_id=farm_id,
        animal_id=animal,
        operator_id=acme.technician.id,
        gps="SRID=4326;POINT(-113.5 53.4)",
        meta={"probe": {"model": "X"}},
    )
    for role in ("image", "mask", "backfat_line", "thumb", "preview", "extra"):
        await acme_scans.file(scan_id, role, f"raw/{role}.png", width_px=800, height_px=600)

    found = await detail(runtime, await acme.technician.actor(), scan_id)

    assert (found.device_code, found.device_label, found.animal_tag, found.animal_rfid) == (
        "dev-1",
        "Chute",
        "4127",
        "985",
    )
    assert (found.farm_name, found.time_zone) == ("acme farm 1", "America/Edmonton")
    assert found.operator_name == "Technician of acme.example"
    assert found.position is not None
    assert (found.position.lat, found.position.lon) == (53.4, -113.5)
    assert found.meta == {"probe": {"model": "X"}}
    assert found.has_mask
    for file in (found.image, found.mask, found.backfat_line, found.preview, *found.extras):
        assert file is not None
        assert file.url.startswith(f"/files/{runtime.store.bucket}/raw/{file.role}.png?")
        assert (file.width_px, file.height_px) == (800, 600)
    assert found.thumb_url is not None
    assert found.thumb is not None
    assert found.thumb_url == found.thumb.url


async def test_neighbours_are_those_of_the_list_it_was_opened_from(
    runtime: Runtime, acme: Tenant, acme_scans: ScanFactory
) -> None:
    first, _, third, fourth = await acme_scans.scans(
        [{"review": "accepted"}, {"review": "rejected"}, {"review": "accepted"}, {"review": "accepted"}]
    )
    admin = await acme.admin.actor()

    newest_first = await detail(runtime, admin, third, ScanFilters(review="accepted"))
    oldest_first = await detail(runtime, admin, third, ScanFilters(review="accepted", sort="captured_at"))
    last = await detail(runtime, admin, first, ScanFilters(review="accepted"))
    alone = await detail(runtime, admin, third)

    assert (newest_first.previous_id, newest_first.next_id) == (fourth, first)
    assert (oldest_first.previous_id, oldest_first.next_id) == (first, fourth)
    assert (last.previous_id, last.next_id) == (third, None)
    assert (alone.previous_id, alone.next_id) == (None, None)


async def test_refused_and_missing_are_the_same(
    runtime: Runtime, acme: Tenant, other: Tenant, acme_scans: ScanFactory, other_scans: ScanFactory
) -> None:
    on_farm = await acme_scans.scan(farm_id=acme.farm_ids[0])
    elsewhere = await acme_scans.scan(farm_id=acme.farm_ids[1], review="accepted")
    foreign = await other_scans.scan(farm_id=other.farm_ids[0], review="accepted")
    refused = {
        "admin": [foreign, uuid4()],
        "technician": [foreign, elsewhere, uuid4()],
        "farmer": [foreign, elsewhere, on_farm, uuid4()],
    }
    said = set()
    for role, scan_ids in refused.items():
        for scan_id in scan_ids:
            with pytest.raises(service.ScanNotFound) as caught:
                await detail(runtime, await acme.people[role].actor(), scan_id)
            said.add(str(caught.value))
    assert len(said) == 1


async def test_a_technician_sees_what_they_operated_wherever_it_lies(
    runtime: Runtime, acme: Tenant, acme_scans: ScanFactory
) -> None:
    own = await acme_scans.scan(farm_id=acme.farm_ids[1], operator_id=acme.technician.id)
    lost = await acme_scans.scan(operator_id=acme.technician.id)
    actor = await acme.technician.actor()
    assert (await detail(runtime, actor, own)).id == own
    assert (await detail(runtime, actor, lost)).id == lost


async def test_a_grading_is_shown_with_its_author(runtime: Runtime, acme: Tenant, acme_scans: ScanFactory) -> None:
    scan_id = await acme_scans.scan(farm_id=acme.farm_ids[0])
    insert = text(
        "INSERT INTO grading_results (id, org_id, scan_id, model_name, model_version, confidence, created_by)"
        " VALUES (gen_random_uuid(), :org, :scan, 'ribeye', '1.0.0', 0.9125, :author)"
    )
    async with runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
        await uow.session.execute(insert, {"org": acme.org_id, "scan": scan_id, "author": acme.technician.id})

    (grading,) = (await detail(runtime, await acme.admin.actor(), scan_id)).gradings

    assert (grading.model_name, grading.confidence) == ("ribeye", 0.9125)
    assert grading.created_by_name == "Technician of acme.example"
