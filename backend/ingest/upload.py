"""Direct upload: a device without a cloud of its own sends metadata and files, and they take the webhook's way.

The files are looked at before anything is stored, the objects are written before the row, and metadata is written last.
A failure in between leaves objects that the next try finds and accepts, as they are the same bytes.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from functools import partial

from starlette.requests import Request

from backend.core.actor import Actor
from backend.core.blocking import BlockingPool
from backend.core.clock import utc_now
from backend.core.errors import FieldError, Unauthenticated, UnsupportedMedia
from backend.core.images import MAX_IMAGE_BYTES, ImageFacts, NotAnImage, inspect_image
from backend.core.runtime import runtime
from backend.core.storage import ObjectExists, ObjectStore
from backend.devices import service as devices
from backend.devices.known import KeyHolder
from backend.ingest import service
from backend.ingest.attempt import Attempt
from backend.ingest.delivery import (
    META_NAME,
    CaptureFile,
    Delivery,
    DeliveryInvalid,
    read_json_object,
    read_upload,
)
from backend.ingest.edge import chunks, ingest_limits
from backend.ingest.multipart import FormReader, Part
from backend.ingest.service import CaptureConflict, Receipt

MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_META_BYTES = 1_048_576
MAX_EXTRA = 16
LIMITS = {"meta": MAX_META_BYTES} | dict.fromkeys(("image", "mask", "backfat_line", "extra"), MAX_IMAGE_BYTES)
MAX_PARTS = len(LIMITS) - 1 + MAX_EXTRA
UNIX_SECONDS = re.compile(r"[0-9]{1,12}")
DECODING = BlockingPool("ingest-decode", threads=2, deadline_s=30)
"""Few threads: decoding holds tens of megabytes a picture, and the web process has other things to do."""


@dataclass(frozen=True, slots=True)
class SentFile:
    """One file of an upload: what the metadata claims and the bytes that came."""

    file: CaptureFile
    data: bytes


class KeyMissing(Unauthenticated):
    code, title = "device_key_missing", "The request carries no device key"


async def receive(request: Request, attempt: Attempt) -> Receipt:
    """Read, check and store one upload. Raises an error of ours for each case of the table of answers."""
    holder = await authenticate(request, attempt)
    await ingest_limits().admit_device(holder.code)
    reader = FormReader(request.headers.get("content-type", ""), LIMITS, MAX_PARTS)
    parts = await reader.read(chunks(request, attempt, MAX_BODY_BYTES))
    raw_meta = _meta_part(parts, attempt)
    delivery, files = await _checked(parts, raw_meta, holder, attempt)
    if not await _is_stored(delivery):
        delivery = await _store(delivery, files, raw_meta)
    async with runtime().database.unit_of_work(Actor.system()) as uow:
        receipt = await service.deliver(uow, delivery, attempt)
        await devices.note_key_use(uow, holder.key_id)
        return receipt


async def authenticate(request: Request, attempt: Attempt) -> KeyHolder:
    """Whose key it is. Raises KeyMissing or UnknownDeviceKey (401), DeviceDisabled (403), SentTooMuch for a guesser."""
    ingest_limits().check_stranger(attempt.remote_ip)
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise KeyMissing("Send `Authorization: Bearer cti_dev_…`, the key the device was registered with.")
    async with runtime().database.unit_of_work(Actor.system(), read_only=True) as uow:
        holder = await devices.key_holder(uow, key.strip())
    attempt.trusted = True
    attempt.org_id, attempt.device_id = holder.org_id, holder.id
    attempt.claims(device_code=holder.code)
    attempt.clock_offset_s = _clock_offset_s(request)
    devices.check_enabled(holder)
    return holder


def _meta_part(parts: Sequence[Part], attempt: Attempt) -> bytes:
    sent = [part for part in parts if part.name == "meta"]
    if len(sent) != 1:
        raise DeliveryInvalid([{"path": "meta", "message": f"was sent {len(sent)} times; expected once"}])
    attempt.body = bytes(sent[0].data)
    return attempt.body


async def _checked(
    parts: Sequence[Part], raw_meta: bytes, holder: KeyHolder, attempt: Attempt
) -> tuple[Delivery, list[SentFile]]:
    """The capture with what its files really are. Raises NotADelivery, DeliveryInvalid, NotAnImage, ImageTooLarge."""
    meta = read_json_object(raw_meta, "The metadata")
    attempt.claims(capture_id=meta.get("capture_id"))
    delivery = read_upload(meta, bucket=runtime().store.bucket, now=utc_now())
    attempt.claims(ingest_key=str(delivery.key))
    errors: list[FieldError] = []
    if delivery.key.device_code != holder.code:
        message = f"is {delivery.key.device_code!r}, but the key belongs to {holder.code!r}"
        errors.append({"path": "meta.device_code", "message": message})
    files = _matched(delivery, parts, errors)
    if errors:
        raise DeliveryInvalid(errors)
    looked_at = [await _looked_at(sent) for sent in files]
    return replace(delivery, files=tuple(sent.file for sent in looked_at)), looked_at


def _matched(delivery: Delivery, parts: Sequence[Part], errors: list[FieldError]) -> list[SentFile]:
    """Bring the parts of the form and the files the metadata names together; mistakes are added to `errors`."""
    sent: dict[str, list[Part]] = {}
    for part in parts:
        sent.setdefault(part.name, []).append(part)
    files: list[SentFile] = []
    for file in delivery.files:
        given = sent.pop(file.role, [])
        if len(given) != 1:
            errors.append({"path": file.role, "message": f"was sent {len(given)} times; expected once"})
        else:
            files.append(SentFile(file, bytes(given[0].data)))
    errors += _wrong_hashes(files)
    files += _extras(delivery, sent.pop("extra", []), errors)
    errors += [
        {"path": role, "message": f"was sent, but files.{role}_relpath names no file"}
        for role in sent
        if role != "meta"
    ]
    return files


def _wrong_hashes(files: Sequence[SentFile]) -> Iterator[FieldError]:
    for sent in files:
        real = hashlib.sha256(sent.data).hexdigest()
        if real != sent.file.sha256:
            message = f"is {sent.file.sha256}, but the bytes that arrived have {real}"
            yield {"path": f"meta.{sent.file.role}_sha256", "message": message}


def _extras(delivery: Delivery, parts: Sequence[Part], errors: list[FieldError]) -> list[SentFile]:
    """Further files, told apart by their file names, which `files.extra` must list."""
    named: list[str] = delivery.meta["files"].get("extra") or []
    given = {part.filename or "": part for part in parts}
    lacking = [name for name in named if name not in given]
    errors += [{"path": "extra", "message": f"lacks a part with the file name {name!r}"} for name in lacking]
    if len(given) != len(parts) or given.keys() - set(named):
        errors.append({"path": "extra", "message": "has parts whose file names files.extra does not list, or twice"})
    return [_extra(name, bytes(given[name].data)) for name in named if name in given]


def _extra(name: str, data: bytes) -> SentFile:
    return SentFile(CaptureFile("extra", name, hashlib.sha256(data).hexdigest(), ""), data)


async def _looked_at(sent: SentFile) -> SentFile:
    """Decode the file, away from the event loop, and describe it as what it is. Raises NotAnImage, ImageTooLarge."""
    try:
        facts: ImageFacts = await DECODING.run(partial(inspect_image, sent.data))
    except (NotAnImage, TimeoutError) as error:
        reason = error.detail if isinstance(error, UnsupportedMedia) else "It takes too long to decode."
        raise NotAnImage(f"{sent.file.relpath}: {reason}") from error
    return replace(sent, file=replace(sent.file, mime_type=facts.mime_type, size_bytes=len(sent.data)))


async def _is_stored(delivery: Delivery) -> bool:
    """Whether the capture has its scan already, so that its objects need not be written. Raises CaptureConflict."""
    async with runtime().database.bare_unit() as uow:
        return await service.is_stored(uow, delivery)


async def _store(delivery: Delivery, files: Sequence[SentFile], raw_meta: bytes) -> Delivery:
    """Write the objects, metadata last; returns the capture with its metadata among the files.

    Raises CaptureConflict when other content lies there, StoreUnavailable.
    """
    store = runtime().store
    try:
        for sent in files:
            await store.put_new(delivery.key.object_key(sent.file.relpath), sent.data, sent.file.mime_type)
    except ObjectExists as error:
        raise _conflict(delivery, error) from error
    stored = await _store_meta(store, delivery, raw_meta)
    digest = hashlib.sha256(stored).hexdigest()
    meta_file = CaptureFile("meta", META_NAME, digest, "application/json", len(stored))
    return replace(delivery, files=(*delivery.files, meta_file))


async def _store_meta(store: ObjectStore, delivery: Delivery, raw_meta: bytes) -> bytes:
    """Write meta.json. One that an interrupted try left stays, if it says the same of the capture."""
    key = delivery.key.object_key(META_NAME)
    try:
        await store.put_new(key, raw_meta, "application/json")
    except ObjectExists as error:
        left = await store.read(key, MAX_META_BYTES)
        earlier = read_upload(read_json_object(left, META_NAME), bucket=store.bucket, now=utc_now())
        if earlier.content_sha256 != delivery.content_sha256:
            raise _conflict(delivery, error) from error
        return left
    return raw_meta


def _conflict(delivery: Delivery, error: ObjectExists) -> CaptureConflict:
    return CaptureConflict(f"{delivery.key.capture_id}: {error.detail} Nothing was overwritten.")


def _clock_offset_s(request: Request) -> float | None:
    """How far the device's clock is ahead of ours, in seconds, if it says what time it has."""
    now = utc_now()
    stamp, date = request.headers.get("x-cti-timestamp", ""), request.headers.get("date")
    if UNIX_SECONDS.fullmatch(stamp):
        return round(int(stamp) - now.timestamp(), 1)
    try:
        return None if date is None else round((parsedate_to_datetime(date) - now).total_seconds(), 1)
    except (ValueError, TypeError, OverflowError):
        return None
