"""The step after verification for ribeye images: a model's run on one scan, from its stored bytes to its stored result.

Pictures are stored before the result is written, under keys of their own, so that a run that is cut off leaves nothing
that counts and the next one overwrites what it left.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from time import perf_counter

import numpy as np
from PIL import Image

from backend.core.actor import Actor
from backend.core.errors import CtiError, Unavailable
from backend.core.images import MAX_IMAGE_BYTES
from backend.core.metrics import ABSTENTIONS, GRADING_SECONDS, GRADINGS
from backend.grading import work as gradings
from backend.grading.work import Job, Run
from backend.registry import service as registry
from backend.registry.cache import folder_of
from backend.scans import work
from backend.scans.work import Claim, Lease, StoredFile
from jobs.bench import Bench
from jobs.grading import Graded, grade_image, load_model

INPUT_PX = 128
"""Size to which an image is averaged for the statistics that drift is told from."""


class GradingFailed(CtiError):
    """A model could not grade a scan; worth another attempt, perhaps by another model."""

    code, title = "grading_failed", "The scan could not be graded"


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a run's pictures lie."""

    mask_key: str
    mask_sha256: str
    overlay_key: str
    overlay_thumb_key: str


async def grade_scan(bench: Bench, claim: Claim) -> None:
    """Do the run a scan is in need of, and store what it came to.

    Raises GradingFailed, LeaseLost, StoreUnavailable and the database's errors; each may pass.
    """
    job = await _plan(bench, claim.lease)
    if job is None:
        async with bench.runtime.database.unit_of_work(Actor.system(claim.lease.org_id)) as uow:
            await work.finish(uow, claim.lease)
        return
    started = perf_counter()
    try:
        graded, image = await _run(bench, claim, job)
    except Unavailable:
        raise
    except Exception as error:  # whatever a model does wrong counts against it and is told with its name
        await _failed(bench, claim.lease, job, _reason(job, error))
        if job.in_background:
            return
        raise GradingFailed(_reason(job, error)) from error
    duration_ms = round((perf_counter() - started) * 1000)
    stored = await _store(bench, claim, job, graded)
    mean, sd = await bench.cpu.run(partial(input_statistics, image))
    run = _as_run(graded, stored, duration_ms, mean, sd)
    async with bench.runtime.database.unit_of_work(Actor.system(claim.lease.org_id)) as uow:
        if await gradings.finish(uow, claim.lease, job, run):
            uow.nudge(work.KIND, claim.lease.scan_id)
    _count(job, graded, duration_ms)
    if job.in_background:
        await let_go(bench)


async def _plan(bench: Bench, lease: Lease) -> Job | None:
    """What to run; the shipped models are registered first where nothing grades yet."""
    async with bench.runtime.database.unit_of_work(Actor.system(lease.org_id)) as uow:
        job = await gradings.plan(uow, lease)
        if job is not None or lease.status != "ingested":
            return job
        await registry.register_shipped(uow)
        return await gradings.plan(uow, lease)


async def _run(bench: Bench, claim: Claim, job: Job) -> tuple[Graded, bytes]:
    """Read what is needed and let the model run in a thread."""
    folder = await folder_of(bench.runtime, job.model)
    image = await _read(bench, claim, "image")
    reference = await _read(bench, claim, "mask") if job.with_reference else None
    if image is None:
        raise GradingFailed("The capture has no image.")
    model = await bench.cpu.run(partial(load_model, folder))
    graded = await bench.cpu.run(
        partial(
            grade_image,
            image,
            model=model,
            calibration=job.calibration,
            medial=job.medial,
            reference_mask=reference,
            assumptions=job.assumptions,
            table=job.table,
        )
    )
    return graded, image


async def _read(bench: Bench, claim: Claim, role: str) -> bytes | None:
    """A file of the capture, the latest where there are several; its bytes were verified when the scan was ingested."""
    files: list[StoredFile] = [file for file in claim.files if file.role == role]
    return await bench.runtime.store.read(files[-1].key, MAX_IMAGE_BYTES) if files else None


