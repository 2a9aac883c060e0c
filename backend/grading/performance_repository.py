"""SQL of how models do. Reads along `ix_grading_results_of_model` and `ix_grading_failures_of_model`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.devices.models import Device
from backend.grading.models import GradingFailure, GradingResult
from backend.scans.models import Scan

Rows = Sequence[Row[*tuple[Any, ...]]]


def _model(table: Any) -> Any:
    return (col(table.model_name) + "@" + col(table.model_version)).label("model")


def _share(column: Any, percent: float) -> Any:
    return func.percentile_cont(percent).within_group(column)


async def runs(uow: UnitOfWork, org_id: UUID, since: datetime) -> Rows:
    """Counts, times and agreement of each model's runs."""
    table = GradingResult
    found = await uow.session.execute(
        select(
            _model(table),
            func.count().label("runs"),
            func.count().filter(col(table.abstained)).label("abstained"),
            _share(col(table.duration_ms), 0.5).label("p50_ms"),
            _share(col(table.duration_ms), 0.95).label("p95_ms"),
            func.avg(col(table.confidence)).filter(~col(table.abstained)).label("mean_confidence"),
            func.avg(col(table.reference_iou)).label("reference_iou"),
            func.count(col(table.reference_iou)).label("reference_n"),
        )
        .where(col(table.org_id) == org_id, col(table.kind) == "model", col(table.created_at) >= since)
        .group_by(col(table.model_name), col(table.model_version))
    )
    return found.all()


async def by_day(uow: UnitOfWork, org_id: UUID, since: datetime) -> Rows:
    """The same by UTC day, in short."""
    table = GradingResult
    day = func.date_trunc("day", col(table.created_at)).label("day")
    found = await uow.session.execute(
        select(
            day,
            _model(table),
            func.count().label("runs"),
            func.count().filter(col(table.abstained)).label("abstained"),
            _share(col(table.duration_ms), 0.5).label("p50_ms"),
        )
        .where(col(table.org_id) == org_id, col(table.kind) == "model", col(table.created_at) >= since)
        .group_by(day, col(table.model_name), col(table.model_version))
        .order_by(day)
    )
    return found.all()


async def failures(uow: UnitOfWork, org_id: UUID, since: datetime) -> Rows:
    """Runs that failed, by model."""
    table = GradingFailure
    found = await uow.session.execute(
        select(_model(table), func.count().label("failed"))
        .where(col(table.org_id) == org_id, col(table.created_at) >= since)
        .group_by(col(table.model_name), col(table.model_version))
    )
    return found.all()


async def corrections(uow: UnitOfWork, org_id: UUID, since: datetime) -> Rows:
    """What technicians left of each model's outlines."""
    base = aliased(GradingResult)
    found = await uow.session.execute(
        select(
            _model(base),
            func.avg(col(GradingResult.base_iou)).label("iou"),
            func.count(col(base.id).distinct()).label("n"),
        )
        .select_from(GradingResult)
        .join(base, (col(base.id) == col(GradingResult.base_id)) & (col(base.org_id) == col(GradingResult.org_id)))
        .where(
            col(GradingResult.org_id) == org_id,
            col(GradingResult.kind) == "correction",
            col(GradingResult.created_at) >= since,
            col(base.kind) == "model",
        )
        .group_by(col(base.model_name), col(base.model_version))
    )
    return found.all()


async def inputs(uow: UnitOfWork, org_id: UUID, since: datetime, most: int) -> Rows:
    """What devices' images were like, the latest first; one row a scan and run."""
    table = GradingResult
    statement: Select[*tuple[Any, ...]] = (
        select(
            col(Device.id).label("device_id"),
            col(Device.device_code),
            col(table.created_at),
            col(table.input_mean),
            col(table.input_sd),
        )
        .join(Scan, col(Scan.id) == col(table.scan_id))
        .join(Device, (col(Device.id) == col(Scan.device_id)) & (col(Device.org_id) == org_id))
        .where(
            col(table.org_id) == org_id,
            col(table.input_mean).is_not(None),
            col(table.accepted),
            col(table.created_at) >= since,
        )
        .order_by(col(table.created_at).desc())
        .limit(most)
    )
    return (await uow.session.execute(statement)).all()


async def pairs(
    uow: UnitOfWork, org_id: UUID, models: tuple[tuple[str, str], tuple[str, str]], measure: str, most: int
) -> Rows:
    """The latest run of each of two models on the scans both have graded."""
    sides = []
    for name, version in models:
        table = GradingResult
        latest: Select[*tuple[Any, ...]] = (
            select(col(table.scan_id), col(getattr(table, measure)).label("value"), col(table.abstained))
            .ext(distinct_on(col(table.scan_id)))
            .where(
                col(table.org_id) == org_id,
                col(table.kind) == "model",
                col(table.model_name) == name,
                col(table.model_version) == version,
            )
            .order_by(col(table.scan_id).desc(), col(table.created_at).desc())
        )
        sides.append(latest.subquery())
    a, b = sides
    found = await uow.session.execute(
        select(
            a.c.scan_id,
            a.c.value.label("a"),
            b.c.value.label("b"),
            a.c.abstained.label("a_abstained"),
            b.c.abstained.label("b_abstained"),
        )
        .join(b, b.c.scan_id == a.c.scan_id)
        .order_by(a.c.scan_id.desc())
        .limit(most)
    )
    return found.all()
