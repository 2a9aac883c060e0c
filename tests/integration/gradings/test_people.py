"""Gradings for people: who sees what, asking for another run, choosing, correcting, reading by eye."""

from pathlib import Path
from uuid import UUID, uuid4

import httpx
import numpy as np
import pytest
from PIL import Image
from sqlalchemy import text

from backend.core.actor import Actor
from jobs.bench import Bench
from jobs.leases import look_at_scan
from tests.plugins.people import SignedIn
from tests.support import gradings, scans, shapes
from tests.support.images import encoded
from tests.support.people import Tenant

FULL = shapes.oval()


def drawn(half: tuple[float, float] = (180, 90), *, fat: bool = False) -> bytes:
    """A technician's mask: a smaller oval, with or without a layer of fat over it."""
    classes = np.zeros((600, 800), np.uint8)
    if fat:
        classes[shapes.layer(top=200, thickness=30)] = 2
    classes[shapes.oval(half=half)] = 1
    return encoded(Image.fromarray(classes), "PNG")


@pytest.fixture
async def scan_id(bench: Bench, acme: Tenant, champion: str) -> UUID:
    return await gradings.graded(bench, farm_id=str(acme.farm_ids[0]))


@pytest.fixture
async def technician(signed_in: SignedIn, acme: Tenant) -> httpx.AsyncClient:
    return await signed_in(acme.technician)


def address(scan_id: UUID, rest: str = "") -> str:
    return f"/api/v1/grading/{scan_id}{rest}"


async def correct(browser: httpx.AsyncClient, scan_id: UUID, mask: bytes, **params: str) -> httpx.Response:
    headers = {"Content-Type": "image/png"}
    return await browser.put(f"/api/v1/scans/{scan_id}/mask/ribeye", content=mask, params=params, headers=headers)


class TestReading:
    async def test_a_result_is_shown_with_errors_parts_outlines_and_pictures(
        self, technician: httpx.AsyncClient, scan_id: UUID, champion: str
    ) -> None:
        found = (await technician.get(address(scan_id))).json()
        (result,) = found["results"]
        assert (found["status"], found["waiting"], found["calibrated"]) == ("graded", False, True)
        assert found["result_id"] == result["id"]
        assert (result["model"], result["counts"]) == (champion, True)
        assert result["measures"]["rea_cm2"]["unit"] == "cm²"
        assert result["rea_cm2_error"] > 4
        assert result["confidence_breakdown"]["mask_iou_kind"] == "tta_agreement"
        assert len(result["contours"]["ribeye"]) > 10
        mask = await technician.get(result["mask_url"])
        assert mask.status_code == 200
        assert mask.headers["content-type"] == "image/png"

    async def test_what_the_device_claims_stands_beside(
        self, bench: Bench, technician: httpx.AsyncClient, acme: Tenant, champion: str
    ) -> None:
        claims = {"grade": "AAA", "ribeye_area_cm2": 90.0}
        one = await gradings.graded(bench, device_grading=claims, farm_id=str(acme.farm_ids[0]))
        found = (await technician.get(address(one))).json()
        assert found["device_grading"]["ribeye_area_cm2"] == 90.0
        assert found["results"][0]["rea_cm2"] != 90.0

    async def test_the_list_of_scans_shows_and_filters_what_counts(
        self, technician: httpx.AsyncClient, scan_id: UUID, champion: str
    ) -> None:
        (row,) = (await technician.get("/api/v1/scans", params={"graded_by": champion})).json()["items"]
        assert row["rea_cm2"] == pytest.approx(77, rel=0.15)
        assert row["result_id"]
        for certainty, n in ((row["certainty"], 1), ("abstained", 0)):
            items = (await technician.get("/api/v1/scans", params={"certainty": certainty})).json()["items"]
            assert len(items) == n

    async def test_another_organisation_finds_nothing(self, signed_in: SignedIn, other: Tenant, scan_id: UUID) -> None:
        browser = await signed_in(other.admin)
        for method, path, body in (
            ("GET", address(scan_id), None),
            ("POST", f"/api/v1/scans/{scan_id}/grade", {}),
            ("POST", address(scan_id, "/manual"), {"rea_cm2": 80}),
        ):
            assert (await browser.request(method, path, json=body)).status_code == 404

    async def test_a_farmer_sees_accepted_scans_and_never_a_trial(
        self, bench: Bench, signed_in: SignedIn, acme: Tenant, scan_id: UUID, folders: Path
    ) -> None:
        farmer = await signed_in(acme.farmer)
        assert (await farmer.get(address(scan_id))).status_code == 404
        async with bench.runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
            await uow.session.execute(text("UPDATE scans SET review = 'accepted' WHERE id = :id"), {"id": scan_id})
            await uow.session.execute(
                text(
                    "INSERT INTO grading_results (id, org_id, scan_id, model_name, model_version, alias, accepted)"
                    " VALUES (gen_random_uuid(), :org, :id, 'trial', '1.0.0', 'shadow', false)"
                ),
                {"org": acme.org_id, "id": scan_id},
            )
        assert len((await farmer.get(address(scan_id))).json()["results"]) == 1
        staff = await signed_in(acme.technician)
        assert len((await staff.get(address(scan_id))).json()["results"]) == 2
        refused = await farmer.post(f"/api/v1/scans/{scan_id}/grade")
        assert refused.status_code == 403


