"""The way of a capture into the database, and what is written of every attempt, refused ones too.

Both routes and the replay of refused deliveries end here: the same checks, the same statement, the same answers.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeVar
from uuid import UUID

from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.errors import Conflict, CtiError, NotFound, TooLarge
from backend.core.events import Event
from backend.core.paging import DEFAULT_LIMIT, BadCursor, Page, decode_cursor, encode_cursor
from backend.core.runtime import runtime
from backend.core.storage import ObjectNotFound, ObjectStore
from backend.devices import service as devices
from backend.devices.known import KeyHolder, KnownDevice
from backend.ingest import quarantine, records, repository
from backend.ingest.attempt import Attempt
from backend.ingest.delivery import (
    META_NAME,
    Delivery,
    DeliveryInvalid,
    Envelope,
    NotADelivery,
    read_delivery,
    read_envelope,
    read_json_object,
    read_upload,
)
from backend.ingest.keys import BadIngestKey, IngestKey
from backend.ingest.models import IngestionLog, Quarantine
from backend.ingest.quarantine import Accepted, Replayed
from backend.ingest.records import Hour, LogFilter, Place
from backend.ingest.repository import StoredCapture, Unit

MAX_META_BYTES = 1_048_576
SEEN_EVERY = timedelta(minutes=1)
ERROR_CHARS = 2_000
OUTCOMES = {409: "conflict"}
Row = TypeVar("Row", IngestionLog, Quarantine)


class CaptureConflict(Conflict):
    """The ingest key holds other content; nothing is overwritten."""

    code, title = "conflict", "Another capture is stored under this key"


class CaptureNotFound(NotFound):
    code, title = "capture_not_found", "This device has sent no such capture"


class BytesNotKept(NotFound):
    """A refused upload whose image was not stored: metadata alone makes no scan."""

    code, title = "bytes_not_kept", "The image of this upload was not kept"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to an accepted delivery."""

    outcome: Literal["created", "duplicate"]
    scan_id: UUID
    capture_id: str
    ingest_key: str


def open_webhook(attempt: Attempt) -> Envelope:
    """Read the top of a webhook's body and note what it claims to be; raises NotADelivery (400)."""
    envelope = read_envelope(attempt.body)
    _note_claims(envelope, attempt)
    return envelope


async def read_webhook(envelope: Envelope, attempt: Attempt, store: ObjectStore) -> Delivery:
    """Check a webhook's body; metadata that was left out is read from the store.

    Raises DeliveryInvalid (422) or StoreUnavailable (503).
    """
    meta = envelope.meta
    if meta is None:
        meta = await _stored_meta(envelope, store)
        attempt.claims(capture_id=meta.get("capture_id"))
    return read_delivery(envelope, meta, bucket=store.bucket, now=utc_now())


async def deliver(uow: Unit, delivery: Delivery, attempt: Attempt) -> Receipt:
    """Store a checked capture, once. A repeated delivery writes its log row and nothing else.

    Round trips of a new capture in a bare unit of work: begin, device, capture, commit. A repeated one takes two more
    (what is stored, log). Raises CaptureConflict, DeviceDisabled, NoHome.
    """
    key = delivery.key
    attempt.claims(device_code=key.device_code, capture_id=key.capture_id, ingest_key=str(key))
    device = await devices.meet(uow, key.device_code)
    attempt.org_id, attempt.device_id = device.org_id, device.id
    if delivery.clock_ahead and attempt.clock_offset_s is None:
        attempt.clock_offset_s = (delivery.captured_at - utc_now()).total_seconds()
    made = await repository.store_capture(uow, device, delivery, attempt)
    if made is None:
        return await _repeated(uow, device, delivery, attempt)
    data: dict[str, str | int | float | bool | None] = {"scan_id": str(made.id), "device_id": str(device.id)}
    uow.publish(
        Event("scan.created", device.org_id, made.farm_id, made.operator_id, data={**data, "status": "uploaded"})
    )
    uow.nudge("scan", made.id)
    _tell_seen(uow, device, key.device_code)
    return Receipt("created", made.id, key.capture_id, str(key))


async def is_stored(uow: Unit, delivery: Delivery) -> bool:
    """Whether this very capture is stored already; raises CaptureConflict when another one is."""
    device = await devices.meet(uow, delivery.key.device_code)
    found = await repository.find_capture(uow, device.org_id, str(delivery.key))
    if found is None:
        return False
    _compare(found, delivery)
    return True


