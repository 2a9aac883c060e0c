"""The page of exports: files that were made or are being made, and what else can be exported."""

from dataclasses import dataclass

from backend.exports import service as exports
from backend.tasks import service as tasks
from backend.tasks.schemas import TaskOut
from state import words
from state.base import AppState, allow
from state.loading import Loading
from state.tasks import TaskRow, row_of


@dataclass
class ExportRow(TaskRow):
    """An export: its task, and until when its file can be fetched."""

    expires: str = ""
    gone: bool = False


def export_of(task: TaskOut) -> ExportRow:
    """An export for its line."""
    row = row_of(task)
    gone = task.status == "done" and not task.file_name
    return ExportRow(**vars(row), expires=words.instant(task.file_expires_at), gone=gone)


class ExportsState(AppState, Loading):
    """The person's exports, the newest first."""

    rows: list[ExportRow] = []

    @allow("admin", "technician", supersedes=True)
    async def load(self) -> None:
        """Read them."""
        await self._load()

    @allow("admin", "technician", supersedes=True)
    async def refresh(self) -> None:
        """One of them has moved: read again."""
        await self._load()

    @allow("admin", "technician")
    async def export_training(self) -> None:
        """Everything people corrected, for training."""
        async with self._unit() as uow:
            await exports.export_training_set(uow)
        await self._load()

    @allow("admin", "technician")
    async def cancel_export(self, task_id: str) -> None:
        """End one that is being made."""
        async with self._unit() as uow:
            await tasks.cancel_task(uow, self._id(task_id))
        await self._load()

    async def _load(self) -> None:
        with self._loading():
            async with self._unit(read_only=True) as uow:
                found = await exports.list_exports(uow)
            self.rows = [export_of(task) for task in found]
