"""SQL of reading the audit log.

Index: ix_audit_log_org_id_created_at; by person ix_audit_log_person, by kind of act ix_audit_log_action, by object
ix_audit_log_object; whether an act has a later one of its kind in the same request: ix_audit_log_request.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import col

from backend.audit.models import AuditEntry
from backend.core.database import UnitOfWork
from backend.identity.models import User

if TYPE_CHECKING:
    from backend.audit.log import AuditFilter, Place


async def entries(
    uow: UnitOfWork, org_id: UUID, wanted: "AuditFilter", place: "Place | None", limit: int
) -> Sequence[Any]:
    """Acts in the columns of `log.Entry`, the nearest to `place` first."""
    entry = AuditEntry
    person = func.coalesce(col(User.full_name), col(User.email), "")
    query: Any = (
        select(
            col(entry.id),
            col(entry.created_at),
            col(entry.user_id),
            person,
            col(entry.action),
            func.coalesce(col(entry.object_type), ""),
            func.coalesce(col(entry.object_id), ""),
            col(entry.before),
            col(entry.after),
            func.coalesce(col(entry.request_id), ""),
            func.coalesce(col(entry.ip), ""),
            col(entry.session_id),
            _times(org_id) if not wanted.each else func.greatest(1),
        )
        .outerjoin(User, col(User.id) == col(entry.user_id))
        .where(col(entry.org_id) == org_id)
        .limit(limit)
    )
    query = _narrowed(query, wanted)
    if not wanted.each:
        query = query.where(~_has_later(org_id))
    backward = place is not None and place.backward
    if place is not None:
        key, at = tuple_(col(entry.created_at), col(entry.id)), (place.at, place.id)
        query = query.where(key > at if backward else key < at)
    if backward:
        query = query.order_by(col(entry.created_at), col(entry.id))
    else:
        query = query.order_by(col(entry.created_at).desc(), col(entry.id).desc())
    return (await uow.session.execute(query)).all()


def _narrowed(query: Any, wanted: "AuditFilter") -> Any:
    entry = AuditEntry
    conditions: dict[str, tuple[object, Any]] = {
        "person": (wanted.user_id, col(entry.user_id) == wanted.user_id),
        "area": (
            wanted.area,
            or_(col(entry.action) == wanted.area, func.starts_with(col(entry.action), f"{wanted.area}.")),
        ),
        "object": (wanted.object_id, col(entry.object_id) == wanted.object_id),
        "request": (wanted.request_id, col(entry.request_id) == wanted.request_id),
        "since": (wanted.since, col(entry.created_at) >= wanted.since if wanted.since else None),
        "until": (wanted.until, col(entry.created_at) < wanted.until if wanted.until else None),
    }
    for value, condition in conditions.values():
        if value:
            query = query.where(condition)
    return query


def _alike(org_id: UUID) -> Any:
    """Another row of the same act in the same request."""
    other = aliased(AuditEntry)
    same = and_(
        col(other.org_id) == org_id,
        col(other.request_id) == col(AuditEntry.request_id),
        col(other.action) == col(AuditEntry.action),
        col(other.object_type).is_not_distinct_from(col(AuditEntry.object_type)),
    )
    return other, same


def _has_later(org_id: UUID) -> Any:
    other, same = _alike(org_id)
    return select(1).where(same, col(other.id) > col(AuditEntry.id)).correlate(AuditEntry).exists()


def _times(org_id: UUID) -> Any:
    other, same = _alike(org_id)
    return func.greatest(1, select(func.count()).select_from(other).where(same).correlate(AuditEntry).scalar_subquery())