async def record_refusal(uow: UnitOfWork, attempt: Attempt, error: CtiError) -> None:
    """Write down an attempt that came to nothing: its log row, its device's count, its body where it may be replayed.

    Runs in a transaction of its own, as nothing else of the attempt was written.
    """
    await _attribute(uow, attempt)
    outcome = outcome_of(error.status)
    if attempt.device_id is not None and outcome != "failed":
        await devices.note_refusal(uow, attempt.device_id)
    await repository.log_attempt(uow, attempt, outcome, error.status, _in_words(attempt, error))
    await quarantine.keep(uow, attempt, error)
    if attempt.org_id is not None:
        uow.publish(Event("ingest.refused", attempt.org_id, data={"http_status": error.status}))


def outcome_of(status: int) -> str:
    """The ingestion log's word for an HTTP status that is no success."""
    return OUTCOMES.get(status, "refused" if status < 500 else "failed")  # noqa: PLR2004 (the server's own faults)


async def capture_of_device(uow: UnitOfWork, holder: KeyHolder, capture_id: str) -> StoredCapture:
    """What became of a capture the device sent; the newest, should it have used the id twice."""
    await uow.act_as(Actor.system(holder.org_id))
    found = await repository.find_capture_of_device(uow, holder.id, holder.org_id, capture_id)
    if found is None:
        raise CaptureNotFound
    return found


