"""Keyset pages: a cursor names the last row seen by its sort key, so any depth costs the same."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

import orjson

from backend.core.errors import Invalid

Item = TypeVar("Item")
DEFAULT_LIMIT = 50
MAX_LIMIT = 100
Key = Sequence[str | int | None]


class BadCursor(Invalid):
    """The cursor is not one this server gave out."""

    def __init__(self) -> None:
        super().__init__(
            "The cursor is not valid. Start again from the first page.",
            errors=[{"path": "cursor", "message": "is not a cursor this server gave out"}],
        )


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a sorted list: the key of a row, and whether the page lies before (`backward`) or after it."""

    key: tuple[str | int | None, ...]
    backward: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page with the cursors of its neighbours; None where there is none."""

    items: list[Item]
    next_cursor: str | None = None
    prev_cursor: str | None = None


def encode_cursor(key: Key, *, backward: bool = False) -> str:
    """Encode a sort key as opaque URL-safe text."""
    return base64.urlsafe_b64encode(orjson.dumps([int(backward), *key])).rstrip(b"=").decode()


def decode_cursor(text: str, length: int) -> Cursor:
    """Decode a cursor of `length` key parts; anything else raises BadCursor."""
    try:
        parts = orjson.loads(base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
    except (binascii.Error, ValueError) as error:
        raise BadCursor from error
    well_formed = isinstance(parts, list) and len(parts) == length + 1 and parts[0] in (0, 1)
    if not well_formed or not all(part is None or isinstance(part, (str, int)) for part in parts):
        raise BadCursor
    return Cursor(key=tuple(parts[1:]), backward=bool(parts[0]))


@dataclass(frozen=True, slots=True)
class NamePlace:
    """A place in a list that is sorted by a text and, where texts are equal, by id."""

    text: str
    id: UUID
    backward: bool = False


def name_place(cursor: str | None) -> NamePlace | None:
    """The place a cursor of such a list stands for; None without one. Raises BadCursor."""
    if not cursor:
        return None
    found = decode_cursor(cursor, 2)
    name, key = found.key
    if not isinstance(name, str) or not isinstance(key, str) or "\0" in name:
        raise BadCursor
    try:
        return NamePlace(name, UUID(key), found.backward)
    except ValueError as error:
        raise BadCursor from error


def name_page(
    found: Sequence[Item], limit: int, place: NamePlace | None, key: Callable[[Item], tuple[str, UUID]]
) -> Page[Item]:
    """A page of such a list, from up to `limit + 1` rows with the nearest to `place` first."""
    backward = place is not None and place.backward
    shown = list(found[:limit])

    def cursor(item: Item, *, back: bool) -> str:
        name, item_id = key(item)
        return encode_cursor((name, item_id.hex), backward=back)

    ahead = cursor(shown[-1], back=backward) if len(found) > limit else None
    behind = cursor(shown[0], back=not backward) if place and shown else None
    return Page(shown[::-1], behind, ahead) if backward else Page(shown, ahead, behind)
