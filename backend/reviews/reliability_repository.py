"""SQL of reliability: readings with the number, the model's number beside it, and the device, the latest first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select, true
from sqlalchemy.orm import aliased
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.devices.models import Device
from backend.grading.models import GradingResult
from backend.identity.models import User
from backend.reviews.models import ScanReading
from backend.reviews.rules import COLUMNS, Trait
from backend.scans.models import Scan

Rows = Sequence[Row[*tuple[Any, ...]]]


async def readings(uow: UnitOfWork, org_id: UUID, trait: Trait, since: datetime, most: int) -> Rows:
    """Standing readings of a trait that were not rejected and have a number.

    `drawn`: the number is the reader's own, not a model's that they agreed to. `model_value` is what the newest model's
    run before the reading had measured.
    """
    read, result = ScanReading, aliased(GradingResult)
    value = COLUMNS[trait]
    model = aliased(GradingResult)
    newest: Select[*tuple[Any, ...]] = (
        select(col(getattr(model, value)).label("value"), col(model.model_name), col(model.model_version))
        .where(
            col(model.scan_id) == col(read.scan_id),
            col(model.org_id) == org_id,
            col(model.kind) == "model",
            col(model.accepted),
            col(model.created_at) <= col(read.created_at),
        )
        .order_by(col(model.created_at).desc())
        .limit(1)
    )
    by_model = newest.lateral("by_model")
    statement: Select[*tuple[Any, ...]] = (
        select(
            col(read.scan_id),
            col(read.reader_id),
            col(User.full_name).label("reader"),
            col(read.result_id),
            col(getattr(read, value)).label("value"),
            col(read.created_at),
            (col(result.kind) != "model").label("drawn"),
            by_model.c.value.label("model_value"),
            (by_model.c.model_name + "@" + by_model.c.model_version).label("model"),
            col(Device.label).label("device_label"),
            col(Device.device_code),
        )
        .join(User, col(User.id) == col(read.reader_id))
        .join(Scan, col(Scan.id) == col(read.scan_id))
        .join(result, (col(result.id) == col(read.result_id)) & (col(result.org_id) == org_id))
        .outerjoin(Device, col(Device.id) == col(Scan.device_id))
        .outerjoin(by_model, true())
        .where(
            col(read.org_id) == org_id,
            col(read.trait) == trait,
            col(read.created_at) >= since,
            col(read.taken_back_at).is_(None),
            col(read.verdict) != "rejected",
            col(getattr(read, value)).is_not(None),
        )
        .order_by(col(read.created_at).desc())
        .limit(most)
    )
    return (await uow.session.execute(statement)).all()
