"""What a nudge leads to, by kind of object."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from backend.core.context import request_context
from backend.core.database import DatabaseUnavailable
from backend.core.logging import get_logger
from backend.registry import service as registry
from backend.scans import work
from backend.tasks import service as tasks
from jobs.background import start_on
from jobs.bench import Bench
from jobs.leases import look_at_scan
from jobs.model_checks import look_at_model

Looker = Callable[[Bench, UUID], Awaitable[str]]
LOOKERS: Mapping[str, Looker] = {work.KIND: look_at_scan, registry.KIND: look_at_model, tasks.KIND: start_on}
log = get_logger(__name__)


async def look(bench: Bench, kind: str, object_id: UUID) -> str:
    """Look at one object; returns the outcome in a word. A database out of reach is left to the sweeper."""
    looker = LOOKERS.get(kind)
    if looker is None:
        log.warning("nudge_of_unknown_kind", kind=kind, object_id=str(object_id))
        return "unknown_kind"
    with request_context():
        try:
            return await looker(bench, object_id)
        except DatabaseUnavailable as error:
            log.warning("nudge_left_to_sweeper", kind=kind, object_id=str(object_id), reason=error.detail)
            return "database_down"