async def _store(bench: Bench, claim: Claim, job: Job, graded: Graded) -> Stored:
    """Keep the pictures below the scan's derived objects, each run in a folder of its own."""
    folder = f"processed/{claim.capture_id}/{claim.lease.scan_id}/{job.folder}"
    stored = Stored(
        mask_key=f"{folder}/mask.png",
        mask_sha256=hashlib.sha256(graded.mask_png).hexdigest(),
        overlay_key=f"{folder}/overlay.png",
        overlay_thumb_key=f"{folder}/overlay.webp",
    )
    store = bench.runtime.store
    await store.put_derived(stored.mask_key, graded.mask_png, "image/png")
    await store.put_derived(stored.overlay_key, graded.overlay_png, "image/png")
    await store.put_derived(stored.overlay_thumb_key, graded.overlay_webp, "image/webp")
    return stored


def input_statistics(image: bytes) -> tuple[float, float]:
    """Mean and standard deviation of the grey levels of an image, averaged to a small one first."""
    grey = Image.open(BytesIO(image)).convert("L")
    grey.thumbnail((INPUT_PX, INPUT_PX), Image.Resampling.BOX)
    levels = np.asarray(grey, np.float64)
    return float(levels.mean()), float(levels.std())


def _as_run(graded: Graded, stored: Stored, duration_ms: int, mean: float, sd: float) -> Run:
    document = graded.to_document()
    breakdown = dict(graded.confidence_breakdown)
    features = {name: document[name] for name in ("measures", "projected", "flags", "abstention_sentence")}
    return Run(
        abstention_reason=graded.abstention_reason,
        measures={name: (measure.value, measure.plus_minus) for name, measure in graded.measures.items()},
        confidence=graded.confidence,
        confidence_breakdown=breakdown,
        features=features,
        geometry={"contours": dict(graded.contours), "backfat_line": graded.backfat_line},
        inputs_sha256=graded.inputs_sha256,
        preprocessing_sha256=graded.preprocessing_sha256,
        model_sha256=graded.model_sha256,
        timings_ms={name: round(ms, 2) for name, ms in graded.timings_ms.items()},
        duration_ms=duration_ms,
        reference_iou=_reference_iou(breakdown),
        input_mean=mean,
        input_sd=sd,
        mask_key=stored.mask_key,
        mask_sha256=stored.mask_sha256,
        overlay_key=stored.overlay_key,
        overlay_thumb_key=stored.overlay_thumb_key,
    )


def _reference_iou(breakdown: Mapping[str, object]) -> float | None:
    found = breakdown.get("mask_iou")
    return found if breakdown.get("mask_iou_kind") == "reference" and isinstance(found, float) else None


async def _failed(bench: Bench, lease: Lease, job: Job, reason: str) -> None:
    """Count a failure against its model; a run in the background is not tried again."""
    GRADINGS.labels(job.reference, "failed").inc()
    async with bench.runtime.database.unit_of_work(Actor.system(lease.org_id)) as uow:
        await gradings.record_failure(uow, lease, job, reason)
        if job.in_background and await gradings.abandon(uow, lease, job, reason):
            uow.nudge(work.KIND, lease.scan_id)


def _reason(job: Job, error: Exception) -> str:
    detail = error.detail if isinstance(error, CtiError) else f"{type(error).__name__}: {error}."
    return f"{job.reference}: {detail}"


def _count(job: Job, graded: Graded, duration_ms: int) -> None:
    GRADINGS.labels(job.reference, "abstained" if graded.abstained else "graded").inc()
    GRADING_SECONDS.labels(job.reference).observe(duration_ms / 1000)
    if graded.abstention_reason is not None:
        ABSTENTIONS.labels(job.reference, graded.abstention_reason).inc()


async def let_go(bench: Bench) -> int:
    """Let the next background runs go, if no capture is waiting; returns how many."""
    async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
        scans = await gradings.release(uow)
        for scan_id in scans:
            uow.nudge(work.KIND, scan_id)
    return len(scans)
