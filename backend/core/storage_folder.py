"""The object store as a folder: the local default.

A write goes to a temporary file, is flushed, and appears under its key in one step. Folders are entered one by one
without following links, so that nothing outside the root is ever read or written. Browsers read by URLs signed here
and served by `files_api`.
"""

import errno
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO, TypeVar
from urllib.parse import quote, urlencode

from backend.core.blocking import BlockingPool
from backend.core.clock import utc_now
from backend.core.errors import TooLarge
from backend.core.security import hmac_sha256, same
from backend.core.storage import (
    ObjectExists,
    ObjectInfo,
    ObjectNotFound,
    StoreUnavailable,
    deletable_parts,
    folder_parts,
    key_parts,
)
from backend.core.storage_walk import enter, object_info, translated, translated_items, walk

Result = TypeVar("Result")
RESERVE_BYTES = 64 * 1024 * 1024
"""Kept free on the disk, so that the database beside the objects can still write when uploads are refused."""
DRAFTS = ".drafts"
DRAFT_LIFE_S = 3600
LARGE_DEADLINE_S = 600
"""For a whole file that was made here."""
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
NOT_A_PLACE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}


class FolderStore:
    """Objects as files under `root`. Safe for several processes on one disk."""

    browser_origin = None

    def __init__(self, root: Path, *, bucket: str, secret: str, reserve_bytes: int = RESERVE_BYTES) -> None:
        self.root = root
        self.bucket = bucket
        self._sign_key = hmac_sha256(secret, b"cti signed file urls").hex()
        self._reserve_bytes = reserve_bytes
        self._threads = BlockingPool("folder-store", threads=8, deadline_s=30)
        with suppress(OSError):  # `check` and every later call say what is wrong
            self._make_root()

    async def put_new(self, key: str, data: bytes, mime_type: str) -> ObjectInfo:  # noqa: ARG002 (the name's ending tells)
        return await self._run(partial(self._put, key, data, replace=False))

    async def put_derived(self, key: str, data: bytes, mime_type: str) -> ObjectInfo:  # noqa: ARG002
        return await self._run(partial(self._put, key, data, replace=True))

    async def put_file(self, key: str, file: Path, mime_type: str) -> ObjectInfo:  # noqa: ARG002
        return await self._run(partial(self._put_file, key, file), LARGE_DEADLINE_S)

    @asynccontextmanager
    async def open_stream(self, key: str, chunk_bytes: int = 262_144) -> AsyncIterator[AsyncIterator[bytes]]:
        file = await self._run(partial(self._open, key))
        try:
            yield self._chunks(file, chunk_bytes)
        finally:
            file.close()

    async def read(self, key: str, limit_bytes: int) -> bytes:
        return await self._run(partial(self._read, key, limit_bytes))

    async def head(self, key: str) -> ObjectInfo | None:
        try:
            return await self._run(partial(self._head, key))
        except ObjectNotFound:
            return None

    async def list_prefix(self, prefix: str) -> AsyncIterator[ObjectInfo]:
        folder_parts(prefix)
        try:
            async for found in self._threads.iterate(translated_items(self._list(prefix))):
                yield found
        except TimeoutError as error:
            raise StoreUnavailable("The disk that holds objects does not answer.", retry_after_s=10) from error

    async def delete_prefix(self, prefix: str) -> int:
        return await self._run(partial(self._delete, prefix))

    async def signed_url(self, key: str, ttl_s: int, download_name: str | None = None) -> str:
        """A path on our own origin; its expiry is rounded up to a multiple of `ttl_s`, so that URLs stay the same."""
        key_parts(key)
        expires = (int(utc_now().timestamp()) // ttl_s + 2) * ttl_s
        query = {"exp": str(expires), "sig": self._signature(key, expires, download_name)}
        if download_name is not None:
            query["name"] = download_name
        return f"/files/{self.bucket}/{quote(key)}?{urlencode(query)}"

    def signature_holds(self, key: str, expires: int, signature: str, download_name: str | None) -> bool:
        """Whether we signed exactly this; says nothing about the expiry."""
        return same(signature, self._signature(key, expires, download_name))

    async def locate(self, key: str) -> tuple[Path, os.stat_result]:
        """Where an object lies, for a response that lets the server send the file itself; raises ObjectNotFound."""
        return await self._run(partial(self._locate, key))

    async def check(self) -> None:
        await self._run(self._check)

    def close(self) -> None:
        self._threads.close()

    async def _run(self, work: Callable[[], Result], deadline_s: float | None = None) -> Result:
        try:
            return await self._threads.run(partial(translated, work), deadline_s)
        except TimeoutError as error:
            raise StoreUnavailable("The disk that holds objects does not answer.", retry_after_s=10) from error

    async def _chunks(self, file: IO[bytes], chunk_bytes: int) -> AsyncIterator[bytes]:
        while chunk := await self._run(partial(file.read, chunk_bytes)):
            yield chunk

    def _signature(self, key: str, expires: int, download_name: str | None) -> str:
        signed = "\n".join((self.bucket, key, str(expires), download_name or ""))
        return hmac_sha256(self._sign_key, signed.encode()).hex()

    def _put(self, key: str, data: bytes, *, replace: bool) -> ObjectInfo:
        *folders, name = key_parts(key)
        if replace or not self._holds_same(folders, name, data):
            self._refuse_when_full(len(data))
            with self._folder([DRAFTS], make=True) as drafts, self._draft(drafts, data) as draft:
                self._place(draft, drafts, folders, name, data, replace=replace)
        return self._head(key, hashlib.sha256(data).hexdigest())

    def _put_file(self, key: str, source: Path) -> ObjectInfo:
        *folders, name = key_parts(key)
        self._refuse_when_full(source.stat().st_size)
        with source.open("rb") as data, self._folder([DRAFTS], make=True) as drafts, self._draft(drafts, data) as draft:
            self._place(draft, drafts, folders, name, b"", replace=True)
        return self._head(key, None)

    def _place(self, draft: str, drafts: int, folders: Sequence[str], name: str, data: bytes, *, replace: bool) -> None:
        """Make a finished draft appear under its key at once, and survive a power cut."""
        with self._target(folders) as folder:
            if replace:
                os.rename(draft, name, src_dir_fd=drafts, dst_dir_fd=folder)
            else:
                try:
                    os.link(draft, name, src_dir_fd=drafts, dst_dir_fd=folder)
                except FileExistsError as error:  # another writer was first; perhaps with the same bytes
                    if not self._holds_same(folders, name, data):
                        raise ObjectExists(f"{name} is not a file.") from error
            os.fsync(folder)

    @contextmanager
    def _target(self, folders: Sequence[str]) -> Iterator[int]:
        """Enter the folder of a new object; an object or link in the way is a conflict."""
        try:
            with self._folder(folders, make=True) as folder:
                yield folder
        except OSError as error:
            if error.errno in {errno.ENOTDIR, errno.ELOOP, errno.EISDIR}:
                raise ObjectExists("Part of this key is the name of another object.") from error
            raise

    @contextmanager
    def _draft(self, drafts: int, data: bytes | IO[bytes]) -> Iterator[str]:
        """Write `data` to a temporary file that is gone afterwards, whatever happens."""
        name = secrets.token_hex(12)
        try:
            with os.fdopen(os.open(name, CREATE, 0o640, dir_fd=drafts), "wb") as file:
                shutil.copyfileobj(BytesIO(data) if isinstance(data, bytes) else data, file)
                file.flush()
                os.fsync(file.fileno())
            yield name
        finally:
            with suppress(FileNotFoundError):  # renamed into place
                os.unlink(name, dir_fd=drafts)

    def _holds_same(self, folders: Sequence[str], name: str, data: bytes) -> bool:
        """False when the key is free, True when it holds `data`; other content raises ObjectExists."""
        try:
            with self._open("/".join((*folders, name))) as file:
                same_size = os.fstat(file.fileno()).st_size == len(data)
                if same_size and file.read() == data:
                    return True
        except ObjectNotFound:
            return False
        raise ObjectExists(f"{name} is stored already with other content; objects under this folder are write-once.")

    def _open(self, key: str) -> IO[bytes]:
        *folders, name = key_parts(key)
        try:
            with self._folder(folders) as folder:
                file = os.fdopen(os.open(name, READ, dir_fd=folder), "rb")
        except IsADirectoryError as error:
            raise ObjectNotFound(f"{key} is a folder.") from error
        except OSError as error:
            if error.errno in NOT_A_PLACE:
                raise ObjectNotFound(f"{key} is not in the store.") from error
            raise
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.close()
            raise ObjectNotFound(f"{key} is not a file.")
        return file

    def _read(self, key: str, limit_bytes: int) -> bytes:
        with self._open(key) as file:
            data = file.read(limit_bytes + 1)
        if len(data) > limit_bytes:
            raise TooLarge(f"{key} is larger than {limit_bytes} bytes.")
        return data

    def _head(self, key: str, sha256: str | None = None) -> ObjectInfo:
        with self._open(key) as file:
            return object_info(key, os.fstat(file.fileno()), sha256)

    def _locate(self, key: str) -> tuple[Path, os.stat_result]:
        with self._open(key) as file:
            return self.root / key, os.fstat(file.fileno())

    def _list(self, prefix: str) -> Iterator[ObjectInfo]:
        try:
            with self._folder(folder_parts(prefix)) as folder:
                yield from walk(folder, prefix)
        except OSError as error:
            if error.errno not in NOT_A_PLACE:
                raise

    def _delete(self, prefix: str) -> int:
        *folders, name = deletable_parts(prefix)
        count = sum(1 for _ in self._list(prefix))
        if count:
            with self._folder(folders) as folder:
                shutil.rmtree(name, dir_fd=folder)
        return count

    def _check(self) -> None:
        """Write and remove a draft, refuse a disk that is nearly full, drop drafts of writers that were killed."""
        self._make_root()
        self._refuse_when_full(0)
        with self._folder([DRAFTS], make=True) as drafts:
            _drop_stale(drafts)
            with self._draft(drafts, b"check"):
                pass

    def _make_root(self) -> None:
        self.root.mkdir(mode=0o750, parents=True, exist_ok=True)

    def _refuse_when_full(self, wanted_bytes: int) -> None:
        disk = os.statvfs(self.root)
        if disk.f_bavail * disk.f_frsize < self._reserve_bytes + wanted_bytes:
            raise StoreUnavailable("The disk that holds objects is full.", retry_after_s=60)

    @contextmanager
    def _folder(self, parts: Sequence[str], *, make: bool = False) -> Iterator[int]:
        """Walk down from the root without following links; yields the folder's descriptor."""
        here = translated(lambda: os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        try:
            for part in parts:
                inner = enter(here, part, make=make)
                os.close(here)
                here = inner
            yield here
        finally:
            os.close(here)


def _drop_stale(drafts: int) -> None:
    oldest = utc_now().timestamp() - DRAFT_LIFE_S
    for name in os.listdir(drafts):
        with suppress(FileNotFoundError):  # its writer finished
            if os.stat(name, dir_fd=drafts, follow_symlinks=False).st_mtime < oldest:
                os.unlink(name, dir_fd=drafts)
