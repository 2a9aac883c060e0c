"""SQL of model versions and their aliases."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.core.ids import new_id
from backend.identity.models import User
from backend.registry.canary import Rates
from backend.registry.models import ModelAlias, ModelVersion

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('cti model aliases'))")
RATES = text("SELECT runs, abstained, failed FROM grading_rates(:name, :version, :alias, :since)")


async def queue_up(uow: UnitOfWork) -> None:
    """Wait until nobody else switches aliases, to the end of this transaction."""
    await uow.session.execute(ONE_AT_A_TIME)


async def add(uow: UnitOfWork, values: Mapping[str, Any]) -> UUID | None:
    """Register a version; None where there is one of this name and version already."""
    statement = upsert(ModelVersion).values(id=new_id(), created_by=uow.actor.user_id, **values)
    done = await uow.session.execute(
        statement.on_conflict_do_nothing(constraint="uq_model_versions_name_version").returning(col(ModelVersion.id))
    )
    return done.scalar_one_or_none()


async def versions(uow: UnitOfWork) -> Sequence[ModelVersion]:
    """Every version, the newest first."""
    found = await uow.session.scalars(
        select(ModelVersion).order_by(col(ModelVersion.created_at).desc(), col(ModelVersion.id).desc())
    )
    return found.all()


async def get(uow: UnitOfWork, name: str, version: str) -> ModelVersion | None:
    found: ModelVersion | None = await uow.session.scalar(
        select(ModelVersion).where(col(ModelVersion.name) == name, col(ModelVersion.version) == version)
    )
    return found


async def by_id(uow: UnitOfWork, version_id: UUID) -> ModelVersion | None:
    return await uow.session.get(ModelVersion, version_id)


async def unchecked(uow: UnitOfWork, most: int) -> list[UUID]:
    """Uploads nobody has tried yet, the oldest first."""
    found = await uow.session.scalars(
        select(col(ModelVersion.id))
        .where(col(ModelVersion.status) == "checking")
        .order_by(col(ModelVersion.created_at))
        .limit(most)
    )
    return list(found)


async def finish_check(uow: UnitOfWork, version_id: UUID, status: str, reason: str | None) -> bool:
    """Say how trying an upload ended; False where another worker has said so already."""
    done = await uow.session.execute(
        update(ModelVersion)
        .where(col(ModelVersion.id) == version_id, col(ModelVersion.status) == "checking")
        .values(status=status, reason=reason)
        .returning(col(ModelVersion.id))
    )
    return done.scalar_one_or_none() is not None


async def current(uow: UnitOfWork, kind: str | None = None) -> list[tuple[ModelAlias, ModelVersion | None]]:
    """What each alias stands for now, of one kind of capture or of all."""
    latest = select(func.max(col(ModelAlias.id))).group_by(col(ModelAlias.kind), col(ModelAlias.alias))
    if kind is not None:
        latest = latest.where(col(ModelAlias.kind) == kind)
    statement = (
        select(ModelAlias, ModelVersion)
        .outerjoin(ModelVersion, col(ModelVersion.id) == col(ModelAlias.model_version_id))
        .where(col(ModelAlias.id).in_(latest))
    )
    return [(alias, version) for alias, version in await uow.session.execute(statement)]


async def history(uow: UnitOfWork, most: int) -> list[tuple[ModelAlias, ModelVersion | None, str | None]]:
    """The latest switches with the model and who made them."""
    statement = (
        select(ModelAlias, ModelVersion, col(User.full_name))
        .outerjoin(ModelVersion, col(ModelVersion.id) == col(ModelAlias.model_version_id))
        .outerjoin(User, col(User.id) == col(ModelAlias.changed_by))
        .order_by(col(ModelAlias.id).desc())
        .limit(most)
    )
    return [(alias, version, who) for alias, version, who in await uow.session.execute(statement)]


async def switch(
    uow: UnitOfWork,
    kind: str,
    alias: str,
    version_id: UUID | None,
    *,
    share: float | None = None,
    reason: str | None = None,
) -> None:
    """Let an alias stand for a version from now on, or for none."""
    values = {"kind": kind, "alias": alias, "model_version_id": version_id, "share": share, "reason": reason}
    await uow.session.execute(insert(ModelAlias).inline().values(changed_by=uow.actor.user_id, **values))


async def rates(uow: UnitOfWork, name: str, version: str, alias: str, since: object) -> Rates:
    """How a model has done under an alias since an instant, in every organisation."""
    asked = {"name": name, "version": version, "alias": alias, "since": since}
    return Rates(*(await uow.session.execute(RATES, asked)).one())
