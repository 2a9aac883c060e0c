"""A verified capture is graded by itself: one result, its pictures, and what the scan says of it."""

import asyncio
import hashlib
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from backend.core.actor import Actor
from backend.grading import service as grading
from backend.grading import work as gradings_work
from backend.scans import work
from backend.scans.work import LeaseLost
from jobs.bench import Bench
from jobs.leases import look_at_scan
from tests.support import gradings, scans
from tests.support.people import Tenant


async def test_a_verified_capture_is_graded_by_itself(bench: Bench, acme: Tenant, champion: str) -> None:
    scan_id = await gradings.capture(bench)
    assert await look_at_scan(bench, scan_id) == "done"
    (result,) = await gradings.results(bench.runtime, acme.org_id, scan_id)
    found = await gradings.counting(bench.runtime, acme.org_id, scan_id)
    assert (result.kind, result.model, result.alias, result.accepted) == ("model", champion, "champion", True)
    assert (found.status, found.graded_by, found.result_id) == ("graded", champion, result.id)
    assert found.rea_cm2 == result.rea_cm2
    assert float(result.rea_cm2) == pytest.approx(3.14159 * 200 * 100 * 0.0352**2, rel=0.1)
    assert (found.due_at, found.last_error) == (None, None)
    assert (await scans.find(bench.runtime, acme.org_id, scan_id)).event_names == ["uploaded", "ingested", "graded"]


async def test_a_result_says_what_it_was_made_from(bench: Bench, acme: Tenant, champion: str) -> None:
    scan_id = await gradings.graded(bench)
    (result,) = await gradings.results(bench.runtime, acme.org_id, scan_id)
    for sha256 in (result.inference_sha256, result.inputs_sha256, result.preprocessing_sha256):
        assert len(sha256) == 64
    assert result.timings["inference"] > 0
    assert result.duration_ms > 0
    assert result.features_used["measures"]["rea_cm2"]["plus_minus"] is not None
    assert result.geometry["contours"]["ribeye"]
    assert 0 < result.input_mean < 255


async def test_the_pictures_of_a_run_are_kept_below_the_scan(bench: Bench, acme: Tenant, champion: str) -> None:
    scan_id = await gradings.graded(bench)
    (result,) = await gradings.results(bench.runtime, acme.org_id, scan_id)
    mask = await bench.runtime.store.read(result.mask_key, 10**7)
    assert f"/{scan_id}/{champion}/mask.png" in result.mask_key
    assert hashlib.sha256(mask).hexdigest() == result.mask_sha256
    assert await bench.runtime.store.head(result.overlay_key) is not None
    assert await bench.runtime.store.head(result.overlay_thumb_key) is not None


async def test_an_abstention_is_a_result_with_its_reason(bench: Bench, acme: Tenant, folders: Path) -> None:
    blind = await gradings.register(bench, folders, "blind", weights=gradings.NOTHING_IS)
    await gradings.switch(bench.runtime, "champion", blind)
    scan_id = await gradings.graded(bench)
    (result,) = await gradings.results(bench.runtime, acme.org_id, scan_id)
    found = await gradings.counting(bench.runtime, acme.org_id, scan_id)
    assert (result.abstained, result.rea_cm2, result.accepted) == (True, None, True)
    assert result.abstention_reason == "no_ribeye"
    assert result.features_used["abstention_sentence"]
    assert (found.status, found.certainty, found.rea_cm2) == ("graded", "abstained", None)


async def test_without_calibration_there_are_no_square_centimetres(bench: Bench, acme: Tenant, champion: str) -> None:
    scan_id = await gradings.graded(bench, calibration=None)
    (result,) = await gradings.results(bench.runtime, acme.org_id, scan_id)
    assert result.rea_cm2 is None
    assert result.features_used["measures"]["roi_area_px"]["value"] > 0


async def test_the_devices_mask_is_compared_and_stays_the_devices(bench: Bench, acme: Tenant, champion: str) -> None:
    mask = gradings.mask()
    scan_id = await scans.deliver(
        bench.runtime, gradings.image(), others={"mask": mask}, kind=gradings.KIND, calibration=gradings.CALIBRATION
    )
    for _ in range(2):
        assert await look_at_scan(bench, scan_id) == "done"
    (result,) = await gradings.results(bench.runtime, acme.org_id, scan_id)
    kept = (await scans.find(bench.runtime, acme.org_id, scan_id)).assets["mask"]
    assert float(result.reference_iou) > 0.9
    assert await bench.runtime.store.read(kept["object_key"], 10**7) == mask