class TestAsking:
    async def test_another_version_grades_the_same_scan_and_counts(
        self, bench: Bench, acme: Tenant, technician: httpx.AsyncClient, scan_id: UUID, folders: Path
    ) -> None:
        beta = await gradings.register(bench, folders, "beta")
        asked = await technician.post(f"/api/v1/scans/{scan_id}/grade", json={"model": beta})
        assert asked.status_code == 202
        assert await look_at_scan(bench, scan_id) == "done"
        first, second = await gradings.results(bench.runtime, acme.org_id, scan_id)
        found = await gradings.counting(bench.runtime, acme.org_id, scan_id)
        assert str(second.request_id) == asked.json()["request_id"]
        assert (second.model, second.created_by) == (beta, acme.technician.id)
        assert (found.result_id, found.graded_by) == (second.id, beta)
        assert first.mask_key != second.mask_key

    async def test_one_run_at_a_time(self, technician: httpx.AsyncClient, scan_id: UUID) -> None:
        address = f"/api/v1/scans/{scan_id}/grade"
        assert (await technician.post(address)).status_code == 202
        refused = await technician.post(address)
        assert (refused.status_code, refused.json()["code"]) == (409, "grading_runs")

    async def test_nor_while_a_capture_is_being_worked_on(
        self, bench: Bench, technician: httpx.AsyncClient, acme: Tenant, champion: str
    ) -> None:
        one = await gradings.capture(bench, farm_id=str(acme.farm_ids[0]))
        assert (await technician.post(f"/api/v1/scans/{one}/grade")).status_code == 409

    async def test_a_request_done_twice_leaves_one_result(
        self, bench: Bench, acme: Tenant, technician: httpx.AsyncClient, scan_id: UUID
    ) -> None:
        await technician.post(f"/api/v1/scans/{scan_id}/grade")
        assert await look_at_scan(bench, scan_id) == "done"
        await scans.make_due(bench.runtime, acme.org_id, scan_id)
        await look_at_scan(bench, scan_id)
        assert len(await gradings.results(bench.runtime, acme.org_id, scan_id)) == 2

    @pytest.mark.parametrize("model", ["nobody@1.0.0", "alpha@9.9.9"])
    async def test_a_model_that_is_not_there_is_not_found(
        self, technician: httpx.AsyncClient, scan_id: UUID, model: str
    ) -> None:
        answer = await technician.post(f"/api/v1/scans/{scan_id}/grade", json={"model": model})
        assert answer.status_code == 404

    async def test_a_run_that_fails_leaves_the_scan_graded(
        self, bench: Bench, acme: Tenant, technician: httpx.AsyncClient, scan_id: UUID, folders: Path
    ) -> None:
        beta = await gradings.register(bench, folders, "beta")
        await technician.post(f"/api/v1/scans/{scan_id}/grade", json={"model": beta})
        for kept in (bench.runtime.settings.data_dir / "models").rglob("beta@1.0.0/model.onnx"):
            kept.write_bytes(b"broken")
        for _ in range(bench.runtime.settings.max_attempts):
            outcome = await look_at_scan(bench, scan_id)
            if outcome == "postponed":
                await scans.make_due(bench.runtime, acme.org_id, scan_id)
        found = await scans.find(bench.runtime, acme.org_id, scan_id)
        assert (outcome, found.status) == ("given_up", "graded")
        assert found.event_names[-1] == "grading_failed"
        assert (await technician.post(f"/api/v1/scans/{scan_id}/grade")).status_code == 202


