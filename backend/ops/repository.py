"""SQL about the installation itself: versions, the migration the database is at, an organisation's counts."""

from sqlalchemy import func, select, text
from sqlmodel import col

from backend.core.database import UnitOfWork
from backend.scans.models import ScanTotal

REVISION = text("SELECT version_num FROM alembic_version")
VERSIONS = text("SELECT current_setting('server_version'), postgis_lib_version()")


async def revision(uow: UnitOfWork) -> str | None:
    """The migration the database is at."""
    found: str | None = await uow.session.scalar(REVISION)
    return found


async def versions(uow: UnitOfWork) -> tuple[str, str]:
    """Of PostgreSQL and of PostGIS."""
    server, postgis = (await uow.session.execute(VERSIONS)).one()
    return str(server), str(postgis)


async def scans_by_status(uow: UnitOfWork) -> dict[str, int]:
    """The asker's scans by status, from the totals."""
    found = await uow.session.execute(
        select(col(ScanTotal.status), func.sum(col(ScanTotal.n)))
        .where(col(ScanTotal.org_id) == uow.actor.org_id)
        .group_by(col(ScanTotal.status))
    )
    return {status: int(number) for status, number in found}