async def test_a_mask_of_another_size_does_not_keep_a_scan_from_being_graded(
    bench: Bench, acme: Tenant, champion: str
) -> None:
    small = gradings.mask(size=(60, 80))
    scan_id = await scans.deliver(bench.runtime, gradings.image(), others={"mask": small}, kind=gradings.KIND)
    for _ in range(2):
        assert await look_at_scan(bench, scan_id) == "done"
    (result,) = await gradings.results(bench.runtime, acme.org_id, scan_id)
    assert result.reference_iou is None


async def test_a_double_run_doubles_no_result(bench: Bench, acme: Tenant, champion: str) -> None:
    """The second worker has the scan's lease; what the first one did is dropped, whenever it comes."""
    scan_id = await gradings.capture(bench)
    late = Bench(bench.runtime, "worker-2")
    async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
        lease = await work.claim(uow, scan_id, late.name, 60)
    assert lease is not None
    await scans.make_due(bench.runtime, acme.org_id, scan_id)
    assert await look_at_scan(bench, scan_id) == "done"
    from jobs.grade_scan import grade_scan

    with pytest.raises(LeaseLost):
        await grade_scan(late, lease)
    late.cpu.close()
    assert len(await gradings.results(bench.runtime, acme.org_id, scan_id)) == 1


async def test_many_looks_at_once_make_one_result(bench: Bench, acme: Tenant, champion: str) -> None:
    scan_id = await gradings.capture(bench)
    outcomes = await asyncio.gather(*(look_at_scan(bench, scan_id) for _ in range(5)))
    assert sorted(outcomes) == ["done", *["nothing_due"] * 4]
    assert len(await gradings.results(bench.runtime, acme.org_id, scan_id)) == 1


async def test_the_table_itself_holds_one_automatic_result_of_a_model(
    bench: Bench, acme: Tenant, champion: str
) -> None:
    scan_id = await gradings.graded(bench)
    again = text(
        "INSERT INTO grading_results (id, org_id, scan_id, model_name, model_version)"
        " SELECT gen_random_uuid(), org_id, scan_id, model_name, model_version FROM grading_results WHERE scan_id = :id"
    )
    with pytest.raises(IntegrityError, match="uq_grading_results_accepted"):
        async with bench.runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
            await uow.session.execute(again, {"id": scan_id})


async def test_a_switch_of_the_champion_is_noticed_at_the_next_scan(
    bench: Bench, acme: Tenant, champion: str, folders: Path
) -> None:
    first = await gradings.graded(bench, 1)
    beta = await gradings.register(bench, folders, "beta")
    await gradings.switch(bench.runtime, "champion", beta)
    second = await gradings.graded(bench, 2)
    models = [(await gradings.results(bench.runtime, acme.org_id, one))[0].model for one in (first, second)]
    assert models == [champion, beta]


async def test_a_model_that_fails_is_counted_and_the_scan_ends_with_a_reason(
    bench: Bench, acme: Tenant, champion: str
) -> None:
    scan_id = await gradings.capture(bench)
    folder = next((bench.runtime.settings.data_dir / "objects").rglob("alpha@1.0.0"))
    (folder / "model.onnx").write_bytes(b"something else")
    for kept in (bench.runtime.settings.data_dir / "models").rglob("model.onnx"):
        kept.write_bytes(b"something else")
    outcomes = []
    for _ in range(bench.runtime.settings.max_attempts):
        outcomes.append(await look_at_scan(bench, scan_id))
        if outcomes[-1] == "postponed":
            await scans.make_due(bench.runtime, acme.org_id, scan_id)
    found = await scans.find(bench.runtime, acme.org_id, scan_id)
    assert outcomes[-1] == "given_up"
    assert found.status == "error"
    assert "alpha@1.0.0" in (found.last_error or "")
    assert await failures(bench, acme.org_id) == bench.runtime.settings.max_attempts
    assert await gradings.results(bench.runtime, acme.org_id, scan_id) == []


async def failures(bench: Bench, org_id: UUID) -> int:
    async with bench.runtime.database.unit_of_work(Actor.system(org_id)) as uow:
        return int(await uow.session.scalar(text("SELECT count(*) FROM grading_failures")) or 0)


