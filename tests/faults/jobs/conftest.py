"""An installation with captures waiting, seen from outside: its rows, not its code, say how it went."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from backend.core.runtime import Runtime
from tests.support import images, scans
from tests.support.people import Tenant

TALLY = """
SELECT s.id, s.status, s.last_error, s.lease_by,
  (SELECT array_agg(e.event ORDER BY e.id) FROM scan_events e WHERE e.scan_id = s.id) AS events,
  (SELECT array_agg(a.role ORDER BY a.role) FROM assets a WHERE a.scan_id = s.id) AS roles
FROM scans s
"""


@dataclass
class Ledger:
    """The database as a superuser sees it, whatever happens to everybody else's connections."""

    session: psycopg.Connection
    log: Path

    def count(self, condition: str) -> int:
        """How many scans meet an SQL condition."""
        row = self.session.execute(f"SELECT count(*) FROM scans WHERE {condition}").fetchone()
        assert row is not None
        return int(row[0])

    def transactions(self) -> int:
        """How many of the application's connections are in the middle of a transaction."""
        row = self.session.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
        ).fetchone()
        assert row is not None
        return int(row[0])

    def everything_ended_once(self, number: int) -> None:
        """Every scan is ingested, with one line for it in its timeline and one picture of each size."""
        rows = self.session.execute(TALLY).fetchall()
        assert len(rows) == number
        for scan_id, status, last_error, lease_by, events, roles in rows:
            assert (status, last_error, lease_by) == ("ingested", None, None), scan_id
            assert events == ["uploaded", "ingested"], scan_id
            assert roles == ["image", "preview", "thumb"], scan_id


@pytest.fixture
def ledger(superuser_url: str, tmp_path: Path) -> Iterator[Ledger]:
    with psycopg.connect(superuser_url, autocommit=True) as session:
        yield Ledger(session, tmp_path / "worker.log")


@pytest.fixture(scope="session")
def large_image() -> bytes:
    """About a megabyte, so that a job takes long enough to be hit in its middle."""
    return images.jpeg(1600, 1200, quality=92)


async def deliver_many(runtime: Runtime, acme: Tenant, image: bytes, number: int) -> list[UUID]:
    """Captures whose nudges were all lost: only the rows know of them."""
    assert acme.org_id
    return [await scans.deliver(runtime, image, number=each) for each in range(number)]
