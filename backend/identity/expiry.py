"""What is forgotten when its time has passed: ended sessions with their refresh tokens, and links that work no more.

They are kept for a while after their end, so that "who was signed in last week" has an answer.
"""

from datetime import timedelta

from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.identity import session_repository as repository

KEPT_AFTER_END = timedelta(days=30)
SPENT_TOKENS_KEPT = timedelta(days=2)
"""How long a used refresh token is remembered past its expiry: its reuse would tell of a theft."""


async def forget_expired(uow: UnitOfWork) -> int:
    """Delete what ended long ago; returns how many rows went. For the schedule, as the system."""
    now = utc_now()
    return await repository.delete_ended(uow, tokens_before=now - SPENT_TOKENS_KEPT, before=now - KEPT_AFTER_END)
