"""Objects (images, masks, thumbnails, documents) behind one interface with two stores: a folder and S3.

Keys follow `raw/{device_code}/{YYYY}/{MM}/{DD}/{capture_id}/…`, `processed/{capture_id}/…`, `exports/…`, `audit/…`.
What lies under `raw/` is write-once.
"""

import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from backend.core.errors import Conflict, Invalid, NotFound, Unavailable
from backend.core.settings import Settings

LOCAL_BUCKET = "cti-local"
MAX_KEY_BYTES = 1024
MAX_PART_BYTES = 255
PART = re.compile(r"[A-Za-z0-9_()+=@-][A-Za-z0-9_()+=@., -]*")


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What a store knows of an object. `sha256` only where the store computed or recorded it."""

    key: str
    size_bytes: int
    mime_type: str
    modified_at: datetime
    sha256: str | None = None


class ObjectNotFound(NotFound):
    title = "The object is not in the store"


class ObjectExists(Conflict):
    """A write-once key holds other content."""

    title = "Another object is stored under this key"


class BadKey(Invalid):
    """A key that could leave its folder, is too long or has odd characters."""

    title = "Not a usable object key"


class StoreUnavailable(Unavailable):
    title = "The object store is not reachable"


def key_parts(key: str) -> list[str]:
    """Split an object key into its folders and name; raises BadKey for what must not reach a store.

    Refused: absolute and empty parts, `.`, `..` and hidden names, control and non-ASCII characters, excessive length.
    """
    parts = key.split("/")
    if len(key) > MAX_KEY_BYTES or not all(PART.fullmatch(part) and len(part) <= MAX_PART_BYTES for part in parts):
        raise BadKey(
            f"{key[:200]!r} cannot name an object: use plain names of letters, digits and _ - . , + = @ ( ) or spaces,"
            f" at most {MAX_PART_BYTES} characters each, joined by single slashes."
        )
    return parts


def folder_parts(prefix: str) -> list[str]:
    """Split a folder such as `processed/cap_1/`; the empty prefix is the whole store. Raises BadKey."""
    if prefix and not prefix.endswith("/"):
        raise BadKey(f"{prefix[:200]!r} is not a folder: it must end with a slash.")
    return key_parts(prefix[:-1]) if prefix else []


def deletable_parts(prefix: str) -> list[str]:
    """Like `folder_parts`, but refuses the store's own top folders: nobody deletes all of `raw/` at once."""
    parts = folder_parts(prefix)
    if len(parts) < 2:  # noqa: PLR2004 (a top folder and something inside it)
        raise BadKey(f"{prefix!r} is too much to delete at once.")
    return parts


class ObjectStore(Protocol):
    """What both stores can do. Every method keeps blocking work off the event loop.

    Each may raise BadKey for a key that `key_parts` refuses, and StoreUnavailable when the store is out of reach,
    full, or slower than its deadline; nothing is then half-written.
    """

    bucket: str

    @property
    def browser_origin(self) -> str | None:
        """The origin signed URLs point to (a Content-Security-Policy must allow it); None for our own."""
        ...

    async def put_new(self, key: str, data: bytes, mime_type: str) -> ObjectInfo:
        """Store under a write-once key. The same bytes again are accepted; others raise ObjectExists."""
        ...

    async def put_derived(self, key: str, data: bytes, mime_type: str) -> ObjectInfo:
        """Store or replace what can be made again (thumbnails, overlays)."""
        ...

    async def put_file(self, key: str, file: Path, mime_type: str) -> ObjectInfo:
        """Store or replace what can be made again out of a local file, however large, without holding it in memory."""
        ...

    def open_stream(self, key: str, chunk_bytes: int = 262_144) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Read in chunks; raises ObjectNotFound."""
        ...

    async def read(self, key: str, limit_bytes: int) -> bytes:
        """Read a whole small object; raises ObjectNotFound, or TooLarge past `limit_bytes`."""
        ...

    async def head(self, key: str) -> ObjectInfo | None:
        """What is stored under `key`, or None."""
        ...

    def list_prefix(self, prefix: str) -> AsyncIterator[ObjectInfo]:
        """Everything under a folder (`processed/cap_1/`, or all with the empty prefix), in key order."""
        ...

    async def delete_prefix(self, prefix: str) -> int:
        """Delete everything under a folder at least two levels deep; returns how many objects went."""
        ...

    async def signed_url(self, key: str, ttl_s: int, download_name: str | None = None) -> str:
        """A URL any browser can GET for at least `ttl_s` seconds; relative to our own origin for the folder store.

        Asked again within `ttl_s`, the answer tends to be the same URL, so that a browser's cache can work.
        With `download_name` the browser saves the file under that name instead of showing it.
        """
        ...

    async def check(self) -> None:
        """Raise StoreUnavailable when the store cannot be used, saying why."""
        ...

    def close(self) -> None:
        """Let go of threads and connections."""
        ...


def open_store(settings: Settings) -> ObjectStore:
    """The store `CTI_STORAGE_URL` names; a folder in the data directory without it."""
    from backend.core.storage_folder import FolderStore
    from backend.core.storage_s3 import S3Store

    if settings.storage_url.startswith("s3://"):
        return S3Store.from_url(settings.storage_url)
    path = settings.storage_url.removeprefix("file://")
    root = Path(path) if path else settings.data_dir / "objects"
    return FolderStore(root, bucket=LOCAL_BUCKET, secret=settings.secret_key)
