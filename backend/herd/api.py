"""Routes of groups and animals."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from backend.core.http import Uow, require, signed_in
from backend.core.paging import DEFAULT_LIMIT, MAX_LIMIT, Page
from backend.herd import service
from backend.herd.schemas import (
    AnimalChangeIn,
    AnimalIn,
    AnimalOut,
    AnimalPageOut,
    GroupChangeIn,
    GroupIn,
    GroupOut,
    GroupPageOut,
    Sex,
    Status,
)
from backend.herd.service import AnimalFilters, AnimalRow, GroupRow

router = APIRouter(prefix="/api/v1", tags=["Herd"])
ANYBODY = [signed_in()]
WORKERS = [require("admin", "technician")]
Cursor = Annotated[str | None, Query(max_length=500)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
Words = Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")]


@router.get("/groups", dependencies=ANYBODY, response_model=GroupPageOut)
async def groups(
    uow: Uow, farm_id: UUID | None = None, q: Words = "", cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> Page[GroupRow]:
    """Groups of the caller's farms, by name; `q` is looked for in name and external name."""
    return await service.list_groups(uow, farm_id=farm_id, q=q, cursor=cursor, limit=limit)


@router.post("/groups", dependencies=WORKERS, status_code=201, response_model=GroupOut)
async def add_group(uow: Uow, wanted: GroupIn) -> GroupRow:
    """Add a group to a farm."""
    return await service.create_group(uow, wanted.name, farm_id=wanted.farm_id, external_id=wanted.external_id)


@router.get("/groups/{group_id}", dependencies=ANYBODY, response_model=GroupOut)
async def group(uow: Uow, group_id: UUID) -> GroupRow:
    """One group."""
    return await service.get_group_row(uow, group_id)


@router.patch("/groups/{group_id}", dependencies=WORKERS, response_model=GroupOut)
async def change_group(uow: Uow, group_id: UUID, wanted: GroupChangeIn) -> GroupRow:
    """Rename a group or move it to another farm."""
    return await service.update_group(uow, group_id, wanted.model_dump(exclude_unset=True))


@router.get("/animals", dependencies=ANYBODY, response_model=AnimalPageOut)
async def animals(
    uow: Uow,
    *,
    farm_id: UUID | None = None,
    group_id: UUID | None = None,
    status: Status | None = None,
    sex: Sex | None = None,
    q: Words = "",
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[AnimalRow]:
    """Animals of the caller's farms, by tag; `q` is part of a tag or transponder, its beginning below 4 characters."""
    wanted = AnimalFilters(farm_id, group_id, status, sex, q)
    return await service.list_animals(uow, wanted, cursor=cursor, limit=limit)


@router.post("/animals", dependencies=WORKERS, status_code=201, response_model=AnimalOut)
async def add_animal(uow: Uow, wanted: AnimalIn) -> AnimalRow:
    """Add an animal to a farm."""
    return await service.create_animal(uow, wanted.model_dump())


@router.get("/animals/{animal_id}", dependencies=ANYBODY, response_model=AnimalOut)
async def animal(uow: Uow, animal_id: UUID) -> AnimalRow:
    """One animal."""
    return await service.get_animal_row(uow, animal_id)


@router.patch("/animals/{animal_id}", dependencies=WORKERS, response_model=AnimalOut)
async def change_animal(uow: Uow, animal_id: UUID, wanted: AnimalChangeIn) -> AnimalRow:
    """Correct an animal's record or move it to another group or farm."""
    return await service.update_animal(uow, animal_id, wanted.model_dump(exclude_unset=True))
