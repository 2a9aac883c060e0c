"""The object store as an S3 bucket (AWS, MinIO, R2 and others that know conditional writes), by boto3 in threads.

Every call is bounded in time and tries; what the service refuses becomes an error of the store.
"""

import hashlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import parse_qs, quote, urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from backend.core.blocking import BlockingPool
from backend.core.clock import utc_now
from backend.core.errors import TooLarge
from backend.core.settings import SettingsError
from backend.core.storage import (
    ObjectExists,
    ObjectInfo,
    ObjectNotFound,
    StoreUnavailable,
    deletable_parts,
    folder_parts,
    key_parts,
)

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from types_boto3_s3.client import S3Client

Result = TypeVar("Result")
CONNECT_S, READ_S, TRIES = 2, 5, 2
THREADS = 16
DEADLINE_S = 30
LARGE_DEADLINE_S = 600
"""For a whole file that was made here."""
COMPARE_BYTES = 1024 * 1024
DELETE_BATCH = 1000
"""As many keys as the service accepts in one request."""
PROBE_KEY = "audit/write-probe"
ABSENT = {"404", "NoSuchKey", "NotFound"}
REFUSED = {"412", "PreconditionFailed"}


class S3Store:
    """Objects in `bucket`. Credentials come from boto3's ordinary chain (environment, instance role)."""

    def __init__(self, bucket: str, *, endpoint: str | None = None, region: str | None = None) -> None:
        self.bucket = bucket
        self._endpoint = endpoint
        self._region = region
        self._threads = BlockingPool("s3-store", threads=THREADS, deadline_s=DEADLINE_S)
        self._making = threading.Lock()
        self._made: S3Client | None = None
        self._proven = False
        self._presigned = lru_cache(maxsize=10_000)(self._presign)

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read `s3://bucket?endpoint=https://…&region=…`; raises SettingsError for anything else in it."""
        parts = urlsplit(url)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        unknown = sorted(query.keys() - {"endpoint", "region"})
        if not parts.netloc or parts.path.strip("/") or unknown:
            raise SettingsError("CTI_STORAGE_URL: must look like s3://bucket?endpoint=https://host&region=name.")
        return cls(parts.netloc, endpoint=query.get("endpoint"), region=query.get("region"))

    @cached_property
    def browser_origin(self) -> str | None:
        """The origin of a URL signed for nobody: boto alone knows which host it chooses. Needs no network."""
        client = _make_client(self._endpoint, self._region, key_id="-", secret="-")  # noqa: S106
        parts = urlsplit(client.generate_presigned_url("get_object", Params={"Bucket": self.bucket, "Key": "-"}))
        client.close()
        return f"{parts.scheme}://{parts.netloc}"

    async def put_new(self, key: str, data: bytes, mime_type: str) -> ObjectInfo:
        return await self._run(partial(self._put_new, key, data, mime_type))

    async def put_derived(self, key: str, data: bytes, mime_type: str) -> ObjectInfo:
        return await self._run(partial(self._put, key, data, mime_type))

    async def put_file(self, key: str, file: Path, mime_type: str) -> ObjectInfo:
        with _deadline_kept():
            return await self._threads.run(partial(self._put_file, key, file, mime_type), LARGE_DEADLINE_S)

    @asynccontextmanager
    async def open_stream(self, key: str, chunk_bytes: int = 262_144) -> AsyncIterator[AsyncIterator[bytes]]:
        body = await self._run(partial(self._open, key))
        try:
            yield self._chunks(body, chunk_bytes)
        finally:
            body.close()

    async def read(self, key: str, limit_bytes: int) -> bytes:
        return await self._run(partial(self._read, key, limit_bytes))

    async def head(self, key: str) -> ObjectInfo | None:
        try:
            return await self._run(partial(self._head, key))
        except ObjectNotFound:
            return None

    async def list_prefix(self, prefix: str) -> AsyncIterator[ObjectInfo]:
        folder_parts(prefix)
        with _deadline_kept():
            async for info in self._threads.iterate(self._list(prefix)):
                yield info

    async def delete_prefix(self, prefix: str) -> int:
        return await self._run(partial(self._delete, prefix))

    async def signed_url(self, key: str, ttl_s: int, download_name: str | None = None) -> str:
        """A presigned GET; remembered for `ttl_s` and valid for twice that, so that asking again costs nothing."""
        key_parts(key)
        window = int(utc_now().timestamp()) // ttl_s
        return await self._run(partial(self._presigned, key, 2 * ttl_s, download_name, window))

    async def check(self) -> None:
        await self._run(self._check)

    def close(self) -> None:
        self._threads.close()
        if self._made is not None:
            self._made.close()

    async def _run(self, work: Callable[[], Result]) -> Result:
        with _deadline_kept():
            return await self._threads.run(work)

    async def _chunks(self, body: "StreamingBody", chunk_bytes: int) -> AsyncIterator[bytes]:
        while chunk := await self._run(partial(_read_chunk, body, chunk_bytes)):
            yield chunk

    @property
    def _client(self) -> "S3Client":
        """Made on first use, in a thread: it reads descriptions of the service from disk."""
        with self._making:
            if self._made is None:
                self._made = _make_client(self._endpoint, self._region)
            return self._made

    def _put_new(self, key: str, data: bytes, mime_type: str) -> ObjectInfo:
        try:
            return self._put(key, data, mime_type, only_new=True)
        except ObjectExists:
            if not self._holds(key, data):
                raise
        return self._head(key)

    def _put(self, key: str, data: bytes, mime_type: str, *, only_new: bool = False) -> ObjectInfo:
        key_parts(key)
        digest = hashlib.sha256(data).hexdigest()
        condition = {"IfNoneMatch": "*"} if only_new else {}
        with _translated(key):
            self._client.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=data,
                ContentType=mime_type,
                Metadata={"sha256": digest},
                **condition,  # type: ignore[arg-type]
            )
        return ObjectInfo(key, len(data), mime_type, utc_now(), digest)

    def _put_file(self, key: str, file: Path, mime_type: str) -> ObjectInfo:
        """In parts, several at a time, as the client's transfer manager does."""
        key_parts(key)
        with _translated(key):
            self._client.upload_file(str(file), self.bucket, key, ExtraArgs={"ContentType": mime_type})
        return self._head(key)

    def _holds(self, key: str, data: bytes) -> bool:
        """Compare what is stored with `data`, byte by byte."""
        if self._head(key).size_bytes != len(data):
            return False
        body = self._open(key)
        try:
            pieces = (data[at : at + COMPARE_BYTES] for at in range(0, len(data), COMPARE_BYTES))
            return all(_read_exactly(body, len(piece)) == piece for piece in pieces)
        finally:
            body.close()

    def _open(self, key: str) -> "StreamingBody":
        key_parts(key)
        with _translated(key):
            return self._client.get_object(Bucket=self.bucket, Key=key)["Body"]

    def _read(self, key: str, limit_bytes: int) -> bytes:
        body = self._open(key)
        try:
            data = _read_exactly(body, limit_bytes + 1)
        finally:
            body.close()
        if len(data) > limit_bytes:
            raise TooLarge(f"{key} is larger than {limit_bytes} bytes.")
        return data

    def _head(self, key: str) -> ObjectInfo:
        key_parts(key)
        with _translated(key):
            found = self._client.head_object(Bucket=self.bucket, Key=key)
        return ObjectInfo(
            key,
            found["ContentLength"],
            found.get("ContentType", "application/octet-stream"),
            found["LastModified"].astimezone(UTC),
            found.get("Metadata", {}).get("sha256"),
        )

    def _list(self, prefix: str) -> Iterator[ObjectInfo]:
        with _translated(prefix):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
                for found in page.get("Contents", ()):
                    modified_at: datetime = found["LastModified"].astimezone(UTC)
                    yield ObjectInfo(found["Key"], found["Size"], "application/octet-stream", modified_at)

    def _delete(self, prefix: str) -> int:
        deletable_parts(prefix)
        keys = [info.key for info in self._list(prefix)]
        for at in range(0, len(keys), DELETE_BATCH):
            self._delete_keys(keys[at : at + DELETE_BATCH])
        return len(keys)

    def _delete_keys(self, keys: list[str]) -> None:
        with _translated(keys[0]):
            answer = self._client.delete_objects(
                Bucket=self.bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
            )
        if failed := answer.get("Errors"):
            raise StoreUnavailable(f"{len(failed)} objects could not be deleted: {failed[0].get('Message')}.")

    def _presign(self, key: str, ttl_s: int, download_name: str | None, _window: int) -> str:
        disposition = {} if download_name is None else {"ResponseContentDisposition": attachment(download_name)}
        with _translated(key):
            return self._client.generate_presigned_url(
                "get_object", Params={"Bucket": self.bucket, "Key": key, **disposition}, ExpiresIn=ttl_s
            )

    def _check(self) -> None:
        """The bucket answers; once a process also that it can be written and refuses to overwrite."""
        try:
            with _translated(self.bucket):
                self._client.head_bucket(Bucket=self.bucket)
        except ObjectNotFound as error:
            raise StoreUnavailable(f"The bucket {self.bucket} does not exist.") from error
        if not self._proven:
            self._prove_write_once()
            self._proven = True

    def _prove_write_once(self) -> None:
        with suppress(ObjectExists):  # left by an earlier process
            self._put(PROBE_KEY, b"probe", "text/plain", only_new=True)
        try:
            self._put(PROBE_KEY, b"other", "text/plain", only_new=True)
        except ObjectExists:
            return
        raise StoreUnavailable("The object store overwrites objects: it must support If-None-Match on PUT.")


