"""Routes about animals' lives: moves, weights, photo, scans, growth, and how they stand in their group."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request

from backend.core.clock import utc_now
from backend.core.errors import BadRequest
from backend.core.http import ActorDep, Uow, require, signed_in
from backend.core.paging import DEFAULT_LIMIT
from backend.core.runtime import runtime
from backend.herd import service
from backend.herd.api import Cursor, Limit
from backend.herd.growth import Forecast
from backend.herd.photos import MAX_PHOTO_BYTES
from backend.herd.record_schemas import (
    GroupMoveIn,
    GroupStandingOut,
    GrowthOut,
    MemberOut,
    MovedOut,
    MoveIn,
    MoveOut,
    MovePlanOut,
    PhotoOut,
    RatioOut,
    ReadingOut,
    TargetIn,
    TargetOut,
    WeightIn,
    WeightOut,
)
from backend.herd.service import MemberStanding, Standing
from backend.ingest.multipart import FormReader
from backend.scans import service as scans
from backend.scans.filters import ScanFilters
from backend.scans.schemas import ScanPage

router = APIRouter(prefix="/api/v1", tags=["Herd"])
ANYBODY = [signed_in()]
WORKERS = [require("admin", "technician")]
PHOTO: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["photo"],
                    "properties": {"photo": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


@router.post("/animals/moves/preview", dependencies=WORKERS)
async def preview_move(uow: Uow, wanted: MoveIn) -> MovePlanOut:
    """What a move would do: how many animals and scans, who sees them from then on and who no longer."""
    plan = await service.preview_move(uow, wanted.animal_ids, wanted.farm_id, wanted.group_id)
    return MovePlanOut.model_validate(plan)


@router.post("/animals/moves", dependencies=WORKERS)
async def move_animals(uow: Uow, wanted: MoveIn) -> MovedOut:
    """Move animals to a group or farm; their scans go along."""
    done = await service.move_animals(uow, wanted.animal_ids, wanted.farm_id, wanted.group_id)
    return MovedOut.model_validate(done)


@router.post("/groups/{group_id}/moves/preview", dependencies=WORKERS)
async def preview_group_move(uow: Uow, group_id: UUID, wanted: GroupMoveIn) -> MovePlanOut:
    """What moving a whole group to another farm would do."""
    return MovePlanOut.model_validate(await service.preview_group_move(uow, group_id, wanted.farm_id))


@router.post("/groups/{group_id}/moves", dependencies=WORKERS)
async def move_group(uow: Uow, group_id: UUID, wanted: GroupMoveIn) -> MovedOut:
    """Move a group to another farm with its animals and their scans."""
    return MovedOut.model_validate(await service.move_group(uow, group_id, wanted.farm_id))


@router.post("/moves/{move_id}/undo", dependencies=WORKERS)
async def undo_move(uow: Uow, move_id: UUID) -> MovedOut:
    """Put animals and scans back where they were, all that were moved together, unless somebody moved them on."""
    return MovedOut.model_validate(await service.undo_move(uow, move_id))


@router.get("/animals/{animal_id}/moves", dependencies=ANYBODY)
async def moves(uow: Uow, animal_id: UUID) -> list[MoveOut]:
    """Where an animal has been, the latest move first."""
    return [MoveOut.model_validate(move) for move in await service.list_moves(uow, animal_id)]


@router.get("/animals/{animal_id}/weights", dependencies=ANYBODY)
async def weights(uow: Uow, animal_id: UUID) -> list[WeightOut]:
    """What it weighed, the latest first."""
    return [WeightOut.model_validate(weight) for weight in await service.list_weights(uow, animal_id)]


@router.post("/animals/{animal_id}/weights", dependencies=WORKERS, status_code=201)
async def add_weight(uow: Uow, animal_id: UUID, wanted: WeightIn) -> WeightOut:
    """Write down a weight."""
    weight_id = await service.record_weight(uow, animal_id, wanted.kg, wanted.weighed_on, wanted.source)
    written = await service.list_weights(uow, animal_id)
    return WeightOut.model_validate(next(weight for weight in written if weight.id == weight_id))


@router.delete("/animals/{animal_id}/weights/{weight_id}", dependencies=WORKERS, status_code=204)
async def remove_weight(uow: Uow, animal_id: UUID, weight_id: UUID) -> None:
    """Strike out a weight."""
    await service.remove_weight(uow, animal_id, weight_id)


@router.get("/animal-photos/{animal_id}", dependencies=ANYBODY)
async def photo(uow: Uow, animal_id: UUID) -> PhotoOut:
    """A signed URL of its photo."""
    return PhotoOut(url=await service.photo_url(uow, animal_id))


@router.put("/animal-photos/{animal_id}", dependencies=WORKERS, openapi_extra=PHOTO)
async def set_photo(request: Request, actor: ActorDep, animal_id: UUID) -> PhotoOut:
    """Keep a photo, JPEG or PNG up to 12 MB. It is drawn anew: nothing but the picture stays of the file."""
    async with runtime().database.unit_of_work(actor, read_only=True) as uow:
        await service.get_animal(uow, animal_id)
    limits = {"photo": MAX_PHOTO_BYTES}
    parts = await FormReader(request.headers.get("content-type", ""), limits, 1).read(request.stream())
    if not parts:
        raise BadRequest("Send the photo as the part `photo`.")
    async with runtime().database.unit_of_work(actor) as uow:
        return PhotoOut(url=await service.set_photo(uow, animal_id, bytes(parts[0].data)))


@router.delete("/animal-photos/{animal_id}", dependencies=WORKERS, status_code=204)
async def remove_photo(uow: Uow, animal_id: UUID) -> None:
    """Keep no photo of it any longer."""
    await service.remove_photo(uow, animal_id)


@router.get("/animals/{animal_id}/scans", dependencies=ANYBODY)
async def animal_scans(uow: Uow, animal_id: UUID, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> ScanPage:
    """Its scans, the latest first; a farmer's are accepted ones."""
    await service.get_animal(uow, animal_id)
    return await scans.list_scans(uow, ScanFilters(animal_id=animal_id), cursor=cursor, limit=limit)


