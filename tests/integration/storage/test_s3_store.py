"""What is particular to S3: its address, presigned URLs, and a service that misbehaves."""

import httpx
import pytest

from backend.core.settings import SettingsError
from backend.core.storage import StoreUnavailable
from backend.core.storage_s3 import S3Store
from tests.support.object_store import Door, make_bucket

KEY = "raw/dev-1/2026/03/01/cap_1/image.jpg"


async def test_a_presigned_url_gives_the_object_to_anyone(s3_store: S3Store) -> None:
    await s3_store.put_new(KEY, b"bytes", "image/jpeg")
    async with httpx.AsyncClient() as browser:
        shown = await browser.get(await s3_store.signed_url(KEY, 60))
        saved = await browser.get(await s3_store.signed_url(KEY, 60, 'Kuh "Ida" é.jpg'))
    assert (shown.status_code, shown.content, shown.headers["content-type"]) == (200, b"bytes", "image/jpeg")
    assert saved.headers["content-disposition"] == "attachment; filename*=UTF-8''Kuh%20%22Ida%22%20%C3%A9.jpg"


async def test_urls_point_to_the_origin_the_page_must_allow(s3_store: S3Store, s3_door: Door) -> None:
    assert s3_store.browser_origin == s3_door.url
    assert (await s3_store.signed_url(KEY, 60)).startswith(s3_door.url + "/")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("s3://captures", "https://captures.s3.amazonaws.com"),
        ("s3://captures?region=us-west-2", "https://captures.s3.us-west-2.amazonaws.com"),
        ("s3://captures?endpoint=https://minio.example:9000&region=x", "https://minio.example:9000"),
    ],
)
def test_the_origin_follows_from_the_address(url: str, origin: str) -> None:
    store = S3Store.from_url(url)
    assert store.browser_origin == origin
    store.close()


@pytest.mark.parametrize("url", ["s3://", "s3://bucket/folder", "s3://bucket?endpont=http://x", "s3:///x"])
def test_a_wrong_address_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(SettingsError, match="CTI_STORAGE_URL"):
        S3Store.from_url(url)


async def every_call_says_unavailable(store: S3Store) -> None:
    for attempt in (
        store.check(),
        store.put_new(KEY, b"other", "image/jpeg"),
        store.put_derived("processed/cap_1/thumb.webp", b"x", "image/webp"),
        store.read(KEY, 10),
        store.head(KEY),
        store.delete_prefix("raw/dev-1/"),
        anext(store.list_prefix("raw/")),
    ):
        with pytest.raises(StoreUnavailable):
            await attempt


async def test_a_service_that_answers_500_is_unavailable_and_heals(s3_store: S3Store, s3_door: Door) -> None:
    await s3_store.put_new(KEY, b"bytes", "image/jpeg")
    s3_door.set("error")
    await every_call_says_unavailable(s3_store)
    s3_door.set("pass")
    assert await s3_store.read(KEY, 10) == b"bytes"
    await s3_store.check()


async def test_a_service_that_hangs_is_given_up(
    s3_store: S3Store, s3_door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.core.storage_s3.READ_S", 0.2)
    s3_door.set("hang")
    await every_call_says_unavailable(s3_store)
    s3_door.set("pass")
    await s3_store.put_new(KEY, b"bytes", "image/jpeg")


async def test_a_stream_that_breaks_off_is_an_error_not_a_short_object(s3_store: S3Store, s3_door: Door) -> None:
    await s3_store.put_new(KEY, bytes(1_000_000), "image/jpeg")
    s3_door.set("cut")
    with pytest.raises(StoreUnavailable):
        await s3_store.read(KEY, 2_000_000)
    async with s3_store.open_stream(KEY, 10_000) as chunks:
        with pytest.raises(StoreUnavailable):
            _ = [chunk async for chunk in chunks]


async def test_nobody_listening_is_unavailable(s3_store: S3Store) -> None:
    closed = S3Store("bucket", endpoint="http://127.0.0.1:9", region="x")
    await every_call_says_unavailable(closed)
    closed.close()


async def test_a_missing_bucket_is_no_empty_store(s3_store: S3Store, s3_door: Door) -> None:
    absent = S3Store("no-such-bucket", endpoint=s3_door.url, region="us-east-1")
    with pytest.raises(StoreUnavailable, match="does not exist"):
        await absent.check()
    with pytest.raises(StoreUnavailable, match="NoSuchBucket"):
        await absent.read(KEY, 10)
    absent.close()


async def test_a_store_that_overwrites_is_found_out(
    s3_address: str, s3_door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that ignores If-None-Match: the condition is taken off each request before it is sent."""
    store = S3Store(make_bucket(s3_address), endpoint=s3_door.url, region="us-east-1")
    store._client.meta.events.register(
        "before-send.s3.PutObject", lambda request, **_: request.headers.__delitem__("If-None-Match")
    )
    with pytest.raises(StoreUnavailable, match="If-None-Match"):
        await store.check()
    store.close()


async def test_without_credentials_the_reason_is_named(s3_door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    store = S3Store("bucket", endpoint=s3_door.url, region="us-east-1")
    with pytest.raises(StoreUnavailable, match="NoCredentials"):
        await store.read(KEY, 10)
    store.close()
