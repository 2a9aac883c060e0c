"""Routes of announcements: reading them, and writing them for admins."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter

from backend.announcements import service
from backend.announcements.models import Announcement
from backend.announcements.schemas import AnnouncementIn, AnnouncementOut, MadeOut, SaidOut
from backend.announcements.service import Draft, Said
from backend.core.actor import Actor
from backend.core.http import Uow, public, require, signed_in
from backend.core.runtime import runtime

router = APIRouter(tags=["Announcements"])
ADMIN = [require("admin")]
OPEN = [public("shows only what an admin chose to show on the sign-in page")]


@router.get("/api/v1/announcements", dependencies=[signed_in()], response_model=list[SaidOut])
async def announcements(uow: Uow) -> list[Said]:
    """What the caller's organisation has to say now, pinned ones first."""
    return await service.standing(uow)


@router.get("/api/v1/announcements/sign-in", dependencies=OPEN, response_model=list[SaidOut])
async def on_sign_in() -> list[Said]:
    """What stands on the sign-in page now."""
    async with runtime().database.unit_of_work(Actor.anonymous(), read_only=True) as uow:
        return await service.for_everybody(uow)


@router.get("/api/v1/admin/announcements", dependencies=ADMIN, response_model=list[AnnouncementOut])
async def every(uow: Uow) -> Sequence[Announcement]:
    """All of the organisation, past and future ones too."""
    return await service.list_announcements(uow)


@router.post("/api/v1/admin/announcements", dependencies=ADMIN, status_code=201)
async def announce(uow: Uow, wanted: AnnouncementIn) -> MadeOut:
    """Say something."""
    return MadeOut(id=await service.announce(uow, Draft(**wanted.model_dump())))


@router.put("/api/v1/admin/announcements/{announcement_id}", dependencies=ADMIN, status_code=204)
async def change(uow: Uow, announcement_id: UUID, wanted: AnnouncementIn) -> None:
    """Say it in other words, or at another time."""
    await service.change_announcement(uow, announcement_id, Draft(**wanted.model_dump()))


@router.delete("/api/v1/admin/announcements/{announcement_id}", dependencies=ADMIN, status_code=204)
async def take_down(uow: Uow, announcement_id: UUID) -> None:
    """Delete it."""
    await service.take_down(uow, announcement_id)
