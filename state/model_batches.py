"""What admins do with batches: start one, pause it, let it go on, cancel it. The list itself is a tab of the models."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from backend.core.database import UnitOfWork
from backend.core.errors import CtiError
from backend.grading import batches
from backend.grading.batches import BatchFilters, BatchKind
from state.base import allow
from state.batch_views import filters_of
from state.models import ModelsState

Deed = Callable[[UnitOfWork, UUID], Awaitable[None]]
PLACES = ("farm_id", "device_id")


class ModelBatchesState(ModelsState):
    """The dialogs over the batches."""

    batch_dialog: str = ""
    batch_chosen: str = ""
    batch_errors: dict[str, str] = {}

    @allow("admin")
    def open_batch_dialog(self, name: str, batch_id: str = "") -> None:
        """Ask what to grade, or whether to cancel."""
        if name in {"start", "cancel"}:
            self.batch_dialog, self.batch_chosen, self.batch_errors = name, str(batch_id), {}

    @allow("admin")
    def close_batch_dialog(self) -> None:
        """Close the dialog, changing nothing."""
        self.batch_dialog, self.batch_errors = "", {}

    @allow("admin")
    async def start_batch(self, form: dict[str, Any]) -> None:
        """Have the scans that the form finds graded in the background."""
        kind: BatchKind = "backfill" if form.get("kind") == "backfill" else "regrade"
        try:
            async with self._unit() as uow:
                filters = self._filters(form)
                model = str(form.get("model", "")) or None
                started = await batches.get_batch(
                    uow, await batches.start_batch(uow, kind, model=model, filters=filters)
                )
        except CtiError as error:
            self.batch_errors = self._field_errors(error)
            return
        self.batch_dialog = ""
        self._say(f"{started.total:,} scans are graded whenever no capture is waiting.")
        await self._load()

    @allow("admin")
    async def pause_batch(self, batch_id: str) -> None:
        """Let nothing more of it go."""
        await self._do(batches.pause_batch, batch_id, "Paused. What was being graded is finished.")

    @allow("admin")
    async def resume_batch(self, batch_id: str) -> None:
        """Go on where it was paused."""
        await self._do(batches.resume_batch, batch_id, "It goes on.")

    @allow("admin")
    async def cancel_batch(self) -> None:
        """End the chosen one; what has been graded stays."""
        self.batch_dialog = ""
        await self._do(batches.cancel_batch, self.batch_chosen, "Cancelled. What was graded stays.")

    def _filters(self, form: dict[str, Any]) -> BatchFilters:
        wanted = filters_of(form, self.time_zone)
        wanted |= {name: self._id(wanted[name]) for name in PLACES if name in wanted}
        return BatchFilters(**wanted)

    async def _do(self, deed: Deed, batch_id: object, done: str) -> None:
        try:
            async with self._unit() as uow:
                await deed(uow, self._id(batch_id))
        except CtiError as error:
            self._say(error.detail, "warning")
        else:
            self._say(done)
        await self._load()
