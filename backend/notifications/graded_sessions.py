"""Telling that a session is graded: a farm's day whose images all are, once nothing more has come for a while.

Looked for by the worker now and then, because no single grading knows that it is the last.
"""

from datetime import timedelta

from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.runtime import Runtime
from backend.notifications.service import notify

QUIET = timedelta(minutes=20)
"""So long without another image, and the chute is taken to be empty."""
WITHIN = timedelta(days=7)
SESSIONS = text("SELECT org_id, farm_id, captured_on, scans, ungraded FROM graded_sessions(:quiet, :within)")


async def tell_of_graded(runtime: Runtime, quiet: timedelta = QUIET) -> int:
    """Tell of every session that has become whole; returns how many. A session is told of once."""
    async with runtime.database.unit_of_work(Actor.system(), read_only=True) as uow:
        found = (await uow.session.execute(SESSIONS, {"quiet": quiet, "within": WITHIN})).all()
    for org_id, farm_id, captured_on, scans, ungraded in found:
        payload = {"on": captured_on, "scans": scans, "ungraded": ungraded}
        async with runtime.database.unit_of_work(Actor.system(org_id)) as uow:
            await notify(
                uow,
                "session_graded",
                farm_id=farm_id,
                payload=payload,
                once_key=f"session_graded:{farm_id}:{captured_on}",
            )
    return len(found)
