"""The worker's side of gradings: what is to be run on a claimed scan, and what its end means.

Everything is written under the scan's fence, in the transaction that lets go of the scan: a run that is cut off has
done nothing, and a double one finds its result there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.core.ids import new_id
from backend.grading import repository, request_repository
from backend.grading.certainty import certainty_of
from backend.grading.measures import Assumptions, Calibration
from backend.grading.measures.quality import QualityTable
from backend.grading.models import GradingRequest
from backend.grading.projection import projection_of
from backend.registry import service as registry
from backend.registry.models import ModelVersion
from backend.registry.service import Choice
from backend.scans import work as scan_work
from backend.scans.models import Scan
from backend.scans.work import Lease, LeaseLost

Side = Literal["left", "right"]
UNUSABLE_MASK = frozenset({"mask_unreadable", "mask_size_mismatch"})
REASON_CHARS = 1_000
PERSONS = frozenset({"manual", "correction"})
RELEASED_MOST = 4
"""Background runs that are let go at a time on an installation: what a capture that arrives may have to wait for."""


@dataclass(frozen=True, slots=True)
class Job:
    """A run to do: with which model, for whom, and what is known of the capture."""

    choice: Choice
    request: GradingRequest | None
    calibration: Calibration | None
    medial: Side | None
    assumptions: Assumptions
    table: QualityTable
    with_reference: bool

    @property
    def model(self) -> ModelVersion:
        return self.choice.model

    @property
    def reference(self) -> str:
        """`name@version`."""
        return registry.reference_of(self.choice.model)

    @property
    def is_shadow(self) -> bool:
        return self.choice.alias == "shadow"

    @property
    def in_background(self) -> bool:
        return self.request is not None and self.request.origin != "person"

    @property
    def folder(self) -> str:
        """Below the scan's derived objects: a folder for what a model did by itself, one for each request."""
        return self.reference if self.request is None else f"{self.reference}/{self.request.id}"


@dataclass(frozen=True, slots=True)
class Run:
    """What one run came to, as it is stored. `measures` by name are (value, ±); an abstained run has none."""

    abstention_reason: str | None
    measures: Mapping[str, tuple[float, float | None]]
    confidence: float
    confidence_breakdown: Mapping[str, object]
    features: Mapping[str, object]
    geometry: Mapping[str, object]
    inputs_sha256: str
    preprocessing_sha256: str
    model_sha256: str
    timings_ms: Mapping[str, float]
    duration_ms: int
    reference_iou: float | None
    input_mean: float
    input_sd: float
    mask_key: str
    mask_sha256: str
    overlay_key: str
    overlay_thumb_key: str


async def plan(uow: UnitOfWork, lease: Lease) -> Job | None:
    """The run a claimed scan is in need of; None when there is none, or no model to do it. Raises LeaseLost."""
    scan = await _facts(uow, lease)
    request = await request_repository.next_of(uow, lease.org_id, lease.scan_id)
    if request is None and lease.status != "ingested":
        return None
    choice = await _choice(uow, lease, request, scan.capture_id)
    if choice is None:
        return None
    projection = await projection_of(uow, scan.animal_id, scan.captured_at)
    return Job(
        choice=choice,
        request=request,
        calibration=Calibration.read(scan.calibration),
        medial=_medial(scan.meta),
        assumptions=projection.taken,
        table=projection.table,
        with_reference=not UNUSABLE_MASK & set(scan.flags),
    )


async def _facts(uow: UnitOfWork, lease: Lease) -> Any:
    names = ("capture_id", "captured_at", "animal_id", "calibration", "meta", "flags")
    chosen: Select[*tuple[Any, ...]] = select(*(col(getattr(Scan, name)) for name in names))
    of_scan = (col(Scan.id) == lease.scan_id, col(Scan.org_id) == lease.org_id, col(Scan.lease_by) == lease.worker)
    row = (await uow.session.execute(chosen.where(*of_scan))).one_or_none()
    if row is None:
        raise LeaseLost
    return row


async def _choice(uow: UnitOfWork, lease: Lease, request: GradingRequest | None, capture_id: str) -> Choice | None:
    """The model a request names, else the one whose turn it is."""
    if request is None or request.model_name is None:
        return await registry.choose(uow, lease.kind, capture_id)
    model = await registry.find_ready(uow, f"{request.model_name}@{request.model_version}")
    return Choice(model, "shadow" if request.origin == "shadow" else await registry.alias_of(uow, model))


def _medial(meta: Mapping[str, object]) -> Side | None:
    """Which end of the image lies towards the spine, where the device says so."""
    side = meta.get("medial")
    return "left" if side == "left" else "right" if side == "right" else None


async def finish(uow: UnitOfWork, lease: Lease, job: Job, run: Run) -> bool:
    """Store a run and let go of the scan; returns whether more is to be done on it. Raises LeaseLost.

    What a person read or drew goes on to count; otherwise the newest run does.
    """
    counting: dict[str, Any] = {}
    result_id = await _add(uow, lease, job, run)
    if not job.is_shadow:
        before = await repository.kind_that_counts(uow, lease.org_id, lease.scan_id)
        counting = {} if before in PERSONS else _counting(job, run, result_id)
    if job.request is not None:
        await request_repository.end(uow, job.request, "done")
    elif not job.is_shadow:
        await _ask_shadow(uow, lease, job)
    goes_on = await request_repository.next_of(uow, lease.org_id, lease.scan_id) is not None
    told = None if job.is_shadow else _told(lease, job, run)
    await scan_work.finish_grading(uow, lease, counting, told, goes_on=goes_on)
    return goes_on


