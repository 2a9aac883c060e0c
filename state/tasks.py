"""Long work that goes on in the background, as every page that starts some shows it: a bar, and what can be done."""

from dataclasses import dataclass
from typing import Literal

from backend.tasks import service as tasks
from backend.tasks.schemas import TaskOut
from components.pill import Tone
from state import words
from state.base import AppState, signed_in

TONES: dict[str, Tone] = {"done": "accent", "failed": "danger", "cancelled": "neutral"}
Deed = Literal["cancel", "undo", "dismiss"]


@dataclass
class TaskRow:
    """A task as its bar shows it. `share` is how much of it is done, as a length; `progress` says it in words."""

    id: str
    title: str
    status: str
    open: bool
    share: str
    percent: int
    progress: str
    tone: Tone
    may_cancel: bool
    may_undo: bool
    file_href: str
    file_words: str
    created: str


def progress_words(task: TaskOut) -> str:
    """`120 of 1,240`, what did not work, and how it ended."""
    number = words.count(task.done + task.failed)
    of = "" if task.total is None else f" of {words.count(task.total)}"
    failed = f", {words.count(task.failed)} could not be done" if task.failed else ""
    match task.status:
        case "waiting":
            return "Waiting for its turn"
        case "failed":
            return task.error or "It failed."
        case "cancelled":
            return f"Cancelled after {number}{of}"
        case "done":
            told = str((task.result or {}).get("words", ""))
            return told or f"Done: {words.count(task.done)}{failed}"
        case _:
            return f"{number}{of}{failed}"


def row_of(task: TaskOut) -> TaskRow:
    """A task for its bar."""
    seen = task.done + task.failed
    percent = 100 if task.status == "done" else min(99, round(100 * seen / task.total)) if task.total else 0
    return TaskRow(
        id=str(task.id),
        title=task.title,
        status=task.status,
        open=task.finished_at is None,
        share=f"{percent}%",
        percent=percent,
        progress=progress_words(task),
        tone=TONES.get(task.status, "info"),
        may_cancel=task.may_cancel,
        may_undo=task.may_undo,
        file_href=f"/api/v1/tasks/{task.id}/file" if task.file_name else "",
        file_words=f"{task.file_name}, {words.size(task.file_bytes)}" if task.file_name else "",
        created=words.instant(task.created_at),
    )


class TasksState(AppState):
    """The person's own tasks that go on, and those that ended lately and were not put away."""

    tasks: list[TaskRow] = []

    @signed_in(supersedes=True)
    async def load_tasks(self) -> None:
        """Read how far they are."""
        await self._read()

    @signed_in
    async def do_to_task(self, task_id: str, deed: Deed) -> None:
        """Cancel it, take it back, or put it out of sight."""
        deeds = {"cancel": tasks.cancel_task, "undo": tasks.undo_task, "dismiss": tasks.dismiss_task}
        if deed in deeds:
            async with self._unit() as uow:
                await deeds[deed](uow, self._id(task_id))
            await self._read()

    async def _read(self) -> None:
        async with self._unit(read_only=True) as uow:
            self.tasks = [row_of(task) for task in await tasks.current_tasks(uow)]
