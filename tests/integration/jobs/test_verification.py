"""What the worker makes of a capture, as it is stored afterwards."""

import asyncio
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.ids import new_id
from backend.devices import service as devices
from jobs.bench import Bench
from jobs.leases import look_at_scan
from tests.support import images, scans
from tests.support.captures import CAPTURED_AT, folder, meta, sha256
from tests.support.people import Tenant

IMAGE = images.jpeg(400, 300)
SQUARE = "POLYGON((-114 51, -113 51, -113 52, -114 52, -114 51))"
INSIDE, OUTSIDE = {"lat": 51.5, "lon": -113.5}, {"lat": 10.0, "lon": 10.0}


async def look(bench: Bench, acme: Tenant, image: bytes = IMAGE, **options: Any) -> scans.Found:
    """Deliver a capture, look at it, and read what became of it."""
    scan_id = await scans.deliver(bench.runtime, image, **options)
    await look_at_scan(bench, scan_id)
    return await scans.find(bench.runtime, acme.org_id, scan_id)


async def draw_fence(bench: Bench, acme: Tenant, farm: int, shape: str = SQUARE) -> None:
    async with bench.runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
        await uow.session.execute(
            text(
                "INSERT INTO farm_geofences (id, org_id, farm_id, geofence)"
                " VALUES (:id, :org, :farm, ST_GeomFromText(:shape, 4326))"
            ),
            {"id": new_id(), "org": acme.org_id, "farm": acme.farm_ids[farm], "shape": shape},
        )


class TestAGoodCapture:
    async def test_is_ingested_with_its_true_size_and_type(self, bench: Bench, acme: Tenant) -> None:
        found = await look(bench, acme)
        assert (found.status, found.due_at, found.lease_by, found.attempts) == ("ingested", None, None, 0)
        image = found.assets["image"]
        assert (image["width_px"], image["height_px"], image["size_bytes"]) == (400, 300, len(IMAGE))
        assert image["mime_type"] == "image/jpeg"  # announced as image.png
        assert image["verified_at"] is not None

    async def test_gets_pictures_for_lists_under_a_folder_of_its_own(self, bench: Bench, acme: Tenant) -> None:
        found = await look(bench, acme, images.jpeg(1600, 1200))
        for role, size in {"preview": (1024, 768), "thumb": (256, 192)}.items():
            asset = found.assets[role]
            data = await bench.runtime.store.read(asset["object_key"], 1_000_000)
            assert asset["object_key"].startswith("processed/cap_1757423585/")
            assert (sha256(data), len(data)) == (asset["sha256"], asset["size_bytes"])
            with Image.open(BytesIO(data)) as picture:
                assert (picture.format, picture.size) == ("WEBP", size)
                assert size == (asset["width_px"], asset["height_px"])

    async def test_a_small_image_is_not_blown_up(self, bench: Bench, acme: Tenant) -> None:
        found = await look(bench, acme, images.png(40, 30))
        assert (found.assets["thumb"]["width_px"], found.assets["thumb"]["height_px"]) == (40, 30)

    async def test_two_devices_may_use_one_capture_id(self, bench: Bench, acme: Tenant) -> None:
        first = await look(bench, acme)
        second = await look(bench, acme, images.jpeg(seed=9), device_code="dev-0002")
        assert first.assets["thumb"]["object_key"] != second.assets["thumb"]["object_key"]
        assert second.status == "ingested"

    async def test_the_timeline_says_what_was_found(self, bench: Bench, acme: Tenant) -> None:
        found = await look(bench, acme)
        assert found.event_names == ["uploaded", "ingested"]
        notes = found.events[1][1]
        assert (notes["bytes"], notes["width_px"], notes["height_px"], notes["attempt"]) == (len(IMAGE), 400, 300, 1)
        assert notes["ms"] >= 0
        assert (notes["farm"], notes["group"], notes["animal"]) == ("no position", "not named", "not named")

    async def test_open_pages_are_told_once_it_is_committed(self, bench: Bench, acme: Tenant) -> None:
        scan_id = await scans.deliver(bench.runtime, IMAGE)
        async with bench.runtime.bus.subscribe() as events, asyncio.timeout(10):
            await look_at_scan(bench, scan_id)
            event = await events.get()
        assert event is not None
        assert (event.topic, event.org_id) == ("scan.updated", acme.org_id)
        assert event.data == {"scan_id": str(scan_id), "status": "ingested"}


