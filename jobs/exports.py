"""Making files in the background: a local draft that grows chunk by chunk, then the store, then a word to the asker.

A worker that dies leaves its draft behind and the next one begins anew, which costs less than carrying a half-written
file from one machine to another would. What counts is the file in the store: it appears whole, under a key that the
task's row names before it is there and that every attempt shares, so that nothing is left over. Any subject may export
with this: `draft`, `walk` or `archive`, `hand_over`.
"""

import asyncio
import hashlib
import shutil
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time
from typing import Any, TypeVar
from uuid import UUID

from backend.core.clock import utc_now
from backend.core.errors import TooLarge
from backend.core.images import MAX_IMAGE_BYTES
from backend.core.storage import ObjectNotFound
from backend.notifications.service import notify
from jobs.background import Running

LIFE = timedelta(hours=24)
DRAFTS = "drafts"
SAME_DATE = (1980, 1, 1, 0, 0, 0)
"""The same content makes the same file."""
Result = TypeVar("Result")


def forget_drafts(data_dir: Path) -> int:
    """Remove drafts of workers that died; returns how many. Blocking."""
    oldest, gone = time() - LIFE.total_seconds(), 0
    for folder in (data_dir / DRAFTS).glob("*"):
        if folder.is_dir() and folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)  # another worker may be at it
            gone += 1
    return gone


@asynccontextmanager
async def draft(task: Running, name: str) -> AsyncIterator[Path]:
    """A place on this worker's disk for the file to be; gone when the block ends, as is what a dead worker left.

    Counting begins anew.
    """
    folder = task.bench.runtime.settings.data_dir / DRAFTS
    async with task.step() as uow:
        await task.progress(uow, done=-task.done, failed=-task.failed, cursor={})
    await asyncio.to_thread(_sweep, folder, task.id)
    with TemporaryDirectory(dir=folder, prefix=f"{task.id}-", ignore_cleanup_errors=True) as own:
        yield Path(own) / name


def _sweep(folder: Path, task_id: UUID) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{task_id}-*"):
        shutil.rmtree(left, ignore_errors=True)


async def hand_over(task: Running, made: Path, mime_type: str, *, rows: int, words: str) -> dict[str, Any]:
    """Put the file into the store, let it be fetched for a day, and tell the asker. Returns the task's result."""
    key = f"exports/{task.asked_at:%Y/%m}/{task.id}/{made.name}"
    async with task.step() as uow:
        await task.progress(uow, file_key=key, file_expires_at=utc_now() + LIFE)
    info = await held(task, task.bench.runtime.store.put_file(key, made, mime_type))
    async with task.step() as uow:
        file: dict[str, Any] = {"file_name": made.name, "file_bytes": info.size_bytes}
        await task.progress(uow, **file, file_expires_at=utc_now() + LIFE)
        if task.claim.created_by is not None:
            payload = {"title": task.title, "rows": rows, "link": "/exports"}
            await notify(uow, "export_ready", user_ids=[task.claim.created_by], payload=payload, once_key=str(task.id))
    return {"words": words, "rows": rows}


async def held(task: Running, work: Awaitable[Result]) -> Result:
    """Wait for something slow without losing the task: its lease is begun anew meanwhile. Raises TaskStopped."""
    at_work = asyncio.ensure_future(work)
    try:
        while True:
            done, _ = await asyncio.wait([at_work], timeout=task.claim.lease_s / 3)
            if done:
                return at_work.result()
            async with task.step():
                pass
    finally:
        at_work.cancel()


@dataclass(frozen=True, slots=True)
class Archive:
    """A ZIP that takes one object after the other; only one is held in memory at a time."""

    task: Running
    file: zipfile.ZipFile

    async def add(self, name: str, data: bytes) -> None:
        """Write a member. Images are compressed already."""
        entry = zipfile.ZipInfo(name, SAME_DATE)
        await asyncio.to_thread(partial(self.file.writestr, entry, data, zipfile.ZIP_STORED))

    async def add_object(self, name: str, key: str) -> str | None:
        """Write an object of the store; returns its sha256, None when it is not there (any more)."""
        try:
            data = await self.task.bench.runtime.store.read(key, MAX_IMAGE_BYTES)
        except (ObjectNotFound, TooLarge):
            return None
        await self.add(name, data)
        return hashlib.sha256(data).hexdigest()


@asynccontextmanager
async def archive(task: Running, path: Path) -> AsyncIterator[Archive]:
    """A ZIP at `path`, whole when the block ends."""
    opened = await asyncio.to_thread(partial(zipfile.ZipFile, path, "w", zipfile.ZIP_STORED))
    try:
        yield Archive(task, opened)
    finally:
        await asyncio.to_thread(opened.close)


def safe_name(*parts: str) -> str:
    """A plain file name out of what devices call themselves and their captures: never a path, never hidden."""
    joined = "_".join(part for part in parts if part)
    kept = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in joined)
    return kept.lstrip(".") or "_"


Chunk = Callable[[Any], Awaitable[tuple[list[Any], dict[str, Any] | None]]]


async def walk(task: Running, chunk: Chunk) -> AsyncIterator[list[Any]]:
    """Chunk after chunk of what `chunk(uow)` reads and says where to go on, counted as it is read."""
    while True:
        async with task.step() as uow:
            found, onward = await chunk(uow)
            await task.progress(uow, done=len(found), cursor=onward or {"ended": True})
        if found:
            yield found
        if onward is None:
            return
