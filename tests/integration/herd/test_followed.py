"""What people see of animals' lives: who sees which measurement, growth, ratios, weights, photos, targets, news."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from PIL import ExifTags, Image
from sqlalchemy import update

from backend.core.clock import utc_now
from backend.core.runtime import Runtime
from backend.herd import service as herd
from backend.herd.models import HerdVisit
from tests.plugins.people import SignedIn
from tests.support.herd_factory import Herd
from tests.support.images import encoded, speckle
from tests.support.people import Person, Tenant
from tests.support.problems import problem

ROLES = ("admin", "technician", "farmer")


@pytest.fixture
def barn(runtime: Runtime, acme: Tenant) -> Herd:
    return Herd(runtime, acme.org_id)


async def growth(browser: httpx.AsyncClient, animal_id: UUID) -> dict[str, Any]:
    answer = await browser.get(f"/api/v1/animals/{animal_id}/growth")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


class TestGrowth:
    async def test_two_accepted_scans_tell_when_the_target_is_reached(
        self, signed_in: SignedIn, acme: Tenant, barn: Herd
    ) -> None:
        farm = acme.farm_ids[0]
        cow = await barn.animal("T1", farm)
        await barn.measured(cow, 60, farm_id=farm, backfat_mm=4.2, rea_cm2=70)
        await barn.measured(cow, 1, farm_id=farm, backfat_mm=8.0, rea_cm2=82)
        told = await growth(await signed_in(acme.farmer), cow)
        assert told["state"] == "coming"
        assert 10 < told["days"] < 30
        assert told["days_sd"] > 3
        assert (told["rea"]["value"], told["rea"]["sd"], told["backfat"]["value"]) == (82, 3, 8)

    @pytest.mark.parametrize("judged", [{"review": "marginal"}, {"review": "rejected"}, {"certainty": "abstained"}])
    async def test_a_scan_that_is_not_usable_shows_a_farmer_no_number(
        self, signed_in: SignedIn, acme: Tenant, barn: Herd, judged: dict[str, str]
    ) -> None:
        farm = acme.farm_ids[0]
        cow = await barn.animal("T1", farm)
        measures = {} if "certainty" in judged else {"backfat_mm": 9.5, "rea_cm2": 80}
        await barn.measured(cow, 2, farm_id=farm, **measures, **judged)
        browser = await signed_in(acme.farmer)
        told = await growth(browser, cow)
        assert (told["rea"], told["backfat"], told["days"]) == (None, None, None)
        assert (told["state"], told["why_scan"]) == ("scan", "The image of its last scan is not usable.")
        listed = (await browser.get(f"/api/v1/animals/{cow}/scans")).json()["items"]
        assert [scan["review"] for scan in listed] == (["accepted"] if "certainty" in judged else [])

    async def test_an_unreviewed_scan_is_for_those_who_judge_and_counts_for_nobody(
        self, runtime: Runtime, acme: Tenant, barn: Herd
    ) -> None:
        farm = acme.farm_ids[0]
        cow = await barn.animal("T1", farm)
        await barn.measured(cow, 2, farm_id=farm, backfat_mm=9.5, review="unreviewed", reviewed_at=None)
        seen = {}
        for role in ROLES:
            actor = await acme.people[role].actor()
            async with runtime.database.unit_of_work(actor, read_only=True) as uow:
                followed = await herd.follow_animal(uow, cow)
            seen[role] = [(reading.value, reading.usable) for reading in followed.backfat]
            assert followed.last is None
        assert seen == {"admin": [(9.5, False)], "technician": [(9.5, False)], "farmer": []}

    async def test_a_later_unusable_image_asks_for_another_scan(
        self, signed_in: SignedIn, acme: Tenant, barn: Herd
    ) -> None:
        farm = acme.farm_ids[0]
        cow = await barn.animal("T1", farm)
        for days, backfat_mm in ((60, 5.0), (20, 7.0)):
            await barn.measured(cow, days, farm_id=farm, backfat_mm=backfat_mm)
        await barn.measured(cow, 1, farm_id=farm, review="rejected")
        told = await growth(await signed_in(acme.farmer), cow)
        assert told["state"] == "scan"
        assert told["backfat"]["value"] == 7

    async def test_the_groups_target_goes_before_the_farms(self, signed_in: SignedIn, acme: Tenant, barn: Herd) -> None:
        farm = acme.farm_ids[0]
        pen = await barn.group("Pen", farm)
        technician = await signed_in(acme.technician)
        for place, backfat_mm in (({"farm_id": str(farm)}, 12), ({"group_id": str(pen)}, 8)):
            answer = await technician.put("/api/v1/targets", json={**place, "backfat_mm": backfat_mm})
            assert answer.status_code == 204, answer.text
        told = (await technician.get("/api/v1/targets", params={"farm_id": str(farm), "group_id": str(pen)})).json()
        assert told["backfat_mm"] == 8
        for unset in (await barn.group("Other pen", farm), None):
            asked = {"group_id": str(unset)} if unset else {"farm_id": str(farm)}
            assert (await technician.get("/api/v1/targets", params=asked)).json()["backfat_mm"] == 12
        elsewhere = {"group_id": str(await barn.group("Far pen", acme.farm_ids[1]))}
        problem(await technician.get("/api/v1/targets", params=elsewhere), 404, "not_found")
        problem(await technician.put("/api/v1/targets", json={"backfat_mm": 11}), 404, "not_found")
        away = {"farm_id": str(acme.farm_ids[1]), "backfat_mm": 11}
        problem(await technician.put("/api/v1/targets", json=away), 404, "not_found")
        farmer = await signed_in(acme.farmer)
        problem(await farmer.put("/api/v1/targets", json={"farm_id": str(farm), "backfat_mm": 11}), 403, "forbidden")


class TestGroup:
    async def test_everybody_of_a_pen_is_compared(self, signed_in: SignedIn, acme: Tenant, barn: Herd) -> None:
        farm = acme.farm_ids[0]
        pen = await barn.group("Pen", farm)
        cows = [await barn.animal(f"T{number}", farm, group_id=pen, sex="steer") for number in range(6)]
        for number, cow in enumerate(cows):
            rea = 140 if number == 5 else 78 + number
            await barn.measured(cow, 3, farm_id=farm, group_id=pen, rea_cm2=rea, backfat_mm=8)
        found = (await (await signed_in(acme.farmer)).get(f"/api/v1/groups/{pen}/standing")).json()
        mean = (78 + 79 + 80 + 81 + 82 + 140) / 6
        ratios = [member["rea_ratio"]["percent"] for member in found["members"]]
        assert ratios == pytest.approx([100 * value / mean for value in (78, 79, 80, 81, 82, 140)])
        assert [member["tag_id"] for member in found["members"] if member["odd"]] == ["T5"]
        assert (found["members"][0]["backfat_ratio"]["percent"], found["more"]) == (100, False)

    async def test_a_value_of_another_month_is_not_compared(self, runtime: Runtime, acme: Tenant, barn: Herd) -> None:
        farm = acme.farm_ids[0]
        pen = await barn.group("Pen", farm)
        cows = [await barn.animal(f"T{number}", farm, group_id=pen, sex="steer") for number in range(6)]
        for number, cow in enumerate(cows):
            await barn.measured(cow, 40 if number == 5 else 3, farm_id=farm, rea_cm2=80 + number)
        async with runtime.database.unit_of_work(await acme.farmer.actor(), read_only=True) as uow:
            found = await herd.group_standing(uow, pen)
        assert {member.tag_id: "rea" in member.ratios for member in found.members} == {
            **{f"T{number}": True for number in range(5)},
            "T5": False,
        }


class TestRecords:
    async def test_a_days_weight_is_written_once(self, signed_in: SignedIn, acme: Tenant, barn: Herd) -> None:
        cow = await barn.animal("T1", acme.farm_ids[0])
        technician, url = await signed_in(acme.technician), f"/api/v1/animals/{cow}/weights"
        for kg, day in ((410.04, "2026-02-01"), (455, "2026-03-01"), (456, "2026-03-01")):
            assert (await technician.post(url, json={"kg": kg, "weighed_on": day})).status_code == 201
        listed = (await technician.get(url)).json()
        assert [(line["kg"], line["weighed_on"]) for line in listed] == [(456, "2026-03-01"), (410, "2026-02-01")]
        farmer = await signed_in(acme.farmer)
        assert (await farmer.get(url)).json() == listed
        problem(await farmer.post(url, json={"kg": 400, "weighed_on": "2026-04-01"}), 403, "forbidden")
        assert (await technician.delete(f"{url}/{listed[0]['id']}")).status_code == 204
        problem(await technician.delete(f"{url}/{listed[0]['id']}"), 404, "not_found")
        problem(await technician.post(url, json={"kg": 400, "weighed_on": "2190-01-01"}), 422, "invalid")

    async def test_a_photo_keeps_its_picture_alone(
        self, signed_in: SignedIn, acme: Tenant, barn: Herd, runtime: Runtime
    ) -> None:
        cow = await barn.animal("T1", acme.farm_ids[0])
        url, technician = f"/api/v1/animal-photos/{cow}", await signed_in(acme.technician)
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = 6
        exif[ExifTags.Base.Artist] = "somebody"
        sent = encoded(speckle(1600, 1200).convert("RGB"), exif=exif)
        for _ in range(2):
            answer = await technician.put(url, files={"photo": ("IMG.jpg", sent, "image/jpeg")})
            assert answer.status_code == 200, answer.text
        kept = [info async for info in runtime.store.list_prefix(f"processed/animal_{cow}/")]
        assert len(kept) == 1
        async with runtime.store.open_stream(kept[0].key) as stream:
            data = b"".join([part async for part in stream])
        shown = (await (await signed_in(acme.farmer)).get(url)).json()["url"]
        assert kept[0].key in shown
        assert b"somebody" not in data
        assert (await technician.delete(url)).status_code == 204
        assert (await technician.get(url)).json() == {"url": None}

    async def test_what_is_no_photo_is_refused(self, signed_in: SignedIn, acme: Tenant, barn: Herd) -> None:
        cow = await barn.animal("T1", acme.farm_ids[0])
        url, technician = f"/api/v1/animal-photos/{cow}", await signed_in(acme.technician)
        problem(await technician.put(url, files={"photo": ("x.jpg", b"GIF89a", "image/jpeg")}), 415, "not_an_image")
        large = await technician.put(url, files={"photo": ("x.jpg", bytes(13 * 1024 * 1024), "image/jpeg")})
        problem(large, 413, "part_too_large")
        problem(await technician.put(url, files={"other": ("x.jpg", b"1", "image/jpeg")}), 400, "bad_form")


class TestOverview:
    async def overview(self, runtime: Runtime, person: Person, since: datetime | None = None) -> herd.Overview:
        async with runtime.database.unit_of_work(await person.actor(), read_only=True) as uow:
            return await herd.herd_overview(uow, since)

    async def test_it_sorts_the_own_herd(self, runtime: Runtime, acme: Tenant, barn: Herd) -> None:
        farm = acme.farm_ids[0]
        wanted: dict[str, Sequence[tuple[int, float]]] = {
            "ready": [(60, 7.0), (1, 11.5)],
            "soon": [(60, 4.4), (1, 8.4)],
            "later": [(60, 3.2), (1, 4.6)],
            "unseen": [],
            "old": [(200, 6.0), (120, 8.0)],
        }
        for tag, scans in wanted.items():
            cow = await barn.animal(tag, farm)
            for days, backfat_mm in scans:
                await barn.measured(cow, days, farm_id=farm, backfat_mm=backfat_mm)
        await barn.animal("sold", farm, status="sold")
        await barn.animal("away", acme.farm_ids[1])
        found = await self.overview(runtime, acme.farmer)
        states = {state: [one.tag_id for one in found.of(state)] for state in ("ready", "coming", "growing", "scan")}
        assert states == {"ready": ["ready"], "coming": ["soon"], "growing": ["later"], "scan": ["old", "unseen"]}
        assert found.session is not None
        assert (found.session.animals, found.session.farm and found.session.farm.name) == (3, "acme farm 1")
        assert found.news is None

    async def test_news_is_what_was_accepted_since_the_last_visit(
        self, runtime: Runtime, acme: Tenant, barn: Herd
    ) -> None:
        farm, now = acme.farm_ids[0], datetime.now(UTC)
        cow, known = await barn.animal("T1", farm), await barn.animal("T2", farm)
        for animal in (cow, known):
            await barn.measured(animal, 60, farm_id=farm, backfat_mm=5.0)
            await barn.measured(animal, 30, farm_id=farm, backfat_mm=6.0 if animal == cow else 11.0)
        await barn.measured(cow, 1, farm_id=farm, backfat_mm=11.5)
        found = await self.overview(runtime, acme.farmer, now - timedelta(days=5))
        assert found.news is not None
        assert (found.news.scans, found.news.animals, [one.tag_id for one in found.news.ready]) == (1, 1, ["T1"])

    async def test_a_visit_goes_on_while_somebody_keeps_looking(self, runtime: Runtime, acme: Tenant) -> None:
        actor = await acme.farmer.actor()

        async def look() -> datetime | None:
            async with runtime.database.unit_of_work(actor) as uow:
                return await herd.note_visit(uow)

        assert await look() is None
        assert await look() is None
        yesterday = utc_now() - timedelta(days=1)
        async with runtime.database.unit_of_work(actor) as uow:
            await uow.session.execute(update(HerdVisit).values(seen_at=yesterday))
        assert await look() == yesterday
        assert await look() == yesterday

    async def test_a_strangers_animal_has_no_life(self, signed_in: SignedIn, acme: Tenant) -> None:
        farmer = await signed_in(acme.farmer)
        for part in ("growth", "moves", "weights", "scans"):
            problem(await farmer.get(f"/api/v1/animals/{uuid4()}/{part}"), 404, "not_found")