class TestWhatCannotBe:
    async def test_a_capture_that_is_not_verified_is_not_graded(
        self, bench: Bench, acme: Tenant, technician: httpx.AsyncClient, champion: str
    ) -> None:
        one = await scans.deliver(bench.runtime, gradings.image(), kind=gradings.KIND, farm_id=str(acme.farm_ids[0]))
        refused = await technician.post(f"/api/v1/scans/{one}/grade")
        assert (refused.status_code, refused.json()["code"]) == (409, "not_gradable")

    async def test_a_model_grades_its_own_kind(
        self, bench: Bench, acme: Tenant, technician: httpx.AsyncClient, champion: str
    ) -> None:
        one = await scans.deliver(bench.runtime, gradings.image(), farm_id=str(acme.farm_ids[0]))
        await look_at_scan(bench, one)
        for body in ({"model": champion}, {}):
            refused = await technician.post(f"/api/v1/scans/{one}/grade", json=body)
            assert (refused.status_code, refused.json()["code"]) == (409, "not_gradable")

    async def test_neither_a_trial_nor_another_scans_result_can_count(
        self, bench: Bench, acme: Tenant, technician: httpx.AsyncClient, scan_id: UUID
    ) -> None:
        other_scan = await gradings.graded(bench, 7, farm_id=str(acme.farm_ids[0]))
        (foreign,) = await gradings.results(bench.runtime, acme.org_id, other_scan)
        trial = uuid4()
        async with bench.runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
            await uow.session.execute(
                text(
                    "INSERT INTO grading_results (id, org_id, scan_id, model_name, model_version, alias, accepted)"
                    " VALUES (:trial, :org, :id, 'trial', '1.0.0', 'shadow', false)"
                ),
                {"trial": trial, "org": acme.org_id, "id": scan_id},
            )
        for result_id in (foreign.id, trial, uuid4()):
            answer = await technician.post(address(scan_id, f"/results/{result_id}/use"))
            assert answer.status_code == 404


