"""From what was sent to a capture that may be stored: envelope, metadata, and whether they agree.

Everything here is pure. Refusals carry every mistake at once, so that a device developer fixes them in one round.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from backend.core.errors import BadRequest, FieldError, Invalid
from backend.ingest.aliases import fold
from backend.ingest.keys import BadIngestKey, IngestKey, is_relpath
from backend.ingest.schema import property_names, schema_errors, shown

META_NAME = "meta.json"
CLOCK_AHEAD = timedelta(minutes=10)
# The files a capture may name, with the keys of their hashes.
HASHES = {"image": "image_sha256", "mask": "mask_sha256", "backfat_line": "backfat_line_sha256"}
MIME_TYPES = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png"}
ENVELOPE_KINDS: dict[str, type] = {"bucket": str, "ingest_key": str, "prefix": str, "device_code": str}
# `firmware` says how a capture was sent, not what was captured: a device may be updated between two tries.
IDENTIFYING = frozenset(property_names()) - {"firmware"}


class NotADelivery(BadRequest):
    """The body is not JSON or its top has wrong types."""

    code, title = "not_a_delivery", "The body is not a delivery"

    def __init__(self, detail: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.errors = list(errors)


class DeliveryInvalid(Invalid):
    """The delivery was read, but breaks the schema or contradicts itself."""

    code, title = "delivery_invalid", "The delivery is not valid"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        noun = "mistake" if len(errors) == 1 else "mistakes"
        super().__init__(f"The delivery has {len(errors)} {noun}; see errors.", errors=errors)


@dataclass(frozen=True, slots=True)
class Envelope:
    """The webhook's body. `objects` are names relative to the capture's folder; None where a key was left out."""

    bucket: str | None
    key_name: str
    key_text: str | None
    device_code: str | None
    objects: list[str] | None
    meta: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class CaptureFile:
    """One file of a capture. Of a webhook's files the size is not known until the worker has read them."""

    role: str
    relpath: str
    sha256: str
    mime_type: str
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A capture that is whole and agrees with itself. `meta` is in the schema's names."""

    key: IngestKey
    meta: dict[str, Any]
    captured_at: datetime
    content_sha256: str
    files: tuple[CaptureFile, ...]
    clock_ahead: bool


def read_envelope(body: bytes) -> Envelope:
    """Read a webhook's body; raises NotADelivery (400) for what is no JSON object or has wrong types at the top."""
    sent = read_json_object(body, "The body")
    errors = [_wrong_kind(name, "text") for name, kind in ENVELOPE_KINDS.items() if not _is(sent.get(name), kind)]
    objects_name = "objects" if sent.get("objects") is not None else "keys"
    objects = sent.get(objects_name)
    if not _is(objects, list) or not all(isinstance(name, str) for name in objects or ()):
        errors.append(_wrong_kind(objects_name, "a list of texts"))
    if not _is(sent.get("meta_json"), dict):
        errors.append(_wrong_kind("meta_json", "an object"))
    if errors:
        raise NotADelivery("The body has wrong types at its top; see errors.", errors)
    key_name = "prefix" if sent.get("ingest_key") is None and sent.get("prefix") is not None else "ingest_key"
    return Envelope(
        bucket=sent.get("bucket"),
        key_name=key_name,
        key_text=sent.get(key_name),
        device_code=sent.get("device_code"),
        objects=objects,
        meta=sent.get("meta_json"),
    )


def read_json_object(raw: bytes, what: str) -> dict[str, Any]:
    """Parse a JSON object that PostgreSQL can store; raises NotADelivery for anything else."""
    try:
        document = orjson.loads(raw)
        orjson.dumps(document)  # refuses what is nested too deeply to be written again
    except orjson.JSONDecodeError as error:
        raise NotADelivery(f"{what} is not valid JSON in UTF-8: {error}.") from error
    except TypeError as error:
        raise NotADelivery(f"{what} is nested too deeply.") from error
    if not isinstance(document, dict):
        raise NotADelivery(f"{what} must be a JSON object.")
    if b"\\u0000" in raw and "\x00" in "".join(_texts(document)):
        raise NotADelivery(f"{what} contains the character U+0000, which cannot be stored.")
    return document