async def list_log(
    uow: UnitOfWork, wanted: LogFilter | None = None, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[IngestionLog]:
    """Attempts of the asker's organisation, newest first; for admins."""
    quarantine.require_admin(uow)
    after, backward = _place(cursor, int)
    rows = await records.log_page(uow, wanted or LogFilter(), after=after, backward=backward, limit=limit + 1)
    return _paged(list(rows), limit, first=after is None, backward=backward)


async def list_quarantine(
    uow: UnitOfWork, status: str | None = "waiting", *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[Quarantine]:
    """Refused deliveries of the asker's organisation, newest first; for admins."""
    quarantine.require_admin(uow)
    after, backward = _place(cursor, UUID)
    rows = await records.quarantine_page(uow, status, after=after, backward=backward, limit=limit + 1)
    return _paged(list(rows), limit, first=after is None, backward=backward)


async def get_quarantined(uow: UnitOfWork, entry_id: UUID) -> Quarantine:
    """One refused delivery with its body; for admins."""
    return await quarantine.get(uow, entry_id)


async def count_waiting(uow: UnitOfWork, most: int = 1_000) -> int:
    """How many refused deliveries wait for a decision, counted up to `most`; for admins."""
    quarantine.require_admin(uow)
    return await records.count_waiting(uow, most)


async def arrivals_per_hour(uow: UnitOfWork, since: datetime) -> list[Hour]:
    """What was stored and what was refused in each hour since `since`, empty hours left out; for admins."""
    quarantine.require_admin(uow)
    return await records.per_hour(uow, since)


async def replay(uow: UnitOfWork, entry_id: UUID) -> Replayed:
    """Try one refused delivery again; for admins."""
    return await quarantine.replay(uow, entry_id, _redeliver)


async def replay_waiting(uow: UnitOfWork, most: int = 50) -> list[Replayed]:
    """Try up to `most` refused deliveries again, oldest first; for admins."""
    return await quarantine.replay_waiting(uow, most, _redeliver)


async def dismiss(uow: UnitOfWork, entry_id: UUID) -> None:
    """Decide that a refused delivery is not wanted; for admins."""
    await quarantine.dismiss(uow, entry_id)


async def expire_quarantine(uow: UnitOfWork) -> int:
    """Delete refused deliveries that are too old, in every organisation; for the schedule."""
    return await quarantine.expire(uow)


def _note_claims(envelope: Envelope, attempt: Attempt) -> None:
    """Write down what the body says it is, in the full form where it can be read."""
    meta = envelope.meta or {}
    try:
        key = IngestKey.parse(envelope.key_text or "", envelope.bucket)
        attempt.claims(device_code=key.device_code, capture_id=key.capture_id, ingest_key=str(key))
    except BadIngestKey:
        attempt.claims(device_code=envelope.device_code, ingest_key=envelope.key_text)
    attempt.claims(device_code=meta.get("device_code"), capture_id=meta.get("capture_id"))


async def _stored_meta(envelope: Envelope, store: ObjectStore) -> dict[str, object]:
    """The capture's `meta.json` from the store; raises DeliveryInvalid when it cannot be used."""
    try:
        key = IngestKey.parse(envelope.key_text or "", envelope.bucket)
        if key.bucket != store.bucket:
            return {}
        return read_json_object(await store.read(key.object_key(META_NAME), MAX_META_BYTES), META_NAME)
    except BadIngestKey as error:
        raise DeliveryInvalid([{"path": envelope.key_name, "message": error.detail}]) from error
    except (ObjectNotFound, TooLarge, NotADelivery) as error:
        message = f"is missing, and {META_NAME} in the store cannot be used: {error.detail}"
        raise DeliveryInvalid([{"path": "meta_json", "message": message}]) from error


async def _repeated(uow: Unit, device: KnownDevice, delivery: Delivery, attempt: Attempt) -> Receipt:
    found = await repository.find_capture(uow, device.org_id, str(delivery.key))
    assert found is not None  # noqa: S101 (the unique index has just refused a second one)
    _compare(found, delivery)
    await repository.log_attempt(uow, attempt, "duplicate", 200)
    return Receipt("duplicate", found.scan_id, found.capture_id, found.ingest_key)


def _compare(found: StoredCapture, delivery: Delivery) -> None:
    if found.content_sha256 != delivery.content_sha256:
        raise CaptureConflict(
            f"{delivery.key.capture_id} is stored already with other files or other metadata. Nothing was overwritten."
        )


def _tell_seen(uow: Unit, device: KnownDevice, code: str) -> None:
    """Tell pages that the device is alive, at most once a minute."""
    if device.seen_at is None or device.seen_at < utc_now() - SEEN_EVERY:
        data: dict[str, str | int | float | bool | None] = {"device_id": str(device.id), "device_code": code}
        uow.publish(Event("device.seen", device.org_id, device.farm_id, data=data))


async def _attribute(uow: UnitOfWork, attempt: Attempt) -> None:
    """Find out whose refusal this is. Only what a proven sender claims is believed."""
    if not attempt.trusted:
        attempt.org_id = attempt.device_id = None
        return
    if attempt.org_id is None and attempt.device_code is not None:
        owner = await devices.owner_of_code(uow, attempt.device_code)
        attempt.device_id, attempt.org_id = owner or (None, None)
    if attempt.org_id is None:
        attempt.org_id = await records.default_org(uow)
    if attempt.org_id is not None:
        await uow.act_as(Actor.system(attempt.org_id))


def _in_words(attempt: Attempt, error: CtiError) -> str:
    mistakes = [f"{mistake['path']}: {mistake['message']}" for mistake in error.errors]
    unlogged = [f"{attempt.unlogged} refused requests before have no row of their own"] if attempt.unlogged else []
    return "; ".join([error.detail, *unlogged, *mistakes])[:ERROR_CHARS]


async def _redeliver(uow: UnitOfWork, entry: Quarantine, attempt: Attempt) -> Accepted:
    """Take a kept delivery the way a fresh one goes, past the signature: an admin vouches for it."""
    store = runtime().store
    if entry.route == "upload":
        delivery = read_upload(read_json_object(attempt.body, "The metadata"), bucket=store.bucket, now=utc_now())
        for file in delivery.files:
            if await store.head(delivery.key.object_key(file.relpath)) is None:
                raise BytesNotKept(f"{file.relpath} was not kept; the device must send this capture again.")
    else:
        delivery = await read_webhook(open_webhook(attempt), attempt, store)
    receipt = await deliver(uow, delivery, attempt)
    return Accepted(receipt.outcome, receipt.scan_id)


def _place(cursor: str | None, kind: type[int] | type[UUID]) -> tuple[Place | None, bool]:
    if cursor is None:
        return None, False
    decoded = decode_cursor(cursor, 2)
    created_at, row_id = decoded.key
    try:
        at = datetime.fromisoformat(str(created_at))
        return (at, kind(str(row_id))), decoded.backward
    except (ValueError, OverflowError) as error:
        raise BadCursor from error


def _paged(rows: list[Row], limit: int, *, first: bool, backward: bool) -> Page[Row]:
    """Cut the row too many that tells whether there is more, and name the neighbours."""
    more = len(rows) > limit
    rows = (rows[-limit:] if backward else rows[:limit]) if more else rows
    after, before = (True, more) if backward else (more, not first)
    return Page(
        rows,
        next_cursor=_cursor(rows[-1]) if rows and after else None,
        prev_cursor=_cursor(rows[0], backward=True) if rows and before else None,
    )


def _cursor(row: IngestionLog | Quarantine, *, backward: bool = False) -> str:
    assert row.created_at is not None  # noqa: S101 (the database fills it in)
    return encode_cursor((row.created_at.isoformat(), str(row.id)), backward=backward)
