"""SQL of the audit log: inserts only, the application's role may do nothing else."""

from collections.abc import Mapping, Sequence

from backend.audit.models import AuditEntry
from backend.core.database import UnitOfWork
from backend.core.tables import metadata

TABLE = metadata.tables[str(AuditEntry.__tablename__)]


async def insert(uow: UnitOfWork, rows: Sequence[Mapping[str, object]]) -> None:
    """Append rows; nothing is read back, as most roles may not read the log."""
    if rows:
        await uow.session.execute(TABLE.insert().inline(), rows)
