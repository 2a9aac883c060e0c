"""The bounded form reader: whatever the sizes of the chunks, the same parts, within the same limits."""

from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.ingest.multipart import BadForm, FormReader, Part, PartTooLarge

TYPE = "multipart/form-data; boundary=b0undary"
LIMITS = {"meta": 40, "image": 100}


def form(*parts: tuple[str, bytes], end: bytes = b"--b0undary--\r\n") -> bytes:
    written = [
        b"--b0undary\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + data + b"\r\n"
        for head, data in parts
    ]
    return b"".join(written) + end


async def in_chunks(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def read(body: bytes, size: int = 7, *, content_type: str = TYPE, most: int = 3) -> list[Part]:
    chunks = [body[at : at + size] for at in range(0, len(body), size)]
    return await FormReader(content_type, LIMITS, most).read(in_chunks(chunks))


@given(st.binary(max_size=40), st.binary(max_size=100), st.integers(min_value=1, max_value=300))
async def test_parts_come_out_as_they_went_in(meta: bytes, image: bytes, size: int) -> None:
    body = form(('name="meta"', meta), ('name="image"; filename="a.png"', image))
    if b"--b0undary" in meta + image:
        return
    first, second = await read(body, size)
    assert (first.name, first.filename, bytes(first.data)) == ("meta", None, meta)
    assert (second.name, second.filename, bytes(second.data)) == ("image", "a.png", image)


@given(st.binary(max_size=300), st.integers(min_value=1, max_value=50))
async def test_any_bytes_are_a_form_or_refused(body: bytes, size: int) -> None:
    with pytest.raises((BadForm, PartTooLarge)):
        await read(body, size)


@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_a_part_over_its_limit_is_refused(size: int) -> None:
    assert await read(form(('name="meta"', b"x" * 40)), size)
    with pytest.raises(PartTooLarge, match="'meta' has over 40 bytes"):
        await read(form(('name="meta"', b"x" * 41)), size)


async def test_a_part_too_large_is_refused_before_it_ends() -> None:
    came = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal came
        yield form(('name="image"; filename="a"', b""), end=b"")[:-2]
        while True:
            came += 10
            yield b"x" * 10

    with pytest.raises(PartTooLarge):
        await FormReader(TYPE, LIMITS, 3).read(endless())
    assert came <= 120


async def test_more_parts_than_allowed_are_refused() -> None:
    with pytest.raises(BadForm, match="over 3 parts"):
        await read(form(*[('name="meta"', b"x")] * 4))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        form(('name="meta"', b"x"), end=b""),
        form(('name="other"', b"x")),
        form(('filename="a.png"', b"x")),
        form(("", b"x")),
        b"--b0undary\r\n" + b"A: 1\r\n" * 20 + b"\r\nx\r\n--b0undary--\r\n",
        b"--b0undary\r\nContent-Disposition: form-data; name=" + b"x" * 5000 + b"\r\n\r\nx\r\n--b0undary--\r\n",
    ],
)
async def test_what_is_malformed_or_unknown_is_refused(body: bytes) -> None:
    with pytest.raises(BadForm):
        await read(body)


@pytest.mark.parametrize(
    "content_type",
    ["", "application/json", "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=x"],
)
async def test_another_media_type_is_refused(content_type: str) -> None:
    with pytest.raises(BadForm):
        await read(form(('name="meta"', b"x")), content_type=content_type)