async def _add(uow: UnitOfWork, lease: Lease, job: Job, run: Run) -> UUID:
    """The result's id; of the one that is there already where this run is a double."""
    result_id = new_id()
    if await repository.add(uow, {"id": result_id, **_columns(lease, job, run)}):
        return result_id
    if job.request is not None:
        there = await repository.of_request(uow, lease.org_id, job.request.id)
    else:
        there = await repository.automatic(uow, lease.org_id, lease.scan_id, job.model.name, job.model.version)
    if there is None:
        raise LeaseLost
    return there


def _columns(lease: Lease, job: Job, run: Run) -> dict[str, Any]:
    request = job.request
    return {
        "org_id": lease.org_id,
        "scan_id": lease.scan_id,
        "kind": "model",
        "model_name": job.model.name,
        "model_version": job.model.version,
        "alias": job.choice.alias,
        "accepted": not job.is_shadow,
        "request_id": None if request is None else request.id,
        "batch_id": None if request is None else request.batch_id,
        "created_by": None if request is None else request.requested_by,
        "inference_sha256": run.model_sha256,
        "inputs_sha256": run.inputs_sha256,
        "preprocessing_sha256": run.preprocessing_sha256,
        "abstained": run.abstention_reason is not None,
        "abstention_reason": run.abstention_reason,
        **_measured(run),
        "confidence": _share(run.confidence),
        "reference_iou": None if run.reference_iou is None else _share(run.reference_iou),
        "input_mean": run.input_mean,
        "input_sd": run.input_sd,
        "confidence_breakdown": dict(run.confidence_breakdown),
        "features_used": dict(run.features),
        "geometry": dict(run.geometry),
        "timings": dict(run.timings_ms),
        "duration_ms": run.duration_ms,
        "mask_key": run.mask_key,
        "mask_sha256": run.mask_sha256,
        "overlay_key": run.overlay_key,
        "overlay_thumb_key": run.overlay_thumb_key,
    }


def _measured(run: Run) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name in ("rea_cm2", "backfat_mm"):
        value, error = run.measures.get(name, (None, None))
        columns |= {name: _thousandths(value), f"{name}_error": _thousandths(error)}
    return columns


def _thousandths(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(f"{value:.3f}")


def _share(value: float) -> Decimal:
    return Decimal(f"{min(1.0, max(0.0, value)):.4f}")


def _counting(job: Job, run: Run, result_id: UUID) -> dict[str, Any]:
    """What the scan repeats of the result that counts."""
    measured = _measured(run)
    return {
        "result_id": result_id,
        "graded_by": job.reference,
        "rea_cm2": measured["rea_cm2"],
        "backfat_mm": measured["backfat_mm"],
        "confidence": _share(run.confidence),
        "certainty": certainty_of(run.confidence, abstained=run.abstention_reason is not None),
    }


def _told(lease: Lease, job: Job, run: Run) -> dict[str, object]:
    """The line in the timeline."""
    measures = {name: round(run.measures[name][0], 2) for name in ("rea_cm2", "backfat_mm") if name in run.measures}
    return {
        "model": job.reference,
        "alias": job.choice.alias,
        "asked_by": None if job.request is None else job.request.origin,
        "abstained": run.abstention_reason,
        "confidence": round(run.confidence, 4),
        **measures,
        "attempt": lease.attempt,
        "ms": run.duration_ms,
    }


async def _ask_shadow(uow: UnitOfWork, lease: Lease, job: Job) -> None:
    """Have the shadow look at the same capture when nothing else is to be done."""
    shadow = await registry.shadow(uow, lease.kind)
    if shadow is None or shadow.id == job.model.id:
        return
    named = {"model_name": shadow.name, "model_version": shadow.version}
    values = {"id": new_id(), "org_id": lease.org_id, "scan_id": lease.scan_id, "origin": "shadow", **named}
    await request_repository.add(uow, values)


async def record_failure(uow: UnitOfWork, lease: Lease, job: Job, reason: str) -> None:
    """Count a run that failed against its model."""
    await repository.add_failure(
        uow,
        {
            "id": new_id(),
            "org_id": lease.org_id,
            "scan_id": lease.scan_id,
            "model_name": job.model.name,
            "model_version": job.model.version,
            "alias": job.choice.alias,
            "reason": reason[:REASON_CHARS],
        },
    )


async def abandon(uow: UnitOfWork, lease: Lease, job: Job, reason: str) -> bool:
    """Leave a background run undone and let go of the scan, which stays as it is; returns whether more is to be done.

    Raises LeaseLost.
    """
    if job.request is not None:
        await request_repository.end(uow, job.request, "failed", reason[:REASON_CHARS])
    goes_on = await request_repository.next_of(uow, lease.org_id, lease.scan_id) is not None
    await scan_work.finish_grading(uow, lease, {}, None, goes_on=goes_on)
    return goes_on


async def give_up(uow: UnitOfWork, lease: Lease, reason: str) -> None:
    """What was asked for a scan whose work has ended for good will not be done."""
    await request_repository.end_all_due(uow, lease.org_id, lease.scan_id, "failed", reason[:REASON_CHARS])


async def release(uow: UnitOfWork, most: int = RELEASED_MOST) -> list[UUID]:
    """Let background runs go while no capture is waiting; returns the scans to look at."""
    return await request_repository.release(uow, most)
