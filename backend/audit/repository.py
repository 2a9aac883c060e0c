"""SQL of the audit log: inserts only, the application's role may do nothing else."""

from backend.audit.models import AuditEntry
from backend.core.database import UnitOfWork
from backend.core.tables import metadata

TABLE = metadata.tables[str(AuditEntry.__tablename__)]


async def insert(uow: UnitOfWork, values: dict[str, object]) -> None:
    """Append one row; nothing is read back, as most roles may not read the log."""
    await uow.session.execute(TABLE.insert().inline().values(**values))
