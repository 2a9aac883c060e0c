"""What is particular to the folder: links, full disks, drafts of writers that died."""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backend.core.storage import ObjectExists, ObjectNotFound, StoreUnavailable
from backend.core.storage_folder import DRAFT_LIFE_S, FolderStore

KEY = "raw/dev-1/2026/03/01/cap_1/image.jpg"
SECRET = "a secret of tests, long enough"


def drafts(store: FolderStore) -> list[str]:
    folder = store.root / ".drafts"
    return [path.name for path in folder.iterdir()] if folder.exists() else []


async def test_a_link_in_the_tree_leads_nowhere(folder_store: FolderStore, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.json").write_text("secret")
    (folder_store.root / "raw").mkdir(parents=True)
    (folder_store.root / "raw" / "dev-1").symlink_to(outside)
    (folder_store.root / "raw" / "file.json").symlink_to(outside / "secret.json")
    for key in ("raw/dev-1/secret.json", "raw/file.json"):
        assert await folder_store.head(key) is None
        with pytest.raises(ObjectNotFound):
            await folder_store.read(key, 100)
        with pytest.raises(ObjectExists):
            await folder_store.put_new(key, b"mine", "application/json")
    with pytest.raises(ObjectExists):
        await folder_store.put_derived("raw/dev-1/x/y.webp", b"mine", "image/webp")
    assert [info.key async for info in folder_store.list_prefix("")] == []
    assert [info.key async for info in folder_store.list_prefix("raw/dev-1/")] == []
    assert await folder_store.delete_prefix("raw/dev-1/") == 0
    assert [path.name for path in outside.iterdir()] == ["secret.json"]
    assert (outside / "secret.json").read_text() == "secret"


async def test_replacing_a_link_replaces_the_link_itself(folder_store: FolderStore, tmp_path: Path) -> None:
    target = tmp_path / "target.webp"
    target.write_bytes(b"untouched")
    (folder_store.root / "processed").mkdir(parents=True)
    (folder_store.root / "processed" / "thumb.webp").symlink_to(target)
    await folder_store.put_derived("processed/thumb.webp", b"new", "image/webp")
    assert target.read_bytes() == b"untouched"
    assert await folder_store.read("processed/thumb.webp", 10) == b"new"


async def test_the_root_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "objects").symlink_to(tmp_path / "disk")
    store = FolderStore(tmp_path / "objects", bucket="b", secret=SECRET)
    await store.put_new(KEY, b"x", "image/jpeg")
    assert (tmp_path / "disk" / KEY).read_bytes() == b"x"
    store.close()


async def test_an_object_in_the_way_of_a_folder_is_a_conflict(folder_store: FolderStore) -> None:
    await folder_store.put_new("raw/dev-1", b"x", "image/jpeg")
    with pytest.raises(ObjectExists):
        await folder_store.put_new("raw/dev-1/image.jpg", b"x", "image/jpeg")
    with pytest.raises(ObjectExists):
        await folder_store.put_new("raw", b"x", "image/jpeg")
    assert drafts(folder_store) == []


async def test_what_is_no_file_is_no_object(folder_store: FolderStore) -> None:
    (folder_store.root / "raw").mkdir(parents=True)
    os.mkfifo(folder_store.root / "raw" / "pipe.json")
    with pytest.raises(ObjectNotFound):
        await folder_store.read("raw/pipe.json", 10)


async def test_a_nearly_full_disk_refuses_early_and_says_so(tmp_path: Path) -> None:
    store = FolderStore(tmp_path, bucket="b", secret=SECRET, reserve_bytes=1 << 60)
    with pytest.raises(StoreUnavailable, match="full"):
        await store.put_new(KEY, b"x", "image/jpeg")
    with pytest.raises(StoreUnavailable, match="full"):
        await store.check()
    assert await store.head(KEY) is None
    store.close()


FILLING = """
import asyncio, sys
from pathlib import Path
from backend.core.storage import StoreUnavailable
from backend.core.storage_folder import FolderStore

async def main() -> None:
    store = FolderStore(Path(sys.argv[1]), bucket="b", secret="a secret of tests")
    await store.put_new("raw/small.jpg", b"fits", "image/jpeg")
    for put in (store.put_new, store.put_derived):
        try:
            await put("raw/dev/large.jpg", bytes(2_000_000), "image/jpeg")
        except StoreUnavailable as error:
            print(error.detail)
    store.close()

asyncio.run(main())
"""


def test_a_disk_that_fills_up_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    """The kernel stops the write in its middle: files of this process may not grow past a megabyte."""
    done = subprocess.run(
        [sys.executable, "-c", FILLING, str(tmp_path)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("refuses: File too large") == 2
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["small.jpg"]


async def test_drafts_of_dead_writers_go_and_those_of_living_ones_stay(folder_store: FolderStore) -> None:
    await folder_store.check()
    folder = folder_store.root / ".drafts"
    (folder / "dead").write_bytes(b"half")
    (folder / "alive").write_bytes(b"half")
    long_ago = time.time() - DRAFT_LIFE_S - 60
    os.utime(folder / "dead", (long_ago, long_ago))
    await folder_store.check()
    assert drafts(folder_store) == ["alive"]
    assert [info.key async for info in folder_store.list_prefix("")] == []


async def test_a_root_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = FolderStore(tmp_path / "file" / "objects", bucket="b", secret=SECRET)
    with pytest.raises(StoreUnavailable, match="Not a directory"):
        await store.check()
    store.close()


async def test_a_signature_covers_bucket_key_expiry_and_name(folder_store: FolderStore, tmp_path: Path) -> None:
    other = FolderStore(tmp_path, bucket="other", secret=SECRET)
    url = await folder_store.signed_url(KEY, 60, "a.jpg")
    expires, signature = (part.split("=")[1] for part in url.split("?")[1].split("&")[:2])
    assert folder_store.signature_holds(KEY, int(expires), signature, "a.jpg")
    assert not folder_store.signature_holds(KEY, int(expires), signature, None)
    assert not folder_store.signature_holds(KEY, int(expires) + 60, signature, "a.jpg")
    assert not folder_store.signature_holds(KEY + "x", int(expires), signature, "a.jpg")
    assert not other.signature_holds(KEY, int(expires), signature, "a.jpg")
    other.close()


async def test_a_url_lasts_at_least_as_long_as_asked(folder_store: FolderStore) -> None:
    url = await folder_store.signed_url(KEY, 600)
    remaining_s = int(url.split("exp=")[1].split("&")[0]) - time.time()
    assert 600 < remaining_s <= 1200