def attachment(name: str) -> str:
    """A Content-Disposition that saves under `name`, whatever characters it has (RFC 6266)."""
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


def _make_client(
    endpoint: str | None, region: str | None, *, key_id: str | None = None, secret: str | None = None
) -> "S3Client":
    from boto3.session import Session

    config = Config(
        signature_version="s3v4",
        connect_timeout=CONNECT_S,
        read_timeout=READ_S,
        retries={"total_max_attempts": TRIES, "mode": "standard"},
        max_pool_connections=THREADS,
        # Stores that are not AWS often know neither the newer checksums nor a host name for each bucket.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path" if endpoint else "virtual"},
    )
    return Session(key_id, secret).client("s3", endpoint_url=endpoint, region_name=region, config=config)


def _read_chunk(body: "StreamingBody", size_bytes: int) -> bytes:
    with _translated("the stream"):
        return body.read(size_bytes)


def _read_exactly(body: "StreamingBody", size_bytes: int) -> bytes:
    """Read until `size_bytes` or the end."""
    pieces: list[bytes] = []
    while size_bytes > 0 and (piece := _read_chunk(body, size_bytes)):
        pieces.append(piece)
        size_bytes -= len(piece)
    return b"".join(pieces)


@contextmanager
def _deadline_kept() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise StoreUnavailable("The object store does not answer.", retry_after_s=10) from error


@contextmanager
def _translated(what: str) -> Iterator[None]:
    """Turn boto's errors into ours; details of the service go to the log by way of the cause."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in ABSENT:
            raise ObjectNotFound(f"{what} is not in the store.") from error
        if code in REFUSED:
            raise ObjectExists(f"{what} is stored already; objects under this folder are write-once.") from error
        raise StoreUnavailable(f"The object store refuses: {code or 'no reason given'}.", retry_after_s=10) from error
    except (BotoCoreError, HTTPError, OSError) as error:
        reason = type(error).__name__
        raise StoreUnavailable(f"The object store is out of reach ({reason}).", retry_after_s=10) from error
