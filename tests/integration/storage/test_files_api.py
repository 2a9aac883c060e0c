"""Signed URLs of the folder store, asked for as a browser does."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from backend.core import files_api
from backend.core.http.problems import add_problem_handlers
from backend.core.runtime import close_runtime, open_runtime
from backend.core.settings import Settings
from backend.core.storage_folder import FolderStore

KEY = "raw/dev-1/2026/03/01/cap_1/image.jpg"
DATA = bytes(range(256)) * 1000


@pytest.fixture
async def signing_store(tmp_path: Path) -> AsyncIterator[FolderStore]:
    """The store of a runtime whose database and Redis nobody asks."""
    settings = Settings(
        _env_file=None,
        data_dir=tmp_path,
        secret_key="a-secret-key-for-tests-of-enough-length",
        database_url="postgresql://nobody@127.0.0.1:9/none",
        redis_url="redis://127.0.0.1:9/0",
    )
    opened = open_runtime(settings, lambda _kind, _id: None)
    assert isinstance(opened.store, FolderStore)
    yield opened.store
    await close_runtime()


@pytest.fixture
async def browser(signing_store: FolderStore) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(files_api.router)
    add_problem_handlers(app)
    await signing_store.put_new(KEY, DATA, "image/jpeg")
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:3000") as client:
        yield client


async def test_a_signed_url_shows_the_image(browser: httpx.AsyncClient, signing_store: FolderStore) -> None:
    answer = await browser.get(await signing_store.signed_url(KEY, 600))
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "content-disposition" not in answer.headers
    cache = answer.headers["cache-control"]
    assert cache.startswith("private, max-age=")
    assert cache.endswith(", immutable")
    assert 600 <= int(cache.split("max-age=")[1].split(",")[0]) <= 1200


async def test_head_tells_the_size_without_the_bytes(browser: httpx.AsyncClient, signing_store: FolderStore) -> None:
    answer = await browser.head(await signing_store.signed_url(KEY, 600))
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", str(len(DATA)))


@pytest.mark.parametrize(
    ("asked", "first", "last"), [("bytes=0-9", 0, 9), ("bytes=1000-", 1000, 255_999), ("bytes=-5", 255_995, 255_999)]
)
async def test_a_part_can_be_asked_for(
    browser: httpx.AsyncClient, signing_store: FolderStore, asked: str, first: int, last: int
) -> None:
    answer = await browser.get(await signing_store.signed_url(KEY, 600), headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, DATA[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(DATA)}"


async def test_a_part_beyond_the_end_is_refused(browser: httpx.AsyncClient, signing_store: FolderStore) -> None:
    answer = await browser.get(await signing_store.signed_url(KEY, 600), headers={"Range": "bytes=900000-"})
    assert answer.status_code == 416


async def test_what_the_browser_has_is_not_sent_again(browser: httpx.AsyncClient, signing_store: FolderStore) -> None:
    url = await signing_store.signed_url(KEY, 600)
    etag = (await browser.get(url)).headers["etag"]
    again = await browser.get(url, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_download_has_the_name_that_was_signed(browser: httpx.AsyncClient, signing_store: FolderStore) -> None:
    url = await signing_store.signed_url(KEY, 600, 'Kuh "Ida"\r\nSet-Cookie: x=1.jpg')
    answer = await browser.get(url)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment; filename*=utf-8''Kuh%20%22Ida%22%0D%0A")
    assert "set-cookie" not in answer.headers
    assert (await browser.get(url + "x")).json()["code"] == "link_invalid"


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "script.js", "unknown"])
async def test_what_could_run_in_a_browser_is_only_saved(
    browser: httpx.AsyncClient, signing_store: FolderStore, name: str
) -> None:
    key = f"raw/dev-1/2026/03/01/cap_1/{name}"
    await signing_store.put_new(key, b"<script>alert(1)</script>", "text/html")
    answer = await browser.get(await signing_store.signed_url(key, 600))
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sig=", "sig=0"),
        ("exp=", "exp=9"),
        ("cap_1/", "cap_2/"),
        ("image.jpg", "image.jpg%00"),
        ("raw/", "raw/%2E%2E/raw/"),
    ],
)
async def test_a_changed_link_is_refused(
    browser: httpx.AsyncClient, signing_store: FolderStore, old: str, new: str
) -> None:
    answer = await browser.get((await signing_store.signed_url(KEY, 600)).replace(old, new))
    assert (answer.status_code, answer.json()["code"]) == (403, "link_invalid")


async def test_an_expired_link_says_so(
    browser: httpx.AsyncClient, signing_store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await signing_store.signed_url(KEY, 600)
    later = files_api.utc_now().replace(year=2100)
    monkeypatch.setattr(files_api, "utc_now", lambda: later)
    answer = await browser.get(url)
    assert (answer.status_code, answer.json()["code"]) == (403, "link_expired")


async def test_an_object_that_is_gone_is_not_found(browser: httpx.AsyncClient, signing_store: FolderStore) -> None:
    url = await signing_store.signed_url(KEY, 600)
    await signing_store.delete_prefix("raw/dev-1/2026/03/01/cap_1/")
    assert (await browser.get(url)).status_code == 404


async def test_another_bucket_is_not_found(browser: httpx.AsyncClient, signing_store: FolderStore) -> None:
    url = await signing_store.signed_url(KEY, 600)
    assert (await browser.get(url.replace("cti-local", "other"))).status_code == 404


@pytest.mark.parametrize("query", ["", "?exp=1", "?sig=1", "?exp=x&sig=1", "?exp=-1&sig=1"])
async def test_an_unsigned_link_is_refused(browser: httpx.AsyncClient, query: str) -> None:
    assert (await browser.get(f"/files/cti-local/{KEY}{query}")).status_code == 422