@router.get("/animals/{animal_id}/growth", dependencies=ANYBODY)
async def growth(uow: Uow, animal_id: UUID) -> GrowthOut:
    """When its backfat reaches the target, from its own usable scans; or why that cannot be told."""
    animal = await service.get_animal(uow, animal_id)
    target = (await service.read_targets(uow)).of(animal.farm_id, animal.group_id)
    return _growth(service.stand(await service.follow_animal(uow, animal_id), target, utc_now()))


@router.get("/groups/{group_id}/standing", dependencies=ANYBODY)
async def group_standing(uow: Uow, group_id: UUID) -> GroupStandingOut:
    """Every living animal of a group: state, growth, ratios to its contemporaries, and who is out of line."""
    found = await service.group_standing(uow, group_id)
    return GroupStandingOut(
        group_id=group_id,
        target_mm=found.target.backfat_mm,
        session_at=found.session_at,
        members=[_member(member) for member in found.members],
        more=found.more,
    )


@router.get("/targets", dependencies=ANYBODY)
async def target(uow: Uow, farm_id: UUID | None = None, group_id: UUID | None = None) -> TargetOut:
    """The target that holds for a farm or group."""
    return TargetOut.model_validate(await service.target_of(uow, farm_id=farm_id, group_id=group_id))


@router.put("/targets", dependencies=WORKERS, status_code=204)
async def set_target(uow: Uow, wanted: TargetIn) -> None:
    """Set how fat animals of a group, a farm or the organisation shall be."""
    values = wanted.model_dump(exclude={"farm_id", "group_id"})
    await service.set_target(uow, service.Target(**values), farm_id=wanted.farm_id, group_id=wanted.group_id)


def _growth(standing: Standing) -> GrowthOut:
    told = standing.growth if isinstance(standing.growth, Forecast) else None
    return GrowthOut(
        state=standing.state,
        target_mm=standing.target.backfat_mm,
        days=told and told.days,
        days_sd=told and told.days_sd,
        now_mm=told and told.now_mm,
        now_sd_mm=told and told.now_sd_mm,
        doubling_days=told and told.doubling_days,
        reason="" if isinstance(standing.growth, Forecast) else standing.growth.reason,
        why_scan=standing.why_scan,
        rea=standing.rea and ReadingOut.model_validate(standing.rea),
        backfat=standing.backfat and ReadingOut.model_validate(standing.backfat),
    )


def _member(member: MemberStanding) -> MemberOut:
    ratios = {name: RatioOut.model_validate(ratio) for name, ratio in member.ratios.items()}
    return MemberOut(
        id=member.id,
        tag_id=member.tag_id,
        sex=member.sex,
        growth=_growth(member.standing),
        rea_ratio=ratios.get("rea"),
        backfat_ratio=ratios.get("backfat"),
        odd=list(member.odd),
    )