def read_delivery(envelope: Envelope, meta: Mapping[str, Any], *, bucket: str, now: datetime) -> Delivery:
    """Check a webhook's envelope and its metadata against the schema and each other.

    `bucket` is the store's. Raises DeliveryInvalid with every mistake; paths of metadata begin with `meta_json.`.
    """
    errors: list[FieldError] = []
    key = _read_key(envelope, bucket, errors)
    folded, captured_at = read_meta(meta, "meta_json", errors)
    files = _files(folded, "meta_json", errors)
    if key is not None:
        errors += _disagreements(key, envelope, folded, captured_at)
    errors += _absent_objects(envelope, key, files)
    if errors or key is None or captured_at is None:
        raise DeliveryInvalid(errors)
    return assemble(key, folded, captured_at, files, now)


def read_upload(meta: Mapping[str, Any], *, bucket: str, now: datetime) -> Delivery:
    """Check the metadata of a direct upload, whose key follows from it. Raises DeliveryInvalid, paths under `meta.`."""
    errors: list[FieldError] = []
    folded, captured_at = read_meta(meta, "meta", errors)
    files = _files(folded, "meta", errors)
    if errors or captured_at is None:
        raise DeliveryInvalid(errors)
    key = IngestKey.of(bucket, folded["device_code"], captured_at, folded["capture_id"])
    return assemble(key, folded, captured_at, files, now)


def read_meta(meta: Mapping[str, Any], root: str, errors: list[FieldError]) -> tuple[dict[str, Any], datetime | None]:
    """Fold `meta` into the schema's names and check it; mistakes are added to `errors` under `root`."""
    folded = fold(meta)
    found = folded.errors + schema_errors(folded.document, folded.sent_as)
    captured_at = None
    if not any(error["path"] == "captured_at" for error in found):
        captured_at = _instant(folded.document["captured_at"])
        if captured_at is None:
            found.append({"path": "captured_at", "message": "is no moment of the calendar"})
    errors += [{"path": f"{root}.{error['path']}", "message": error["message"]} for error in found]
    return folded.document, captured_at


def assemble(
    key: IngestKey, meta: dict[str, Any], captured_at: datetime, files: Sequence[CaptureFile], now: datetime
) -> Delivery:
    """Put a checked capture together; a device's clock that runs ahead is kept and flagged."""
    ahead = captured_at > now + CLOCK_AHEAD
    return Delivery(key, meta, captured_at, content_sha256(meta, captured_at), tuple(files), ahead)


