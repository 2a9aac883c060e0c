"""Trying a model that somebody registered: loaded and run once, in a process of its own, before it may grade.

A version waits as `checking`; a nudge that is lost is made good by the sweeper, and trying twice does no harm.
"""

import asyncio
from functools import partial
from uuid import UUID

from backend.core.actor import Actor
from backend.core.errors import Unavailable
from backend.core.logging import get_logger
from backend.core.storage import ObjectNotFound
from backend.registry import service as registry
from backend.registry.cache import ModelFilesWrong, folder_of
from backend.registry.models import ModelVersion
from jobs.bench import Bench
from jobs.grading.errors import ModelRefused
from jobs.grading.trial import try_model

log = get_logger(__name__)


async def look_at_model(bench: Bench, version_id: UUID) -> str:
    """Try an upload and say how that ended; returns the outcome in a word."""
    async with bench.runtime.database.unit_of_work(Actor.system(), read_only=True) as uow:
        model = await registry.by_id(uow, version_id)
    if model is None or model.status != "checking":
        return "nothing_due"
    try:
        refused = await why_refused(bench, model)
    except Unavailable as error:
        log.warning("model_check_left_to_sweeper", reason=error.detail)
        return "store_down"
    async with bench.runtime.database.unit_of_work(Actor.system()) as uow:
        await registry.finish_check(uow, version_id, refused)
    log.info("model_checked", model=registry.reference_of(model), refused=refused)
    return "refused" if refused else "ready"


async def why_refused(bench: Bench, model: ModelVersion) -> str | None:
    """Why a model cannot be used, in a sentence; None when it can."""
    try:
        folder = await folder_of(bench.runtime, model)
        await asyncio.to_thread(partial(try_model, folder))
    except (ModelRefused, ModelFilesWrong, ObjectNotFound) as error:
        return error.detail
    return None
