"""Folders of the disk as the object store needs them: entered without following links, walked in the order of keys.

What the disk refuses becomes an error of the store.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TypeVar

from backend.core.storage import ObjectInfo, StoreUnavailable

Result = TypeVar("Result")
ENTER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
MIME_TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".json": "application/json",
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
}


def mime_type_of(key: str) -> str:
    """The media type by the name's ending; what is not known is never shown by a browser, only saved."""
    return MIME_TYPES.get(PurePosixPath(key).suffix.lower(), "application/octet-stream")


def enter(here: int, part: str, *, make: bool) -> int:
    """Open a sub-folder, making it durable when it is new."""
    try:
        return os.open(part, ENTER, dir_fd=here)
    except FileNotFoundError:
        if not make:
            raise
    with suppress(FileExistsError):  # another writer made it meanwhile
        os.mkdir(part, 0o750, dir_fd=here)
        os.fsync(here)
    return os.open(part, ENTER, dir_fd=here)


def walk(folder: int, prefix: str) -> Iterator[ObjectInfo]:
    """Objects below an open folder in the byte order of their keys; links and hidden names are none."""
    with os.scandir(folder) as entries:
        kept = [(e.name, e.is_dir(follow_symlinks=False), e) for e in entries if not e.name.startswith(".")]
    for name, is_folder, entry in sorted(kept, key=lambda item: item[0] + "/" if item[1] else item[0]):
        with suppress(FileNotFoundError):  # deleted while we walk
            if is_folder:
                yield from _walk_into(folder, name, prefix)
            elif entry.is_file(follow_symlinks=False):
                yield object_info(prefix + name, os.stat(name, dir_fd=folder, follow_symlinks=False), None)


def _walk_into(folder: int, name: str, prefix: str) -> Iterator[ObjectInfo]:
    inner = os.open(name, ENTER, dir_fd=folder)
    try:
        yield from walk(inner, f"{prefix}{name}/")
    finally:
        os.close(inner)


def object_info(key: str, found: os.stat_result, sha256: str | None) -> ObjectInfo:
    """What a listing says of one file."""
    modified_at = datetime.fromtimestamp(found.st_mtime, UTC)
    return ObjectInfo(key, found.st_size, mime_type_of(key), modified_at, sha256)


def translated(work: Callable[[], Result]) -> Result:
    """Run blocking work; what the disk refuses becomes an error of the store."""
    try:
        return work()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise StoreUnavailable(f"The disk that holds objects refuses: {reason}.", retry_after_s=10) from error


def translated_items(items: Iterator[ObjectInfo]) -> Iterator[ObjectInfo]:
    """The same for an iterator."""
    while (item := translated(lambda: next(items, None))) is not None:
        yield item
