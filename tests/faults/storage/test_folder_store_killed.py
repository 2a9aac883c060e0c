"""A process that is killed while it writes: what it had finished is there, what it had not is not."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from backend.core.storage_folder import FolderStore

pytestmark = pytest.mark.faults
WRITING = """
import asyncio, hashlib, sys
from pathlib import Path
from backend.core.storage_folder import FolderStore

async def main() -> None:
    store = FolderStore(Path(sys.argv[1]), bucket="b", secret="a secret of tests")
    for number in range(100_000):
        data = hashlib.sha256(str(number).encode()).digest() * 30_000
        put = store.put_new if number % 2 else store.put_derived
        await put(f"raw/dev/{number}/image.jpg", data, "image/jpeg")
        print(number, flush=True)

asyncio.run(main())
"""


def content(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest() * 30_000


def write_until_killed(folder: Path, written: int) -> list[int]:
    """Kill a writer after some objects; returns the numbers of those it said it had stored."""
    with subprocess.Popen([sys.executable, "-c", WRITING, str(folder)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(written)]
        process.kill()
        return told + [int(line) for line in process.stdout.read().splitlines()]


@pytest.mark.parametrize("written", [1, 7, 20])
async def test_every_object_is_whole(tmp_path: Path, written: int) -> None:
    told = write_until_killed(tmp_path, written)
    store = FolderStore(tmp_path, bucket="b", secret="a secret of tests")
    found = [info.key async for info in store.list_prefix("")]
    assert {f"raw/dev/{number}/image.jpg" for number in told} <= set(found)
    for key in found:
        assert await store.read(key, 2_000_000) == content(int(key.split("/")[2]))
    store.close()