async def test_without_any_model_a_scan_stays_ingested(
    bench: Bench, acme: Tenant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("backend.registry.bundles.SHIPPED", tmp_path / "none")
    scan_id = await gradings.capture(bench)
    assert await look_at_scan(bench, scan_id) == "done"
    found = await gradings.counting(bench.runtime, acme.org_id, scan_id)
    assert (found.status, found.due_at) == ("ingested", None)


async def test_the_shadow_looks_too_and_never_counts(bench: Bench, acme: Tenant, champion: str, folders: Path) -> None:
    shadow = await gradings.register(bench, folders, "shadow")
    await gradings.switch(bench.runtime, "shadow", shadow)
    scan_id = await gradings.graded(bench)
    before = await gradings.counting(bench.runtime, acme.org_id, scan_id)
    async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
        assert await gradings_work.release(uow) == [scan_id]
    assert await look_at_scan(bench, scan_id) == "done"
    _, trial = await gradings.results(bench.runtime, acme.org_id, scan_id)
    after = await gradings.counting(bench.runtime, acme.org_id, scan_id)
    assert (trial.model, trial.alias, trial.accepted) == (shadow, "shadow", False)
    assert after == before
    assert (await scans.find(bench.runtime, acme.org_id, scan_id)).event_names.count("graded") == 1
    async with bench.runtime.database.unit_of_work(await acme.admin.actor(), read_only=True) as uow:
        together = (await grading.get_grading(uow, scan_id)).consensus
    assert together is not None
    assert together.models == 2


async def again_from_the_start(bench: Bench, acme: Tenant, scan_id: UUID) -> None:
    """As if the scan's row had been restored from before it was graded."""
    async with bench.runtime.database.unit_of_work(Actor.system(acme.org_id)) as uow:
        back = "UPDATE scans SET status = 'ingested', due_at = now(), result_id = NULL WHERE id = :id"
        await uow.session.execute(text(back), {"id": scan_id})


async def test_a_scan_that_is_graded_by_itself_again_keeps_its_one_result(
    bench: Bench, acme: Tenant, champion: str
) -> None:
    scan_id = await gradings.graded(bench)
    (before,) = await gradings.results(bench.runtime, acme.org_id, scan_id)
    await again_from_the_start(bench, acme, scan_id)
    assert await look_at_scan(bench, scan_id) == "done"
    (after,) = await gradings.results(bench.runtime, acme.org_id, scan_id)
    found = await gradings.counting(bench.runtime, acme.org_id, scan_id)
    assert (after.id, found.result_id, found.status) == (before.id, before.id, "graded")


async def test_a_graded_scan_that_is_due_for_nothing_rests(bench: Bench, acme: Tenant, champion: str) -> None:
    scan_id = await gradings.graded(bench)
    await scans.make_due(bench.runtime, acme.org_id, scan_id)
    assert await look_at_scan(bench, scan_id) == "done"
    found = await gradings.counting(bench.runtime, acme.org_id, scan_id)
    assert (found.status, found.due_at) == ("graded", None)
    assert len(await gradings.results(bench.runtime, acme.org_id, scan_id)) == 1


async def test_a_shadow_that_fails_disturbs_nobody(bench: Bench, acme: Tenant, champion: str, folders: Path) -> None:
    shadow = await gradings.register(bench, folders, "shadow")
    await gradings.switch(bench.runtime, "shadow", shadow)
    scan_id = await gradings.graded(bench)
    before = await scans.find(bench.runtime, acme.org_id, scan_id)
    for kept in (bench.runtime.settings.data_dir / "models").rglob("shadow@1.0.0/model.onnx"):
        kept.write_bytes(b"broken")
    async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
        await gradings_work.release(uow)
    assert await look_at_scan(bench, scan_id) == "done"
    after = await scans.find(bench.runtime, acme.org_id, scan_id)
    assert (after.status, after.last_error, after.events) == ("graded", None, before.events)
    assert await failures(bench, acme.org_id) == 1


async def test_the_medial_end_is_what_the_device_says(bench: Bench, acme: Tenant, champion: str) -> None:
    told = [await gradings.graded(bench, number, medial=side) for number, side in enumerate(("left", "up"))]
    flags = []
    for scan_id in told:
        (result,) = await gradings.results(bench.runtime, acme.org_id, scan_id)
        flags.append({flag["code"] for flag in result.features_used["flags"]})
    assert not flags[0] & {"medial_unknown", "medial_from_anatomy"}
    assert flags[1] & {"medial_unknown", "medial_from_anatomy"}


async def test_open_pages_are_told(bench: Bench, acme: Tenant, champion: str) -> None:
    scan_id = await gradings.capture(bench)
    async with bench.runtime.bus.subscribe() as events, asyncio.timeout(30):
        assert await look_at_scan(bench, scan_id) == "done"
        event = await events.get()
    assert event is not None
    assert (event.topic, event.data["scan_id"], event.data["status"]) == ("scan.graded", str(scan_id), "graded")
