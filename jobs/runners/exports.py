"""Exports of scans: a table, their pictures, and the training set of what people corrected."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from backend.core.database import UnitOfWork
from backend.exports import repository
from backend.exports.scans import scan_columns
from backend.exports.service import IMAGES, TABLE, TRAINING
from backend.exports.tables import MIME_TYPES, open_table, rows_of
from backend.scans import bulk
from backend.scans import service as scans
from backend.scans.bulk import Selection
from backend.scans.doors import org_of
from jobs.background import Running, runner
from jobs.exports import Archive, archive, draft, hand_over, safe_name, walk

ROWS, PICTURES = 500, 20
"""Scans in a step: rows are cheap, pictures are not."""
MANIFEST_VERSION = 1
README = """Images with outlines that people corrected.

manifest.jsonl has one line for each: `image` and `mask` are files of this archive with their sha256. A mask has the
image's size in pixels; 0 is background, 1 ribeye, 2 the fat over it. `base_iou` says how much of the outline that was
corrected stayed. `python -m training.corrections FILE` checks and reads all of it.
"""


@runner(TABLE)
async def export_table(task: Running) -> Mapping[str, Any]:
    """Rows into a CSV or XLSX file."""
    form, columns = task.params["format"], scan_columns(task.params["units"])
    selection, rows = Selection.model_validate(task.params["selection"]), 0

    async def chunk(uow: UnitOfWork) -> tuple[list[Any], dict[str, Any] | None]:
        ids, onward = await bulk.next_chunk(uow, selection, task.cursor, ROWS)
        return await scans.rows_of_scans(uow, ids), onward

    async with draft(task, f"scans-{task.asked_at:%Y-%m-%d}.{form}") as path:
        headings = [column.heading for column in columns]
        with open_table(path, form, headings, title="Scans") as table:
            async for found in walk(task, chunk):
                rows += len(found)
                await asyncio.to_thread(partial(table.write, rows_of(columns, found)))
        return await hand_over(task, path, MIME_TYPES[form], rows=rows, words=f"{rows:,} rows")


@runner(IMAGES)
async def export_pictures(task: Running) -> Mapping[str, Any]:
    """Images and drawn outlines into a ZIP, one file at a time."""
    selection, which, number = Selection.model_validate(task.params["selection"]), task.params["which"], 0

    async def chunk(uow: UnitOfWork) -> tuple[list[Any], dict[str, Any] | None]:
        ids, onward = await bulk.next_chunk(uow, selection, task.cursor, PICTURES)
        return list(await repository.pictures(uow, org_of(uow.actor), ids)), onward

    async with draft(task, f"images-{task.asked_at:%Y-%m-%d}.zip") as path:
        async with archive(task, path) as zipped:
            async for found in walk(task, chunk):
                for row in found:
                    number += await _add_pictures(zipped, row, which)
        return await hand_over(task, path, "application/zip", rows=number, words=f"{number:,} pictures")


async def _add_pictures(zipped: Archive, row: Any, which: str) -> int:
    """The pictures of one scan; returns how many there were."""
    name, added = safe_name(row.device_code or "", row.capture_id), 0
    wanted = [("", row.image_key, "overlays"), ("_outlined", row.overlay_key, "images")]
    for suffix, key, unwanted in wanted:
        if key is not None and which != unwanted:
            ending = key.rpartition(".")[2]
            added += await zipped.add_object(f"{name}_{row.id.hex[-6:]}{suffix}.{ending}", key) is not None
    return added


@runner(TRAINING)
async def export_training_set(task: Running) -> Mapping[str, Any]:
    """Corrected outlines with their images and a manifest into a ZIP."""
    lines: list[bytes] = []

    async def chunk(uow: UnitOfWork) -> tuple[list[Any], dict[str, Any] | None]:
        after = (task.cursor or {}).get("after")
        after_id = None if after is None else UUID(after)
        found = list(await repository.corrected(uow, org_of(uow.actor), after_id, PICTURES))
        return found, {"after": str(found[-1].id)} if len(found) == PICTURES else None

    async with draft(task, f"corrections-{task.asked_at:%Y-%m-%d}.zip") as path:
        async with archive(task, path) as zipped:
            async for found in walk(task, chunk):
                for row in found:
                    lines += await _add_pair(zipped, row)
            await zipped.add("manifest.jsonl", b"".join(lines))
            await zipped.add("README.txt", README.encode())
        words = f"{len(lines):,} corrected images"
        return await hand_over(task, path, "application/zip", rows=len(lines), words=words)


async def _add_pair(zipped: Archive, row: Any) -> list[bytes]:
    """An image and its mask; the line that tells of them, or none where one of them is not in the store."""
    name = f"{safe_name(row.device_code or '', row.capture_id)}_{row.scan_id.hex[-6:]}"
    image, mask = f"images/{name}.{row.image_key.rpartition('.')[2]}", f"masks/{name}.png"
    image_sha256 = await zipped.add_object(image, row.image_key)
    mask_sha256 = None if image_sha256 is None else await zipped.add_object(mask, row.mask_key)
    if mask_sha256 is None:
        return []
    base = None if row.base_name is None else f"{row.base_name}@{row.base_version}"
    told = {
        "manifest_version": MANIFEST_VERSION,
        "capture_id": row.capture_id,
        "device_code": row.device_code,
        "kind": row.kind,
        "captured_at": row.captured_at,
        "corrected_at": row.created_at,
        "image": image,
        "image_sha256": image_sha256,
        "mask": mask,
        "mask_sha256": mask_sha256,
        "width_px": row.width_px,
        "height_px": row.height_px,
        "calibration": row.calibration,
        "base_model": base if row.base_kind == "model" else None,
        "base_confidence": None if row.base_confidence is None else float(row.base_confidence),
        "base_iou": None if row.base_iou is None else float(row.base_iou),
    }
    return [orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)]
