"""The first step of every capture: the stored bytes must be what the device announced, and a usable image.

Everything is read from the store again. What contradicts its hash, or is no whole image, ends here for good.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter

from PIL import Image

from backend.core.actor import Actor
from backend.core.errors import CtiError
from backend.core.images import MAX_IMAGE_BYTES, ImageFacts, ImageTooLarge, NotAnImage, decode_image
from backend.core.storage import ObjectNotFound
from backend.scans import work
from backend.scans.work import Claim, DerivedFile, StoredFile, Verified, VerifiedFile
from jobs.bench import Bench
from jobs.thumbnails import MIME_TYPE, Picture, draw

PICTURES = {"image": "image", "mask": "mask", "backfat_line": "backfat line"}
"""Roles that must be images, and what they are called in sentences."""
SHOWN_DIGITS = 12


class VerificationFailed(CtiError):
    """The capture will never be usable as it is stored; `detail` says why, for an admin."""

    code, title = "verification_failed", "The capture did not pass verification"

    def __init__(self, detail: str, **notes: object) -> None:
        super().__init__(detail)
        self.notes = notes


class ChecksumMismatch(VerificationFailed):
    """The stored bytes are not those that were announced."""


class NotStoredYet(CtiError):
    """An announced object is not there. It may still arrive, so this is worth another attempt."""

    status, code, title = 404, "not_stored", "An object of the capture is not in the store"


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that holds the announced bytes; `facts` and `pixels` for a readable image."""

    file: StoredFile
    size_bytes: int
    facts: ImageFacts | None = None
    pixels: Image.Image | None = None


async def verify(bench: Bench, claim: Claim, *, goes_on: bool) -> None:
    """Check every file of a capture, draw its thumbnails, and mark the scan `ingested`.

    Raises VerificationFailed for good; NotStoredYet, StoreUnavailable and the database's errors may pass.
    """
    started = perf_counter()
    checked = [await check_file(bench, file) for file in claim.files]
    image = next((one for one in checked if one.file.role == "image"), None)
    if image is None or image.facts is None or image.pixels is None:
        raise VerificationFailed("The capture has no image.")
    pictures = await bench.cpu.run(partial(draw, image.pixels))
    derived = [await _store(bench, claim, picture) for picture in pictures]
    notes = {
        "bytes": sum(one.size_bytes for one in checked),
        "width_px": image.facts.width_px,
        "height_px": image.facts.height_px,
        "attempt": claim.lease.attempt,
        "ms": round((perf_counter() - started) * 1000),
    }
    verified = Verified([_verified(one) for one in checked], derived, _flags(image.facts, checked), notes)
    async with bench.runtime.database.unit_of_work(Actor.system(claim.lease.org_id)) as uow:
        await work.finish_verification(uow, claim.lease, verified, goes_on=goes_on)
        if goes_on:
            uow.nudge(work.KIND, claim.lease.scan_id)


async def check_file(bench: Bench, file: StoredFile) -> Checked:
    """Read one stored object wholly and compare it with what was announced; decode it where it must be an image."""
    if file.bucket != bench.runtime.store.bucket:
        ours = bench.runtime.store.bucket
        raise VerificationFailed(f"The capture lies in the bucket {file.bucket}, but this platform reads {ours}.")
    data, size_bytes = await _read(bench, file)
    if file.role not in PICTURES:
        return Checked(file, size_bytes)
    try:
        facts, pixels = await bench.cpu.run(partial(decode_image, data))
    except (NotAnImage, ImageTooLarge) as error:
        if file.role == "image":
            raise VerificationFailed(error.detail) from error
        return Checked(file, size_bytes)
    return Checked(file, size_bytes, facts, pixels if file.role == "image" else None)


async def _read(bench: Bench, file: StoredFile) -> tuple[bytes, int]:
    """Stream an object past its hash; returns its bytes where it must be an image, and its size."""
    kept = bytearray()
    digest = hashlib.sha256()
    size_bytes = 0
    try:
        async with bench.runtime.store.open_stream(file.key) as chunks:
            async for chunk in chunks:
                digest.update(chunk)  # 0.2 ms a chunk
                size_bytes += len(chunk)
                if file.role in PICTURES:
                    kept += chunk
                    _refuse_oversize(file, size_bytes)
    except ObjectNotFound as error:
        raise NotStoredYet(f"{_what(file)} is not in the store: {file.key}.") from error
    _compare(file, digest.hexdigest(), size_bytes)
    return bytes(kept), size_bytes


def _refuse_oversize(file: StoredFile, size_bytes: int) -> None:
    if size_bytes > MAX_IMAGE_BYTES:
        raise VerificationFailed(f"{_what(file)} has more than {MAX_IMAGE_BYTES:,} bytes.")


def _compare(file: StoredFile, sha256: str, size_bytes: int) -> None:
    if sha256 != file.sha256.lower():
        raise ChecksumMismatch(
            f"{_what(file)} does not match its hash: expected {file.sha256[:SHOWN_DIGITS]}…,"
            f" found {sha256[:SHOWN_DIGITS]}….",
            role=file.role,
            expected_sha256=file.sha256,
            found_sha256=sha256,
            bytes=size_bytes,
        )
    if file.size_bytes is not None and size_bytes != file.size_bytes:
        raise VerificationFailed(f"{_what(file)} has {size_bytes:,} bytes, but {file.size_bytes:,} were announced.")


def _what(file: StoredFile) -> str:
    return f"The stored {PICTURES.get(file.role, 'file ' + file.key.rsplit('/', 1)[-1])}"


def _flags(image: ImageFacts, checked: Sequence[Checked]) -> list[str]:
    """What a person should know before trusting the capture; none of it keeps the capture from being used."""
    flags = [] if image.upright else ["turned_by_tag"]
    for one in checked:
        if one.file.role in PICTURES and one.facts is None:
            flags.append(f"{one.file.role}_unreadable")
        elif one.facts is not None and _grid(one.facts) != _grid(image):
            flags.append(f"{one.file.role}_size_mismatch")
    return flags


def _grid(facts: ImageFacts) -> tuple[int, int]:
    return facts.width_px, facts.height_px


def _verified(one: Checked) -> VerifiedFile:
    if one.facts is None:
        return VerifiedFile(one.file.id, one.size_bytes)
    return VerifiedFile(one.file.id, one.size_bytes, one.facts.mime_type, one.facts.width_px, one.facts.height_px)


async def _store(bench: Bench, claim: Claim, picture: Picture) -> DerivedFile:
    """Store a picture under a key of its own: a capture id is unique for its device only, so the scan's id follows."""
    key = f"processed/{claim.capture_id}/{claim.lease.scan_id}/{picture.role}.webp"
    store = bench.runtime.store
    info = await store.put_derived(key, picture.data, MIME_TYPE)
    size_px = (picture.width_px, picture.height_px)
    return DerivedFile(picture.role, store.bucket, key, picture.sha256, info.size_bytes, MIME_TYPE, *size_px)
