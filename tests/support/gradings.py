"""Models, captures and results for tests of gradings: real networks of one layer, real files, real runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from PIL import Image
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.runtime import Runtime
from backend.registry import service as registry
from backend.registry.service import Alias
from jobs.bench import Bench
from jobs.leases import look_at_scan
from jobs.model_checks import look_at_model
from tests.support import model_folders, onnx_files, scans, shapes
from tests.support.images import encoded

KIND = "ribeye_ultrasound"
CALIBRATION = {"mm_per_px_x": 0.352, "mm_per_px_y": 0.352, "depth_mm": 180, "source": "device"}
BRIGHT_IS_RIBEYE = (-40.0, 40.0, -40.0)
NOTHING_IS = (0.0, 0.0, 0.0)
THRESHOLDS = (8.0, -8.0, -20.0)
"""With the weights above, what is brighter than the mean is ribeye, or nothing is anything."""
TRUSTING = {
    "min_area_share": 0.001,
    "max_area_share": 1.0,
    "min_solidity": 0.0,
    "min_fat_cover": 0.0,
    "min_tta_agreement": 0.0,
    "min_boundary_probability": 0.0,
    "min_ribeye_probability": 0.0,
    "min_edge_quality": 0.0,
    "min_confidence": 0.0,
}
RESULTS = text(
    "SELECT id, kind, model_name || '@' || model_version AS model, alias, accepted, request_id, batch_id, base_id,"
    " base_iou, abstained, abstention_reason, rea_cm2, rea_cm2_error, backfat_mm, confidence, reference_iou,"
    " inference_sha256, inputs_sha256, preprocessing_sha256, features_used, geometry, timings, duration_ms, mask_key,"
    " mask_sha256, overlay_key, overlay_thumb_key, input_mean, input_sd, created_by, note"
    " FROM grading_results WHERE scan_id = :id ORDER BY created_at, id"
)
COUNTS = text(
    "SELECT status, graded_by, result_id, rea_cm2, backfat_mm, confidence, certainty, due_at, last_error"
    " FROM scans WHERE id = :id"
)


def image(seed: int = 0) -> bytes:
    """A bright oval in dim tissue: what the one-layer network takes for a ribeye."""
    dice = np.random.default_rng(seed)
    levels = np.clip(dice.rayleigh(5, (600, 800)) + 20, 1, 40).astype(np.uint8)
    oval = shapes.oval()
    levels[oval] = np.clip(dice.rayleigh(40, oval.sum()) + 90, 1, 255)
    return encoded(Image.fromarray(levels), "PNG")


def folder(
    parent: Path, name: str, *, weights: Sequence[float] = BRIGHT_IS_RIBEYE, config: Mapping[str, object] | None = None
) -> Path:
    """A model's folder: one convolution that tells bright from dark."""
    onnx = onnx_files.tiny(size=model_folders.SIZE_PX, weights=weights, bias=THRESHOLDS)
    settings = {"thresholds": TRUSTING, "tta": [{}], "temperature": 1.0, **(config or {})}
    return model_folders.make(parent, name=name, onnx=onnx, config=settings)


def upload(parent: Path, name: str, **options: Any) -> dict[str, bytes]:
    """The files of such a model as somebody uploads them."""
    made = folder(parent, name, **options)
    return {path.name: path.read_bytes() for path in made.iterdir() if path.name != "preprocessing.py"}


async def register(bench: Bench, parent: Path, name: str, **options: Any) -> str:
    """A model that has passed its checks; returns its reference."""
    made = folder(parent, name, **options)
    async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
        reference = await registry.register_folder(uow, made)
        version_id = (await registry.find(uow, reference)).id
    assert await look_at_model(bench, version_id) == "ready"
    return reference


async def switch(runtime: Runtime, alias: Alias, reference: str | None, share: float | None = None) -> None:
    async with runtime.database.unit_of_work(Actor.system()) as uow:
        await registry.set_alias(uow, alias, reference, share=share)


async def capture(bench: Bench, number: int = 1, *, seed: int = 0, **meta: Any) -> UUID:
    """A verified capture, due for grading."""
    facts = {"kind": KIND, "calibration": CALIBRATION, **meta}
    scan_id = await scans.deliver(bench.runtime, image(seed), number=number, **facts)
    assert await look_at_scan(bench, scan_id) == "done"
    return scan_id


async def graded(bench: Bench, number: int = 1, **meta: Any) -> UUID:
    """A graded capture."""
    scan_id = await capture(bench, number, **meta)
    assert await look_at_scan(bench, scan_id) == "done"
    return scan_id


async def results(runtime: Runtime, org_id: UUID, scan_id: UUID) -> list[Any]:
    """Every result of a scan, the oldest first."""
    async with runtime.database.unit_of_work(Actor.system(org_id), read_only=True) as uow:
        return list((await uow.session.execute(RESULTS, {"id": scan_id})).all())


async def counting(runtime: Runtime, org_id: UUID, scan_id: UUID) -> Any:
    """What the scan says of the result that counts."""
    async with runtime.database.unit_of_work(Actor.system(org_id), read_only=True) as uow:
        return (await uow.session.execute(COUNTS, {"id": scan_id})).one()


def mask(size: tuple[int, int] = (600, 800)) -> bytes:
    """What a device would draw on `image`: the oval in white."""
    oval = shapes.oval(size) if size == (600, 800) else np.ones(size, bool)
    return encoded(Image.fromarray((oval * 255).astype(np.uint8)), "PNG")