class TestCorrecting:
    async def test_a_corrected_mask_is_measured_compared_and_counts(
        self, bench: Bench, acme: Tenant, technician: httpx.AsyncClient, scan_id: UUID
    ) -> None:
        answer = await correct(technician, scan_id, drawn(), note="the lateral end was wrong")
        assert answer.status_code == 201
        base, result = await gradings.results(bench.runtime, acme.org_id, scan_id)
        found = await gradings.counting(bench.runtime, acme.org_id, scan_id)
        assert (result.kind, result.base_id, result.created_by) == ("correction", base.id, acme.technician.id)
        assert float(result.base_iou) == pytest.approx(180 * 90 / (200 * 100), abs=0.06)
        assert float(result.rea_cm2) == pytest.approx(3.14159 * 180 * 90 * 0.0352**2, rel=0.02)
        assert (found.result_id, found.certainty) == (result.id, "person")
        assert found.graded_by == str(acme.technician.id)
        assert base.mask_key != result.mask_key

    async def test_it_overwrites_neither_the_devices_nor_the_models_mask(
        self, bench: Bench, acme: Tenant, technician: httpx.AsyncClient, champion: str
    ) -> None:
        one = await scans.deliver(
            bench.runtime,
            gradings.image(),
            others={"mask": gradings.mask()},
            kind=gradings.KIND,
            farm_id=str(acme.farm_ids[0]),
        )
        for _ in range(2):
            await look_at_scan(bench, one)
        (base,) = await gradings.results(bench.runtime, acme.org_id, one)
        model_mask = await bench.runtime.store.read(base.mask_key, 10**7)
        assert (await correct(technician, one, drawn())).status_code == 201
        device = (await scans.find(bench.runtime, acme.org_id, one)).assets["mask"]["object_key"]
        assert await bench.runtime.store.read(base.mask_key, 10**7) == model_mask
        assert await bench.runtime.store.read(device, 10**7) == gradings.mask()

    async def test_fat_that_is_drawn_is_measured(
        self, bench: Bench, acme: Tenant, technician: httpx.AsyncClient, scan_id: UUID
    ) -> None:
        await correct(technician, scan_id, drawn(half=(200, 100), fat=True))
        result = (await gradings.results(bench.runtime, acme.org_id, scan_id))[-1]
        assert float(result.backfat_mm) == pytest.approx(30 * 0.352, rel=0.25)

    async def test_a_mask_without_fat_keeps_the_bases_fat_unless_there_is_said_to_be_none(
        self, bench: Bench, acme: Tenant, technician: httpx.AsyncClient, scan_id: UUID
    ) -> None:
        await correct(technician, scan_id, drawn(half=(200, 100), fat=True))
        await correct(technician, scan_id, drawn(half=(200, 100)))
        fat = (await gradings.results(bench.runtime, acme.org_id, scan_id))[-2]
        kept = (await gradings.results(bench.runtime, acme.org_id, scan_id))[-1]
        assert kept.backfat_mm == fat.backfat_mm
        await correct(technician, scan_id, drawn(half=(200, 100)), base_id=str(fat.id), fat="drawn")
        bare = (await gradings.results(bench.runtime, acme.org_id, scan_id))[-1]
        assert bare.backfat_mm is None

    async def test_who_has_not_seen_the_newest_correction_is_told_and_may_add_one_all_the_same(
        self, bench: Bench, signed_in: SignedIn, acme: Tenant, technician: httpx.AsyncClient, scan_id: UUID
    ) -> None:
        first = (await correct(technician, scan_id, drawn(), known="none")).json()["result_id"]
        admin = await signed_in(acme.admin)
        for known in ("none", str(uuid4())):
            refused = await correct(admin, scan_id, drawn(), known=known)
            assert (refused.status_code, refused.json()["code"]) == (409, "corrected_meanwhile")
            assert "while you were drawing yours" in refused.json()["detail"]
        assert len(await gradings.results(bench.runtime, acme.org_id, scan_id)) == 2
        assert (await correct(admin, scan_id, drawn(), known=first)).status_code == 201
        assert (await correct(admin, scan_id, drawn())).status_code == 201

    async def test_a_later_run_of_a_model_does_not_replace_what_a_person_drew(
        self, bench: Bench, acme: Tenant, technician: httpx.AsyncClient, scan_id: UUID
    ) -> None:
        await correct(technician, scan_id, drawn())
        before = await gradings.counting(bench.runtime, acme.org_id, scan_id)
        await technician.post(f"/api/v1/scans/{scan_id}/grade")
        assert await look_at_scan(bench, scan_id) == "done"
        after = await gradings.counting(bench.runtime, acme.org_id, scan_id)
        assert after.result_id == before.result_id
        assert len(await gradings.results(bench.runtime, acme.org_id, scan_id)) == 3

    @pytest.mark.parametrize(
        ("mask", "status"),
        [
            (gradings.mask(size=(60, 80)), 422),
            (encoded(Image.new("L", (800, 600)), "PNG"), 422),
            (b"", 422),
            (b"no image", 415),
            (encoded(Image.fromarray((FULL * 255).astype(np.uint8)), "PNG")[:-30], 415),
        ],
        ids=["another size", "nothing drawn", "empty", "no image", "cut off"],
    )
    async def test_what_is_no_mask_of_the_image_is_refused(
        self, bench: Bench, acme: Tenant, technician: httpx.AsyncClient, scan_id: UUID, mask: bytes, status: int
    ) -> None:
        assert (await correct(technician, scan_id, mask)).status_code == status
        assert len(await gradings.results(bench.runtime, acme.org_id, scan_id)) == 1

    async def test_a_base_of_another_scan_is_not_found(self, technician: httpx.AsyncClient, scan_id: UUID) -> None:
        assert (await correct(technician, scan_id, drawn(), base_id=str(uuid4()))).status_code == 404

    async def test_a_farmer_may_not(self, signed_in: SignedIn, acme: Tenant, scan_id: UUID) -> None:
        assert (await correct(await signed_in(acme.farmer), scan_id, drawn())).status_code == 403

    async def test_a_corrected_scan_can_be_deleted_with_all_of_it(
        self, bench: Bench, signed_in: SignedIn, acme: Tenant, technician: httpx.AsyncClient, scan_id: UUID
    ) -> None:
        await correct(technician, scan_id, drawn())
        gone = await (await signed_in(acme.admin)).delete(f"/api/v1/scans/{scan_id}")
        assert gone.status_code == 200
        assert gone.json()["gradings"] == 2
        left = [found.key async for found in bench.runtime.store.list_prefix("processed/")]
        assert left == []


