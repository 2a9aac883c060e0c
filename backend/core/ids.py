"""Identifiers. UUIDv7 sorts by time, so new rows land at the end of every index."""

from uuid import UUID

from uuid_utils import compat


def new_id() -> UUID:
    """Return a fresh UUIDv7 as a standard `uuid.UUID`."""
    return compat.uuid7()
