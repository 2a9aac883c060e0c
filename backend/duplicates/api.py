"""Routes of duplicates, for admins and technicians of the farm."""

from uuid import UUID

from fastapi import APIRouter

from backend.core.http import Uow, require
from backend.duplicates import service
from backend.duplicates.schemas import MergedOut, MergeIn, MergesOut, PairsOut, PreviewOut

router = APIRouter(prefix="/api/v1", tags=["Duplicates"])
WORKERS = [require("admin", "technician")]


@router.get("/duplicates", dependencies=WORKERS)
async def duplicates(uow: Uow) -> PairsOut:
    """Pairs of animals that are likely one: tags alike on a farm, or on two with the same birthday."""
    return PairsOut(items=await service.list_duplicates(uow))


@router.get("/duplicates/preview", dependencies=WORKERS)
async def preview(uow: Uow, survivor_id: UUID, gone_id: UUID) -> PreviewOut:
    """What merging would do: what goes where, what is taken over, what is lost."""
    return await service.preview(uow, survivor_id, gone_id)


@router.post("/duplicates/merge", dependencies=WORKERS, status_code=201)
async def merge(uow: Uow, wanted: MergeIn) -> MergedOut:
    """Make two records one. It can be taken back."""
    return MergedOut(merge_id=await service.merge(uow, wanted.survivor_id, wanted.gone_id))


@router.get("/merges", dependencies=WORKERS)
async def merges(uow: Uow) -> MergesOut:
    """The latest merges."""
    return MergesOut(items=await service.list_merges(uow))


@router.post("/merges/{merge_id}/undo", dependencies=WORKERS, status_code=204)
async def part(uow: Uow, merge_id: UUID) -> None:
    """Part the two records again, each with what was its own."""
    await service.part(uow, merge_id)