class TestOtherFiles:
    async def test_a_mask_of_the_same_size_is_verified(self, bench: Bench, acme: Tenant) -> None:
        found = await look(bench, acme, others={"mask": images.png(400, 300), "backfat_line": images.png(400, 300)})
        assert (found.status, found.flags) == ("ingested", [])
        assert found.assets["mask"]["width_px"] == 400
        assert found.assets["backfat_line"]["verified_at"] is not None

    async def test_a_mask_of_another_size_is_kept_and_flagged(self, bench: Bench, acme: Tenant) -> None:
        found = await look(bench, acme, others={"mask": images.png(300, 400)})
        assert (found.status, found.flags) == ("ingested", ["mask_size_mismatch"])
        assert found.assets["mask"]["height_px"] == 400

    async def test_a_mask_that_is_no_image_is_kept_and_flagged(self, bench: Bench, acme: Tenant) -> None:
        found = await look(bench, acme, others={"mask": b"no image"})
        assert (found.status, found.flags) == ("ingested", ["mask_unreadable"])
        assert (found.assets["mask"]["width_px"], found.assets["mask"]["size_bytes"]) == (None, 8)

    async def test_a_mask_that_was_swapped_fails_the_capture(self, bench: Bench, acme: Tenant) -> None:
        found = await look(bench, acme, others={"mask": images.png()}, mask_sha256="ab" * 32)
        assert found.status == "error"
        assert (found.last_error or "").startswith("The stored mask does not match its hash: expected abababababab…")

    async def test_flags_of_ingest_stay(self, bench: Bench, acme: Tenant) -> None:
        ahead = CAPTURED_AT.replace(year=2100).isoformat()
        found = await look(bench, acme, others={"mask": images.png()}, captured_at=ahead)
        assert found.flags == ["clock_ahead", "mask_size_mismatch"]

    async def test_an_image_that_asks_to_be_turned_is_flagged_and_drawn_upright(
        self, bench: Bench, acme: Tenant
    ) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6
        found = await look(bench, acme, images.jpeg(400, 300, exif=exif))
        assert found.flags == ["turned_by_tag"]
        assert (found.assets["image"]["width_px"], found.assets["thumb"]["width_px"]) == (400, 192)