def content_sha256(meta: Mapping[str, Any], captured_at: datetime) -> str:
    """What tells a repeated delivery from a conflicting one.

    The sha256 of a canonical JSON of the keys the schema knows: file names and hashes, the instant of capture, and
    what the device says of animal, place and measurement. Left out are nulls and empty values, keys the schema does
    not know, and `firmware`: none of them makes it another capture.
    """
    known = {name: _pruned(value) for name, value in meta.items() if name in IDENTIFYING}
    known["captured_at"] = captured_at.isoformat()
    return hashlib.sha256(orjson.dumps(_pruned(known), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _read_key(envelope: Envelope, bucket: str, errors: list[FieldError]) -> IngestKey | None:
    if envelope.device_code is None:
        errors.append({"path": "device_code", "message": "is missing; expected the device's code as in the key"})
    if envelope.key_text is None:
        errors.append({"path": "ingest_key", "message": "is missing; expected the capture's folder"})
        return None
    try:
        key = IngestKey.parse(envelope.key_text, envelope.bucket)
    except BadIngestKey as error:
        errors.append({"path": envelope.key_name, "message": error.detail})
        return None
    if key.bucket != bucket:
        errors.append({"path": "bucket", "message": f"is {shown(key.bucket)}, but this platform reads {bucket!r}"})
    return key


def _disagreements(
    key: IngestKey, envelope: Envelope, meta: Mapping[str, Any], captured_at: datetime | None
) -> Iterator[FieldError]:
    """Where the body and the metadata say something else than the key."""
    claims = {
        "device_code": (envelope.device_code, key.device_code),
        "meta_json.device_code": (meta.get("device_code"), key.device_code),
        "meta_json.capture_id": (meta.get("capture_id"), key.capture_id),
    }
    for path, (claimed, in_key) in claims.items():
        if isinstance(claimed, str) and claimed != in_key:
            yield {"path": path, "message": f"is {shown(claimed)}, but the key says {shown(in_key)}"}
    if captured_at is not None and captured_at.date() != key.day:
        message = f"is on {captured_at:%Y-%m-%d} in UTC, but the key says {key.day:%Y-%m-%d}"
        yield {"path": "meta_json.captured_at", "message": message}


def _absent_objects(envelope: Envelope, key: IngestKey | None, files: Sequence[CaptureFile]) -> Iterator[FieldError]:
    """Files the metadata names but the list of objects lacks, and names that are not relative to the folder."""
    if envelope.objects is None:
        yield {"path": "objects", "message": "is missing; expected the names of the capture's files"}
        return
    folder = key.prefix if key is not None else ""
    names = [name.removeprefix(folder) for name in envelope.objects]
    for index, name in enumerate(names):
        if not is_relpath(name):
            message = f"is {shown(name)}; expected a name relative to the capture's folder, without `..`"
            yield {"path": f"objects.{index}", "message": message}
    for file in files:
        if file.relpath not in names:
            yield {"path": "objects", "message": f"lacks {shown(file.relpath)}, which files.{file.role}_relpath names"}


def _files(meta: Mapping[str, Any], root: str, errors: list[FieldError]) -> list[CaptureFile]:
    """The files the metadata names with their hashes; each name once, none without a hash.

    Further files (`files.extra`) come without a hash, so only uploads, whose bytes are at hand, make rows of them.
    """
    names = meta.get("files")
    if not isinstance(names, dict):
        return []
    files: list[CaptureFile] = []
    for role, hash_name in HASHES.items():
        relpath, sha256 = names.get(f"{role}_relpath"), meta.get(hash_name)
        if isinstance(relpath, str) and isinstance(sha256, str):
            files.append(CaptureFile(role, relpath, sha256, mime_type_of(relpath)))
        elif relpath is not None and sha256 is None and role != "image":
            path = f"{root}.{hash_name}"
            errors.append({"path": path, "message": f"is missing, but files.{role}_relpath names a file"})
        elif sha256 is not None and relpath is None and role != "image":
            path = f"{root}.files.{role}_relpath"
            errors.append({"path": path, "message": f"is missing, but {hash_name} names a hash"})
    errors += _doubled_names(files, names.get("extra"), root)
    return files


def _doubled_names(files: Sequence[CaptureFile], extra: object, root: str) -> Iterator[FieldError]:
    taken = {META_NAME: "the metadata itself"}
    named = [(f"files.{file.role}_relpath", file.relpath) for file in files]
    if isinstance(extra, list):
        named += [(f"files.extra.{index}", name) for index, name in enumerate(extra) if isinstance(name, str)]
    for path, relpath in named:
        if relpath in taken:
            yield {"path": f"{root}.{path}", "message": f"is {shown(relpath)}, the name of {taken[relpath]}"}
        taken[relpath] = path


def mime_type_of(relpath: str) -> str:
    """The media type a name promises; what is no image is never shown by a browser, only saved."""
    return MIME_TYPES.get(relpath.rpartition(".")[2].lower(), "application/octet-stream")


def _instant(text: str) -> datetime | None:
    """An RFC 3339 instant in UTC; None for what the calendar does not have (year 0, a leap second)."""
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _pruned(value: Any) -> Any:
    """Leave out nulls and empty containers from an object of the schema."""
    if not isinstance(value, dict):
        return value
    return {name: inner for name, inner in value.items() if inner is not None and inner not in ({}, [])}


def _is(value: object, kind: type) -> bool:
    return value is None or isinstance(value, kind)


def _wrong_kind(name: str, expected: str) -> FieldError:
    return {"path": name, "message": f"must be {expected}"}


def _texts(document: object) -> Iterator[str]:
    """Every key and text of a document, whatever its depth."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            waiting += value
