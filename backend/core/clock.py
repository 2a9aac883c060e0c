"""The one place that asks what time it is, so that tests can say otherwise."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the current instant, timezone-aware, in UTC."""
    return datetime.now(UTC)
