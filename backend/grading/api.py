"""Routes of gradings: what was measured on a scan, other runs, what people measure, batches, and how models do."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request

from backend.core.http import ActorDep, Uow, require, signed_in
from backend.core.runtime import runtime
from backend.grading import assumptions, batches, corrections, performance, service
from backend.grading.batches import Batch, BatchFilters
from backend.grading.measures import Assumptions
from backend.grading.schemas import (
    MODEL_PATTERN,
    NOTE_CHARS,
    AssumptionsIn,
    AssumptionsOut,
    BatchesOut,
    BatchIn,
    BatchOut,
    ComparisonOut,
    DriftsOut,
    GradeAsked,
    GradeIn,
    ManualIn,
    PerformancesOut,
    ResultAdded,
    ScanGradingOut,
)

router = APIRouter(prefix="/api/v1", tags=["Gradings"])
ANYBODY = [signed_in()]
WORKERS = [require("admin", "technician")]
ADMIN = [require("admin")]
Model = Annotated[str, Query(pattern=MODEL_PATTERN)]
PNG: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("/scans/{scan_id}/grade", dependencies=WORKERS, status_code=202)
async def grade(uow: Uow, scan_id: UUID, wanted: Annotated[GradeIn | None, Body()] = None) -> GradeAsked:
    """Ask for another run, by a model or by the one whose turn it is; 409 while one is due or in progress."""
    model = None if wanted is None else wanted.model
    return GradeAsked(request_id=await service.request_grade(uow, scan_id, model))


@router.put("/scans/{scan_id}/mask/ribeye", dependencies=WORKERS, status_code=201, openapi_extra=PNG)
async def correct(
    request: Request,
    actor: ActorDep,
    scan_id: UUID,
    base_id: Annotated[UUID | None, Query(description="What is corrected; left out: the result that counts")] = None,
    known: Annotated[
        UUID | Literal["none"] | None,
        Query(description="The newest correction the author has seen, or `none`; 409 where there is a newer one"),
    ] = None,
    fat: Annotated[
        Literal["base", "drawn"],
        Query(description="Whether a mask without fat leaves it as it was in what is corrected, or says there is none"),
    ] = "base",
    note: Annotated[str, Query(max_length=NOTE_CHARS, pattern=r"^[^\x00]*$")] = "",
) -> ResultAdded:
    """Add a corrected outline: a PNG of the image's size, 1 ribeye, 2 fat (or white on black), as the body."""
    mask = await request.body()
    async with runtime().database.unit_of_work(actor) as uow:
        added = await corrections.correct_mask(uow, scan_id, mask, base_id=base_id, known=known, fat=fat, note=note)
    return ResultAdded(result_id=added)


@router.post("/grading/{scan_id}/manual", dependencies=WORKERS, status_code=201)
async def read_by_hand(uow: Uow, scan_id: UUID, wanted: ManualIn) -> ResultAdded:
    """Add numbers that a person read."""
    return ResultAdded(result_id=await corrections.add_reading(uow, scan_id, **wanted.model_dump()))


@router.post("/grading/{scan_id}/results/{result_id}/use", dependencies=WORKERS, status_code=204)
async def use(uow: Uow, scan_id: UUID, result_id: UUID) -> None:
    """Let another of the scan's results count."""
    await service.use_result(uow, scan_id, result_id)


@router.get("/grading/assumptions", dependencies=WORKERS, response_model=AssumptionsOut)
async def read_assumptions(uow: Uow) -> Assumptions:
    """What the organisation takes for granted when grades are projected."""
    return await assumptions.of_organization(uow)


@router.put("/grading/assumptions", dependencies=ADMIN, response_model=AssumptionsOut)
async def change_assumptions(uow: Uow, wanted: AssumptionsIn) -> Assumptions:
    """Change some of it; what is graded from now on uses the new values."""
    return await assumptions.change(uow, wanted.model_dump(exclude_unset=True))


@router.get("/grading/batches", dependencies=ADMIN, response_model=BatchesOut)
async def list_batches(uow: Uow) -> dict[str, list[Batch]]:
    """The latest batches with their progress, the newest first."""
    return {"items": await batches.list_batches(uow)}


@router.post("/grading/batches", dependencies=ADMIN, status_code=201, response_model=BatchOut)
async def start_batch(uow: Uow, wanted: BatchIn) -> Batch:
    """Have many scans graded in the background, whenever no capture is waiting."""
    filters = BatchFilters(**wanted.model_dump(exclude={"kind", "model"}))
    return await batches.get_batch(
        uow, await batches.start_batch(uow, wanted.kind, model=wanted.model, filters=filters)
    )


@router.get("/grading/batches/{batch_id}", dependencies=ADMIN, response_model=BatchOut)
async def batch(uow: Uow, batch_id: UUID) -> Batch:
    """One batch with its progress."""
    return await batches.get_batch(uow, batch_id)


@router.post("/grading/batches/{batch_id}/pause", dependencies=ADMIN, response_model=BatchOut)
async def pause(uow: Uow, batch_id: UUID) -> Batch:
    """Let nothing more of it go until it is resumed."""
    await batches.pause_batch(uow, batch_id)
    return await batches.get_batch(uow, batch_id)


@router.post("/grading/batches/{batch_id}/resume", dependencies=ADMIN, response_model=BatchOut)
async def resume(uow: Uow, batch_id: UUID) -> Batch:
    """Go on where it was paused."""
    await batches.resume_batch(uow, batch_id)
    return await batches.get_batch(uow, batch_id)


@router.post("/grading/batches/{batch_id}/cancel", dependencies=ADMIN, response_model=BatchOut)
async def cancel(uow: Uow, batch_id: UUID) -> Batch:
    """End it; what has been graded stays."""
    await batches.cancel_batch(uow, batch_id)
    return await batches.get_batch(uow, batch_id)


@router.get("/grading/{scan_id}", dependencies=ANYBODY)
async def grading(uow: Uow, scan_id: UUID) -> ScanGradingOut:
    """Everything measured on a scan: measures with their errors, confidence by its parts, outlines, grades."""
    return await service.get_grading(uow, scan_id)


@router.get("/models/performance", dependencies=ADMIN)
async def performances(uow: Uow, days: Annotated[int, Query(ge=1, le=365)] = 30) -> PerformancesOut:
    """How each model has done on the organisation's scans."""
    return await performance.performances(uow, days)


@router.get("/models/drift", dependencies=ADMIN)
async def drift(uow: Uow) -> DriftsOut:
    """How far each device's images of the last week are from its earlier ones."""
    return DriftsOut(items=await performance.drifts(uow))


@router.get("/models/compare", dependencies=ADMIN)
async def compare(uow: Uow, a: Model, b: Model, measure: Literal["rea_cm2", "backfat_mm"] = "rea_cm2") -> ComparisonOut:
    """Two models on the latest scans that both have graded, with bias and limits of agreement."""
    return await performance.compare(uow, a, b, measure)
