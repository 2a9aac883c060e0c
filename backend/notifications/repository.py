"""SQL of notifications: who should hear, what was written, what a person reads and chose."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.core.tables import metadata
from backend.farms.models import Farm
from backend.identity.models import Membership, MembershipFarm, Organization, User
from backend.notifications.models import Notification, NotificationChoice

TABLE = metadata.tables[str(Notification.__tablename__)]


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who should hear, with what they chose; None where they chose nothing."""

    user_id: UUID
    time_zone: str | None
    in_app: bool | None
    mail: str | None


async def recipients(
    uow: UnitOfWork,
    org_id: UUID,
    type_: str,
    *,
    roles: Iterable[str] = (),
    user_ids: Iterable[UUID] | None = None,
    farm_id: UUID | None = None,
) -> list[Recipient]:
    """Active members: those named, or else those with one of `roles`; with a farm only those in whose scope it lies."""
    chosen = NotificationChoice
    query = (
        select(col(User.id), col(User.time_zone), col(chosen.in_app), col(chosen.mail))
        .join(Membership, col(Membership.user_id) == col(User.id))
        .outerjoin(chosen, (col(chosen.user_id) == col(User.id)) & (col(chosen.type) == type_))
        .where(col(Membership.org_id) == org_id, col(User.status) == "active")
        .order_by(col(User.id))
    )
    if user_ids is None:
        query = query.where(col(Membership.role).in_(list(roles)))
    else:
        query = query.where(col(User.id).in_(list(user_ids)))
    if farm_id is not None:
        assigned = exists().where(
            col(MembershipFarm.membership_id) == col(Membership.id), col(MembershipFarm.farm_id) == farm_id
        )
        query = query.where(or_(col(Membership.role) == "admin", col(Membership.all_farms), assigned))
    return [Recipient(*row) for row in await uow.session.execute(query)]


async def farm_of(uow: UnitOfWork, org_id: UUID, farm_id: UUID) -> tuple[str, str] | None:
    """Name and time zone of a farm of the organisation."""
    query = select(col(Farm.name), col(Farm.time_zone)).where(col(Farm.org_id) == org_id, col(Farm.id) == farm_id)
    row = (await uow.session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def organizations(uow: UnitOfWork) -> list[UUID]:
    """Every organisation of the installation. As the system."""
    return list(await uow.session.scalars(select(col(Organization.id)).order_by(col(Organization.id))))


async def add(uow: UnitOfWork, rows: Sequence[dict[str, object]]) -> set[UUID]:
    """Write messages; one whose `once_key` its person already got is left out. Returns who got one in the app.

    Two transactions that tell of the same thing wait for each other here, so that it is delivered once.
    """
    if not rows:
        return set()
    statement = insert(TABLE).on_conflict_do_nothing(constraint="uq_notifications_org_id_user_id_once_key")
    written = await uow.session.execute(statement.returning(TABLE.c.user_id, TABLE.c.in_app), list(rows))
    return {user_id for user_id, in_app in written if in_app}
