"""The shipped model in the worker: phantoms become measurements by themselves, frames without a ribeye abstentions."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from backend.core.actor import Actor
from backend.registry import service as registry
from jobs.bench import Bench
from jobs.leases import look_at_scan
from tests.support import gradings, scans
from tests.support.images import encoded
from tests.support.people import Tenant
from training.phantoms import make_phantom

SEEDS = (3_000_000, 3_000_202, 3_000_404, 3_000_505)
"""Seeds nobody trained on, of four machines."""
FRAMES = sorted((Path(__file__).resolve().parents[3].parent / "shared" / "data" / "bmode").glob("*.png"))


async def test_phantoms_are_graded_by_the_champion_that_was_shipped(bench: Bench, acme: Tenant) -> None:
    """Most of them answered, and those within the model's bars, one image allowed to stray."""
    errors = []
    for number, seed in enumerate(SEEDS):
        phantom = make_phantom(seed)
        scale = {"mm_per_px_x": phantom.mm_per_px_x, "mm_per_px_y": phantom.mm_per_px_y}
        facts = {"kind": gradings.KIND, "calibration": scale, "medial": phantom.medial}
        scan_id = await scans.deliver(
            bench.runtime, encoded(Image.fromarray(phantom.image), "PNG"), number=number, **facts
        )
        for _ in range(2):
            assert await look_at_scan(bench, scan_id) == "done"
        (result,) = await gradings.results(bench.runtime, acme.org_id, scan_id)
        found = await gradings.counting(bench.runtime, acme.org_id, scan_id)
        assert (found.status, result.alias) == ("graded", "champion")
        if phantom.has_ribeye and not result.abstained:
            errors.append(abs(float(result.rea_cm2) - phantom.rea_cm2))
    assert len(errors) >= 2
    assert sorted(errors)[len(errors) // 2] < 3.2


@pytest.mark.skipif(not FRAMES, reason="the real frames are not here")
async def test_a_real_frame_without_a_ribeye_is_an_abstention(bench: Bench, acme: Tenant) -> None:
    image = Image.open(BytesIO(FRAMES[0].read_bytes()))
    scan_id = await scans.deliver(bench.runtime, encoded(image, "PNG"), kind=gradings.KIND)
    for _ in range(2):
        assert await look_at_scan(bench, scan_id) == "done"
    found = await gradings.counting(bench.runtime, acme.org_id, scan_id)
    assert (found.status, found.certainty, found.rea_cm2) == ("graded", "abstained", None)


async def test_the_shipped_model_is_registered_with_its_card(bench: Bench) -> None:
    async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
        added = await registry.register_shipped(uow)
        card = await registry.card(uow, added[0])
    assert added == ["ribeye-unetpp@1.0.0"]
    assert "simulat" in card.lower()
