"""SQL of the chain. Index: uq_audit_seals_number.

What is hashed of an entry is spelled out here once more, apart from the trigger that seals it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import col

from backend.audit.models import AuditCheck
from backend.core.database import UnitOfWork
from backend.identity.models import Organization

SEALED = """
SELECT s.number, s.id, s.sha256, CASE WHEN e.id IS NULL THEN NULL ELSE jsonb_build_array(
  e.id, e.org_id, e.user_id, e.action, e.object_type, e.object_id, e.before, e.after,
  e.request_id, e.ip, e.session_id, (extract(epoch FROM e.created_at) * 1000000)::bigint)::text END
FROM audit_seals s LEFT JOIN audit_log e ON e.id = s.id AND e.org_id IS NOT DISTINCT FROM s.org_id
WHERE s.{own} AND s.number > :number ORDER BY s.number LIMIT :most"""
UNSEALED = """
SELECT e.id FROM audit_log e WHERE e.{own} AND NOT EXISTS (SELECT 1 FROM audit_seals s WHERE s.id = e.id)
ORDER BY e.id LIMIT 1"""
NOBODYS = "org_id IS NULL"
OWN = "org_id = :org_id"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A seal and the content it is of; None where the entry is gone."""

    number: int
    entry_id: int
    sha256: str
    content: str | None


def _own(statement: str, org_id: UUID | None) -> str:
    return statement.format(own=NOBODYS if org_id is None else OWN)


def _whose(org_id: UUID | None) -> dict[str, object]:
    return {} if org_id is None else {"org_id": org_id}


async def sealed_after(uow: UnitOfWork, org_id: UUID | None, number: int, most: int) -> list[Sealed]:
    """The next seals of a chain, in its order."""
    values = {**_whose(org_id), "number": number, "most": most}
    found = await uow.session.execute(text(_own(SEALED, org_id)), values)
    return [Sealed(*row) for row in found]


async def unsealed(uow: UnitOfWork, org_id: UUID | None) -> int | None:
    """The first entry that no seal names."""
    found: int | None = await uow.session.scalar(text(_own(UNSEALED, org_id)), _whose(org_id))
    return found


async def kept_ends(uow: UnitOfWork, org_id: UUID | None) -> dict[int, str]:
    """The ends that earlier checks found, by their number."""
    query = select(col(AuditCheck.number), col(AuditCheck.sha256)).where(
        col(AuditCheck.org_id) == org_id if org_id else col(AuditCheck.org_id).is_(None),
        col(AuditCheck.sha256).is_not(None),
        col(AuditCheck.number) > 0,
    )
    found: Any = await uow.session.execute(query)
    return {row[0]: row[1] for row in found}


async def keep(uow: UnitOfWork, org_id: UUID | None, number: int, sha256: str | None, problem: str | None) -> None:
    """Note how a chain was found."""
    uow.session.add(AuditCheck(org_id=org_id, number=number, sha256=sha256 or None, problem=problem))
    await uow.session.flush()


async def last_check(uow: UnitOfWork, org_id: UUID) -> tuple[int, datetime, str | None] | None:
    """How long the chain was, when, and what was wrong. Index: ix_audit_checks_org_id_created_at."""
    query = (
        select(col(AuditCheck.number), col(AuditCheck.created_at), col(AuditCheck.problem))
        .where(col(AuditCheck.org_id) == org_id)
        .order_by(col(AuditCheck.created_at).desc())
        .limit(1)
    )
    row: Any = (await uow.session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


async def organizations(uow: UnitOfWork) -> list[tuple[str, UUID]]:
    """Every organisation by its short name. As the system."""
    query = select(col(Organization.slug), col(Organization.id)).order_by(col(Organization.slug))
    return [(slug, org_id) for slug, org_id in await uow.session.execute(query)]
