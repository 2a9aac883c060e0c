"""What people do to a scan: the row, its timeline, the audit log and the open pages all follow."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.database import UnitOfWork
from backend.core.errors import Forbidden, Invalid
from backend.core.events import Event
from backend.core.runtime import Runtime
from backend.core.storage import StoreUnavailable
from backend.farms.service import FarmNotFound
from backend.herd.service import AnimalNotFound
from backend.scans import service
from backend.scans.schemas import ScanDetail
from tests.support.people import Tenant
from tests.support.scan_factory import ScanFactory

AUDIT = text("SELECT action, before, after, user_id FROM audit_log WHERE object_id = :id ORDER BY id")
Act = Callable[[UnitOfWork, UUID], Awaitable[object]]
ACTS: dict[str, Act] = {
    "update": lambda uow, scan: service.update_scan(uow, scan, {"label": "x"}),
    "review": lambda uow, scan: service.review_scan(uow, scan, "rejected"),
    "link": lambda uow, scan: service.link_animal(uow, scan, None),
    "note": lambda uow, scan: service.add_note(uow, scan, "x"),
    "assign": lambda uow, scan: service.assign_scan(uow, scan, None, None),
    "delete": service.delete_scan,
    "retry": service.retry_scan,
}


async def done(runtime: Runtime, actor: Actor, act: Act, scan_id: UUID) -> list[Event]:
    """Do it; returns what open pages are told."""
    async with runtime.database.unit_of_work(actor) as uow:
        await act(uow, scan_id)
    return uow.events


async def look(runtime: Runtime, tenant: Tenant, scan_id: UUID) -> ScanDetail:
    async with runtime.database.unit_of_work(await tenant.admin.actor(), read_only=True) as uow:
        return await service.get_scan(uow, scan_id)


async def audited(runtime: Runtime, tenant: Tenant, scan_id: UUID) -> list[Any]:
    async with runtime.database.unit_of_work(Actor.system(tenant.org_id), read_only=True) as uow:
        return list((await uow.session.execute(AUDIT, {"id": str(scan_id)})).all())


async def test_a_judgement_is_kept_with_who_when_and_why(
    runtime: Runtime, acme: Tenant, acme_scans: ScanFactory
) -> None:
    scan_id = await acme_scans.scan(farm_id=acme.farm_ids[0])
    technician = await acme.technician.actor()

    events = await done(
        runtime, technician, lambda uow, key: service.review_scan(uow, key, "rejected", "blurred"), scan_id
    )

    found = await look(runtime, acme, scan_id)
    assert (found.review, found.reviewed_by, found.reviewed_at is not None) == ("rejected", acme.technician.id, True)
    (line,) = found.events
    assert (line.event, line.user_name) == ("reviewed", "Technician of acme.example")
    assert line.meta == {
        "review": "rejected",
        "before": "unreviewed",
        "rea": "rejected",
        "backfat": "rejected",
        "reason": "blurred",
    }
    ((action, before, after, user_id),) = await audited(runtime, acme, scan_id)
    assert (action, user_id) == ("scan.reviewed", acme.technician.id)
    assert (before["review"], after["review"], after["reason"]) == ("unreviewed", "rejected", "blurred")
    (event,) = events
    assert (event.topic, event.org_id, event.farm_id) == ("scan.updated", acme.org_id, acme.farm_ids[0])
    assert event.data == {
        "scan_id": str(scan_id),
        "status": "graded",
        "review": "rejected",
        "review_before": "unreviewed",
    }


async def test_taking_a_judgement_back_leaves_nobody_as_its_author(
    runtime: Runtime, acme: Tenant, acme_scans: ScanFactory
) -> None:
    scan_id = await acme_scans.scan(farm_id=acme.farm_ids[0])
    admin = await acme.admin.actor()
    for review in ("accepted", "unreviewed"):
        await done(runtime, admin, lambda uow, key, to=review: service.review_scan(uow, key, to), scan_id)
    found = await look(runtime, acme, scan_id)
    assert (found.review, found.reviewed_by, found.reviewed_at) == ("unreviewed", None, None)


async def test_the_same_again_changes_nothing(runtime: Runtime, acme: Tenant, acme_scans: ScanFactory) -> None:
    scan_id = await acme_scans.scan(farm_id=acme.farm_ids[0], review="accepted", label="pen 7")
    admin = await acme.admin.actor()
    before = await look(runtime, acme, scan_id)

    told = await done(runtime, admin, lambda uow, key: service.review_scan(uow, key, "accepted"), scan_id)
    told += await done(runtime, admin, lambda uow, key: service.update_scan(uow, key, {"label": "pen 7"}), scan_id)

    assert told == []
    assert await look(runtime, acme, scan_id) == before
    assert await audited(runtime, acme, scan_id) == []


async def test_what_is_left_out_of_a_change_stays_and_null_clears(
    runtime: Runtime, acme: Tenant, acme_scans: ScanFactory
) -> None:
    scan_id = await acme_scans.scan(label="pen 7", clarity="good", usability="bad")
    changes = {"label": None, "usability": "medium"}
    await done(runtime, await acme.admin.actor(), lambda uow, key: service.update_scan(uow, key, changes), scan_id)
    found = await look(runtime, acme, scan_id)
    assert (found.label, found.clarity, found.usability) == (None, "good", "medium")


async def test_only_label_clarity_and_usability_can_be_edited(
    runtime: Runtime, acme: Tenant, acme_scans: ScanFactory
) -> None:
    scan_id = await acme_scans.scan()
    with pytest.raises(Invalid) as caught:
        await done(
            runtime,
            await acme.admin.actor(),
            lambda uow, key: service.update_scan(uow, key, {"status": "graded", "org_id": "x"}),
            scan_id,
        )
    assert [error["path"] for error in caught.value.errors] == ["org_id", "status"]


async def test_a_change_of_what_has_changed_meanwhile_is_refused(
    runtime: Runtime, acme: Tenant, acme_scans: ScanFactory
) -> None:
    scan_id = await acme_scans.scan(farm_id=acme.farm_ids[0])
    admin = await acme.admin.actor()
    seen = (await look(runtime, acme, scan_id)).version

    def relabel(label: str) -> Act:
        return lambda uow, key: service.update_scan(uow, key, {"label": label}, version=seen)

    await done(runtime, admin, relabel("first"), scan_id)
    with pytest.raises(service.ScanChanged):
        await done(runtime, admin, relabel("second"), scan_id)
    assert (await look(runtime, acme, scan_id)).label == "first"


async def test_linking_an_animal_brings_an_unassigned_scan_home(
    runtime: Runtime, acme: Tenant, acme_scans: ScanFactory
) -> None:
    farm_id = acme.farm_ids[0]
    group = await acme_scans.group("Pen 7", farm_id)
    animal = await acme_scans.animal("4127", farm_id, group_id=group)
    scan_id = await acme_scans.scan()

    events = await done(
        runtime, await acme.admin.actor(), lambda uow, key: service.link_animal(uow, key, animal), scan_id
    )

    found = await look(runtime, acme, scan_id)
    assert (found.animal_tag, found.farm_id, found.group_name) == ("4127", farm_id, "Pen 7")
    assert [event.farm_id for event in events] == [None, farm_id], "those who saw it before and those who see it now"


async def test_an_animal_of_another_farm_is_not_linked(runtime: Runtime, acme: Tenant, acme_scans: ScanFactory) -> None:
    animal = await acme_scans.animal("4127", acme.farm_ids[1])
    scan_id = await acme_scans.scan(farm_id=acme.farm_ids[0])
    with pytest.raises(service.AnimalElsewhere, match="4127"):
        await done(runtime, await acme.admin.actor(), lambda uow, key: service.link_animal(uow, key, animal), scan_id)
    with pytest.raises(AnimalNotFound):
        await done(
            runtime, await acme.technician.actor(), lambda uow, key: service.link_animal(uow, key, animal), scan_id
        )


async def test_another_farm_unlinks_the_animal_and_both_farms_hear_of_it(
    runtime: Runtime, acme: Tenant, acme_scans: ScanFactory
) -> None:
    here, there = acme.farm_ids
    animal = await acme_scans.animal("4127", here)
    group = await acme_scans.group("Pen 9", there)
    scan_id = await acme_scans.scan(farm_id=here, animal_id=animal)

    events = await done(
        runtime, await acme.admin.actor(), lambda uow, key: service.assign_scan(uow, key, None, group), scan_id
    )

    found = await look(runtime, acme, scan_id)
    assert (found.farm_id, found.group_id, found.animal_id) == (there, group, None)
    assert [event.farm_id for event in events] == [here, there]


async def test_a_group_of_another_farm_is_refused(runtime: Runtime, acme: Tenant, acme_scans: ScanFactory) -> None:
    group = await acme_scans.group("Pen 9", acme.farm_ids[1])
    scan_id = await acme_scans.scan(farm_id=acme.farm_ids[0])
    with pytest.raises(Invalid):
        await done(
            runtime,
            await acme.admin.actor(),
            lambda uow, key: service.assign_scan(uow, key, acme.farm_ids[0], group),
            scan_id,
        )


async def test_a_technician_moves_scans_among_their_own_farms_only(
    runtime: Runtime, acme: Tenant, acme_scans: ScanFactory
) -> None:
    scan_id = await acme_scans.scan(farm_id=acme.farm_ids[0])
    technician = await acme.technician.actor()
    with pytest.raises(FarmNotFound):
        await done(runtime, technician, lambda uow, key: service.assign_scan(uow, key, acme.farm_ids[1], None), scan_id)
    with pytest.raises(Forbidden):
        await done(runtime, technician, lambda uow, key: service.assign_scan(uow, key, None, None), scan_id)


async def test_a_note_stands_in_the_timeline(runtime: Runtime, acme: Tenant, acme_scans: ScanFactory) -> None:
    scan_id = await acme_scans.scan(farm_id=acme.farm_ids[0])
    before = (await look(runtime, acme, scan_id)).version
    note = "<b>left</b> side; 'twice'"
    await done(runtime, await acme.technician.actor(), lambda uow, key: service.add_note(uow, key, note), scan_id)
    found = await look(runtime, acme, scan_id)
    assert [(line.event, line.meta) for line in found.events] == [("note", {"text": note})]
    assert found.version != before


async def test_deleting_takes_rows_and_objects_and_says_what_went(
    runtime: Runtime, acme: Tenant, acme_scans: ScanFactory
) -> None:
    scan_id, kept = await acme_scans.scans([{"farm_id": acme.farm_ids[0]}, {}])
    found = await look(runtime, acme, scan_id)
    raw = found.ingest_key.removeprefix(f"s3://{runtime.store.bucket}/")
    beside = raw.rstrip("/") + "9/image.png"
    for key in (f"{raw}image.png", f"{raw}meta.json", beside):
        await runtime.store.put_new(key, b"12345", "image/png")
    await runtime.store.put_derived(f"processed/{found.capture_id}/{scan_id}/thumb.webp", b"123", "image/webp")
    image = await acme_scans.file(scan_id, "image", f"{raw}image.png")
    admin = await acme.admin.actor()
    await done(runtime, admin, lambda uow, key: service.add_note(uow, key, "x"), scan_id)

    async with runtime.database.unit_of_work(admin) as uow:
        removed = await service.delete_scan(uow, scan_id)

    assert (removed.capture_id, removed.objects, removed.bytes, removed.events) == (found.capture_id, 3, 13, 1)
    assert [event.topic for event in uow.events] == ["scan.deleted"]
    assert [stored.key async for stored in runtime.store.list_prefix("raw/")] == [beside]
    assert [stored.key async for stored in runtime.store.list_prefix("processed/")] == []
    with pytest.raises(service.ScanNotFound):
        await look(runtime, acme, scan_id)
    assert (await look(runtime, acme, kept)).id == kept
    async with runtime.database.unit_of_work(Actor.system(acme.org_id), read_only=True) as uow:
        assert await uow.session.scalar(text("SELECT count(*) FROM assets WHERE id = :id"), {"id": image}) == 0
    assert [row.action for row in await audited(runtime, acme, scan_id)] == ["scan.noted", "scan.deleted"]


async def test_with_the_store_out_of_reach_nothing_is_deleted(
    runtime: Runtime, acme: Tenant, acme_scans: ScanFactory
) -> None:
    scan_id = await acme_scans.scan()
    whole, runtime.store = runtime.store, BrokenStore(runtime.store.bucket)  # type: ignore[assignment]
    with pytest.raises(StoreUnavailable):
        await done(runtime, await acme.admin.actor(), service.delete_scan, scan_id)
    runtime.store = whole
    assert (await look(runtime, acme, scan_id)).id == scan_id


class BrokenStore:
    """A store whose disk is gone."""

    def __init__(self, bucket: str) -> None:
        self.bucket = bucket

    def list_prefix(self, prefix: str) -> Any:
        raise StoreUnavailable


@pytest.mark.parametrize("name", ACTS)
async def test_farmers_change_nothing(runtime: Runtime, acme: Tenant, acme_scans: ScanFactory, name: str) -> None:
    scan_id = await acme_scans.scan(farm_id=acme.farm_ids[0], review="accepted")
    farmer = await acme.farmer.actor()
    said = set()
    for key in (scan_id, uuid4()):
        with pytest.raises(Forbidden) as caught:
            await done(runtime, farmer, ACTS[name], key)
        said.add(str(caught.value))
    assert len(said) == 1, "what is refused by role says nothing about the scan"


@pytest.mark.parametrize("name", ["delete", "retry"])
async def test_technicians_neither_delete_nor_retry(
    runtime: Runtime, acme: Tenant, acme_scans: ScanFactory, name: str
) -> None:
    scan_id = await acme_scans.scan(farm_id=acme.farm_ids[0])
    with pytest.raises(Forbidden):
        await done(runtime, await acme.technician.actor(), ACTS[name], scan_id)


@pytest.mark.parametrize("name", ACTS)
async def test_what_lies_out_of_sight_is_not_found(
    runtime: Runtime, acme: Tenant, other: Tenant, acme_scans: ScanFactory, other_scans: ScanFactory, name: str
) -> None:
    foreign = await other_scans.scan(farm_id=other.farm_ids[0], status="error")
    elsewhere = await acme_scans.scan(farm_id=acme.farm_ids[1])
    hidden = {"admin": [foreign, uuid4()], "technician": [foreign, elsewhere, uuid4()]}
    for role in ["admin"] if name in {"delete", "retry"} else ["admin", "technician"]:
        for scan_id in hidden[role]:
            with pytest.raises(service.ScanNotFound):
                await done(runtime, await acme.people[role].actor(), ACTS[name], scan_id)