class TestReadingByEye:
    async def test_numbers_are_kept_with_their_author_and_history(
        self, bench: Bench, acme: Tenant, technician: httpx.AsyncClient, scan_id: UUID
    ) -> None:
        for value in (81.5, 82.5):
            answer = await technician.post(address(scan_id, "/manual"), json={"rea_cm2": value, "note": "by hand"})
            assert answer.status_code == 201
        shown = (await technician.get(address(scan_id))).json()
        newest, older, model = shown["results"]
        assert [one["rea_cm2"] for one in (newest, older)] == [82.5, 81.5]
        assert (newest["kind"], newest["counts"], newest["model"]) == ("manual", True, None)
        assert newest["created_by_name"]
        assert model["kind"] == "model"

    async def test_no_number_is_no_reading(self, technician: httpx.AsyncClient, scan_id: UUID) -> None:
        assert (await technician.post(address(scan_id, "/manual"), json={"note": "hm"})).status_code == 422

    async def test_the_models_result_can_be_made_to_count_again(
        self, bench: Bench, acme: Tenant, technician: httpx.AsyncClient, scan_id: UUID, champion: str
    ) -> None:
        (base,) = await gradings.results(bench.runtime, acme.org_id, scan_id)
        await technician.post(address(scan_id, "/manual"), json={"rea_cm2": 80})
        answer = await technician.post(address(scan_id, f"/results/{base.id}/use"))
        assert answer.status_code == 204
        found = await gradings.counting(bench.runtime, acme.org_id, scan_id)
        assert (found.result_id, found.graded_by) == (base.id, champion)


class TestAssumptions:
    async def test_grades_are_projected_with_the_organisations_own(
        self, bench: Bench, signed_in: SignedIn, acme: Tenant, technician: httpx.AsyncClient, scan_id: UUID
    ) -> None:
        admin = await signed_in(acme.admin)
        changed = await admin.put("/api/v1/grading/assumptions", json={"dressing_percent": 60, "kph_percent": 3})
        assert changed.json() == {"dressing_percent": 60, "kph_percent": 3, "default_live_weight_kg": 600}
        await correct(technician, scan_id, drawn(half=(200, 100), fat=True))
        newest = (await technician.get(address(scan_id))).json()["results"][0]
        assert newest["projected"]["assumptions"]["dressing_percent"] == 60
        assert newest["projected"]["yield_grade"]["carcass_weight_kg"] == 360

    @pytest.mark.parametrize("wrong", [{"dressing_percent": 20}, {"kph_percent": None}, {"kph_percent": -1}])
    async def test_what_cannot_be_is_refused(
        self, signed_in: SignedIn, acme: Tenant, wrong: dict[str, float | None]
    ) -> None:
        admin = await signed_in(acme.admin)
        assert (await admin.put("/api/v1/grading/assumptions", json=wrong)).status_code == 422

    async def test_only_admins_change_them(self, technician: httpx.AsyncClient) -> None:
        refused = await technician.put("/api/v1/grading/assumptions", json={"kph_percent": 3})
        assert refused.status_code == 403
