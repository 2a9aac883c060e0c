"""Which names may reach a store."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.storage import BadKey, deletable_parts, folder_parts, key_parts
from backend.core.storage_s3 import attachment
from backend.core.storage_walk import mime_type_of


@pytest.mark.parametrize(
    "key",
    [
        "raw/dev-1/2026/03/01/cap_1/image.jpg",
        "raw/-odd/device.code/x",
        "processed/cap_1/01a1/thumb.webp",
        "exports/2026/03/Farm (north), 2026.csv",
        "a",
        "raw/" + "x" * 255,
    ],
)
def test_ordinary_names_are_fine(key: str) -> None:
    assert "/".join(key_parts(key)) == key


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/",
        "/etc/passwd",
        "raw//x",
        "raw/",
        "raw/./x",
        "raw/../x",
        "..",
        "raw/.hidden",
        "raw/x\0y",
        "raw/x\ny",
        "raw/x\n",
        "raw/a\\b",
        "raw/é",
        "raw/a%2Fb",
        "raw/*",
        "raw/~",
        " raw/x",
        "raw/" + "x" * 256,
        "x/" * 600 + "x",
    ],
)
def test_names_that_could_do_harm_are_refused(key: str) -> None:
    with pytest.raises(BadKey):
        key_parts(key)


@given(st.text())
def test_what_is_accepted_stays_below_the_root(key: str) -> None:
    try:
        parts = key_parts(key)
    except BadKey:
        return
    assert all(part and not part.startswith(".") and "/" not in part and part.isprintable() for part in parts)


def test_a_folder_ends_with_a_slash_and_the_empty_one_is_all() -> None:
    assert folder_parts("") == []
    assert folder_parts("raw/dev-1/") == ["raw", "dev-1"]
    for wrong in ("raw", "/", "raw//"):
        with pytest.raises(BadKey):
            folder_parts(wrong)


def test_top_folders_are_not_deleted_at_once() -> None:
    assert deletable_parts("raw/dev-1/") == ["raw", "dev-1"]
    for wrong in ("", "raw/"):
        with pytest.raises(BadKey, match="too much"):
            deletable_parts(wrong)


@pytest.mark.parametrize(
    ("key", "mime_type"),
    [("a/IMAGE.JPG", "image/jpeg"), ("a.webp", "image/webp"), ("a.html", "application/octet-stream"), ("a", None)],
)
def test_the_media_type_follows_from_the_ending(key: str, mime_type: str | None) -> None:
    assert mime_type_of(key) == (mime_type or "application/octet-stream")


@given(st.text(max_size=80))
def test_a_download_name_cannot_leave_its_header(name: str) -> None:
    header = attachment(name.encode("utf-8", "replace").decode())
    assert header.isascii()
    assert not set(header.removeprefix("attachment; filename*=UTF-8''")) & set('"\r\n;\\ ')
