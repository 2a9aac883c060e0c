"""Who belongs to a farm: assigned, taken off, made an owner. A farm that has owners keeps at least one."""

from uuid import UUID

from backend.audit import service as audit
from backend.core.database import UnitOfWork
from backend.core.events import Event
from backend.identity import repository
from backend.identity.errors import LastOwner, PersonNotFound
from backend.identity.members import require_admin
from backend.identity.models import MembershipFarm
from backend.identity.sessions import forget_after_commit


async def put_on_farm(uow: UnitOfWork, farm_id: UUID, user_id: UUID, *, is_owner: bool = False) -> None:
    """Assign a person of the asker's organisation to one of its farms, or say whether they own it.

    The caller has found the farm in the asker's scope. Raises Forbidden, PersonNotFound, LastOwner.
    """
    org_id = require_admin(uow)
    membership = await repository.membership_of(uow, org_id, user_id)
    if membership is None:
        raise PersonNotFound
    await _take_turns(uow, farm_id)
    held = await repository.farm_place(uow, membership.id, farm_id)
    if held is None:
        uow.session.add(MembershipFarm(org_id=org_id, membership_id=membership.id, farm_id=farm_id, is_owner=is_owner))
    elif held.is_owner == is_owner:
        return
    else:
        await _keep_an_owner(uow, held)
        held.is_owner = is_owner
    await uow.session.flush()
    before: dict[str, object] | None = None if held is None else {"is_owner": not is_owner}
    await _noted(uow, "farm.member_set", farm_id, user_id, before, {"is_owner": is_owner})


async def take_off_farm(uow: UnitOfWork, farm_id: UUID, user_id: UUID) -> None:
    """End a person's assignment to a farm, if there is one. Raises Forbidden, PersonNotFound, LastOwner."""
    org_id = require_admin(uow)
    membership = await repository.membership_of(uow, org_id, user_id)
    if membership is None:
        raise PersonNotFound
    await _take_turns(uow, farm_id)
    held = await repository.farm_place(uow, membership.id, farm_id)
    if held is None:
        return
    await _keep_an_owner(uow, held)
    await uow.session.delete(held)
    await uow.session.flush()
    await _noted(uow, "farm.member_removed", farm_id, user_id, {"is_owner": held.is_owner}, None)


async def _take_turns(uow: UnitOfWork, farm_id: UUID) -> None:
    await repository.take_turns(uow, f"owners of {farm_id}")


async def _keep_an_owner(uow: UnitOfWork, held: MembershipFarm) -> None:
    """Refuse to go on where `held` is an owner's assignment and there is no other owner of the farm."""
    if held.is_owner and not await repository.owners_of(uow, held.farm_id) - {held.membership_id}:
        raise LastOwner("Make somebody else an owner of the farm first.")


async def _noted(
    uow: UnitOfWork,
    action: str,
    farm_id: UUID,
    user_id: UUID,
    before: dict[str, object] | None,
    after: dict[str, object] | None,
) -> None:
    org_id = require_admin(uow)
    person = {"user_id": str(user_id)}
    await audit.record(uow, action, "farm", farm_id, before=before and person | before, after=after and person | after)
    uow.publish(Event("farm.updated", org_id, farm_id=farm_id, data={"farm_id": str(farm_id)}))
    uow.publish(Event("user.updated", org_id, data={"user_id": str(user_id)}))
    forget_after_commit(uow, user_id)
