"""Who is meant by an @name in a note: people of the organisation who may see the scan, by their full names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.identity.models import Membership, MembershipFarm, User
from backend.notifications.service import notify
from backend.scans.models import Scan

NAMES_MOST = 200
TEXT_CHARS = 300


@dataclass(frozen=True, slots=True)
class Mentionable:
    """Somebody who may see a scan."""

    id: UUID
    full_name: str


async def mentionable(uow: UnitOfWork, org_id: UUID, farm_id: UUID | None, *, accepted: bool) -> list[Mentionable]:
    """People who may see a scan of a farm, by name; farmers only where it is accepted."""
    of_farm = select(col(MembershipFarm.membership_id)).where(
        col(MembershipFarm.membership_id) == col(Membership.id), col(MembershipFarm.farm_id) == farm_id
    )
    everything = or_(col(Membership.role) == "admin", col(Membership.all_farms))
    sees = everything if farm_id is None else or_(everything, of_farm.exists())
    role = col(Membership.role) != "farmer"
    found = await uow.session.execute(
        select(col(User.id), col(User.full_name))
        .join(Membership, and_(col(Membership.user_id) == col(User.id), col(Membership.org_id) == org_id))
        .where(col(User.status) == "active", sees, *([] if accepted else [role]))
        .order_by(col(User.full_name), col(User.id))
        .limit(NAMES_MOST)
    )
    return [Mentionable(user_id, name) for user_id, name in found if name]


def mentioned(text: str, people: Sequence[Mentionable]) -> list[Mentionable]:
    """Those of `people` whose name follows an @ in the text; of two names that fit, the longer one is meant."""
    by_name: dict[str, list[Mentionable]] = {}
    for person in people:
        by_name.setdefault(person.full_name.casefold(), []).append(person)
    if not by_name:
        return []
    names = "|".join(re.escape(name) for name in sorted(by_name, key=len, reverse=True))
    found = re.findall(rf"(?<!\w)@({names})(?!\w)", text.casefold())
    return [person for name in dict.fromkeys(found) for person in by_name[name]]


async def tell_mentioned(uow: UnitOfWork, scan: Scan, text: str) -> None:
    """Tell everybody a note names, but for its author."""
    people = await mentionable(uow, scan.org_id, scan.farm_id, accepted=scan.review == "accepted")
    meant = [person.id for person in mentioned(text, people) if person.id != uow.actor.user_id]
    if meant:
        payload = {"by": uow.actor.full_name, "text": text[:TEXT_CHARS], "scan_id": str(scan.id)}
        await notify(uow, "mentioned", farm_id=scan.farm_id, user_ids=meant, payload=payload)
