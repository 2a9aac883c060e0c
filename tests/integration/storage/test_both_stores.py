"""What both object stores promise."""

import asyncio
import hashlib
from pathlib import Path

import pytest

from backend.core.errors import TooLarge
from backend.core.storage import BadKey, ObjectExists, ObjectNotFound, ObjectStore

FOLDER = "raw/dev-1/2026/03/01/cap_1/"
KEY = FOLDER + "image.jpg"


async def collect(store: ObjectStore, prefix: str) -> list[tuple[str, int]]:
    return [(info.key, info.size_bytes) async for info in store.list_prefix(prefix)]


async def test_what_was_put_is_read_back(store: ObjectStore) -> None:
    data = bytes(range(256)) * 4000
    info = await store.put_new(KEY, data, "image/jpeg")
    assert (info.key, info.size_bytes, info.mime_type) == (KEY, len(data), "image/jpeg")
    assert info.sha256 == hashlib.sha256(data).hexdigest()
    assert await store.read(KEY, len(data)) == data
    async with store.open_stream(KEY, 100_000) as chunks:
        pieces = [chunk async for chunk in chunks]
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= 100_000


async def test_an_empty_object_is_an_object(store: ObjectStore) -> None:
    await store.put_new(KEY, b"", "image/jpeg")
    assert await store.read(KEY, 10) == b""
    found = await store.head(KEY)
    assert found is not None
    assert found.size_bytes == 0


async def test_the_same_bytes_again_are_accepted(store: ObjectStore) -> None:
    first = await store.put_new(KEY, b"one", "image/jpeg")
    again = await store.put_new(KEY, b"one", "image/jpeg")
    assert (again.key, again.size_bytes) == (first.key, first.size_bytes)


@pytest.mark.parametrize("other", [b"two", b"longer than one", b"", b"one\0"])
async def test_other_bytes_under_a_write_once_key_are_refused(store: ObjectStore, other: bytes) -> None:
    await store.put_new(KEY, b"one", "image/jpeg")
    with pytest.raises(ObjectExists):
        await store.put_new(KEY, other, "image/jpeg")
    assert await store.read(KEY, 100) == b"one"


async def test_of_many_writers_of_one_key_one_content_wins(store: ObjectStore) -> None:
    contents = [b"%d" % (number % 4) * 50_000 for number in range(16)]
    outcomes = await asyncio.gather(
        *(store.put_new(KEY, content, "image/jpeg") for content in contents), return_exceptions=True
    )
    kept = await store.read(KEY, 1_000_000)
    for content, outcome in zip(contents, outcomes, strict=True):
        assert isinstance(outcome, ObjectExists) == (content != kept), outcome
    assert await collect(store, FOLDER) == [(KEY, 50_000)]


async def test_derived_objects_may_be_replaced(store: ObjectStore) -> None:
    key = "processed/cap_1/thumb.webp"
    await store.put_derived(key, b"old", "image/webp")
    await store.put_derived(key, b"newer", "image/webp")
    assert await store.read(key, 100) == b"newer"
    assert await collect(store, "processed/cap_1/") == [(key, 5)]


async def test_what_is_not_there_is_said_so(store: ObjectStore) -> None:
    assert await store.head(KEY) is None
    with pytest.raises(ObjectNotFound):
        await store.read(KEY, 10)
    with pytest.raises(ObjectNotFound):
        async with store.open_stream(KEY):
            pass
    assert await collect(store, FOLDER) == []
    assert await store.delete_prefix(FOLDER) == 0


async def test_a_folder_is_no_object(store: ObjectStore) -> None:
    await store.put_new(KEY, b"one", "image/jpeg")
    assert await store.head(FOLDER.rstrip("/")) is None
    with pytest.raises(ObjectNotFound):
        await store.read("raw/dev-1", 10)


async def test_reading_stops_at_the_limit(store: ObjectStore) -> None:
    await store.put_new(KEY, b"12345", "image/jpeg")
    assert await store.read(KEY, 5) == b"12345"
    with pytest.raises(TooLarge):
        await store.read(KEY, 4)


async def test_lists_are_in_key_order_and_stay_in_their_folder(store: ObjectStore) -> None:
    names = ["cap_1/a.jpg", "cap_1/a/b.jpg", "cap_1/a-b.jpg", "cap_1/B.jpg", "cap_10/a.jpg"]
    for name in names:
        await store.put_new(f"raw/{name}", b"x", "image/jpeg")
    assert [key for key, _ in await collect(store, "")] == sorted(f"raw/{name}" for name in names)
    assert [key for key, _ in await collect(store, "raw/cap_1/")] == sorted(f"raw/{n}" for n in names if "cap_1/" in n)


async def test_long_lists_are_complete(store: ObjectStore) -> None:
    await asyncio.gather(*(store.put_new(f"raw/many/{n:04}.json", b"{}", "application/json") for n in range(1100)))
    assert len(await collect(store, "raw/many/")) == 1100
    assert await store.delete_prefix("raw/many/") == 1100
    assert await collect(store, "") == []


async def test_deleting_a_folder_leaves_its_neighbours(store: ObjectStore) -> None:
    for key in (KEY, FOLDER + "more/mask.png", "raw/dev-1/2026/03/01/cap_10/image.jpg"):
        await store.put_new(key, b"x", "image/jpeg")
    assert await store.delete_prefix(FOLDER) == 2
    assert [key for key, _ in await collect(store, "")] == ["raw/dev-1/2026/03/01/cap_10/image.jpg"]


@pytest.mark.parametrize("prefix", ["", "raw/", "raw", "/", "raw/../x/", "raw/dev"])
async def test_too_much_is_not_deleted(store: ObjectStore, prefix: str) -> None:
    await store.put_new(KEY, b"x", "image/jpeg")
    with pytest.raises(BadKey):
        await store.delete_prefix(prefix)
    assert await store.head(KEY) is not None


@pytest.mark.parametrize("key", ["../x", "/etc/passwd", "raw//x", "raw/./x", ".drafts/x", "raw/x\0", "raw/é", "", "a/"])
async def test_no_method_takes_a_key_that_leaves_its_folder(store: ObjectStore, key: str) -> None:
    for attempt in (
        store.put_new(key, b"", "image/jpeg"),
        store.put_derived(key, b"", "image/jpeg"),
        store.read(key, 1),
        store.head(key),
        store.signed_url(key, 60),
        store.open_stream(key).__aenter__(),
    ):
        with pytest.raises(BadKey):
            await attempt


async def test_a_usable_store_passes_its_check_again_and_again(store: ObjectStore) -> None:
    await store.check()
    await store.check()


async def test_urls_stay_the_same_for_a_while(store: ObjectStore) -> None:
    await store.put_new(KEY, b"x", "image/jpeg")
    first, again = await store.signed_url(KEY, 86_400), await store.signed_url(KEY, 86_400)
    other, saved = await store.signed_url(FOLDER + "b.jpg", 86_400), await store.signed_url(KEY, 86_400, "a.jpg")
    assert first == again
    assert len({first, other, saved}) == 3


async def test_a_file_made_here_is_stored_whole_and_replaces_what_was_there(store: ObjectStore, tmp_path: Path) -> None:
    made, key = tmp_path / "made.zip", "exports/2026/03/one/made.zip"
    for data in (bytes(range(256)) * 40_000, b"shorter"):
        await asyncio.to_thread(made.write_bytes, data)
        info = await store.put_file(key, made, "application/zip")
        assert (info.key, info.size_bytes) == (key, len(data))
        assert await store.read(key, len(data)) == data
    with pytest.raises(BadKey):
        await store.put_file("../out", made, "application/zip")