class TestABadCapture:
    async def test_other_bytes_than_announced_end_in_error_for_good(self, bench: Bench, acme: Tenant) -> None:
        found = await look(bench, acme, image_sha256="cd" * 32)
        assert (found.status, found.due_at) == ("error", None)
        reason = f"The stored image does not match its hash: expected cdcdcdcdcdcd…, found {sha256(IMAGE)[:12]}…."
        assert found.last_error == reason
        name, notes = found.events[-1]
        assert (name, notes["reason"], notes["found_sha256"]) == ("error", reason, sha256(IMAGE))
        assert found.assets["image"]["verified_at"] is None
        assert "thumb" not in found.assets

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"<svg/>", "neither a JPEG nor a PNG"),
            (IMAGE[:5000], "damaged or cut off"),
            (images.animation(), "several pictures"),
            (images.pixel_bomb(), "50,000 x 50,000 pixels"),
            (b"", "neither a JPEG nor a PNG"),
        ],
        ids=["svg", "cut", "animation", "bomb", "empty"],
    )
    async def test_what_is_no_usable_image_ends_in_error(
        self, bench: Bench, acme: Tenant, data: bytes, reason: str
    ) -> None:
        found = await look(bench, acme, data)
        assert found.status == "error"
        assert reason in (found.last_error or "")

    async def test_more_bytes_than_an_image_may_have_are_not_kept_in_memory(
        self, bench: Bench, acme: Tenant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("jobs.verify.MAX_IMAGE_BYTES", 1000)
        found = await look(bench, acme)
        assert (found.status, found.last_error) == ("error", "The stored image has more than 1,000 bytes.")

    async def test_another_bucket_is_named(self, bench: Bench, acme: Tenant) -> None:
        scan_id = await scans.deliver(bench.runtime, IMAGE)
        bench.runtime.store.bucket = "moved"
        await look_at_scan(bench, scan_id)
        found = await scans.find(bench.runtime, acme.org_id, scan_id)
        assert found.last_error == "The capture lies in the bucket cti-local, but this platform reads moved."

    async def test_without_an_image_is_of_no_use(self, bench: Bench, acme: Tenant) -> None:
        scan_id = await scans.deliver(bench.runtime, IMAGE)
        async with bench.runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
            await uow.session.execute(text("UPDATE assets SET role = 'extra'"))
        await look_at_scan(bench, scan_id)
        found = await scans.find(bench.runtime, acme.org_id, scan_id)
        assert (found.status, found.last_error) == ("error", "The capture has no image.")

    async def test_another_size_than_announced_is_named(self, bench: Bench, acme: Tenant) -> None:
        scan_id = await scans.deliver(bench.runtime, IMAGE)
        async with bench.runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
            await uow.session.execute(text("UPDATE assets SET size_bytes = 12"))
        await look_at_scan(bench, scan_id)
        found = await scans.find(bench.runtime, acme.org_id, scan_id)
        assert found.last_error == f"The stored image has {len(IMAGE):,} bytes, but 12 were announced."


class TestAMissingImage:
    async def test_is_waited_for(self, bench: Bench, acme: Tenant) -> None:
        document = meta(image_bytes=IMAGE)
        scan_id = await scans.announce(bench.runtime, document)
        assert await look_at_scan(bench, scan_id) == "postponed"
        waiting = await scans.find(bench.runtime, acme.org_id, scan_id)
        assert (waiting.status, waiting.attempts, waiting.event_names) == ("uploaded", 1, ["uploaded"])
        assert waiting.due_at is not None
        assert waiting.last_error == f"The stored image is not in the store: {folder(document)}image.png."
        await bench.runtime.store.put_new(f"{folder(document)}image.png", IMAGE, "image/png")
        await scans.make_due(bench.runtime, acme.org_id, scan_id)
        assert await look_at_scan(bench, scan_id) == "done"

    async def test_fails_the_capture_after_the_last_attempt(self, bench: Bench, acme: Tenant) -> None:
        scan_id = await scans.announce(bench.runtime, meta(image_bytes=IMAGE))
        outcomes = []
        for _ in range(bench.runtime.settings.max_attempts):
            outcomes.append(await look_at_scan(bench, scan_id))
            found = await scans.find(bench.runtime, acme.org_id, scan_id)
            if found.due_at is not None:
                await scans.make_due(bench.runtime, acme.org_id, scan_id)
        assert outcomes == ["postponed"] * 4 + ["given_up"]
        assert (found.status, found.event_names) == ("error", ["uploaded", "error"])
        assert (found.last_error or "").startswith("Given up after 5 attempts. The stored image is not in the store")


class TestTheFarm:
    async def test_is_found_by_its_boundary(self, bench: Bench, acme: Tenant) -> None:
        await draw_fence(bench, acme, 1)
        found = await look(bench, acme, gps=INSIDE)
        assert found.farm_id == acme.farm_ids[1]
        assert found.events[-1][1]["farm"] == "boundary"

    async def test_stays_when_the_device_has_given_it(self, bench: Bench, acme: Tenant) -> None:
        await draw_fence(bench, acme, 1)
        found = await look(bench, acme, gps=INSIDE, farm_id=str(acme.farm_ids[0]))
        assert found.farm_id == acme.farm_ids[0]
        assert found.events[-1][1]["farm"] == "given"

    async def test_is_unknown_outside_of_every_boundary(self, bench: Bench, acme: Tenant) -> None:
        await draw_fence(bench, acme, 1)
        found = await look(bench, acme, gps=OUTSIDE)
        assert (found.farm_id, found.status) == (None, "ingested")
        assert found.events[-1][1]["farm"] == "outside every boundary"

    async def test_is_the_devices_own_outside_of_every_boundary(self, bench: Bench, acme: Tenant) -> None:
        async with bench.runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
            await devices.register_device(uow, "dev-0001", acme.farm_ids[0])
        await draw_fence(bench, acme, 1)
        found = await look(bench, acme, gps=OUTSIDE)
        assert found.farm_id == acme.farm_ids[0]
        assert found.events[-1][1]["farm"] == "device"

    async def test_of_overlapping_boundaries_is_the_one_drawn_last(self, bench: Bench, acme: Tenant) -> None:
        await draw_fence(bench, acme, 1)
        await draw_fence(bench, acme, 0)
        assert (await look(bench, acme, gps=INSIDE)).farm_id == acme.farm_ids[0]

    async def test_of_another_organisation_is_never_found(self, bench: Bench, acme: Tenant, other: Tenant) -> None:
        await draw_fence(bench, other, 0)
        assert (await look(bench, acme, gps=INSIDE)).farm_id is None


class TestTheAnimal:
    async def test_is_made_at_first_sight_and_found_afterwards(self, bench: Bench, acme: Tenant) -> None:
        farm = str(acme.farm_ids[0])
        first = await look(bench, acme, animal_rfid="982 000", animal_tag="A7", farm_id=farm)
        again = await look(bench, acme, number=2, animal_rfid="982 000", farm_id=farm)
        tagged = await look(bench, acme, number=3, animal_tag="A7", farm_id=farm)
        assert first.animal_id is not None
        assert first.animal_id == again.animal_id == tagged.animal_id
        assert [found.events[-1][1]["animal"] for found in (first, tagged)] == ["rfid", "tag"]

    async def test_of_the_same_tag_on_another_farm_is_another_one(self, bench: Bench, acme: Tenant) -> None:
        here = await look(bench, acme, animal_tag="A7", farm_id=str(acme.farm_ids[0]))
        there = await look(bench, acme, number=2, animal_tag="A7", farm_id=str(acme.farm_ids[1]))
        assert here.animal_id != there.animal_id

    async def test_learns_its_transponder(self, bench: Bench, acme: Tenant) -> None:
        farm = str(acme.farm_ids[0])
        tagged = await look(bench, acme, animal_tag="A7", farm_id=farm)
        both = await look(bench, acme, number=2, animal_tag="A7", animal_rfid="982", farm_id=farm)
        later = await look(bench, acme, number=3, animal_rfid="982")
        assert tagged.animal_id == both.animal_id == later.animal_id

    async def test_with_another_transponder_is_another_one_though_its_tag_is_known(
        self, bench: Bench, acme: Tenant
    ) -> None:
        farm = str(acme.farm_ids[0])
        old = await look(bench, acme, animal_tag="A7", animal_rfid="981", farm_id=farm)
        new = await look(bench, acme, number=2, animal_tag="A7", animal_rfid="982", farm_id=farm)
        again = await look(bench, acme, number=3, animal_rfid="982", animal_tag="A7", farm_id=farm)
        assert old.animal_id != new.animal_id
        assert again.animal_id == new.animal_id

    async def test_is_not_guessed_from_a_tag_without_a_farm(self, bench: Bench, acme: Tenant) -> None:
        found = await look(bench, acme, animal_tag="A7")
        assert (found.animal_id, found.status) == (None, "ingested")

    async def test_and_its_group_are_made_once_however_many_captures_come_at_once(
        self, bench: Bench, acme: Tenant
    ) -> None:
        farm = str(acme.farm_ids[0])
        names = {"animal_rfid": "982", "animal_tag": "A7", "group_id": "pen-4", "group_name": "Pen 4", "farm_id": farm}
        made = [await scans.deliver(bench.runtime, IMAGE, number=number, **names) for number in range(6)]
        await asyncio.gather(*(look_at_scan(bench, scan_id) for scan_id in made))
        found = [await scans.find(bench.runtime, acme.org_id, scan_id) for scan_id in made]
        assert {one.status for one in found} == {"ingested"}
        assert len({one.animal_id for one in found}) == 1
        assert len({one.group_id for one in found}) == 1
        assert None not in {one.animal_id for one in found} | {one.group_id for one in found}
