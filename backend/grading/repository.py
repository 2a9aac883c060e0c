"""SQL about results: reading them for people, adding them, and what of them a scan repeats."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.grading.models import AUTOMATIC, GradingFailure, GradingResult
from backend.identity.models import User
from backend.registry.models import ModelVersion
from backend.scans.models import Scan

Rows = Sequence[Row[*tuple[Any, ...]]]
SHOWN = (
    "id",
    "scan_id",
    "kind",
    "model_name",
    "model_version",
    "alias",
    "accepted",
    "batch_id",
    "base_id",
    "base_iou",
    "inference_sha256",
    "inputs_sha256",
    "preprocessing_sha256",
    "abstained",
    "abstention_reason",
    "rea_cm2",
    "rea_cm2_error",
    "backfat_mm",
    "backfat_mm_error",
    "confidence",
    "reference_iou",
    "confidence_breakdown",
    "features_used",
    "geometry",
    "timings",
    "duration_ms",
    "mask_key",
    "overlay_key",
    "overlay_thumb_key",
    "note",
    "created_by",
    "created_at",
)
BRIEF = (
    "id",
    "model_name",
    "model_version",
    "confidence",
    "confidence_breakdown",
    "features_used",
    "created_by",
    "created_at",
)


async def of_scan(uow: UnitOfWork, org_id: UUID, scan_id: UUID) -> Rows:
    """Every result of a scan with its author's name, the newest first; a shadow's are left out."""
    return (await uow.session.execute(_named(BRIEF, org_id, scan_id).where(col(GradingResult.accepted)))).all()


async def in_full(uow: UnitOfWork, org_id: UUID, scan_id: UUID) -> Rows:
    """The same with everything known about each, a shadow's included."""
    same = (col(ModelVersion.name) == col(GradingResult.model_name)) & (
        col(ModelVersion.version) == col(GradingResult.model_version)
    )
    validated = col(ModelVersion.facts)["validated_on_real_cattle"].as_boolean().label("validated_on_real_cattle")
    return (
        await uow.session.execute(_named(SHOWN, org_id, scan_id).outerjoin(ModelVersion, same).add_columns(validated))
    ).all()


def _named(names: Sequence[str], org_id: UUID, scan_id: UUID) -> Select[*tuple[Any, ...]]:
    statement: Select[*tuple[Any, ...]] = (
        select(*(col(getattr(GradingResult, name)) for name in names), col(User.full_name).label("created_by_name"))
        .outerjoin(User, col(User.id) == col(GradingResult.created_by))
        .where(col(GradingResult.scan_id) == scan_id, col(GradingResult.org_id) == org_id)
        .order_by(col(GradingResult.created_at).desc(), col(GradingResult.id).desc())
    )
    return statement


async def newest_correction(uow: UnitOfWork, org_id: UUID, scan_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """Id and author of the latest outline that a person drew on a scan."""
    corrections = _named(("id",), org_id, scan_id).where(col(GradingResult.kind) == "correction")
    return (await uow.session.execute(corrections.limit(1))).one_or_none()


async def get(uow: UnitOfWork, org_id: UUID, result_id: UUID) -> GradingResult | None:
    found: GradingResult | None = await uow.session.scalar(
        select(GradingResult).where(col(GradingResult.id) == result_id, col(GradingResult.org_id) == org_id)
    )
    return found


async def add(uow: UnitOfWork, values: Mapping[str, Any]) -> bool:
    """Add a result. False where it is there already: the same automatic run, or the same request, done twice."""
    done = await uow.session.execute(
        upsert(GradingResult).values(**values).on_conflict_do_nothing().returning(col(GradingResult.id))
    )
    return done.scalar_one_or_none() is not None


async def kind_that_counts(uow: UnitOfWork, org_id: UUID, scan_id: UUID) -> str | None:
    """What kind of result counts for a scan at the moment."""
    statement = (
        select(col(GradingResult.kind))
        .join(Scan, col(Scan.result_id) == col(GradingResult.id))
        .where(col(Scan.id) == scan_id, col(Scan.org_id) == org_id)
    )
    found: str | None = await uow.session.scalar(statement)
    return found


async def automatic(uow: UnitOfWork, org_id: UUID, scan_id: UUID, name: str, version: str) -> UUID | None:
    """The accepted result that a model made of a scan by itself."""
    found: UUID | None = await uow.session.scalar(
        select(col(GradingResult.id)).where(
            col(GradingResult.scan_id) == scan_id,
            col(GradingResult.org_id) == org_id,
            col(GradingResult.model_name) == name,
            col(GradingResult.model_version) == version,
            col(GradingResult.accepted),
            text(AUTOMATIC),
        )
    )
    return found


async def of_request(uow: UnitOfWork, org_id: UUID, request_id: UUID) -> UUID | None:
    """The result of a request."""
    found: UUID | None = await uow.session.scalar(
        select(col(GradingResult.id)).where(
            col(GradingResult.request_id) == request_id, col(GradingResult.org_id) == org_id
        )
    )
    return found


async def add_failure(uow: UnitOfWork, values: Mapping[str, Any]) -> None:
    """Count a run that ended in an error."""
    await uow.session.execute(insert(GradingFailure).inline().values(**values))
