"""What animals and groups may be called, and who may write them down."""

from uuid import UUID

from backend.core.database import UnitOfWork
from backend.core.errors import FieldError, Forbidden, Invalid
from backend.farms import service as farms
from backend.farms.service import FarmNotFound


def line(path: str, value: str | None, most: int) -> str | None:
    """One line of text without odd spaces; None for nothing. Raises Invalid."""
    if value is None:
        return None
    bare = " ".join(value.split())
    if len(bare) > most or not bare.isprintable():
        raise wrong(path, f"must be one line of at most {most} characters")
    return bare or None


def name(path: str, value: str | None, most: int) -> str:
    """The same for what must not be empty."""
    bare = line(path, value, most)
    if bare is None:
        raise wrong(path, f"must have 1 to {most} characters")
    return bare


def wrong(path: str, message: str) -> Invalid:
    return Invalid(errors=[FieldError(path=path, message=message)])


def require_worker(uow: UnitOfWork) -> UUID:
    """The organisation whose herd is changed; raises Forbidden for those who only look."""
    if uow.actor.role not in {"admin", "technician", "system"} or uow.actor.org_id is None:
        raise Forbidden("Only admins and technicians may change the herd.")
    return uow.actor.org_id


async def check_farm(uow: UnitOfWork, farm_id: UUID | None) -> None:
    """Raise Invalid unless the asker may put something there. No farm at all is for those who see every farm."""
    if farm_id is None:
        if not uow.actor.sees_every_farm:
            raise wrong("farm_id", "must be one of your farms")
        return
    try:
        await farms.get_farm(uow, farm_id)
    except FarmNotFound as error:
        raise wrong("farm_id", "is no farm of yours") from error
