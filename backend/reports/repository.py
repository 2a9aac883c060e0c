"""SQL of reports: the latest accepted image of an animal with the result that counts for it."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.farms.models import Farm
from backend.grading.models import GradingResult
from backend.herd.models import Animal
from backend.identity.models import Organization
from backend.scans.models import Asset, Scan

RESULT = ("kind", "model_name", "model_version", "features_used", "overlay_key")


async def latest_image(uow: UnitOfWork, animal_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """The animal's newest accepted scan with its result and image."""
    columns: tuple[Any, ...] = (
        col(Scan.id),
        col(Scan.captured_at),
        col(Scan.thumb_key),
        *(col(getattr(GradingResult, name)) for name in RESULT),
        col(Asset.object_key).label("image_key"),
    )
    query = (
        select(*columns)
        .outerjoin(GradingResult, col(GradingResult.id) == col(Scan.result_id))
        .outerjoin(Asset, col(Asset.id) == col(Scan.image_asset_id))
        .where(col(Scan.org_id) == uow.actor.org_id, col(Scan.animal_id) == animal_id, col(Scan.review) == "accepted")
        .order_by(col(Scan.captured_at).desc(), col(Scan.id).desc())
        .limit(1)
    )
    return (await uow.session.execute(query)).one_or_none()


async def models_of_group(uow: UnitOfWork, group_id: UUID) -> list[str]:
    """The models behind what counts of the accepted scans of a group's animals."""
    query = (
        select(col(GradingResult.model_name), col(GradingResult.model_version))
        .distinct()
        .join(Scan, col(Scan.result_id) == col(GradingResult.id))
        .join(Animal, col(Animal.id) == col(Scan.animal_id))
        .where(
            col(Animal.org_id) == uow.actor.org_id,
            col(Animal.group_id) == group_id,
            col(Scan.review) == "accepted",
            col(GradingResult.kind) == "model",
        )
    )
    return [f"{name}@{version}" for name, version in (await uow.session.execute(query)).all()]


async def place(uow: UnitOfWork, farm_id: UUID | None) -> tuple[str, str]:
    """What stands at the head of a report: the organisation's name, and the farm's time zone."""
    name = await uow.session.scalar(select(col(Organization.name)).where(col(Organization.id) == uow.actor.org_id))
    zone = None
    if farm_id is not None:
        own = select(col(Farm.time_zone)).where(col(Farm.id) == farm_id, col(Farm.org_id) == uow.actor.org_id)
        zone = await uow.session.scalar(own)
    return name or "", zone or "UTC"
