"""An animal's photo: checked and drawn anew before it is kept, so that nothing of the file but its picture stays.

A phone's photo carries where it was taken; that goes with the rest of the file.
"""

import asyncio
from io import BytesIO
from uuid import UUID

from PIL import Image, ImageOps

from backend.audit import service as audit
from backend.core.database import UnitOfWork
from backend.core.ids import new_id
from backend.core.images import decode_image
from backend.core.runtime import runtime
from backend.herd import repository
from backend.herd.animals import get_animal
from backend.herd.naming import require_worker

MAX_PHOTO_BYTES = 12 * 1024 * 1024
LONGEST_PX = 1280
QUALITY = 82


async def set_photo(uow: UnitOfWork, animal_id: UUID, data: bytes) -> str:
    """Keep a photo in place of the one before; returns its signed URL.

    Raises Forbidden, AnimalNotFound, NotAnImage, ImageTooLarge.
    """
    require_worker(uow)
    before = (await get_animal(uow, animal_id)).photo_key
    picture = await asyncio.to_thread(redraw, data)
    key = f"processed/animal_{animal_id}/{new_id()}/photo.jpg"
    await runtime().store.put_derived(key, picture, "image/jpeg")
    await repository.update_animal(uow, animal_id, {"photo_key": key})
    await audit.record(uow, "animal.photo_set", "animal", animal_id, after={"bytes": len(picture)})
    _forget(uow, before)
    return await _url(key)


async def remove_photo(uow: UnitOfWork, animal_id: UUID) -> None:
    """Keep no photo any longer. Raises Forbidden, AnimalNotFound."""
    require_worker(uow)
    before = (await get_animal(uow, animal_id)).photo_key
    if before is None:
        return
    await repository.update_animal(uow, animal_id, {"photo_key": None})
    await audit.record(uow, "animal.photo_removed", "animal", animal_id)
    _forget(uow, before)


async def photo_url(uow: UnitOfWork, animal_id: UUID) -> str | None:
    """A signed URL of the photo; None where there is none. Raises AnimalNotFound."""
    key = (await get_animal(uow, animal_id)).photo_key
    return None if key is None else await _url(key)


def redraw(data: bytes) -> bytes:
    """The picture the right way up, no larger than a screen, as a JPEG without anything else. CPU work."""
    image = ImageOps.exif_transpose(decode_image(data)[1])
    if image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    image = image.convert("RGB")
    image.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.LANCZOS, reducing_gap=3.0)
    bare = BytesIO()
    image.save(bare, "JPEG", quality=QUALITY, optimize=True)
    return bare.getvalue()


def _forget(uow: UnitOfWork, key: str | None) -> None:
    """Delete an object that is shown no longer, once that is certain."""
    if key is None:
        return

    async def delete() -> None:
        await runtime().store.delete_prefix(key.rpartition("/")[0] + "/")

    uow.after_commit(delete)


async def _url(key: str) -> str:
    opened = runtime()
    return await opened.store.signed_url(key, opened.settings.signed_url_ttl_s)
