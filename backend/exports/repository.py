"""SQL of exports: which stored objects belong to scans, and corrections with what they correct.

Corrections are walked along `ix_grading_results_of_model`: those of people are one model there.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, Uuid, any_, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.devices.models import Device
from backend.grading.models import GradingResult
from backend.grading.service import PERSON
from backend.scans.models import Asset, Scan

Rows = Sequence[Row[*tuple[Any, ...]]]
COUNT_MOST = 100_000


async def pictures(uow: UnitOfWork, org_id: UUID, ids: Sequence[UUID]) -> Rows:
    """For each scan the asker may see: capture, device, its image, and the overlay of the result that counts."""
    columns: tuple[Any, ...] = (
        col(Scan.id),
        col(Scan.capture_id),
        col(Device.device_code),
        col(Asset.object_key).label("image_key"),
        col(GradingResult.overlay_key),
    )
    found = await uow.session.execute(
        select(*columns)
        .join(Device, col(Device.id) == col(Scan.device_id), isouter=True)
        .join(Asset, col(Asset.id) == col(Scan.image_asset_id), isouter=True)
        .join(GradingResult, col(GradingResult.id) == col(Scan.result_id), isouter=True)
        .where(col(Scan.org_id) == org_id, col(Scan.id) == any_(cast(list(ids), ARRAY(Uuid()))))
    )
    by_id = {row.id: row for row in found}
    return [by_id[one] for one in ids if one in by_id]


def _corrected(org_id: UUID, *columns: Any) -> Select[Any]:
    """The newest correction of each scan."""
    newer = aliased(GradingResult)
    there_is = select(col(newer.id)).where(
        col(newer.scan_id) == col(GradingResult.scan_id),
        col(newer.kind) == "correction",
        col(newer.id) > col(GradingResult.id),
    )
    return (
        select(*columns)
        .join(Scan, col(Scan.id) == col(GradingResult.scan_id))
        .join(Asset, col(Asset.id) == col(Scan.image_asset_id))
        .where(
            col(GradingResult.org_id) == org_id,
            col(GradingResult.model_name) == PERSON,
            col(GradingResult.kind) == "correction",
            col(GradingResult.mask_key).is_not(None),
            col(Asset.verified_at).is_not(None),
            ~there_is.exists(),
        )
    )


async def count_corrected(uow: UnitOfWork, org_id: UUID) -> int:
    """How many scans with a corrected outline the asker sees, counting no further than `COUNT_MOST`."""
    some = _corrected(org_id, col(GradingResult.id)).limit(COUNT_MOST).subquery()
    return int(await uow.session.scalar(select(func.count()).select_from(some)) or 0)


async def corrected(uow: UnitOfWork, org_id: UUID, after: UUID | None, most: int) -> Rows:
    """Corrections after one of them, oldest first, with image, calibration and what they correct."""
    base = aliased(GradingResult)
    columns: tuple[Any, ...] = (
        col(GradingResult.id),
        col(GradingResult.scan_id),
        col(GradingResult.created_at),
        col(GradingResult.mask_key),
        col(GradingResult.mask_sha256),
        col(GradingResult.base_iou),
        col(base.model_name).label("base_name"),
        col(base.model_version).label("base_version"),
        col(base.kind).label("base_kind"),
        col(base.confidence).label("base_confidence"),
        col(Scan.capture_id),
        col(Scan.kind),
        col(Scan.captured_at),
        col(Scan.calibration),
        col(Device.device_code),
        col(Asset.object_key).label("image_key"),
        col(Asset.sha256).label("image_sha256"),
        col(Asset.width_px),
        col(Asset.height_px),
    )
    statement = (
        _corrected(org_id, *columns)
        .join(Device, col(Device.id) == col(Scan.device_id), isouter=True)
        .join(base, col(base.id) == col(GradingResult.base_id), isouter=True)
    )
    if after is not None:
        statement = statement.where(col(GradingResult.id) > after)
    rows: Rows = (await uow.session.execute(statement.order_by(col(GradingResult.id)).limit(most))).all()
    return rows
